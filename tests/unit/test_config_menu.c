/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu does what its last line says, on consoles of any size, with any number of entries; and no title, whatever
 * bytes it holds, does anything to the console but stand in its line.
 */
#include "given.h"

#include "../../base/version.h"
#include "../../config/menu.h"

#define ENTRIES 1000

static struct entry entry[ENTRIES];
static struct entry *list[ENTRIES];
static char screen[4 << 20];

static void given_entry(size_t index, const char *file_name, const char *text)
{
	struct fail why;

	(void)entry_parse(&entry[index], file_name, text, strlen(text), &why);
	list[index] = &entry[index];
}

static int give_many(void **state)
{
	static char text[ENTRIES][64];

	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%zu.conf", i);
		snprintf(text[i], sizeof(text[i]), "title entry %zu\nlinux /k\n", i);
		given_entry(i, name, text[i]);
	}
	return 0;
}

static const char *reason; /* why the selected one did not boot; NULL: nothing failed */

static struct view view;

/* Opens a menu of the first @n entries, on a console of this size. */
static void open_menu(struct menu *menu, size_t n, size_t selected, uint32_t seconds, unsigned int columns,
		      unsigned int rows)
{
	const struct rows all = {list, n, 0, n};

	view = view_of(columns, rows);
	menu_open(menu, &all, selected, seconds, view);
	menu->has_setup = menu->has_editor = true;
	if (reason != NULL)
		menu_tell(menu, list[selected], reason);
}

/* Into screen, without the blanks at the ends of lines, and the blank lines above. */
static void draw_menu(const struct menu *menu)
{
	size_t room = VIEW_LINE_ROOM(menu->view.width), used = 0;
	char *line = malloc(room);

	screen[0] = '\0';
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
		memcpy(screen + used, line, text.used);
		used += text.used;
		memcpy(screen + used++, "\n", 2);
		assert_true(used < sizeof(screen) - room);
	}
	free(line);
}

static void draw(size_t n, size_t selected, uint32_t seconds, unsigned int columns, unsigned int rows)
{
	struct menu menu;

	open_menu(&menu, n, selected, seconds, columns, rows);
	draw_menu(&menu);
}

static enum menu_result press(struct menu *menu, enum key key, uint32_t character)
{
	return menu_press(menu, &(struct key_press){key, character, false, false});
}

static enum menu_result type(struct menu *menu, uint32_t character)
{
	return press(menu, KEY_CHARACTER, character);
}

static void expect_line(const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (strstr(screen, whole) == NULL)
		fail_msg("no line \"%s\" in\n%s", line, screen);
}

/* ---- keys ---- */

static void each_key_moves_as_it_says(void **state)
{
	static const struct {
		size_t from;
		enum key key;
		uint32_t character;
		size_t to; /* of 30, of which 19 are on the screen */
	} row[] = {
	    {5, KEY_UP, 0, 4},		{0, KEY_UP, 0, 0},	    {5, KEY_DOWN, 0, 6},
	    {29, KEY_DOWN, 0, 29},	{5, KEY_HOME, 0, 0},	    {5, KEY_END, 0, 29},
	    {20, KEY_PAGE_UP, 0, 2},	{5, KEY_PAGE_UP, 0, 0},	    {5, KEY_PAGE_DOWN, 0, 23},
	    {25, KEY_PAGE_DOWN, 0, 29}, {5, KEY_CHARACTER, 'j', 6}, {29, KEY_CHARACTER, 'J', 29},
	    {5, KEY_CHARACTER, 'k', 4}, {0, KEY_CHARACTER, 'K', 0}, {5, KEY_CHARACTER, '1', 0},
	    {5, KEY_CHARACTER, '9', 8}, {5, KEY_CHARACTER, '0', 5}, {5, KEY_CHARACTER, ':', 5},
	    {5, KEY_CHARACTER, '/', 5}, {5, KEY_CHARACTER, 'z', 5}, {5, KEY_CHARACTER, 0x10ffff, 5},
	    {5, KEY_NONE, 'j', 5},	{5, KEY_UP, 'j', 4},	    {5, KEY_OTHER, 'j', 5},
	    {5, KEY_LEFT, 0, 5},	{5, KEY_TAB, 0, 5},
	};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		open_menu(&menu, 30, row[i].from, TIMEOUT_FOREVER, 80, 25);
		assert_int_equal(press(&menu, row[i].key, row[i].character), MENU_STAY);
		if (menu_chosen(&menu) != row[i].to)
			fail_msg("row %zu: %zu instead of %zu", i, menu_chosen(&menu), row[i].to);
	}
	open_menu(&menu, 30, 5, TIMEOUT_FOREVER, 80, 25);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, '>', false, true}), MENU_STAY);
	assert_int_equal(menu_chosen(&menu), 29);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, '<', false, true}), MENU_STAY);
	assert_int_equal(menu_chosen(&menu), 0);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, 'j', false, true}), MENU_STAY);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, 'j', true, false}), MENU_STAY);
	assert_int_equal(menu_chosen(&menu), 0);
}

