/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source: Linux Documentation/arch/x86/boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol"; Xen
 * docs/misc/pvh.pandoc; Intel SDM volume 3, 3.4.5 and 7.2.2.
 */
#include "entry.h"

#include "../../base/bytes.h"

#define STACK_SIZE	   64				/* two return addresses, and what lretq pops */
#define DESCRIPTOR_CODE_32 UINT64_C(0x00cf9b000000ffff) /* flat, execute and read */
#define DESCRIPTOR_CODE_64 UINT64_C(0x00af9b000000ffff) /* flat, execute and read, long mode */
#define DESCRIPTOR_DATA	   UINT64_C(0x00cf93000000ffff) /* flat, read and write */
#define DESCRIPTOR_TSS	   UINT64_C(0x0000890000000067) /* 32 bits, base 0, limit 0x67; loading it marks it busy */

uint64_t x86_take_gdt(struct block *block, bool with_code_32, const struct entrance *how)
{
	bool enters_32_bits = how->in_32_bits;
	struct piece gdt = block_take(block, GDT_SIZE, 16);

	if (gdt.at != NULL) {
		store_le(gdt.at + SELECTOR_CODE_32, 8, with_code_32 ? DESCRIPTOR_CODE_32 : 0);
		store_le(gdt.at + SELECTOR_CODE, 8, enters_32_bits ? DESCRIPTOR_CODE_32 : DESCRIPTOR_CODE_64);
		store_le(gdt.at + SELECTOR_DATA, 8, DESCRIPTOR_DATA);
		store_le(gdt.at + SELECTOR_TSS, 8, enters_32_bits ? DESCRIPTOR_TSS : 0);
	}
	return gdt.address;
}

uint64_t x86_take_stack(struct block *block)
{
	return block_take(block, STACK_SIZE, 16).address + STACK_SIZE;
}

/* The root of the tables that the kernel is entered with; 0: none. */
static uint64_t root_for(const struct entrance *how, const struct tables *tables)
{
	if (tables == NULL)
		return 0;
	return how->five_levels ? tables->root | ROOT_FIVE_LEVELS : tables->four_level_root;
}

uint64_t x86_take_trampoline(struct handoff *handoff, const struct entrance *how, const struct tables *tables)
{
	struct piece page = block_take(&handoff->block, EFI_PAGE, EFI_PAGE);
	size_t size = (size_t)(x86_trampoline_end - x86_trampoline);

	if (page.at != NULL) {
		for (size_t i = 0; i < size; i++)
			page.at[i] = x86_trampoline[i];
		store_le(page.at + TRAMPOLINE_ROOT, 8, root_for(how, tables));
		store_le(page.at + TRAMPOLINE_ENTRY, 8, handoff->entry);
		store_le(page.at + TRAMPOLINE_ESI, 8, how->argument_in_ebx ? 0 : handoff->argument);
		store_le(page.at + TRAMPOLINE_EBX, 8, how->argument_in_ebx ? handoff->argument : 0);
	}
	return page.address;
}
