/* SPDX-License-Identifier: BSD-2-Clause */
/* What the readers of `berth inspect` share: a file that may end anywhere, and one way to show what is in it. */
#ifndef BERTH_INSPECT_H
#define BERTH_INSPECT_H

#include "../base/range.h"
#include "json.h"
#include "tool.h"

struct inspection {
	const char *path;
	FILE *file;
	uint64_t base, size; /* the part of the file that is looked at: all of it, or a section */
	struct json *json;   /* NULL: text */
	const char *format;  /* what it is, when a reader knew it */
	unsigned int depth;  /* of parts in parts */
};

/* @width bytes, 1 to 8, little-endian; false past the end. */
bool inspect_get(const struct inspection *in, uint64_t offset, unsigned int width, uint64_t *value);
/* The same of big-endian numbers. */
bool inspect_get_big(const struct inspection *in, uint64_t offset, unsigned int width, uint64_t *value);
/* Up to @size bytes; returns how many there were. */
size_t inspect_bytes(const struct inspection *in, uint64_t offset, void *to, size_t size);
bool inspect_is(const struct inspection *in, uint64_t offset, const void *bytes, size_t size);

/* ---- showing ---- */

/* Says what the file is and opens the list of fields; every reader calls it first, and once. */
void show_format(struct inspection *in, const char *format);
/* A field of a header: its name, where it stands, its value, and what that means. @words: NULL, or the value as text.
 */
void show_field(struct inspection *in, const char *name, uint64_t offset, unsigned int width, uint64_t value,
		const char *words, const char *meaning);
/* The same of @width bytes at @offset, read now; nothing when the file ends before. Returns the value, or 0. */
uint64_t show_read(struct inspection *in, const char *name, uint64_t offset, unsigned int width, const char *words,
		   const char *meaning);
/* A text of at most @size bytes that may end in a NUL or the file; what no terminal should see becomes `?`. */
void show_text(struct inspection *in, const char *name, uint64_t offset, size_t size, const char *meaning);
/* After the last field. */
void show_fields_end(struct inspection *in);

/* A table after the fields: its rows hold names and numbers. */
void show_table(struct inspection *in, const char *name);
void show_row(struct inspection *in, const char *what);
void show_cell(struct inspection *in, const char *name, uint64_t value);
void show_word(struct inspection *in, const char *name, const char *word);
void show_row_end(struct inspection *in);
void show_table_end(struct inspection *in);

struct flag_name {
	uint64_t bit;
	const char *name;
};

/* "XLF_KERNEL_64 XLF_CAN_BE_LOADED_ABOVE_4G"; bits without a name as one number. The list ends in a row without one. */
const char *flag_words(uint64_t value, const struct flag_name *names, char *to, size_t room);

/* ---- readers: each returns false, and shows nothing, when the file is no such thing ---- */

bool inspect_uki(struct inspection *in);
bool inspect_bzimage(struct inspection *in);
bool inspect_zboot(struct inspection *in);
bool inspect_arm64(struct inspection *in);
bool inspect_riscv(struct inspection *in);
bool inspect_pe(struct inspection *in);
bool inspect_elf(struct inspection *in);
bool inspect_wrapper(struct inspection *in);

/*
 * Shows from which file a kernel that Berth boots was prepared, if it was; and whether @against, unless NULL, is that
 * file. False when it is not, or the record is broken.
 */
bool inspect_prepared(struct inspection *in, const char *against);

/* "gzip", "zstd" and so on, by the first bytes at @offset; NULL when they are none of them. */
const char *compression_at(const struct inspection *in, uint64_t offset);

/* The sections of a PE file, where there is one in this one; a table of them. */
void show_pe_sections(struct inspection *in);
bool pe_header_at(const struct inspection *in, uint64_t *pe);

#endif