static void keys_that_lead_elsewhere_do(void **state)
{
	static const struct {
		enum key key;
		uint32_t character;
		enum menu_result result;
	} row[] = {
	    {KEY_ENTER, 0, MENU_BOOT},
	    {KEY_RIGHT, 0, MENU_BOOT},
	    {KEY_F3, 0, MENU_BOOT},
	    {KEY_GONE, 0, MENU_BOOT},
	    {KEY_F1, 0, MENU_HELP},
	    {KEY_CHARACTER, 'h', MENU_HELP},
	    {KEY_CHARACTER, 'H', MENU_HELP},
	    {KEY_CHARACTER, '?', MENU_HELP},
	    {KEY_CHARACTER, 'p', MENU_STATUS},
	    {KEY_CHARACTER, 'P', MENU_STATUS},
	    {KEY_CHARACTER, 'x', MENU_PLAN},
	    {KEY_CHARACTER, 'X', MENU_PLAN},
	    {KEY_CHARACTER, 'e', MENU_EDIT},
	    {KEY_CHARACTER, 'E', MENU_EDIT},
	    {KEY_CHARACTER, 'L', MENU_REDRAW},
	    {KEY_CHARACTER, 'r', MENU_NEXT_MODE},
	    {KEY_CHARACTER, 'R', MENU_RESET_MODE},
	    {KEY_CHARACTER, 'Q', MENU_LEAVE},
	    {KEY_CHARACTER, 'q', MENU_STAY},
	    {KEY_CHARACTER, 'o', MENU_STAY},
	    {KEY_CHARACTER, 'b', MENU_STAY},
	};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		open_menu(&menu, 3, 1, 5, 80, 25);
		if (press(&menu, row[i].key, row[i].character) != row[i].result)
			fail_msg("row %zu", i);
		assert_int_equal(menu_chosen(&menu), 1);
	}
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, 'l', true, false}), MENU_REDRAW);
	assert_int_equal(type(&menu, 'O'), MENU_DO);
	assert_int_equal(menu.action, ENTRY_POWER_OFF);
	assert_int_equal(type(&menu, 'B'), MENU_DO);
	assert_int_equal(menu.action, ENTRY_REBOOT);
	open_menu(&menu, 3, 99, 5, 80, 25);
	assert_int_equal(menu_chosen(&menu), 0);
	open_menu(&menu, 3, 3, 5, 80, 25);
	assert_int_equal(menu_chosen(&menu), 0);
}

/* systemd-boot asks first, and any key but Enter is no. */
static void firmwares_setup_is_asked_for_twice(void **state)
{
	static const struct key_press asks[] = {{KEY_ESCAPE, 0, false, false},	    {KEY_F2, 0, false, false},
						{KEY_F10, 0, false, false},	    {KEY_DELETE, 0, false, false},
						{KEY_CHARACTER, 'f', false, false}, {KEY_CHARACTER, 'F', false, false}};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(asks); i++) {
		open_menu(&menu, 3, 1, 5, 80, 25);
		assert_int_equal(menu_press(&menu, &asks[i]), MENU_STAY);
		draw_menu(&menu);
		expect_line("  Enter restarts into firmware's setup; any other key does not.");
		assert_int_equal(press(&menu, KEY_NONE, 0), MENU_STAY);
		assert_int_equal(press(&menu, KEY_ENTER, 0), MENU_DO);
		assert_int_equal(menu.action, ENTRY_SETUP);
		(void)menu_press(&menu, &asks[i]);
		assert_int_equal(type(&menu, 'j'), MENU_STAY); /* no, and it moves nothing */
		assert_int_equal(menu_chosen(&menu), 1);
		assert_int_equal(press(&menu, KEY_ENTER, 0), MENU_BOOT);
		(void)menu_press(&menu, &asks[i]);
		assert_int_equal(press(&menu, KEY_GONE, 0), MENU_BOOT);
		menu.has_setup = false;
		(void)menu_press(&menu, &asks[i]);
		draw_menu(&menu);
		expect_line("  this firmware has no setup that a loader can ask for; Q leaves to firmware");
		assert_int_equal(press(&menu, KEY_ENTER, 0), MENU_BOOT);
	}
}

