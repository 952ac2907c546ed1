/* SPDX-License-Identifier: BSD-2-Clause */
#include "edit.h"

#include "scan.h"

#include "../base/mem.h"
#include "../base/utf8.h"

void edit_open(struct edit *edit, char *text, size_t room)
{
	*edit = (struct edit){.text = text, .room = room, .length = word_of(text).length};
	edit->at = edit->length;
}

/* Where the character behind @at ends; @at at the end. */
static size_t after(const struct edit *edit, size_t at)
{
	uint32_t code;
	size_t length;

	if (at >= edit->length)
		return edit->length;
	length = utf8_next(edit->text + at, edit->length - at, &code);
	return at + (length == 0 ? 1 : length);
}

/* Where the character before @at begins. */
static size_t before(const struct edit *edit, size_t at)
{
	for (size_t n = UTF8_MOST; n > 1; n--)
		if (at >= n && after(edit, at - n) == at)
			return at - n;
	return at == 0 ? 0 : at - 1;
}

static size_t word_before(const struct edit *edit, size_t at)
{
	while (at > 0 && is_blank(edit->text[at - 1]))
		at--;
	while (at > 0 && !is_blank(edit->text[at - 1]))
		at--;
	return at;
}

static size_t word_after(const struct edit *edit, size_t at)
{
	while (at < edit->length && is_blank(edit->text[at]))
		at++;
	while (at < edit->length && !is_blank(edit->text[at]))
		at++;
	return at;
}

static void remove_between(struct edit *edit, size_t from, size_t to)
{
	memmove(edit->text + from, edit->text + to, edit->length - to + 1);
	edit->length -= to - from;
	edit->at = from;
}

static void insert(struct edit *edit, uint32_t character)
{
	char bytes[UTF8_MOST];
	size_t n = utf8_put(bytes, character);

	if (character < ' ' || n == 0 || n >= edit->room - edit->length)
		return;
	memmove(edit->text + edit->at + n, edit->text + edit->at, edit->length - edit->at + 1);
	memcpy(edit->text + edit->at, bytes, n);
	edit->length += n;
	edit->at += n;
}

static enum edit_result press_ctrl(struct edit *edit, uint32_t letter)
{
	switch (letter) {
	case 'a':
		edit->at = 0;
		break;
	case 'e':
		edit->at = edit->length;
		break;
	case 'b':
		edit->at = before(edit, edit->at);
		break;
	case 'f':
		edit->at = after(edit, edit->at);
		break;
	case 'd':
		remove_between(edit, edit->at, after(edit, edit->at));
		break;
	case 'k':
		remove_between(edit, edit->at, edit->length);
		break;
	case 'u':
		remove_between(edit, 0, edit->at);
		break;
	case 'w':
		remove_between(edit, word_before(edit, edit->at), edit->at);
		break;
	case 'c':
	case 'g':
		return EDIT_CANCELLED;
	default:
		break;
	}
	return EDIT_STAY;
}

static void press_character(struct edit *edit, const struct key_press *press)
{
	if (!press->alt)
		insert(edit, press->character);
	else if (press->character == 'b')
		edit->at = word_before(edit, edit->at);
	else if (press->character == 'f')
		edit->at = word_after(edit, edit->at);
	else if (press->character == 'd')
		remove_between(edit, edit->at, word_after(edit, edit->at));
}

enum edit_result edit_press(struct edit *edit, const struct key_press *press)
{
	switch (press->key) {
	case KEY_ENTER:
		return EDIT_DONE;
	case KEY_ESCAPE:
	case KEY_GONE:
		return EDIT_CANCELLED;
	case KEY_LEFT:
		edit->at = press->ctrl ? word_before(edit, edit->at) : before(edit, edit->at);
		break;
	case KEY_RIGHT:
		edit->at = press->ctrl ? word_after(edit, edit->at) : after(edit, edit->at);
		break;
	case KEY_UP:
		edit->at = word_before(edit, edit->at);
		break;
	case KEY_DOWN:
		edit->at = word_after(edit, edit->at);
		break;
	case KEY_HOME:
		edit->at = 0;
		break;
	case KEY_END:
		edit->at = edit->length;
		break;
	case KEY_BACKSPACE:
		remove_between(edit, press->alt ? word_before(edit, edit->at) : before(edit, edit->at), edit->at);
		break;
	case KEY_DELETE:
		remove_between(edit, edit->at, press->ctrl ? word_after(edit, edit->at) : after(edit, edit->at));
		break;
	case KEY_CHARACTER:
		if (press->ctrl)
			return press_ctrl(edit, press->character);
		press_character(edit, press);
		break;
	default:
		break;
	}
	return EDIT_STAY;
}

/* Columns from byte @from to @to, as they are shown. */
static unsigned int columns_between(const struct edit *edit, size_t from, size_t to)
{
	return word_columns((struct word){edit->text + from, to - from});
}

/*
 * Keeps the cursor on the screen, with a column of its own, and off the left edge. Scrolls by half a line, so that the
 * text around the cursor is seen.
 */
static void scroll(struct edit *edit, unsigned int columns)
{
	size_t first = edit->at;

	if (edit->first < edit->at && columns_between(edit, edit->first, edit->at) < columns)
		return;
	while (first > 0 && columns_between(edit, before(edit, first), edit->at) <= columns / 2)
		first = before(edit, first);
	edit->first = first;
}

void edit_line(struct edit *edit, unsigned int columns, struct text *out, unsigned int *cursor)
{
	unsigned int left = columns;

	scroll(edit, columns);
	*cursor = columns_between(edit, edit->first, edit->at);
	(void)word_show(out, (struct word){edit->text + edit->first, edit->length - edit->first}, &left);
	while (left-- > 0)
		text_add(out, " ");
}
