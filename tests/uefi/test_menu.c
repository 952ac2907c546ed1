/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu under the real efi/: what a person at the keyboard sees and changes, on consoles of several kinds. What
 * each key does is tests/unit/test_config_menu.c's, and what is edited test_edit.c's.
 */
#include "../sim/bench.h"
#include "../../base/version.h"
#include "menus.h"

#include <efi.h>

#define TONE  100000 /* microseconds */
#define PAUSE 400000

/* loader.conf(5), "beep"; the tone is systemd-boot's: 500 Hz, by the timer's 1193182 Hz and mode 3. */
static void the_menu_is_heard_where_there_is_a_speaker(void **state)
{
	uint64_t stalled;

	(void)state;
	menu_given("timeout menu-force\nbeep yes\n", "jQ");
	menu_run("two rows");
	assert_non_null(uefi_variable("LoaderTimeMenuUSec"));
	assert_int_equal(outcome.beeps, 1 + 2);
	stalled = uefi_report.stalled;
	scene_expect("speaker", 0);
	assert_int_equal(outcome.timer & 0xffffff, 0xb65209);
	assert_int_equal(outcome.port_b & 3, 0);
	menu_given("timeout menu-force\n", "jQ");
	menu_run("nobody asks for it");
	assert_int_equal(outcome.beeps, 0);
	assert_int_equal(stalled - uefi_report.stalled, 3 * TONE + PAUSE);
	menu_given("timeout 3\nbeep yes\n", "..jhqQ");
	menu_run("a countdown, and a page");
	assert_int_equal(outcome.beeps, 1 + 1 + 1 + 2);
	menu_given("timeout 3\nbeep yes\n", "..xqQ");
	menu_run("a countdown that ends at the first row");
	assert_int_equal(outcome.beeps, 1 + 1 + 1 + 1);
	menu_given("timeout menu-force\nbeep yes\n", "jQ");
	sim.arch = &arch_aarch64;
	scene_run("without a speaker");
	assert_int_equal(outcome.beeps, 0);
	scene_expect("  loader.conf says `beep yes`, but only x86 machines have the speaker for it", 1);
}

/* Nobody counts more than nine, and keys wait for the end. */
static void of_many_rows_none_is_heard_longer_than_the_ninth(void **state)
{
	static const char *const keys[] = {"8Q", "9Q", "9jQ", "9jjQ"};
	static const unsigned int wanted[] = {1 + 8, 1 + 9, 1 + 9 + 9, 1 + 9 + 9 + 9};
	static char path[9][40];

	(void)state;
	for (size_t row = 0; row < COUNT_OF(keys); row++) {
		menu_given("timeout menu-force\nbeep yes\n", keys[row]);
		for (size_t i = 0; i < COUNT_OF(path); i++) {
			snprintf(path[i], sizeof(path[i]), "\\loader\\entries\\row-%zu.conf", i);
			scene_put_text(path[i], "title R\nlinux /vmlinuz\n");
		}
		menu_run(keys[row]);
		assert_int_equal(outcome.beeps, wanted[row]);
	}
}

static void what_is_set_in_the_menu_stays_in_variables(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "dttjDQ");
	menu_run("set");
	assert_true(uefi_variable_says("LoaderEntryPreferred", "p.conf"));
	assert_true(uefi_variable_says("LoaderEntryDefault", "linux.conf"));
	assert_true(uefi_variable_says("LoaderConfigTimeout", "menu-hidden"));
	menu_given("timeout 3\n", "kdDdTTTQ"); /* menu-hidden, menu-force, unset, and unset */
	uefi_variable_put_text("LoaderEntryPreferred", "p.conf");
	uefi_variable_put_text("LoaderEntryDefault", "p.conf");
	uefi_variable_put_text("LoaderConfigTimeout", "menu-force");
	menu_run("taken back");
	assert_null(uefi_variable("LoaderConfigTimeout"));
	assert_null(uefi_variable("LoaderEntryDefault"));
	assert_true(uefi_variable_says("LoaderEntryPreferred", "p.conf"));
	menu_given("timeout menu-force\n", "tttt+-Q");
	menu_run("seconds");
	assert_true(uefi_variable_says("LoaderConfigTimeout", "2"));
	menu_given("timeout menu-force\n", "+Q");
	uefi_variable_put_text("LoaderConfigTimeout", "5");
	menu_run("one second more");
	assert_true(uefi_variable_says("LoaderConfigTimeout", "6"));
	/* The menu that follows an entry which came back goes on from there. */
	menu_given("timeout menu-force\n", "djDktttt\r|x|djD+Q");
	uefi.program_returns = EFIERR(1);
	menu_run("once more, and taken back");
	assert_int_equal(uefi_report.starts, 1);
	assert_null(uefi_variable("LoaderEntryPreferred"));
	assert_null(uefi_variable("LoaderEntryDefault"));
	assert_true(uefi_variable_says("LoaderConfigTimeout", "3")); /* "2" by the first menu, as above */
	menu_given("timeout menu-force\n", "jkQ");
	uefi_variable_put_text("LoaderEntryDefault", "p*");
	menu_run("nothing is changed");
	assert_true(uefi_variable_says("LoaderEntryDefault", "p*"));
	assert_null(uefi_variable("LoaderConfigTimeout"));
}

