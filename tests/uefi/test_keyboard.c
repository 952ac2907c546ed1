/* SPDX-License-Identifier: BSD-2-Clause */
/* What efi/keyboard.c asks of a keyboard, argument by argument, and what it makes of each answer. */
#include "bare.h"

/* ---- keys ---- */

/* An Esc is looked behind for what a terminal sends with it: nothing comes. */
static bool press(UINT16 scan, CHAR16 character, uint32_t seconds, struct key_press *key)
{
	static struct answer pressed[2];

	given_consoles();
	pressed[0] = (struct answer){.key = {scan, character}};
	pressed[1] = (struct answer){.which = 1};
	bare.answers = pressed;
	bare.n = 2;
	return console_key(seconds, key);
}

static void a_key_is_what_its_scan_code_and_character_say(void **state)
{
	struct key_press key;

	(void)state;
	for (unsigned int scan = 0; scan <= 0x110; scan++)
		for (unsigned int character = scan == 0; character < 0x100; character += scan == 0 ? 1 : 0x7f) {
			struct key_press want = key_from_firmware((uint16_t)scan, (uint16_t)character, 0);

			assert_true(press((UINT16)scan, (CHAR16)character, 3, &key));
			if (key.key != want.key || key.character != want.character || key.ctrl != want.ctrl)
				fail_msg("scan code %#x, character %#x", scan, character);
		}
}

/* ---- what terminals send ---- */

static void given_typed(const char *characters, bool then_scan)
{
	static struct answer typed[16];
	size_t n = 0;

	given_consoles();
	typed[n++] = (struct answer){.key = {0x17, 0}};
	for (; *characters != '\0'; characters++)
		typed[n++] = (struct answer){.key = {0, (CHAR16)*characters}};
	if (then_scan)
		typed[n++] = (struct answer){.key = {0x02, 0}};
	typed[n++] = (struct answer){.which = 1};
	bare.answers = typed;
	bare.n = n;
}

/* A tenth of a second is the longest that characters of one key are apart on any line that a person uses. */
static void what_follows_esc_at_once_is_a_key_of_a_terminal(void **state)
{
	struct key_press key;

	(void)state;
	given_typed("[6~", false);
	assert_true(console_key(3, &key));
	assert_int_equal(key.key, KEY_PAGE_DOWN);
	assert_int_equal(bare.time, 1000000);
	assert_int_equal(bare.waits, 4);
	assert_true(bare.created == bare.closed);
	given_typed("[1;5C", false);
	assert_true(console_key(FOR_EVER, &key));
	assert_true(key.key == KEY_RIGHT && key.ctrl);
	given_typed("", false);
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_ESCAPE);
	assert_int_equal(bare.waits, 2);
	given_typed("[", false); /* half of one is no Esc, which would ask for something */
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_OTHER);
	given_typed("[12;34;", false);
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_OTHER);
	given_typed("b", false);
	assert_true(console_key(FOR_EVER, &key));
	assert_true(key.key == KEY_CHARACTER && key.character == 'b' && key.alt);
}

static void a_key_behind_esc_is_not_lost(void **state)
{
	struct key_press key;

	(void)state;
	given_typed("", true);
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_ESCAPE);
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_DOWN);
	assert_int_equal(bare.waits, 2);
}

/* ---- waiting ---- */

static void an_endless_wait_needs_no_timer(void **state)
{
	struct key_press key;

	(void)state;
	assert_true(press(0, 'x', FOR_EVER, &key));
	assert_int_equal(bare.events_waited_for, 1);
	assert_true(bare.waits == 1 && bare.reads == 1 && bare.checks == 0);
	assert_true(bare.created == 0 && bare.closed == 0 && bare.stalled == 0 && bare.units == 0);
}

/* UEFI 2.10, 7.1.7, SetTimer: in units of 100 ns. */
static void a_wait_for_seconds_sets_a_timer_and_closes_it(void **state)
{
	struct key_press key;

	(void)state;
	assert_true(press(0, 'x', 7, &key));
	assert_int_equal(bare.events_waited_for, 2);
	assert_int_equal(bare.how, TimerRelative);
	assert_int_equal(bare.time, 70000000);
	assert_true(bare.created == 1 && bare.closed == 1 && bare.waits == 1 && bare.stalled == 0);

	given_consoles();
	given_answers({.which = 1, .key = {0, 'x'}});
	assert_false(console_key(500, &key));
	assert_int_equal(key.character, 0);
	assert_int_equal(bare.time, 5000000000);
	assert_true(bare.created == 1 && bare.closed == 1 && bare.waits == 1 && bare.reads == 0);
	assert_true(bare.stalled == 0 && bare.units == 0); /* the time has passed already */
}

