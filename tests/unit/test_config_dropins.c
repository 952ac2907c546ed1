/* SPDX-License-Identifier: BSD-2-Clause */
/* Drop-ins for command lines: which files, in which order, and what a kernel is told. */
#include "given_entry.h"

#include "../../config/dropins.h"

static char line[64];
static size_t used;
static struct fail why;

static enum status append(const char *text, size_t size, size_t room)
{
	char *file = malloc(size + 1);
	enum status status;

	memcpy(file, text, size);
	status = dropin_append(line, room, &used, "a.conf", (struct word){file, size}, &why);
	free(file);
	return status;
}

static void expect_line(const char *text, const char *wanted)
{
	used = 0;
	assert_int_equal(append(text, strlen(text), sizeof(line)), OK);
	assert_string_equal(line, wanted);
	assert_int_equal(used, strlen(wanted));
}

static void lines_are_joined_and_comments_are_none(void **state)
{
	(void)state;
	expect_line("", "");
	expect_line("quiet", "quiet");
	expect_line("\xef\xbb\xbf# for all\r\n\n  quiet  ro \t\n#x\n \t# y\nsplash\n", "quiet  ro splash");
	expect_line("a=\"x  # y\"\n\"b\"", "a=\"x  # y\" \"b\""); /* not a value in quotes */
	assert_int_equal(append("#\n", 2, sizeof(line)), OK);
	assert_int_equal(append("c\n", 2, sizeof(line)), OK);
	assert_string_equal(line, "a=\"x  # y\" \"b\" c");
}

static void a_file_that_has_no_room_or_is_no_text_changes_nothing(void **state)
{
	(void)state;
	expect_line("a b", "a b");
	assert_int_equal(append("1234\n678\n", 9, 12), BAD_INPUT);
	assert_string_equal(why.text, "a.conf line 2: the options of all drop-ins have more than 11 bytes");
	assert_string_equal(line, "a b");
	assert_int_equal(used, 3);
	assert_int_equal(append("12345678", 8, 12), BAD_INPUT);
	assert_int_equal(append("1234\n67\n", 8, 12), OK);
	assert_string_equal(line, "a b 1234 67");
	assert_int_equal(append("x\ny\0z", 5, sizeof(line)), BAD_INPUT);
	assert_string_equal(why.text, "a.conf line 2: a NUL byte: this is not UTF-8 text");
	assert_string_equal(line, "a b 1234 67");
}

static void files_are_known_and_ordered_by_their_names(void **state)
{
	static const char *const names[] = {"10-a.conf", "20-a.conf", "20-b.CONF"};

	(void)state;
	assert_true(dropin_is_named("a.conf") && dropin_is_named("A.CONF") && dropin_is_named("auto-x.conf"));
	assert_false(dropin_is_named(".a.conf") || dropin_is_named(".conf") || dropin_is_named("a.conf~") ||
		     dropin_is_named("README"));
	assert_int_equal(dropin_place(names, 3, "00.conf"), 0);
	assert_int_equal(dropin_place(names, 3, "10-b.conf"), 1);
	assert_int_equal(dropin_place(names, 3, "20-a.conf"), 2);
	assert_int_equal(dropin_place(names, 3, "20-a0.conf"), 2);
	assert_int_equal(dropin_place(names, 3, "a.conf"), 3);
	assert_int_equal(dropin_place(names, 0, "a.conf"), 0);
}

static void they_follow_the_entrys_own_options(void **state)
{
	static const char *const text[] = {"linux /k\noptions one\noptions $kernelopts\n", "linux /k\n"};
	static const char *const wanted[] = {"one ro quiet", "ro quiet"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(text); i++) {
		struct entry e = parse("a.conf", text[i]);

		e.dropins = word_of("ro quiet");
		assert_int_equal(entry_command_line(&e, line, sizeof(line), &why), OK);
		assert_string_equal(line, wanted[i]);
		assert_int_equal(entry_command_line(&e, line, strlen(wanted[i]), &why), BAD_INPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_joined_and_comments_are_none),
	    cmocka_unit_test(a_file_that_has_no_room_or_is_no_text_changes_nothing),
	    cmocka_unit_test(files_are_known_and_ordered_by_their_names),
	    cmocka_unit_test_teardown(they_follow_the_entrys_own_options, free_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
