/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu does what its last line says, on consoles of any size, with any number of entries; and no title, whatever
 * bytes it holds, does anything to the console but stand in its line.
 */
#include "given.h"

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

/* Draws the first @n entries into screen. */
static void draw(size_t n, size_t selected, uint32_t seconds, unsigned int columns, unsigned int rows)
{
	size_t room = MENU_LINE_ROOM(columns == 0 ? 1 : columns), used = 0;
	char *line = malloc(room);
	struct menu menu;

	screen[0] = '\0';
	menu_open(&menu, list, n, selected, seconds);
	if (reason != NULL)
		menu_tell(&menu, list[selected], reason);
	for (unsigned int i = 0;; i++) {
		struct text text = {line, room, 0};

		line[0] = '\0';
		if (!menu_line(&menu, columns, rows, i, &text))
			break;
		assert_false(text_cut(&text));
		assert_true(text.used > 0 && line[text.used - 1] == '\n' && used + text.used < sizeof(screen));
		memcpy(screen + used, line, text.used + 1);
		used += text.used;
	}
	free(line);
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
		enum menu_key key;
		uint32_t character;
		size_t to; /* of 30 */
	} row[] = {
	    {5, KEY_UP, 0, 4},		{0, KEY_UP, 0, 0},	     {5, KEY_DOWN, 0, 6},     {29, KEY_DOWN, 0, 29},
	    {5, KEY_HOME, 0, 0},	{5, KEY_END, 0, 29},	     {15, KEY_PAGE_UP, 0, 5}, {5, KEY_PAGE_UP, 0, 0},
	    {15, KEY_PAGE_DOWN, 0, 25}, {25, KEY_PAGE_DOWN, 0, 29},  {5, KEY_OTHER, 'j', 6},  {29, KEY_OTHER, 'j', 29},
	    {5, KEY_OTHER, 'k', 4},	{0, KEY_OTHER, 'k', 0},	     {5, KEY_OTHER, '1', 0},  {5, KEY_OTHER, '9', 8},
	    {5, KEY_OTHER, '0', 5},	{5, KEY_OTHER, ':', 5},	     {5, KEY_OTHER, '/', 5},  {5, KEY_OTHER, 'x', 5},
	    {5, KEY_OTHER, 0, 5},	{5, KEY_OTHER, 0x10ffff, 5}, {5, KEY_NONE, 'j', 5},   {5, KEY_UP, 'j', 4},
	};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		menu_open(&menu, list, 30, row[i].from, TIMEOUT_FOREVER);
		assert_int_equal(menu_press(&menu, row[i].key, row[i].character), MENU_STAY);
		if (menu.selected != row[i].to)
			fail_msg("row %zu: %zu instead of %zu", i, menu.selected, row[i].to);
	}
}

static void a_digit_without_an_entry_chooses_nothing(void **state)
{
	struct menu menu;

	(void)state;
	menu_open(&menu, list, 3, 1, TIMEOUT_FOREVER);
	(void)menu_press(&menu, KEY_OTHER, '4');
	assert_int_equal(menu.selected, 1);
	(void)menu_press(&menu, KEY_OTHER, '3');
	assert_int_equal(menu.selected, 2);
}

static void one_entry_stays_selected_whatever_is_pressed(void **state)
{
	struct menu menu;

	(void)state;
	menu_open(&menu, list, 1, 0, TIMEOUT_FOREVER);
	for (int key = KEY_NONE; key <= KEY_OTHER; key++) {
		(void)menu_press(&menu, (enum menu_key)key, 'j');
		assert_int_equal(menu.selected, 0);
	}
}

static void enter_boots_what_is_selected_and_escape_leaves(void **state)
{
	struct menu menu;

	(void)state;
	menu_open(&menu, list, 3, 1, 5);
	(void)menu_press(&menu, KEY_DOWN, 0);
	assert_int_equal(menu_press(&menu, KEY_ENTER, '\r'), MENU_BOOT);
	assert_int_equal(menu.selected, 2);
	assert_int_equal(menu_press(&menu, KEY_GONE, 0), MENU_BOOT);
	assert_int_equal(menu.selected, 2);
	assert_int_equal(menu_press(&menu, KEY_ESCAPE, 0), MENU_LEAVE);
	menu_open(&menu, list, 3, 99, 5);
	assert_int_equal(menu.selected, 0);
	menu_open(&menu, list, 3, 3, 5);
	assert_int_equal(menu.selected, 0);
}

/* ---- countdown ---- */

