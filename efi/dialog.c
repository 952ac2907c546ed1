/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog.h"

#include "dropins.h"
#include "interface.h"
#include "log.h"
#include "pages.h"
#include "reset.h"
#include "screen.h"
#include "speaker.h"
#include "unified.h"

#include "../base/mem.h"
#include "../config/edit.h"
#include "../config/password.h"

#define MOST_TYPED_AHEAD 100 /* keys; a keyboard that has more of them is stuck */
#define WRONG_SECONDS	 3   /* after a wrong password: guessing takes its time */
#define EDIT_INDENT	 2   /* blanks, as before the lines of the menu */

void say_why(const struct fail *why)
{
	const struct rule_row *rule = rule_row(why->rule);

	log_show();
	console_write("\n");
	if (rule->id[0] != '\0')
		fw_log(LOG_QUIET, "%s\n  rule %s: %s", why->text, rule->id, rule->sentence);
	else
		fw_log(LOG_QUIET, "%s", why->text);
}

/* Drops keys that were pressed before anybody was asked. False when they never end. */
static bool drop_typed(void)
{
	struct key_press press;

	for (unsigned int i = 0; console_key_pressed(&press); i++)
		if (i == MOST_TYPED_AHEAD)
			return false;
	return true;
}

bool wait_for_key(uint32_t seconds, const char *what_then)
{
	char line[256];
	struct text text = TEXT(line);
	struct key_press press;

	text_add(&text, "berth: press any key%s in %u s\n", what_then, (unsigned int)seconds);
	console_write(line);
	/* A key that was pressed before is no sign that somebody reads this. */
	if (!drop_typed()) {
		console_pause(seconds);
		return false;
	}
	return console_key(seconds, &press);
}

/* ---- the menu, and what it leads to ---- */

static bool draw_menu(const void *menu, unsigned int line, struct text *out, enum style *style)
{
	return menu_line(menu, line, out, style);
}

struct shown_page {
	struct page page;
	struct view view;
};

static bool draw_page(const void *shown, unsigned int line, struct text *out, enum style *style)
{
	const struct shown_page *at = shown;

	return page_line(&at->page, &at->view, line, out, style);
}

/* Shows it until a key leaves it. */
static void show_page(struct view *view, const char *title, const char *text)
{
	struct shown_page shown = {{title, text, 0}, *view};
	struct key_press press;

	screen_forget(view);
	do
		screen_draw(view, draw_page, &shown);
	while (console_key(UINT32_MAX, &press) && page_press(&shown.page, view, &press));
	screen_forget(view);
}

/* Edits a line in the row of the menu's status, or where only @prompt is to be seen; false when the user cancels. */
static bool edit_text(struct menu *menu, struct edit *edit, const char *prompt)
{
	char line[VIEW_LINE_ROOM(VIEW_WIDEST)];
	enum edit_result result = EDIT_STAY;

	menu->keys = prompt == NULL ? "  Enter boots with this line   Esc back   Ctrl-w, -u, -k remove"
				    : "  Enter takes it   Esc back";
	screen_draw(&menu->view, draw_menu, menu);
	menu->keys = NULL;
	while (result == EDIT_STAY) {
		struct text text = TEXT(line);
		struct key_press press;
		unsigned int cursor, left = menu->view.width;

		if (prompt == NULL) {
			text_add(&text, "  ");
			edit_line(edit, menu->view.width - EDIT_INDENT, &text, &cursor);
			cursor += EDIT_INDENT;
		} else {
			line[0] = '\0';
			view_say(&text, prompt, &left);
			cursor = menu->view.width - left;
			while (left-- > 0)
				text_add(&text, " ");
		}
		screen_edit(&menu->view, menu_status_line(menu), line, cursor);
		(void)console_key(UINT32_MAX, &press);
		result = edit_press(edit, &press);
	}
	screen_edited();
	return result == EDIT_DONE;
}

