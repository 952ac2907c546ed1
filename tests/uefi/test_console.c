/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What efi/console.c and efi/keyboard.c ask of consoles, argument by argument, and what they make of each answer. The
 * consoles are the test's own, so that it sees every unit, key and event.
 */
#include "../unit/given.h"

#include "../../efi/efi_local.h"

#define FOR_EVER UINT32_MAX

static SIMPLE_TEXT_OUTPUT_MODE mode;
static SIMPLE_TEXT_OUTPUT_INTERFACE screen;
static SIMPLE_INPUT_INTERFACE keyboard;
static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES boot;
static int key_event, timer_event;

/* One answer of WaitForEvent, and of ReadKeyStroke and CheckEvent where the loader asks further. */
struct answer {
	EFI_STATUS wait;
	UINTN which;
	EFI_STATUS read;
	EFI_INPUT_KEY key;
	EFI_STATUS check;
};

static struct {
	CHAR16 written[8192];
	size_t units, clears, tests;
	CHAR16 unknown; /* a unit that the console cannot show */
	EFI_STATUS query;
	UINTN columns, rows, asked_mode;
	const struct answer *answers;
	size_t n, waits, reads, checks; /* the last answer counts for ever */
	UINTN events_waited_for;
	EFI_STATUS create, set, stall;
	unsigned int created, closed;
	EFI_TIMER_DELAY how;
	UINT64 time;
	UINTN stalled, stalls;
} fw;

