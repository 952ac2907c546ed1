/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the values of an entry mean: where it is placed, quotes around them, and words that other loaders expand. What
 * is not understood is said once, by file and line, and changes nothing else.
 */
#include "given_entry.h"

/* ---- placement ---- */

static void placement_takes_words_addresses_and_windows(void **state)
{
	static const struct {
		const char *value;
		enum placement_policy policy;
		uint64_t at, end;
	} row[] = {
	    {"high", PLACE_HIGH, 0, 0},
	    {"low", PLACE_LOW, 0, 0},
	    {"preferred", PLACE_PREFERRED, 0, 0},
	    {"random", PLACE_RANDOM, 0, 0},
	    {"0x1000-0x2000", PLACE_WITHIN, 0x1000, 0x2000},
	    {"0-18446744073709547520", PLACE_WITHIN, 0, 0xfffffffffffff000},
	    {"0", PLACE_EXACT, 0, 0},
	    {"0x140000000", PLACE_EXACT, 0x140000000, 0},
	    {"0X1aBcDeF000", PLACE_EXACT, 0x1abcdef000, 0},
	    {"16777216", PLACE_EXACT, MIB(16), 0},
	    {"0xFFFFFFFFFFFFF000", PLACE_EXACT, 0xfffffffffffff000, 0},
	    {"18446744073709547520", PLACE_EXACT, 0xfffffffffffff000, 0},
	    {"0x00000000000000000000001000", PLACE_EXACT, 0x1000, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[100];

		snprintf(text, sizeof(text), "linux /k\nplacement %s\n", row[i].value);
		struct entry e = parse("a.conf", text);

		assert_false(e.broken);
		assert_int_equal(e.wish.policy, row[i].policy);
		assert_true(e.wish.at == row[i].at && e.wish.end == row[i].end);
	}
}

/* Whoever wrote a number demanded a place (rule C5), and is not to find the kernel elsewhere. */
static void a_place_demanded_in_numbers_that_cannot_be_is_an_error(void **state)
{
	static const struct {
		const char *value, *reason;
	} row[] = {
	    {"0xzz", "placement \"0xzz\" is not an address"},
	    {"0x", "is not an address"},
	    {"1000h", "is not an address"},
	    {"0x1000 ro", "is not an address"},
	    {"4096 4096", "is not an address"},
	    {"0x10000000000000000", "is not an address"},
	    {"0x1000000000000000000000000000000000", "is not an address"},
	    {"18446744073709551616", "is not an address"},
	    {"99999999999999999999999999999999999999", "is not an address"},
	    {"0x2000-0x2000", "placement 0x2000-0x2000 is an empty window"},
	    {"0x3000-0x2000", "placement 0x3000-0x2000 is an empty window"},
	    {"0x3001-0x4000", "placement 0x3001 is not a multiple of 4096"},
	    {"0x3000-0x4001", "placement 0x4001 is not a multiple of 4096"},
	    {"0x3000-", "is not an address"},
	    {"0x1000-0x2000-0x3000", "is not an address"},
	    {"0x1001", "placement 0x1001 is not a multiple of 4096"},
	    {"18446744073709551615", "placement 0xffffffffffffffff is not a multiple of 4096"},
	    {"0123456789012345678901234567890123456789x", "\"0123456789012345678901234567890123456789...\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[100];

		snprintf(text, sizeof(text), "title T\nlinux /k\n\nplacement %s", row[i].value);
		struct entry e = parse("a.conf", text);

		expect_broken(&e, "a.conf line 4: ");
		expect_broken(&e, row[i].reason);
		expect_word(e.title, "T");
	}
}

static void a_placement_that_is_no_word_is_said_once_and_changes_nothing(void **state)
{
	static const struct {
		const char *value, *reason;
	} row[] = {
	    {"", "placement \"\" is not an address\n  try: high, low, preferred, random, 0xADDRESS or MIN-MAX\n"},
	    {"highest", "placement \"highest\" is not an address"},
	    {"High", "is not an address"},
	    {"x1000", "is not an address"},
	    {"-4096", "is not an address"},
	    {"+4096", "is not an address"},
	    {"-0x3000", "is not an address"},
	    {"\x1b[2J", "placement \"?[2J\" is not an address"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[100];

		snprintf(text, sizeof(text), "placement low\nlinux /k\n\nplacement %s", row[i].value);
		struct entry e = parse("a.conf", text);
		const char *told = remarks_of(&e);

		assert_false(e.broken);
		assert_true(e.wish.policy == PLACE_LOW && e.wish.said);
		assert_non_null(strstr(told, "0 a.conf line 4: the line is ignored: "));
		assert_non_null(strstr(told, row[i].reason));
		assert_null(strstr(strstr(told, "line") + 1, "line 4"));
	}
}

static void what_is_understood_is_not_remarked_on(void **state)
{
	struct entry e =
	    parse("a.conf", "title T\nlinux /k\ninitrd /i\ninitrd\noptions memmap=1G$1G a$b \"$q\" $ $1 $a-b\n"
			    "placement 0x1000\ndecompress loader\nunknown key\n");

	(void)state;
	assert_false(e.broken);
	assert_string_equal(remarks_of(&e), "");
}

/* ---- quotes, and what other loaders expand ---- */

static void a_pair_of_quotes_around_a_whole_value_goes(void **state)
{
	struct entry e =
	    parse("a.conf", "\xef\xbb\xbf  title\t\"A (old) \" \r\nversion '1'\rsort-key \"\nmachine-id 'm\"\r\n"
			    "linux \"/k(1)/a b\"\ninitrd '/i'\noptions \"a=\"b\" c\"\ndevicetree ''\n"
			    "placement \"low\"\ndecompress 'loader'\narchitecture \"x64\"");

	(void)state;
	expect_word(e.title, "A (old) ");
	expect_word(e.version, "1");
	expect_word(e.sort_key, "\"");
	expect_word(e.machine_id, "'m\"");
	expect_word(e.program, "/k(1)/a b");
	expect_word(e.initrd[0], "/i");
	expect_word(e.options[0], "a=\"b\" c");
	expect_word(e.devicetree, "");
	expect_word(e.architecture, "x64");
	assert_true(e.loader_unpacks && e.wish.policy == PLACE_LOW && !e.broken);
	assert_string_equal(remarks_of(&e), "");
}

static void a_lone_carriage_return_ends_a_line_and_counts_as_one(void **state)
{
	struct entry e = parse("a.conf", "title T\rlinux /k\r\n\r\nplacement 1\r");

	(void)state;
	expect_word(e.program, "/k");
	expect_broken(&e, "a.conf line 4: placement 0x1 is not a multiple");
}

static void variables_of_other_loaders_go_and_the_log_says_so(void **state)
{
	static const struct {
		const char *line, *initrd, *options;
		unsigned int remarks;
	} row[] = {
	    {"initrd /i.img $tuned_initrd", "/i.img", "", 1},
	    {"initrd /i.img\t ${tuned_initrd}  $more", "/i.img", "", 2},
	    {"initrd $tuned_initrd", NULL, "", 1},
	    {"initrd /a $b c", "/a $b c", "", 0},
	    {"initrd /a$b", "/a$b", "", 0},
	    {"options ro $tuned_params", NULL, "ro", 1},
	    {"options $kernelopts", NULL, "", 1},
	    {"options $kernelopts ro  $tuned_params quiet", NULL, "ro quiet", 2},
	    {"options $wab} ${b ${} $c ro", NULL, "$wab} ${b ${} ro", 1},
	    {"options ro memmap=1G$1G $2 $a.b a=$b", NULL, "ro memmap=1G$1G $2 $a.b a=$b", 0},
	    {"options a=\"x $y z\" $w", NULL, "a=\"x $y z\"", 1},
	    {"options $a\noptions ro\noptions $b\noptions rw", NULL, "ro rw", 2},
	    {"title $a\nversion $b", NULL, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char text[128], line[128];
		unsigned int remarks = 0;
		struct fail why;

		snprintf(text, sizeof(text), "linux /k\n%s\n", row[i].line);
		struct entry e = parse("a.conf", text);

		assert_false(e.broken);
		assert_int_equal(e.n_initrds, row[i].initrd != NULL);
		if (row[i].initrd != NULL)
			expect_word(e.initrd[0], row[i].initrd);
		assert_int_equal(entry_command_line(&e, line, sizeof(line), &why), OK);
		assert_string_equal(line, row[i].options);
		for (const char *at = remarks_of(&e); (at = strstr(at, "1 a.conf line ")) != NULL; at++)
			remarks++;
		assert_int_equal(remarks, row[i].remarks);
	}
	assert_string_equal(
	    remarks_of(&(struct entry){.file_name = "f.conf", .source = word_of("linux /k\ninitrd /i $x")}),
	    "1 f.conf line 2: $x behind `initrd` is a variable of another loader, and is left out\n");
}

/* UAPI.1, "Type #1": the key stands for a unified kernel image, which has its own initrds. */
static void initrds_count_for_kernels_alone(void **state)
{
	struct entry kernel = parse("a.conf", "initrd /i\nlinux /k\n"), image = parse("a.conf", "initrd /i\nuki /k\n"),
		     program = parse("a.conf", "efi /k\ninitrd /i\n");

	(void)state;
	assert_int_equal(kernel.n_initrds, 1);
	assert_string_equal(remarks_of(&kernel), "");
	assert_int_equal(image.n_initrds + program.n_initrds, 0);
	assert_false(image.broken || program.broken);
	assert_string_equal(remarks_of(&image),
			    "0 a.conf: `initrd` is for a kernel that `linux` names, and is ignored\n");
	assert_string_equal(remarks_of(&program),
			    "0 a.conf: `initrd` is for a kernel that `linux` names, and is ignored\n");
}

/* systemd-stub(7): "@N", and one blank before the command line if there is one. Other programs would not know what that
 * is. */
static void a_profile_stands_before_the_options_of_a_unified_kernel_image(void **state)
{
	static const struct {
		const char *text, *options;
	} row[] = {
	    {"uki /a.efi\nprofile 2\noptions quiet\n", "@2 quiet"},
	    {"uki /a.efi\nprofile 2\n", "@2"},
	    {"uki /a.efi\nprofile 4294967295\n", "@4294967295"},
	    {"uki /a.efi\nprofile 0\noptions quiet\n", "quiet"},
	    {"uki /a.efi\nprofile 0\n", ""},
	    {"uki /a.efi\noptions a\noptions b\n", "a b"},
	    {"efi /a.efi\nprofile 2\noptions quiet\n", "quiet"},
	    {"uki /a.efi\nprofile one\n", ""},
	    {"uki /a.efi\nprofile 4294967296\n", ""},
	};
	struct entry odd = parse("a.conf", "uki /a.efi\nprofile 4294967296\n");
	char out[32];
	struct fail why;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct entry e = parse("a.conf", row[i].text);

		assert_false(e.broken);
		assert_int_equal(entry_load_options(&e, out, sizeof(out), &why), OK);
		assert_string_equal(out, row[i].options);
	}
	assert_string_equal(remarks_of(&odd),
			    "0 a.conf line 2: profile \"4294967296\" is not a number; the line is ignored\n");
	odd = parse("a.conf", "uki /a.efi\nprofile 2\noptions 0123456789012345678901234567890\n");
	assert_int_equal(entry_load_options(&odd, out, sizeof(out), &why), BAD_INPUT);
}

/* A title of an automatic entry that nobody wrote has no file whose lines could be remarked on. */
static void what_nobody_wrote_is_not_remarked_on(void **state)
{
	struct entry e = {.id = "auto-x", .file_name = "auto-x"};

	(void)state;
	assert_string_equal(remarks_of(&e), "");
}

/* UAPI.1, "Boot Loader Entries"; systemd, src/boot/boot.c: hidden files, and those with names that are the loader's. */
static void names_of_entries_are_told_from_others(void **state)
{
	static const struct {
		const char *name;
		bool conf, efi;
	} row[] = {
	    {"a.conf", true, false},	   {"A.CONF", true, false},
	    {"a.efi", false, true},	   {"a.EFI", false, true},
	    {".a.conf", false, false},	   {".conf", false, false},
	    {".efi", false, false},	   {"conf", false, false},
	    {"auto-a.conf", false, false}, {"AUTO-a.efi", false, false},
	    {"auto.conf", true, false},	   {"autoa.efi", false, true},
	    {"a-auto-.conf", true, false}, {"a.efix", false, false},
	    {"a.conf.efi", false, true},   {"", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		assert_int_equal(entry_is_named(row[i].name, ".conf"), row[i].conf);
		assert_int_equal(entry_is_named(row[i].name, ".efi"), row[i].efi);
	}
}

/* ---- log-level ---- */

static void levels_are_those_of_syslog(void **state)
{
	static const char *const name[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
	enum log_level level = LOG_NORMAL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(name); i++) {
		assert_true(log_level_parse(word_of(name[i]), &level));
		assert_int_equal(level, i < 5 ? LOG_QUIET : i < 7 ? LOG_NORMAL : LOG_DEBUG);
	}
	assert_false(log_level_parse(word_of("verbose"), &level) || log_level_parse((struct word){NULL, 0}, &level));
	assert_int_equal(level, LOG_DEBUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, free_texts)
	    TEST(placement_takes_words_addresses_and_windows),
	    TEST(a_place_demanded_in_numbers_that_cannot_be_is_an_error),
	    TEST(a_placement_that_is_no_word_is_said_once_and_changes_nothing),
	    TEST(what_is_understood_is_not_remarked_on),
	    TEST(a_pair_of_quotes_around_a_whole_value_goes),
	    TEST(a_lone_carriage_return_ends_a_line_and_counts_as_one),
	    TEST(variables_of_other_loaders_go_and_the_log_says_so),
	    TEST(initrds_count_for_kernels_alone),
	    TEST(a_profile_stands_before_the_options_of_a_unified_kernel_image),
	    TEST(what_nobody_wrote_is_not_remarked_on),
	    TEST(names_of_entries_are_told_from_others),
	    TEST(levels_are_those_of_syslog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