/* Nothing of what is typed shows, not even how long it is. */
static bool is_permitted(struct menu *menu, const struct loader_conf *conf)
{
	char typed[PASSWORD_ROOM] = "";
	struct password password;
	struct edit edit;
	bool is_done, is_right;

	if (!conf->asks_password)
		return true;
	if (!password_parse(&password, conf->editor_password)) {
		menu_say(menu, "loader.conf: `editor-password` is not understood, so nothing can be edited");
		return false;
	}
	edit_open(&edit, typed, sizeof(typed));
	is_done = edit_text(menu, &edit, "  password: ");
	is_right = is_done && password_is(&password, (struct bytes){(const uint8_t *)typed, edit.length});
	wipe(typed, sizeof(typed));
	if (is_done && !is_right) {
		menu_say(menu, "that is not the password: a moment");
		screen_draw(&menu->view, draw_menu, menu);
		console_pause(WRONG_SECONDS);
		(void)drop_typed(); /* a second try, which the menu would take for its keys */
		menu_say(menu, "the password is wrong: `e` asks for it again");
	}
	return is_right;
}

/*
 * What is edited: the entry's options, or what an image has in itself where the entry has none. With Secure Boot on the
 * stub of such an image takes no other than that (systemd-stub(7), "Description").
 */
static enum status first_line(const struct entry *entry, char *text, struct fail *why)
{
	if (entry->kind == ENTRY_UKI) {
		TRY(unified_command_line(entry, text, MAX_COMMAND_LINE, why));
		if (text[0] != '\0' && efi_secure_boot() != SECURE_BOOT_DISABLED)
			return fail(why, REFUSED,
				    "unless Secure Boot is known to be off, %s keeps the command line in its image",
				    word_shown(word_of(entry->id)).at);
		if (entry->n_options == 0)
			return OK;
	}
	return entry_command_line(entry, text, MAX_COMMAND_LINE, why);
}

/* The entry's options are what was typed, until the machine starts again; true when it is to boot with them. */
static bool edit_options(struct menu *menu, struct entry *entry)
{
	char *text = efi_alloc(MAX_COMMAND_LINE);
	struct edit edit;
	struct fail why;

	if (dropins_for(entry)) /* it may have written over the menu */
		screen_forget(&menu->view);
	if (text == NULL) {
		menu_say(menu, "no memory to edit it");
		return false;
	}
	if (first_line(entry, text, &why) != OK) {
		menu_say(menu, why.text);
		efi_free(text);
		return false;
	}
	edit_open(&edit, text, MAX_COMMAND_LINE);
	if (!edit_text(menu, &edit, NULL)) {
		efi_free(text);
		return false;
	}
	listed_edited(entry, text);
	return true;
}

/* @initial: firmware's, before there was a menu. */
static void change_mode(struct menu *menu, bool to_next, const struct loader_conf *conf, uint32_t initial)
{
	struct console_mode back = conf->console_mode;
	char line[96];
	struct text text = TEXT(line);
	uint32_t number;
	bool done;

	if (!to_next)
		(void)console_set_mode(&(struct console_mode){CONSOLE_NUMBER, initial});
	if (back.how == CONSOLE_KEEP)
		back = (struct console_mode){CONSOLE_NUMBER, initial};
	done = to_next ? console_next_mode(&number) : console_set_mode(&back);
	if (!to_next || done)
		menu->settings.mode_said = to_next ? MODE_SET : MODE_UNSET;
	if (to_next && done)
		menu->settings.mode = number;
	if (done)
		text_add(&text, "console mode %u", (unsigned int)console_mode());
	else if (to_next)
		text_add(&text, "firmware has no other console mode");
	else
		text_add(&text, "console mode %u: firmware does not have the one that loader.conf names",
			 (unsigned int)console_mode());
	menu_say(menu, line);
}

static struct boot *attempt;

void dialog_uses(struct boot *boot)
{
	attempt = boot;
}

static void show_facts(struct menu *menu, bool plan, const struct catalogue *catalogue)
{
	struct entry *entry = catalogue->sorted[menu_chosen(menu)];
	struct text text = {efi_alloc(PAGE_ROOM), PAGE_ROOM, 0};
	char title[128];
	struct text named = TEXT(title);

	if (text.at == NULL) {
		menu_say(menu, "no memory to show it");
		return;
	}
	(void)dropins_for(entry);
	text_add(&named, "%s   %s", plan ? "plan" : "status", word_shown(word_of(entry->id)).at);
	if (plan)
		plan_page(attempt, catalogue, entry, menu->view.width, &text);
	else
		status_page(catalogue, entry, &text);
	show_page(&menu->view, title, text.at);
	efi_free(text.at);
}