static void console_modes_are_loader_confs_the_variables_and_the_next(void **state)
{
	static const struct {
		const char *conf;
		size_t mode; /* of three; 0 is firmware's */
	} row[] = {
	    {"timeout menu-force\n", 0},
	    {"timeout menu-force\nconsole-mode max\n", 2},
	    {"timeout menu-force\nconsole-mode 1\n", 1},
	    {"timeout menu-force\nconsole-mode 7\n", 0},    /* there is none */
	    {"timeout menu-force\nconsole-mode auto\n", 0}, /* 1280 by 800 can be read */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		menu_given(row[i].conf, "Q");
		menu_run(row[i].conf);
		assert_int_equal(uefi_report.mode, row[i].mode);
	}
	menu_given("console-mode max\n", NULL);
	uefi.nobody = true;
	scene_run("without a menu nothing is set");
	assert_int_equal(uefi_report.mode, 0);
	menu_given("timeout menu-force\n", "rQ");
	menu_run("the next");
	assert_int_equal(uefi_report.mode, 1);
	assert_true(uefi_variable_says("LoaderConfigConsoleMode", "1"));
	menu_given("timeout menu-force\nconsole-mode 1\n", "rRQ");
	uefi_variable_put_text("LoaderConfigConsoleMode", "2");
	menu_run("the variable's, the next, and loader.conf's");
	scene_expect("  console mode 0", 1);
	scene_expect("  console mode 1", 1);
	assert_int_equal(uefi_report.mode, 1);
	assert_null(uefi_variable("LoaderConfigConsoleMode"));
	menu_given("timeout menu-force\n", "rRQ");
	menu_run("the next, and firmware's");
	assert_int_equal(uefi_report.mode, 0);
	scene_expect("  console mode 0", 1);
	menu_given("timeout menu-force\n", "Q");
	uefi_variable_put_text("LoaderConfigConsoleMode", "large");
	menu_run("not understood");
	scene_expect("variable LoaderConfigConsoleMode: \"large\" is not auto, keep, max or a number", 1);
}

/* The next one is none then, and what loader.conf names may be none; the variable goes all the same. */
static void where_there_is_no_such_mode_that_is_said(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "rQ");
	uefi.one_mode = true;
	menu_run("one mode");
	scene_expect("  firmware has no other console mode", 1);
	assert_null(uefi_variable("LoaderConfigConsoleMode"));
	menu_given("timeout menu-force\nconsole-mode 7\n", "RQ");
	uefi_variable_put_text("LoaderConfigConsoleMode", "1");
	menu_run("loader.conf's is none");
	scene_expect("  console mode 0: firmware does not have the one that loader.conf names", 1);
	assert_int_equal(uefi_report.mode, 0);
	assert_null(uefi_variable("LoaderConfigConsoleMode"));
}

/* A line that is shorter than what stood there has blanks to its end, and no more. */
static void a_shorter_line_wipes_the_longer_one(void **state)
{
	static const char longer[] = "  timeout: no menu unless a key is held (menu-hidden)";
	char line[sizeof(longer) + 2];

	(void)state;
	menu_given("timeout menu-force\n", "ttttQ");
	menu_run("four timeouts");
	snprintf(line, sizeof(line), "\n%-*s\n", (int)sizeof(longer) - 1, "  timeout: 1 s");
	scene_expect(longer, 1);
	scene_expect(line, 1);
}

static void without_a_console_there_is_no_mode_to_set(void **state)
{
	(void)state;
	menu_given("timeout 2\ndefault linux\nconsole-mode max\n", NULL);
	uefi.no_console = true;
	uefi.nobody = true;
	scene_run("no console");
	assert_true(outcome.entered);
}

static void pages_are_shown_and_left(void **state)
{
	(void)state;
	menu_given("timeout 9\ndefault p\n", "h|qp|xQ");
	menu_run("help and status");
	scene_expect("Boots in", 1);
	scene_expect("boots what is chosen, or opens a group", 1);
	scene_expect("\nversion         " BERTH_NAME, 1);
	scene_expect("\nconsole mode    0 of 100x31", 1);
	scene_expect("\ntimeout         9 s", 1);
	scene_expect("\nid              p.conf", 1);
	scene_expect("\nfile            \\loader\\entries\\p.conf", 1);
	scene_expect("\nprogram         /tools/p.efi", 1);
	scene_expect("\noptions         root=/dev/sda2 quiet", 1);
	scene_expect("\nboots unasked   p.conf", 1);
	scene_expect("  > * P", 3); /* before and between and after */
	menu_given("timeout menu-force\n", "L\x0cQ");
	menu_run("drawn again");
	scene_expect("  > * P", 3);
}

