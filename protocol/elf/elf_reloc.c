/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf_reloc.h"

#include "elf_fields.h"
#include "elf_tables.h"

/* What is computed. S: the symbol, A: the addend, P: the field's address, all where the image is to run. */
enum formula {
	NOTHING,
	SUM,	  /* S + A */
	DISTANCE, /* S + A - P */
	SYMBOL,	  /* S: the addend that some linkers leave in the field is an address of the PLT */
	BASE,	  /* A, which is an address of the image */
};

enum fit { WHOLE, UNSIGNED_32, SIGNED_32 };

struct type {
	uint16_t machine, number;
	uint8_t formula, width, fit;
	const char *name;
};

/*
 * psABI supplements: AMD64, table 4.10; Intel386, table 4.4. Here are those that linkers leave to whoever loads the
 * image; kernels for other CPUs are no ELF files when they are entered.
 */
static const struct type types[] = {
    {ELF_X86_64, 0, NOTHING, 0, WHOLE, "R_X86_64_NONE"},      {ELF_X86_64, 1, SUM, 8, WHOLE, "R_X86_64_64"},
    {ELF_X86_64, 2, DISTANCE, 4, SIGNED_32, "R_X86_64_PC32"}, {ELF_X86_64, 6, SYMBOL, 8, WHOLE, "R_X86_64_GLOB_DAT"},
    {ELF_X86_64, 7, SYMBOL, 8, WHOLE, "R_X86_64_JUMP_SLOT"},  {ELF_X86_64, 8, BASE, 8, WHOLE, "R_X86_64_RELATIVE"},
    {ELF_X86_64, 10, SUM, 4, UNSIGNED_32, "R_X86_64_32"},     {ELF_X86_64, 24, DISTANCE, 8, WHOLE, "R_X86_64_PC64"},
    {ELF_I386, 0, NOTHING, 0, WHOLE, "R_386_NONE"},	      {ELF_I386, 1, SUM, 4, WHOLE, "R_386_32"},
    {ELF_I386, 2, DISTANCE, 4, WHOLE, "R_386_PC32"},	      {ELF_I386, 6, SYMBOL, 4, WHOLE, "R_386_GLOB_DAT"},
    {ELF_I386, 7, SYMBOL, 4, WHOLE, "R_386_JMP_SLOT"},	      {ELF_I386, 8, BASE, 4, WHOLE, "R_386_RELATIVE"},
};

/* A symbol: its address as linked, and whether it moves with the image. */
struct symbol {
	uint64_t value;
	bool moves;
};

struct entry {
	uint64_t number, vaddr, symbol, addend;
	const struct type *type;
};

/* One pass over the tables of an image: it checks, and the second one writes as well. */
struct pass {
	const struct elf_image *image;
	struct elf_table table; /* being processed */
	uint64_t delta;
	bool writes;
	uint64_t n;
	struct fail *why;
};

static const struct elf *elf_of(const struct pass *p)
{
	return p->image->elf;
}

/* What the tables' ranges are offsets in. */
static struct bytes window_of(const struct pass *p)
{
	return (struct bytes){p->image->at, (size_t)range_size(elf_of(p)->window)};
}

/* Which entry of which table, as messages say it. */
struct where {
	char at[64];
};

static struct where where(const struct pass *p, uint64_t number)
{
	struct where words;
	struct text text = TEXT(words.at);

	text_add(&text, "relocation %" PRIu64 " of %s", number, p->table.what);
	return words;
}

/* ---- symbols ---- */

enum { STB_WEAK = 2, STT_TLS = 6, STT_GNU_IFUNC = 10 };
enum { SHN_UNDEF = 0, SHN_ABS = 0xfff1, SHN_COMMON = 0xfff2 };

/* The name of a symbol, as far as it can be printed; its number when it has none. */
static struct where symbol_name(const struct pass *p, uint64_t number, uint64_t name)
{
	struct range names = p->table.symbols.names;
	struct where words;
	struct text text = TEXT(words.at);
	uint64_t at, c;

	if (name != 0 && !checked_add(names.start, name, &at))
		for (; at < names.end && bytes_get(window_of(p), (size_t)at, 1, &c) && c != 0; at++)
			text_add(&text, "%c", c > ' ' && c <= '~' ? (char)c : '?');
	if (text.used == 0)
		text_add(&text, "number %" PRIu64, number);
	return words;
}

static enum status find_symbol(const struct pass *p, const struct entry *e, struct symbol *symbol)
{
	struct range table = p->table.symbols.table;
	struct bytes window = window_of(p);
	bool is_64 = elf_of(p)->is_64;
	uint64_t at, end, name = 0, info = 0, section = 0;
	unsigned int size = elf_symbol_size(is_64);

