/* SPDX-License-Identifier: BSD-2-Clause */
#include "logtext.h"

#include "../protocol/base/range.h"

#include <ctype.h>
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
	if (c == 0xa0 && lines->length > 0 && lines->line[lines->length - 1] == '\xc2') {
		lines->line[lines->length - 1] = ' '; /* UTF-8's blank that does not break, which browsers copy */
		return;
	}
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

bool log_lines_join(struct log_lines *lines)
{
	struct log_lines next = *lines;
	const char *rest;
	size_t length;

	if (!log_lines_next(&next))
		return false;
	rest = next.line + strspn(next.line, "> \t");
	length = strlen(rest);
	if (length == 0 || lines->length + 1 + length >= LINE_ROOM)
		return false;
	lines->line[lines->length++] = ' ';
	memcpy(lines->line + lines->length, rest, length + 1);
	lines->length += length;
	lines->at = next.at;
	lines->number = next.number;
	lines->newline = next.newline;
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

/* ---- what stands before a line ---- */

/* "[    0.000000]", "[    T0]", "[Sat Nov 28 04:32:11 2026]", "<6>", "(XEN)": short, and with a digit where it may mean
 * more.
 */
static bool skip_brackets(const char **at)
{
	static const char *const marks[] = {"[]", "<>", "()"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t length = strcspn(*at + 1, &marks[i][1]);

		if (**at != marks[i][0])
			continue;
		if (length == 0 || length > 40 || (*at)[1 + length] == '\0' ||
		    (i < 2 && strcspn(*at + 1, "0123456789") >= length))
			return false;
		*at += length + 2;
		return true;
	}
	return false;
}

/* "Nov 28", "Sat" */
static bool skip_day(const char **at)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDecSunMonTueWedThuFriSat";
	const char *c = *at;

	for (size_t i = 0; i + 3 < sizeof(names); i += 3)
		if (strncmp(c, &names[i], 3) == 0 && c[3] == ' ') {
			c = skip_blanks(c + 3);
			if (i < sizeof("JanFebMarAprMayJunJulAugSepOctNovDec") - 1)
				c += strspn(c, "0123456789");
			*at = c;
			return true;
		}
	return false;
}

/* " UTC" behind a clock, or " PM" */
static const char *skip_zone(const char *at)
{
	const char *zone = skip_blanks(at);
	size_t length = strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return length >= 2 && length <= 5 && zone[length] == ' ' ? zone + length : at;
}

/* "04:32:11.123", "2026-11-28T04:32:11+00:00", "2026-11-28": digits, and more than one range has of other signs. */
static bool skip_clock(const char **at)
{
	size_t length = strcspn(*at, " \t"), digits = strspn(*at, "0123456789"), signs = 0;

	if (digits == 0 || strspn(*at, "0123456789:.,-+TZ") != length)
		return false;
	for (size_t i = 0; i < length; i++)
		signs += (*at)[i] == ':' || (*at)[i] == '-';
	if (signs < 2)
		return false;
	*at = skip_zone(*at + length);
	return true;
}

static size_t name_length(const char *at)
{
	size_t length = 0;

	while (isalnum((unsigned char)at[length]) || (at[length] != '\0' && strchr("._/-", at[length]) != NULL))
		length++;
	return length;
}

/* "12:" of grep -n, "12<tab>" of cat -n, "console.log:", "info  :", "host kernel:"; Berth's own name is none. */
static bool skip_name(const char **at)
{
	size_t digits = strspn(*at, "0123456789"), length = name_length(*at);
	const char *c = *at + length;

	if (length == 0 || strncmp(*at, "berth:", 6) == 0)
		return false;
	if (*c == '\t' && length == digits) {
		*at = c;
		return true;
	}
	c = skip_blanks(c);
	if (strncmp(c, "kernel:", 7) == 0)
		c += 6;
	if (*c != ':')
		return false;
	*at = c + 1;
	return true;
}

bool skip_mark(const char **at)
{
	if (**at == '>' || **at == '|') {
		++*at;
		return true;
	}
	if (**at != '\0' && strchr("-*", **at) != NULL && (*at)[1] == ' ') {
		++*at;
		return true;
	}
	return skip_brackets(at) || skip_day(at) || skip_clock(at) || skip_name(at);
}

const char *skip_prefix(const char *line)
{
	const char *at = skip_blanks(line);

	while (*at != '\0' && skip_mark(&at))
		at = skip_blanks(at);
	return at;
}

bool starts_word(const char *line, const char *at)
{
	return at == line || (!isalnum((unsigned char)at[-1]) && strchr("_-+./=", at[-1]) == NULL);
}

/* ---- words and numbers ---- */

bool take_to(const char **at, const char *marker)
{
	size_t length = strlen(marker);

	for (const char *c = *at; *c != '\0'; c++)
		if ((*c | 0x20) == (*marker | 0x20) && strncasecmp(c, marker, length) == 0) {
			*at = c + length;
			return true;
		}
	return false;
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

static bool take_digits_of(const char **at, unsigned int digits, uint64_t *value)
{
	const char *c = *at;

	return take_hex(at, value) && *at - c >= (ptrdiff_t)digits;
}

const char *find_hex_range(const char *line, unsigned int digits, const char **at, uint64_t *start, uint64_t *end)
{
	for (const char *c = line; *c != '\0'; c++) {
		const char *next = c;

		if (digit(*c) < 16 && starts_word(line, c) && take_digits_of(&next, digits, start) &&
		    take(&next, "-") && take_digits_of(&next, digits, end) && !isalnum((unsigned char)*next)) {
			*at = next;
			return c;
		}
	}
	return NULL;
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
