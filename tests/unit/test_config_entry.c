/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of entries are read as the Boot Loader Specification (UAPI.1, "Type #1") says, and every mistake is named with
 * its file and line. Each text lies in a buffer of exactly its size, so that the sanitizers see a look past its end.
 */
#include "given_entry.h"

/* ---- keys ---- */

static void every_key_of_an_entry_is_read(void **state)
{
	struct entry e =
	    parse("debian-6.1.conf", "# a comment\n\ntitle   Debian GNU/Linux\nversion\t6.1.0-56\nsort-key debian\n"
				     "machine-id 0123456789abcdef\nlinux /vmlinuz\ninitrd /a.img\ninitrd /b.img\n"
				     "options root=/dev/sda2 ro\noptions quiet  splash\narchitecture x64\n"
				     "placement low\n");

	(void)state;
	assert_false(e.broken);
	assert_string_equal(e.id, "debian-6.1.conf");
	expect_word(e.title, "Debian GNU/Linux");
	expect_word(e.version, "6.1.0-56");
	expect_word(e.sort_key, "debian");
	expect_word(e.machine_id, "0123456789abcdef");
	expect_word(e.program, "/vmlinuz");
	assert_int_equal(e.n_initrds, 2);
	expect_word(e.initrd[0], "/a.img");
	expect_word(e.initrd[1], "/b.img");
	assert_int_equal(e.n_options, 2);
	expect_word(e.options[0], "root=/dev/sda2 ro");
	expect_word(e.options[1], "quiet  splash");
	expect_word(e.architecture, "x64");
	assert_int_equal(e.wish.policy, PLACE_LOW);
}

static void what_is_not_written_is_absent(void **state)
{
	struct entry e = parse("a.conf", "linux /k\n");

	(void)state;
	assert_false(e.broken || e.tries_exhausted);
	assert_true(e.title.at == NULL && e.version.at == NULL && e.sort_key.at == NULL && e.machine_id.at == NULL &&
		    e.architecture.at == NULL);
	assert_int_equal(e.n_initrds + e.n_options, 0);
	assert_int_equal(e.wish.policy, PLACE_HIGH);
}

static void keys_that_are_not_known_are_ignored(void **state)
{
	/* Keys of UAPI.1 that other loaders have, keys of nobody, and near misses: keys are told apart to the letter.
	 */
	struct entry e =
	    parse("a.conf", "extra /a.cred\nprofile 1\ngrub_users root\nTitle A\ntitle: B\ntitl C\ntitles D\n"
			    "x\nlinux /k\n=\n");

	(void)state;
	assert_false(e.broken);
	assert_null(e.title.at);
}

static void of_a_key_that_stands_twice_the_last_counts(void **state)
{
	struct entry e = parse("a.conf", "title A\nlinux /1\nplacement 0x2000\ntitle B\nlinux /2\nplacement low\n");

	(void)state;
	expect_word(e.title, "B");
	expect_word(e.program, "/2");
	assert_int_equal(e.wish.policy, PLACE_LOW);
}

static void a_line_without_a_value_counts_as_absent(void **state)
{
	struct entry e =
	    parse("a.conf", "title A\nlinux /k\ntitle\nlinux \t\ninitrd\ninitrd /i\noptions \noptions b\n");

	(void)state;
	assert_false(e.broken);
	expect_word(e.title, "A");
	expect_word(e.program, "/k");
	assert_int_equal(e.n_initrds, 1);
	expect_word(e.initrd[0], "/i");
	assert_int_equal(e.n_options, 1);
	e = parse("a.conf", "linux\n");
	expect_broken(&e, "a.conf: no line `linux`");
}

