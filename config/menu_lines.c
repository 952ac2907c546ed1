/* SPDX-License-Identifier: BSD-2-Clause */
/* What the menu looks like. */
#include "menu.h"

#include "../base/version.h"

#define FRAME_LINES                                                                                                    \
	6	      /* the title, the detail, the status, the keys, and a blank line on either side of the entries   \
		       */
#define FRAME_FROM 10 /* rows; on a smaller console the entries get all of the room */

/* How a console's rows are divided. */
struct division {
	unsigned int above; /* blank lines, on tall consoles */
	size_t shown;	    /* lines for rows of the menu */
	bool frame;	    /* a title above them, blank lines, and a detail below */
	bool foot;	    /* the status and the keys */
};

static struct division divide(const struct menu *menu)
{
	unsigned int lines = menu->view.lines;
	bool frame = menu->view.rows >= FRAME_FROM;
	size_t room = frame ? lines - FRAME_LINES : lines > 3 ? lines - 2 : 1, n = rows_count(&menu->rows);
	size_t shown = n < room ? n : room;

	return (struct division){frame ? (unsigned int)((room - shown) / 4) : 0, shown, frame, lines >= 3};
}

size_t menu_rows_shown(const struct menu *menu)
{
	return divide(menu).shown;
}

/* What tells entries apart: each is shown where what stands before it is the same. */
enum apart { BY_TITLE, BY_VERSION, BY_MACHINE };

static bool is_unique(const struct rows *rows, size_t index, enum apart by)
{
	const struct entry *entry = rows->entries[index];

	for (size_t i = 0; i < rows->n; i++) {
		const struct entry *other = rows->entries[i];

		if (i != index && word_compare(entry_title(entry), entry_title(other)) == 0 &&
		    (by < BY_VERSION || word_compare(entry->version, other->version) == 0) &&
		    (by < BY_MACHINE || word_compare(entry->machine_id, other->machine_id) == 0))
			return false;
	}
	return true;
}

static void put_in_brackets(struct text *out, struct word word, unsigned int *columns)
{
	view_say(out, "  (", columns);
	view_put(out, word, columns);
	view_say(out, ")", columns);
}

#define MACHINE_SHOWN 8 /* characters of a machine-id, as systemd-boot has it */

/*
 * What stands behind the title. UAPI.1, "title": entries with the same title need more to tell them apart, "for
 * example" the version; where that is the same as well, the machine, and then the id.
 */
static void put_details(const struct rows *rows, size_t index, unsigned int *columns, struct text *out)
{
	const struct entry *entry = rows->entries[index];
	struct word machine = entry->machine_id;

	if (entry->broken)
		view_say(out, "  (broken)", columns);
	if (is_unique(rows, index, BY_TITLE))
		return;
	if (entry->version.length != 0) {
		view_say(out, "  ", columns);
		view_put(out, entry->version, columns);
	}
	if (is_unique(rows, index, BY_VERSION))
		return;
	if (machine.length != 0) {
		machine.length = machine.length < MACHINE_SHOWN ? machine.length : MACHINE_SHOWN;
		put_in_brackets(out, machine, columns);
	}
	if (!is_unique(rows, index, BY_MACHINE))
		put_in_brackets(out, word_of(entry->id), columns);
}

/* "  > ", "* " for what boots when nobody comes, and more of it inside an opened group. */
static void put_marks(const struct menu *menu, const struct row *row, bool is_selected, struct text *out,
		      unsigned int *columns)
{
	bool is_default = row->folded == 0 && row->entry == menu->boots_unasked;

	view_say(out, is_selected ? "  > " : "    ", columns);
	if (row->inside)
		view_say(out, "  ", columns);
	view_say(out, is_default ? "* " : "  ", columns);
}

static void put_folded(const struct menu *menu, const struct row *row, struct text *out, unsigned int *columns)
{
	char line[64];
	struct text text = TEXT(line);

	text_add(&text, "%s %zu more of ", row->is_open ? "-" : "+", row->folded);
	view_say(out, line, columns);
	view_put(out, menu->rows.entries[row->entry]->sort_key, columns);
}

/* A long title gives way to the details, up to two thirds of the line, or it would hide what they tell. */
static void put_row(const struct menu *menu, size_t number, struct text *out, enum style *style)
{
	struct text nowhere = {NULL, 0, 0};
	unsigned int columns = menu->view.width, most, left, details;
	bool is_selected = number == menu->row;
	struct row row = {0, 0, false, false};

	(void)rows_at(&menu->rows, number, &row);
	*style = is_selected ? STYLE_SELECTED : STYLE_PLAIN;
	put_marks(menu, &row, is_selected, out, &columns);
	if (row.folded != 0) {
		put_folded(menu, &row, out, &columns);
	} else {
		most = left = columns * 2 / 3;
		put_details(&menu->rows, row.entry, &left, &nowhere);
		details = most - left;
		columns -= details;
		view_put(out, entry_title(menu->rows.entries[row.entry]), &columns);
		put_details(&menu->rows, row.entry, &details, out);
		columns += details;
	}
	while (is_selected && columns-- > 0) /* its colour goes through to the end */
		text_add(out, " ");
}

