/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in the Boot Loader Interface's variables, and what follows from it: which entry boots, and how long a
 * menu stands. Sources: systemd, docs/BOOT_LOADER_INTERFACE.md; src/boot/boot.c.
 */
#include "given.h"

#include "../../config/interface.h"

/* ---- told ---- */

/* docs/BOOT_LOADER_INTERFACE.md, "LoaderFeatures", bit by bit. */
static void only_what_is_done_is_claimed(void **state)
{
	const uint64_t everywhere = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 |
				    1u << 8 | 1u << 9 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 15 |
				    1u << 16 | 1u << 17 | 1u << 18 | 1u << 19 | 1u << 20 | 1u << 21;

	(void)state;
	assert_int_equal(interface_features(false), everywhere);
	assert_int_equal(interface_features(true), everywhere | 1u << 10);
}

static void ids_follow_each_other_each_with_its_end(void **state)
{
	static struct entry entry[3] = {{.id = "b.conf"}, {.id = "\xc3\xa4\xf0\x9f\x98\x80"}, {.id = ""}};
	static struct entry *const list[] = {&entry[0], &entry[1], &entry[2]};
	static const uint16_t wanted[] = {'b', '.', 'c', 'o', 'n', 'f', 0, 0xe4, 0xd83d, 0xde00, 0, 0};
	uint16_t out[16];

	(void)state;
	assert_int_equal(interface_ids(list, 3, NULL), COUNT_OF(wanted));
	memset(out, 0xee, sizeof(out));
	assert_int_equal(interface_ids(list, 3, out), COUNT_OF(wanted));
	assert_memory_equal(out, wanted, sizeof(wanted));
	assert_int_equal(out[COUNT_OF(wanted)], 0xeeee);
	assert_int_equal(interface_ids(list, 0, NULL), 0);
	memset(entry[2].id, 'x', MAX_ENTRY_ID - 1);
	assert_int_equal(interface_ids(list + 2, 1, NULL), MAX_ENTRY_ID);
	memset(entry[2].id, 0, MAX_ENTRY_ID);
}

/* UEFI 2.10, 34.8.10: 23 bytes, then the descriptions: how many, and of each the language, a blank, and a name. */
static size_t given_layout(uint8_t layout[128], const char *text)
{
	size_t size = 25;

	memset(layout, 0xee, 128);
	store_le(layout + 18, 4, 23);
	layout[22] = 0;
	store_le(layout + 23, 2, 1);
	for (; *text != '\0'; text++, size += 2)
		store_le(layout + size, 2, (uint8_t)*text);
	store_le(layout, 2, size);
	return size;
}

static void expect_language(const char *text, const char *wanted)
{
	uint8_t layout[128];
	size_t size = given_layout(layout, text);
	char out[LANGUAGE_TAG] = "?";

	if (interface_language((struct bytes){layout, size}, out) != (wanted != NULL) ||
	    (wanted != NULL && strcmp(out, wanted) != 0))
		fail_msg("of \"%s\" the language is %s", text, out);
}

static void a_keyboards_language_is_the_first_word_of_its_description(void **state)
{
	(void)state;
	expect_language("en-US English Keyboard", "en-US");
	expect_language("de ", "de");
	expect_language("sr-Latn-RS-1 x", "sr-Latn-RS-1");
	expect_language("", NULL);
	expect_language(" English", NULL);
	expect_language("en-US", NULL);
	expect_language("en_US English", NULL);
	expect_language("en\nUS x", NULL);
	expect_language("aaaaaaaaaabbbbbbbbbbccccccccccddddd x", "aaaaaaaaaabbbbbbbbbbccccccccccddddd");
	expect_language("aaaaaaaaaabbbbbbbbbbccccccccccdddddd x", NULL);
}

static void a_layout_that_is_not_one_has_no_language(void **state)
{
	uint8_t layout[128], *exact;
	size_t size = given_layout(layout, "de x");
	char out[LANGUAGE_TAG];

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		assert_false(interface_language((struct bytes){layout, cut}, out));
	store_le(layout + 23, 2, 0); /* no description */
	assert_false(interface_language((struct bytes){layout, size}, out));
	(void)given_layout(layout, "de x");
	store_le(layout + 29, 2, 0x120); /* a letter, whose low byte is a blank's */
	assert_false(interface_language((struct bytes){layout, size}, out));
	(void)given_layout(layout, "de x");
	store_le(layout + 18, 4, size - 1);
	exact = malloc(size);
	memcpy(exact, layout, size);
	assert_false(interface_language((struct bytes){exact, size}, out));
	free(exact);
	store_le(layout + 18, 4, UINT32_MAX);
	assert_false(interface_language((struct bytes){layout, size}, out));
	store_le(layout + 18, 4, size - 2); /* 'x' of them, and none there */
	assert_false(interface_language((struct bytes){layout, size}, out));
	store_le(layout + 24, 2, 'e');
	assert_false(interface_language((struct bytes){layout, size + 1}, out));
}