static void the_countdown_boots_when_it_ends(void **state)
{
	struct menu menu;

	(void)state;
	menu_open(&menu, list, 3, 1, 3);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu.seconds_left, 1);
	assert_int_equal(menu_tick(&menu), MENU_BOOT);
	assert_int_equal(menu.selected, 1);
	menu_open(&menu, list, 3, 1, 0);
	assert_int_equal(menu_tick(&menu), MENU_BOOT);
}

static void any_key_stops_the_countdown_and_no_key_does_not(void **state)
{
	struct menu menu;

	(void)state;
	for (int key = KEY_NONE; key <= KEY_OTHER; key++) {
		menu_open(&menu, list, 3, 1, 1);
		(void)menu_press(&menu, (enum menu_key)key, 0);
		assert_int_equal(menu.counting, key == KEY_NONE);
		assert_int_equal(menu_tick(&menu), key == KEY_NONE ? MENU_BOOT : MENU_STAY);
	}
}

static void for_ever_is_no_countdown(void **state)
{
	struct menu menu;

	(void)state;
	menu_open(&menu, list, 3, 1, TIMEOUT_FOREVER);
	assert_false(menu.counting);
	for (int i = 0; i < 100; i++)
		assert_int_equal(menu_tick(&menu), MENU_STAY);
	draw(3, 0, TIMEOUT_FOREVER, 80, 25);
	assert_null(strstr(screen, "Boots in"));
}

/* ---- screen ---- */

static void the_screen_shows_titles_marker_countdown_and_keys(void **state)
{
	(void)state;
	draw(3, 1, 5, 80, 25);
	assert_string_equal(screen, "Berth\n"
				    "\n"
				    "    entry 0\n"
				    "  > entry 1\n"
				    "    entry 2\n"
				    "\n"
				    "Boots in 5 s; any key stops that.\n"
				    "Up/Down choose   Enter boot   Esc firmware\n");
}

