/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the menu looks like on consoles of any size, with any number of entries; and no title, whatever bytes it holds,
 * does anything to the console but stand in its line.
 */
#include "shown_menu.h"

#include <locale.h>

#include "../../base/utf8.h"
#include "../../base/version.h"

/* ---- screen ---- */

static void the_screen_shows_titles_marker_countdown_and_keys(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	menu.boots_unasked = 2;
	draw_menu(&menu);
	assert_string_equal(shown.screen, "  " BERTH_NAME "\n"
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
	expect_menu_line("  Enter boot   x plan   p status   h help   Q leave");
	menu.keys = "  Enter takes it   Esc back";
	draw_menu(&menu);
	expect_menu_line("  Enter takes it   Esc back");
}

static void a_row_tells_how_many_it_stands_for(void **state)
{
	struct rows rows = {shown.list, 4, 2, 4};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		given_menu_entry(i, "a.conf", i < 3 ? "title T\nsort-key debian\nlinux /k\n" : "title U\nlinux /k\n");
	shown.view = view_of(80, 25);
	menu_open(&menu, &rows, 0, TIMEOUT_NONE, shown.view);
	draw_menu(&menu);
	expect_menu_line("      + 2 more of debian");
	rows_show(&menu.rows, 1);
	draw_menu(&menu);
	expect_menu_line("      - 2 more of debian");
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
		given_menu_entry(0, "a.conf", row[i].text);
		draw_new_menu(1, 0, 5, 80, 25);
		expect_menu_line(row[i].line);
	}
	shown.list[0]->kind = ENTRY_POWER_OFF;
	draw_new_menu(1, 0, 5, 80, 25);
	expect_menu_line("  switches the machine off");
}

/* Of a reason with several lines the first, and of that what a line of a screen holds. */
static void a_message_is_one_line(void **state)
{
	static char many[1024];
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, TIMEOUT_FOREVER, 200, 25);
	menu_say(&menu, "one\ntwo");
	expect_menu_message(&menu, "  one");
	menu_say(&menu, "\x1b[2J");
	expect_menu_message(&menu, "  ?[2J");
	for (size_t i = 0; i < 300; i++)
		memcpy(many + 3 * i, "\xe6\xb8\xaf", 4);
	menu_say(&menu, many);
	assert_int_equal(strlen(menu.message), 150); /* 50 of two columns each */
	(void)press_key(&menu, KEY_NONE, 0);
	assert_true(menu.message[0] != '\0');
	(void)press_key(&menu, KEY_OTHER, 0);
	assert_true(menu.message[0] == '\0');
}

/* It stands where else the countdown does, in one line, and is the console's no more than a title is. */
static void a_menu_after_a_failure_says_which_entry_failed_and_why(void **state)
{
	(void)state;
	shown.reason = "\\vmlinuz: no such file on the volume\n  rule X1: one";
	draw_new_menu(3, 1, TIMEOUT_FOREVER, 80, 25);
	expect_menu_line("  1.conf failed: \\vmlinuz: no such file on the volume");
	draw_new_menu(3, 1, 5, 80, 25);
	expect_menu_line("  Boots in 5 s; any key stops that.");
	draw_new_menu(64, 3, TIMEOUT_FOREVER, 26, 4);
	assert_string_equal(shown.screen, "  >   entry 3\n  3.conf failed: \\vmli...\n  Enter boot   e edit ...\n");
	draw_new_menu(64, 3, TIMEOUT_FOREVER, 40, 3);
	assert_string_equal(shown.screen, "  >   entry 3\n");
	shown.reason = "\x1b[31m red";
	draw_new_menu(1, 0, TIMEOUT_FOREVER, 80, 25);
	expect_menu_line("  0.conf failed: ?[31m red");
	shown.reason = "";
	draw_new_menu(1, 0, TIMEOUT_FOREVER, 80, 25);
	expect_menu_line("  0.conf failed:");
	shown.reason = NULL;
}

