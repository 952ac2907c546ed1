/* SPDX-License-Identifier: BSD-2-Clause */
/* The menu under any keys, on screens of any size: an entry that exists is chosen and shown, and no line is too long.
 */
#include "fuzz.h"

#include "../../config/menu.h"

#define ENTRIES 40

/* Columns of a line are characters, and the selected entry is marked. */
static void check_screen(const char *screen, unsigned int columns, unsigned int rows)
{
	unsigned int width = 0, lines = 0;

	for (; *screen != '\0'; screen++) {
		if (*screen == '\n') {
			lines++;
			width = 0;
			continue;
		}
		REQUIRE((unsigned char)*screen >= ' ' && *screen != 0x7f);
		width += ((unsigned char)*screen & 0xc0) != 0x80;
		REQUIRE(width < columns);
	}
	REQUIRE(lines < rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct entry entry[ENTRIES];
	static struct entry *sorted[ENTRIES];
	struct bytes input = {data, size};
	size_t n = 1 + take_number(&input, 1) % ENTRIES;
	unsigned int columns = (unsigned int)take_number(&input, 1) + 8,
		     rows = (unsigned int)take_number(&input, 1) + 8;
	struct menu menu;
	char screen[1 << 16];

	for (size_t i = 0; i < n; i++) {
		size_t length = take_number(&input, 1) % 64;

		if (length > input.size)
			length = input.size;
		memset(&entry[i], 0, sizeof(entry[i]));
		entry[i].title = (struct word){(const char *)input.at, length};
		memcpy(entry[i].id, "id", sizeof("id"));
		entry[i].broken = length % 7 == 3;
		input.at += length;
		input.size -= length;
		sorted[i] = &entry[i];
	}
	menu_open(&menu, sorted, n, take_number(&input, 1) % n, (uint32_t)take_number(&input, 2));
	while (input.size != 0) {
		enum menu_key key = (enum menu_key)(take_number(&input, 1) % (KEY_OTHER + 2));
		struct text text = TEXT(screen);

		if (key > KEY_OTHER)
			(void)menu_tick(&menu);
		else
			(void)menu_press(&menu, key, (uint32_t)take_number(&input, 2));
		REQUIRE(menu.selected < n);
		for (unsigned int line = 0; menu_line(&menu, columns, rows, line, &text); line++)
			REQUIRE(!text_cut(&text));
		check_screen(screen, columns, rows);
	}
	return 0;
}
