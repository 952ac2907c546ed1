/* SPDX-License-Identifier: BSD-2-Clause */
/* Clauses about registers and descriptors. Source: boot.rst, "64-bit Boot Protocol"; Intel SDM volume 3, 3.4.5. */
#include "clauses_local.h"

#define CODE 0x10 /* __BOOT_CS */
#define DATA 0x18 /* __BOOT_DS */

static uint64_t descriptor(const struct view *v, unsigned int selector)
{
	const uint8_t *gdt = v->f->gdt_limit < selector + 7 ? NULL : memory_of(v, v->f->gdt_base + selector, 8);

	return gdt == NULL ? 0 : get(gdt, 8);
}

/* Base 0, and a limit of 0xfffff pages. */
static struct finding flat(const struct view *v, unsigned int selector)
{
	uint64_t d = descriptor(v, selector);
	uint64_t base = (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24;
	uint64_t limit = (d & 0xffff) | (d >> 48 & 0xf) << 16;

	if (base != 0)
		return broken("base", base, 0);
	if ((d >> 55 & 1) == 0)
		return broken("descriptor without granularity", d, d | UINT64_C(1) << 55);
	return equal("limit in pages", limit, 0xfffff);
}

static struct finding code_descriptor(const struct view *v)
{
	uint64_t d = descriptor(v, CODE);

	/* Present, ring 0, code, readable; accessed and conforming do not matter. Long mode: L set, D clear. */
	if ((d >> 40 & 0xfa) != 0x9a)
		return broken("access byte", d >> 40 & 0xff, 0x9a);
	return equal("flags L and D", d >> 53 & 3, 1);
}

static struct finding data_descriptor(const struct view *v)
{
	/* Present, ring 0, data that grows upwards, writable. */
	return equal("access byte", descriptor(v, DATA) >> 40 & 0xfe, 0x92);
}

static struct finding paging(const struct view *v)
{
	if ((v->f->cr0 & 1) == 0)
		return broken("cr0 without PE", v->f->cr0, v->f->cr0 | 1);
	if ((v->f->cr0 >> 31 & 1) == 0)
		return broken("cr0 without PG", v->f->cr0, v->f->cr0 | UINT64_C(1) << 31);
	return equal("PAE in cr4", v->f->cr4 >> 5 & 1, 1);
}

static struct finding levels(const struct view *v)
{
	if ((v->f->cr4 >> 12 & 1) == 0)
		return kept();
	return (v->xloadflags & FIVE_LEVELS) != 0 ? kept() : broken("cr4 with LA57; xloadflags", v->xloadflags, 0);
}

void check_cpu(struct view *v)
{
	const char *source = "boot.rst, 64-bit Boot Protocol";
	const struct found *f = v->f;

	clause_tell(v, "the kernel has a 64-bit entry, through which it was entered",
		    "boot.rst, xloadflags, XLF_KERNEL_64",
		    v->version >= 0x20c ? equal("xloadflags", v->xloadflags & KERNEL_64, KERNEL_64)
					: broken("protocol version", v->version, 0x20c));
	clause_tell(v, "the CPU is in 64-bit mode", source, equal("LME and LMA in EFER", f->efer >> 8 & 5, 5));
	clause_tell(v, "paging is on", source, paging(v));
	clause_tell(v, "paging has five levels only if the kernel takes that", "bootparam.h, XLF_5LEVEL", levels(v));
	clause_tell(v, "interrupts are off", source, equal("IF", f->rflags >> 9 & 1, 0));
	clause_tell(v, "CS is __BOOT_CS", source, equal("CS", f->cs, CODE));
	clause_tell(v, "DS is __BOOT_DS", source, equal("DS", f->ds, DATA));
	clause_tell(v, "ES is __BOOT_DS", source, equal("ES", f->es, DATA));
	clause_tell(v, "SS is __BOOT_DS", source, equal("SS", f->ss, DATA));
	clause_tell(v, "the GDT reaches to the end of __BOOT_DS", source,
		    f->gdt_limit >= DATA + 7 ? kept() : broken("limit", f->gdt_limit, DATA + 7));
	clause_tell(v, "the GDT can be read at its address", source,
		    memory_of(v, f->gdt_base, (uint64_t)f->gdt_limit + 1) != NULL ? kept()
										  : broken("base", f->gdt_base, 0));
	clause_tell(v, "__BOOT_CS is 64-bit code of ring 0, to be executed and read", source, code_descriptor(v));
	clause_tell(v, "__BOOT_CS is flat, 4 GiB", source, flat(v, CODE));
	clause_tell(v, "__BOOT_DS is data of ring 0, to be read and written", source, data_descriptor(v));
	clause_tell(v, "__BOOT_DS is flat, 4 GiB", source, flat(v, DATA));
	clause_tell(v, "RSI leads to a struct boot_params that can be read", source,
		    v->has_bp ? kept() : broken("RSI", f->rsi, 0));
}
