/* SPDX-License-Identifier: BSD-2-Clause */
/* A line editor, with those of readline's keys that systemd-boot has as well. Pure. */
#ifndef BERTH_EDIT_H
#define BERTH_EDIT_H

#include "entry.h"
#include "keys.h"

enum edit_result { EDIT_STAY, EDIT_DONE, EDIT_CANCELLED };

/* UTF-8 in a buffer of the caller's, which always ends in NUL; what does not fit into it is ignored. */
struct edit {
	char *text;
	size_t room;	   /* bytes, with the NUL */
	size_t length, at; /* at: the cursor, in bytes; it stands before a character or at the end */
	size_t first;	   /* byte that the line on the screen begins with */
};

/* @edit->text holds a string already; the cursor stands at its end. Bytes that are not UTF-8 are one character each. */
void edit_open(struct edit *edit, char *text, size_t room);

/*
 * Enter is DONE; Esc, Ctrl-c and Ctrl-g CANCELLED. Left, Right, Ctrl-b and -f move by a character; Up, Down,
 * Ctrl-Left and -Right, Alt-b and -f by a word; Home, End, Ctrl-a and -e to the ends. Backspace and Delete (Ctrl-h,
 * Ctrl-d) remove a character, Ctrl-w and Alt-Backspace, Alt-d and Ctrl-Delete a word, Ctrl-k and Ctrl-u all behind the
 * cursor and before it.
 */
enum edit_result edit_press(struct edit *edit, const struct key_press *press);

/*
 * The part of the line that @columns (2 or more) have room for, padded to them with blanks: the cursor is in it, in
 * column *cursor from 0. Characters that must not be sent to a console are shown as "?".
 */
void edit_line(struct edit *edit, unsigned int columns, struct text *out, unsigned int *cursor);

#endif
