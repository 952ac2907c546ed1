/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor: each key does what systemd-boot(7) and readline say, and no key does anything beyond the buffer. */
#include "given.h"

#include "../../config/edit.h"

static char buffer[64];
static struct edit edit;

/* The text with the cursor as "|" in it. */
static void given_line(const char *line)
{
	const char *bar = strchr(line, '|');
	size_t at = (size_t)(bar - line);

	memset(buffer, 0x55, sizeof(buffer));
	memcpy(buffer, line, at);
	strcpy(buffer + at, bar + 1);
	edit_open(&edit, buffer, sizeof(buffer));
	assert_int_equal(edit.at, edit.length);
	edit.at = at;
}

static void expect_text(const char *name, const char *line)
{
	char shown[2 * sizeof(buffer)];

	assert_int_equal(edit.length, strlen(buffer));
	snprintf(shown, sizeof(shown), "%.*s|%s", (int)edit.at, buffer, buffer + edit.at);
	if (strcmp(shown, line) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", name, shown, line);
}

static void each_key_does_what_it_says(void **state)
{
	static const struct {
		const char *before;
		struct key_press press;
		const char *then;
	} row[] = {
	    {"ab|c", {KEY_LEFT, 0, false, false}, "a|bc"},
	    {"|abc", {KEY_LEFT, 0, false, false}, "|abc"},
	    {"a\xc3\xa4|c",
	     {KEY_LEFT, 0, false, false},
	     "a|\xc3\xa4"
	     "c"},
	    {"\xf0\x9f\x9a\xa2|", {KEY_LEFT, 0, false, false}, "|\xf0\x9f\x9a\xa2"},
	    {"a\xa4\xa4|", {KEY_LEFT, 0, false, false}, "a\xa4|\xa4"},
	    {"ab|c", {KEY_RIGHT, 0, false, false}, "abc|"},
	    {"abc|", {KEY_RIGHT, 0, false, false}, "abc|"},
	    {"|\xe6\xb8\xaf"
	     "c",
	     {KEY_RIGHT, 0, false, false},
	     "\xe6\xb8\xaf|c"},
	    {"one two| three", {KEY_LEFT, 0, true, false}, "one |two three"},
	    {"one two  |three", {KEY_UP, 0, false, false}, "one |two  three"},
	    {"one t|wo three", {KEY_RIGHT, 0, true, false}, "one two| three"},
	    {"one two| three", {KEY_DOWN, 0, false, false}, "one two three|"},
	    {"one| two", {KEY_CHARACTER, 'f', false, true}, "one two|"},
	    {"one two|", {KEY_CHARACTER, 'b', false, true}, "one |two"},
	    {"one |two three", {KEY_CHARACTER, 'd', false, true}, "one | three"},
	    {"ab|c", {KEY_CHARACTER, 'x', false, true}, "ab|c"},
	    {"ab|c", {KEY_HOME, 0, false, false}, "|abc"},
	    {"a|bc", {KEY_END, 0, false, false}, "abc|"},
	    {"ab|c", {KEY_CHARACTER, 'a', true, false}, "|abc"},
	    {"a|bc", {KEY_CHARACTER, 'e', true, false}, "abc|"},
	    {"a|bc", {KEY_CHARACTER, 'b', true, false}, "|abc"},
	    {"a|bc", {KEY_CHARACTER, 'f', true, false}, "ab|c"},
	    {"a|bc", {KEY_CHARACTER, 'd', true, false}, "a|c"},
	    {"a|bc", {KEY_CHARACTER, 'k', true, false}, "a|"},
	    {"a|bc", {KEY_CHARACTER, 'u', true, false}, "|bc"},
	    {"a|bc", {KEY_CHARACTER, 'z', true, false}, "a|bc"},
	    {"one two |three", {KEY_CHARACTER, 'w', true, false}, "one |three"},
	    {"one two|", {KEY_BACKSPACE, 0, false, true}, "one |"},
	    {"a\xc3\xa4|c", {KEY_BACKSPACE, 0, false, false}, "a|c"},
	    {"|c", {KEY_BACKSPACE, 0, false, false}, "|c"},
	    {"a|\xc3\xa4"
	     "c",
	     {KEY_DELETE, 0, false, false},
	     "a|c"},
	    {"a|", {KEY_DELETE, 0, false, false}, "a|"},
	    {"a |one two", {KEY_DELETE, 0, true, false}, "a | two"},
	    {"a|c", {KEY_CHARACTER, 'b', false, false}, "ab|c"},
	    {"a|c", {KEY_CHARACTER, 0x6e2f, false, false}, "a\xe6\xb8\xaf|c"},
	    {"a|c", {KEY_CHARACTER, 0xd800, false, false}, "a|c"}, /* half a character */
	    {"a|c", {KEY_TAB, 0, false, false}, "a|c"},
	    {"a|c", {KEY_OTHER, 0, false, false}, "a|c"},
	    {"a|c", {KEY_NONE, 0, false, false}, "a|c"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char name[16];

		snprintf(name, sizeof(name), "row %zu", i);
		given_line(row[i].before);
		assert_int_equal(edit_press(&edit, &row[i].press), EDIT_STAY);
		expect_text(name, row[i].then);
	}
}

static void enter_ends_it_and_others_give_up(void **state)
{
	static const struct {
		struct key_press press;
		enum edit_result result;
	} row[] = {
	    {{KEY_ENTER, 0, false, false}, EDIT_DONE},		 {{KEY_ESCAPE, 0, false, false}, EDIT_CANCELLED},
	    {{KEY_GONE, 0, false, false}, EDIT_CANCELLED},	 {{KEY_CHARACTER, 'c', true, false}, EDIT_CANCELLED},
	    {{KEY_CHARACTER, 'g', true, false}, EDIT_CANCELLED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_line("a|b");
		assert_int_equal(edit_press(&edit, &row[i].press), row[i].result);
		expect_text("unchanged", "a|b");
	}
}

static void a_full_buffer_takes_no_more(void **state)
{
	(void)state;
	given_line("|");
	for (int i = 0; i < 100; i++)
		(void)edit_press(&edit, &(struct key_press){KEY_CHARACTER, 'x', false, false});
	assert_int_equal(edit.length, sizeof(buffer) - 1);
	(void)edit_press(&edit, &(struct key_press){KEY_BACKSPACE, 0, false, false});
	(void)edit_press(&edit,
			 &(struct key_press){KEY_CHARACTER, 0xe4, false, false}); /* two bytes, and one is left */
	assert_int_equal(edit.length, sizeof(buffer) - 2);
	(void)edit_press(&edit, &(struct key_press){KEY_CHARACTER, 'y', false, false});
	assert_int_equal(edit.length, sizeof(buffer) - 1);
}

static void expect_line(unsigned int columns, const char *wanted, unsigned int wanted_cursor)
{
	char line[256] = "";
	struct text text = TEXT(line);
	unsigned int cursor;

	edit_line(&edit, columns, &text, &cursor);
	if (strcmp(line, wanted) != 0 || cursor != wanted_cursor)
		fail_msg("\"%s\", %u; not \"%s\", %u", line, cursor, wanted, wanted_cursor);
}

static void the_line_follows_the_cursor(void **state)
{
	(void)state;
	given_line("abcdefghij|klmnopqrst");
	expect_line(30, "abcdefghijklmnopqrst          ", 10);
	expect_line(11, "abcdefghijk", 10);
	expect_line(10, "fghijklmno", 5); /* by half a line */
	edit.at = 20;
	expect_line(10, "pqrst     ", 5);
	edit.at = 15; /* at the left edge */
	expect_line(10, "klmnopqrst", 5);
	edit.at = 0;
	expect_line(10, "abcdefghij", 0);
	given_line("a\x1b\xff|z");
	expect_line(6, "a??z  ", 3);
}

/* Whatever is pressed: a string in its buffer, the cursor between characters, and on the screen. */
static void random_keys_stay_in_the_buffer(void **state)
{
	struct dice dice = dice_from_seed("edit");

	(void)state;
	for (unsigned long n = cases_or(200000); n > 0; n--) {
		struct key_press press = {(enum key)roll(&dice, KEY_OTHER + 1), roll(&dice, 0x180), roll(&dice, 3) == 0,
					  roll(&dice, 3) == 0};
		char line[512] = "";
		struct text text = TEXT(line);
		unsigned int cursor, columns = 2 + roll(&dice, 90);

		if (n % 100 == 0 || n == cases_or(200000)) {
			for (size_t i = 0; i < sizeof(buffer); i++)
				buffer[i] = (char)(1 + roll(&dice, 255));
			buffer[roll(&dice, sizeof(buffer))] = '\0';
			buffer[sizeof(buffer) - 1] = '\0';
			edit_open(&edit, buffer, sizeof(buffer));
		}
		(void)edit_press(&edit, &press);
		assert_true(edit.length < sizeof(buffer) && buffer[edit.length] == '\0' &&
			    strlen(buffer) == edit.length);
		assert_true(edit.at <= edit.length);
		edit_line(&edit, columns, &text, &cursor);
		assert_true(cursor < columns && !text_cut(&text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_key_does_what_it_says),     cmocka_unit_test(enter_ends_it_and_others_give_up),
	    cmocka_unit_test(a_full_buffer_takes_no_more),    cmocka_unit_test(the_line_follows_the_cursor),
	    cmocka_unit_test(random_keys_stay_in_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
