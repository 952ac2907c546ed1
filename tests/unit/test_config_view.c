/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of text on consoles of any size, and the groups of the menu. */
#include "given.h"

#include "../../config/fold.h"
#include "../../config/view.h"

/* ---- pages ---- */

static char shown[8192];
static struct view view;

static void draw(const struct page *page)
{
	char line[VIEW_LINE_ROOM(VIEW_WIDEST)];
	enum style style;
	size_t used = 0;

	shown[0] = '\0';
	for (unsigned int i = 0;; i++) {
		struct text text = TEXT(line);

		line[0] = '\0';
		if (!page_line(page, &view, i, &text, &style))
			break;
		assert_true(i < view.lines && !text_cut(&text));
		used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s\n", line);
		assert_int_equal(style == STYLE_TITLE, i == 0 && view.lines > 4);
	}
}

static bool press(struct page *page, enum key key, uint32_t character)
{
	return page_press(page, &view, &(struct key_press){key, character, false, false});
}

static void a_short_page_stands_whole(void **state)
{
	struct page page = {"title", "one\ntwo\n\nfour\n", 0};

	(void)state;
	view = view_of(80, 25);
	draw(&page);
	assert_string_equal(shown, "title\n\none\ntwo\n\nfour\n\nany key: back to the menu\n");
	assert_true(press(&page, KEY_DOWN, 0));
	assert_int_equal(page.top, 0);
	assert_true(press(&page, KEY_NONE, 0));
	assert_false(press(&page, KEY_ESCAPE, 0));
	assert_false(press(&page, KEY_CHARACTER, 'q'));
	page.text = "no newline";
	draw(&page);
	assert_string_equal(shown, "title\n\nno newline\n\nany key: back to the menu\n");
	page.text = "";
	draw(&page);
	assert_string_equal(shown, "title\n\n\nany key: back to the menu\n");
}

static void a_long_page_is_moved_through(void **state)
{
	struct page page = {"title", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", 0};

	(void)state;
	view = view_of(80, 8); /* three lines of text */
	draw(&page);
	assert_string_equal(shown,
			    "title\n\n1\n2\n3\n\nUp, Down and Page keys: more   any other key: back to the menu\n");
	static const struct {
		enum key key;
		uint32_t character;
		size_t top;
	} row[] = {
	    {KEY_UP, 0, 0},	   {KEY_DOWN, 0, 1},	    {KEY_CHARACTER, 'j', 2}, {KEY_CHARACTER, 'k', 1},
	    {KEY_PAGE_DOWN, 0, 4}, {KEY_CHARACTER, ' ', 6}, {KEY_DOWN, 0, 6},	     {KEY_PAGE_UP, 0, 3},
	    {KEY_PAGE_UP, 0, 0},   {KEY_PAGE_UP, 0, 0},	    {KEY_END, 0, 6},	     {KEY_PAGE_DOWN, 0, 6},
	    {KEY_HOME, 0, 0},
	};
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		assert_true(press(&page, row[i].key, row[i].character));
		if (page.top != row[i].top)
			fail_msg("row %zu: %zu", i, page.top);
	}
	page.top = 6;
	draw(&page);
	assert_memory_equal(shown, "title\n\n7\n8\n9\n\n", 14);
	assert_false(page_press(&page, &view, &(struct key_press){KEY_CHARACTER, 'j', true, false}));
}

static void a_long_line_goes_on_below(void **state)
{
	struct page page = {"title", "abcdefghijklmnopqrst\nx\n", 0};

	(void)state;
	view = view_of(11, 25);
	draw(&page);
	assert_string_equal(shown, "title\n\nabcdefghij\n  klmnopqr\n  st\nx\n\nany key...\n");
	view = view_of(11, 3);
	draw(&page);
	assert_string_equal(shown, "abcdefghij\n");
	/* At a blank where there is one, and as far in as the line begins. */
	page.text = "   one two three four\nx\n";
	view = view_of(16, 25);
	draw(&page);
	assert_string_equal(shown, "title\n\n   one two\n     three four\nx\n\nany key: bac...\n");
	page.text = "              deep  x y z and more of it\n";
	draw(&page);
	assert_string_equal(shown, "title\n\n              d\neep  x y z and\nmore of it\n\nany key: bac...\n");
	/* A character that has no room in a line is passed over, and the page ends. */
	page.text = "\xe6\xb8\xaf\nz\n";
	view = view_of(2, 25);
	draw(&page);
	assert_non_null(strstr(shown, "\nz\n"));
}

