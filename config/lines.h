/* SPDX-License-Identifier: BSD-2-Clause */
/* The line format that entries and loader.conf share: a key, white space, a value; # starts a comment line. */
#ifndef BERTH_LINES_H
#define BERTH_LINES_H

#include "entry.h"

struct lines {
	const char *at, *end;
	unsigned int number; /* of the line last read, from 1 */
};

struct line {
	struct word key, value; /* value.length 0: there is none */
	unsigned int number;
};

/* Skips a UTF-8 byte order mark, which some editors write. */
void lines_open(struct lines *lines, const char *text, size_t size);

/*
 * The line of the first NUL byte, 0 when there is none. A text with one is none: most often an editor wrote UTF-16, and
 * every key in it would pass as one that is not known.
 */
unsigned int lines_nul(const char *text, size_t size);

/* The next line that is neither blank nor a comment; false at the end of the text. */
bool lines_next(struct lines *lines, struct line *line);

#endif