static void an_entry_for_another_cpu_is_told_apart(void **state)
{
	static const struct {
		const char *text;
		bool fits;
	} row[] = {
	    {"linux /k\n", true},
	    {"linux /k\narchitecture\n", true},
	    {"linux /k\narchitecture x64\n", true},
	    {"linux /k\narchitecture X64\n", true},
	    {"linux /k\narchitecture aa64\n", false},
	    {"linux /k\narchitecture x6\n", false},
	    {"linux /k\narchitecture x64 aa64\n", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse("a.conf", row[i].text);

		assert_int_equal(entry_is_for_cpu(&e, "x64"), row[i].fits);
	}
}

static void an_entry_without_a_title_is_called_by_its_id(void **state)
{
	struct entry with = parse("a.conf", "linux /k\ntitle T\n"), without = parse("a+3.conf", "linux /k\n");

	(void)state;
	expect_word(entry_title(&with), "T");
	expect_word(entry_title(&without), "a.conf");
}

/* ---- lines ---- */

static void line_ends_marks_and_blanks_do_not_matter(void **state)
{
	static const char *const same[] = {
	    "title A b\nlinux /k\noptions \xc3\xbc\n",
	    "title A b\nlinux /k\noptions \xc3\xbc",
	    "title A b\r\nlinux /k\r\noptions \xc3\xbc\r\n",
	    "title A b\r\nlinux /k\r\noptions \xc3\xbc\r",
	    "\xef\xbb\xbftitle A b\nlinux /k\noptions \xc3\xbc\n",
	    "\xef\xbb\xbf# mark, then a comment\ntitle A b\nlinux /k\noptions \xc3\xbc\n",
	    "\n\n \t\r\n#\n# title no\n  # title no\ntitle A b \t \nlinux /k\t\n\n\noptions \xc3\xbc \n\n",
	    "\ttitle \t  A b\n  linux\t/k\noptions\t\t\xc3\xbc",
	    "#title no\n#linux /no\ntitle A b\nlinux /k\noptions \xc3\xbc\n#",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		struct entry e = parse("a.conf", same[i]);

		assert_false(e.broken);
		expect_word(e.title, "A b");
		expect_word(e.program, "/k");
		assert_int_equal(e.n_options, 1);
		expect_word(e.options[0], "\xc3\xbc");
	}
}

static void a_hash_inside_of_a_value_is_no_comment(void **state)
{
	struct entry e = parse("a.conf", "linux /k#1\noptions a # b\n");

	(void)state;
	expect_word(e.program, "/k#1");
	expect_word(e.options[0], "a # b");
}

static void a_file_of_nothing_has_no_kernel(void **state)
{
	static const char *const nothing[] = {
	    "", "\n", "\r\n", "#", " ", "\xef\xbb\xbf", "\xef\xbb", "linux", "\xef\xbb\xbflinux"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(nothing); i++) {
		struct entry e = parse("empty.conf", nothing[i]);

		expect_broken(&e, "empty.conf: no line `linux`");
		assert_string_equal(e.id, "empty.conf");
	}
}

static void a_line_may_be_as_long_as_the_file(void **state)
{
	static const struct {
		const char *start, *end;
	} row[] = {{"title ", "\nlinux /k\n"}, {"# ", "\nlinux /k\n"}, {"linux /k\n", ""}, {"linux /k\noptions ", ""}};
	static char text[MAX_CONFIG_FILE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		size_t start = strlen(row[i].start), end = strlen(row[i].end);

		memset(text, 'x', sizeof(text));
		memcpy(text, row[i].start, start);
		memcpy(text + sizeof(text) - end, row[i].end, end);
		struct entry e = parse_bytes("long.conf", text, sizeof(text));

		assert_false(e.broken);
		if (i == 0)
			assert_int_equal(e.title.length, sizeof(text) - start - end);
		if (i == 3)
			assert_int_equal(e.options[0].length, sizeof(text) - start);
	}
}

/* ---- mistakes ---- */

static void handoff_says_who_starts_the_kernel(void **state)
{
	struct entry e = parse("a.conf", "linux /k\n");

	(void)state;
	assert_false(e.by_stub);
	e = parse("a.conf", "linux /k\nhandoff stub\n");
	assert_true(e.by_stub && !e.broken);
	assert_string_equal(remarks_of(&e), "");
	e = parse("a.conf", "handoff stub\nlinux /k\nhandoff own\n");
	assert_false(e.by_stub);
	e = parse("a.conf", "linux /k\nhandoff stub\nhandoff yours\nhandoff\n");
	assert_true(e.by_stub && !e.broken);
	assert_string_equal(remarks_of(&e),
			    "0 a.conf line 3: handoff \"yours\" is neither own nor stub; the line is ignored\n"
			    "0 a.conf line 4: handoff \"\" is neither own nor stub; the line is ignored\n");
}

static void x10_decompress_says_who_unpacks_the_kernel(void **state)
{
	struct entry e;

	(void)state;
	e = parse("a.conf", "linux /k\n");
	assert_false(e.loader_unpacks);
	e = parse("a.conf", "linux /k\ndecompress loader\n");
	assert_true(e.loader_unpacks && !e.broken);
	e = parse("a.conf", "decompress loader\nlinux /k\ndecompress kernel\n");
	assert_true(!e.loader_unpacks && !e.broken);
	e = parse("a.conf", "linux /k\ndecompress loader\ndecompress perhaps\ndecompress\n");
	assert_true(e.loader_unpacks && !e.broken);
	assert_string_equal(remarks_of(&e),
			    "0 a.conf line 3: decompress \"perhaps\" is neither kernel nor loader; the line "
			    "is ignored\n0 a.conf line 4: decompress \"\" is neither kernel nor loader; "
			    "the line is ignored\n");
}

static void a_device_tree_and_its_overlays_are_named(void **state)
{
	struct entry e = parse("a.conf", "linux /k\ndevicetree /dtb/board.dtb\n");
	struct word rest, path;

	(void)state;
	assert_true(word_is(e.devicetree, "/dtb/board.dtb") && !e.broken && entry_wants_tree(&e));
	e = parse("a.conf", "linux /k\ndevicetree\n");
	assert_true(e.devicetree.length == 0 && !e.broken && !entry_wants_tree(&e));
	e = parse("a.conf", "linux /k\ndevicetree-overlay  /a.dtbo \t b.dtbo /c \n");
	assert_true(!e.broken && entry_wants_tree(&e));
	rest = e.overlays;
	assert_true(entry_next_path(&rest, &path) && word_is(path, "/a.dtbo"));
	assert_true(entry_next_path(&rest, &path) && word_is(path, "b.dtbo"));
	assert_true(entry_next_path(&rest, &path) && word_is(path, "/c"));
	assert_false(entry_next_path(&rest, &path));
	assert_false(entry_next_path(&rest, &path));
}

static void a_nul_byte_is_named_wherever_it_stands(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *reason;
	} row[] = {
#define BYTES(s) (s), sizeof(s) - 1
	    {BYTES("linux /k\noptions a\0b\n"), "nul.conf line 2: a NUL byte"},
	    {BYTES("linux /k\n\nop\0tions a\n"), "nul.conf line 3: a NUL byte"},
	    {BYTES("linux /k\n#\0\n"), "nul.conf line 2: a NUL byte"},
	    {BYTES("linux /k\0"), "nul.conf line 1: a NUL byte"},
	    {BYTES("linux /k\n\0"), "nul.conf line 2: a NUL byte"},
	    {BYTES("\0"), "nul.conf line 1: a NUL byte"},
	    {BYTES("\xff\xfel\0i\0n\0u\0x\0 \0/\0k\0\n\0"), "nul.conf line 1: a NUL byte"}, /* UTF-16 */
#undef BYTES
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse_bytes("nul.conf", row[i].text, row[i].size);

		expect_broken(&e, row[i].reason);
	}
}

