/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that an x86-64 CPU is entered with: page tables, GDT, and the routine that leaves 5-level paging.
 * Source: Linux Documentation/arch/x86/boot.rst, "64-bit Boot Protocol"; Intel SDM volume 3, 3.4.5 and 4.5.
 */
#include "enter.h"

#include "../../protocol/base/bytes.h"
#include "../arch.h"
#include "../tables.h"

#define CPUID_EXTENDED	   0x80000001u
#define EDX_GIB_PAGES	   (1u << 26)
#define CR4_LA57	   (1u << 12)
#define DESCRIPTOR_CODE_32 UINT64_C(0x00cf9b000000ffff) /* flat, execute and read, for the switch of levels only */
#define DESCRIPTOR_CODE_64 UINT64_C(0x00af9b000000ffff) /* flat, execute and read, long mode */
#define DESCRIPTOR_DATA	   UINT64_C(0x00cf93000000ffff) /* flat, read and write */

void arch_cpu(struct cpu *cpu)
{
	*cpu = (struct cpu){
	    .gib_pages = (x86_cpuid_edx(CPUID_EXTENDED) & EDX_GIB_PAGES) != 0,
	    .five_levels = (x86_read_cr4() & CR4_LA57) != 0,
	};
}

static bool must_leave_five_levels(const struct cpu *cpu, const struct image *image)
{
	return cpu->five_levels && !image->takes_five_levels;
}

void arch_demand(const struct cpu *cpu, const struct image *image, struct request *handoff)
{
	/* LA57 changes only while paging is off, that is in 32-bit code: what that code touches has 32-bit addresses.
	 */
	if (must_leave_five_levels(cpu, image))
		at_most(&handoff->max, GIB(4), X8);
}

static uint64_t build_gdt(struct block *block, bool with_code_32)
{
	struct piece gdt = block_take(block, GDT_SIZE, 16);

	if (gdt.at != NULL) {
		store_le(gdt.at + SELECTOR_CODE_32, 8, with_code_32 ? DESCRIPTOR_CODE_32 : 0);
		store_le(gdt.at + SELECTOR_CODE, 8, DESCRIPTOR_CODE_64);
		store_le(gdt.at + SELECTOR_DATA, 8, DESCRIPTOR_DATA);
	}
	return gdt.address;
}

static uint64_t build_trampoline(const struct handoff *handoff, const struct tables *tables, struct block *block)
{
	struct piece page = block_take(block, EFI_PAGE, EFI_PAGE);
	size_t size = (size_t)(x86_trampoline_end - x86_trampoline);

	if (page.at != NULL) {
		for (size_t i = 0; i < size; i++)
			page.at[i] = x86_trampoline[i];
		store_le(page.at + TRAMPOLINE_ROOT, 8, tables->four_level_root);
		store_le(page.at + TRAMPOLINE_ENTRY, 8, handoff->entry);
		store_le(page.at + TRAMPOLINE_ARGUMENT, 8, handoff->argument);
	}
	return page.address;
}

void arch_prepare(const struct cpu *cpu, const struct image *image, const struct memmap *map, struct handoff *handoff)
{
	struct table_format format = {cpu->five_levels ? 5 : 4, cpu->gib_pages};
	bool leave = must_leave_five_levels(cpu, image);
	struct tables tables;

	handoff->gdt = build_gdt(&handoff->block, leave);
	tables_build(&format, map, &handoff->block, &tables);
	handoff->table_root = tables.root;
	handoff->trampoline = leave ? build_trampoline(handoff, &tables, &handoff->block) : 0;
}

void arch_enter(const struct handoff *handoff)
{
	if (handoff->trampoline != 0)
		x86_enter_by_trampoline(handoff->gdt, handoff->table_root, handoff->trampoline);
	x86_enter(handoff->gdt, handoff->table_root, handoff->entry, handoff->argument);
}
