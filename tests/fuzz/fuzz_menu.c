/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu under any keys, on screens of any size: an entry that exists is chosen and shown, and no line is too long.
 */
#include "fuzz.h"

#include "../../config/menu.h"

#define ENTRIES 40

/* Columns of a line are characters at most, and no line is a control sequence. Returns whether it marks a selection. */
static bool check_line(const char *line, unsigned int columns)
{
	unsigned int width = 0;

	for (const char *c = line; *c != '\0'; c++) {
		REQUIRE((unsigned char)*c >= ' ' && *c != 0x7f);
		width += ((unsigned char)*c & 0xc0) != 0x80;
	}
	REQUIRE(width <= columns);
	return line[0] == ' ' && line[1] == ' ' && line[2] == '>';
}

static void check_screen(const struct menu *menu)
{
	static char line[VIEW_LINE_ROOM(VIEW_WIDEST)];
	unsigned int i = 0, marked = 0;

	for (;; i++) {
		struct text text = TEXT(line);
		enum style style = STYLE_PLAIN;

		line[0] = '\0';
		if (!menu_line(menu, i, &text, &style))
			break;
		REQUIRE(!text_cut(&text));
		marked += check_line(line, menu->view.width) && style == STYLE_SELECTED;
	}
	REQUIRE(i <= menu->view.lines && marked == 1);
	REQUIRE(menu_status_line(menu) < menu->view.rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct entry entry[ENTRIES];
	static struct entry *sorted[ENTRIES];
	struct bytes input = {data, size};
	size_t n = 1 + take_number(&input, 1) % ENTRIES;
	unsigned int columns = (unsigned int)take_number(&input, 1) + 8,
		     rows = (unsigned int)take_number(&input, 1) + 8;
	struct rows all = {sorted, n, (uint32_t)take_number(&input, 1) % 5, n};
	struct menu menu;

	for (size_t i = 0; i < n; i++) {
		size_t length = take_number(&input, 1) % 64;

		if (length > input.size)
			length = input.size;
		memset(&entry[i], 0, sizeof(entry[i]));
		entry[i].file_name = "f";
		entry[i].title = (struct word){(const char *)input.at, length};
		entry[i].sort_key = (struct word){(const char *)input.at, length % 2};
		memcpy(entry[i].id, "id", sizeof("id"));
		entry[i].broken = length % 7 == 3;
		entry[i].automatic = length % 11 == 5;
		input.at += length;
		input.size -= length;
		sorted[i] = &entry[i];
	}
	menu_open(&menu, &all, take_number(&input, 1) % n, (uint32_t)take_number(&input, 2), view_of(columns, rows));
	menu.has_setup = n % 2 == 0;
	while (input.size != 0) {
		unsigned int key = (unsigned int)take_number(&input, 1);
		struct key_press press = {(enum key)(key % (KEY_OTHER + 2)), (uint32_t)take_number(&input, 2),
					  (key & 0x40) != 0, (key & 0x80) != 0};

		if (press.key > KEY_OTHER)
			(void)menu_tick(&menu);
		else
			(void)menu_press(&menu, &press);
		if ((key & 0x20) != 0)
			menu_resize(&menu, view_of(8 + press.character % 300, 4 + press.character % 70));
		REQUIRE(menu_chosen(&menu) < n);
		check_screen(&menu);
	}
	return 0;
}