/* UEFI 2.10, 10.3.1: nodes with a type, a subtype and their own length, and one that ends them. */
static void the_path_of_a_disk_ends_within_its_variable(void **state)
{
	static const uint8_t path[] = {2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 1,    0, 0,
				       0, 1, 1,	 6, 0,	  0,	3, 0x7f, 0xff, 4, 0};
	uint8_t bytes[sizeof(path)], *exact;

	(void)state;
	assert_int_equal(interface_place((struct bytes){path, sizeof(path)}), 18);
	assert_int_equal(interface_place((struct bytes){path + 18, 4}), 0);
	for (size_t size = 0; size < sizeof(path); size++) {
		exact = malloc(size + 1);
		memcpy(exact + 1, path, size);
		assert_int_equal(interface_place((struct bytes){exact + 1, size}), 0);
		free(exact);
	}
	memcpy(bytes, path, sizeof(path));
	for (unsigned int length = 0; length < 0x200; length++) {
		store_le(bytes + 2, 2, length);
		assert_int_equal(interface_place((struct bytes){bytes, sizeof(bytes)}),
				 length == 12 || length == 18 ? 18 : 0);
	}
	store_le(bytes + 2, 2, 12);
	bytes[19] = 1; /* 10.3.1: of one of several paths, of which the other is not known here */
	assert_int_equal(interface_place((struct bytes){bytes, sizeof(bytes)}), 0);
}

/* ---- read ---- */

static void a_string_is_whole_units_with_or_without_an_end(void **state)
{
	static const struct {
		uint16_t units[6];
		size_t size;
		const char *text; /* NULL: refused */
	} row[] = {
	    {{'a', '.', 'b', 0}, 8, "a.b"},
	    {{'a', '.', 'b'}, 6, "a.b"},
	    {{'a', 0, 'b', 0}, 8, "a"},
	    {{0xe4, 0xd83d, 0xde00}, 6, "\xc3\xa4\xf0\x9f\x98\x80"},
	    {{0xd83d}, 2, "?"},
	    {{'a', 'b'}, 3, NULL},
	    {{'a'}, 1, NULL},
	    {{'a'}, 0, NULL},
	    {{0, 'a'}, 4, NULL},
	};
	char out[INTERFACE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		bool given = interface_text(row[i].units, row[i].size, out);

		if (given != (row[i].text != NULL) || strcmp(out, given ? row[i].text : "") != 0)
			fail_msg("row %zu: %s", i, out);
	}
}

static void the_longest_string_fits_and_a_longer_one_is_refused(void **state)
{
	uint16_t *exact = malloc(INTERFACE_UNITS * sizeof(*exact));
	char *out = malloc(INTERFACE_TEXT);

	(void)state;
	for (size_t i = 0; i < INTERFACE_UNITS; i++)
		exact[i] = 0xffff;
	assert_true(interface_text(exact, INTERFACE_UNITS * sizeof(*exact), out));
	assert_int_equal(strlen(out), 3 * INTERFACE_UNITS);
	assert_false(interface_text(exact, INTERFACE_UNITS * sizeof(*exact) + 2, out));
	assert_false(interface_text(exact, SIZE_MAX - 1, out));
	assert_false(interface_text(exact, SIZE_MAX, out));
	free(exact);
	free(out);
}

/* ---- timeouts ---- */

