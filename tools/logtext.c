/* SPDX-License-Identifier: BSD-2-Clause */
#include "logtext.h"

#include "../base/range.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

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

/* "04:32:11.123", "2026-11-28T04:32:11+00:00", "2026-11-28": digits, and more other characters than a range has. */
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

/* "12:" of grep -n, "12<tab>" of cat -n, "console.log:", "info  :", "host kernel:"; Berth's own name does not count. */
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

/* ---- what is left out ---- */

/* Only the letters of @at, when there are few. */
static void letters_of(const char *at, char *out, size_t room)
{
	size_t used = 0;

	for (; *at != '\0' && used + 1 < room; at++)
		if (isalnum((unsigned char)*at))
			out[used++] = *at;
	out[used] = '\0';
}

bool tells_of_gap(const char *line)
{
	static const struct word_value words[] = {{"snip", 0},	  {"snipped", 0}, {"cut", 0}, {"truncated", 0},
						  {"omitted", 0}, {"skipped", 0}, {NULL, 0}};
	const char *at = skip_prefix(line);
	char letters[16];

	if (strstr(line, " printk messages dropped") != NULL || strstr(line, " kernel messages") != NULL)
		return true;
	if (*at == '\0')
		at = line;
	letters_of(at, letters, sizeof(letters));
	if (letters[0] != '\0')
		return word_find(words, letters, strlen(letters)) != NULL;
	return strstr(at, "..") != NULL || strstr(at, "\xe2\x80\xa6") != NULL;
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
