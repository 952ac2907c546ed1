/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf_tables.h"

#include "elf_fields.h"

enum {
	DT_NULL = 0,
	DT_PLTRELSZ = 2,
	DT_STRTAB = 5,
	DT_SYMTAB = 6,
	DT_RELA = 7,
	DT_RELASZ = 8,
	DT_RELAENT = 9,
	DT_STRSZ = 10,
	DT_SYMENT = 11,
	DT_REL = 17,
	DT_RELSZ = 18,
	DT_RELENT = 19,
	DT_PLTREL = 20,
	DT_JMPREL = 23,
	DT_RELRSZ = 35,
	DT_RELR = 36,
	DT_RELRENT = 37,
	N_TAGS = 38,
};

struct dynamic {
	uint64_t value[N_TAGS];
	uint64_t has; /* one bit per tag */
};

static bool has(const struct dynamic *d, unsigned int tag)
{
	return (d->has >> tag & 1) != 0;
}

static unsigned int entry_size(bool is_64, enum elf_form form)
{
	return elf_word(is_64) * (form == ELF_REL ? 2 : form == ELF_RELA ? 3 : 1);
}

static enum status read_dynamic(const struct elf *elf, struct bytes window, struct dynamic *d, struct fail *why)
{
	unsigned int step = 2 * elf_word(elf->is_64);
	uint64_t at, tag = 0, value = 0;

	*d = (struct dynamic){.has = 0};
	if (!elf_at_virtual(elf, elf->dynamic.vaddr, elf->dynamic.size, &at))
		return fail_by(why, BAD_INPUT, E2,
			       "%s: PT_DYNAMIC: %#" PRIx64 " + %#" PRIx64 " lies in no loaded segment", elf->name,
			       elf->dynamic.vaddr, elf->dynamic.size);
	for (uint64_t left = elf->dynamic.size; left >= step; left -= step, at += step) {
		if (!elf_get(window, elf->is_64, at, D_TAG, &tag) || !elf_get(window, elf->is_64, at, D_VAL, &value))
			break;
		if (tag == DT_NULL)
			return OK;
		if (tag < N_TAGS) {
			d->value[tag] = value;
			d->has |= UINT64_C(1) << tag;
		}
	}
	return fail_by(why, BAD_INPUT, E2, "%s: PT_DYNAMIC: no DT_NULL in its %" PRIu64 " bytes", elf->name,
		       elf->dynamic.size);
}

/* From @vaddr to the end of its segment, as places in the window. */
static bool to_end_of_segment(const struct elf *elf, uint64_t vaddr, struct range *out)
{
	uint64_t at;

	if (!elf_at_virtual(elf, vaddr, 1, &at))
		return false;
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[i];

		if (at >= s->place && at - s->place < s->memsz)
			*out = (struct range){at, s->place + s->memsz};
	}
	return true;
}

/* DT_SYMTAB has no size: nothing tells how many symbols there are, so they end where their segment ends. */
static enum status find_symbols(const struct elf *elf, const struct dynamic *d, struct elf_symbols *symbols,
				struct fail *why)
{
	uint64_t at;

	*symbols = (struct elf_symbols){{0, 0}, {0, 0}};
	if (!has(d, DT_SYMTAB))
		return OK;
	if (d->value[DT_SYMENT] != elf_symbol_size(elf->is_64))
		return fail_by(why, BAD_INPUT, E2, "%s: DT_SYMENT is %" PRIu64 ", and a symbol has %u bytes", elf->name,
			       d->value[DT_SYMENT], elf_symbol_size(elf->is_64));
	if (!to_end_of_segment(elf, d->value[DT_SYMTAB], &symbols->table))
		return fail_by(why, BAD_INPUT, E2, "%s: DT_SYMTAB %#" PRIx64 " lies in no loaded segment", elf->name,
			       d->value[DT_SYMTAB]);
	if (has(d, DT_STRTAB) && d->value[DT_STRSZ] != 0 &&
	    elf_at_virtual(elf, d->value[DT_STRTAB], d->value[DT_STRSZ], &at))
		symbols->names = (struct range){at, at + d->value[DT_STRSZ]};
	return OK;
}

