/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flattened device tree as a kernel finds it, read without any library, and the clauses that every kernel holds of it
 * and of its /chosen.
 * Source: Devicetree Specification v0.4, chapter 5; Linux Documentation/arch/arm/uefi.rst; dt-schema chosen.yaml;
 * Linux drivers/firmware/efi/libstub/fdt.c; UEFI 2.10, 4.3 and 7.2.
 */
#ifndef BERTH_TESTS_CLAUSES_TREE_H
#define BERTH_TESTS_CLAUSES_TREE_H

#include "clauses.h"

/* How clauses look at memory; as in struct found. */
struct looking {
	const uint8_t *(*memory)(void *context, uint64_t physical, uint64_t size);
	void *context;
};

enum { NODE_BEGINS = 1, NODE_ENDS = 2, PROPERTY = 3, TREE_NOP = 4, TREE_ENDS = 9 };

struct dtb {
	const uint8_t *at; /* NULL: not readable, or no tree */
	uint64_t address, size;
	uint32_t structure, structure_size, strings, strings_size, reservations;
	const char *broken; /* what is wrong with its form; NULL: nothing */
	uint64_t where;
};

struct token {
	uint32_t kind, value_size, next;
	const char *name;
	const uint8_t *value;
};

struct property {
	const uint8_t *at; /* NULL: there is none */
	uint64_t size;
};

/* Reads the header and goes through all of it once. */
void dtb_open(struct dtb *tree, const struct looking *looking, uint64_t address);

/* The token at *@at, and on to the next; false at the end or at something else than a token. */
bool dtb_next(const struct dtb *tree, uint32_t *at, struct token *token);

/* Where the inside of a node begins; @path as "/chosen", "" is the root's. 0: there is none. */
uint32_t dtb_node(const struct dtb *tree, const char *path);

/* The next child of the node whose inside *@at lies in, or begins; its inside, its name; 0 when there is none left. */
uint32_t dtb_child(const struct dtb *tree, uint32_t *at, const char **name);

struct property dtb_property(const struct dtb *tree, uint32_t inside, const char *name);
uint64_t dtb_cells(struct property property, uint64_t cell, unsigned int cells);
bool dtb_is(struct property property, const char *text);

/* ---- what /chosen tells ---- */

struct span {
	uint64_t start, end; /* empty: there is none */
};

struct told_by_tree {
	struct looking looking;
	struct clause_report *report;
	struct dtb tree;
	uint32_t chosen;
	struct span initrd, map;
	const uint8_t *map_at, *system_table; /* NULL: not readable */
	uint64_t map_size, desc_size;
};

void tree_look(struct told_by_tree *t, uint64_t address);
/* The chapters: the tree's form, /chosen, the UEFI memory map, firmware's own tree. */
void tree_check_all(struct told_by_tree *t);

/* A descriptor of the map: its type, and where it lies; false behind the last. */
struct told_memory {
	uint32_t type;
	uint64_t start, end, virtual_start, attribute;
};
bool tree_memory(const struct told_by_tree *t, size_t n, struct told_memory *memory);

/* All of [start, end) is memory that the kernel may use after exit; else *@where is not. */
bool tree_is_ram(const struct told_by_tree *t, struct span span, uint64_t *where);

/* ---- telling ---- */

void tree_tell(struct clause_report *report, const char *sentence, const char *source, struct finding finding);
uint64_t tree_print(const struct told_by_tree *t, struct span span);

static inline struct finding finding_of(bool good, const char *what, uint64_t seen, uint64_t wanted)
{
	return (struct finding){good ? CLAUSE_KEPT : CLAUSE_BROKEN, what, seen, wanted};
}

static inline struct finding finding_skipped(const char *why)
{
	return (struct finding){CLAUSE_DOES_NOT_APPLY, why, 0, 0};
}

#endif