static void timeouts_of_variables_are_numbers_or_words(void **state)
{
	static const struct {
		const char *value;
		uint32_t seconds, once; /* of the variable for one boot */
		bool disabled;
	} row[] = {
	    {"0", 0, TIMEOUT_FOREVER, false},
	    {"1", 1, 1, false},
	    {"007", 7, 7, false},
	    {"4294967294", 4294967294, 4294967294, false},
	    {"4294967295", TIMEOUT_FOREVER, TIMEOUT_FOREVER, false},
	    {"4294967296", TIMEOUT_FOREVER, TIMEOUT_FOREVER, false},
	    {"18446744073709551616", TIMEOUT_FOREVER, TIMEOUT_FOREVER, false},
	    {"99999999999999999999999999999", TIMEOUT_FOREVER, TIMEOUT_FOREVER, false},
	    {"menu-force", TIMEOUT_FOREVER, TIMEOUT_FOREVER, false},
	    {"menu-hidden", 0, TIMEOUT_FOREVER, false},
	    {"menu-disabled", 0, TIMEOUT_FOREVER, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct loader_conf conf = {.timeout_seconds = 5, .menu_disabled = !row[i].disabled};

		if (!interface_timeout(&conf, word_of(row[i].value)) || conf.timeout_seconds != row[i].seconds ||
		    conf.menu_disabled != row[i].disabled || conf.menu_forced)
			fail_msg("%s: %u", row[i].value, conf.timeout_seconds);
		conf = (struct loader_conf){.timeout_seconds = 5, .menu_disabled = true};
		if (!interface_timeout_one_shot(&conf, word_of(row[i].value)) || conf.timeout_seconds != row[i].once ||
		    conf.menu_disabled || !conf.menu_forced)
			fail_msg("%s once: %u", row[i].value, conf.timeout_seconds);
	}
}

static void what_is_no_timeout_changes_nothing(void **state)
{
	static const char *const row[] = {"",	"x",	"-1",	 "+1",	   "1s",  "0x10",	" 1",
					  "1 ", "soon", "menu-", "@saved", "1.5", "4294967296x"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct loader_conf conf = {.timeout_seconds = 5, .menu_disabled = true};

		if (interface_timeout(&conf, word_of(row[i])) || interface_timeout_one_shot(&conf, word_of(row[i])) ||
		    conf.timeout_seconds != 5 || !conf.menu_disabled || conf.menu_forced)
			fail_msg("\"%s\" is a timeout", row[i]);
	}
}

/* ---- which entry ---- */

static struct entry broken = {.id = "broken.conf", .broken = true}, a = {.id = "a.conf"}, b = {.id = "b.conf"},
		    c = {.id = "c.conf"}, d = {.id = "d.conf"}, odd = {.id = "[x]*.conf"},
		    tired = {.id = "tired.conf", .tries_exhausted = true};
static struct entry *const list[] = {&broken, &a, &b, &c, &d, &odd, &tired};

enum { BROKEN, A, B, C, D, ODD, TIRED };

struct wanted {
	const char *one_shot, *preferred, *conf_preferred, *standard, *conf_default, *last;
	enum chooser by;
	size_t index;
};

static struct word word_or_none(const char *text)
{
	return text == NULL ? (struct word){NULL, 0} : word_of(text);
}

static struct asked asked_for(const struct wanted *row, struct loader_conf *conf)
{
	*conf = (struct loader_conf){.preferred_pattern = word_or_none(row->conf_preferred),
				     .default_pattern = word_or_none(row->conf_default)};
	return (struct asked){word_or_none(row->one_shot),
			      word_or_none(row->preferred),
			      word_or_none(row->standard),
			      word_or_none(row->last),
			      {NULL, 0}};
}

static void expect_chosen(const struct wanted *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct loader_conf conf;
		struct asked asked = asked_for(&row[i], &conf);
		size_t index = 99;
		enum chooser by = entries_choose(list, COUNT_OF(list), &conf, &asked, &index);

		if (by != row[i].by || index != row[i].index)
			fail_msg("row %zu: entry %zu by %d", i, index, (int)by);
	}
}

static void each_is_heard_before_those_behind_it(void **state)
{
	static const struct wanted row[] = {
	    {"a", "b", "c", "d", "a", NULL, BY_ONE_SHOT, A},
	    {NULL, "b", "c", "d", "a", NULL, BY_PREFERRED, B},
	    {NULL, NULL, "c", "d", "a", NULL, BY_CONF_PREFERRED, C},
	    {NULL, NULL, NULL, "d", "b", NULL, BY_DEFAULT, D},
	    {NULL, NULL, NULL, NULL, "b", NULL, BY_CONF_DEFAULT, B},
	    {NULL, NULL, NULL, NULL, NULL, "b.conf", BY_NOBODY, A},
	    /* What matches nothing is passed over. */
	    {"x", "x", "x", "x", "d", NULL, BY_CONF_DEFAULT, D},
	    {"x", "x", "x", "x", "x", NULL, BY_NOBODY, A},
	    {"x", "x", "x", "d", "b", NULL, BY_DEFAULT, D},
	};

	(void)state;
	expect_chosen(row, COUNT_OF(row));
}

