/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu's editor under the real efi/: whose line is edited, who may do it, and what stands on the console meanwhile.
 * What each key does is tests/unit/test_config_edit.c's.
 */
#include "../sim/bench.h"
#include "menus.h"

static void an_edited_command_line_is_passed_and_kept_for_this_start(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "e\x17single \xe4\rQ");
	menu_run("edited");
	scene_expect("  Enter boots with this line   Esc back", 1);
	scene_expect("\n  root=/dev/sda2 quiet", 1);
	assert_int_equal(uefi_report.cursor_at_enter, strlen("   root=/dev/sda2 single _")); /* and a margin */
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 single \xc3\xa4");
	menu_given("timeout menu-force\n", "e x\r|exy\rQ");
	menu_run("edited twice");
	assert_int_equal(uefi_report.starts, 2);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet xxy");
	menu_given("timeout menu-force\n", "e\x15nothing of it\x03\rQ");
	menu_run("given up");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	menu_given("timeout menu-force\n", "e\x15\rQ");
	menu_run("emptied");
	assert_int_equal(uefi_report.starts, 1);
	assert_false(uefi_report.passed);
	menu_given("timeout menu-force\neditor no\n", "e\rQ");
	menu_run("no editor");
	scene_expect("  loader.conf says `editor no`, or cannot be read", 1);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
}

/* Whether it locks the editor is not known then. */
static void without_a_readable_configuration_nothing_is_edited(void **state)
{
	static char large[70000];

	(void)state;
	memset(large, ' ', sizeof(large));
	memcpy(large, "timeout menu-force\n", 19);
	menu_given("", "eQ");
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, "\\loader\\loader.conf") == 0)
			sim.file[i] =
			    (struct sim_file){sim.file[i].path, sizeof(large), (const uint8_t *)large, sizeof(large)};
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "menu-force");
	menu_run("larger than it may be");
	scene_expect("loader.conf says `editor no`, or cannot be read", 1);
}

#define PASSWORD                                                                                                       \
	"timeout menu-force\neditor-password grub.pbkdf2.sha512.1000.73616C7473616C74."                                \
	"43ABF8C7027C6BD9D63E9D81784A006188474A8DB14663D60114F5EEF4E94B1B"                                             \
	"76ABA88DA7B04EA335B9E7BAAA6BDE5E36350EE202ACD02CAF25B6061A4BB5B4\n"

static void a_password_is_asked_for_before_the_line_shows(void **state)
{
	(void)state;
	menu_given(PASSWORD, "epassword\r single\rQ");
	menu_run("right");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet single");
	assert_int_equal(uefi_report.stalled / 1000000, 0);
	assert_int_equal(scene_said("assword\r"), 0);
	assert_true(scene_said("\n  password: ") != 0);
	assert_int_equal(scene_said("passw"), scene_said("password: "));
	menu_given(PASSWORD, "epassword\r\x03Q");
	menu_run("the cursor");
	assert_int_equal(uefi_report.cursor_at_enter,
			 strlen("   password: ")); /* with a margin, wherever what is typed ends */
	menu_given(PASSWORD, "ePassword\r|\rQ");
	menu_run("wrong");
	scene_expect("\n  that is not the password: a moment", 1);
	scene_expect("  the password is wrong", 1);
	assert_int_equal(uefi_report.stalled / 1000000, 3);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	/* A second try at once is no key of the menu's. */
	menu_given(PASSWORD, "ePassword\rOBpassword|\rQ");
	menu_run("typed ahead");
	assert_int_equal(uefi_report.resets, 0);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	menu_given(PASSWORD, "epassword\x03\rQ");
	menu_run("given up");
	assert_int_equal(uefi_report.stalled / 1000000, 0);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	/* Each time anew: who typed it may have left. */
	menu_given(PASSWORD, "epassword\r x\x03"
			     "e\r|\rQ");
	menu_run("again");
	scene_expect("  the password is wrong", 1);
	menu_given("timeout menu-force\neditor-password hunter2\n", "eQ");
	menu_run("not understood");
	scene_expect("`editor-password` is not understood, so nothing can be edited", 1);
	scene_expect("hunter2", 0);
	scene_expect("root=/dev/sda2", scene_said("efi /tools/p.efi  root=/dev/sda2"));
}

static void a_keyboard_that_breaks_at_the_password_edits_nothing(void **state)
{
	(void)state;
	menu_given(PASSWORD, "epassword");
	uefi.keyboard_breaks = true;
	uefi.nobody = true;
	scene_run("the keyboard breaks");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
}

static void without_memory_the_line_stays_as_it_is(void **state)
{
	unsigned int before;

	(void)state;
	menu_given("timeout menu-force\n", "\rQ");
	menu_run("how many pools there are");
	before = uefi_report.pools;
	for (unsigned int i = 1; i <= before + 2; i++) {
		menu_given("timeout menu-force\n", "e x\rQQQQ");
		sim.other_line = true; /* where the first entry is the one that is missing */
		uefi.pools = i;
		scene_run("a pool is missing");
		if (scene_said("no memory to edit it") != 0)
			return;
	}
	fail_msg("it was never said");
}

/* What is told of a drop-in may have written over the menu, which is drawn anew then; its keys are the menu's again. */
static void after_an_edit_the_menu_is_whole(void **state)
{
	(void)state;
	for (unsigned int bad = 0; bad < 2; bad++) {
		menu_given("timeout menu-force\n", "je\x03|Q");
		if (bad == 1)
			scene_put("\\loader\\cmdline.d\\a.conf", (const uint8_t *)"b\0d", 3);
		menu_run("given up");
		scene_expect("a.conf line 1: a NUL byte", bad);
		scene_expect("  Berth 0.1\n", 2);
		scene_expect("Enter boots with this line", 1);
		assert_true(scene_said("Enter boot ") >= 2);
	}
}

/* Of a line that is longer than the console the end is shown, with the cursor behind it. */
static void a_long_line_is_edited_within_the_console(void **state)
{
	static char entry[400] = "title P\nsort-key a\nefi /tools/p.efi\noptions ";

	(void)state;
	memset(entry + strlen(entry), 'x', 300);
	menu_given("timeout menu-force\n", "e!\rQ");
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, "\\loader\\entries\\p.conf") == 0)
			sim.file[i] =
			    (struct sim_file){sim.file[i].path, strlen(entry), (const uint8_t *)entry, strlen(entry)};
	uefi.columns = 80;
	menu_run("300 characters");
	assert_int_equal(uefi_report.cursor_at_enter, 41); /* a line goes on by half the console */
	scene_expect("x!", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_edited_command_line_is_passed_and_kept_for_this_start),
	    cmocka_unit_test(without_a_readable_configuration_nothing_is_edited),
	    cmocka_unit_test(a_password_is_asked_for_before_the_line_shows),
	    cmocka_unit_test(a_keyboard_that_breaks_at_the_password_edits_nothing),
	    cmocka_unit_test(without_memory_the_line_stays_as_it_is),
	    cmocka_unit_test(after_an_edit_the_menu_is_whole),
	    cmocka_unit_test(a_long_line_is_edited_within_the_console),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
