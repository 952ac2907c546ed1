/* SPDX-License-Identifier: BSD-2-Clause */
#include "view.h"

#define PAGE_FRAME  4 /* lines: the title and the keys, and a blank one at each */
#define MORE_INDENT 2 /* columns that the rest of a long line is moved in, beside its own blanks */

void view_put(struct text *out, struct word word, unsigned int *columns)
{
	struct text nowhere = {NULL, 0, 0};
	unsigned int left = *columns, dots;

	if (word_show(&nowhere, word, &left) == word.length || *columns < 3) {
		(void)word_show(out, word, columns);
		return;
	}
	dots = *columns - 3;
	(void)word_show(out, word, &dots);
	text_add(out, "...");
	*columns = dots;
}

void view_say(struct text *out, const char *text, unsigned int *columns)
{
	view_put(out, word_of(text), columns);
}

/* A text that is cut into lines for the screen. */
struct wrapped {
	struct word rest;
	bool is_more;	     /* it stands within a line of the text, */
	unsigned int indent; /* whose rest is moved in by so much */
};

static struct wrapped wrap(const struct page *page)
{
	return (struct wrapped){word_of(page->text), false, 0};
}

/* How many bytes of a long line fit into @fits: up to a blank, where there is one behind @from. */
static size_t broken_at(struct word line, size_t from, size_t fits)
{
	for (size_t at = fits; at > from; at--)
		if (line.at[at] == ' ')
			return at;
	return fits;
}

/* Takes the next line that is shown. *indent: columns of blanks before it. */
static struct word next_line(struct wrapped *text, unsigned int width, unsigned int *indent)
{
	struct text nowhere = {NULL, 0, 0};
	struct word line = {text->rest.at, 0};
	unsigned int columns;
	size_t blanks = 0, fits;

	while (line.length < text->rest.length && text->rest.at[line.length] != '\n')
		line.length++;
	while (blanks < line.length && line.at[blanks] == ' ')
		blanks++;
	if (!text->is_more)
		text->indent = blanks + MORE_INDENT < width / 2 ? (unsigned int)blanks + MORE_INDENT : 0;
	*indent = text->is_more ? text->indent : 0;
	columns = width - *indent;
	fits = word_show(&nowhere, line, &columns);
	text->is_more = fits < line.length && fits != 0;
	if (text->is_more)
		line.length = broken_at(line, blanks, fits);
	text->rest.at += line.length;
	text->rest.length -= line.length;
	/* The blank at which it was broken, or the newline. */
	if (text->rest.length != 0 && (*text->rest.at == ' ' || *text->rest.at == '\n')) {
		text->rest.at++;
		text->rest.length--;
	}
	return line;
}

static size_t lines_shown(const struct view *view)
{
	return view->lines > PAGE_FRAME ? view->lines - PAGE_FRAME : 1;
}

static size_t lines_of(const struct page *page, const struct view *view)
{
	struct wrapped text = wrap(page);
	unsigned int indent;
	size_t n = 0;

	for (; text.rest.length != 0; n++)
		(void)next_line(&text, view->width, &indent);
	return n;
}

bool page_press(struct page *page, const struct view *view, const struct key_press *press)
{
	size_t shown = lines_shown(view), lines = lines_of(page, view), last = lines > shown ? lines - shown : 0;
	bool is_letter = press->key == KEY_CHARACTER && !press->ctrl && !press->alt;

	if (press->key == KEY_NONE)
		return true;
	if (press->key == KEY_UP || (is_letter && press->character == 'k'))
		page->top -= page->top != 0;
	else if (press->key == KEY_DOWN || (is_letter && press->character == 'j'))
		page->top += page->top < last;
	else if (press->key == KEY_PAGE_UP)
		page->top -= page->top < shown ? page->top : shown;
	else if (press->key == KEY_PAGE_DOWN || (is_letter && press->character == ' '))
		page->top = last - page->top < shown ? last : page->top + shown;
	else if (press->key == KEY_HOME || press->key == KEY_END)
		page->top = press->key == KEY_HOME ? 0 : last;
	else
		return false;
	return true;
}

static void put_text(const struct page *page, const struct view *view, size_t line, struct text *out)
{
	struct wrapped text = wrap(page);
	struct word shown = {page->text, 0};
	unsigned int columns, indent = 0;

	for (size_t i = 0; i <= line && text.rest.length != 0; i++)
		shown = next_line(&text, view->width, &indent);
	columns = view->width - indent;
	while (indent-- > 0)
		text_add(out, " ");
	(void)word_show(out, shown, &columns);
}

bool page_line(const struct page *page, const struct view *view, unsigned int line, struct text *out, enum style *style)
{
	size_t shown = lines_shown(view), lines = lines_of(page, view),
	       on = lines - page->top < shown ? lines - page->top : shown;
	unsigned int columns = view->width;

	*style = STYLE_PLAIN;
	if (line == 0 && view->lines > PAGE_FRAME) {
		*style = STYLE_TITLE;
		view_say(out, page->title, &columns);
		return true;
	}
	if (view->lines > PAGE_FRAME) {
		if (line == 1)
			return true;
		line -= 2;
	}
	if (line < on) {
		put_text(page, view, page->top + line, out);
		return true;
	}
	if (view->lines <= PAGE_FRAME || line > on + 1)
		return false;
	*style = STYLE_DIM;
	if (line == on + 1)
		view_say(out,
			 lines > shown ? "Up, Down and Page keys: more   any other key: back to the menu"
				       : "any key: back to the menu",
			 &columns);
	return true;
}
