/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an entry's file name means, which files are drivers, where paths lead, and what command line options make. All
 * buffers have exactly the size that is told, so that the sanitizers see a byte too many.
 */
#include "given.h"

#include "../../config/driver_name.h"

/* Words point into the text, so it stays until the test is over. */
static char *kept[256];
static size_t n_kept;

static int free_texts(void **state)
{
	(void)state;
	while (n_kept > 0)
		free(kept[--n_kept]);
	return 0;
}

static char *keep(const char *bytes, size_t size)
{
	assert_true(n_kept < COUNT_OF(kept));
	kept[n_kept] = malloc(size);
	return memcpy(kept[n_kept++], bytes, size);
}

static struct entry parse(const char *file_name, const char *text)
{
	struct entry entry;
	struct fail why;

	assert_int_equal(entry_parse(&entry, file_name, keep(text, strlen(text)), strlen(text), &why), OK);
	return entry;
}

/* ---- file names ---- */

static void boot_counters_are_no_part_of_the_id(void **state)
{
	static const struct {
		const char *file, *id;
		bool exhausted;
	} row[] = {
	    {"linux-6.1.conf", "linux-6.1.conf", false},
	    {"linux-6.1+3.conf", "linux-6.1.conf", false},
	    {"linux-6.1+0.conf", "linux-6.1.conf", true},
	    {"linux-6.1+2-1.conf", "linux-6.1.conf", false},
	    {"linux-6.1+0-3.conf", "linux-6.1.conf", true},
	    {"linux-6.1+00-03.conf", "linux-6.1.conf", true},
	    {"linux-6.1+09-00.conf", "linux-6.1.conf", false},
	    {"linux-6.1+10.conf", "linux-6.1.conf", false},
	    {"linux+99999999999999999999999-0.conf", "linux.conf", false},
	    {"a+b+1.conf", "a+b.conf", false},
	    {"a+0+1.conf", "a+0.conf", false},
	    {"A+0.CONF", "a.conf", true},
	    /* No counters: what UAPI.1 describes is a plus, a number, perhaps a minus and a number, and then the
	       suffix. */
	    {"linux+x.conf", "linux+x.conf", false},
	    {"linux+.conf", "linux+.conf", false},
	    {"linux+1-.conf", "linux+1-.conf", false},
	    {"linux+-1.conf", "linux+-1.conf", false},
	    {"linux+1-2-3.conf", "linux+1-2-3.conf", false},
	    {"linux+1-2x.conf", "linux+1-2x.conf", false},
	    {"linux+0x.conf", "linux+0x.conf", false},
	    {"linux+0.1.conf", "linux+0.1.conf", false},
	    {"linux-0.conf", "linux-0.conf", false},
	    {"+1.conf", "+1.conf", false},
	    {"+.conf", "+.conf", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse(row[i].file, "linux /k\n");

		assert_string_equal(e.id, row[i].id);
		if (e.tries_exhausted != row[i].exhausted)
			fail_msg("%s: wrong about its tries", row[i].file);
	}
}

static void an_id_has_the_suffix_and_small_letters(void **state)
{
	static const char *const row[][2] = {
	    {"a.conf", "a.conf"},
	    {"a.CONF", "a.conf"},
	    {"a.Conf", "a.conf"},
	    {"a.conf.conf", "a.conf.conf"},
	    {".conf", ".conf"},
	    {"a.config", "a.config"},
	    {"a", "a"},
	    {"", ""},
	    {"AZaz@[`{.conf", "azaz@[`{.conf"},
	    {"\xc3\x84.conf", "\xc3\x84.conf"}, /* ASCII's letters alone have a small form here */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse(row[i][0], "linux /k\n");

		assert_string_equal(e.id, row[i][1]);
	}
}

static void the_longest_name_of_the_specification_fits(void **state)
{
	char name[301];
	struct entry e;

	(void)state;
	memset(name, 'n', sizeof(name));
	strcpy(name + 250, ".conf"); /* 255 characters */
	e = parse(name, "linux /k\n");
	assert_int_equal(strlen(e.id), 255);
	assert_string_equal(e.id + 250, ".conf");
	memset(name, 'n', sizeof(name));
	strcpy(name + 295, ".conf");
	e = parse(name, "linux /k\n");
	assert_int_equal(strlen(e.id), MAX_ENTRY_ID - 1);
}

/* ---- paths ---- */

static enum status path_of(const char *value, char *out, size_t room, struct fail *why)
{
	size_t length = strlen(value);
	char *exact = malloc(length == 0 ? 1 : length);
	enum status status = entry_path((struct word){memcpy(exact, value, length), length}, out, room, why);

	free(exact);
	return status;
}

static void paths_stay_on_the_volume(void **state)
{
	static const struct {
		const char *in, *out; /* out begins with "!": refused with these words */
	} row[] = {
	    {"/vmlinuz", "\\vmlinuz"},
	    {"vmlinuz", "\\vmlinuz"},
	    {"\\vmlinuz", "\\vmlinuz"},
	    {"/EFI/debian/vmlinuz", "\\EFI\\debian\\vmlinuz"},
	    {"\\EFI//debian/./vmlinuz", "\\EFI\\debian\\vmlinuz"},
	    {"///a\\\\/b", "\\a\\b"},
	    {"./a/././b/.", "\\a\\b"},
	    {"/a b/c.d", "\\a b\\c.d"},
	    {"/a/..b/c../...", "\\a\\..b\\c..\\..."},
	    {"/\xc3\xbc", "\\\xc3\xbc"},
	    {"/a/", "\\a"},
	    {"/a/../b", "!the path /a/../b goes up with \"..\""},
	    {"..", "!goes up with \"..\""},
	    {"../a", "!goes up with \"..\""},
	    {"/a/..", "!goes up with \"..\""},
	    {"a\\..\\b", "!goes up with \"..\""},
	    {"./..", "!goes up with \"..\""},
	    {"", "!the path \"\" names no file"},
	    {"/", "!the path \"/\" names no file"},
	    {"\\", "!names no file"},
	    {"/./", "!names no file"},
	    {"/a\x01", "!the path /a? has a control character"},
	    {"/a\tb", "!control character"},
	    {"\x7f", "!control character"},
	    /* C1 in UTF-8, at both ends, and what lies around it. */
	    {"/a\xc2\x80", "!control character"},
	    {"/\xc2\x9f"
	     "a",
	     "!control character"},
	    {"/a\xc2\xa0", "\\a\xc2\xa0"},
	    {"/a\xc3\x80", "\\a\xc3\x80"},
	    {"/a\xc1\x80", "\\a\xc1\x80"},
	    {"/a\xc2\x7e", "\\a\xc2\x7e"},
	    {"/a\xc2", "\\a\xc2"},
	    {"/\x1f", "!control character"},
	    {"/ ~", "\\ ~"},
	    {"/0123456789012345678901234567890", "!has more than 31 bytes"},
	};
	char out[32];
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		enum status status = path_of(row[i].in, out, sizeof(out), &why);

		if (row[i].out[0] != '!') {
			assert_int_equal(status, OK);
			assert_string_equal(out, row[i].out);
		} else {
			assert_int_equal(status, BAD_INPUT);
			if (strstr(why.text, row[i].out + 1) == NULL)
				fail_msg("\"%s\" does not say \"%s\"", why.text, row[i].out + 1);
		}
	}
}

