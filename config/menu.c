/* SPDX-License-Identifier: BSD-2-Clause */
#include "menu.h"

#define PAGE_LINES 10 /* what Page Up and Page Down move by */

void menu_open(struct menu *menu, struct entry *const *entries, size_t n, size_t selected, uint32_t seconds)
{
	*menu = (struct menu){
		.entries = entries,
		.n = n,
		.selected = selected < n ? selected : 0,
		.counting = seconds != TIMEOUT_FOREVER,
		.seconds_left = seconds,
	};
}

static void move(struct menu *menu, bool down, size_t by)
{
	size_t last = menu->n - 1;

	if (down)
		menu->selected = last - menu->selected < by ? last : menu->selected + by;
	else
		menu->selected = menu->selected < by ? 0 : menu->selected - by;
}

enum menu_result menu_press(struct menu *menu, enum menu_key key, uint32_t character)
{
	menu->counting = false;
	if (key == KEY_ENTER)
		return MENU_BOOT;
	if (key == KEY_ESCAPE)
		return MENU_LEAVE;
	if (key == KEY_UP || (key == KEY_OTHER && character == 'k'))
		move(menu, false, 1);
	else if (key == KEY_DOWN || (key == KEY_OTHER && character == 'j'))
		move(menu, true, 1);
	else if (key == KEY_PAGE_UP)
		move(menu, false, PAGE_LINES);
	else if (key == KEY_PAGE_DOWN)
		move(menu, true, PAGE_LINES);
	else if (key == KEY_HOME)
		menu->selected = 0;
	else if (key == KEY_END)
		menu->selected = menu->n - 1;
	else if (key == KEY_OTHER && character >= '1' && character <= '9' && character - '1' < menu->n)
		menu->selected = character - '1';
	return MENU_STAY;
}

enum menu_result menu_tick(struct menu *menu)
{
	if (menu->counting && menu->seconds_left > 0)
		menu->seconds_left--;
	return menu->counting && menu->seconds_left == 0 ? MENU_BOOT : MENU_STAY;
}

/* Puts a word on the line, one column a character, until @columns are used up. */
static void put_word(struct text *out, struct word word, unsigned int *columns)
{
	for (size_t i = 0; i < word.length; i++) {
		unsigned char c = (unsigned char)word.at[i];
		bool starts_character = (c & 0xc0) != 0x80;

		if (starts_character && *columns == 0)
			return;
		if (starts_character)
			(*columns)--;
		text_add(out, "%c", c < ' ' || c == 0x7f ? '?' : (char)c);
	}
}

static bool same_title(const struct entry *a, const struct entry *b)
{
	struct word x = entry_title(a), y = entry_title(b);

	if (x.length != y.length)
		return false;
	for (size_t i = 0; i < x.length; i++)
		if (x.at[i] != y.at[i])
			return false;
	return true;
}

/* UAPI.1, "title": where titles are the same, version and id tell the entries apart. */
static void draw_entry(const struct menu *menu, size_t index, unsigned int columns, struct text *out)
{
	const struct entry *entry = menu->entries[index];
	bool unique = true;

	for (size_t i = 0; i < menu->n; i++)
		unique = unique && (i == index || !same_title(entry, menu->entries[i]));
	put_word(out, word_of(index == menu->selected ? "  > " : "    "), &columns);
	put_word(out, entry_title(entry), &columns);
	if (!unique && entry->version.length != 0) {
		put_word(out, word_of("  "), &columns);
		put_word(out, entry->version, &columns);
	}
	if (!unique) {
		put_word(out, word_of("  ("), &columns);
		put_word(out, word_of(entry->id), &columns);
		put_word(out, word_of(")"), &columns);
	}
	if (entry->broken)
		put_word(out, word_of("  (broken)"), &columns);
	text_add(out, "\n");
}

static void draw_line(const char *line, unsigned int columns, struct text *out)
{
	put_word(out, word_of(line), &columns);
	text_add(out, "\n");
}

void menu_draw(const struct menu *menu, unsigned int columns, unsigned int rows, struct text *out)
{
	size_t shown = rows > 7 ? rows - 6 : 1; /* title, blank, entries, blank, countdown, keys; the last row stays free */
	size_t top = menu->selected >= shown ? menu->selected - shown + 1 : 0;

	columns = columns > 1 ? columns - 1 : 1; /* a full line makes some consoles wrap */
	draw_line("Berth", columns, out);
	draw_line("", columns, out);
	for (size_t i = top; i < menu->n && i < top + shown; i++)
		draw_entry(menu, i, columns, out);
	draw_line("", columns, out);
	if (menu->counting) {
		char line[64];
		struct text text = TEXT(line);

		text_add(&text, "Boots in %u s; any key stops that.", (unsigned int)menu->seconds_left);
		draw_line(line, columns, out);
	}
	draw_line("Up/Down choose   Enter boot   Esc firmware", columns, out);
}