static void a_menu_longer_than_the_console_scrolls(void **state)
{
	struct menu menu;

	(void)state;
	draw_new_menu(64, 0, TIMEOUT_FOREVER, 80, 25);
	assert_memory_equal(shown.screen, "  " BERTH_NAME "   1 of 64\n", sizeof(BERTH_NAME) + 12);
	expect_menu_line("  >   entry 0");
	expect_menu_line("      entry 17");
	assert_null(strstr(shown.screen, "entry 18\n"));
	open_menu(&menu, 64, 63, TIMEOUT_FOREVER, 80, 25);
	draw_menu(&menu);
	assert_non_null(strstr(shown.screen, "   64 of 64\n"));
	expect_menu_line("      entry 46");
	expect_menu_line("  >   entry 63");
	/* It moves no more than the selection needs. */
	for (int i = 0; i < 17; i++)
		(void)press_key(&menu, KEY_UP, 0);
	draw_menu(&menu);
	expect_menu_line("  >   entry 46");
	expect_menu_line("      entry 63");
	(void)press_key(&menu, KEY_UP, 0);
	draw_menu(&menu);
	expect_menu_line("  >   entry 45");
	assert_null(strstr(shown.screen, "entry 63\n"));
	draw_new_menu(18, 17, TIMEOUT_FOREVER, 80, 25);
	assert_null(strstr(shown.screen, " of 18"));
	/* On a console that has grown or shrunk the selected one is still there. */
	menu_resize(&menu, view_of(80, 60));
	draw_menu(&menu);
	expect_menu_line("  >   entry 45");
	expect_menu_line("      entry 63");
	menu_resize(&menu, view_of(80, 5));
	draw_menu(&menu);
	expect_menu_line("  >   entry 45");
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

/* The C library's, by Unicode's tables; declared here as it is there, where wchar_t has 32 bits. */
int wcwidth(int code);

/* Columns as a terminal of this machine counts them. */
static void expect_fits(unsigned int columns, unsigned int rows)
{
	unsigned int lines = 0, width = 0;

	for (const char *c = shown.screen; *c != '\0';) {
		unsigned char byte = (unsigned char)*c;
		uint32_t code = 0;
		size_t length = utf8_next(c, strlen(c), &code);
		int more = wcwidth((int)code);

		assert_true(length != 0 && (byte == '\n' || (byte >= ' ' && byte != 0x7f)));
		c += length;
		width = byte == '\n' ? 0 : width + (more > 0 ? (unsigned int)more : 0);
		lines += byte == '\n';
		if (width > shown.view.width || lines >= rows)
			fail_msg("%u columns, %u rows: line %u has %u columns", columns, rows, lines, width);
	}
}

static void the_menu_fits_every_console_and_shows_the_selected_entry(void **state)
{
	(void)state;
	given_menu_entry(7, "broken.conf",
			 "title \xe6\xb8\xaf\xe6\xb8\xaf\xe6\xb8\xaf and a title that is too long for most of them\n");
	given_menu_entry(8, "two.conf", "title entry 9\nversion 6.1.0-56-amd64-something-long\nlinux /k\n");
	shown.reason =
	    "a reason that is too long for most of them, \xe6\xb8\xaf\xe6\xb8\xaf, or for some of them at least";
	for (unsigned int rows = 2; rows < 80; rows++)
		for (unsigned int columns = 6; columns < 140; columns += rows % 7 + 1)
			for (size_t n = 1; n <= 64; n = n * 2 + 1) {
				size_t selected = (rows + columns) % n;
				char *marker;

				draw_new_menu(n, selected, selected % 2 == 0 ? 9 : TIMEOUT_FOREVER, columns, rows);
				expect_fits(columns, rows);
				marker = strstr(shown.screen, "  >");
				if (marker == NULL)
					fail_msg("%u by %u: %s", columns, rows, shown.screen);
				assert_null(strstr(marker + 1, "  >"));
				if (columns >= 22 && selected != 7 && selected != 8) {
					char title[32];

					snprintf(title, sizeof(title), "entry %zu", selected);
					assert_memory_equal(marker + 6, title, strlen(title));
				}
			}
	shown.reason = NULL;
}

static void a_console_of_a_few_rows_shows_entries_and_keys(void **state)
{
	(void)state;
	draw_new_menu(64, 3, 9, 40, 5);
	assert_string_equal(shown.screen, "      entry 2\n"
					  "  >   entry 3\n"
					  "  Boots in 9 s; any key stops that.\n"
					  "  Enter boot   e edit   x plan   p s...\n");
	draw_new_menu(64, 3, 9, 40, 4);
	assert_string_equal(shown.screen, "  >   entry 3\n"
					  "  Boots in 9 s; any key stops that.\n"
					  "  Enter boot   e edit   x plan   p s...\n");
	draw_new_menu(64, 3, 9, 40, 3);
	assert_string_equal(shown.screen, "  >   entry 3\n");
	draw_new_menu(64, 3, 9, 1, 1);
	draw_new_menu(64, 3, 9, 0, 0);
	draw_new_menu(64, 3, 9, 2, 2);
	draw_new_menu(64, 3, 9, 40, 9);
	assert_memory_equal(shown.screen, "      entry 0\n", 14);
	draw_new_menu(64, 3, 9, 40, 10);
	assert_memory_equal(shown.screen, "  " BERTH_NAME "   4 of 64\n\n", sizeof(BERTH_NAME) + 13);
}

/* ---- titles ---- */

static void entries_of_one_title_are_told_apart(void **state)
{
	(void)state;
	given_menu_entry(0, "a.conf", "title Same\nversion 1\nlinux /k\n");
	given_menu_entry(1, "b.conf", "title Same\nversion 2\nlinux /k\n");
	given_menu_entry(2, "c.conf", "title Same\nversion 2\nlinux /k\n");
	given_menu_entry(3, "d.conf", "title Same\nlinux /k\n");
	given_menu_entry(4, "e.conf", "title Other\nversion 1\nlinux /k\n");
	draw_new_menu(5, 0, TIMEOUT_FOREVER, 80, 25);
	expect_menu_line("  >   Same  1\n      Same  2  (b.conf)\n      Same  2  (c.conf)\n      Same\n      Other");
}

static void two_entries_without_title_and_version_are_told_apart_by_id(void **state)
{
	(void)state;
	given_menu_entry(0, "a.conf", "title Same\nlinux /k\n");
	given_menu_entry(1, "b.conf", "title Same\nlinux /k\n");
	given_menu_entry(2, "c.conf", "linux /k\n");
	draw_new_menu(3, 0, TIMEOUT_FOREVER, 80, 25);
	expect_menu_line("  >   Same  (a.conf)\n      Same  (b.conf)\n      c.conf");
}

/* As systemd-boot and bootctl(1) do: the start of the machine's id, which is in the names of many entries already. */
static void entries_of_several_machines_are_told_apart_by_these(void **state)
{
	(void)state;
	given_menu_entry(0, "a.conf", "title Same\nversion 1\nmachine-id 0123456789abcdef\nlinux /k\n");
	given_menu_entry(1, "b.conf", "title Same\nversion 1\nmachine-id fedcba9876543210\nlinux /k\n");
	given_menu_entry(2, "c.conf", "title Same\nversion 1\nmachine-id fedcba9876543210\nlinux /k\n");
	given_menu_entry(3, "d.conf", "title Same\nversion 1\nmachine-id x\nlinux /k\n");
	given_menu_entry(4, "e.conf", "title Same\nversion 2\nmachine-id x\nlinux /k\n");
	given_menu_entry(5, "f.conf", "title Same\nversion 1\nlinux /k\n");
	draw_new_menu(6, 0, TIMEOUT_FOREVER, 80, 25);
	expect_menu_line("  >   Same  1  (01234567)\n      Same  1  (fedcba98)  (b.conf)\n"
			 "      Same  1  (fedcba98)  (c.conf)\n      Same  1  (x)\n      Same  2\n      Same  1");
}

static void broken_entries_are_marked(void **state)
{
	(void)state;
	given_menu_entry(0, "a.conf", "title A\n");
	given_menu_entry(1, "b.conf", "title Same\nversion 1\n");
	given_menu_entry(2, "c.conf", "title Same\nversion 2\nlinux /k\n");
	given_menu_entry(3, "d.conf", "");
	draw_new_menu(4, 0, TIMEOUT_FOREVER, 80, 25);
	expect_menu_line("  >   A  (broken)\n      Same  (broken)  1\n      Same  2\n      d.conf  (broken)");
}

static void a_long_title_gives_way_to_what_tells_it_apart(void **state)
{
	(void)state;
	given_menu_entry(0, "a.conf", "title A long title of a distribution\nversion 1\nlinux /k\n");
	given_menu_entry(1, "b.conf", "title A long title of a distribution\nversion 2\n");
	given_menu_entry(
	    2, "c.conf",
	    "title A long title of a distribution\nversion 3.0123456789-0123456789-0123456789\nlinux /k\n");
	draw_new_menu(3, 2, TIMEOUT_FOREVER, 33, 25);
	expect_menu_line("      A long title of a di...  1");
	expect_menu_line("      A long tit...  (broken)  2");
	expect_menu_line("  >   A long...  3.0123456789...");
}

static void titles_are_cut_between_characters(void **state)
{
	(void)state;
	given_menu_entry(0, "a.conf", "title \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\nlinux /k\n");
	given_menu_entry(1, "b.conf", "title \xe6\xb8\xaf\xe6\xb8\xaf\xe6\xb8\xaf\nlinux /k\n");
	given_menu_entry(2, "c.conf", "title a\xf0\x9f\x9a\xa2\xf0\x9f\x9a\xa2\nlinux /k\n");
	draw_new_menu(3, 0, TIMEOUT_FOREVER, 10, 25);
	expect_menu_line("  >   ...\n      ...\n      ...");
	draw_new_menu(3, 0, TIMEOUT_FOREVER, 12, 25);
	expect_menu_line(
	    "  >   \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\n      \xe6\xb8\xaf...\n      a\xf0\x9f\x9a\xa2\xf0\x9f\x9a\xa2");
	draw_new_menu(3, 0, TIMEOUT_FOREVER, 11, 25);
	expect_menu_line("  >   \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\n      ...\n      a...");
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
		given_menu_entry(0, "a.conf", text);
		draw_new_menu(1, 0, TIMEOUT_FOREVER, 80, 25);
		expect_menu_line(line);
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
			shown.entry[i] =
			    (struct entry){.id = "id", .file_name = "f", .title = {bytes, (size_t)rand() % (size + 1)}};
			shown.entry[i].version = (struct word){bytes, (size_t)rand() % (size + 1)};
			shown.entry[i].broken = rand() % 2 == 0;
			shown.list[i] = &shown.entry[i];
		}
		draw_new_menu(n, (size_t)rand() % n, rand() % 2 == 0 ? TIMEOUT_FOREVER : 9, columns, rows);
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
			shown.entry[i] =
			    (struct entry){.file_name = "f", .title = word_of(title), .version = word_of("6.1")};
		for (size_t s = 0; s < COUNT_OF(size); s++)
			for (size_t selected = 0; selected < ENTRIES; selected += size[s][1] == 1000   ? 999
										  : selected % 10 == 9 ? 490
												       : 1) {
				const char *marker;

				draw_new_menu(ENTRIES, selected, 9, size[s][0], size[s][1]);
				marker = strstr(shown.screen, "  > ");
				assert_non_null(marker);
				assert_memory_equal(marker + 6, letter[l], strlen(letter[l]));
				assert_null(strstr(marker + 1, "  > "));
			}
	}
}

