/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clauses about the CPU at the 32-bit entry, and about what a kernel that counts in 32 bits can reach.
 * Source: boot.rst, "32-bit Boot Protocol", its last paragraphs; Linux arch/x86/boot/compressed/head_32.S.
 */
#include "clauses_local.h"

#define CODE 0x10 /* __BOOT_CS */
#define DATA 0x18 /* __BOOT_DS */

/* Access byte and the two bits of flags that count; flat is base 0 and limit 0xfffff in pages. */
static struct finding is_flat(const struct view *v, uint16_t selector, uint64_t access)
{
	const uint8_t *at = memory_of(v, v->f->gdt_base + selector, 8);
	uint64_t d = at == NULL || v->f->gdt_limit < selector + 7 ? 0 : get(at, 8);

	if ((d & UINT64_C(0xff00000000000000)) != 0 || (d >> 16 & 0xffffff) != 0)
		return broken("a base in the descriptor", d, 0);
	if ((d & 0xffff) != 0xffff || (d >> 48 & 0xf) != 0xf || (d >> 55 & 1) == 0)
		return broken("a limit in the descriptor", d, UINT64_C(0x008f00000000ffff));
	return equal("access byte", d >> 40 & 0xfe, access);
}

/* Ring 0, present, code or data and no system descriptor, 32-bit, and no long mode bit. */
static struct finding is_of_32_bits(const struct view *v, uint16_t selector)
{
	const uint8_t *at = memory_of(v, v->f->gdt_base + selector, 8);
	uint64_t d = at == NULL || v->f->gdt_limit < selector + 7 ? 0 : get(at, 8);

	if ((d >> 45 & 3) != 0)
		return broken("DPL", d >> 45 & 3, 0);
	return equal("P, S, and flags D and L", (d >> 47 & 1) << 3 | (d >> 44 & 1) << 2 | (d >> 53 & 3), 0xe);
}

static struct finding below(const char *what, uint64_t end)
{
	return end <= FOUR_GIB ? kept() : broken(what, end, FOUR_GIB);
}

static struct finding part_below(const struct view *v, uint64_t start, uint64_t end)
{
	(void)v;
	(void)start;
	return below("its end", end);
}

/* A list that is followed with pointers of 32 bits. */
static struct finding nodes_below(const struct view *v)
{
	for (size_t i = 0; i < v->n_nodes; i++)
		if (v->node[i] >= FOUR_GIB)
			return broken("a node", v->node[i], FOUR_GIB);
	return v->n_nodes == 0 ? does_not_apply("no setup_data") : kept();
}

static struct finding no_setup_data(const struct view *v)
{
	if (v->version >= 0x209)
		return does_not_apply("2.09 or later");
	return equal("the bytes at 0x250", param(v, 0x250, 8), 0);
}

static struct finding within_reach(const struct view *v)
{
	if ((v->xloadflags & KERNEL_64) != 0)
		return does_not_apply("a 64-bit kernel, by its header");
	if (!v->relocatable)
		return does_not_apply("not relocatable");
	return v->run_end <= UINT64_C(512) << 20 ? kept() : broken("its end", v->run_end, UINT64_C(512) << 20);
}

