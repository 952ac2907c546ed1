/* SPDX-License-Identifier: BSD-2-Clause */
#include "logtext.h"

#include "../protocol/base/range.h"

#include <string.h>
#include <strings.h>

#define ESCAPE 0x1b
#define BELL   0x07

/* ---- lines ---- */

void log_lines_open(struct log_lines *lines, struct bytes text)
{
	lines->at = text.at;
	lines->end = text.at + text.size;
	if (text.size >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0) /* UTF-8's byte order mark */
		lines->at += 3;
	lines->number = 1;
	lines->newline = false;
}

/* ECMA-48, 5.4: "ESC [", bytes 0x20 to 0x3f, and a last one from 0x40. Any other byte is none of the sequence. */
static bool skip_control_sequence(struct log_lines *lines)
{
	while (lines->at < lines->end && *lines->at >= 0x20 && *lines->at <= 0x3f)
		lines->at++;
	if (lines->at == lines->end || *lines->at < 0x40 || *lines->at > 0x7e)
		return false;
	lines->at++;
	return lines->at[-1] == 'H' || lines->at[-1] == 'f'; /* cursor position */
}

/* A title and the like, "ESC ] ... BEL" or "... ESC \": never past the end of its line. */
static void skip_string(struct log_lines *lines)
{
	while (lines->at < lines->end && *lines->at != BELL && *lines->at != ESCAPE && *lines->at != '\n')
		lines->at++;
	if (lines->at < lines->end && *lines->at == BELL)
		lines->at++;
}

/* True when the sequence moved the cursor. */
static bool skip_escape(struct log_lines *lines)
{
	if (lines->at == lines->end)
		return false;
	if (*lines->at == '[') {
		lines->at++;
		return skip_control_sequence(lines);
	}
	if (*lines->at == ']') {
		lines->at++;
		skip_string(lines);
		return false;
	}
	while (lines->at < lines->end && *lines->at >= 0x20 && *lines->at <= 0x2f)
		lines->at++;
	if (lines->at < lines->end && *lines->at >= 0x30 && *lines->at <= 0x7e)
		lines->at++;
	return false;
}

static void put(struct log_lines *lines, uint8_t c)
{
	if ((c < 0x20 && c != '\t') || c == 0x7f)
		return;
	if (lines->length + 1 < LINE_ROOM)
		lines->line[lines->length++] = (char)c;
	else
		lines->cut = true;
}

bool log_lines_next(struct log_lines *lines)
{
	lines->length = 0;
	lines->cut = false;
	lines->number += lines->newline;
	lines->newline = false;
	if (lines->at == lines->end)
		return false;
	while (lines->at < lines->end) {
		uint8_t c = *lines->at++;

		lines->newline = c == '\n';
		if (c == '\n' || c == '\r' || (c == ESCAPE && skip_escape(lines)))
			break;
		if (c != ESCAPE)
			put(lines, c);
	}
	while (lines->length > 0 && strchr(" \t", lines->line[lines->length - 1]) != NULL)
		lines->length--;
	lines->line[lines->length] = '\0';
	return true;
}

/* Without a byte order mark: a few characters are enough, for a text has no zeros at all. */
static bool is_unmarked_utf16(const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < 8 && size >= 8; i++)
		if ((at[i] == 0) != (i % 2 == 1))
			return false;
	return size >= 8;
}

void text_from_utf16(uint8_t *at, size_t *size)
{
	bool big = *size >= 2 && at[0] == 0xfe && at[1] == 0xff;
	bool little = *size >= 2 && ((at[0] == 0xff && at[1] == 0xfe) || is_unmarked_utf16(at, *size));
	size_t count = *size / 2;

	if (!big && !little)
		return;
	for (size_t i = 0; i < count; i++) {
		uint8_t low = at[2 * i + big], high = at[2 * i + little];

		at[i] = high == 0 && low < 0x80 ? low : '?';
	}
	if (at[0] == '?') /* the byte order mark */
		at[0] = '\r';
	*size = count;
}

/* ---- what stands on a line ---- */

const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

bool take(const char **at, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10) : 16;
}

static bool take_digits(const char **at, unsigned int base, uint64_t *value)
{
	const char *c = *at;
	uint64_t sum = 0;

	for (; digit(*c) < base; c++)
		if (checked_mul(sum, base, &sum) || checked_add(sum, digit(*c), &sum))
			return false;
	if (c == *at)
		return false;
	*at = c;
	*value = sum;
	return true;
}

bool take_hex(const char **at, uint64_t *value)
{
	return take_digits(at, 16, value);
}

bool take_number(const char **at, uint64_t *value)
{
	const char *c = *at;

	if (!take(&c, "0x"))
		return take_digits(at, 10, value);
	if (!take_hex(&c, value))
		return false;
	*at = c;
	return true;
}

bool take_range(const char **at, uint64_t *start, uint64_t *end)
{
	const char *c = *at;

	if (!take_number(&c, start) || !take(&c, "-") || !take_number(&c, end) || *end < *start)
		return false;
	*at = c;
	return true;
}

const struct word_value *word_find(const struct word_value *list, const char *word, size_t length)
{
	for (; list->word != NULL; list++)
		if (strlen(list->word) == length && strncasecmp(list->word, word, length) == 0)
			return list;
	return NULL;
}
