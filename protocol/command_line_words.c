/* SPDX-License-Identifier: BSD-2-Clause */
#include "command_line_words.h"

/* lib/ctype.c, isspace, which counts the no-break space of Latin-1. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

bool is_piece(struct piece_of_line piece, const char *text)
{
	size_t i = 0;

	while (i < piece.length && text[i] != '\0' && text[i] == piece.at[i])
		i++;
	return i == piece.length && text[i] == '\0';
}

static void drop_quote_behind(struct piece_of_line *piece)
{
	if (piece->length != 0 && piece->at[piece->length - 1] == '"')
		piece->length--;
}

/* NAME=VALUE is divided at its first "="; a value that begins with a quote loses it, and the one at its end. */
static void divide(struct parameter *p, struct piece_of_line whole)
{
	size_t equals = 0;

	while (equals < whole.length && (whole.at[equals] != '=' || equals == 0))
		equals++;
	p->has_value = equals < whole.length;
	p->name = (struct piece_of_line){whole.at, equals};
	p->value = (struct piece_of_line){whole.at + whole.length, 0};
	if (!p->has_value)
		return;
	p->value = (struct piece_of_line){whole.at + equals + 1, whole.length - equals - 1};
	if (p->value.length == 0 || p->value.at[0] != '"')
		return;
	p->value.at++;
	p->value.length--;
	drop_quote_behind(&p->value);
}

bool next_parameter(const char **line, struct parameter *p)
{
	struct piece_of_line whole;
	bool quoted, in_quotes;

	while (is_space(**line))
		(*line)++;
	if (**line == '\0')
		return false;
	p->start = *line;
	quoted = in_quotes = **line == '"';
	whole = (struct piece_of_line){*line + quoted, 0};
	for (; whole.at[whole.length] != '\0'; whole.length++) {
		if (is_space(whole.at[whole.length]) && !in_quotes)
			break;
		in_quotes = in_quotes != (whole.at[whole.length] == '"');
	}
	*line = whole.at + whole.length;
	if (quoted)
		drop_quote_behind(&whole);
	divide(p, whole);
	return true;
}

bool is_end_of_options(const struct parameter *p)
{
	return !p->has_value && is_piece(p->name, "--");
}

bool next_option(const char **line, struct parameter *p)
{
	return next_parameter(line, p) && !is_end_of_options(p);
}

struct piece_of_line next_of_list(struct piece_of_line *list)
{
	struct piece_of_line item = {list->at, 0};

	while (item.length < list->length && item.at[item.length] != ',')
		item.length++;
	skip_of(list, item.length < list->length ? item.length + 1 : item.length);
	return item;
}

/* ---- numbers ---- */

/* 16, not a digit in any base, for anything else. */
static unsigned int digit_value(char c)
{
	char low = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	return low >= 'a' && low <= 'f' ? (unsigned int)(low - 'a' + 10) : 16;
}

uint64_t piece_number(struct piece_of_line *text)
{
	unsigned int base = 10;
	uint64_t value = 0;

	if (first_of(*text) == '0')
		base = text->length > 2 && (text->at[1] | 0x20) == 'x' && digit_value(text->at[2]) < 16 ? 16 : 8;
	if (base == 16)
		skip_of(text, 2);
	for (; digit_value(first_of(*text)) < base; skip_of(text, 1))
		value = value * base + digit_value(first_of(*text));
	return value;
}

uint64_t piece_size(struct piece_of_line *text)
{
	static const char suffix[] = "kmgtpe";
	uint64_t value = piece_number(text);

	for (unsigned int s = 0; suffix[s] != '\0'; s++)
		if ((first_of(*text) | 0x20) == suffix[s]) {
			skip_of(text, 1);
			return value << (10 * (s + 1));
		}
	return value;
}
