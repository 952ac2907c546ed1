/* SPDX-License-Identifier: BSD-2-Clause */
/* Clauses about the CPU at the 32-bit entry. Source: boot.rst, "32-bit Boot Protocol", its last paragraphs. */
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
}
