/* SPDX-License-Identifier: BSD-2-Clause */
/* What efi/console.c writes to a console, unit by unit, and what it makes of each answer. */
#include "bare.h"

/* UEFI 2.10, 12.4.3: UTF-16, and a line feed moves the cursor down alone; RFC 2781, 2.1: pairs from 0x10000 on. */
static void text_goes_out_as_utf16_with_the_returns_that_consoles_want(void **state)
{
	static const CHAR16 wanted[] = {'a',	'\r',	'\n',	0xe4,	0xffff, 0xd800, 0xdc00,
					0xd83d, 0xde00, 0xdbff, 0xdfff, '?',	'b'};

	(void)state;
	given_consoles();
	console_write("a\n\xc3\xa4\xef\xbf\xbf\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xff"
		      "b");
	expect_units(wanted, COUNT_OF(wanted));
	console_write("\0behind the end");
	expect_units(wanted, COUNT_OF(wanted));
	assert_int_equal(bare.calls, 1); /* and none for no text */
}

/* UEFI 2.10, 12.4.4: what the console cannot show would be another character, or none. UAX #11: two columns of it. */
static void a_character_that_the_console_has_not_is_question_marks_of_its_width(void **state)
{
	static const CHAR16 wanted[] = {'a', '?', '?', 0xe4, '?', '?', 'b', '?', 'c'};

	(void)state;
	given_consoles();
	bare.unknown = 0x672c;
	console_write("a\xe6\x9c\xac\xc3\xa4");
	assert_int_equal(bare.tests, 2);
	bare.unknown = 0xd83d; /* of a pair */
	console_write("\xf0\x9f\x98\x80"
		      "b");
	assert_int_equal(bare.tests, 3); /* and none of ASCII */
	bare.unknown = 0x2192;
	console_write("\xe2\x86\x92"
		      "c");
	expect_units(wanted, COUNT_OF(wanted));
}

static void expect_tested(const char *utf8, const CHAR16 *wanted, size_t size)
{
	given_consoles();
	memset(bare.tested, 0xff, sizeof(bare.tested));
	console_write(utf8);
	assert_int_equal(bare.tests, size != 0);
	assert_memory_equal(bare.tested, wanted, size);
}

/* It is asked for that character alone, with the NUL that ends a string. */
static void a_console_is_asked_for_a_character_of_one_unit_or_two(void **state)
{
	char text[1019 + 3];

	(void)state;
	expect_tested("\x7f", L"", 0);
	memset(text, 'x', sizeof(text)); /* what was there before */
	memcpy(text + sizeof(text) - 3, "\xc2\x80", 3);
	expect_tested(text, L"\x80", sizeof(L"\x80"));
	expect_tested("\xc2\x80", L"\x80", sizeof(L"\x80"));
	expect_tested("\xef\xbf\xbd", L"\xfffd", sizeof(L"\xfffd"));
	expect_tested("\xf0\x9f\x98\x80", (const CHAR16[]){0xd83d, 0xde00, 0}, 3 * sizeof(CHAR16));
}

static void a_long_text_arrives_in_order(void **state)
{
	static char text[3001];

	(void)state;
	for (size_t size = 240; size <= 3000; size += size < 270 ? 1 : 455) {
		given_consoles();
		for (size_t i = 0; i < size; i++)
			text[i] = (char)('a' + i % 23);
		text[size] = '\0';
		console_write(text);
		assert_int_equal(bare.units, size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(bare.written[i], text[i]);
	}
}

/* UEFI 2.10, 4.3: ConOut and ConIn are NULL on a machine without consoles. */
static void a_machine_without_consoles_is_written_to_and_asked_in_vain(void **state)
{
	struct key_press key = {KEY_NONE, 0, false, false};
	unsigned int columns = 0, rows = 0;

	(void)state;
	given_consoles();
	efi.system->ConOut = NULL;
	efi.system->ConIn = NULL;
	console_write("nobody reads this");
	console_clear();
	console_size(&columns, &rows);
	assert_true(columns == 80 && rows == 25);
	assert_false(console_key_pressed(&key));
	assert_false(console_key(2, &key));
	assert_int_equal(bare.stalled, 2000000);
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_GONE);
	assert_int_equal(bare.stalled, 2000000);
	assert_true(bare.units == 0 && bare.clears == 0 && bare.created == 0 && bare.waits == 0);
}

static void the_screen_is_cleared_once_when_that_is_wanted(void **state)
{
	(void)state;
	given_consoles();
	console_clear();
	assert_int_equal(bare.clears, 1);
	assert_int_equal(bare.units, 0);
}

/* They would stand in the menu for which it is cleared. */
static void lines_that_wait_are_shown_before_the_screen_is_cleared(void **state)
{
	(void)state;
	given_consoles();
	efi.log = LOG_NORMAL;
	fw_log(LOG_NORMAL, "a line");
	assert_int_equal(bare.units, 0);
	console_clear();
	assert_int_equal(bare.units, strlen("berth: a line\r\n"));
	efi.log = LOG_QUIET;
}

/* UEFI 2.10, 12.4.1: every console has mode 0, of 80 by 25. */
static void a_console_of_no_sensible_size_counts_as_80_by_25(void **state)
{
	static const struct {
		UINTN columns, rows;
		EFI_STATUS query;
		bool believed;
	} rows[] = {
	    {100, 31, EFI_SUCCESS, true},   {80, 25, EFI_SUCCESS, true},	{20, 5, EFI_SUCCESS, true},
	    {19, 5, EFI_SUCCESS, false},    {20, 4, EFI_SUCCESS, false},	{1000, 1000, EFI_SUCCESS, true},
	    {1001, 50, EFI_SUCCESS, false}, {100, 1001, EFI_SUCCESS, false},	{100, 31, EFI_DEVICE_ERROR, false},
	    {0, 0, EFI_SUCCESS, false},	    {SIZE_MAX, 30, EFI_SUCCESS, false}, {30, SIZE_MAX, EFI_SUCCESS, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned int columns, lines;

		given_consoles();
		bare.columns = rows[i].columns;
		bare.rows = rows[i].rows;
		bare.query = rows[i].query;
		console_size(&columns, &lines);
		if (columns != (rows[i].believed ? rows[i].columns : 80) ||
		    lines != (rows[i].believed ? rows[i].rows : 25))
			fail_msg("row %zu: %u by %u", i, columns, lines);
		assert_int_equal(bare.asked_mode, 3);
	}
	given_consoles();
	efi.system->ConOut->Mode = NULL;
	bare.columns = bare.rows = 40;
	console_size(&(unsigned int){0}, &(unsigned int){0});
	assert_int_equal(bare.asked_mode, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_goes_out_as_utf16_with_the_returns_that_consoles_want),
	    cmocka_unit_test(a_character_that_the_console_has_not_is_question_marks_of_its_width),
	    cmocka_unit_test(a_console_is_asked_for_a_character_of_one_unit_or_two),
	    cmocka_unit_test(a_long_text_arrives_in_order),
	    cmocka_unit_test(a_machine_without_consoles_is_written_to_and_asked_in_vain),
	    cmocka_unit_test(the_screen_is_cleared_once_when_that_is_wanted),
	    cmocka_unit_test(lines_that_wait_are_shown_before_the_screen_is_cleared),
	    cmocka_unit_test(a_console_of_no_sensible_size_counts_as_80_by_25),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