/* A modifier pressed alone wakes up as a key does, and is none (UEFI 2.10, 12.3.3, EFI_NOT_READY). */
static void a_wake_up_without_a_key_is_waited_through(void **state)
{
	static struct answer many[41];
	struct key_press key;

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		given_consoles();
		for (size_t i = 0; i < 40; i++)
			many[i] = (struct answer){.read = kind == 0 ? EFI_NOT_READY : EFI_SUCCESS,
						  .key = {kind == 0 ? 1 : 0, 0},
						  .check = EFI_NOT_READY};
		many[40] = (struct answer){.key = {0, 'q'}};
		bare.answers = many;
		bare.n = COUNT_OF(many);
		assert_true(console_key(kind == 0 ? FOR_EVER : 4, &key));
		assert_int_equal(key.character, 'q');
		assert_int_equal(bare.waits, 41);
		assert_int_equal(bare.checks, kind == 0 ? 0 : 40);
	}
}

/* Firmware tells of one event that is due, and the keyboard's stands before the timer's. */
static void a_keyboard_that_wakes_up_again_and_again_does_not_hide_the_timer(void **state)
{
	struct key_press key;

	(void)state;
	given_consoles();
	given_answers({.read = EFI_NOT_READY, .check = EFI_NOT_READY}, {.read = EFI_NOT_READY, .check = EFI_NOT_READY},
		      {.read = EFI_NOT_READY, .check = EFI_SUCCESS});
	assert_false(console_key(4, &key));
	assert_true(bare.waits == 3 && bare.checks == 3 && bare.closed == 1 && bare.stalled == 0);
	/* A keyboard with errors does not either. */
	given_consoles();
	given_answers({.read = EFI_DEVICE_ERROR, .check = EFI_SUCCESS});
	assert_false(console_key(4, &key));
	assert_true(bare.waits == 1 && bare.closed == 1 && bare.stalled == 0);
}

static void expect_broken(const char *what, size_t waits, size_t reads)
{
	static const CHAR16 sentence[] = L"\r\nberth: the keyboard does not answer\r\n";
	struct key_press key = {KEY_NONE, 0, false, false};

	if (!console_key(FOR_EVER, &key) || key.key != KEY_GONE)
		fail_msg("%s: the endless wait does not end", what);
	if (bare.waits != waits || bare.reads != reads)
		fail_msg("%s: waited for %zu times, read %zu times", what, bare.waits, bare.reads);
	expect_units(sentence, COUNT_OF(sentence) - 1);
	assert_int_equal(bare.stalled, 0);
	bare.waits = bare.reads = bare.units = 0;
	if (console_key(3, &key) || bare.stalled != 3000000 || bare.units != 0)
		fail_msg("%s: the countdown does not go on without a keyboard", what);
	assert_true(bare.created == bare.closed);
}

static void a_keyboard_that_answers_errors_alone_is_none_after_sixteen(void **state)
{
	struct key_press key;

	(void)state;
	given_consoles();
	given_answers({.wait = EFI_UNSUPPORTED});
	expect_broken("WaitForEvent fails", 16, 0);
	given_consoles();
	given_answers({.wait = EFI_UNSUPPORTED, .which = 1});
	expect_broken("WaitForEvent fails at the timer", 16, 0);
	given_consoles();
	given_answers({.which = 5});
	expect_broken("WaitForEvent tells of another event", 16, 0);
	given_consoles();
	given_answers({.read = EFI_DEVICE_ERROR, .key = {0, 'x'}, .check = EFI_NOT_READY});
	expect_broken("ReadKeyStroke fails", 16, 16);
	/* Fifteen, and then a key: it is one after all. */
	static struct answer few[16];
	given_consoles();
	for (size_t i = 0; i < 15; i++)
		few[i] = (struct answer){.wait = i % 2 == 0 ? EFI_DEVICE_ERROR : EFI_SUCCESS, .read = EFI_DEVICE_ERROR};
	few[15] = (struct answer){.key = {0, 'x'}};
	bare.answers = few;
	bare.n = 16;
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.character, 'x');
	assert_int_equal(bare.units, 0);
}

static void a_keyboard_that_wakes_up_without_end_is_none(void **state)
{
	struct key_press key;

	(void)state;
	given_consoles();
	given_answers({.read = EFI_NOT_READY, .check = EFI_NOT_READY});
	expect_broken("wakes up without end", 10000, 10000);
	/* A countdown of minutes does not ask it as often in each second, and a key is one all the same. */
	given_consoles();
	bare.waits = 0;
	given_answers({.read = EFI_NOT_READY, .check = EFI_NOT_READY});
	for (size_t i = 0; i < 300; i++)
		assert_false(console_key(1, &key));
	assert_in_range(bare.waits, 10000 + 5000 + 2500, 20000 + 300);
	assert_int_equal(bare.stalled, 300000000);
	given_answers({.key = {0, 'x'}});
	assert_true(console_key(1, &key));
	assert_int_equal(key.character, 'x');
	bare.waits = 0;
	given_answers({.read = EFI_NOT_READY, .check = EFI_NOT_READY});
	assert_false(console_key(1, &key));
	assert_int_equal(bare.waits, 10000);
}