static enum status add_table(const struct elf *elf, struct elf_table *table, uint64_t vaddr, uint64_t size,
			     struct fail *why)
{
	uint64_t at;

	table->entry_size = entry_size(elf->is_64, table->form);
	if (size % table->entry_size != 0)
		return fail_by(why, BAD_INPUT, E2,
			       "%s: %s: %" PRIu64 " bytes of relocations are not a multiple of %u, an entry's size",
			       elf->name, table->what, size, table->entry_size);
	if (!elf_at_virtual(elf, vaddr, size, &at))
		return fail_by(why, BAD_INPUT, E2,
			       "%s: %s: %#" PRIx64 " + %#" PRIx64 " bytes of relocations lie in no loaded segment",
			       elf->name, table->what, vaddr, size);
	table->at = (struct range){at, at + size};
	return OK;
}

/* DT_REL, DT_RELA, DT_RELR: an address, a size and the size of an entry. */
static enum status find_table(const struct elf *elf, const struct dynamic *d, struct elf_table *table, size_t *n,
			      struct fail *why)
{
	static const struct {
		const char *what;
		uint8_t at, size, entry;
	} tags[] = {
	    [ELF_REL] = {"DT_REL", DT_REL, DT_RELSZ, DT_RELENT},
	    [ELF_RELA] = {"DT_RELA", DT_RELA, DT_RELASZ, DT_RELAENT},
	    [ELF_RELR] = {"DT_RELR", DT_RELR, DT_RELRSZ, DT_RELRENT},
	};
	unsigned int entry = entry_size(elf->is_64, table->form);

	table->what = tags[table->form].what;
	if (!has(d, tags[table->form].at) || d->value[tags[table->form].size] == 0)
		return OK;
	if (d->value[tags[table->form].entry] != entry)
		return fail_by(why, BAD_INPUT, E2, "%s: %sENT is %" PRIu64 ", and an entry has %u bytes", elf->name,
			       table->what, d->value[tags[table->form].entry], entry);
	TRY(add_table(elf, table, d->value[tags[table->form].at], d->value[tags[table->form].size], why));
	(*n)++;
	return OK;
}

/* DT_JMPREL, in the form that DT_PLTREL names. Some linkers include it in the other table, which is done already. */
static enum status find_jump_table(const struct elf *elf, const struct dynamic *d,
				   struct elf_table table[ELF_DYNAMIC_TABLES], size_t *n, struct fail *why)
{
	struct elf_table *jump = &table[*n];

	jump->what = "DT_JMPREL";
	if (!has(d, DT_JMPREL) || d->value[DT_PLTRELSZ] == 0)
		return OK;
	if (d->value[DT_PLTREL] != DT_REL && d->value[DT_PLTREL] != DT_RELA)
		return fail_by(why, BAD_INPUT, E2, "%s: DT_PLTREL is %" PRIu64 "; it is DT_REL (17) or DT_RELA (7)",
			       elf->name, d->value[DT_PLTREL]);
	jump->form = d->value[DT_PLTREL] == DT_REL ? ELF_REL : ELF_RELA;
	TRY(add_table(elf, jump, d->value[DT_JMPREL], d->value[DT_PLTRELSZ], why));
	for (size_t i = 0; i < *n; i++)
		if (table[i].form == jump->form && range_contains(table[i].at, jump->at))
			return OK;
	(*n)++;
	return OK;
}

enum status elf_dynamic_tables(const struct elf *elf, struct bytes window, struct elf_table table[ELF_DYNAMIC_TABLES],
			       size_t *n, struct fail *why)
{
	static const enum elf_form forms[] = {ELF_RELR, ELF_REL, ELF_RELA};
	struct elf_table blank = {.what = NULL};
	struct dynamic d;

	*n = 0;
	TRY(read_dynamic(elf, window, &d, why));
	TRY(find_symbols(elf, &d, &blank.symbols, why));
	for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		table[*n] = blank;
		table[*n].form = forms[i];
		TRY(find_table(elf, &d, &table[*n], n, why));
	}
	table[*n] = blank;
	return find_jump_table(elf, &d, table, n, why);
}
