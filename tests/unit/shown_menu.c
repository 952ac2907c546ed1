/* SPDX-License-Identifier: BSD-2-Clause */
#include "shown_menu.h"

struct shown_menu shown;

void given_menu_entry(size_t index, const char *file_name, const char *text)
{
	struct fail why;

	(void)entry_parse(&shown.entry[index], file_name, text, strlen(text), &why);
	shown.list[index] = &shown.entry[index];
}

int given_many_entries(void **state)
{
	static char text[ENTRIES][64];

	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%zu.conf", i);
		snprintf(text[i], sizeof(text[i]), "title entry %zu\nlinux /k\n", i);
		given_menu_entry(i, name, text[i]);
	}
	return 0;
}

/* Opens a menu of the first @n entries, on a console of this size. */
void open_menu(struct menu *menu, size_t n, size_t selected, uint32_t seconds, unsigned int columns, unsigned int rows)
{
	const struct rows all = {shown.list, n, 0, n};

	shown.view = view_of(columns, rows);
	menu_open(menu, &all, selected, seconds, shown.view);
	menu->has_setup = menu->has_editor = true;
	if (shown.reason != NULL)
		menu_tell(menu, shown.list[selected], shown.reason);
}

/* Into screen, without the blanks at the ends of lines, and the blank lines above. */
void draw_menu(const struct menu *menu)
{
	size_t room = VIEW_LINE_ROOM(menu->view.width), used = 0;
	char *line = malloc(room);

	shown.screen[0] = '\0';
	for (unsigned int i = 0;; i++) {
		struct text text = {line, room, 0};
		enum style style;

		line[0] = '\0';
		if (!menu_line(menu, i, &text, &style))
			break;
		assert_false(text_cut(&text));
		assert_null(strchr(line, '\n'));
		while (text.used > 0 && line[text.used - 1] == ' ')
			text.used--;
		if (text.used == 0 && used == 0)
			continue;
		memcpy(shown.screen + used, line, text.used);
		used += text.used;
		memcpy(shown.screen + used++, "\n", 2);
		assert_true(used < sizeof(shown.screen) - room);
	}
	free(line);
}

void draw_new_menu(size_t n, size_t selected, uint32_t seconds, unsigned int columns, unsigned int rows)
{
	struct menu menu;

	open_menu(&menu, n, selected, seconds, columns, rows);
	draw_menu(&menu);
}

enum menu_result press_key(struct menu *menu, enum key key, uint32_t character)
{
	return menu_press(menu, &(struct key_press){key, character, false, false});
}

enum menu_result press_letter(struct menu *menu, uint32_t character)
{
	return press_key(menu, KEY_CHARACTER, character);
}

void expect_menu_line(const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (strstr(shown.screen, whole) == NULL)
		fail_msg("no line \"%s\" in\n%s", line, shown.screen);
}

void expect_menu_message(struct menu *menu, const char *line)
{
	draw_menu(menu);
	expect_menu_line(line);
}