static EFI_STATUS EFIAPI output_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text)
{
	assert_ptr_equal(this, &screen);
	for (; *text != 0; text++)
		fw.written[fw.units++] = *text;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI test_string(SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text)
{
	assert_ptr_equal(this, &screen);
	assert_true(text[0] >= 0x80 && (text[1] == 0 || text[2] == 0));
	fw.tests++;
	return text[0] == fw.unknown ? EFI_UNSUPPORTED : EFI_SUCCESS;
}

/* UEFI 2.10, 7.3.7: this firmware has no keyboard with the extended protocol. */
static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **protocol)
{
	(void)handle;
	(void)guid;
	(void)protocol;
	return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI clear_screen(SIMPLE_TEXT_OUTPUT_INTERFACE *this)
{
	assert_ptr_equal(this, &screen);
	fw.clears++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI query_mode(SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN number, UINTN *columns, UINTN *rows)
{
	assert_ptr_equal(this, &screen);
	fw.asked_mode = number;
	*columns = fw.columns;
	*rows = fw.rows;
	return fw.query;
}

static const struct answer *answer(void)
{
	size_t i = fw.waits == 0 ? 0 : fw.waits - 1;

	return &fw.answers[i < fw.n ? i : fw.n - 1];
}

static EFI_STATUS EFIAPI wait_for_event(UINTN n, EFI_EVENT *events, UINTN *which)
{
	assert_true(n == 1 || n == 2);
	assert_ptr_equal(events[0], &key_event);
	if (n == 2)
		assert_ptr_equal(events[1], &timer_event);
	if (fw.waits++ > 20000)
		fail_msg("the loader waits without end");
	fw.events_waited_for = n;
	*which = answer()->which;
	return answer()->wait;
}

static EFI_STATUS EFIAPI read_key_stroke(SIMPLE_INPUT_INTERFACE *this, EFI_INPUT_KEY *key)
{
	assert_ptr_equal(this, &keyboard);
	fw.reads++;
	*key = answer()->key;
	return answer()->read;
}

static EFI_STATUS EFIAPI check_event(EFI_EVENT event)
{
	assert_ptr_equal(event, &timer_event);
	fw.checks++;
	return answer()->check;
}

static EFI_STATUS EFIAPI create_event(UINT32 type, EFI_TPL tpl, EFI_EVENT_NOTIFY notify, VOID *context, EFI_EVENT *to)
{
	assert_int_equal(type, EVT_TIMER);
	assert_int_equal(tpl, 0);
	assert_true(notify == NULL && context == NULL);
	if (fw.create != EFI_SUCCESS)
		return fw.create;
	fw.created++;
	*to = &timer_event;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_timer(EFI_EVENT event, EFI_TIMER_DELAY how, UINT64 time)
{
	assert_ptr_equal(event, &timer_event);
	fw.how = how;
	fw.time = time;
	return fw.set;
}

static EFI_STATUS EFIAPI close_event(EFI_EVENT event)
{
	assert_ptr_equal(event, &timer_event);
	fw.closed++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI stall(UINTN microseconds)
{
	fw.stalled += microseconds;
	fw.stalls++;
	return fw.stall;
}

static const struct answer nothing = {.wait = EFI_DEVICE_ERROR};

static void given_consoles(void)
{
	memset(&fw, 0, sizeof(fw));
	fw.answers = &nothing;
	fw.n = 1;
	mode = (SIMPLE_TEXT_OUTPUT_MODE){.MaxMode = 5, .Mode = 3};
	screen = (SIMPLE_TEXT_OUTPUT_INTERFACE){.OutputString = output_string,
						.TestString = test_string,
						.ClearScreen = clear_screen,
						.QueryMode = query_mode,
						.Mode = &mode};
	keyboard = (SIMPLE_INPUT_INTERFACE){.ReadKeyStroke = read_key_stroke, .WaitForKey = &key_event};
	boot = (EFI_BOOT_SERVICES){.HandleProtocol = handle_protocol,
				   .WaitForEvent = wait_for_event,
				   .CheckEvent = check_event,
				   .CreateEvent = create_event,
				   .SetTimer = set_timer,
				   .CloseEvent = close_event,
				   .Stall = stall};
	table = (EFI_SYSTEM_TABLE){.ConOut = &screen, .ConIn = &keyboard, .BootServices = &boot};
	efi = (struct efi_state){.system = &table, .boot = &boot};
}

#define given_answers(...)                                                                                             \
	do {                                                                                                           \
		static const struct answer given_[] = {__VA_ARGS__};                                                   \
		fw.answers = given_;                                                                                   \
		fw.n = COUNT_OF(given_);                                                                               \
	} while (0)

/* ---- text ---- */

static void expect_units(const CHAR16 *units, size_t n)
{
	assert_int_equal(fw.units, n);
	assert_memory_equal(fw.written, units, n * sizeof(*units));
}

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
}

/* UEFI 2.10, 12.4.4: what the console cannot show would be another character, or none. */
static void a_character_that_the_console_has_not_is_a_question_mark(void **state)
{
	static const CHAR16 wanted[] = {'a', '?', 0xe4, '?', 'b'};

	(void)state;
	given_consoles();
	fw.unknown = 0x672c;
	console_write("a\xe6\x9c\xac\xc3\xa4");
	assert_int_equal(fw.tests, 2);
	fw.unknown = 0xd83d; /* of a pair */
	console_write("\xf0\x9f\x98\x80"
		      "b");
	assert_int_equal(fw.tests, 3); /* and none of ASCII */
	expect_units(wanted, COUNT_OF(wanted));
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
		assert_int_equal(fw.units, size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(fw.written[i], text[i]);
	}
}

/* UEFI 2.10, 4.3: ConOut and ConIn are NULL on a machine without consoles. */
static void a_machine_without_consoles_is_written_to_and_asked_in_vain(void **state)
{
	struct key_press key = {KEY_NONE, 0, false, false};
	unsigned int columns = 0, rows = 0;

	(void)state;
	given_consoles();
	table.ConOut = NULL;
	table.ConIn = NULL;
	console_write("nobody reads this");
	console_clear();
	console_size(&columns, &rows);
	assert_true(columns == 80 && rows == 25);
	assert_false(console_key_pressed());
	assert_false(console_key(2, &key));
	assert_int_equal(fw.stalled, 2000000);
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_GONE);
	assert_int_equal(fw.stalled, 2000000);
	assert_true(fw.units == 0 && fw.clears == 0 && fw.created == 0 && fw.waits == 0);
}

static void the_screen_is_cleared_once_when_that_is_wanted(void **state)
{
	(void)state;
	given_consoles();
	console_clear();
	assert_int_equal(fw.clears, 1);
	assert_int_equal(fw.units, 0);
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
		fw.columns = rows[i].columns;
		fw.rows = rows[i].rows;
		fw.query = rows[i].query;
		console_size(&columns, &lines);
		if (columns != (rows[i].believed ? rows[i].columns : 80) ||
		    lines != (rows[i].believed ? rows[i].rows : 25))
			fail_msg("row %zu: %u by %u", i, columns, lines);
		assert_int_equal(fw.asked_mode, 3);
	}
	given_consoles();
	screen.Mode = NULL;
	fw.columns = fw.rows = 40;
	console_size(&(unsigned int){0}, &(unsigned int){0});
	assert_int_equal(fw.asked_mode, 0);
}

/* ---- keys ---- */

/* An Esc is looked behind for what a terminal sends with it: nothing comes. */
static bool press(UINT16 scan, CHAR16 character, uint32_t seconds, struct key_press *key)
{
	static struct answer pressed[2];

	given_consoles();
	pressed[0] = (struct answer){.key = {scan, character}};
	pressed[1] = (struct answer){.which = 1};
	fw.answers = pressed;
	fw.n = 2;
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
	fw.answers = typed;
	fw.n = n;
}

/* A tenth of a second is the longest that characters of one key are apart on any line that a person uses. */
static void what_follows_esc_at_once_is_a_key_of_a_terminal(void **state)
{
	struct key_press key;

	(void)state;
	given_typed("[6~", false);
	assert_true(console_key(3, &key));
	assert_int_equal(key.key, KEY_PAGE_DOWN);
	assert_int_equal(fw.time, 1000000);
	assert_int_equal(fw.waits, 4);
	assert_true(fw.created == fw.closed);
	given_typed("[1;5C", false);
	assert_true(console_key(FOR_EVER, &key));
	assert_true(key.key == KEY_RIGHT && key.ctrl);
	given_typed("", false);
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.key, KEY_ESCAPE);
	assert_int_equal(fw.waits, 2);
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
	assert_int_equal(fw.waits, 2);
}