static void a_path_fits_to_the_byte(void **state)
{
	char *exact = keep("12345678", 8), *small = keep("1", 1);
	struct fail why;

	(void)state;
	assert_int_equal(path_of("/123456", exact, 8, &why), OK);
	assert_string_equal(exact, "\\123456");
	assert_int_equal(path_of("/1234567", exact, 8, &why), BAD_INPUT);
	assert_int_equal(path_of("/1/3/5/7", exact, 8, &why), BAD_INPUT);
	assert_int_equal(path_of("/1/3/56", exact, 8, &why), OK);
	assert_int_equal(path_of("a", small, 1, &why), BAD_INPUT);
	assert_int_equal(path_of("///././././././////////a/", exact, 8, &why), OK);
	assert_string_equal(exact, "\\a");
}

/* ---- options ---- */

static void options_are_joined_by_one_space_and_otherwise_to_the_letter(void **state)
{
	static const char *const row[][2] = {
	    {"linux /k\n", ""},
	    {"linux /k\noptions a\n", "a"},
	    {"linux /k\noptions \t a  b\t\nlinux /l\noptions\noptions c\"d  e\"=' \\\n", "a  b c\"d  e\"=' \\"},
	    {"linux /k\noptions \xc3\xbc\noptions a\tb\n", "\xc3\xbc a\tb"},
	    {"linux /k\noptions \"quoted\"\n", "quoted"},
	};
	char line[64];
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse("a.conf", row[i][0]);

		assert_int_equal(entry_command_line(&e, line, sizeof(line), &why), OK);
		assert_string_equal(line, row[i][1]);
	}
}

