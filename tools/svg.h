/* SPDX-License-Identifier: BSD-2-Clause */
/* Text in an SVG file: escaped, in one of a few fonts, in lines of a given width. Coordinates are whole pixels. */
#ifndef BERTH_SVG_H
#define BERTH_SVG_H

#include <stddef.h>
#include <stdio.h>

/*
 * XML 1.0, 2.2 and 2.4, and good for HTML as well. What is not UTF-8, not a character of XML, a command to a terminal,
 * or reorders text becomes U+FFFD.
 */
void svg_escape(FILE *out, const char *text, size_t length);

/* The same for a text of several lines. */
void svg_escape_lines(FILE *out, const char *text);

/*
 * The bytes of @text's first line when lines have at most @columns of them, 1 or more: up to a line's end, else a
 * space, else wherever it is full. *next: where the second line starts, NULL when there is none. East Asian
 * characters are counted as two columns.
 */
size_t svg_line(const char *text, unsigned int columns, const char **next);

/* The document's own element, open; @role and @labels as WAI-ARIA 1.2 has them, @labels being ids in the document. */
void svg_begin(FILE *out, int width, int height, const char *role, const char *labels);

struct svg_font {
	const char *class;  /* in the file's style sheet */
	const char *anchor; /* start, middle, end */
	int size;
};

/* One line at its baseline; @format is text.h's. */
__attribute__((format(printf, 5, 6))) void svg_text(FILE *out, const struct svg_font *font, int x, int y,
						    const char *format, ...);

/* At most @most lines of @columns, "…" when that is not all; returns the baseline below the last. */
int svg_paragraph(FILE *out, const struct svg_font *font, int x, int y, const char *text, unsigned int columns,
		  unsigned int most);

#endif
