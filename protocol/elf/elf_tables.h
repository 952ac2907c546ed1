/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an ELF image keeps its relocations: the tables that PT_DYNAMIC names.
 * Used by elf_reloc.c only. Source: System V gABI, "Dynamic Section" and "Relocation".
 */
#ifndef BERTH_ELF_TABLES_H
#define BERTH_ELF_TABLES_H

#include "elf.h"

enum elf_form {
	ELF_REL,  /* the addend is in the field */
	ELF_RELA, /* the addend is in the table */
	ELF_RELR, /* addresses and bitmaps of fields that hold addresses */
};

/* Symbols and their names: places in the window, half-open. */
struct elf_symbols {
	struct range table, names;
};

struct elf_table {
	const char *what; /* "DT_RELA" */
	struct range at;  /* in the window */
	enum elf_form form;
	unsigned int entry_size;
	struct elf_symbols symbols;
};

#define ELF_DYNAMIC_TABLES 4 /* DT_REL, DT_RELA, DT_RELR, DT_JMPREL */

/*
 * The tables that PT_DYNAMIC names, all within @window, the image in memory; empty ones are left out.
 * BAD_INPUT, signed E2, when one is not in a segment or its size does not fit its entries.
 */
enum status elf_dynamic_tables(const struct elf *elf, struct bytes window, struct elf_table table[ELF_DYNAMIC_TABLES],
			       size_t *n, struct fail *why) MUST_CHECK;

#endif
