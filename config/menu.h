/* SPDX-License-Identifier: BSD-2-Clause */
/* The menu as a state machine: keys and seconds in, lines of text out. Pure. */
#ifndef BERTH_MENU_H
#define BERTH_MENU_H

#include "entry.h"

enum menu_key {
	KEY_NONE, /* does nothing, and does not stop the countdown */
	KEY_UP,
	KEY_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_ENTER,
	KEY_ESCAPE,
	KEY_GONE, /* no key can be pressed: what is selected boots */
	KEY_OTHER /* a character, which is passed too; 0 for a key without one */
};

enum menu_result { MENU_STAY, MENU_BOOT, MENU_LEAVE };

struct menu {
	struct entry *const *entries;
	size_t n, selected;
	bool counting;
	uint32_t seconds_left;
	const struct entry *failed; /* which could not boot, and why; NULL: none */
	struct word reason;
};

/* @seconds: until the selected entry boots; TIMEOUT_FOREVER: never by itself. @n is at least 1. */
void menu_open(struct menu *menu, struct entry *const *entries, size_t n, size_t selected, uint32_t seconds);

/*
 * The menu is there because @failed did not boot: a line says so, with the first line of @reason, where else the
 * countdown stands. The text must outlive the menu.
 */
void menu_tell(struct menu *menu, const struct entry *failed, const char *reason);

/*
 * Any key ends the countdown. MENU_BOOT for Enter: boot entries[selected]; MENU_LEAVE for Esc. j and k move like Down
 * and Up, 1 to 9 choose. @character: UTF-16 or Unicode, used with KEY_OTHER only.
 */
enum menu_result menu_press(struct menu *menu, enum menu_key key, uint32_t character);

/* One second without a key: MENU_BOOT when none is left. */
enum menu_result menu_tick(struct menu *menu);

/*
 * One line of the screen, from 0, and its newline: at most @rows - 1 of at most @columns - 1 columns, plain text, no
 * cursor tricks, so that it reads the same on a screen and on a serial line. The selected entry is always among them.
 * Control characters, and bytes that are not UTF-8, are shown as "?"; the rest of a title is passed on. False when the
 * screen has no such line.
 */
bool menu_line(const struct menu *menu, unsigned int columns, unsigned int rows, unsigned int line, struct text *out);

/* Bytes that hold any line of @columns, 1 or more: UTF-8 has at most three for each; newline and NUL follow. */
#define MENU_LINE_ROOM(columns) (3ul * (columns) + 2)

#endif
