/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan.h"

#include "../base/range.h"
#include "../base/utf8.h"

bool word_is(struct word word, const char *text)
{
	size_t i = 0;

	while (i < word.length && text[i] != '\0' && text[i] == word.at[i])
		i++;
	return i == word.length && text[i] == '\0';
}

bool word_is_ascii_case(struct word word, const char *text)
{
	size_t i = 0;

	while (i < word.length && text[i] != '\0' && ascii_lower(text[i]) == ascii_lower(word.at[i]))
		i++;
	return i == word.length && text[i] == '\0';
}

int word_compare(struct word a, struct word b)
{
	for (size_t i = 0; i < a.length && i < b.length; i++)
		if (a.at[i] != b.at[i])
			return (unsigned char)a.at[i] < (unsigned char)b.at[i] ? -1 : 1;
	return a.length == b.length ? 0 : a.length < b.length ? -1 : 1;
}

int word_compare_digits(struct word a, struct word b)
{
	while (first(a) == '0')
		skip(&a, 1);
	while (first(b) == '0')
		skip(&b, 1);
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return word_compare(a, b);
}

struct word word_of(const char *text)
{
	struct word word = {text, 0};

	while (text[word.length] != '\0')
		word.length++;
	return word;
}

struct word word_without(struct word name, const char *suffix)
{
	size_t length = word_of(suffix).length;

	if (name.length > length && word_is_ascii_case((struct word){name.at + name.length - length, length}, suffix))
		name.length -= length;
	return name;
}

struct word word_without_conf(struct word name)
{
	return word_without(name, ".conf");
}

unsigned int digit_value(char c)
{
	c = ascii_lower(c);
	if (is_digit(c))
		return (unsigned int)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10) : 16;
}

bool word_number(struct word word, uint64_t *out)
{
	bool hex = word.length > 2 && word.at[0] == '0' && ascii_lower(word.at[1]) == 'x';
	unsigned int base = hex ? 16 : 10;
	uint64_t value = 0;

	if (word.length == 0)
		return false;
	for (size_t i = hex ? 2 : 0; i < word.length; i++) {
		unsigned int digit = digit_value(word.at[i]);

		if (digit >= base || checked_mul(value, base, &value) || checked_add(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}

bool word_bool(struct word word, bool *out)
{
	static const struct {
		const char *text;
		bool value;
	} row[] = {
	    {"1", true},  {"yes", true}, {"y", true},  {"true", true},	 {"t", true},  {"on", true},
	    {"0", false}, {"no", false}, {"n", false}, {"false", false}, {"f", false}, {"off", false},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (word_is_ascii_case(word, row[i].text)) {
			*out = row[i].value;
			return true;
		}
	return false;
}

/* C0, DEL and C1: to a terminal on a serial line these are commands, U+009B as much as ESC. */
static bool is_control(uint32_t code)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0);
}

size_t word_show(struct text *out, struct word word, unsigned int *columns)
{
	size_t shown = 0;

	while (shown < word.length) {
		struct word rest = {word.at + shown, word.length - shown};
		uint32_t code;
		size_t length = utf8_next(rest.at, rest.length, &code);
		unsigned int width = length == 0 ? 1 : utf8_columns(code);

		if (*columns < width)
			break;
		*columns -= width;
		if (length == 0 || is_control(code))
			text_add(out, "?");
		else
			text_add(out, "%.*s", (int)length, rest.at);
		shown += length == 0 ? 1 : length;
	}
	return shown;
}

unsigned int word_columns(struct word word)
{
	struct text nowhere = {NULL, 0, 0};
	unsigned int left = UINT32_MAX;

	(void)word_show(&nowhere, word, &left);
	return UINT32_MAX - left;
}

struct word_shown word_shown(struct word word)
{
	struct word_shown shown = {""};
	struct text text = TEXT(shown.at);
	unsigned int columns = SHOWN_COLUMNS;

	if (word_show(&text, word, &columns) < word.length)
		text_add(&text, "...");
	return shown;
}
