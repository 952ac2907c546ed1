/* SPDX-License-Identifier: BSD-2-Clause */
#include "menu.h"

#include "../base/version.h"

/* ---- moving ---- */

/* Scrolls as little as possible, so that the selected row is on the screen. */
static void follow(struct menu *menu)
{
	size_t shown = menu_rows_shown(menu), n = rows_count(&menu->rows);

	if (menu->row >= n)
		menu->row = n - 1;
	if (menu->top > menu->row)
		menu->top = menu->row;
	if (menu->row - menu->top >= shown)
		menu->top = menu->row - shown + 1;
	if (n - menu->top < shown)
		menu->top = n - shown;
}

static void select(struct menu *menu, size_t entry)
{
	rows_show(&menu->rows, entry);
	menu->row = rows_of(&menu->rows, entry);
	follow(menu);
}

void menu_open(struct menu *menu, const struct rows *rows, size_t selected, uint32_t seconds, struct view view)
{
	*menu = (struct menu){
	    .rows = *rows,
	    .view = view,
	    .counting = seconds != TIMEOUT_FOREVER,
	    .seconds_left = seconds,
	    .boots_unasked = rows->n,
	    .settings = {.preferred = rows->n, .standard = rows->n},
	};
	menu->rows.open = rows->n;
	select(menu, selected < rows->n ? selected : 0);
}

void menu_resize(struct menu *menu, struct view view)
{
	menu->view = view;
	follow(menu);
}

static struct word first_line(const char *text)
{
	struct word line = {text, 0};

	while (text[line.length] != '\0' && text[line.length] != '\n')
		line.length++;
	return line;
}

void menu_tell(struct menu *menu, const struct entry *failed, const char *reason)
{
	menu->failed = failed;
	menu->reason = first_line(reason);
}

struct row menu_selected_row(const struct menu *menu)
{
	struct row row = {0, 0, false, false};

	(void)rows_at(&menu->rows, menu->row, &row);
	return row;
}

size_t menu_chosen(const struct menu *menu)
{
	return menu_selected_row(menu).entry;
}

static void move(struct menu *menu, bool down, size_t by)
{
	size_t last = rows_count(&menu->rows) - 1;

	if (down)
		menu->row = last - menu->row < by ? last : menu->row + by;
	else
		menu->row = menu->row < by ? 0 : menu->row - by;
}

/* Opens or closes the group of the selected row, which stays selected, or the row that stands for it. */
static void turn(struct menu *menu, const struct row *row)
{
	size_t group = row->inside ? menu->rows.open : row->entry - 1;
	bool opens = menu->rows.open != group;

	menu->rows.open = opens ? group : menu->rows.n;
	if (!opens && row->inside)
		menu->row = rows_of(&menu->rows, row->entry);
}

/* ---- what keys do ---- */

void menu_say(struct menu *menu, const char *message)
{
	struct text text = TEXT(menu->message);
	unsigned int columns = MESSAGE_COLUMNS;

	(void)word_show(&text, first_line(message), &columns);
}

__attribute__((format(printf, 2, 3))) static void say(struct menu *menu, const char *format, ...)
{
	struct text text = TEXT(menu->message);
	va_list args;

	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
}

/* The order is systemd-boot's: unset, menu-force, menu-hidden, 1, 2 and so on. */
static void set_timeout(struct menu *menu, bool more)
{
	struct menu_settings *s = &menu->settings;

	if (!s->has_timeout) {
		s->has_timeout = more;
		s->timeout = TIMEOUT_FOREVER;
	} else if (s->timeout == TIMEOUT_FOREVER) {
		s->has_timeout = more;
		s->timeout = TIMEOUT_NONE;
	} else if (more) {
		s->timeout += s->timeout < TIMEOUT_FOREVER - 1;
	} else {
		s->timeout = s->timeout == TIMEOUT_NONE ? TIMEOUT_FOREVER : s->timeout - 1;
	}
	if (!s->has_timeout)
		say(menu, "timeout: what loader.conf says");
	else if (s->timeout == TIMEOUT_FOREVER)
		say(menu, "timeout: the menu waits for a key (menu-force)");
	else if (s->timeout == TIMEOUT_NONE)
		say(menu, "timeout: no menu unless a key is held (menu-hidden)");
	else
		say(menu, "timeout: %u s", (unsigned int)s->timeout);
}

