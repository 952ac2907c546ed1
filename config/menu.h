/* SPDX-License-Identifier: BSD-2-Clause */
/* The menu as a state machine: keys and seconds in, lines of text out. Pure. */
#ifndef BERTH_MENU_H
#define BERTH_MENU_H

#include "entry.h"

enum menu_key {
	KEY_NONE,
	KEY_UP,
	KEY_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_ENTER,
	KEY_ESCAPE,
	KEY_OTHER /* a character, given along */
};

enum menu_result { MENU_STAY, MENU_BOOT, MENU_LEAVE };

struct menu {
	struct entry *const *entries;
	size_t n, selected;
	bool counting;
	uint32_t seconds_left;
};

/* @seconds: until the selected entry boots; TIMEOUT_FOREVER: never by itself. @n is at least 1. */
void menu_open(struct menu *menu, struct entry *const *entries, size_t n, size_t selected, uint32_t seconds);

/* Any key ends the countdown. Enter boots, Esc leaves; j, k, 1 to 9 choose as in other loaders. */
enum menu_result menu_press(struct menu *menu, enum menu_key key, uint32_t character);

/* One second without a key: MENU_BOOT when none is left. */
enum menu_result menu_tick(struct menu *menu);

/*
 * Writes the whole screen, at most @rows lines of at most @columns - 1 characters: plain text, no cursor tricks, so
 * that it reads the same on a screen and on a serial line. Control characters in titles are shown as "?".
 */
void menu_draw(const struct menu *menu, unsigned int columns, unsigned int rows, struct text *out);

#endif