/* It stands where else the countdown does, in one line, and is the console's no more than a title is. */
static void a_menu_after_a_failure_says_which_entry_failed_and_why(void **state)
{
	(void)state;
	reason = "\\vmlinuz: no such file on the volume\n  rule X1: one";
	draw(3, 1, TIMEOUT_FOREVER, 80, 25);
	assert_string_equal(screen, "Berth\n"
				    "\n"
				    "    entry 0\n"
				    "  > entry 1\n"
				    "    entry 2\n"
				    "\n"
				    "1.conf failed: \\vmlinuz: no such file on the volume\n"
				    "Up/Down choose   Enter boot   Esc firmware\n");
	draw(3, 1, 5, 80, 25);
	expect_line("Boots in 5 s; any key stops that.");
	draw(64, 3, TIMEOUT_FOREVER, 24, 4);
	assert_string_equal(screen, "  > entry 3\n3.conf failed: \\vmlinuz\nUp/Down choose   Enter \n");
	draw(64, 3, TIMEOUT_FOREVER, 40, 3);
	assert_string_equal(screen, "  > entry 3\n");
	reason = "\x1b[31m red";
	draw(1, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("0.conf failed: ?[31m red");
	reason = "";
	draw(1, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("0.conf failed: ");
	reason = NULL;
}

static void a_menu_longer_than_the_console_scrolls(void **state)
{
	(void)state;
	draw(64, 0, TIMEOUT_FOREVER, 80, 25);
	assert_memory_equal(screen, "Berth   1 of 64\n", 16);
	expect_line("  > entry 0");
	expect_line("    entry 18");
	assert_null(strstr(screen, "entry 19\n"));
	draw(64, 63, TIMEOUT_FOREVER, 80, 25);
	assert_memory_equal(screen, "Berth   64 of 64\n", 17);
	expect_line("    entry 45");
	expect_line("  > entry 63");
	draw(19, 18, TIMEOUT_FOREVER, 80, 25);
	assert_memory_equal(screen, "Berth\n", 6);
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
		if (width >= columns || lines >= rows)
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
				marker = strstr(screen, "  > ");
				assert_non_null(marker);
				assert_null(strstr(marker + 1, "  > "));
				if (columns >= 20 && selected != 7 && selected != 8) {
					char title[32];

					snprintf(title, sizeof(title), "entry %zu", selected);
					assert_memory_equal(marker + 4, title, strlen(title));
				}
			}
	reason = NULL;
}

static void a_console_of_a_few_rows_shows_entries_and_keys(void **state)
{
	(void)state;
	draw(64, 3, 9, 40, 5);
	assert_string_equal(screen, "    entry 2\n"
				    "  > entry 3\n"
				    "Boots in 9 s; any key stops that.\n"
				    "Up/Down choose   Enter boot   Esc firmw\n");
	draw(64, 3, 9, 40, 4);
	assert_string_equal(screen, "  > entry 3\n"
				    "Boots in 9 s; any key stops that.\n"
				    "Up/Down choose   Enter boot   Esc firmw\n");
	draw(64, 3, 9, 40, 3);
	assert_string_equal(screen, "  > entry 3\n");
	draw(64, 3, 9, 1, 1);
	assert_string_equal(screen, " \n");
	draw(64, 3, 9, 0, 0);
	assert_string_equal(screen, " \n");
	draw(64, 3, 9, 2, 2);
	assert_string_equal(screen, " \n");
	draw(64, 3, 9, 40, 8);
	assert_memory_equal(screen, "    entry 0\n", 12);
	draw(64, 3, 9, 40, 9);
	assert_memory_equal(screen, "Berth   4 of 64\n\n", 17);
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
	expect_line("  > Same  1\n    Same  2  (b.conf)\n    Same  2  (c.conf)\n    Same\n    Other");
}

static void two_entries_without_title_and_version_are_told_apart_by_id(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title Same\nlinux /k\n");
	given_entry(1, "b.conf", "title Same\nlinux /k\n");
	given_entry(2, "c.conf", "linux /k\n");
	draw(3, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("  > Same  (a.conf)\n    Same  (b.conf)\n    c.conf");
}

static void broken_entries_are_marked(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title A\n");
	given_entry(1, "b.conf", "title Same\nversion 1\n");
	given_entry(2, "c.conf", "title Same\nversion 2\nlinux /k\n");
	given_entry(3, "d.conf", "");
	draw(4, 0, TIMEOUT_FOREVER, 80, 25);
	expect_line("  > A  (broken)\n    Same  (broken)  1\n    Same  2\n    d.conf  (broken)");
}

static void a_long_title_gives_way_to_what_tells_it_apart(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title A long title of a distribution\nversion 1\nlinux /k\n");
	given_entry(1, "b.conf", "title A long title of a distribution\nversion 2\n");
	given_entry(2, "c.conf",
		    "title A long title of a distribution\nversion 3.0123456789-0123456789-0123456789\nlinux /k\n");
	draw(3, 2, TIMEOUT_FOREVER, 31, 25);
	expect_line("    A long title of a distr  1");
	expect_line("    A long title   (broken)  2"); /* two blanks begin what is added, and one ends the title */
	expect_line("  > A long ti  3.0123456789-01");
}

static void titles_are_cut_between_characters(void **state)
{
	(void)state;
	given_entry(0, "a.conf", "title \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\nlinux /k\n");
	given_entry(1, "b.conf", "title \xe6\xb8\xaf\xe6\xb8\xaf\xe6\xb8\xaf\nlinux /k\n");
	given_entry(2, "c.conf", "title a\xf0\x9f\x9a\xa2\xf0\x9f\x9a\xa2\nlinux /k\n");
	draw(3, 0, TIMEOUT_FOREVER, 8, 25);
	expect_line("  > \xc3\xa4\xc3\xb6\xc3\xbc\n    \xe6\xb8\xaf\n    a\xf0\x9f\x9a\xa2");
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
		snprintf(line, sizeof(line), "  > x%s", row[i][1]);
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
			entry[i] = (struct entry){.id = "id", .title = {bytes, (size_t)rand() % (size + 1)}};
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
			entry[i] = (struct entry){.title = word_of(title), .version = word_of("6.1")};
		for (size_t s = 0; s < COUNT_OF(size); s++)
			for (size_t selected = 0; selected < ENTRIES; selected += size[s][1] == 1000   ? 999
										  : selected % 10 == 9 ? 490
												       : 1) {
				const char *marker;

				draw(ENTRIES, selected, 9, size[s][0], size[s][1]);
				marker = strstr(screen, "  > ");
				assert_non_null(marker);
				assert_memory_equal(marker + 4, letter[l], strlen(letter[l]));
				assert_null(strstr(marker + 1, "  > "));
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, give_many)
	    TEST(each_key_moves_as_it_says),
	    TEST(a_digit_without_an_entry_chooses_nothing),
	    TEST(one_entry_stays_selected_whatever_is_pressed),
	    TEST(enter_boots_what_is_selected_and_escape_leaves),
	    TEST(the_countdown_boots_when_it_ends),
	    TEST(any_key_stops_the_countdown_and_no_key_does_not),
	    TEST(for_ever_is_no_countdown),
	    TEST(the_screen_shows_titles_marker_countdown_and_keys),
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
