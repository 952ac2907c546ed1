/* SPDX-License-Identifier: BSD-2-Clause */
#include "lines.h"
#include "scan.h"

/* As in systemd-boot, for which most of these files are written. */
static bool is_end(char c)
{
	return c == '\n' || c == '\r';
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
		if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == size || text[i + 1] != '\n')))
			number++;
	}
	return 0;
}

static struct word next_line(struct lines *lines)
{
	struct word line = {lines->at, 0};

	while (lines->at < lines->end && !is_end(*lines->at))
		lines->at++;
	line.length = (size_t)(lines->at - line.at);
	if (lines->end - lines->at > 1 && lines->at[0] == '\r' && lines->at[1] == '\n')
		lines->at++;
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

/* Quotes of one kind at both ends go, whatever stands between them. */
static struct word without_quotes(struct word value)
{
	char quote = value.length < 2 ? '\0' : value.at[0];

	if ((quote != '"' && quote != '\'') || value.at[value.length - 1] != quote)
		return value;
	return (struct word){value.at + 1, value.length - 2};
}

bool lines_next_whole(struct lines *lines, struct word *whole)
{
	while (lines->at < lines->end) {
		*whole = next_line(lines);
		if (whole->length != 0 && whole->at[0] != '#')
			return true;
	}
	return false;
}

bool lines_next(struct lines *lines, struct line *line)
{
	struct word whole;
	size_t key = 0;

	if (!lines_next_whole(lines, &whole))
		return false;
	while (key < whole.length && !is_blank(whole.at[key]))
		key++;
	line->key = (struct word){whole.at, key};
	while (key < whole.length && is_blank(whole.at[key]))
		key++;
	line->value = without_quotes((struct word){whole.at + key, whole.length - key});
	line->number = lines->number;
	return true;
}