static void patterns_of_variables_are_globs_over_ids(void **state)
{
	static const struct wanted row[] = {
	    {"c.conf", NULL, NULL, NULL, NULL, NULL, BY_ONE_SHOT, C},
	    {"C.CONF", NULL, NULL, NULL, NULL, NULL, BY_ONE_SHOT, C},
	    {"[bc].co?f", NULL, NULL, NULL, NULL, NULL, BY_ONE_SHOT, B},
	    {"*", NULL, NULL, NULL, NULL, NULL, BY_ONE_SHOT, A},
	    {"[x]*.conf", NULL, NULL, NULL, NULL, NULL, BY_ONE_SHOT, ODD}, /* an id, whatever it would mean as a glob */
	    {"\\..\\c.conf", NULL, NULL, NULL, NULL, NULL, BY_NOBODY, A},
	};

	(void)state;
	expect_chosen(row, COUNT_OF(row));
}

/* docs/BOOT_LOADER_INTERFACE.md: the default and what is meant for one boot may be bad, what is preferred may not. */
static void what_is_preferred_has_tries_left_and_nothing_broken_is_chosen(void **state)
{
	static const struct wanted row[] = {
	    {"tired", NULL, NULL, NULL, NULL, NULL, BY_ONE_SHOT, TIRED},
	    {NULL, "tired", NULL, NULL, NULL, NULL, BY_NOBODY, A},
	    {NULL, "t*", "tired", "tired", NULL, NULL, BY_DEFAULT, TIRED},
	    {NULL, NULL, "tired", NULL, "tired", NULL, BY_CONF_DEFAULT, TIRED},
	    {"broken", "broken", "broken", "broken", "broken", NULL, BY_NOBODY, A},
	    {NULL, "@saved", NULL, NULL, NULL, "tired.conf", BY_NOBODY, A},
	};

	(void)state;
	expect_chosen(row, COUNT_OF(row));
}

/* src/boot/boot.c, config_select_default_entry: the entry for that may be out of tries, and is heard first of all. */
static void after_a_failure_of_the_system_the_entry_for_that_is_heard_first(void **state)
{
	static const struct {
		const char *pattern;
		enum chooser by;
		size_t index;
	} row[] = {
	    {"d", BY_SYS_FAIL, D}, {"tired", BY_SYS_FAIL, TIRED}, {"broken", BY_ONE_SHOT, A}, {"x", BY_ONE_SHOT, A}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct loader_conf conf = {.preferred_pattern = word_of("c")};
		struct asked asked = {
		    .one_shot = word_of("a"), .preferred = word_of("b"), .sys_fail = word_of(row[i].pattern)};
		size_t index = 99;

		if (entries_choose(list, COUNT_OF(list), &conf, &asked, &index) != row[i].by || index != row[i].index)
			fail_msg("%s: entry %zu", row[i].pattern, index);
	}
}

static void saved_is_what_was_booted_last_if_it_is_still_there(void **state)
{
	static const struct wanted row[] = {
	    {NULL, "@saved", NULL, NULL, NULL, "c.conf", BY_PREFERRED, C},
	    {NULL, NULL, "@saved", NULL, NULL, "c.conf", BY_CONF_PREFERRED, C},
	    {NULL, NULL, NULL, "@saved", NULL, "c.conf", BY_DEFAULT, C},
	    {NULL, NULL, NULL, "@SAVED", "d", "C.conf", BY_DEFAULT, C},
	    {NULL, NULL, NULL, NULL, "@saved", "c.conf", BY_CONF_DEFAULT, C},
	    {NULL, NULL, NULL, "@saved", "d", NULL, BY_CONF_DEFAULT, D},
	    {NULL, NULL, NULL, "@saved", "d", "gone.conf", BY_CONF_DEFAULT, D},
	    {NULL, NULL, NULL, NULL, "@saved", NULL, BY_NOBODY, A},
	    {NULL, NULL, NULL, NULL, "@saved", "broken.conf", BY_NOBODY, A},
	    {NULL, NULL, NULL, NULL, "@saved", "@saved", BY_NOBODY, A},
	    {"d", NULL, NULL, "@saved", NULL, "c.conf", BY_ONE_SHOT, D},
	};

	(void)state;
	expect_chosen(row, COUNT_OF(row));
}

