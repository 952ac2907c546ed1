/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu stands in the order that UAPI.1, "Sorting", gives, versions compare as UAPI.10 says, with the examples of
 * both; and the entry that a pattern or a name means is found, or one that can boot.
 */
#define _GNU_SOURCE /* FNM_CASEFOLD */
#include "given.h"

#include "../../config/interface.h"

#include <fnmatch.h>

static unsigned int start_random(void)
{
	const char *given = getenv("SEED");
	unsigned int seed = given != NULL ? (unsigned int)strtoul(given, NULL, 0) : 20260101;

	printf("seed %u\n", seed);
	return seed;
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

/* Without variables. */
static size_t entry_chosen(struct entry *const *entries, size_t n, const struct loader_conf *conf)
{
	const struct asked nothing = {.one_shot = {NULL, 0}};
	size_t index;

	(void)entries_choose(entries, n, conf, &nothing, &index);
	return index;
}

/* ---- versions ---- */

static void expect_order(const char *a, int expected, const char *b)
{
	int there = sign(version_compare(word_of(a), word_of(b))), back = sign(version_compare(word_of(b), word_of(a)));

	if (there != expected || back != -expected)
		fail_msg("\"%s\" against \"%s\" is %d, and %d the other way round", a, b, there, back);
}

static void versions_compare_as_the_examples_of_the_specification(void **state)
{
	static const struct {
		const char *a;
		char how;
		const char *b;
	} row[] = {
	    {"11", '=', "11"},
	    {"systemd-123", '=', "systemd-123"},
	    {"bar-123", '<', "foo-123"},
	    {"123a", '>', "123"},
	    {"123.a", '>', "123"},
	    {"123.a", '<', "123.b"},
	    {"123a", '>', "123.a"},
	    {"11\xce\xb1", '=', "11\xce\xb2"},
	    {"B", '<', "a"},
	    {"", '<', "0"},
	    {"0.", '>', "0"},
	    {"0.0", '>', "0"},
	    {"0", '>', "~"},
	    {"", '>', "~"},
	    {"1_", '=', "1"},
	    {"_1", '=', "1"},
	    {"1_", '<', "1.2"},
	    {"1_2_3", '>', "1.3.3"},
	    {"1+", '=', "1"},
	    {"+1", '=', "1"},
	    {"1+", '<', "1.2"},
	    {"1+2+3", '>', "1.3.3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		expect_order(row[i].a, row[i].how == '=' ? 0 : row[i].how == '<' ? -1 : 1, row[i].b);
}

/* Each row ascends; the first is the specification's. */
static void versions_ascend_as_the_specification_says(void **state)
{
	static const char *const row[][12] = {
	    {"122.1", "123~rc1-1", "123", "123-a", "123-a.1", "123-1", "123-1.1", "123^post1", "123.a-1", "123.1-1",
	     "123a-1", "124-1"},
	    {"6.1.0-9", "6.1.0-10", "6.2~rc1", "6.2~rc10", "6.2", "6.2-1", "6.2.1", "6.12"},
	    {"~1", "", "1"},
	    {"1~", "1~~", "1"}, /* the steps taken by the letter: one tilde is skipped, and then one string has ended */
	    {"1", "1-", "1^", "1.", "1a"},
	    {"1-~", "1-", "1-1"},
	    {"-^a", "-.", "-~a", "-a"}, /* behind a skipped minus no tilde is looked for in the same round */
	    {"A", "B", "Z", "a", "aa", "b", "z"},
	    {"1", "2", "9", "10", "100", "18446744073709551615", "18446744073709551616", "99999999999999999999999999"},
	    {"a", "a1", "a2", "ab"},
	    {"6.1.conf", "6.1.0.conf", "6.1.1.conf"}, /* systemd's code: no number at all is less than a 0 */
	    {"a", "0", "0a"},
	};

	(void)state;
	for (size_t r = 0; r < COUNT_OF(row); r++)
		for (size_t i = 0; i < 12 && row[r][i] != NULL; i++)
			for (size_t j = 0; j < 12 && row[r][j] != NULL; j++)
				expect_order(row[r][i], (i > j) - (i < j), row[r][j]);
}

static void what_has_no_meaning_in_a_version_only_separates(void **state)
{
	static const char *const equal[][2] = {
	    {"11", "0011"},
	    {"0", "000"},
	    {"1_2", "1+2"},
	    {"1 2", "1\t2"},
	    {"", ""},
	    {"", "_+:"},
	    {"a_", "a"},
	    {"1.0", "1.00"},
	    {"\xd9\xa1"
	     "1",
	     "1"},
	    {"6.1-x86_64", "6.1-x86+64"},
	    {"a_b", "a+b"},
	};

	(void)state;
	for (size_t r = 0; r < COUNT_OF(equal); r++)
		expect_order(equal[r][0], 0, equal[r][1]);
	/* Separators are skipped at the start of a round alone, so that right behind a mark one is no number and no
	 * end. */
	expect_order("~_", 1, "~");
	expect_order("1-_2", -1, "1-2");
	expect_order("a_b", -1, "ab");
}

/* ---- sorting ---- */

struct written {
	const char *file_name, *text;
};

/* @in_order: as the menu must show them. Every rotation and the reverse of it is sorted. */
static void expect_menu(const struct written *in_order, size_t n)
{
	static struct entry entry[16];
	struct entry *list[16];
	struct fail why;

	for (size_t i = 0; i < n; i++)
		(void)entry_parse(&entry[i], in_order[i].file_name, in_order[i].text, strlen(in_order[i].text), &why);
	for (size_t round = 0; round < 2 * n; round++) {
		for (size_t i = 0; i < n; i++)
			list[round < n ? (i + round) % n : (n - i + round) % n] = &entry[i];
		entries_sort(list, n);
		for (size_t i = 0; i < n; i++)
			if (list[i] != &entry[i])
				fail_msg("round %zu: in place %zu stands %s", round, i, list[i]->id);
	}
}

static void entries_without_tries_stand_last(void **state)
{
	static const struct written menu[] = {
	    {"b.conf", "linux /k\nsort-key b\n"},
	    {"c+1-9.conf", "linux /k\nsort-key c\n"},
	    {"n.conf", "linux /k\n"},
	    {"a+0-3.conf", "linux /k\nsort-key a\n"},
	    {"z+0.conf", "linux /k\n"},
	};

	(void)state;
	expect_menu(menu, COUNT_OF(menu));
}

static void entries_with_a_sort_key_stand_before_those_without(void **state)
{
	static const struct written menu[] = {
	    {"a.conf", "linux /k\nsort-key z\n"},
	    {"z.conf", "linux /k\nversion 9\nmachine-id 0\n"},
	    {"b.conf", "linux /k\nsort-key\nversion 99\n"}, /* empty is not set */
	};

	(void)state;
	expect_menu(menu, COUNT_OF(menu));
}

static void sort_key_then_machine_then_version_decide(void **state)
{
	static const struct written menu[] = {
	    {"a.conf", "linux /k\nsort-key B\nmachine-id 9\nversion 1\n"}, /* as strcmp: capitals first */
	    {"b.conf", "linux /k\nsort-key a\nversion 1\n"},		   /* no machine-id stands before any */
	    {"c.conf", "linux /k\nsort-key a\nmachine-id 1\nversion 6.10\n"},
	    {"d.conf", "linux /k\nsort-key a\nmachine-id 1\nversion 6.9\n"},
	    {"e.conf", "linux /k\nsort-key a\nmachine-id 1\nversion 6.9~rc1\n"},
	    {"f.conf", "linux /k\nsort-key a\nmachine-id 1\n"},
	    {"g.conf", "linux /k\nsort-key a\nmachine-id 2\nversion 7\n"},
	    {"h.conf", "linux /k\nsort-key aa\nmachine-id 1\nversion 9\n"},
	    {"i.conf", "linux /k\nsort-key \xc3\xa4\nmachine-id 1\nversion 9\n"}, /* bytes, not letters */
	};

	(void)state;
	expect_menu(menu, COUNT_OF(menu));
}

static void at_the_end_the_file_name_decides_the_newest_first(void **state)
{
	static const struct written menu[] = {
	    {"b-6.10.conf", "linux /k\nsort-key a\nmachine-id 1\nversion 1\n"},
	    {"b-6.9.conf", "linux /k\nsort-key a\nmachine-id 1\nversion 1\n"},
	    {"debian-6.1.0-10.conf", "linux /k\ntitle A\n"},
	    {"debian-6.1.0-9.conf",
	     "linux /k\ntitle B\nversion 9\n"}, /* without a sort-key the version plays no part */
	    {"c-1.conf", "linux /k\n"}, /* with the suffix, as systemd-boot and bootctl(1) compare: "." after "-" */
	    {"c-1-2.conf", "linux /k\n"},
	    {"arch.conf", "linux /k\ntitle 0\n"},
	    {"a_b.conf", "linux /k\n"}, /* one version for UAPI.10; the order does not hang on the folder's */
	    {"a+b.conf", "linux /k\n"},
	};

	(void)state;
	expect_menu(menu, COUNT_OF(menu));
}

static void broken_entries_keep_their_place(void **state)
{
	static const struct written menu[] = {
	    {"c.conf", "linux /k\n"}, {"b.conf", "placement no\n"}, {"a.conf", "linux /k\n"}};

	(void)state;
	expect_menu(menu, COUNT_OF(menu));
}

#define THOUSANDS 3000

static void sorting_is_stable_and_takes_any_number(void **state)
{
	static struct entry entry[THOUSANDS];
	static struct entry *list[THOUSANDS];

	(void)state;
	entries_sort(NULL, 0);
	for (size_t i = 0; i < THOUSANDS; i++) {
		entry[i] = (struct entry){.id = "same"};
		list[i] = &entry[i];
	}
	entries_sort(list, THOUSANDS);
	for (size_t i = 0; i < THOUSANDS; i++)
		assert_ptr_equal(list[i], &entry[i]);
}

/* As a folder lists them, the newest may be the last: it stands first all the same, and boots. */
static void among_thousands_the_newest_stands_first_in_whatever_order_they_are_read(void **state)
{
	static struct entry entry[THOUSANDS];
	static struct entry *list[THOUSANDS];
	const struct loader_conf none = {.timeout_seconds = TIMEOUT_NONE};

	(void)state;
	srand(start_random());
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < THOUSANDS; i++) {
			entry[i] = (struct entry){.id = ""};
			snprintf(entry[i].id, sizeof(entry[i].id), "nixos-generation-%zu", i + 1);
			list[i] = &entry[i];
		}
		for (size_t i = THOUSANDS - 1; round > 0 && i > 0; i--) {
			size_t with = round == 1 ? (size_t)rand() % (i + 1) : i / 2;
			struct entry *swap = list[i];

			list[i] = list[with];
			list[with] = swap;
		}
		entries_sort(list, THOUSANDS);
		for (size_t i = 0; i < THOUSANDS; i++)
			assert_ptr_equal(list[i], &entry[THOUSANDS - 1 - i]);
		assert_int_equal(entry_chosen(list, THOUSANDS, &none), 0);
	}
}

/* ---- patterns ---- */

static void globs_match_as_glob_7_says_without_regard_to_case(void **state)
{
	static const char *const yes[][2] = {
	    {"*", ""},
	    {"*", "abc"},
	    {"**", "a"},
	    {"", ""},
	    {"debian-*", "debian-6.1"},
	    {"DEB*", "debian"},
	    {"deb*", "DEBIAN"},
	    {"a?c", "abc"},
	    {"a[bc]d", "acd"},
	    {"a[!b]d", "acd"},
	    {"a[^b]d", "acd"},
	    {"[a-c]x", "bx"},
	    {"[A-C]x", "bx"},
	    {"[a-c]x", "BX"},
	    {"*-6.1", "a-6-6.1"},
	    {"a*b*c", "aXbYbZc"},
	    {"[]]", "]"},
	    {"[]-a]", "_"},
	    {"[!]]", "a"},
	    {"[a-]", "-"},
	    {"[a-]", "a"},
	    {"[-a]", "-"},
	    {"[0-9][0-9]", "42"},
	    {"\\*", "*"},
	    {"\\?", "?"},
	    {"\\a", "a"},
	    {"[", "["},
	    {"a[b", "a[b"},
	    {"[!", "[!"},
	    {"a*", "a"},
	    {"*a", "aaa"},
	    {"*.?", "a.b.c"},
	    {"[\xc3\xa4]*", "\xc3\xa4"},
	    {"?*?", "ab"},
	    {"a\\", "a\\"},
	    {"[a-cx]", "x"},
	    {"[ab-]", "-"},
	    {"[a-ce-g]", "f"},
	    {"[ac-]", "c"},
	    {"[xa-c]", "b"},
	};
	static const char *const no[][2] = {
	    {"", "a"},		 {"a", ""},	    {"?", ""},	       {"debian", "debian-6"}, {"debian-6", "debian"},
	    {"a?c", "ac"},	 {"a[!b]d", "abd"}, {"a[!b]d", "aBd"}, {"[a-c]x", "dx"},       {"[c-a]x", "bx"},
	    {"*-6.1", "a-6.10"}, {"\\*", "a"},	    {"[]", "a"},       {"[]a", "]"},	       {"[a-c]", ""},
	    {"[a-cx]", "-"},	 {"[a-c-e]", "d"},  {"[a-ce]", "d"},   {"a*b", "aXbY"},	       {"?*?", "a"},
	    {"[!]]", "]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (!glob_match(word_of(yes[i][0]), yes[i][1]))
			fail_msg("%s does not match %s", yes[i][0], yes[i][1]);
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (glob_match(word_of(no[i][0]), no[i][1]))
			fail_msg("%s matches %s", no[i][0], no[i][1]);
}

static void no_pattern_takes_for_ever(void **state)
{
	char text[MAX_ENTRY_ID], pattern[2001];

	(void)state;
	memset(text, 'a', sizeof(text) - 1); /* exponential for a matcher that recurses at each star */
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[2000] = '\0';
	assert_false(glob_match(word_of(pattern), text));
	memcpy(pattern + 198, "*b", 3);
	assert_false(glob_match(word_of(pattern), text));
	memcpy(pattern + 198, "*a", 3);
	assert_true(glob_match(word_of(pattern), text));
}

/* Not where C libraries differ: a class that does not end; and "[." and "[[", of collating symbols and named classes.
 */
static bool is_for_oracle(const char *pattern)
{
	const char *class = strchr(pattern, '['), *member;

	if (class == NULL)
		return true;
	member = class + (class[1] == '!' ? 2 : 1);
	return class == strrchr(pattern, '[') && *member != '\0' && *member != '.' && strchr(member + 1, ']') != NULL;
}

/* fnmatch(3) of the C library is the oracle, on short patterns of the characters that mean something. */
static void random_globs_match_as_fnmatch_does(void **state)
{
	static const char in_pattern[] = "aabBc-[]]!*?.", in_text[] = "abBc-].[";

	(void)state;
	srand(start_random());
	for (int round = 0; round < 300000; round++) {
		char pattern[9], text[8];
		size_t p = (size_t)rand() % sizeof(pattern), t = (size_t)rand() % sizeof(text);

		for (size_t i = 0; i < p; i++)
			pattern[i] = in_pattern[(size_t)rand() % (sizeof(in_pattern) - 1)];
		for (size_t i = 0; i < t; i++)
			text[i] = in_text[(size_t)rand() % (sizeof(in_text) - 1)];
		pattern[p] = text[t] = '\0';
		if (!is_for_oracle(pattern))
			continue;
		if (glob_match(word_of(pattern), text) != (fnmatch(pattern, text, FNM_CASEFOLD) == 0))
			fail_msg("%s and %s: not as fnmatch", pattern, text);
	}
}

/* ---- default and named ---- */

static struct entry bad, tired, good, other;
static struct entry *const list[] = {&bad, &tired, &good, &other};

static int give_four_entries(void **state)
{
	static const char kernel[] = "linux /k\n";
	struct fail why;

	(void)state;
	(void)entry_parse(&bad, "debian-9.conf", "", 0, &why);
	(void)entry_parse(&tired, "debian-8+0.conf", kernel, sizeof(kernel) - 1, &why);
	(void)entry_parse(&good, "Debian-7.conf", kernel, sizeof(kernel) - 1, &why);
	(void)entry_parse(&other, "other.conf", kernel, sizeof(kernel) - 1, &why);
	return 0;
}

static void the_default_is_what_the_pattern_says(void **state)
{
	static const struct {
		const char *pattern;
		size_t index;
	} row[] = {
	    {"other", 3},    {"other.conf", 3}, {"OTHER.CONF", 3}, {"o*", 3},
	    {"*.conf", 1},   {"*", 1},		{"debian-*", 1},   {"debian-7", 2},
	    {"*-7.c?nf", 2}, {"debian-8*", 1},	{"[!d]*", 3},	   {"debian-9", 2}, /* broken: as if nothing matched */
	    {"nothing", 2},  {"other.con", 2},	{"@saved", 2},	   {"", 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct loader_conf conf = {.default_pattern = word_of(row[i].pattern)};

		if (entry_chosen(list, COUNT_OF(list), &conf) != row[i].index)
			fail_msg("%s: %zu", row[i].pattern, entry_chosen(list, COUNT_OF(list), &conf));
	}
}

static void without_a_pattern_the_default_is_the_first_that_can_boot(void **state)
{
	struct loader_conf conf = {.default_pattern = {NULL, 0}};

	(void)state;
	assert_int_equal(entry_chosen(list, 4, &conf), 2);
	assert_int_equal(entry_chosen(list, 2, &conf), 1); /* out of tries is better than broken */
	assert_int_equal(entry_chosen(list, 1, &conf), 0);
	assert_int_equal(entry_chosen(list + 2, 2, &conf), 0);
	list[2]->tries_exhausted = list[3]->tries_exhausted = true;
	assert_int_equal(entry_chosen(list + 2, 2, &conf), 0);
	conf.default_pattern = word_of("*");
	assert_int_equal(entry_chosen(list + 2, 2, &conf), 0);
	list[2]->tries_exhausted = list[3]->tries_exhausted = false;
}

static void a_name_means_one_entry_exactly(void **state)
{
	static const struct {
		const char *name;
		int index; /* -1: none */
	} row[] = {
	    {"other", 3},    {"OTHER.CONF", 3}, {"Other.conf", 3},	 {"debian-8", 1}, {"debian-7", 2},
	    {"debian-9", 0}, {"debian", -1},	{"debian-88", -1},	 {"*", -1},	  {"o?her", -1},
	    {"", -1},	     {".conf", -1},	{"other.conf.conf", -1}, {"other ", -1},  {"debian-8+0", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		size_t index = 99;
		bool found = entries_named(list, COUNT_OF(list), word_of(row[i].name), &index);

		if (found != (row[i].index >= 0) || index != (found ? (size_t)row[i].index : 99))
			fail_msg("\"%s\" is %d %zu", row[i].name, found, index);
	}
}

/* ---- any bytes at all ---- */

static void random_versions_have_one_order(void **state)
{
	static const char alphabet[] = "0019aB~-^._+";

	(void)state;
	srand(start_random());
	for (int round = 0; round < 100000; round++) {
		struct word w[2];
		char *at[2];

		for (size_t i = 0; i < 2; i++) {
			w[i].length = (size_t)rand() % 7;
			w[i].at = at[i] = malloc(w[i].length == 0 ? 1 : w[i].length);
			for (size_t c = 0; c < w[i].length; c++)
				at[i][c] =
				    rand() % 16 == 0 ? (char)rand() : alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		}
		assert_int_equal(version_compare(w[0], w[0]), 0);
		assert_int_equal(sign(version_compare(w[0], w[1])), -sign(version_compare(w[1], w[0])));
		(void)glob_match(w[0], "");
		(void)glob_match(w[0], "0a-.");
		free(at[0]);
		free(at[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(versions_compare_as_the_examples_of_the_specification),
	    cmocka_unit_test(versions_ascend_as_the_specification_says),
	    cmocka_unit_test(what_has_no_meaning_in_a_version_only_separates),
	    cmocka_unit_test(random_versions_have_one_order),
	    cmocka_unit_test(entries_without_tries_stand_last),
	    cmocka_unit_test(entries_with_a_sort_key_stand_before_those_without),
	    cmocka_unit_test(sort_key_then_machine_then_version_decide),
	    cmocka_unit_test(at_the_end_the_file_name_decides_the_newest_first),
	    cmocka_unit_test(broken_entries_keep_their_place),
	    cmocka_unit_test(sorting_is_stable_and_takes_any_number),
	    cmocka_unit_test(among_thousands_the_newest_stands_first_in_whatever_order_they_are_read),
	    cmocka_unit_test(globs_match_as_glob_7_says_without_regard_to_case),
	    cmocka_unit_test(no_pattern_takes_for_ever),
	    cmocka_unit_test(random_globs_match_as_fnmatch_does),
	    cmocka_unit_test_setup(the_default_is_what_the_pattern_says, give_four_entries),
	    cmocka_unit_test_setup(without_a_pattern_the_default_is_the_first_that_can_boot, give_four_entries),
	    cmocka_unit_test_setup(a_name_means_one_entry_exactly, give_four_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