static void set_entry(struct menu *menu, size_t *setting, bool *is_said, const char *what, const char *when)
{
	const struct row row = menu_selected_row(menu);
	bool is_set = *setting != row.entry;

	if (row.folded != 0)
		return;
	*setting = is_set ? row.entry : menu->rows.n;
	*is_said = true;
	say(menu, "%s: %s%s", what,
	    is_set ? word_shown(word_of(menu->rows.entries[row.entry]->id)).at : "no longer set", is_set ? when : "");
}

static enum menu_result ask_for_setup(struct menu *menu)
{
	if (!menu->has_setup) {
		say(menu, "this firmware has no setup that a loader can ask for; Q leaves to firmware");
		return MENU_STAY;
	}
	menu->action = ENTRY_SETUP;
	menu->asks = true;
	say(menu, "Enter restarts into firmware's setup; any other key does not.");
	return MENU_STAY;
}

static enum menu_result do_at_once(struct menu *menu, enum entry_kind action)
{
	menu->action = action;
	return MENU_DO;
}

/* The first entry of a kind, from @from on, and again from the top. */
static bool find_kind(const struct rows *rows, size_t from, uint32_t letter, size_t *found)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct entry *entry = rows->entries[(from + i) % rows->n];
		bool is_linux = entry->kind == ENTRY_LINUX || entry->kind == ENTRY_UKI;

		if ((letter == 'l' && is_linux) || (letter == 'w' && entry_is_automatic(entry, "auto-windows")) ||
		    (letter == 'a' && entry_is_automatic(entry, "auto-osx")) ||
		    (letter == 's' && entry_is_automatic(entry, "auto-efi-shell"))) {
			*found = (from + i) % rows->n;
			return true;
		}
	}
	return false;
}

/* The row of a digit; false when there are not so many. */
static bool find_row(const struct rows *rows, uint32_t digit, size_t *row)
{
	*row = digit - '1';
	return digit >= '1' && digit <= '9' && *row < rows_count(rows);
}

bool menu_hotkey(const struct rows *rows, const struct key_press *press, size_t *entry)
{
	struct row row;
	size_t number;

	if (press->key != KEY_CHARACTER || press->ctrl || press->alt)
		return false;
	if (!find_row(rows, press->character, &number))
		return find_kind(rows, 0, press->character, entry);
	(void)rows_at(rows, number, &row);
	*entry = row.entry;
	return true;
}

static void jump(struct menu *menu, uint32_t letter)
{
	size_t entry;

	if (find_kind(&menu->rows, menu_chosen(menu) + 1, letter, &entry))
		select(menu, entry);
}

static enum menu_result edit(struct menu *menu)
{
	const struct entry *entry = menu->rows.entries[menu_chosen(menu)];

	if (!menu->has_editor)
		say(menu, "loader.conf says `editor no`, or cannot be read");
	else if (entry->broken || entry->kind >= ENTRY_SETUP)
		say(menu, "%s has no command line", word_shown(word_of(entry->id)).at);
	else
		return MENU_EDIT;
	return MENU_STAY;
}

static enum menu_result press_letter(struct menu *menu, uint32_t letter)
{
	size_t row;

