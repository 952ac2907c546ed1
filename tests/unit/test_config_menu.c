/* SPDX-License-Identifier: BSD-2-Clause */
/* What each key of the menu does, and what its countdown does without one. */
#include "shown_menu.h"

/* ---- keys ---- */

static void each_key_moves_as_it_says(void **state)
{
	static const struct {
		size_t from;
		enum key key;
		uint32_t character;
		size_t to; /* of 30, of which 19 are on the screen */
	} row[] = {
	    {5, KEY_UP, 0, 4},		{0, KEY_UP, 0, 0},	    {5, KEY_DOWN, 0, 6},
	    {29, KEY_DOWN, 0, 29},	{5, KEY_HOME, 0, 0},	    {5, KEY_END, 0, 29},
	    {20, KEY_PAGE_UP, 0, 2},	{5, KEY_PAGE_UP, 0, 0},	    {5, KEY_PAGE_DOWN, 0, 23},
	    {25, KEY_PAGE_DOWN, 0, 29}, {5, KEY_CHARACTER, 'j', 6}, {29, KEY_CHARACTER, 'J', 29},
	    {5, KEY_CHARACTER, 'k', 4}, {0, KEY_CHARACTER, 'K', 0}, {5, KEY_CHARACTER, '1', 0},
	    {5, KEY_CHARACTER, '9', 8}, {5, KEY_CHARACTER, '0', 5}, {5, KEY_CHARACTER, ':', 5},
	    {5, KEY_CHARACTER, '/', 5}, {5, KEY_CHARACTER, 'z', 5}, {5, KEY_CHARACTER, 0x10ffff, 5},
	    {5, KEY_NONE, 'j', 5},	{5, KEY_UP, 'j', 4},	    {5, KEY_OTHER, 'j', 5},
	    {5, KEY_LEFT, 0, 5},	{5, KEY_TAB, 0, 5},
	};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		open_menu(&menu, 30, row[i].from, TIMEOUT_FOREVER, 80, 25);
		assert_int_equal(press_key(&menu, row[i].key, row[i].character), MENU_STAY);
		if (menu_chosen(&menu) != row[i].to)
			fail_msg("row %zu: %zu instead of %zu", i, menu_chosen(&menu), row[i].to);
	}
	open_menu(&menu, 30, 5, TIMEOUT_FOREVER, 80, 25);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, '>', false, true}), MENU_STAY);
	assert_int_equal(menu_chosen(&menu), 29);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, '<', false, true}), MENU_STAY);
	assert_int_equal(menu_chosen(&menu), 0);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, 'j', false, true}), MENU_STAY);
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, 'j', true, false}), MENU_STAY);
	assert_int_equal(menu_chosen(&menu), 0);
}

static void keys_that_lead_elsewhere_do(void **state)
{
	static const struct {
		enum key key;
		uint32_t character;
		enum menu_result result;
	} row[] = {
	    {KEY_ENTER, 0, MENU_BOOT},
	    {KEY_RIGHT, 0, MENU_BOOT},
	    {KEY_F3, 0, MENU_BOOT},
	    {KEY_GONE, 0, MENU_BOOT},
	    {KEY_F1, 0, MENU_HELP},
	    {KEY_CHARACTER, 'h', MENU_HELP},
	    {KEY_CHARACTER, 'H', MENU_HELP},
	    {KEY_CHARACTER, '?', MENU_HELP},
	    {KEY_CHARACTER, 'p', MENU_STATUS},
	    {KEY_CHARACTER, 'P', MENU_STATUS},
	    {KEY_CHARACTER, 'x', MENU_PLAN},
	    {KEY_CHARACTER, 'X', MENU_PLAN},
	    {KEY_CHARACTER, 'e', MENU_EDIT},
	    {KEY_CHARACTER, 'E', MENU_EDIT},
	    {KEY_CHARACTER, 'L', MENU_REDRAW},
	    {KEY_CHARACTER, 'r', MENU_NEXT_MODE},
	    {KEY_CHARACTER, 'R', MENU_RESET_MODE},
	    {KEY_CHARACTER, 'Q', MENU_LEAVE},
	    {KEY_CHARACTER, 'q', MENU_STAY},
	    {KEY_CHARACTER, 'o', MENU_STAY},
	    {KEY_CHARACTER, 'b', MENU_STAY},
	};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		open_menu(&menu, 3, 1, 5, 80, 25);
		if (press_key(&menu, row[i].key, row[i].character) != row[i].result)
			fail_msg("row %zu", i);
		assert_int_equal(menu_chosen(&menu), 1);
	}
	assert_int_equal(menu_press(&menu, &(struct key_press){KEY_CHARACTER, 'l', true, false}), MENU_REDRAW);
	assert_int_equal(press_letter(&menu, 'O'), MENU_DO);
	assert_int_equal(menu.action, ENTRY_POWER_OFF);
	assert_int_equal(press_letter(&menu, 'B'), MENU_DO);
	assert_int_equal(menu.action, ENTRY_REBOOT);
	open_menu(&menu, 3, 99, 5, 80, 25);
	assert_int_equal(menu_chosen(&menu), 0);
	open_menu(&menu, 3, 3, 5, 80, 25);
	assert_int_equal(menu_chosen(&menu), 0);
}