static void put_title(const struct menu *menu, bool all_shown, struct text *out)
{
	char line[64];
	struct text text = TEXT(line);
	unsigned int columns = menu->view.width;

	text_add(&text, "  " BERTH_NAME);
	if (!all_shown)
		text_add(&text, "   %zu of %zu", menu->row + 1, rows_count(&menu->rows));
	view_say(out, line, &columns);
}

/* What the selected entry would start. */
static void put_detail(const struct menu *menu, struct text *out)
{
	static const char *const what[] = {[ENTRY_LINUX] = "linux ",
					   [ENTRY_EFI] = "efi ",
					   [ENTRY_UKI] = "uki ",
					   [ENTRY_UKI_URL] = "uki-url ",
					   [ENTRY_SETUP] = "a restart into firmware's setup",
					   [ENTRY_POWER_OFF] = "switches the machine off",
					   [ENTRY_REBOOT] = "a restart",
					   [ENTRY_KEYS] = "keys for Secure Boot, and a restart"};
	const struct row row = menu_selected_row(menu);
	const struct entry *entry = menu->rows.entries[row.entry];
	unsigned int columns = menu->view.width;

	view_say(out, "  ", &columns);
	if (row.folded != 0) {
		view_say(out, row.is_open ? "Enter closes the group" : "Enter opens the group", &columns);
		return;
	}
	view_say(out, what[entry->kind], &columns);
	if (entry->kind < ENTRY_SETUP)
		view_put(out, entry->program.length != 0 ? entry->program : word_of(entry->file_name), &columns);
	for (size_t i = 0; i < entry->n_initrds; i++) {
		view_say(out, i == 0 ? "  initrd " : " ", &columns);
		view_put(out, entry->initrd[i], &columns);
	}
	for (size_t i = 0; i < entry->n_options; i++) {
		view_say(out, i == 0 ? "  " : " ", &columns);
		view_put(out, entry->options[i], &columns);
	}
}

static void put_status(const struct menu *menu, struct text *out, enum style *style)
{
	char line[64];
	struct text text = TEXT(line);
	unsigned int columns = menu->view.width;

	view_say(out, "  ", &columns);
	if (menu->message[0] != '\0') {
		*style = menu->asks ? STYLE_WARNING : STYLE_PLAIN;
		view_say(out, menu->message, &columns);
	} else if (menu->counting) {
		text_add(&text, "Boots in %u s; any key stops that.", (unsigned int)menu->seconds_left);
		view_say(out, line, &columns);
	} else if (menu->failed != NULL) {
		*style = STYLE_WARNING;
		view_say(out, menu->failed->id, &columns);
		view_say(out, " failed: ", &columns);
		view_put(out, menu->reason, &columns);
	}
}

static void put_keys(const struct menu *menu, struct text *out)
{
	char line[96];
	struct text text = TEXT(line);
	unsigned int columns = menu->view.width;

	if (menu->keys != NULL) {
		view_say(out, menu->keys, &columns);
		return;
	}
	text_add(&text, "  Enter boot   %sx plan   p status   h help   %s", menu->has_editor ? "e edit   " : "",
		 menu->has_setup ? "Esc firmware" : "Q leave");
	view_say(out, line, &columns);
}

unsigned int menu_status_line(const struct menu *menu)
{
	struct division d = divide(menu);

	return (unsigned int)(d.frame ? d.above + 2 + d.shown + 2 : d.shown);
}

bool menu_line(const struct menu *menu, unsigned int line, struct text *out, enum style *style)
{
	struct division d = divide(menu);
	unsigned int status = menu_status_line(menu), first = d.frame ? d.above + 2 : 0;

	*style = STYLE_PLAIN;
	if (line >= first && line - first < d.shown) {
		put_row(menu, menu->top + line - first, out, style);
	} else if (d.foot && line == status) {
		put_status(menu, out, style);
	} else if (d.foot && line == status + 1) {
		*style = STYLE_DIM;
		put_keys(menu, out);
	} else if (d.frame && line == d.above) {
		*style = STYLE_TITLE;
		put_title(menu, d.shown == rows_count(&menu->rows), out);
	} else if (d.frame && line + 1 == status) {
		*style = STYLE_DIM;
		put_detail(menu, out);
	} else {
		return d.frame && line < status;
	}
	return true;
}

const char menu_help[] =
    "Up, Down, k, j        choose; Home, End and the Page keys move further, 1 to 9 pick a row\n"
    "l, w, a, s            the next Linux, Windows, macOS, shell\n"
    "Enter, Right          boots what is chosen, or opens a group; Left closes it\n"
    "e                     edits the command line for this boot\n"
    "x                     shows where each part would lie in memory, and by which rule\n"
    "p                     shows what firmware, loader.conf and variables say\n"
    "\n"
    "d                     this entry is preferred, or no longer: it boots by itself as long as it has tries\n"
    "D                     this entry is the default, or no longer\n"
    "t or +, T or -        the menu's seconds, kept in firmware's variables as d and D are\n"
    "r, R                  the next console mode, and back to that of loader.conf\n"
    "L, Ctrl-l             draws the screen again\n"
    "v                     the version\n"
    "\n"
    "Esc, f, F2, F10, Del  asks, and restarts into firmware's setup\n"
    "B, O, Q               a restart, power off, back to firmware\n";
