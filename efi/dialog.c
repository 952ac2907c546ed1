/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog.h"

#include "interface.h"

#define MOST_TYPED_AHEAD 100 /* keys; a keyboard that has more of them is stuck */

void say_why(const struct fail *why)
{
	const struct rule_row *rule = rule_row(why->rule);

	console_write("\nberth: ");
	console_write(why->text);
	if (rule->id[0] != '\0') {
		console_write("\n  rule ");
		console_write(rule->id);
		console_write(": ");
		console_write(rule->sentence);
	}
	console_write("\n");
}

bool wait_for_key(uint32_t seconds, const char *what_then)
{
	char line[256];
	struct text text = TEXT(line);
	enum menu_key key;
	uint32_t character;

	text_add(&text, "berth: press any key%s in %u s\n", what_then, (unsigned int)seconds);
	console_write(line);
	/* What was typed before there was a reason to read is no sign that somebody reads it. */
	for (unsigned int i = 0; console_key_pressed(); i++)
		if (i == MOST_TYPED_AHEAD) {
			console_pause(seconds);
			return false;
		}
	return console_key(seconds, &key, &character);
}

/* A line at a time: however many there are, and whatever is in them, one buffer holds each. */
static void draw(const struct menu *menu, unsigned int columns, unsigned int rows)
{
	static char line[MENU_LINE_ROOM(MOST_COLUMNS)];

	console_clear();
	for (unsigned int i = 0;; i++) {
		struct text text = TEXT(line);

		if (!menu_line(menu, columns, rows, i, &text))
			return;
		console_write(line);
	}
}

enum chosen choose(const struct catalogue *catalogue, size_t *index, uint32_t seconds, const struct fail *why)
{
	static bool timed;
	enum menu_result result = MENU_STAY;
	enum chosen by = BY_TIME;
	unsigned int columns, rows;
	struct menu menu;

	if (!timed)
		interface_menu();
	timed = true;
	console_size(&columns, &rows);
	menu_open(&menu, catalogue->sorted, catalogue->n, *index, seconds);
	if (why != NULL)
		menu_tell(&menu, catalogue->sorted[*index], why->text);
	while (result == MENU_STAY) {
		uint32_t character;
		enum menu_key key;

		draw(&menu, columns, rows);
		if (console_key(menu.counting ? 1 : UINT32_MAX, &key, &character)) {
			by = key == KEY_GONE ? WITHOUT_KEYS : BY_HAND;
			result = menu_press(&menu, key, character);
		} else {
			by = BY_TIME;
			result = menu_tick(&menu);
		}
	}
	console_clear();
	*index = menu.selected;
	return result == MENU_BOOT ? by : LEFT;
}