/* What head_32.S and its callees find without looking at a single field of 64 bits. */
static void check_reach(struct view *v)
{
	const char *reach = "Linux arch/x86/boot/compressed/head_32.S: addresses have 32 bits";
	const char *efi = "Linux arch/x86/platform/efi/efi.c: EFI tables above 4 GiB are none to 32 bits";

	clause_tell(v, "32-bit entry: all of the window lies below 4 GiB", reach, below("its end", v->run_end));
	clause_tell(v, "32-bit entry: a 32-bit kernel lies within what it maps for itself, 512 MiB",
		    "Linux arch/x86/boot/compressed/kaslr.c, process_mem_region, KERNEL_IMAGE_SIZE", within_reach(v));
	clause_tell(v, "32-bit entry: boot_params lie below 4 GiB", reach, below("their end", v->f->rsi + ZERO_PAGE));
	clause_tell(v, "32-bit entry: ext_cmd_line_ptr is 0", reach, equal("ext_cmd_line_ptr", param(v, 0x0c8, 4), 0));
	clause_tell(v, "32-bit entry: the command line ends below 4 GiB", reach,
		    each_part(v, HANDED_COMMAND_LINE, part_below, "none"));
	clause_tell(v, "32-bit entry: ext_ramdisk_image is 0", reach,
		    equal("ext_ramdisk_image", param(v, 0x0c0, 4), 0));
	clause_tell(v, "32-bit entry: ext_ramdisk_size is 0", reach, equal("ext_ramdisk_size", param(v, 0x0c4, 4), 0));
	clause_tell(v, "32-bit entry: the initrd ends below 4 GiB", reach,
		    each_part(v, HANDED_INITRD, part_below, "no initrd"));
	clause_tell(v, "32-bit entry: every node of setup_data lies below 4 GiB", reach, nodes_below(v));
	clause_tell(v, "32-bit entry: before 2.09 there is no setup_data", "boot.rst, setup_data", no_setup_data(v));
	clause_tell(v, "32-bit entry: the EFI memory map lies below 4 GiB", efi,
		    equal("efi_memmap_hi", param(v, 0x1dc, 4), 0));
	clause_tell(v, "32-bit entry: the EFI system table lies below 4 GiB", efi,
		    equal("efi_systab_hi", param(v, 0x1d8, 4), 0));
	clause_tell(v, "32-bit entry: the GDT lies below 4 GiB", reach,
		    below("its end", v->f->gdt_base + v->f->gdt_limit + 1));
}

void check_entry_32(struct view *v)
{
	const char *source = "boot.rst, 32-bit Boot Protocol";
	const struct found *f = v->f;

	clause_tell(v, "32-bit entry: protected mode with paging off", source,
		    equal("PG and PE in cr0", (f->cr0 >> 31 & 1) << 1 | (f->cr0 & 1), 1));
	clause_tell(v, "32-bit entry: interrupts are off", source, equal("IF", f->rflags >> 9 & 1, 0));
	clause_tell(v, "32-bit entry: CS is __BOOT_CS", source, equal("CS", f->cs, CODE));
	clause_tell(v, "32-bit entry: DS is __BOOT_DS", source, equal("DS", f->ds, DATA));
	clause_tell(v, "32-bit entry: ES is __BOOT_DS", source, equal("ES", f->es, DATA));
	clause_tell(v, "32-bit entry: SS is __BOOT_DS", source, equal("SS", f->ss, DATA));
	clause_tell(v, "32-bit entry: __BOOT_CS is flat, to be executed and read", source, is_flat(v, CODE, 0x9a));
	clause_tell(v, "32-bit entry: __BOOT_DS is flat, to be read and written", source, is_flat(v, DATA, 0x92));
	clause_tell(v, "32-bit entry: ESI leads to a struct boot_params", source,
		    v->has_bp ? kept() : broken("ESI", f->rsi, 0));
	clause_tell(v, "32-bit entry: EBP is 0", source, equal("EBP", f->rbp, 0));
	clause_tell(v, "32-bit entry: EDI is 0", source, equal("EDI", f->rdi, 0));
	clause_tell(v, "32-bit entry: EBX is 0", source, equal("EBX", f->rbx, 0));
	clause_tell(v, "32-bit entry: the kernel lies below 4 GiB", source, equal("bits above", f->load >> 32, 0));
	clause_tell(v, "32-bit entry: long mode is off, and paging will not turn it on", "Intel SDM volume 3, 9.8.5",
		    equal("LMA and LME in EFER", f->efer >> 8 & 5, 0));
	clause_tell(v, "32-bit entry: no virtual 8086 mode and no nested task", "Intel SDM volume 3, 2.3",
		    equal("VM and NT in EFLAGS", f->rflags & 0x24000, 0));
	clause_tell(v, "32-bit entry: __BOOT_CS is 32-bit code of ring 0", source, is_of_32_bits(v, CODE));
	clause_tell(v, "32-bit entry: __BOOT_DS is 32-bit data of ring 0", source, is_of_32_bits(v, DATA));
	clause_tell(v, "32-bit entry: the GDT reaches to the end of __BOOT_DS", source,
		    f->gdt_limit >= DATA + 7 ? kept() : broken("limit", f->gdt_limit, DATA + 7));
	check_reach(v);
}