static void a_text_that_does_not_fit_says_so_by_dots(void **state)
{
	static const struct {
		const char *text;
		unsigned int columns;
		const char *wanted;
		unsigned int left;
	} row[] = {
	    {"abcdef", 6, "abcdef", 0},
	    {"abcdef", 7, "abcdef", 1},
	    {"abcdef", 5, "ab...", 0},
	    {"abcdef", 3, "...", 0},
	    {"abcdef", 2, "ab", 0},
	    {"abcdef", 0, "", 0},
	    {"a\xe6\xb8\xaf\xe6\xb8\xaf", 4, "a...", 0},
	    {"\xe6\xb8\xaf\xe6\xb8\xaf\xe6\xb8\xaf", 5, "\xe6\xb8\xaf...", 0},
	    {"\xe6\xb8\xaf\xe6\xb8\xaf\xe6\xb8\xaf", 4, "...", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char line[64] = "";
		struct text text = TEXT(line);
		unsigned int columns = row[i].columns;

		view_say(&text, row[i].text, &columns);
		assert_string_equal(line, row[i].wanted);
		assert_int_equal(columns, row[i].left);
	}
}

static void a_view_leaves_a_row_and_a_column(void **state)
{
	(void)state;
	view = view_of(80, 25);
	assert_true(view.width == 79 && view.indent == 0 && view.lines == 24);
	view = view_of(97, 2);
	assert_true(view.width == 96 && view.indent == 0 && view.lines == 1);
	view = view_of(98, 1);
	assert_true(view.width == 96 && view.indent == 0 && view.lines == 1);
	view = view_of(240, 0);
	assert_true(view.width == 96 && view.indent == 71 && view.lines == 1);
	view = view_of(0, 0);
	assert_true(view.width == 1 && view.indent == 0);
}

/* ---- groups ---- */

#define ENTRIES 8

static struct entry entry[ENTRIES];
static struct entry *list[ENTRIES];

/* A letter for each entry's key, - for none; a capital one for an entry that the loader found by itself. */
static struct rows given_rows(const char *keys, uint32_t most)
{
	size_t n = strlen(keys);

	for (size_t i = 0; i < n; i++) {
		bool automatic = keys[i] >= 'A' && keys[i] <= 'Z';
		static char letters[ENTRIES];

		letters[i] = automatic ? (char)(keys[i] + 32) : keys[i];
		entry[i] = (struct entry){.automatic = automatic};
		if (keys[i] != '-')
			entry[i].sort_key = (struct word){&letters[i], 1};
		list[i] = &entry[i];
	}
	return (struct rows){list, n, most, n};
}

/* Rows as text: the entry's number; +N or -N for a row that stands for N, closed or open; a point before those inside.
 */
static void expect_rows(const struct rows *rows, const char *wanted)
{
	char line[128] = "";
	struct text text = TEXT(line);
	struct row row;
	size_t n = 0;

	for (; rows_at(rows, n, &row); n++) {
		if (row.folded != 0)
			text_add(&text, "%s%zu@%zu ", row.is_open ? "-" : "+", row.folded, row.entry);
		else
			text_add(&text, "%s%zu ", row.inside ? "." : "", row.entry);
		assert_true(row.entry < rows->n);
	}
	assert_int_equal(rows_count(rows), n);
	if (strcmp(line, wanted) != 0)
		fail_msg("\"%s\", not \"%s\"", line, wanted);
}

static void many_entries_of_one_key_are_two_rows(void **state)
{
	struct rows rows;

	(void)state;
	rows = given_rows("aaaab", 0);
	expect_rows(&rows, "0 1 2 3 4 ");
	rows = given_rows("aaaab", 4);
	expect_rows(&rows, "0 1 2 3 4 ");
	rows = given_rows("aaaab", 3);
	expect_rows(&rows, "0 +3@1 4 ");
	rows.open = 0;
	expect_rows(&rows, "0 -3@1 .1 .2 .3 4 ");
	rows = given_rows("aabbcc", 1);
	expect_rows(&rows, "0 +1@1 2 +1@3 4 +1@5 ");
	rows.open = 2;
	expect_rows(&rows, "0 +1@1 2 -1@3 .3 4 +1@5 ");
	rows = given_rows("ababa", 1);
	expect_rows(&rows, "0 1 2 3 4 ");
	rows = given_rows("----", 1);
	expect_rows(&rows, "0 1 2 3 ");
	rows = given_rows("aaAA", 1);
	expect_rows(&rows, "0 +1@1 2 3 ");
	rows = given_rows("a", 1);
	expect_rows(&rows, "0 ");
}

static void an_entry_is_found_in_its_group(void **state)
{
	struct rows rows = given_rows("aaaabbb", 2);

	(void)state;
	assert_int_equal(rows_of(&rows, 0), 0);
	assert_int_equal(rows_of(&rows, 1), 1);
	assert_int_equal(rows_of(&rows, 3), 1);
	assert_int_equal(rows_of(&rows, 4), 2);
	assert_int_equal(rows_of(&rows, 6), 3);
	rows_show(&rows, 4); /* it has a row */
	assert_int_equal(rows.open, 7);
	rows_show(&rows, 6);
	assert_int_equal(rows.open, 4);
	assert_int_equal(rows_of(&rows, 6), 5);
	rows_show(&rows, 2);
	assert_int_equal(rows.open, 0);
	assert_int_equal(rows_of(&rows, 2), 3);
	assert_int_equal(rows_of(&rows, 99), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_short_page_stands_whole),
	    cmocka_unit_test(a_long_page_is_moved_through),
	    cmocka_unit_test(a_long_line_goes_on_below),
	    cmocka_unit_test(a_text_that_does_not_fit_says_so_by_dots),
	    cmocka_unit_test(a_view_leaves_a_row_and_a_column),
	    cmocka_unit_test(many_entries_of_one_key_are_two_rows),
	    cmocka_unit_test(an_entry_is_found_in_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