static void the_editor_is_only_for_what_has_a_command_line(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	menu.has_editor = false;
	assert_int_equal(type(&menu, 'e'), MENU_STAY);
	draw_menu(&menu);
	expect_line("  loader.conf says `editor no`");
	assert_null(strstr(screen, "e edit"));
	menu.has_editor = true;
	list[1]->broken = true;
	assert_int_equal(type(&menu, 'e'), MENU_STAY);
	draw_menu(&menu);
	expect_line("  1.conf has no command line");
	list[1]->broken = false;
	list[1]->kind = ENTRY_SETUP;
	assert_int_equal(type(&menu, 'e'), MENU_STAY);
	list[1]->kind = ENTRY_EFI;
	assert_int_equal(type(&menu, 'e'), MENU_EDIT);
}

static void expect_message(struct menu *menu, const char *line)
{
	draw_menu(menu);
	expect_line(line);
}

static void the_ring_of_timeouts_is_systemd_boots(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	(void)type(&menu, 'T');
	expect_message(&menu, "  timeout: what loader.conf says");
	assert_false(menu.settings.has_timeout);
	(void)type(&menu, 't');
	expect_message(&menu, "  timeout: the menu waits for a key (menu-force)");
	(void)type(&menu, '+');
	expect_message(&menu, "  timeout: no menu unless a key is held (menu-hidden)");
	(void)type(&menu, 't');
	expect_message(&menu, "  timeout: 1 s");
	(void)type(&menu, '+');
	assert_true(menu.settings.has_timeout && menu.settings.timeout == 2);
	(void)type(&menu, '-');
	(void)type(&menu, 'T');
	assert_int_equal(menu.settings.timeout, TIMEOUT_NONE);
	(void)type(&menu, 'T');
	assert_int_equal(menu.settings.timeout, TIMEOUT_FOREVER);
	(void)type(&menu, '-');
	assert_false(menu.settings.has_timeout);
	menu.settings = (struct menu_settings){.has_timeout = true, .timeout = TIMEOUT_FOREVER - 1};
	(void)type(&menu, 't'); /* no further: the next number means another thing */
	assert_int_equal(menu.settings.timeout, TIMEOUT_FOREVER - 1);
}

static void d_sets_the_preferred_entry_and_the_default(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	assert_true(menu.settings.preferred == 3 && menu.settings.standard == 3);
	(void)type(&menu, 'd');
	expect_message(&menu, "  preferred: 1.conf, unless its tries are used up");
	(void)type(&menu, 'j');
	assert_null(strstr(menu.message, "preferred"));
	(void)type(&menu, 'D');
	expect_message(&menu, "  default: 2.conf");
	assert_true(menu.settings.preferred == 1 && menu.settings.standard == 2);
	(void)type(&menu, 'd');
	assert_int_equal(menu.settings.preferred, 2);
	(void)type(&menu, 'd');
	(void)type(&menu, 'D');
	expect_message(&menu, "  default: no longer set");
	assert_true(menu.settings.preferred == 3 && menu.settings.standard == 3);
}

