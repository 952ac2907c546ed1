/* SPDX-License-Identifier: BSD-2-Clause */
#include "menu.h"

#define PAGE_LINES  10 /* what Page Up and Page Down move by */
#define FRAME_LINES 5  /* the title, the countdown, the keys, and a blank line on either side of the entries */
#define FRAME_FROM  9  /* rows; on a smaller console the entries get all of the room */

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

void menu_tell(struct menu *menu, const struct entry *failed, const char *reason)
{
	menu->failed = failed;
	menu->reason = (struct word){reason, 0};
	while (reason[menu->reason.length] != '\0' && reason[menu->reason.length] != '\n')
		menu->reason.length++;
}

static void move(struct menu *menu, bool down, size_t by)
{
	size_t last = menu->n - 1;

	if (down)
		menu->selected = last - menu->selected < by ? last : menu->selected + by;
	else
		menu->selected = menu->selected < by ? 0 : menu->selected - by;
}

static void press_character(struct menu *menu, uint32_t character)
{
	if (character == 'k')
		move(menu, false, 1);
	else if (character == 'j')
		move(menu, true, 1);
	else if (character >= '1' && character <= '9' && character - '1' < menu->n)
		menu->selected = character - '1';
}

enum menu_result menu_press(struct menu *menu, enum menu_key key, uint32_t character)
{
	if (key == KEY_NONE)
		return MENU_STAY;
	menu->counting = false;
	if (key == KEY_ENTER || key == KEY_GONE)
		return MENU_BOOT;
	if (key == KEY_ESCAPE)
		return MENU_LEAVE;
	if (key == KEY_UP || key == KEY_DOWN)
		move(menu, key == KEY_DOWN, 1);
	else if (key == KEY_PAGE_UP || key == KEY_PAGE_DOWN)
		move(menu, key == KEY_PAGE_DOWN, PAGE_LINES);
	else if (key == KEY_HOME)
		menu->selected = 0;
	else if (key == KEY_END)
		menu->selected = menu->n - 1;
	else
		press_character(menu, character);
	return MENU_STAY;
}

enum menu_result menu_tick(struct menu *menu)
{
	if (menu->counting && menu->seconds_left > 0)
		menu->seconds_left--;
	return menu->counting && menu->seconds_left == 0 ? MENU_BOOT : MENU_STAY;
}

static void put(struct text *out, const char *text, unsigned int *columns)
{
	(void)word_show(out, word_of(text), columns);
}

/* Whether no other entry has the same title, or, @with_version, the same title and version. */
static bool is_unique(const struct menu *menu, size_t index, bool with_version)
{
	const struct entry *entry = menu->entries[index];

	for (size_t i = 0; i < menu->n; i++) {
		const struct entry *other = menu->entries[i];

		if (i != index && word_compare(entry_title(entry), entry_title(other)) == 0 &&
		    (!with_version || word_compare(entry->version, other->version) == 0))
			return false;
	}
	return true;
}

/*
 * What stands behind the title. UAPI.1, "title": entries of one title need more to tell them apart, "for example" the
 * version; where that is the same as well, the id.
 */
static void put_details(const struct menu *menu, size_t index, unsigned int *columns, struct text *out)
{
	const struct entry *entry = menu->entries[index];

	if (entry->broken)
		put(out, "  (broken)", columns);
	if (is_unique(menu, index, false))
		return;
	if (entry->version.length != 0) {
		put(out, "  ", columns);
		(void)word_show(out, entry->version, columns);
	}
	if (!is_unique(menu, index, true)) {
		put(out, "  (", columns);
		put(out, entry->id, columns);
		put(out, ")", columns);
	}
}

/* A long title gives way to the details, up to two thirds of the line, or it would hide what they tell. */
static void draw_entry(const struct menu *menu, size_t index, unsigned int columns, struct text *out)
{
	struct text nowhere = {NULL, 0, 0};
	unsigned int most, left, details;

	put(out, index == menu->selected ? "  > " : "    ", &columns);
	most = left = columns * 2 / 3;
	put_details(menu, index, &left, &nowhere);
	details = most - left;
	columns -= details;
	(void)word_show(out, entry_title(menu->entries[index]), &columns);
	put_details(menu, index, &details, out);
	text_add(out, "\n");
}

static void draw_line(const char *line, unsigned int columns, struct text *out)
{
	put(out, line, &columns);
	text_add(out, "\n");
}

static void draw_title(const struct menu *menu, bool all_shown, unsigned int columns, struct text *out)
{
	char line[64];
	struct text text = TEXT(line);

	text_add(&text, "Berth");
	if (!all_shown)
		text_add(&text, "   %zu of %zu", menu->selected + 1, menu->n);
	draw_line(line, columns, out);
}

static void draw_countdown(const struct menu *menu, unsigned int columns, struct text *out)
{
	char line[64];
	struct text text = TEXT(line);

	text_add(&text, "Boots in %u s; any key stops that.", (unsigned int)menu->seconds_left);
	draw_line(line, columns, out);
}

static void draw_failure(const struct menu *menu, unsigned int columns, struct text *out)
{
	put(out, menu->failed->id, &columns);
	put(out, " failed: ", &columns);
	(void)word_show(out, menu->reason, &columns);
	text_add(out, "\n");
}

/* How a console's rows are divided. */
struct division {
	size_t shown; /* lines for entries */
	bool frame;   /* a title above them, and blank lines */
	bool foot;
};

static struct division divide(unsigned int rows)
{
	size_t lines =
	    rows > 1 ? rows - 1 : 1; /* each line ends in a newline, and the cursor needs a row behind the last */
	bool frame = rows >= FRAME_FROM;

	return (struct division){frame ? lines - FRAME_LINES : lines > 3 ? lines - 2 : 1, frame, lines >= 3};
}

bool menu_line(const struct menu *menu, unsigned int columns, unsigned int rows, unsigned int line, struct text *out)
{
	struct division d = divide(rows);
	/* The selected one is always among them. */
	size_t top = menu->selected >= d.shown ? menu->selected - d.shown + 1 : 0, at = line;
	size_t entries = menu->n - top < d.shown ? menu->n - top : d.shown;

	columns = columns > 1 ? columns - 1 : 1; /* a full line makes some consoles wrap */
	if (d.frame && at < 2) {
		if (at == 0)
			draw_title(menu, menu->n <= d.shown, columns, out);
		else
			draw_line("", columns, out);
		return true;
	}
	at -= d.frame ? 2 : 0;
	if (at < entries) {
		draw_entry(menu, top + at, columns, out);
		return true;
	}
	at -= entries;
	if (d.frame && at-- == 0) {
		draw_line("", columns, out);
		return true;
	}
	if (d.foot && menu->counting && at-- == 0) {
		draw_countdown(menu, columns, out);
		return true;
	}
	if (d.foot && !menu->counting && menu->failed != NULL && at-- == 0) {
		draw_failure(menu, columns, out);
		return true;
	}
	if (!d.foot || at != 0)
		return false;
	draw_line("Up/Down choose   Enter boot   Esc firmware", columns, out);
	return true;
}
