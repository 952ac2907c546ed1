/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of consoles and logs, line by line, and the numbers in it: what the readers of memory maps share. */
#ifndef BERTH_LOGTEXT_H
#define BERTH_LOGTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/bytes.h"

#define LINE_ROOM 1024

/*
 * The lines of a text. Escape sequences and control characters are left out; a carriage return and a sequence that
 * moves the cursor end a line too, as what follows stands elsewhere on the screen. What mail, pages and patches do to a
 * line is undone: quoted-printable, tags, a mark on both of its ends.
 */
struct log_lines {
	const uint8_t *at, *end;
	size_t number; /* of the line in the file, from 1 */
	bool newline;  /* the last line ended in one */
	bool cut;      /* the line was longer than its room */
	size_t length;
	char line[LINE_ROOM]; /* without blanks at its end */
};

void log_lines_open(struct log_lines *lines, struct bytes text);
bool log_lines_next(struct log_lines *lines);

/*
 * Adds the next line, which mail has broken off this one, behind it: without quote marks, and after @between, if any.
 */
bool log_lines_join(struct log_lines *lines, const char *between);

/*
 * Steps over the attributes that efivarfs puts before a variable's value, four bytes of which three are 0: no text has
 * such. Source: Linux, fs/efivarfs/file.c, efivarfs_file_read.
 */
void skip_attributes(struct bytes *text);

/* UTF-16 of either order, as the EFI shell writes it, becomes bytes, in place: what is not ASCII becomes `?`. */
void text_from_utf16(uint8_t *at, size_t *size);

const char *skip_blanks(const char *at);

/*
 * Steps over one of the things that people and programs put before a line of a log: a quote mark, `[...]`, `<6>`, a
 * date or clock, a line number, a name with a colon. Berth's own name does not count. False, and *at untouched, when
 * none is there.
 */
bool skip_mark(const char **at);

/* Steps over all of them, and the blanks between. */
const char *skip_prefix(const char *line);

/* "[...]", "<snip>", "** 3 printk messages dropped **": says that lines which belong here are missing. */
bool tells_of_gap(const char *line);

/* Whether a word may begin at @at: where the line begins, or behind anything that is not part of a word or number. */
bool starts_word(const char *line, const char *at);

/* Steps behind @marker wherever it stands on the line, ignoring case. */
bool take_to(const char **at, const char *marker);

/* Steps over @word, or over one character; false, and *at untouched, when something else stands there. */
bool take(const char **at, const char *word);

/*
 * Steps over a number: bare hexadecimal digits, or decimal digits, or 0x and hexadecimal ones. False when none stands
 * there or it does not fit into 64 bits.
 */
bool take_hex(const char **at, uint64_t *value);
bool take_number(const char **at, uint64_t *value);

/*
 * Looks for START-END wherever it stands on the line, hexadecimal without 0x, of at least @digits digits each. Where it
 * begins, and *at is behind it; or NULL.
 */
const char *find_hex_range(const char *line, unsigned int digits, const char **at, uint64_t *start, uint64_t *end);

/* 0x0-0xa0000, both as take_number reads them, and no end is below its start. */
bool take_range(const char **at, uint64_t *start, uint64_t *end);

struct word_value {
	const char *word;
	uint64_t value;
};

/* Finds @length bytes in a list that ends in a row without a word, ignoring case. */
const struct word_value *word_find(const struct word_value *list, const char *word, size_t length);

#endif