static void options_fit_to_the_byte_and_are_never_cut(void **state)
{
	struct entry one = parse("one.conf", "linux /k\noptions 1234567\n");
	struct entry two = parse("two.conf", "linux /k\noptions 123\noptions 567\n"),
		     none = parse("a.conf", "linux /k\n");
	char *exact = keep("12345678", 8), *less = keep("1234567", 7), *one_byte = keep("x", 1);
	struct fail why;

	(void)state;
	assert_int_equal(entry_command_line(&one, exact, 8, &why), OK);
	assert_string_equal(exact, "1234567");
	assert_int_equal(entry_command_line(&one, less, 7, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "one.conf: the options together have more than 6 bytes"));
	assert_int_equal(entry_command_line(&two, exact, 8, &why), OK);
	assert_string_equal(exact, "123 567");
	assert_int_equal(entry_command_line(&two, less, 7, &why), BAD_INPUT);
	assert_int_equal(entry_command_line(&none, one_byte, 1, &why), OK);
	assert_int_equal(one_byte[0], '\0');
}

/* What the machine adds is no file's: nothing of it is a variable, but it must be one line. */
static void what_is_added_stands_behind_the_options_as_it_is(void **state)
{
	struct entry one = parse("a.conf", "linux /x\noptions abc $out\n"), none = parse("a.conf", "linux /x\n");
	char *exact = keep("abc d=$\te\n\x7f", 12), *less = keep("abc d=$\te\n", 11), line[16];
	struct fail why;

	(void)state;
	one.added = none.added = (struct word){"d=$\te\n\x7f"
					       "more",
					       7};
	assert_int_equal(entry_command_line(&one, exact, 12, &why), OK);
	assert_string_equal(exact, "abc d=$ e \x7f");
	assert_int_equal(entry_command_line(&one, less, 11, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "more than 10 bytes"));
	assert_int_equal(entry_command_line(&none, line, 8, &why), OK);
	assert_string_equal(line, "d=$ e \x7f");
	assert_int_equal(entry_command_line(&none, line, 7, &why), BAD_INPUT);
}

/* ---- drivers ---- */

static void a_driver_is_one_for_this_cpu_in_any_case(void **state)
{
	static const struct {
		const char *name, *bls;
		bool is;
	} row[] = {
	    {"ext4_x64.efi", "x64", true},
	    {"BTRFSX64.EFI", "x64", true},
	    {"x64.efi", "x64", false},
	    {"ext4_aa64.efi", "aa64", true},
	    {"ext4_riscv64.efi", "riscv64", true},
	    {"ext4_ia32.efi", "x64", false},
	    {"ext4_x64.efi", "ia32", false},
	    {"ext4.efi", "x64", false},
	    {".efi", "x64", false},
	    {"ext4_x64.efi.old", "x64", false},
	    {"x64_efi", "x64", false},
	    {"", "x64", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		if (is_driver_name(row[i].name, row[i].bls) != row[i].is)
			fail_msg("%s for %s", row[i].name, row[i].bls);
	assert_string_equal(driver_folders[0], "\\EFI\\berth\\drivers");
	assert_string_equal(driver_folders[1], "\\EFI\\systemd\\drivers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, free_texts)
	    TEST(what_is_added_stands_behind_the_options_as_it_is),
	    TEST(boot_counters_are_no_part_of_the_id),
	    TEST(an_id_has_the_suffix_and_small_letters),
	    TEST(the_longest_name_of_the_specification_fits),
	    TEST(paths_stay_on_the_volume),
	    TEST(a_path_fits_to_the_byte),
	    TEST(options_are_joined_by_one_space_and_otherwise_to_the_letter),
	    TEST(options_fit_to_the_byte_and_are_never_cut),
	    TEST(a_driver_is_one_for_this_cpu_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