	switch (letter) {
	case 'k':
	case 'K':
	case 'j':
	case 'J':
		move(menu, (letter | 0x20) == 'j', 1);
		return MENU_STAY;
	case 'e':
	case 'E':
		return edit(menu);
	case 'd':
		set_entry(menu, &menu->settings.preferred, &menu->settings.preferred_said, "preferred",
			  ", unless its tries are used up");
		return MENU_STAY;
	case 'D':
		set_entry(menu, &menu->settings.standard, &menu->settings.standard_said, "default", "");
		return MENU_STAY;
	case 't':
	case '+':
	case 'T':
	case '-':
		set_timeout(menu, letter == 't' || letter == '+');
		return MENU_STAY;
	case 'r':
		return MENU_NEXT_MODE;
	case 'R':
		return MENU_RESET_MODE;
	case 'p':
	case 'P':
		return MENU_STATUS;
	case 'x':
	case 'X':
		return MENU_PLAN;
	case 'h':
	case 'H':
	case '?':
		return MENU_HELP;
	case 'v':
		say(menu, BERTH_NAME);
		return MENU_STAY;
	case 'L':
		return MENU_REDRAW;
	case 'f':
	case 'F':
		return ask_for_setup(menu);
	case 'O':
		return do_at_once(menu, ENTRY_POWER_OFF);
	case 'B':
		return do_at_once(menu, ENTRY_REBOOT);
	case 'Q':
		return MENU_LEAVE;
	default:
		if (find_row(&menu->rows, letter, &row))
			menu->row = row;
		else
			jump(menu, letter);
		return MENU_STAY;
	}
}

static enum menu_result press_character(struct menu *menu, const struct key_press *press)
{
	if (press->ctrl)
		return press->character == 'l' ? MENU_REDRAW : MENU_STAY;
	if (press->alt && (press->character == '<' || press->character == '>'))
		menu->row = press->character == '<' ? 0 : rows_count(&menu->rows) - 1;
	return press->alt ? MENU_STAY : press_letter(menu, press->character);
}

static enum menu_result enter(struct menu *menu)
{
	struct row row = menu_selected_row(menu);

	if (row.folded == 0)
		return MENU_BOOT;
	turn(menu, &row);
	return MENU_STAY;
}

static enum menu_result press_other(struct menu *menu, const struct key_press *press)
{
	struct row row = menu_selected_row(menu);

	switch (press->key) {
	case KEY_UP:
	case KEY_DOWN:
		move(menu, press->key == KEY_DOWN, 1);
		return MENU_STAY;
	case KEY_PAGE_UP:
	case KEY_PAGE_DOWN:
		move(menu, press->key == KEY_PAGE_DOWN, menu_rows_shown(menu));
		return MENU_STAY;
	case KEY_HOME:
		menu->row = 0;
		return MENU_STAY;
	case KEY_END:
		menu->row = rows_count(&menu->rows) - 1;
		return MENU_STAY;
	case KEY_LEFT:
		if (row.inside || row.is_open)
			turn(menu, &row);
		return MENU_STAY;
	case KEY_ENTER:
	case KEY_RIGHT:
	case KEY_F3: /* what some tablets send for Enter (systemd, src/boot/boot.c) */
		return enter(menu);
	case KEY_GONE: /* the selected entry boots, or the first of the selected group */
		return MENU_BOOT;
	case KEY_F1:
		return MENU_HELP;
	case KEY_F2:
	case KEY_F10:
	case KEY_DELETE:
	case KEY_ESCAPE:
		return ask_for_setup(menu);
	case KEY_CHARACTER:
		return press_character(menu, press);
	default:
		return MENU_STAY;
	}
}

enum menu_result menu_press(struct menu *menu, const struct key_press *press)
{
	enum menu_result result;
	bool asked = menu->asks;

	if (press->key == KEY_NONE)
		return MENU_STAY;
	menu->counting = menu->asks = false;
	menu->message[0] = '\0';
	if (asked && press->key != KEY_GONE)
		return press->key == KEY_ENTER ? MENU_DO : MENU_STAY;
	result = press_other(menu, press);
	follow(menu);
	return result;
}

enum menu_result menu_tick(struct menu *menu)
{
	if (menu->counting && menu->seconds_left > 0)
		menu->seconds_left--;
	return menu->counting && menu->seconds_left == 0 ? MENU_BOOT : MENU_STAY;
}
