/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that an x86-64 CPU is entered with: page tables, GDT, and the routine that switches between 4 and 5 levels
 * of paging or leaves long mode. Source: Linux Documentation/arch/x86/boot.rst, "32-bit Boot Protocol" and "64-bit Boot
 * Protocol"; Xen docs/misc/pvh.pandoc; Intel SDM volume 3, 3.4.5, 4.5 and 7.2.2.
 */
#include "enter.h"

#include "../../protocol/base/bytes.h"
#include "../arch.h"
#include "../tables.h"

#define STACK_SIZE	   64				/* two return addresses, and what lretq pops */
#define DESCRIPTOR_CODE_32 UINT64_C(0x00cf9b000000ffff) /* flat, execute and read */
#define DESCRIPTOR_CODE_64 UINT64_C(0x00af9b000000ffff) /* flat, execute and read, long mode */
#define DESCRIPTOR_DATA	   UINT64_C(0x00cf93000000ffff) /* flat, read and write */
#define DESCRIPTOR_TSS	   UINT64_C(0x0000890000000067) /* 32 bits, base 0, limit 0x67; loading it marks it busy */

static bool must_switch_levels(const struct cpu *cpu, const struct image *image)
{
	return cpu->five_levels != image->five_levels && !image->entered_in_32_bits;
}

static bool needs_code_32(const struct cpu *cpu, const struct image *image)
{
	return image->entered_in_32_bits || must_switch_levels(cpu, image);
}

static enum status demand(const struct cpu *cpu, const struct image *image, struct request *handoff, struct fail *why)
{
	(void)why;
	/* LA57 changes only while paging is off, that is in 32-bit code: what that code touches has 32-bit addresses.
	 */
	if (must_switch_levels(cpu, image))
		at_most(&handoff->max, GIB(4), X8);
	if (image->entered_in_32_bits)
		at_most(&handoff->max, GIB(4), E3);
	return OK;
}

static uint64_t build_gdt(struct block *block, bool with_code_32, bool enters_32_bits)
{
	struct piece gdt = block_take(block, GDT_SIZE, 16);

	if (gdt.at != NULL) {
		store_le(gdt.at + SELECTOR_CODE_32, 8, with_code_32 ? DESCRIPTOR_CODE_32 : 0);
		store_le(gdt.at + SELECTOR_CODE, 8, enters_32_bits ? DESCRIPTOR_CODE_32 : DESCRIPTOR_CODE_64);
		store_le(gdt.at + SELECTOR_DATA, 8, DESCRIPTOR_DATA);
		store_le(gdt.at + SELECTOR_TSS, 8, enters_32_bits ? DESCRIPTOR_TSS : 0);
	}
	return gdt.address;
}

/* @root: of the tables that the kernel is entered with; 0: without paging. */
static uint64_t build_trampoline(const struct handoff *handoff, uint64_t root, bool in_ebx, struct block *block)
{
	struct piece page = block_take(block, EFI_PAGE, EFI_PAGE);
	size_t size = (size_t)(x86_trampoline_end - x86_trampoline);

	if (page.at != NULL) {
		for (size_t i = 0; i < size; i++)
			page.at[i] = x86_trampoline[i];
		store_le(page.at + TRAMPOLINE_ROOT, 8, root);
		store_le(page.at + TRAMPOLINE_ENTRY, 8, handoff->entry);
		store_le(page.at + TRAMPOLINE_ESI, 8, in_ebx ? 0 : handoff->argument);
		store_le(page.at + TRAMPOLINE_EBX, 8, in_ebx ? handoff->argument : 0);
	}
	return page.address;
}

/* Of what the trampoline loads: the tables with the levels that the kernel is entered with; 0: none. */
static uint64_t trampoline_root(const struct image *image, const struct tables *tables)
{
	if (image->entered_in_32_bits)
		return 0;
	return image->five_levels ? tables->root | ROOT_FIVE_LEVELS : tables->four_level_root;
}

/* Tables of five levels serve both modes: the first one below the top is the top of four. */
static void prepare(const struct cpu *cpu, const struct image *image, const struct memmap *map, struct handoff *handoff)
{
	struct table_format format = tables_x86(cpu->five_levels || image->five_levels ? 5 : 4, cpu->gib_pages);
	bool with_code_32 = needs_code_32(cpu, image);
	struct tables tables;

	handoff->gdt = build_gdt(&handoff->block, with_code_32, image->entered_in_32_bits);
	handoff->stack_top = block_take(&handoff->block, STACK_SIZE, 16).address + STACK_SIZE;
	tables_build(&format, map, &handoff->block, &tables);
	handoff->tables_size = tables.size;
	handoff->table_root = cpu->five_levels ? tables.root : tables.four_level_root;
	handoff->trampoline = 0;
	if (with_code_32)
		handoff->trampoline =
		    build_trampoline(handoff, trampoline_root(image, &tables), image->argument_in_ebx, &handoff->block);
}

const struct arch arch_x86_64 = {
    .name = "x86-64",
    .bls = "x64",
    .enters = {ELF_X86_64, ELF_I386},
    .demand = demand,
    .prepare = prepare,
};