/* ---- waiting ---- */

static void an_endless_wait_needs_no_timer(void **state)
{
	struct key_press key;

	(void)state;
	assert_true(press(0, 'x', FOR_EVER, &key));
	assert_int_equal(fw.events_waited_for, 1);
	assert_true(fw.waits == 1 && fw.reads == 1 && fw.checks == 0);
	assert_true(fw.created == 0 && fw.closed == 0 && fw.stalled == 0 && fw.units == 0);
}

/* UEFI 2.10, 7.1.7, SetTimer: in units of 100 ns. */
static void a_wait_for_seconds_sets_a_timer_and_closes_it(void **state)
{
	struct key_press key;

	(void)state;
	assert_true(press(0, 'x', 7, &key));
	assert_int_equal(fw.events_waited_for, 2);
	assert_int_equal(fw.how, TimerRelative);
	assert_int_equal(fw.time, 70000000);
	assert_true(fw.created == 1 && fw.closed == 1 && fw.waits == 1 && fw.stalled == 0);

	given_consoles();
	given_answers({.which = 1, .key = {0, 'x'}});
	assert_false(console_key(500, &key));
	assert_int_equal(key.character, 0);
	assert_int_equal(fw.time, 5000000000);
	assert_true(fw.created == 1 && fw.closed == 1 && fw.waits == 1 && fw.reads == 0);
	assert_true(fw.stalled == 0 && fw.units == 0); /* the time has passed already */
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
		fw.answers = many;
		fw.n = COUNT_OF(many);
		assert_true(console_key(kind == 0 ? FOR_EVER : 4, &key));
		assert_int_equal(key.character, 'q');
		assert_int_equal(fw.waits, 41);
		assert_int_equal(fw.checks, kind == 0 ? 0 : 40);
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
	assert_true(fw.waits == 3 && fw.checks == 3 && fw.closed == 1 && fw.stalled == 0);
	/* A keyboard with errors does not either. */
	given_consoles();
	given_answers({.read = EFI_DEVICE_ERROR, .check = EFI_SUCCESS});
	assert_false(console_key(4, &key));
	assert_true(fw.waits == 1 && fw.closed == 1 && fw.stalled == 0);
}

