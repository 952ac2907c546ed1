/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line format that entries and loader.conf share: a key, blanks, a value; # starts a comment line. A pair of quotes
 * around a whole value goes. In all this systemd-boot is followed (src/boot/efi-string.c, line_get_key_value).
 */
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
 * The line of the first NUL byte, 0 when there is none. With one it is not text: most often an editor wrote UTF-16, and
 * every key in it would pass as an unknown one.
 */
unsigned int lines_nul(const char *text, size_t size);

/* The next line that is neither blank nor a comment; false at the end of the text. */
bool lines_next(struct lines *lines, struct line *line);

/* The same, but the whole line, without the blanks at its ends. */
bool lines_next_whole(struct lines *lines, struct word *whole);

/* Says a sentence about a line of a file, if it is wanted. */
__attribute__((format(printf, 3, 4))) static inline void remark(const struct remarks *remarks, enum log_level level,
								const char *format, ...)
{
	char sentence[512];
	struct text text = TEXT(sentence);
	va_list args;

	if (remarks == NULL)
		return;
	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
	remarks->say(remarks->context, level, sentence);
}

/* ---- variables.c: `$tuned_params` and the like, which other loaders expand ---- */

/* The next word of @text from *at on, outside of double quotes, that is a variable; *at moves behind it. */
bool variable_next(struct word text, size_t *at, struct word *variable);

#endif
