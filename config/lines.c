/* SPDX-License-Identifier: BSD-2-Clause */
#include "lines.h"

#include "../protocol/base/range.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

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

struct word word_of(const char *text)
{
	struct word word = {text, 0};

	while (text[word.length] != '\0')
		word.length++;
	return word;
}

bool word_number(struct word word, uint64_t *out)
{
	bool hex = word.length > 2 && word.at[0] == '0' && ascii_lower(word.at[1]) == 'x';
	uint64_t value = 0;

	if (word.length == 0)
		return false;
	for (size_t i = hex ? 2 : 0; i < word.length; i++) {
		char c = ascii_lower(word.at[i]);
		unsigned int digit = c >= '0' && c <= '9'	   ? (unsigned int)(c - '0')
				     : hex && c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a' + 10)
								   : 99;

		if (digit == 99 || checked_mul(value, hex ? 16 : 10, &value) || checked_add(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}

void lines_open(struct lines *lines, const char *text, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf";

	*lines = (struct lines){text, text + size, 0};
	if (size >= 3 && text[0] == mark[0] && text[1] == mark[1] && text[2] == mark[2])
		lines->at += 3;
}

static struct word next_line(struct lines *lines)
{
	struct word line = {lines->at, 0};

	while (lines->at < lines->end && *lines->at != '\n')
		lines->at++;
	line.length = (size_t)(lines->at - line.at);
	if (lines->at < lines->end)
		lines->at++;
	lines->number++;
	while (line.length > 0 && is_blank(line.at[0])) {
		line.at++;
		line.length--;
	}
	while (line.length > 0 && is_blank(line.at[line.length - 1]))
		line.length--;
	return line;
}

bool lines_next(struct lines *lines, struct line *line)
{
	while (lines->at < lines->end) {
		struct word whole = next_line(lines);
		size_t key = 0;

		if (whole.length == 0 || whole.at[0] == '#')
			continue;
		while (key < whole.length && !is_blank(whole.at[key]))
			key++;
		line->key = (struct word){whole.at, key};
		while (key < whole.length && is_blank(whole.at[key]))
			key++;
		line->value = (struct word){whole.at + key, whole.length - key};
		line->number = lines->number;
		return true;
	}
	return false;
}
