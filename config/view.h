/* SPDX-License-Identifier: BSD-2-Clause */
/* A console as the menu and its pages see it: lines of text, each in a style. */
#ifndef BERTH_VIEW_H
#define BERTH_VIEW_H

#include "entry.h"
#include "keys.h"

enum style {
	STYLE_PLAIN,
	STYLE_TITLE,
	STYLE_SELECTED,
	STYLE_DIM,    /* what is there for those who look for it */
	STYLE_WARNING /* what has failed, and what is asked */
};

/* Where lines go: a block in the middle of wide consoles, for nobody reads lines of 200 characters. */
struct view {
	unsigned int rows;	    /* of the console */
	unsigned int indent, width; /* of the block */
	unsigned int lines;	    /* that may be used: the cursor needs a row behind the last */
};

#define VIEW_WIDEST 96 /* columns */

static inline struct view view_of(unsigned int columns, unsigned int rows)
{
	/* A full line makes some consoles wrap. */
	unsigned int most = columns > 1 ? columns - 1 : 1, width = most > VIEW_WIDEST ? VIEW_WIDEST : most;

	return (struct view){rows, (most - width) / 2, width, rows > 1 ? rows - 1 : 1};
}

/* Bytes that hold a line of @columns, 1 or more: UTF-8 has at most three for each; a NUL follows. */
#define VIEW_LINE_ROOM(columns) (3ul * (columns) + 1)

/* Appends @word, or as much as *columns have room for, with "..." behind it; subtracts what it used. */
void view_put(struct text *out, struct word word, unsigned int *columns);

/* The same for a text of our own. */
void view_say(struct text *out, const char *text, unsigned int *columns);

/* ---- a text that is read, longer than the console perhaps ---- */

struct page {
	const char *title, *text; /* lines, each with its newline */
	size_t top;		  /* of the lines as they are wrapped, the first that is shown */
};

/* Moves in the page; false when the key leaves it: any that does not move. */
bool page_press(struct page *page, const struct view *view, const struct key_press *press);

/* Line @line from 0, at most view->width columns; false when there is none. A line that is too long goes on below. */
bool page_line(const struct page *page, const struct view *view, unsigned int line, struct text *out,
	       enum style *style);

#endif