/* A line that is counted too short would go on in the next row; letters, arrows and frames take one column. */
static void no_character_takes_more_columns_than_are_counted(void **state)
{
	(void)state;
	assert_int_equal(wcwidth(0x672c), 2);
	for (uint32_t code = ' '; code <= 0x10ffff; code++) {
		char text[UTF8_MOST];
		struct word word = {text, utf8_put(text, code)};

		if (word.length != 0 && (int)word_columns(word) < wcwidth((int)code))
			fail_msg("U+%04X takes %d columns", code, wcwidth((int)code));
		assert_true(word.length == 0 || code >= 0x1100 || word_columns(word) == 1);
		assert_true(code < 0x2190 || code >= 0x2200 || word_columns(word) == 1);
		assert_true(code < 0x2500 || code >= 0x25a0 || word_columns(word) == 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, given_many_entries)
	    TEST(no_character_takes_more_columns_than_are_counted),
	    TEST(the_screen_shows_titles_marker_countdown_and_keys),
	    TEST(a_message_is_one_line),
	    TEST(a_row_tells_how_many_it_stands_for),
	    TEST(a_line_tells_what_the_selected_entry_would_start),
	    TEST(a_wide_and_tall_console_has_the_menu_in_its_middle),
	    TEST(a_menu_after_a_failure_says_which_entry_failed_and_why),
	    TEST(a_menu_longer_than_the_console_scrolls),
	    TEST(the_menu_fits_every_console_and_shows_the_selected_entry),
	    TEST(a_console_of_a_few_rows_shows_entries_and_keys),
	    TEST(entries_of_one_title_are_told_apart),
	    TEST(two_entries_without_title_and_version_are_told_apart_by_id),
	    TEST(entries_of_several_machines_are_told_apart_by_these),
	    TEST(broken_entries_are_marked),
	    TEST(a_long_title_gives_way_to_what_tells_it_apart),
	    TEST(titles_are_cut_between_characters),
	    TEST(titles_command_no_console),
	    TEST(no_number_of_bytes_hides_the_selected_entry),
	    TEST(random_titles_stay_in_their_lines),
	};

	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