/* A page is what was asked for, with its name, and a key leads from it to the menu; nothing else has changed then. */
static void a_page_is_the_one_that_was_asked_for_and_alone(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "h|qQ");
	menu_run("help");
	scene_expect("\nversion ", 0);
	menu_given("timeout menu-force\n", "p|qQ");
	uefi_variable_put_text("LoaderConfigConsoleMode", "1");
	menu_run("status");
	scene_expect("status   p.conf", 1);
	scene_expect("plan   p.conf", 0);
	scene_expect("  console mode 0", 0);
	assert_true(uefi_variable_says("LoaderConfigConsoleMode", "1"));
	menu_given("timeout menu-force\n", "jx|qQ");
	menu_run("plan");
	scene_expect("plan   linux.conf", 1);
	scene_expect("status   linux.conf", 0);
}

static void the_status_tells_what_drop_ins_add(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "jp|qQ");
	scene_put_text("\\loader\\cmdline.d\\a.conf", "ten");
	menu_run("status");
	scene_expect("\ncmdline.d       ten", 1);
}

static void without_memory_a_page_is_not_shown(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < 100; i++) {
		menu_given("timeout menu-force\n", "p|QQQQ");
		sim.other_line = true;
		uefi.pools = i;
		scene_run("a pool is missing");
		if (scene_said("  no memory to show it") == 0)
			continue;
		scene_expect("\nversion ", 0);
		return;
	}
	fail_msg("it was never said");
}

/* The same sentence, and the same places, as the boot has; and nothing of it is claimed, counted or left. */
static void the_plan_is_shown_before_it_is_carried_out(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "jx|qQ");
	menu_run("a plan");
	scene_expect("\nlinux     \\vmlinuz  ", 1);
	scene_expect("\nkernel    0x1fe00000-", 1);
	scene_expect("  C3  high: the highest aligned address", 1);
	scene_expect("K kernel, I initrd, H handoff", 1);
	scene_expect("berth: place kernel", 0);
	assert_int_equal(uefi_report.renames, 0);
	menu_given("timeout menu-force\n", "jx|qQ");
	scene_put_text("\\loader\\entries\\linux+3.conf", "title C\nsort-key b\nlinux /vmlinuz\nplacement 0x4000\n");
	menu_run("no plan");
	scene_expect("cannot run at 0x4000", 1);
	scene_expect("\n  X1  A relocatable kernel lies at a multiple of kernel_alignment", 1);
	assert_int_equal(uefi_report.renames, 0);
	menu_given("timeout menu-force\n", "x|qQ");
	menu_run("a program");
	scene_expect("Firmware loads it, where firmware likes.", 1);
	menu_given("timeout menu-force\n", "jx|q\r");
	scene_run("and then it boots");
	assert_true(outcome.entered);
}

static void restarts_are_done_at_once_or_asked_for(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "\033.\rQQ");
	uefi.indications = 1;
	scene_run("setup");
	scene_expect("  Enter restarts into firmware's setup; any other key does not.", 1);
	assert_int_equal(uefi_report.resets, 1);
	assert_int_equal(uefi_report.indications, 1);
	menu_given("timeout menu-force\n", "\033.jQ");
	uefi.indications = 1;
	menu_run("no setup");
	assert_int_equal(uefi_report.resets, 0);
	menu_given("timeout menu-force\n", "\033.\rQ");
	menu_run("firmware has none");
	assert_int_equal(uefi_report.resets, 0);
	assert_int_equal(uefi_report.starts, 1); /* Enter is Enter */
	menu_given("timeout menu-force\n", "tBQ");
	uefi.stays_on = true;
	menu_run("a restart that firmware does not do");
	assert_int_equal(uefi_report.resets, 1);
	assert_int_equal(uefi_report.reset_how, EfiResetCold);
	scene_expect("  firmware did not restart the machine", 1);
	assert_true(uefi_variable_says("LoaderConfigTimeout", "menu-force")); /* before that */
	menu_given("timeout menu-force\n", "tB");
	scene_run("a restart");
	assert_int_equal(uefi_report.resets, 1);
	assert_true(uefi_variable_says("LoaderConfigTimeout", "menu-force")); /* although the menu was never left */
	menu_given("timeout menu-force\n", "OQ");
	uefi.stays_on = true;
	menu_run("power off");
	assert_int_equal(uefi_report.reset_how, EfiResetShutdown);
}