static void letters_jump_to_the_next_of_a_kind(void **state)
{
	struct menu menu;

	(void)state;
	list[1]->kind = ENTRY_EFI;
	memcpy(list[1]->id, "auto-windows", sizeof("auto-windows"));
	list[2]->kind = ENTRY_UKI;
	list[3]->kind = ENTRY_EFI;
	memcpy(list[3]->id, "auto-osx", sizeof("auto-osx"));
	list[4]->kind = ENTRY_EFI;
	memcpy(list[4]->id, "auto-efi-shell", sizeof("auto-efi-shell"));
	open_menu(&menu, 5, 0, 5, 80, 25);
	(void)type(&menu, 'w');
	assert_int_equal(menu_chosen(&menu), 1);
	(void)type(&menu, 'w');
	assert_int_equal(menu_chosen(&menu), 1);
	(void)type(&menu, 'l');
	assert_int_equal(menu_chosen(&menu), 2);
	(void)type(&menu, 'l');
	assert_int_equal(menu_chosen(&menu), 0);
	(void)type(&menu, 's');
	assert_int_equal(menu_chosen(&menu), 4);
	(void)type(&menu, 'a');
	assert_int_equal(menu_chosen(&menu), 3);
	open_menu(&menu, 1, 0, 5, 80, 25);
	(void)type(&menu, 's');
	assert_int_equal(menu_chosen(&menu), 0);
}

static void one_entry_stays_selected_whatever_is_pressed(void **state)
{
	struct menu menu;

	(void)state;
	for (uint32_t character = 0; character < 0x80; character++) {
		open_menu(&menu, 1, 0, TIMEOUT_FOREVER, 80, 25);
		for (int key = KEY_NONE; key <= KEY_OTHER; key++) {
			(void)press(&menu, (enum key)key, character);
			assert_int_equal(menu_chosen(&menu), 0);
		}
	}
}

/* ---- countdown ---- */

static void the_countdown_boots_when_it_ends(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 3, 80, 25);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu.seconds_left, 1);
	assert_int_equal(menu_tick(&menu), MENU_BOOT);
	assert_int_equal(menu_chosen(&menu), 1);
	open_menu(&menu, 3, 1, 0, 80, 25);
	assert_int_equal(menu_tick(&menu), MENU_BOOT);
}

static void any_key_stops_the_countdown_and_no_key_does_not(void **state)
{
	struct menu menu;

	(void)state;
	for (int key = KEY_NONE; key <= KEY_OTHER; key++) {
		open_menu(&menu, 3, 1, 1, 80, 25);
		(void)press(&menu, (enum key)key, 0);
		assert_int_equal(menu.counting, key == KEY_NONE);
		assert_int_equal(menu_tick(&menu), key == KEY_NONE ? MENU_BOOT : MENU_STAY);
	}
}

static void for_ever_is_no_countdown(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, TIMEOUT_FOREVER, 80, 25);
	assert_false(menu.counting);
	for (int i = 0; i < 100; i++)
		assert_int_equal(menu_tick(&menu), MENU_STAY);
	draw_menu(&menu);
	assert_null(strstr(screen, "Boots in"));
}

/* ---- screen ---- */

static void the_screen_shows_titles_marker_countdown_and_keys(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	menu.boots_unasked = 2;
	draw_menu(&menu);
	assert_string_equal(screen, "  " BERTH_NAME "\n"
				    "\n"
				    "      entry 0\n"
				    "  >   entry 1\n"
				    "    * entry 2\n"
				    "\n"
				    "  linux /k\n"
				    "  Boots in 5 s; any key stops that.\n"
				    "  Enter boot   e edit   x plan   p status   h help   Esc firmware\n");
	menu.has_setup = menu.has_editor = false;
	draw_menu(&menu);
	expect_line("  Enter boot   x plan   p status   h help   Q leave");
}

