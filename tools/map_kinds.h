/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of memory maps that mapread.c tells apart, one row each, and what their readers share. */
#ifndef BERTH_MAP_KINDS_H
#define BERTH_MAP_KINDS_H

#include "logtext.h"
#include "mapread.h"

/* Where the last whole page ends: 2^64 itself does not fit, and a map that reaches it is cut there. */
#define LAST_PAGE (UINT64_MAX - UINT64_MAX % EFI_PAGE)

/* One reading of a text as one kind of map. Entries are bytes from and to until mapread.c makes pages of them. */
struct reader {
	const char *name; /* of the file, for messages */
	struct map_source *source;
	struct fail *why;
	struct log_lines lines;
	bool found; /* a line of this kind */

	/* of kinds that may stand in one log several times */
	bool anew;    /* the next entry is the first of another map */
	bool foreign; /* of a map that does not count */
	size_t begin; /* the first entry of the map that is being read */
	uint64_t last;
	bool not_zero; /* some address is not 0 */
};

struct map_kind {
	const char *name;
	bool is_firmwares;
	/* Takes what it knows from a line; a line of another kind is OK too. */
	enum status (*line)(struct reader *reader, const char *line);
	enum status (*end)(struct reader *reader); /* may be NULL */
};

extern const struct map_kind kind_berth, kind_shell, kind_efi, kind_e820, kind_iomem, kind_list, kind_folder;

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

/* From an end that is the last byte; one below its start makes no sense, unless it is the byte before: an empty one. */
bool range_from_last(uint64_t start, uint64_t last, struct range *out);

/* What Linux calls a piece of memory, in e820's words and in those of /proc/iomem; what it does not name is reserved.
 */
struct memory memory_of_label(const char *label);

/* Reads /sys/firmware/memmap or a copy. */
enum status map_read_folder(struct reader *reader, const char *path) MUST_CHECK;

#endif