/* src/boot/boot.c, save_selected_entry: a default of the variable's hides that of loader.conf. */
static void the_last_boot_is_kept_where_somebody_asks_for_it(void **state)
{
	static const struct {
		struct wanted row;
		bool asks;
	} row[] = {
	    {{.conf_default = "@saved"}, true}, {{.standard = "@saved"}, true},
	    {{.preferred = "@saved"}, true},	{{.conf_preferred = "@saved"}, true},
	    {{.conf_default = "a"}, false},	{{.conf_default = "@saved", .standard = "a"}, false},
	    {{.one_shot = "@saved"}, false},	{{.last = "@saved"}, false},
	    {{.conf_default = NULL}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct loader_conf conf;
		struct asked asked = asked_for(&row[i].row, &conf);

		if (asks_for_saved(&conf, &asked) != row[i].asks)
			fail_msg("row %zu", i);
	}
}

/* ---- updates of firmware ---- */

/* UEFI 2.10, 23.4, EFI_SYSTEM_RESOURCE_TABLE; then entries whose last field is LastAttemptStatus. */
static void given_esrt(uint8_t table[96], uint32_t count, uint32_t most, uint64_t version)
{
	memset(table, 0xff, 96);
	store_le(table, 4, count);
	store_le(table + 4, 4, most);
	store_le(table + 8, 8, version);
	store_le(table + 16 + 36, 4, 0);
	store_le(table + 56 + 36, 4, 0);
}

static void an_update_that_failed_is_a_status_that_is_not_0(void **state)
{
	uint8_t table[96];

	(void)state;
	given_esrt(table, 2, 2, 1);
	assert_int_equal(esrt_size(table), 96);
	assert_false(esrt_tells_failure((struct bytes){table, 96}));
	store_le(table + 56 + 36, 4, 3);
	assert_true(esrt_tells_failure((struct bytes){table, 96}));
	assert_false(esrt_tells_failure((struct bytes){table, 95}));
	store_le(table + 16 + 36, 4, 0x01000000);
	assert_true(esrt_tells_failure((struct bytes){table, 56}));
	assert_false(esrt_tells_failure((struct bytes){table, 0}));
}

static void a_table_that_is_not_one_tells_nothing(void **state)
{
	uint8_t table[96];

	(void)state;
	given_esrt(table, 0, 0, 1);
	assert_int_equal(esrt_size(table), 16);
	given_esrt(table, 2, 1, 1);
	assert_int_equal(esrt_size(table), 0);
	given_esrt(table, 2, 2, 2);
	assert_int_equal(esrt_size(table), 0);
	given_esrt(table, 1024, UINT32_MAX, 1);
	assert_int_equal(esrt_size(table), 16 + 1024 * 40);
	given_esrt(table, 1025, UINT32_MAX, 1);
	assert_int_equal(esrt_size(table), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_what_is_done_is_claimed),
	    cmocka_unit_test(ids_follow_each_other_each_with_its_end),
	    cmocka_unit_test(a_keyboards_language_is_the_first_word_of_its_description),
	    cmocka_unit_test(a_layout_that_is_not_one_has_no_language),
	    cmocka_unit_test(the_path_of_a_disk_ends_within_its_variable),
	    cmocka_unit_test(a_string_is_whole_units_with_or_without_an_end),
	    cmocka_unit_test(the_longest_string_fits_and_a_longer_one_is_refused),
	    cmocka_unit_test(timeouts_of_variables_are_numbers_or_words),
	    cmocka_unit_test(what_is_no_timeout_changes_nothing),
	    cmocka_unit_test(each_is_heard_before_those_behind_it),
	    cmocka_unit_test(patterns_of_variables_are_globs_over_ids),
	    cmocka_unit_test(what_is_preferred_has_tries_left_and_nothing_broken_is_chosen),
	    cmocka_unit_test(after_a_failure_of_the_system_the_entry_for_that_is_heard_first),
	    cmocka_unit_test(saved_is_what_was_booted_last_if_it_is_still_there),
	    cmocka_unit_test(the_last_boot_is_kept_where_somebody_asks_for_it),
	    cmocka_unit_test(an_update_that_failed_is_a_status_that_is_not_0),
	    cmocka_unit_test(a_table_that_is_not_one_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
