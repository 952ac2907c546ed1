/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of memory maps that mapread.c tells apart, one row each, and what their readers share. */
#ifndef BERTH_MAP_KINDS_H
#define BERTH_MAP_KINDS_H

#include "logtext.h"
#include "map_source.h"

/* Where the last whole page ends: 2^64 itself does not fit, and a map that reaches it is cut there. */
#define LAST_PAGE (UINT64_MAX - UINT64_MAX % EFI_PAGE)

/* One of the maps in a log of several: whether its beginning was seen, and which of its numbers are missing. */
struct listing {
	bool numbered, has_head;
	uint64_t next;	   /* number */
	char missing[128]; /* "mem00 to mem18, mem22" */
};

/* One reading of a text as one kind of map. Entries are bytes from and to until mapread.c makes pages of them. */
struct reader {
	const char *name; /* of the file, for messages */
	struct map_source *source;
	struct fail *why;
	struct log_lines lines;
	bool found; /* a line of this kind */

	/* for kinds that may stand in one log several times */
	bool anew;     /* the next entry is the first of another map */
	bool in_table; /* all lines since the heading were rows */
	bool foreign;  /* of a map that does not count */
	size_t begin;  /* the first entry of the map that is being read */
	struct listing now, kept;
	int rank;	   /* of the tellers of memory: the first in rank counts */
	char teller[24];   /* its name */
	bool has_head;	   /* the line above the map was there */
	size_t indent;	   /* of the lines that count */
	struct range last; /* of these */
	bool not_zero;	   /* some address is not 0 */
	bool was_row;	   /* the line before was a row of the map */
	size_t gap;	   /* the line that told of lines left out, since this map began */
};

struct map_kind {
	const char *name;
	bool is_firmwares;
	/* Takes what it knows from a line; a line of another kind is OK too. */
	enum status (*line)(struct reader *reader, const char *line);
	enum status (*end)(struct reader *reader); /* may be NULL */
};

extern const struct map_kind kind_berth, kind_u_boot, kind_grub_efi, kind_shell, kind_efi, kind_e820, kind_grub,
    kind_kexec, kind_iomem, kind_no_map, kind_list, kind_folder;

/* A line that makes no sense: BAD_INPUT, with the file's name and the line's number before the sentence. */
#define BAD_LINE(reader, format, ...)                                                                                  \
	fail((reader)->why, BAD_INPUT, "%s:%zu: " format, (reader)->name, (reader)->lines.number, ##__VA_ARGS__)

/* How much of a word a message shows, for "%.*s". */
static inline int shown(size_t length)
{
	return length < 40 ? (int)length : 40;
}

/* Adds [start, end); an empty one is left out. */
enum status map_add(struct reader *reader, struct range at, uint32_t type, uint64_t attribute) MUST_CHECK;

/* IO_ERROR, for a text that is larger than this machine's memory. */
enum status map_no_memory(struct reader *reader) MUST_CHECK;

/* From an end that is the last byte; one below its start makes no sense, unless just one: that is an empty range. */
bool range_from_last(uint64_t start, uint64_t last, struct range *out);

/* Another map begins here in the log: forgets what was read where its first entry starts at @start too. */
void map_start_anew_at(struct reader *reader, uint64_t start);

/* A row was read of a map that stands under a heading: the first one behind r->anew begins another map. */
void map_row_found(struct reader *reader);

/* At the end: the heading of such a map, as its program prints it, was not there. */
void map_expect_heading(struct reader *reader, const char *heading);

/* Says that a part of the map may not be in the text; one sentence, without the file's name. */
__attribute__((format(printf, 2, 3))) void map_incomplete(struct reader *reader, const char *format, ...);

#endif
