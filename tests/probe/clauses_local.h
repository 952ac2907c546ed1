/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the clauses: what was found, resolved once, and the words that findings are made with. */
#ifndef BERTH_TESTS_CLAUSES_LOCAL_H
#define BERTH_TESTS_CLAUSES_LOCAL_H

#include "clauses.h"

#define FOUR_GIB       (UINT64_C(1) << 32)
#define ZERO_PAGE      4096 /* bytes of struct boot_params */
#define MAX_PARTS      48
#define MAX_NODES      32
#define HEADER_AT      0x1f1
#define HEADER_TOP     0x290	/* where edd_mbr_sig_buffer begins: no header reaches further */
#define LOADED_HIGH_AT 0x100000 /* boot.rst, loadflags: where the protected-mode part is loaded if it cannot move */

/* bootparam.h, xloadflags */
#define KERNEL_64   0x01
#define ABOVE_4G    0x02
#define FIVE_LEVELS 0x20

/* A thing that was handed over, [start, end). */
struct part {
	enum handed kind;
	uint64_t start, end;
};

struct entry {
	uint64_t start, end;
	uint32_t type;
};

/* An EFI memory descriptor. */
struct descriptor {
	uint32_t type;
	uint64_t start, end, attribute;
};

struct view {
	const struct found *f;
	struct clause_report *report;
	const char *not_promised; /* why the clauses of a chapter do not apply; NULL: they do */
	const uint8_t *bp;	  /* boot_params; zeros when RSI leads nowhere */
	bool has_bp;
	unsigned int version, header_end;
	uint32_t xloadflags; /* 0 before 2.12 */
	uint64_t init_size, pref_address, alignment;
	bool relocatable;
	uint64_t window_start,
	    window_end;		     /* from the load address on: identity-mapped, and where tables must not lie */
	uint64_t run_start, run_end; /* from the run-time start on: RAM */
	uint64_t initrd, initrd_size, command_line_at, command_line_room;
	const uint8_t *command_line; /* NULL: not readable, or without end */
	uint64_t command_line_length;
	struct part part[MAX_PARTS];
	size_t n_parts;

	/* setup_data */
	uint64_t node[MAX_NODES];
	size_t n_nodes;
	bool list_ends, list_readable;

	/* memory maps */
	const uint8_t *extra; /* entries of SETUP_E820_EXT */
	size_t n_extra, n_zero_page;
	uint64_t extra_bytes;
	unsigned int n_extensions;
	const uint8_t *efi_map;
	uint64_t efi_map_at, efi_map_size, desc_size;
	size_t n_descriptors;
	uint64_t system_table_at;
	const uint8_t *system_table; /* NULL: not readable */
};

static inline uint64_t get(const uint8_t *from, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = width; i > 0; i--)
		value = value << 8 | from[i - 1];
	return value;
}

static inline uint64_t param(const struct view *v, unsigned int offset, unsigned int width)
{
	return get(v->bp + offset, width);
}

static inline uint64_t in_file(const struct view *v, unsigned int offset, unsigned int width)
{
	return get(v->f->file + offset, width);
}

static inline struct finding kept(void)
{
	return (struct finding){CLAUSE_KEPT, NULL, 0, 0};
}

static inline struct finding broken(const char *what, uint64_t seen, uint64_t wanted)
{
	return (struct finding){CLAUSE_BROKEN, what, seen, wanted};
}

static inline struct finding does_not_apply(const char *why)
{
	return (struct finding){CLAUSE_DOES_NOT_APPLY, why, 0, 0};
}

static inline struct finding equal(const char *what, uint64_t seen, uint64_t wanted)
{
	return seen == wanted ? kept() : broken(what, seen, wanted);
}

static inline bool meets(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
	return start < other_end && other_start < end;
}

const uint8_t *memory_of(const struct view *v, uint64_t at, uint64_t size);
void clause_tell(struct view *v, const char *sentence, const char *source, struct finding finding);
const uint8_t *option_of(const struct view *v, const char *word);
const struct part *part_of(const struct view *v, enum handed kind);
/* The first thing that @check finds broken in a part of @kind; when there is no such part, @none. */
typedef struct finding part_check(const struct view *v, uint64_t start, uint64_t end);
struct finding each_part(const struct view *v, enum handed kind, part_check *check, const char *none);

/* clauses_tables.c */
typedef bool table_visitor(void *context, uint64_t table, const uint8_t *bytes);
bool visit_tables(const struct found *f, table_visitor *visit, void *context);
uint64_t print_of_tables(const struct found *f);
void check_tables(struct view *v);

/* clauses_memory.c */
struct entry e820_entry(const struct view *v, size_t n);
size_t e820_count(const struct view *v);
bool is_ram(const struct view *v, uint64_t start, uint64_t end, uint64_t *hole);
void check_memory_maps(struct view *v);

/* The others, each a chapter of clauses. */
void check_cpu(struct view *v);
void check_header(struct view *v);
void check_zero_page(struct view *v);
void check_places(struct view *v);
void check_setup_data(struct view *v);
void check_efi(struct view *v);
void check_screen(struct view *v);
void check_entry_32(struct view *v);

#endif