/* Does what leaves the menu open; returns what closes it. */
static enum menu_result obey(struct menu *menu, enum menu_result result, const struct catalogue *catalogue,
			     uint32_t initial_mode)
{
	struct fail why;

	switch (result) {
	case MENU_EDIT:
		return is_permitted(menu, &catalogue->conf) && edit_options(menu, catalogue->sorted[menu_chosen(menu)])
			   ? MENU_BOOT
			   : MENU_STAY;
	case MENU_HELP:
		show_page(&menu->view, "help", menu_help);
		break;
	case MENU_STATUS:
	case MENU_PLAN:
		show_facts(menu, result == MENU_PLAN, catalogue);
		break;
	case MENU_NEXT_MODE:
	case MENU_RESET_MODE:
	case MENU_REDRAW:
		if (result != MENU_REDRAW)
			change_mode(menu, result == MENU_NEXT_MODE, &catalogue->conf, initial_mode);
		screen_forget(&menu->view);
		break;
	case MENU_DO:
		interface_settle(catalogue, &menu->settings);
		if (efi_reset(menu->action, &why) != OK)
			menu_say(menu, why.text);
		break;
	default:
		return result;
	}
	menu_resize(menu, menu->view);
	return MENU_STAY;
}

static void open_menu(struct menu *menu, const struct catalogue *catalogue, size_t index, uint32_t seconds)
{
	struct rows rows = {.entries = catalogue->sorted, .n = catalogue->n, .most = catalogue->conf.menu_fold};
	struct console_mode mode = catalogue->conf.console_mode;
	struct view view;

	console_find_keyboards();
	interface_menu();
	interface_console_mode(&mode);
	(void)console_set_mode(&mode);
	screen_open(&view);
	menu_open(menu, &rows, index, seconds, view);
	menu->has_setup = efi_has_setup();
	menu->has_editor = catalogue->conf.editor;
	interface_settings(catalogue, &menu->settings);
}

/* Each second of a countdown, and then the number of each row that is chosen, once. */
static void beep(struct menu *menu, const struct loader_conf *conf, size_t *heard)
{
	static bool is_mute;
	size_t row = menu->row + 1;

	if (!conf->beep || is_mute || (!menu->counting && row == *heard))
		return;
	*heard = menu->counting ? 0 : row;
	is_mute = !speaker_beep(menu->counting ? 1 : row);
	if (!is_mute)
		return;
	menu_say(menu, "loader.conf says `beep yes`, but only x86 machines have the speaker for it");
	screen_draw(&menu->view, draw_menu, menu);
}

enum chosen choose(const struct catalogue *catalogue, size_t *index, uint32_t seconds, const struct fail *why)
{
	static uint32_t initial_mode = UINT32_MAX;
	enum menu_result result = MENU_STAY;
	enum chosen by = BY_TIME;
	static struct menu menu;
	size_t heard = 0;

	if (initial_mode == UINT32_MAX)
		initial_mode = console_mode();
	open_menu(&menu, catalogue, *index, seconds);
	for (size_t i = 0; i < catalogue->n; i++)
		if (catalogue->sorted[i] == catalogue->boots_unasked)
			menu.boots_unasked = i;
	if (why != NULL)
		menu_tell(&menu, catalogue->sorted[*index], why->text);
	while (result == MENU_STAY) {
		struct key_press press;

		screen_draw(&menu.view, draw_menu, &menu);
		beep(&menu, &catalogue->conf, &heard);
		if (console_key(menu.counting ? 1 : UINT32_MAX, &press)) {
			by = press.key == KEY_GONE ? WITHOUT_KEYS : BY_HAND; /* any key ends the countdown */
			result = obey(&menu, menu_press(&menu, &press), catalogue, initial_mode);
		} else {
			result = menu_tick(&menu);
		}
	}
	screen_close();
	interface_settle(catalogue, &menu.settings);
	*index = menu_chosen(&menu);
	return result == MENU_BOOT ? by : LEFT;
}