/* The window of a terminal, say: what is chosen is on the screen when that is drawn anew. */
static void on_a_console_that_became_smaller_the_chosen_row_is_seen(void **state)
{
	static char path[20][40];

	(void)state;
	menu_given("timeout menu-force\n", "9jjjjjjjLQ");
	uefi.rows_later = 12;
	for (size_t i = 0; i < COUNT_OF(path); i++) {
		snprintf(path[i], sizeof(path[i]), "\\loader\\entries\\row-%zu.conf", i);
		scene_put_text(path[i], "title R\nlinux /vmlinuz\n");
	}
	menu_run("smaller");
	scene_expect("  >   R  (row-5.conf)", 2); /* when it was chosen, and again */
}

/* It is no key: what happens after its time is not by hand. */
static void a_modifier_alone_neither_stops_the_countdown_nor_chooses(void **state)
{
	(void)state;
	menu_given("timeout 2\ndefault p\n", "~..");
	uefi.extended = true;
	uefi.nobody = true;
	scene_run("Shift");
	assert_int_equal(uefi_report.starts, 1);
	scene_expect("came back without an error", 1);
}

static void a_group_opens_in_place(void **state)
{
	(void)state;
	menu_given("timeout menu-force\nmenu-fold 1\n", "j\rj\rQ");
	scene_put_text("\\loader\\entries\\p2.conf", "title P two\nsort-key a\nversion 2\nefi /tools/p.efi\n");
	scene_put_text("\\loader\\entries\\p3.conf",
		       "title P three\nsort-key a\nversion 3\nefi /tools/p.efi\noptions 3\n");
	menu_run("the second of a group of three");
	scene_expect("+ 2 more of a", 2); /* not chosen, chosen */
	scene_expect("- 2 more of a", 3); /* chosen, with others below it, and not chosen */
	assert_int_equal(uefi_report.starts, 1);
	assert_false(uefi_report.passed);
}

static void a_console_without_places_has_the_menu_line_by_line(void **state)
{
	(void)state;
	menu_given("timeout 2\ndefault p\n", "");
	uefi.no_positions = true;
	uefi.nobody = true;
	scene_run("a plain console");
	scene_expect("  > * P", 2);
	scene_expect("Boots in 2 s; any key stops that.\n", 1);
	scene_expect("Boots in 1 s; any key stops that.\n", 1);
	menu_given("timeout menu-force\n", "e x\rQ");
	uefi.no_positions = true;
	menu_run("and its editor");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet x");
}

static void the_extended_keyboard_tells_ctrl(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "e\x01"
					   "a \x05 z\rQ");
	uefi.extended = true;
	menu_run("Ctrl-a and Ctrl-e");
	assert_string_equal(uefi_report.options, "a root=/dev/sda2 quiet z");
	menu_given("timeout 3\n", "...");
	uefi.extended = true;
	uefi.nobody = true;
	scene_run("a countdown");
	scene_expect("Boots in", 3);
}

static void what_a_console_cannot_show_is_a_question_mark(void **state)
{
	(void)state;
	menu_given("timeout menu-force\n", "Q");
	uefi.ascii_only = true;
	scene_put_text("\\loader\\entries\\z.conf", "title Gr\xc3\xbc\xc3\x9f"
						    "e\xe6\x9c\xac\nlinux /vmlinuz\n");
	menu_run("ASCII");
	scene_expect("Gr??e?", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_menu_is_heard_where_there_is_a_speaker),
	    cmocka_unit_test(of_many_rows_none_is_heard_longer_than_the_ninth),
	    cmocka_unit_test(what_is_set_in_the_menu_stays_in_variables),
	    cmocka_unit_test(console_modes_are_loader_confs_the_variables_and_the_next),
	    cmocka_unit_test(a_shorter_line_wipes_the_longer_one),
	    cmocka_unit_test(where_there_is_no_such_mode_that_is_said),
	    cmocka_unit_test(without_a_console_there_is_no_mode_to_set),
	    cmocka_unit_test(pages_are_shown_and_left),
	    cmocka_unit_test(a_page_is_the_one_that_was_asked_for_and_alone),
	    cmocka_unit_test(the_status_tells_what_drop_ins_add),
	    cmocka_unit_test(without_memory_a_page_is_not_shown),
	    cmocka_unit_test(the_plan_is_shown_before_it_is_carried_out),
	    cmocka_unit_test(restarts_are_done_at_once_or_asked_for),
	    cmocka_unit_test(on_a_console_that_became_smaller_the_chosen_row_is_seen),
	    cmocka_unit_test(a_modifier_alone_neither_stops_the_countdown_nor_chooses),
	    cmocka_unit_test(a_group_opens_in_place),
	    cmocka_unit_test(a_console_without_places_has_the_menu_line_by_line),
	    cmocka_unit_test(the_extended_keyboard_tells_ctrl),
	    cmocka_unit_test(what_a_console_cannot_show_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
