/* SPDX-License-Identifier: BSD-2-Clause */
#include "svg.h"

#include <stdbool.h>
#include <string.h>

#include "../base/text.h"
#include "../base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Characters that reorder the text beside them (Unicode 15, 2.10 and UAX #9): a name could look like another. */
static bool turns_text(uint32_t code)
{
	return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
	       code == 0x200f || code == 0x61c;
}

/* The length of what stands at @text, 1 or more; @code is U+FFFD where XML has no such character. */
static size_t next_character(const char *text, size_t size, uint32_t *code)
{
	size_t length = utf8_next(text, size, code);

	if (length == 0 || *code < 0x20 || (*code >= 0x7f && *code < 0xa0) || (*code & 0xfffe) == 0xfffe ||
	    turns_text(*code))
		*code = 0xfffd;
	return length == 0 ? 1 : length;
}

void svg_escape(FILE *out, const char *text, size_t length)
{
	while (length != 0) {
		uint32_t code;
		size_t bytes = next_character(text, length, &code);

		if (code == '<')
			fputs("&lt;", out);
		else if (code == '>')
			fputs("&gt;", out);
		else if (code == '&')
			fputs("&amp;", out);
		else if (code == '"')
			fputs("&quot;", out);
		else if (code == '\'')
			fputs("&#39;", out);
		else if (code == 0xfffd)
			fputs(REPLACEMENT, out);
		else
			fwrite(text, 1, bytes, out);
		text += bytes;
		length -= bytes;
	}
}

void svg_escape_lines(FILE *out, const char *text)
{
	for (;;) {
		size_t length = strcspn(text, "\n");

		svg_escape(out, text, length);
		if (text[length] == '\0')
			return;
		fputc('\n', out);
		text += length + 1;
	}
}

size_t svg_line(const char *text, unsigned int columns, const char **next)
{
	size_t size = strlen(text), at = 0, space = 0;
	unsigned int column = 0;

	while (at < size && text[at] != '\n') {
		uint32_t code;
		size_t bytes = next_character(text + at, size - at, &code);

		column += code >= 0x1100 && code != 0xfffd ? 2 : 1;
		if (column > columns && at != 0) {
			size_t end = text[at] == ' ' || space == 0 ? at : space;

			*next = text + end + (text[end] == ' ');
			return end;
		}
		if (code == ' ')
			space = at;
		at += bytes;
	}
	*next = text[at] == '\n' && text[at + 1] != '\0' ? text + at + 1 : NULL;
	return at;
}

static void open_text(FILE *out, const struct svg_font *font, int x, int y)
{
	fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\" font-size=\"%d\"", font->class, x, y, font->size);
	if (strcmp(font->anchor, "start") != 0)
		fprintf(out, " text-anchor=\"%s\"", font->anchor);
	fputs(" xml:space=\"preserve\">", out);
}

void svg_text(FILE *out, const struct svg_font *font, int x, int y, const char *format, ...)
{
	char buffer[256];
	struct text text = TEXT(buffer);
	va_list args;

	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
	open_text(out, font, x, y);
	svg_escape(out, buffer, strlen(buffer));
	fputs("</text>\n", out);
}

int svg_paragraph(FILE *out, const struct svg_font *font, int x, int y, const char *text, unsigned int columns,
		  unsigned int most)
{
	for (unsigned int i = 1; text != NULL && i <= most; i++) {
		const char *next;
		size_t length = svg_line(text, columns, &next);

		open_text(out, font, x, y);
		svg_escape(out, text, length);
		fputs(next != NULL && i == most ? "…</text>\n" : "</text>\n", out);
		y += font->size * 3 / 2;
		text = next;
	}
	return y;
}

/* Names of vocabularies, from which nothing is fetched: Namespaces in XML 1.0, 1. */
static const char w3[] = "http:"
			 "//www.w3.org/";

void svg_begin(FILE *out, int width, int height, const char *role, const char *labels)
{
	fprintf(out,
		"<svg xmlns=\"%s2000/svg\" xmlns:xlink=\"%s1999/xlink\" version=\"1.1\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" role=\"%s\" aria-labelledby=\"%s\">\n",
		w3, w3, width, height, width, height, role, labels);
}
