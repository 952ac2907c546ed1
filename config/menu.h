/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu as a state machine: keys and seconds in, lines of text out. Pure. Its keys are those of systemd-boot(7),
 * "KEY BINDINGS", and `x` is Berth's own.
 */
#ifndef BERTH_MENU_H
#define BERTH_MENU_H

#include "fold.h"
#include "view.h"

enum menu_result {
	MENU_STAY,
	MENU_BOOT, /* menu_chosen() */
	MENU_LEAVE,
	MENU_DO, /* what menu->action says: firmware's setup, a restart, power off */
	/* The menu goes on after these. */
	MENU_EDIT,
	MENU_HELP,
	MENU_STATUS,
	MENU_PLAN,
	MENU_NEXT_MODE,
	MENU_RESET_MODE,
	MENU_REDRAW,
};

/* What a person sets in the menu and variables keep (config/interface.h); efi/ writes them when the menu is left. */
struct menu_settings {
	size_t preferred,
	    standard; /* entries that LoaderEntryPreferred and LoaderEntryDefault name; n: there is none */
	bool preferred_said, standard_said;		      /* a person has set or unset them */
	bool has_timeout;				      /* LoaderConfigTimeout is there: */
	uint32_t timeout;				      /* seconds; TIMEOUT_NONE hides the menu */
	enum { MODE_UNSAID, MODE_SET, MODE_UNSET } mode_said; /* LoaderConfigConsoleMode */
	uint32_t mode;
};

struct menu {
	struct rows rows;
	size_t row; /* that is selected */
	struct view view;
	size_t top; /* the first row that is shown */
	bool counting;
	uint32_t seconds_left;
	size_t boots_unasked; /* the entry that boots when nobody comes */
	struct menu_settings settings;
	bool has_setup, has_editor;
	const char *keys; /* that the last line tells, of who reads a line in the row of the status; NULL: the menu's */
	enum entry_kind action;
	bool asks; /* whether `action` is meant */
#define MESSAGE_COLUMNS 100
	char message[3 * MESSAGE_COLUMNS + 1]; /* the result of the last key; "": none */
	const struct entry *failed;	       /* which could not boot, and why; NULL: none */
	struct word reason;
};

/*
 * @rows: what the menu shows, @selected: an entry of it; there is at least one. @seconds: until that boots;
 * TIMEOUT_FOREVER: never by itself.
 */
void menu_open(struct menu *menu, const struct rows *rows, size_t selected, uint32_t seconds, struct view view);

/* The console has another size. */
void menu_resize(struct menu *menu, struct view view);

/*
 * The menu is there because @failed did not boot: a line says so, with the first line of @reason, where else the
 * countdown stands. The text must outlive the menu.
 */
void menu_tell(struct menu *menu, const struct entry *failed, const char *reason);

/* Shows the first line of @message until the next key. */
void menu_say(struct menu *menu, const char *message);

/* Any key ends the countdown. */
enum menu_result menu_press(struct menu *menu, const struct key_press *press);

/* One second without a key: MENU_BOOT when none is left. */
enum menu_result menu_tick(struct menu *menu);

/*
 * Which entry a key boots where no menu shows yet (systemd-boot(7), "Key bindings"): l, w, a and s the first Linux,
 * Windows, macOS and shell, 1 to 9 what has that row. False when it is none of these, or there is none: such a key asks
 * for the menu.
 */
bool menu_hotkey(const struct rows *rows, const struct key_press *press, size_t *entry);

struct row menu_selected_row(const struct menu *menu);

/* The entry of the selected row: of a row that stands for several, the first of them. */
size_t menu_chosen(const struct menu *menu);

/* ---- menu_lines.c: what it looks like ---- */

/*
 * One line of the screen, from 0, without a newline: plain text that reads the same on a screen and on a serial line,
 * at most view.width columns. The selected row is always among them. Control characters, and bytes that are not
 * UTF-8, are shown as "?"; the rest of a title is passed on. False when the screen has no such line.
 */
bool menu_line(const struct menu *menu, unsigned int line, struct text *out, enum style *style);

/* The line in which the countdown, a message or a reason stands: the editor takes its place. */
unsigned int menu_status_line(const struct menu *menu);

/* How many rows of the menu the screen has room for, of those that there are; 1 or more. */
size_t menu_rows_shown(const struct menu *menu);

/* What each key does, as lines. */
extern const char menu_help[];

#endif