	*symbol = (struct symbol){0, false};
	if (e->symbol == 0)
		return OK; /* gABI, "Relocation", STN_UNDEF: its value is 0 */
	/* r_info has 32 bits for the number at most, so neither overflows before the table ends. */
	if (checked_add(table.start, e->symbol * size, &at) || checked_add(at, size, &end) || end > table.end ||
	    !elf_get(window, is_64, at, ST_NAME, &name) || !elf_get(window, is_64, at, ST_INFO, &info) ||
	    !elf_get(window, is_64, at, ST_SHNDX, &section) || !elf_get(window, is_64, at, ST_VALUE, &symbol->value))
		return fail_by(p->why, BAD_INPUT, E2, "%s: %s: symbol %" PRIu64 " lies behind the symbol table",
			       elf_of(p)->name, where(p, e->number).at, e->symbol);
	if (section == SHN_UNDEF && info >> 4 != STB_WEAK)
		return fail_by(p->why, BAD_INPUT, E2, "%s: %s: the symbol %s is undefined, and nothing here defines it",
			       elf_of(p)->name, where(p, e->number).at, symbol_name(p, e->symbol, name).at);
	if (section == SHN_COMMON || (info & 15) == STT_TLS || (info & 15) == STT_GNU_IFUNC)
		return fail_by(p->why, BAD_INPUT, E2,
			       "%s: %s: the symbol %s (type %u, section %#x) has no address before the program runs",
			       elf_of(p)->name, where(p, e->number).at, symbol_name(p, e->symbol, name).at,
			       (unsigned int)info & 15, (unsigned int)section);
	symbol->moves = section != SHN_UNDEF && section != SHN_ABS;
	if (section == SHN_UNDEF)
		symbol->value = 0; /* gABI, "Symbol Table", STB_WEAK: undefined ones are 0 */
	return OK;
}

/* ---- entries ---- */

static const struct type *type_of(enum elf_machine machine, uint64_t number)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].machine == machine && types[i].number == number)
			return &types[i];
	return NULL;
}

static enum status read_entry(const struct pass *p, uint64_t number, struct entry *e)
{
	const struct elf_table *table = &p->table;
	uint64_t at = table->at.start + number * table->entry_size, info = 0, type;
	struct bytes window = window_of(p);
	bool is_64 = elf_of(p)->is_64;

	*e = (struct entry){.number = number};
	/* elf_tables.c has checked that the table lies in the window. */
	(void)elf_get(window, is_64, at, R_OFFSET, &e->vaddr);
	(void)elf_get(window, is_64, at, R_INFO, &info);
	if (table->form == ELF_RELA)
		(void)elf_get(window, is_64, at, R_ADDEND, &e->addend);
	type = is_64 ? (uint32_t)info : (uint8_t)info;
	e->symbol = is_64 ? info >> 32 : info >> 8;
	e->type = type_of(elf_of(p)->machine, type);
	if (e->type == NULL)
		return fail_by(p->why, BAD_INPUT, E2, "%s: %s: type %u is not known here for e_machine %u",
			       elf_of(p)->name, where(p, number).at, (unsigned int)type,
			       (unsigned int)elf_of(p)->machine);
	return OK;
}

static uint64_t sign_extended(uint64_t value)
{
	return (uint64_t)(int64_t)(int32_t)(uint32_t)value;
}

static bool fits(enum fit fit, uint64_t value)
{
	switch (fit) {
	case UNSIGNED_32:
		return value <= UINT32_MAX;
	case SIGNED_32:
		return value == sign_extended(value);
	case WHOLE: /* a field as wide as an address: all arithmetic is modulo its size */
		return true;
	}
	return false;
}

/* What belongs into a field; @held is what it holds. */
static uint64_t computed(const struct pass *p, const struct entry *e, struct symbol s, uint64_t held)
{
	uint64_t addend = p->table.form == ELF_RELA ? e->addend : held;
	uint64_t symbol = s.value + (s.moves ? p->delta : 0);

	switch ((enum formula)e->type->formula) {
	case SUM:
		return symbol + addend;
	case DISTANCE:
		return symbol + addend - (e->vaddr + p->delta);
	case SYMBOL:
		return symbol;
	case BASE:
		return addend + p->delta;
	case NOTHING:
		break;
	}
	return held;
}

static enum status apply(struct pass *p, const struct entry *e)
{
	unsigned int width = e->type->width;
	struct symbol symbol;
	uint64_t at, held, value;

	if (e->type->formula == NOTHING)
		return OK;
	if (!elf_at_virtual(elf_of(p), e->vaddr, width, &at))
		return fail_by(p->why, BAD_INPUT, E2,
			       "%s: %s (%s): the field, %u bytes at %#" PRIx64 ", lies in no loaded segment",
			       elf_of(p)->name, where(p, e->number).at, e->type->name, width, e->vaddr);
	TRY(find_symbol(p, e, &symbol));
	held = load_le(p->image->at + at, width);
	if (e->type->fit == SIGNED_32)
		held = sign_extended(held);
	value = computed(p, e, symbol, held);
	if (!fits((enum fit)e->type->fit, value))
		return fail_by(p->why, BAD_INPUT, E2,
			       "%s: %s (%s): %#" PRIx64 " does not fit into the 32 bits at %#" PRIx64, elf_of(p)->name,
			       where(p, e->number).at, e->type->name, value, e->vaddr);
	if (p->writes)
		store_le(p->image->at + at, width, value);
	p->n++;
	return OK;
}

