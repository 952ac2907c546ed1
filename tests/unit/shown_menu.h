/* SPDX-License-Identifier: BSD-2-Clause */
/* A menu of a test's entries, and what stands on its screen. */
#ifndef BERTH_TESTS_SHOWN_MENU_H
#define BERTH_TESTS_SHOWN_MENU_H

#include "given.h"

#include "../../config/menu.h"

#define ENTRIES 1000

extern struct shown_menu {
	struct entry entry[ENTRIES];
	struct entry *list[ENTRIES];
	char screen[4 << 20]; /* lines, without the blanks at their ends and the blank lines above */
	struct view view;
	const char *reason; /* why the selected one did not boot; NULL: nothing failed */
} shown;

void given_menu_entry(size_t index, const char *file_name, const char *text);

/* "entry 0" and so on, all of them; as a set-up of cmocka's. */
int given_many_entries(void **state);

/* A menu of the first @n entries, on a console of this size. */
void open_menu(struct menu *menu, size_t n, size_t selected, uint32_t seconds, unsigned int columns, unsigned int rows);
void draw_menu(const struct menu *menu);
void draw_new_menu(size_t n, size_t selected, uint32_t seconds, unsigned int columns, unsigned int rows);

enum menu_result press_key(struct menu *menu, enum key key, uint32_t character);
enum menu_result press_letter(struct menu *menu, uint32_t character);

/* On the screen, and on that of this menu, stands this line. */
void expect_menu_line(const char *line);
void expect_menu_message(struct menu *menu, const char *line);

#endif
