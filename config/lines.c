/* SPDX-License-Identifier: BSD-2-Clause */
#include "lines.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void lines_open(struct lines *lines, const char *text, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf";

	*lines = (struct lines){text, text + size, 0};
	if (size >= 3 && text[0] == mark[0] && text[1] == mark[1] && text[2] == mark[2])
		lines->at += 3;
}

unsigned int lines_nul(const char *text, size_t size)
{
	unsigned int number = 1;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0')
			return number;
		if (text[i] == '\n')
			number++;
	}
	return 0;
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