static void an_entry_names_one_thing_to_start(void **state)
{
	static const struct {
		const char *text;
		enum entry_kind kind;
		const char *program;
	} row[] = {
	    {"linux /k\n", ENTRY_LINUX, "/k"},
	    {"efi /shell.efi\n", ENTRY_EFI, "/shell.efi"},
	    {"uki /a.efi\n", ENTRY_UKI, "/a.efi"},
	    {"uki-url :b.efi\n", ENTRY_UKI_URL, ":b.efi"},
	    {"uki-url :a/../b.efi\n", ENTRY_UKI_URL, ":a/../b.efi"}, /* no path on a volume */
	    {"efi /a.efi\nefi /b.efi\n", ENTRY_EFI, "/b.efi"},
	    {"efi\nlinux /k\n", ENTRY_LINUX, "/k"}, /* a key without a value is absent */
	};
	static const struct {
		const char *text, *reason;
	} bad[] = {
	    {"efi /a.efi\nlinux /k\n", "a.conf line 2: a line `linux`, and one `efi` before it"},
	    {"linux /k\nefi /a.efi\n", "a.conf line 2: a line `efi`, and one `linux` before it"},
	    {"uki /k\n\nuki-url /a.efi\n", "a.conf line 3: a line `uki-url`, and one `uki` before it"},
	    {"title A\noptions x\n", "a.conf: no line `linux`, `efi` or `uki`: there is nothing to start"},
	    {"linux /../k\n", "a.conf: the path /../k goes up with \"..\""},
	    {"efi \\tools\\..\\k\n", "a.conf: the path \\tools\\..\\k goes up with \"..\""},
	    {"uki /./\n", "a.conf: the path \"/./\" names no file"},
	    {"linux /../k\nplacement x\nplacement 0x1\n", "a.conf line 3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse("a.conf", row[i].text);

		assert_false(e.broken);
		assert_int_equal(e.kind, row[i].kind);
		expect_word(e.program, row[i].program);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct entry e = parse("a.conf", bad[i].text);

		expect_broken(&e, bad[i].reason);
	}
}

static void too_many_initrds_or_options_name_the_limit(void **state)
{
	static const struct {
		const char *line;
		unsigned int limit;
	} row[] = {{"initrd", MAX_INITRDS}, {"options", MAX_OPTIONS}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[1000] = "linux /k\n", reason[100];

		for (unsigned int n = 0; n < row[i].limit; n++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %u\n", row[i].line, n);
		struct entry e = parse("many.conf", text);

		assert_false(e.broken);
		assert_int_equal(e.n_initrds + e.n_options, row[i].limit);
		expect_word(i == 0 ? e.initrd[15] : e.options[31], i == 0 ? "15" : "31");
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s x\ntitle T\n", row[i].line);
		snprintf(reason, sizeof(reason), "many.conf line %u: more than %u lines of %s", row[i].limit + 2,
			 row[i].limit, row[i].line);
		e = parse("many.conf", text);
		expect_broken(&e, reason);
		expect_word(e.title, "T");
		assert_int_equal(e.n_initrds + e.n_options, row[i].limit);
	}
}

static void the_first_mistake_is_told_and_the_other_lines_count(void **state)
{
	struct entry e = parse("a+0.conf", "placement 0x1\nplacement no\ntitle T\nlinux /k\n");

	(void)state;
	expect_broken(&e, "a+0.conf line 1: placement 0x1 is not a multiple");
	assert_string_equal(e.id, "a.conf");
	assert_true(e.tries_exhausted);
	expect_word(e.title, "T");
	expect_word(e.program, "/k");
	assert_int_equal(e.wish.policy, PLACE_HIGH);
	assert_true(e.wish.at == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, free_texts)
	    TEST(every_key_of_an_entry_is_read),
	    TEST(what_is_not_written_is_absent),
	    TEST(keys_that_are_not_known_are_ignored),
	    TEST(of_a_key_that_stands_twice_the_last_counts),
	    TEST(a_line_without_a_value_counts_as_absent),
	    TEST(an_entry_for_another_cpu_is_told_apart),
	    TEST(an_entry_without_a_title_is_called_by_its_id),
	    TEST(line_ends_marks_and_blanks_do_not_matter),
	    TEST(a_hash_inside_of_a_value_is_no_comment),
	    TEST(a_file_of_nothing_has_no_kernel),
	    TEST(a_line_may_be_as_long_as_the_file),
	    TEST(handoff_says_who_starts_the_kernel),
	    TEST(x10_decompress_says_who_unpacks_the_kernel),
	    TEST(a_device_tree_and_its_overlays_are_named),
	    TEST(a_nul_byte_is_named_wherever_it_stands),
	    TEST(an_entry_names_one_thing_to_start),
	    TEST(too_many_initrds_or_options_name_the_limit),
	    TEST(the_first_mistake_is_told_and_the_other_lines_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