static enum status entries(struct pass *p)
{
	uint64_t count = range_size(p->table.at) / p->table.entry_size;

	for (uint64_t i = 0; i < count; i++) {
		struct entry e;

		TRY(read_entry(p, i, &e));
		TRY(apply(p, &e));
	}
	return OK;
}

/* ---- DT_RELR ---- */

/* A field that holds an address as linked. */
static enum status move_word(struct pass *p, uint64_t number, uint64_t vaddr)
{
	unsigned int width = elf_word(elf_of(p)->is_64);
	uint64_t at;

	if (!elf_at_virtual(elf_of(p), vaddr, width, &at))
		return fail_by(p->why, BAD_INPUT, E2,
			       "%s: %s: the field, %u bytes at %#" PRIx64 ", lies in no loaded segment",
			       elf_of(p)->name, where(p, number).at, width, vaddr);
	if (p->writes)
		store_le(p->image->at + at, width, load_le(p->image->at + at, width) + p->delta);
	p->n++;
	return OK;
}

/*
 * gABI, "Relocation", SHT_RELR: an even word is the address of a field; an odd one is a bitmap of the fields behind
 * the last, from bit 1 on, and moves on by as many as it has bits for.
 */
static enum status relr(struct pass *p)
{
	unsigned int width = elf_word(elf_of(p)->is_64);
	uint64_t count = range_size(p->table.at) / width, next = 0;
	bool has_next = false;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t word = load_le(p->image->at + p->table.at.start + i * width, width);

		if ((word & 1) == 0) {
			TRY(move_word(p, i, word));
			next = word + width;
			has_next = true;
			continue;
		}
		if (!has_next)
			return fail_by(p->why, BAD_INPUT, E2, "%s: %s: a bitmap before any address", elf_of(p)->name,
				       where(p, i).at);
		for (unsigned int bit = 1; bit < 8 * width; bit++, next += width)
			if ((word >> bit & 1) != 0)
				TRY(move_word(p, i, next));
	}
	return OK;
}

/* ---- the image ---- */

static enum status check_delta(const struct elf_image *image, uint64_t delta, struct fail *why)
{
	const struct elf *elf = image->elf;
	bool wraps;

	/* Its PT_DYNAMIC does not tell of the fixed addresses in its code. */
	if (!elf->movable && delta != 0)
		return fail_by(why, BAD_INPUT, E1, "%s: linked for %#" PRIx64 " (ET_EXEC): it runs nowhere else",
			       elf->name, elf->window.start);
	if (image->size < range_size(elf->window))
		return fail(why, BAD_INPUT, "%s: %zu bytes in memory, and the image has %" PRIu64, elf->name,
			    image->size, range_size(elf->window));
	if (delta % elf->align != 0)
		return fail_by(why, BAD_INPUT, E1,
			       "%s: moved by %#" PRIx64 ", which is not a multiple of its alignment, %#" PRIx64,
			       elf->name, delta, elf->align);
	/* Modulo 2^64 a move down is one up past the end: all segments go there, or none. */
	wraps = elf->segment[0].vaddr + delta < delta;
	for (size_t i = 0; i < elf->n_segments; i++) {
		const struct elf_segment *s = &elf->segment[i];
		struct range at;

		if (checked_range(s->vaddr + delta, s->memsz, &at) || (!elf->is_64 && at.end > GIB(4)) ||
		    wraps != (s->vaddr + delta < delta))
			return fail_by(why, BAD_INPUT, E1,
				       "%s: moved by %#" PRIx64 ", program header %u (p_vaddr %#" PRIx64
				       ", p_memsz %#" PRIx64 ") is past the end of %s-bit addresses",
				       elf->name, delta, (unsigned int)s->header, s->vaddr, s->memsz,
				       elf->is_64 ? "64" : "32");
	}
	return OK;
}

static enum status pass(struct pass *p)
{
	struct elf_table table[ELF_DYNAMIC_TABLES];
	size_t n;

	p->n = 0;
	if (elf_of(p)->dynamic.size == 0)
		return OK; /* code that runs anywhere, and no address in its data */
	TRY(elf_dynamic_tables(elf_of(p), window_of(p), table, &n, p->why));
	for (size_t i = 0; i < n; i++) {
		p->table = table[i];
		TRY(table[i].form == ELF_RELR ? relr(p) : entries(p));
	}
	return OK;
}

enum status elf_relocate(const struct elf_image *image, uint64_t delta, uint64_t *n, struct fail *why)
{
	struct pass p = {.image = image, .delta = delta, .why = why};

	TRY(check_delta(image, delta, why));
	TRY(pass(&p));
	p.writes = true;
	if (pass(&p) != OK) {
		fail_add(why, "  the image in memory cannot be used any more: a part of it was relocated");
		return why->status;
	}
	*n = p.n;
	return OK;
}