static void without_a_timer_the_time_is_waited_out(void **state)
{
	struct key_press key;

	(void)state;
	given_consoles();
	given_answers({.key = {0, 'x'}});
	bare.create = EFI_OUT_OF_RESOURCES;
	assert_false(console_key(6, &key));
	assert_true(bare.stalled == 6000000 && bare.waits == 0 && bare.closed == 0 && bare.units == 0);
	given_consoles();
	given_answers({.key = {0, 'x'}});
	bare.set = EFI_INVALID_PARAMETER;
	assert_false(console_key(6, &key));
	assert_true(bare.stalled == 6000000 && bare.waits == 0 && bare.closed == 1 && bare.units == 0);
}

/* In 32 bits, 4295 seconds have too many microseconds for one call. */
static void a_long_time_is_waited_out_by_seconds_and_not_at_all_where_that_fails(void **state)
{
	struct key_press key;

	(void)state;
	given_consoles();
	given_answers({.key = {0, 'x'}});
	bare.create = EFI_OUT_OF_RESOURCES;
	assert_false(console_key(5000, &key));
	assert_true(bare.stalled == 5000000000 && bare.stalls == 5000);
	given_consoles();
	given_answers({.key = {0, 'x'}});
	bare.create = EFI_OUT_OF_RESOURCES;
	bare.stall = EFI_DEVICE_ERROR;
	assert_false(console_key(UINT32_MAX - 1, &key));
	assert_int_equal(bare.stalls, 1);
}

static void a_key_that_is_held_down_is_seen_without_waiting(void **state)
{
	struct key_press key = {KEY_NONE, 0, false, false};

	(void)state;
	given_consoles();
	given_answers({.key = {0, 'w'}});
	assert_true(console_key_pressed(&key));
	assert_true(bare.reads == 1 && bare.waits == 0);
	assert_true(key.key == KEY_CHARACTER && key.character == 'w' && !key.ctrl && !key.alt);
	given_answers({.read = EFI_NOT_READY, .key = {0x17, 0}});
	assert_false(console_key_pressed(&key));
	given_answers({.read = EFI_DEVICE_ERROR, .key = {0x17, 0}});
	assert_false(console_key_pressed(&key));
}

/* Of "ESC [ 1 ; 5 B", Ctrl-Down, the last character restarts the machine where it counts as a key. */
static void what_follows_esc_that_is_held_down_is_no_key_of_its_own(void **state)
{
	struct key_press key;

	(void)state;
	given_typed("[1;5B", false);
	bare.waits = 1; /* the first answer is for who does not wait */
	assert_true(console_key_pressed(&key));
	assert_true(key.key == KEY_DOWN && key.ctrl);
	assert_int_equal(bare.waits, 1 + 5);
	given_typed("", true);
	bare.waits = 1;
	assert_true(console_key_pressed(&key));
	assert_int_equal(key.key, KEY_ESCAPE);
	assert_true(console_key_pressed(&key)); /* what was read to find that out */
	assert_int_equal(key.key, KEY_DOWN);
	assert_int_equal(bare.reads, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_is_what_its_scan_code_and_character_say),
	    cmocka_unit_test(what_follows_esc_at_once_is_a_key_of_a_terminal),
	    cmocka_unit_test(a_key_behind_esc_is_not_lost),
	    cmocka_unit_test(an_endless_wait_needs_no_timer),
	    cmocka_unit_test(a_wait_for_seconds_sets_a_timer_and_closes_it),
	    cmocka_unit_test(a_wake_up_without_a_key_is_waited_through),
	    cmocka_unit_test(a_keyboard_that_wakes_up_again_and_again_does_not_hide_the_timer),
	    cmocka_unit_test(a_keyboard_that_answers_errors_alone_is_none_after_sixteen),
	    cmocka_unit_test(a_keyboard_that_wakes_up_without_end_is_none),
	    cmocka_unit_test(without_a_timer_the_time_is_waited_out),
	    cmocka_unit_test(a_long_time_is_waited_out_by_seconds_and_not_at_all_where_that_fails),
	    cmocka_unit_test(a_key_that_is_held_down_is_seen_without_waiting),
	    cmocka_unit_test(what_follows_esc_that_is_held_down_is_no_key_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