static void a_line_tells_what_the_selected_entry_would_start(void **state)
{
	static const struct {
		const char *text, *line;
	} row[] = {
	    {"linux /k\ninitrd /a\ninitrd /b\noptions root=/dev/sda2\noptions quiet\n",
	     "  linux /k  initrd /a /b  root=/dev/sda2 quiet"},
	    {"efi /shell.efi\noptions -x\n", "  efi /shell.efi  -x"},
	    {"linux /a/path/that/is/longer/than/the/screen/has/columns/for/and/goes/on/and/on/and/on\n",
	     "  linux /a/path/that/is/longer/than/the/screen/has/columns/for/and/goes/on/a..."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_entry(0, "a.conf", row[i].text);
		draw(1, 0, 5, 80, 25);
		expect_line(row[i].line);
	}
	list[0]->kind = ENTRY_POWER_OFF;
	draw(1, 0, 5, 80, 25);
	expect_line("  switches the machine off");
}

/* Of a reason with several lines the first, and of that what a line of a screen holds. */
static void a_message_is_one_line(void **state)
{
	static char many[1024];
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, TIMEOUT_FOREVER, 200, 25);
	menu_say(&menu, "one\ntwo");
	expect_message(&menu, "  one");
	menu_say(&menu, "\x1b[2J");
	expect_message(&menu, "  ?[2J");
	for (size_t i = 0; i < 300; i++)
		memcpy(many + 3 * i, "\xe6\xb8\xaf", 4);
	menu_say(&menu, many);
	assert_int_equal(strlen(menu.message), 150); /* 50 of two columns each */
	(void)press(&menu, KEY_NONE, 0);
	assert_true(menu.message[0] != '\0');
	(void)press(&menu, KEY_OTHER, 0);
	assert_true(menu.message[0] == '\0');
}

