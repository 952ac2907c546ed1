/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-16, as firmware has it, to UTF-8 and back. Sources: Unicode 15.0, 3.9; RFC 3629, 3. */
#include "given.h"

#include "../../base/utf16.h"

static void expect_both_ways(const char *utf8, const uint16_t *units, size_t n)
{
	uint16_t wide[16];
	char narrow[32];

	assert_true(utf16_from_utf8(wide, COUNT_OF(wide), utf8));
	assert_memory_equal(wide, units, n * sizeof(*units));
	assert_int_equal(wide[n], 0);
	assert_true(utf8_from_utf16(narrow, sizeof(narrow), units, n));
	assert_string_equal(narrow, utf8);
}

static void characters_of_each_length_go_both_ways(void **state)
{
	(void)state;
	expect_both_ways("", (const uint16_t[]){0}, 0);
	expect_both_ways("a\x7f", (const uint16_t[]){'a', 0x7f}, 2);
	expect_both_ways("\xc2\x80\xdf\xbf", (const uint16_t[]){0x80, 0x7ff}, 2);
	expect_both_ways("\xe0\xa0\x80\xef\xbf\xbf", (const uint16_t[]){0x800, 0xffff}, 2);
	expect_both_ways("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", (const uint16_t[]){0xd800, 0xdc00, 0xdbff, 0xdfff}, 4);
}

static void what_is_not_a_character_becomes_a_question_mark(void **state)
{
	static const uint16_t units[] = {0xd800, 'a', 0xdc00, 0xdbff, 0xd800, 0xdc00, 0xd83d};
	uint16_t wide[8];
	char narrow[32];

	(void)state;
	assert_true(utf8_from_utf16(narrow, sizeof(narrow), units, COUNT_OF(units)));
	assert_string_equal(narrow, "?a??\xf0\x90\x80\x80?");
	assert_true(utf8_from_utf16(narrow, sizeof(narrow), (const uint16_t[]){0xd7ff, 0xdc00, 0xe000}, 3));
	assert_string_equal(narrow, "\xed\x9f\xbf?\xee\x80\x80");
	assert_true(utf16_from_utf8(wide, COUNT_OF(wide), "a\xff\xc3"));
	assert_memory_equal(wide, L"a??", sizeof(L"a??"));
	/* The surrogates, and U+110000. */
	assert_true(utf16_from_utf8(wide, COUNT_OF(wide), "\xed\xa0\x80\xed\xbf\xbf"));
	assert_memory_equal(wide, L"??????", sizeof(L"??????"));
	assert_true(utf16_from_utf8(wide, COUNT_OF(wide), "\xf4\x90\x80\x80"));
	assert_memory_equal(wide, L"????", sizeof(L"????"));
}

/* Half a pair stands for a byte, which no UTF-8 gives. */
static void bytes_that_are_no_characters_can_be_kept_apart(void **state)
{
	static const uint16_t wanted[] = {'a', 0xdcff, 0xdcc3, 0xd800, 0xdc00, 0xdc80, 0};
	uint16_t wide[8];

	(void)state;
	assert_true(utf16_from_any(wide, COUNT_OF(wide), "a\xff\xc3\xf0\x90\x80\x80\x80"));
	assert_memory_equal(wide, wanted, sizeof(wanted));
	assert_false(utf16_from_any(wide, 3, "abc"));
}

static void a_string_ends_at_its_nul(void **state)
{
	static const uint16_t units[] = {'a', 0, 'b'};
	char narrow[16];

	(void)state;
	assert_true(utf8_from_utf16(narrow, sizeof(narrow), units, COUNT_OF(units)));
	assert_string_equal(narrow, "a");
}

/* The room is that of the NUL too; of UTF-8 the longest character is counted, whatever the last one is. */
static void what_has_no_room_is_refused_and_what_fits_ends(void **state)
{
	static const uint16_t units[] = {'a', 'b', 'c'};
	uint16_t *wide = malloc(4 * sizeof(*wide));
	char *narrow = malloc(7);

	(void)state;
	assert_true(utf16_from_utf8(wide, 4, "abc"));
	assert_false(utf16_from_utf8(wide, 3, "abc"));
	assert_memory_equal(wide, L"ab", sizeof(L"ab"));
	assert_false(utf16_from_utf8(wide, 2, "\xf0\x90\x80\x80"));
	assert_true(utf16_from_utf8(wide, 3, "\xf0\x90\x80\x80"));
	assert_true(utf8_from_utf16(narrow, 7, units, 3));
	assert_string_equal(narrow, "abc");
	assert_false(utf8_from_utf16(narrow, 6, units, 3));
	free(wide);
	free(narrow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(characters_of_each_length_go_both_ways),
	    cmocka_unit_test(what_is_not_a_character_becomes_a_question_mark),
	    cmocka_unit_test(bytes_that_are_no_characters_can_be_kept_apart),
	    cmocka_unit_test(a_string_ends_at_its_nul),
	    cmocka_unit_test(what_has_no_room_is_refused_and_what_fits_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