/* systemd-boot asks first, and any key but Enter is no. */
static void firmwares_setup_is_asked_for_twice(void **state)
{
	static const struct key_press asks[] = {{KEY_ESCAPE, 0, false, false},	    {KEY_F2, 0, false, false},
						{KEY_F10, 0, false, false},	    {KEY_DELETE, 0, false, false},
						{KEY_CHARACTER, 'f', false, false}, {KEY_CHARACTER, 'F', false, false}};
	struct menu menu;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(asks); i++) {
		open_menu(&menu, 3, 1, 5, 80, 25);
		assert_int_equal(menu_press(&menu, &asks[i]), MENU_STAY);
		draw_menu(&menu);
		expect_menu_line("  Enter restarts into firmware's setup; any other key does not.");
		assert_int_equal(press_key(&menu, KEY_NONE, 0), MENU_STAY);
		assert_int_equal(press_key(&menu, KEY_ENTER, 0), MENU_DO);
		assert_int_equal(menu.action, ENTRY_SETUP);
		(void)menu_press(&menu, &asks[i]);
		assert_int_equal(press_letter(&menu, 'j'), MENU_STAY); /* no, and it moves nothing */
		assert_int_equal(menu_chosen(&menu), 1);
		assert_int_equal(press_key(&menu, KEY_ENTER, 0), MENU_BOOT);
		(void)menu_press(&menu, &asks[i]);
		assert_int_equal(press_key(&menu, KEY_GONE, 0), MENU_BOOT);
		menu.has_setup = false;
		(void)menu_press(&menu, &asks[i]);
		draw_menu(&menu);
		expect_menu_line("  this firmware has no setup that a loader can ask for; Q leaves to firmware");
		assert_int_equal(press_key(&menu, KEY_ENTER, 0), MENU_BOOT);
	}
}

static void the_editor_is_only_for_what_has_a_command_line(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	menu.has_editor = false;
	assert_int_equal(press_letter(&menu, 'e'), MENU_STAY);
	draw_menu(&menu);
	expect_menu_line("  loader.conf says `editor no`, or cannot be read");
	assert_null(strstr(shown.screen, "e edit"));
	menu.has_editor = true;
	shown.list[1]->broken = true;
	assert_int_equal(press_letter(&menu, 'e'), MENU_STAY);
	draw_menu(&menu);
	expect_menu_line("  1.conf has no command line");
	shown.list[1]->broken = false;
	shown.list[1]->kind = ENTRY_SETUP;
	assert_int_equal(press_letter(&menu, 'e'), MENU_STAY);
	shown.list[1]->kind = ENTRY_EFI;
	assert_int_equal(press_letter(&menu, 'e'), MENU_EDIT);
}