static void expect_broken(const char *what, size_t waits, size_t reads)
{
	static const CHAR16 sentence[] = L"\r\nberth: the keyboard does not answer\r\n";
	struct key_press key = {KEY_NONE, 0, false, false};

	if (!console_key(FOR_EVER, &key) || key.key != KEY_GONE)
		fail_msg("%s: the endless wait does not end", what);
	if (fw.waits != waits || fw.reads != reads)
		fail_msg("%s: waited for %zu times, read %zu times", what, fw.waits, fw.reads);
	expect_units(sentence, COUNT_OF(sentence) - 1);
	assert_int_equal(fw.stalled, 0);
	fw.waits = fw.reads = fw.units = 0;
	if (console_key(3, &key) || fw.stalled != 3000000 || fw.units != 0)
		fail_msg("%s: the countdown does not go on without a keyboard", what);
	assert_true(fw.created == fw.closed);
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
	fw.answers = few;
	fw.n = 16;
	assert_true(console_key(FOR_EVER, &key));
	assert_int_equal(key.character, 'x');
	assert_int_equal(fw.units, 0);
}

static void a_keyboard_that_wakes_up_without_end_is_none(void **state)
{
	(void)state;
	given_consoles();
	given_answers({.read = EFI_NOT_READY, .check = EFI_NOT_READY});
	expect_broken("wakes up without end", 10000, 10000);
}

static void without_a_timer_the_time_is_waited_out(void **state)
{
	struct key_press key;

	(void)state;
	given_consoles();
	given_answers({.key = {0, 'x'}});
	fw.create = EFI_OUT_OF_RESOURCES;
	assert_false(console_key(6, &key));
	assert_true(fw.stalled == 6000000 && fw.waits == 0 && fw.closed == 0 && fw.units == 0);
	given_consoles();
	given_answers({.key = {0, 'x'}});
	fw.set = EFI_INVALID_PARAMETER;
	assert_false(console_key(6, &key));
	assert_true(fw.stalled == 6000000 && fw.waits == 0 && fw.closed == 1 && fw.units == 0);
}

/* In 32 bits, 4295 seconds have too many microseconds for one call. */
static void a_long_time_is_waited_out_by_seconds_and_not_at_all_where_that_fails(void **state)
{
	struct key_press key;

	(void)state;
	given_consoles();
	given_answers({.key = {0, 'x'}});
	fw.create = EFI_OUT_OF_RESOURCES;
	assert_false(console_key(5000, &key));
	assert_true(fw.stalled == 5000000000 && fw.stalls == 5000);
	given_consoles();
	given_answers({.key = {0, 'x'}});
	fw.create = EFI_OUT_OF_RESOURCES;
	fw.stall = EFI_DEVICE_ERROR;
	assert_false(console_key(UINT32_MAX - 1, &key));
	assert_int_equal(fw.stalls, 1);
}

static void a_key_that_is_held_down_is_seen_without_waiting(void **state)
{
	(void)state;
	given_consoles();
	given_answers({.key = {0x17, 0}});
	assert_true(console_key_pressed());
	assert_true(fw.reads == 1 && fw.waits == 0);
	given_answers({.read = EFI_NOT_READY, .key = {0x17, 0}});
	assert_false(console_key_pressed());
	given_answers({.read = EFI_DEVICE_ERROR, .key = {0x17, 0}});
	assert_false(console_key_pressed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_goes_out_as_utf16_with_the_returns_that_consoles_want),
	    cmocka_unit_test(a_character_that_the_console_has_not_is_a_question_mark),
	    cmocka_unit_test(a_long_text_arrives_in_order),
	    cmocka_unit_test(a_machine_without_consoles_is_written_to_and_asked_in_vain),
	    cmocka_unit_test(the_screen_is_cleared_once_when_that_is_wanted),
	    cmocka_unit_test(a_console_of_no_sensible_size_counts_as_80_by_25),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