/* It stands where else the countdown does, in one line, and is the console's no more than a title is. */
static void a_menu_after_a_failure_says_which_entry_failed_and_why(void **state)
{
	(void)state;
	reason = "\\vmlinuz: no such file on the volume\n  rule X1: one";
	draw(3, 1, TIMEOUT_FOREVER, 80, 25);
	expect_line("  1.conf failed: \\vmlinuz: no such file on the volume");
	draw(3, 1, 5, 80, 25);
	expect_line("  Boots in 5 s; any key stops that.");
	draw(64, 3, TIMEOUT_FOREVER, 26, 4);
	assert_string_equal(screen, "  >   entry 3\n  3.conf failed: \\vmli...\n  Enter boot   e edit ...\n");
	draw(64, 3, TIMEOUT_FOREVER, 40, 3);
	assert_string_equal(screen, "  >   entry 3\n");
	reason = "\x1b[31m red";
	draw(1, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("  0.conf failed: ?[31m red");
	reason = "";
	draw(1, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("  0.conf failed:");
	reason = NULL;
}

static void a_menu_longer_than_the_console_scrolls(void **state)
{
	struct menu menu;

	(void)state;
	draw(64, 0, TIMEOUT_FOREVER, 80, 25);
	assert_memory_equal(screen, "  " BERTH_NAME "   1 of 64\n", sizeof(BERTH_NAME) + 12);
	expect_line("  >   entry 0");
	expect_line("      entry 17");
	assert_null(strstr(screen, "entry 18\n"));
	open_menu(&menu, 64, 63, TIMEOUT_FOREVER, 80, 25);
	draw_menu(&menu);
	assert_non_null(strstr(screen, "   64 of 64\n"));
	expect_line("      entry 46");
	expect_line("  >   entry 63");
	/* It moves no more than the selection needs. */
	for (int i = 0; i < 17; i++)
		(void)press(&menu, KEY_UP, 0);
	draw_menu(&menu);
	expect_line("  >   entry 46");
	expect_line("      entry 63");
	(void)press(&menu, KEY_UP, 0);
	draw_menu(&menu);
	expect_line("  >   entry 45");
	assert_null(strstr(screen, "entry 63\n"));
	draw(18, 17, TIMEOUT_FOREVER, 80, 25);
	assert_null(strstr(screen, " of 18"));
	/* On a console that has grown or shrunk the selected one is still there. */
	menu_resize(&menu, view_of(80, 60));
	draw_menu(&menu);
	expect_line("  >   entry 45");
	expect_line("      entry 63");
	menu_resize(&menu, view_of(80, 5));
	draw_menu(&menu);
	expect_line("  >   entry 45");
}

/* Nobody reads lines of 240 characters: they stand in the middle, and so do the rows. */
static void a_wide_and_tall_console_has_the_menu_in_its_middle(void **state)
{
	struct text text;
	struct menu menu;
	enum style style;
	char line[1024] = "";

	(void)state;
	open_menu(&menu, 3, 1, 5, 240, 67);
	assert_true(menu.view.width == 96 && menu.view.indent == 71);
	for (unsigned int i = 0; i < 14; i++) {
		text = TEXT(line);
		line[0] = '\0';
		assert_true(menu_line(&menu, i, &text, &style));
		assert_int_equal(text.used, 0);
	}
	text = TEXT(line);
	assert_true(menu_line(&menu, 14, &text, &style));
	assert_int_equal(style, STYLE_TITLE);
	text = TEXT(line);
	assert_true(menu_line(&menu, 17, &text, &style));
	assert_int_equal(style, STYLE_SELECTED);
	assert_int_equal(text.used, 96); /* the bar goes through */
	assert_int_equal(menu_status_line(&menu), 21);
	text = TEXT(line);
	assert_true(menu_line(&menu, 21, &text, &style));
	assert_non_null(strstr(line, "Boots in"));
}

/* Columns as a reader counts them, for the titles here: one a character, two for those from U+2000 on. */
static void expect_fits(unsigned int columns, unsigned int rows)
{
	unsigned int lines = 0, width = 0;

	for (const char *c = screen; *c != '\0'; c++) {
		unsigned char byte = (unsigned char)*c;

		assert_true(byte == '\n' || (byte >= ' ' && byte != 0x7f));
		width = byte == '\n' ? 0 : width + (byte >= 0xe2 ? 2 : (byte & 0xc0) != 0x80);
		lines += byte == '\n';
		if (width > view.width || lines >= rows)
			fail_msg("%u columns, %u rows: line %u has %u columns", columns, rows, lines, width);
	}
}

static void the_menu_fits_every_console_and_shows_the_selected_entry(void **state)
{
	(void)state;
	given_entry(7, "broken.conf",
		    "title \xe6\xb8\xaf\xe6\xb8\xaf\xe6\xb8\xaf and a title that is too long for most of them\n");
	given_entry(8, "two.conf", "title entry 9\nversion 6.1.0-56-amd64-something-long\nlinux /k\n");
	reason = "a reason that is too long for most of them, \xe6\xb8\xaf\xe6\xb8\xaf, or for some of them at least";
	for (unsigned int rows = 2; rows < 80; rows++)
		for (unsigned int columns = 6; columns < 140; columns += rows % 7 + 1)
			for (size_t n = 1; n <= 64; n = n * 2 + 1) {
				size_t selected = (rows + columns) % n;
				char *marker;

				draw(n, selected, selected % 2 == 0 ? 9 : TIMEOUT_FOREVER, columns, rows);
				expect_fits(columns, rows);
				marker = strstr(screen, "  >");
				if (marker == NULL)
					fail_msg("%u by %u: %s", columns, rows, screen);
				assert_null(strstr(marker + 1, "  >"));
				if (columns >= 22 && selected != 7 && selected != 8) {
					char title[32];

					snprintf(title, sizeof(title), "entry %zu", selected);
					assert_memory_equal(marker + 6, title, strlen(title));
				}
			}
	reason = NULL;
}

static void a_console_of_a_few_rows_shows_entries_and_keys(void **state)
{
	(void)state;
	draw(64, 3, 9, 40, 5);
	assert_string_equal(screen, "      entry 2\n"
				    "  >   entry 3\n"
				    "  Boots in 9 s; any key stops that.\n"
				    "  Enter boot   e edit   x plan   p s...\n");
	draw(64, 3, 9, 40, 4);
	assert_string_equal(screen, "  >   entry 3\n"
				    "  Boots in 9 s; any key stops that.\n"
				    "  Enter boot   e edit   x plan   p s...\n");
	draw(64, 3, 9, 40, 3);
	assert_string_equal(screen, "  >   entry 3\n");
	draw(64, 3, 9, 1, 1);
	draw(64, 3, 9, 0, 0);
	draw(64, 3, 9, 2, 2);
	draw(64, 3, 9, 40, 9);
	assert_memory_equal(screen, "      entry 0\n", 14);
	draw(64, 3, 9, 40, 10);
	assert_memory_equal(screen, "  " BERTH_NAME "   4 of 64\n\n", sizeof(BERTH_NAME) + 13);
}

/* ---- titles ---- */

static void entries_of_one_title_are_told_apart(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title Same\nversion 1\nlinux /k\n");
	given_entry(1, "b.conf", "title Same\nversion 2\nlinux /k\n");
	given_entry(2, "c.conf", "title Same\nversion 2\nlinux /k\n");
	given_entry(3, "d.conf", "title Same\nlinux /k\n");
	given_entry(4, "e.conf", "title Other\nversion 1\nlinux /k\n");
	draw(5, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("  >   Same  1\n      Same  2  (b.conf)\n      Same  2  (c.conf)\n      Same\n      Other");
}

static void two_entries_without_title_and_version_are_told_apart_by_id(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title Same\nlinux /k\n");
	given_entry(1, "b.conf", "title Same\nlinux /k\n");
	given_entry(2, "c.conf", "linux /k\n");
	draw(3, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("  >   Same  (a.conf)\n      Same  (b.conf)\n      c.conf");
}

static void broken_entries_are_marked(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title A\n");
	given_entry(1, "b.conf", "title Same\nversion 1\n");
	given_entry(2, "c.conf", "title Same\nversion 2\nlinux /k\n");
	given_entry(3, "d.conf", "");
	draw(4, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("  >   A  (broken)\n      Same  (broken)  1\n      Same  2\n      d.conf  (broken)");
}

static void a_long_title_gives_way_to_what_tells_it_apart(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title A long title of a distribution\nversion 1\nlinux /k\n");
	given_entry(1, "b.conf", "title A long title of a distribution\nversion 2\n");
	given_entry(2, "c.conf",
		    "title A long title of a distribution\nversion 3.0123456789-0123456789-0123456789\nlinux /k\n");
	draw(3, 2, TIMEOUT_FOREVER, 33, 25);
	expect_line("      A long title of a di...  1");
	expect_line("      A long tit...  (broken)  2");
	expect_line("  >   A long...  3.0123456789...");
}

static void titles_are_cut_between_characters(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\nlinux /k\n");
	given_entry(1, "b.conf", "title \xe6\xb8\xaf\xe6\xb8\xaf\xe6\xb8\xaf\nlinux /k\n");
	given_entry(2, "c.conf", "title a\xf0\x9f\x9a\xa2\xf0\x9f\x9a\xa2\nlinux /k\n");
	draw(3, 0, TIMEOUT_FOREVER, 10, 25);
	expect_line("  >   ...\n      ...\n      ...");
	draw(3, 0, TIMEOUT_FOREVER, 12, 25);
	expect_line(
	    "  >   \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\n      \xe6\xb8\xaf...\n      a\xf0\x9f\x9a\xa2\xf0\x9f\x9a\xa2");
	draw(3, 0, TIMEOUT_FOREVER, 11, 25);
	expect_line("  >   \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\n      ...\n      a...");
}

static void titles_command_no_console(void **state)
{
	static const char *const row[][2] = {
	    {"\x1b[2J\x1b[31mred", "?[2J?[31mred"},
	    {"a\tb\x07\x08\x7f", "a?b???"},
	    {"\xc2\x9b"
	     "2J",
	     "?2J"},				      /* CSI as one character */
	    {"\xc2\xa0\xc3\xa4", "\xc2\xa0\xc3\xa4"}, /* the first that is no control character */
	    {"\x80\xbf\xff", "???"},		      /* no UTF-8: bytes that begin nothing */
	    {"\xc0\x9b[\xe0\x82\x9b", "??[???"},      /* ESC and CSI written too long */
	    {"\xed\xa0\x80", "???"},		      /* half a surrogate pair */
	    {"\xf4\x90\x80\x80", "????"},	      /* above U+10FFFF */
	    {"\xf0\x9f\x9a", "???"},		      /* ends too early */
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[64], line[64];

		snprintf(text, sizeof(text), "linux /k\ntitle x%s", row[i][0]);
		snprintf(line, sizeof(line), "  >   x%s", row[i][1]);
		given_entry(0, "a.conf", text);
		draw(1, 0, TIMEOUT_FOREVER, 80, 25);
		expect_line(line);
	}
}

static void random_titles_stay_in_their_lines(void **state)
{
	const char *given = getenv("SEED");
	unsigned int seed = given != NULL ? (unsigned int)strtoul(given, NULL, 0) : 20260101;

	(void)state;
	printf("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 3000; round++) {
		unsigned int columns = 6 + (unsigned int)rand() % 100, rows = 2 + (unsigned int)rand() % 40;
		size_t size = 1 + (size_t)rand() % 120, n = 1 + (size_t)rand() % 20;
		char *bytes = malloc(size);

		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)rand();
		for (size_t i = 0; i < n; i++) {
			entry[i] =
			    (struct entry){.id = "id", .file_name = "f", .title = {bytes, (size_t)rand() % (size + 1)}};
			entry[i].version = (struct word){bytes, (size_t)rand() % (size + 1)};
			entry[i].broken = rand() % 2 == 0;
			list[i] = &entry[i];
		}
		draw(n, (size_t)rand() % n, rand() % 2 == 0 ? TIMEOUT_FOREVER : 9, columns, rows);
		expect_fits(columns, rows);
		free(bytes);
	}
}

/* Titles in other scripts, of three and four bytes a character and one or two columns, on large screens and small. */
static void no_number_of_bytes_hides_the_selected_entry(void **state)
{
	static const char *const letter[] = {"\xe0\xa4\x95", "\xe6\xb8\xaf", "\xf0\x9f\x90\xa7", "\xe1\x83\xbf"};
	static const unsigned int size[][2] = {{1000, 1000}, {240, 67}, {80, 25}, {20, 5}, {1000, 5}, {20, 1000}};
	static char title[1024];

	(void)state;
	for (size_t l = 0; l < COUNT_OF(letter); l++) {
		title[0] = '\0';
		for (size_t i = 0; i < 250; i++)
			memcpy(title + i * strlen(letter[l]), letter[l], strlen(letter[l]) + 1);
		for (size_t i = 0; i < ENTRIES; i++)
			entry[i] = (struct entry){.file_name = "f", .title = word_of(title), .version = word_of("6.1")};
		for (size_t s = 0; s < COUNT_OF(size); s++)
			for (size_t selected = 0; selected < ENTRIES; selected += size[s][1] == 1000   ? 999
										  : selected % 10 == 9 ? 490
												       : 1) {
				const char *marker;

				draw(ENTRIES, selected, 9, size[s][0], size[s][1]);
				marker = strstr(screen, "  > ");
				assert_non_null(marker);
				assert_memory_equal(marker + 6, letter[l], strlen(letter[l]));
				assert_null(strstr(marker + 1, "  > "));
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, give_many)
	    TEST(each_key_moves_as_it_says),
	    TEST(keys_that_lead_elsewhere_do),
	    TEST(firmwares_setup_is_asked_for_twice),
	    TEST(the_editor_is_only_for_what_has_a_command_line),
	    TEST(the_ring_of_timeouts_is_systemd_boots),
	    TEST(d_sets_the_preferred_entry_and_the_default),
	    TEST(letters_jump_to_the_next_of_a_kind),
	    TEST(one_entry_stays_selected_whatever_is_pressed),
	    TEST(the_countdown_boots_when_it_ends),
	    TEST(any_key_stops_the_countdown_and_no_key_does_not),
	    TEST(for_ever_is_no_countdown),
	    TEST(the_screen_shows_titles_marker_countdown_and_keys),
	    TEST(a_message_is_one_line),
	    TEST(a_line_tells_what_the_selected_entry_would_start),
	    TEST(a_wide_and_tall_console_has_the_menu_in_its_middle),
	    TEST(a_menu_after_a_failure_says_which_entry_failed_and_why),
	    TEST(a_menu_longer_than_the_console_scrolls),
	    TEST(the_menu_fits_every_console_and_shows_the_selected_entry),
	    TEST(a_console_of_a_few_rows_shows_entries_and_keys),
	    TEST(entries_of_one_title_are_told_apart),
	    TEST(two_entries_without_title_and_version_are_told_apart_by_id),
	    TEST(broken_entries_are_marked),
	    TEST(a_long_title_gives_way_to_what_tells_it_apart),
	    TEST(titles_are_cut_between_characters),
	    TEST(titles_command_no_console),
	    TEST(no_number_of_bytes_hides_the_selected_entry),
	    TEST(random_titles_stay_in_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