static void the_ring_of_timeouts_is_systemd_boots(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	(void)press_letter(&menu, 'T');
	expect_menu_message(&menu, "  timeout: what loader.conf says");
	assert_false(menu.settings.has_timeout);
	(void)press_letter(&menu, 't');
	expect_menu_message(&menu, "  timeout: the menu waits for a key (menu-force)");
	(void)press_letter(&menu, '+');
	expect_menu_message(&menu, "  timeout: no menu unless a key is held (menu-hidden)");
	(void)press_letter(&menu, 't');
	expect_menu_message(&menu, "  timeout: 1 s");
	(void)press_letter(&menu, '+');
	assert_true(menu.settings.has_timeout && menu.settings.timeout == 2);
	(void)press_letter(&menu, '-');
	(void)press_letter(&menu, 'T');
	assert_int_equal(menu.settings.timeout, TIMEOUT_NONE);
	(void)press_letter(&menu, 'T');
	assert_int_equal(menu.settings.timeout, TIMEOUT_FOREVER);
	(void)press_letter(&menu, '-');
	assert_false(menu.settings.has_timeout);
	menu.settings = (struct menu_settings){.has_timeout = true, .timeout = TIMEOUT_FOREVER - 1};
	(void)press_letter(&menu, 't'); /* no further: the next number means another thing */
	assert_int_equal(menu.settings.timeout, TIMEOUT_FOREVER - 1);
}

static void d_sets_the_preferred_entry_and_the_default(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 5, 80, 25);
	assert_true(menu.settings.preferred == 3 && menu.settings.standard == 3);
	(void)press_letter(&menu, 'd');
	expect_menu_message(&menu, "  preferred: 1.conf, unless its tries are used up");
	(void)press_letter(&menu, 'j');
	assert_null(strstr(menu.message, "preferred"));
	(void)press_letter(&menu, 'D');
	expect_menu_message(&menu, "  default: 2.conf");
	assert_true(menu.settings.preferred == 1 && menu.settings.standard == 2);
	(void)press_letter(&menu, 'd');
	assert_int_equal(menu.settings.preferred, 2);
	(void)press_letter(&menu, 'd');
	(void)press_letter(&menu, 'D');
	expect_menu_message(&menu, "  default: no longer set");
	assert_true(menu.settings.preferred == 3 && menu.settings.standard == 3);
}

static void given_all_kinds(void)
{
	shown.list[1]->kind = ENTRY_EFI;
	memcpy(shown.list[1]->id, "auto-windows", sizeof("auto-windows"));
	shown.list[2]->kind = ENTRY_UKI;
	shown.list[3]->kind = ENTRY_EFI;
	memcpy(shown.list[3]->id, "auto-osx", sizeof("auto-osx"));
	shown.list[4]->kind = ENTRY_EFI;
	memcpy(shown.list[4]->id, "auto-efi-shell", sizeof("auto-efi-shell"));
}

/* systemd-boot(7), "Key bindings": before there is a menu these boot an entry, and all others ask for the menu. */
static void a_key_without_a_menu_may_mean_an_entry(void **state)
{
	static const struct {
		uint32_t character;
		size_t entry;
	} row[] = {{'l', 0}, {'w', 1}, {'a', 3}, {'s', 4}, {'1', 0}, {'5', 4}, {'6', 9}, {'0', 9}, {':', 9}, {'x', 9}};
	struct rows rows = {shown.list, 5, 0, 5};
	size_t entry;

	(void)state;
	given_all_kinds();
	for (size_t i = 0; i < COUNT_OF(row); i++)
		for (unsigned int modifiers = 0; modifiers < 4; modifiers++) {
			const struct key_press press = {KEY_CHARACTER, row[i].character, (modifiers & 1) != 0,
							(modifiers & 2) != 0};
			bool is_meant = modifiers == 0 && row[i].entry != 9;

			entry = 9;
			assert_int_equal(menu_hotkey(&rows, &press, &entry), is_meant);
			assert_int_equal(entry, is_meant ? row[i].entry : 9);
		}
	entry = 9;
	assert_false(menu_hotkey(&rows, &(struct key_press){KEY_ENTER, 'l', false, false}, &entry));
	rows.n = 1;
	assert_false(menu_hotkey(&rows, &(struct key_press){KEY_CHARACTER, 'w', false, false}, &entry));
	/* A row that stands for several is the first of them. */
	shown.list[1]->automatic = shown.list[2]->automatic = shown.list[3]->automatic = false;
	for (size_t i = 0; i < 4; i++)
		shown.list[i]->sort_key = word_of("k");
	rows = (struct rows){shown.list, 5, 2, 5};
	assert_true(menu_hotkey(&rows, &(struct key_press){KEY_CHARACTER, '2', false, false}, &entry));
	assert_int_equal(entry, 1);
	assert_true(menu_hotkey(&rows, &(struct key_press){KEY_CHARACTER, '3', false, false}, &entry));
	assert_int_equal(entry, 4);
}

static void letters_jump_to_the_next_of_a_kind(void **state)
{
	struct menu menu;

	(void)state;
	given_all_kinds();
	open_menu(&menu, 5, 0, 5, 80, 25);
	(void)press_letter(&menu, 'w');
	assert_int_equal(menu_chosen(&menu), 1);
	(void)press_letter(&menu, 'w');
	assert_int_equal(menu_chosen(&menu), 1);
	(void)press_letter(&menu, 'l');
	assert_int_equal(menu_chosen(&menu), 2);
	(void)press_letter(&menu, 'l');
	assert_int_equal(menu_chosen(&menu), 0);
	(void)press_letter(&menu, 's');
	assert_int_equal(menu_chosen(&menu), 4);
	(void)press_letter(&menu, 'a');
	assert_int_equal(menu_chosen(&menu), 3);
	open_menu(&menu, 1, 0, 5, 80, 25);
	(void)press_letter(&menu, 's');
	assert_int_equal(menu_chosen(&menu), 0);
}

static void one_entry_stays_selected_whatever_is_pressed(void **state)
{
	struct menu menu;

	(void)state;
	for (uint32_t character = 0; character < 0x80; character++) {
		open_menu(&menu, 1, 0, TIMEOUT_FOREVER, 80, 25);
		for (int key = KEY_NONE; key <= KEY_OTHER; key++) {
			(void)press_key(&menu, (enum key)key, character);
			assert_int_equal(menu_chosen(&menu), 0);
		}
	}
}

/* ---- countdown ---- */

static void the_countdown_boots_when_it_ends(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, 3, 80, 25);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu_tick(&menu), MENU_STAY);
	assert_int_equal(menu.seconds_left, 1);
	assert_int_equal(menu_tick(&menu), MENU_BOOT);
	assert_int_equal(menu_chosen(&menu), 1);
	open_menu(&menu, 3, 1, 0, 80, 25);
	assert_int_equal(menu_tick(&menu), MENU_BOOT);
}

static void any_key_stops_the_countdown_and_no_key_does_not(void **state)
{
	struct menu menu;

	(void)state;
	for (int key = KEY_NONE; key <= KEY_OTHER; key++) {
		open_menu(&menu, 3, 1, 1, 80, 25);
		(void)press_key(&menu, (enum key)key, 0);
		assert_int_equal(menu.counting, key == KEY_NONE);
		assert_int_equal(menu_tick(&menu), key == KEY_NONE ? MENU_BOOT : MENU_STAY);
	}
}

static void for_ever_is_no_countdown(void **state)
{
	struct menu menu;

	(void)state;
	open_menu(&menu, 3, 1, TIMEOUT_FOREVER, 80, 25);
	assert_false(menu.counting);
	for (int i = 0; i < 100; i++)
		assert_int_equal(menu_tick(&menu), MENU_STAY);
	draw_menu(&menu);
	assert_null(strstr(shown.screen, "Boots in"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, given_many_entries)
	    TEST(each_key_moves_as_it_says),
	    TEST(keys_that_lead_elsewhere_do),
	    TEST(firmwares_setup_is_asked_for_twice),
	    TEST(the_editor_is_only_for_what_has_a_command_line),
	    TEST(the_ring_of_timeouts_is_systemd_boots),
	    TEST(d_sets_the_preferred_entry_and_the_default),
	    TEST(a_key_without_a_menu_may_mean_an_entry),
	    TEST(letters_jump_to_the_next_of_a_kind),
	    TEST(one_entry_stays_selected_whatever_is_pressed),
	    TEST(the_countdown_boots_when_it_ends),
	    TEST(any_key_stops_the_countdown_and_no_key_does_not),
	    TEST(for_ever_is_no_countdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
