/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The menu under the real efi/: what a person at the keyboard sees and changes, on consoles of several kinds. What
 * each key does is tests/unit/test_config_menu.c's.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "../../base/version.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define PROGRAM "title P\nsort-key a\nefi /tools/p.efi\noptions root=/dev/sda2 quiet\n"

static struct pe_file program;

/* An entry of a program, which is passed its options, and one of Linux behind it. */
static void given(const char *conf, const char *keys)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", "title L\nlinux /vmlinuz\n", "", &debian);
	uefi = (struct uefi_setup){.fault = 0, .keys = keys};
	scene_put_text("\\loader\\loader.conf", conf);
	pe_file_begin(&program, PE_X64, 0);
	scene_put("\\tools\\p.efi", program.bytes, program.size);
	scene_put_text("\\loader\\entries\\p.conf", PROGRAM);
	scene_put_text("\\loader\\entries\\linux.conf", "title L\nlinux /vmlinuz\n");
}

/* Whatever was done in the menu, firmware has its cursor and its colours back. */
static void run(const char *name)
{
	scene_run(name);
	assert_false(uefi_report.cursor_hidden);
	assert_int_equal(uefi_report.attribute, EFI_LIGHTGRAY);
}

static void an_edited_command_line_is_passed_and_kept_for_this_start(void **state)
{
	(void)state;
	given("timeout menu-force\n", "e\x17single \xe4\rQ");
	run("edited");
	scene_expect("  Enter boots with this line   Esc back", 1);
	scene_expect("\n  root=/dev/sda2 quiet", 1);
	assert_int_equal(uefi_report.cursor_at_enter, strlen("   root=/dev/sda2 single _")); /* and a margin */
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 single \xc3\xa4");
	given("timeout menu-force\n", "e x\r|exy\rQ");
	run("edited twice");
	assert_int_equal(uefi_report.starts, 2);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet xxy");
	given("timeout menu-force\n", "e\x15nothing of it\x03\rQ");
	run("given up");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	given("timeout menu-force\n", "e\x15\rQ");
	run("emptied");
	assert_int_equal(uefi_report.starts, 1);
	assert_false(uefi_report.passed);
	given("timeout menu-force\neditor no\n", "e\rQ");
	run("no editor");
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
	given("", "eQ");
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, "\\loader\\loader.conf") == 0)
			sim.file[i] =
			    (struct sim_file){sim.file[i].path, sizeof(large), (const uint8_t *)large, sizeof(large)};
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "menu-force");
	run("larger than it may be");
	scene_expect("loader.conf says `editor no`, or cannot be read", 1);
}

#define PASSWORD                                                                                                       \
	"timeout menu-force\neditor-password grub.pbkdf2.sha512.1000.73616C7473616C74."                                \
	"43ABF8C7027C6BD9D63E9D81784A006188474A8DB14663D60114F5EEF4E94B1B"                                             \
	"76ABA88DA7B04EA335B9E7BAAA6BDE5E36350EE202ACD02CAF25B6061A4BB5B4\n"

static void a_password_is_asked_for_before_the_line_shows(void **state)
{
	(void)state;
	given(PASSWORD, "epassword\r single\rQ");
	run("right");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet single");
	assert_int_equal(uefi_report.stalled / 1000000, 0);
	assert_int_equal(scene_said("assword\r"), 0);
	assert_true(scene_said("\n  password: ") != 0);
	assert_int_equal(scene_said("passw"), scene_said("password: "));
	given(PASSWORD, "epassword\r\x03Q");
	run("the cursor");
	assert_int_equal(uefi_report.cursor_at_enter,
			 strlen("   password: ")); /* with a margin, wherever what is typed ends */
	given(PASSWORD, "ePassword\r|\rQ");
	run("wrong");
	scene_expect("\n  that is not the password: a moment", 1);
	scene_expect("  the password is wrong", 1);
	assert_int_equal(uefi_report.stalled / 1000000, 3);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	/* A second try at once is no key of the menu's. */
	given(PASSWORD, "ePassword\rOBpassword|\rQ");
	run("typed ahead");
	assert_int_equal(uefi_report.resets, 0);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	given(PASSWORD, "epassword\x03\rQ");
	run("given up");
	assert_int_equal(uefi_report.stalled / 1000000, 0);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
	/* Each time anew: who typed it may have left. */
	given(PASSWORD, "epassword\r x\x03"
			"e\r|\rQ");
	run("again");
	scene_expect("  the password is wrong", 1);
	given("timeout menu-force\neditor-password hunter2\n", "eQ");
	run("not understood");
	scene_expect("`editor-password` is not understood, so nothing can be edited", 1);
	scene_expect("hunter2", 0);
	scene_expect("root=/dev/sda2", scene_said("efi /tools/p.efi  root=/dev/sda2"));
}

static void a_keyboard_that_breaks_at_the_password_edits_nothing(void **state)
{
	(void)state;
	given(PASSWORD, "epassword");
	uefi.keyboard_breaks = true;
	uefi.nobody = true;
	scene_run("the keyboard breaks");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
}

#define TONE  100000 /* microseconds */
#define PAUSE 400000

/* loader.conf(5), "beep"; the tone is systemd-boot's: 500 Hz, by the timer's 1193182 Hz and mode 3. */
static void the_menu_is_heard_where_there_is_a_speaker(void **state)
{
	uint64_t stalled;

	(void)state;
	given("timeout menu-force\nbeep yes\n", "jQ");
	run("two rows");
	assert_non_null(uefi_variable("LoaderTimeMenuUSec"));
	assert_int_equal(outcome.beeps, 1 + 2);
	stalled = uefi_report.stalled;
	scene_expect("speaker", 0);
	assert_int_equal(outcome.timer & 0xffffff, 0xb65209);
	assert_int_equal(outcome.port_b & 3, 0);
	given("timeout menu-force\n", "jQ");
	run("nobody asks for it");
	assert_int_equal(outcome.beeps, 0);
	assert_int_equal(stalled - uefi_report.stalled, 3 * TONE + PAUSE);
	given("timeout 3\nbeep yes\n", "..jhqQ");
	run("a countdown, and a page");
	assert_int_equal(outcome.beeps, 1 + 1 + 1 + 2);
	given("timeout 3\nbeep yes\n", "..xqQ");
	run("a countdown that ends at the first row");
	assert_int_equal(outcome.beeps, 1 + 1 + 1 + 1);
	given("timeout menu-force\nbeep yes\n", "jQ");
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
		given("timeout menu-force\nbeep yes\n", keys[row]);
		for (size_t i = 0; i < COUNT_OF(path); i++) {
			snprintf(path[i], sizeof(path[i]), "\\loader\\entries\\row-%zu.conf", i);
			scene_put_text(path[i], "title R\nlinux /vmlinuz\n");
		}
		run(keys[row]);
		assert_int_equal(outcome.beeps, wanted[row]);
	}
}

static void without_memory_the_line_stays_as_it_is(void **state)
{
	unsigned int before;

	(void)state;
	given("timeout menu-force\n", "\rQ");
	run("how many pools there are");
	before = uefi_report.pools;
	for (unsigned int i = 1; i <= before + 2; i++) {
		given("timeout menu-force\n", "e x\rQQQQ");
		sim.other_line = true; /* where the first entry is the one that is missing */
		uefi.pools = i;
		scene_run("a pool is missing");
		if (scene_said("no memory to edit it") != 0)
			return;
	}
	fail_msg("it was never said");
}

static void what_is_set_in_the_menu_stays_in_variables(void **state)
{
	(void)state;
	given("timeout menu-force\n", "dttjDQ");
	run("set");
	assert_true(uefi_variable_says("LoaderEntryPreferred", "p.conf"));
	assert_true(uefi_variable_says("LoaderEntryDefault", "linux.conf"));
	assert_true(uefi_variable_says("LoaderConfigTimeout", "menu-hidden"));
	given("timeout 3\n", "kdDdTTTQ"); /* menu-hidden, menu-force, unset, and unset */
	uefi_variable_put_text("LoaderEntryPreferred", "p.conf");
	uefi_variable_put_text("LoaderEntryDefault", "p.conf");
	uefi_variable_put_text("LoaderConfigTimeout", "menu-force");
	run("taken back");
	assert_null(uefi_variable("LoaderConfigTimeout"));
	assert_null(uefi_variable("LoaderEntryDefault"));
	assert_true(uefi_variable_says("LoaderEntryPreferred", "p.conf"));
	given("timeout menu-force\n", "tttt+-Q");
	run("seconds");
	assert_true(uefi_variable_says("LoaderConfigTimeout", "2"));
	given("timeout menu-force\n", "+Q");
	uefi_variable_put_text("LoaderConfigTimeout", "5");
	run("one second more");
	assert_true(uefi_variable_says("LoaderConfigTimeout", "6"));
	/* The menu that follows an entry which came back goes on from there. */
	given("timeout menu-force\n", "djDktttt\r|x|djD+Q");
	uefi.program_returns = EFIERR(1);
	run("once more, and taken back");
	assert_int_equal(uefi_report.starts, 1);
	assert_null(uefi_variable("LoaderEntryPreferred"));
	assert_null(uefi_variable("LoaderEntryDefault"));
	assert_true(uefi_variable_says("LoaderConfigTimeout", "3")); /* "2" by the first menu, as above */
	given("timeout menu-force\n", "jkQ");
	uefi_variable_put_text("LoaderEntryDefault", "p*");
	run("nothing is changed");
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
		given(row[i].conf, "Q");
		run(row[i].conf);
		assert_int_equal(uefi_report.mode, row[i].mode);
	}
	given("console-mode max\n", NULL);
	uefi.nobody = true;
	scene_run("without a menu nothing is set");
	assert_int_equal(uefi_report.mode, 0);
	given("timeout menu-force\n", "rQ");
	run("the next");
	assert_int_equal(uefi_report.mode, 1);
	assert_true(uefi_variable_says("LoaderConfigConsoleMode", "1"));
	given("timeout menu-force\nconsole-mode 1\n", "rRQ");
	uefi_variable_put_text("LoaderConfigConsoleMode", "2");
	run("the variable's, the next, and loader.conf's");
	scene_expect("  console mode 0", 1);
	scene_expect("  console mode 1", 1);
	assert_int_equal(uefi_report.mode, 1);
	assert_null(uefi_variable("LoaderConfigConsoleMode"));
	given("timeout menu-force\n", "rRQ");
	run("the next, and firmware's");
	assert_int_equal(uefi_report.mode, 0);
	scene_expect("  console mode 0", 1);
	given("timeout menu-force\n", "Q");
	uefi_variable_put_text("LoaderConfigConsoleMode", "large");
	run("not understood");
	scene_expect("variable LoaderConfigConsoleMode: \"large\" is not auto, keep, max or a number", 1);
}

/* The next one is none then, and what loader.conf names may be none; the variable goes all the same. */
static void where_there_is_no_such_mode_that_is_said(void **state)
{
	(void)state;
	given("timeout menu-force\n", "rQ");
	uefi.one_mode = true;
	run("one mode");
	scene_expect("  firmware has no other console mode", 1);
	assert_null(uefi_variable("LoaderConfigConsoleMode"));
	given("timeout menu-force\nconsole-mode 7\n", "RQ");
	uefi_variable_put_text("LoaderConfigConsoleMode", "1");
	run("loader.conf's is none");
	scene_expect("  console mode 0: firmware does not have the one that loader.conf names", 1);
	assert_int_equal(uefi_report.mode, 0);
	assert_null(uefi_variable("LoaderConfigConsoleMode"));
}

/* What is told of a drop-in may have written over the menu, which is drawn anew then; its keys are the menu's again. */
static void after_an_edit_the_menu_is_whole(void **state)
{
	(void)state;
	for (unsigned int bad = 0; bad < 2; bad++) {
		given("timeout menu-force\n", "je\x03|Q");
		if (bad == 1)
			scene_put("\\loader\\cmdline.d\\a.conf", (const uint8_t *)"b\0d", 3);
		run("given up");
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
	given("timeout menu-force\n", "e!\rQ");
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, "\\loader\\entries\\p.conf") == 0)
			sim.file[i] =
			    (struct sim_file){sim.file[i].path, strlen(entry), (const uint8_t *)entry, strlen(entry)};
	uefi.columns = 80;
	run("300 characters");
	assert_int_equal(uefi_report.cursor_at_enter, 41); /* a line goes on by half the console */
	scene_expect("x!", 1);
}

/* A line that is shorter than what stood there has blanks to its end, and no more. */
static void a_shorter_line_wipes_the_longer_one(void **state)
{
	static const char longer[] = "  timeout: no menu unless a key is held (menu-hidden)";
	char line[sizeof(longer) + 2];

	(void)state;
	given("timeout menu-force\n", "ttttQ");
	run("four timeouts");
	snprintf(line, sizeof(line), "\n%-*s\n", (int)sizeof(longer) - 1, "  timeout: 1 s");
	scene_expect(longer, 1);
	scene_expect(line, 1);
}

static void without_a_console_there_is_no_mode_to_set(void **state)
{
	(void)state;
	given("timeout 2\ndefault linux\nconsole-mode max\n", NULL);
	uefi.no_console = true;
	uefi.nobody = true;
	scene_run("no console");
	assert_true(outcome.entered);
}

static void pages_are_shown_and_left(void **state)
{
	(void)state;
	given("timeout 9\ndefault p\n", "h|qp|xQ");
	run("help and status");
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
	given("timeout menu-force\n", "L\x0cQ");
	run("drawn again");
	scene_expect("  > * P", 3);
}

/* A page is what was asked for, with its name, and a key leads from it to the menu; nothing else has changed then. */
static void a_page_is_the_one_that_was_asked_for_and_alone(void **state)
{
	(void)state;
	given("timeout menu-force\n", "h|qQ");
	run("help");
	scene_expect("\nversion ", 0);
	given("timeout menu-force\n", "p|qQ");
	uefi_variable_put_text("LoaderConfigConsoleMode", "1");
	run("status");
	scene_expect("status   p.conf", 1);
	scene_expect("plan   p.conf", 0);
	scene_expect("  console mode 0", 0);
	assert_true(uefi_variable_says("LoaderConfigConsoleMode", "1"));
	given("timeout menu-force\n", "jx|qQ");
	run("plan");
	scene_expect("plan   linux.conf", 1);
	scene_expect("status   linux.conf", 0);
}

static void the_status_tells_what_drop_ins_add(void **state)
{
	(void)state;
	given("timeout menu-force\n", "jp|qQ");
	scene_put_text("\\loader\\cmdline.d\\a.conf", "ten");
	run("status");
	scene_expect("\ncmdline.d       ten", 1);
}

static void without_memory_a_page_is_not_shown(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < 100; i++) {
		given("timeout menu-force\n", "p|QQQQ");
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
	given("timeout menu-force\n", "jx|qQ");
	run("a plan");
	scene_expect("\nlinux     \\vmlinuz  ", 1);
	scene_expect("\nkernel    0x1fe00000-", 1);
	scene_expect("  C3  high: the highest aligned address", 1);
	scene_expect("K kernel, I initrd, H handoff", 1);
	scene_expect("berth: place kernel", 0);
	assert_int_equal(uefi_report.renames, 0);
	given("timeout menu-force\n", "jx|qQ");
	scene_put_text("\\loader\\entries\\linux+3.conf", "title C\nsort-key b\nlinux /vmlinuz\nplacement 0x4000\n");
	run("no plan");
	scene_expect("cannot run at 0x4000", 1);
	scene_expect("\n  X1  A relocatable kernel lies at a multiple of kernel_alignment", 1);
	assert_int_equal(uefi_report.renames, 0);
	given("timeout menu-force\n", "x|qQ");
	run("a program");
	scene_expect("Firmware loads it, where firmware likes.", 1);
	given("timeout menu-force\n", "jx|q\r");
	scene_run("and then it boots");
	assert_true(outcome.entered);
}

static void restarts_are_done_at_once_or_asked_for(void **state)
{
	(void)state;
	given("timeout menu-force\n", "\033.\rQQ");
	uefi.indications = 1;
	scene_run("setup");
	scene_expect("  Enter restarts into firmware's setup; any other key does not.", 1);
	assert_int_equal(uefi_report.resets, 1);
	assert_int_equal(uefi_report.indications, 1);
	given("timeout menu-force\n", "\033.jQ");
	uefi.indications = 1;
	run("no setup");
	assert_int_equal(uefi_report.resets, 0);
	given("timeout menu-force\n", "\033.\rQ");
	run("firmware has none");
	assert_int_equal(uefi_report.resets, 0);
	assert_int_equal(uefi_report.starts, 1); /* Enter is Enter */
	given("timeout menu-force\n", "tBQ");
	uefi.stays_on = true;
	run("a restart that firmware does not do");
	assert_int_equal(uefi_report.resets, 1);
	assert_int_equal(uefi_report.reset_how, EfiResetCold);
	scene_expect("  firmware did not restart the machine", 1);
	assert_true(uefi_variable_says("LoaderConfigTimeout", "menu-force")); /* before that */
	given("timeout menu-force\n", "tB");
	scene_run("a restart");
	assert_int_equal(uefi_report.resets, 1);
	assert_true(uefi_variable_says("LoaderConfigTimeout", "menu-force")); /* although the menu was never left */
	given("timeout menu-force\n", "OQ");
	uefi.stays_on = true;
	run("power off");
	assert_int_equal(uefi_report.reset_how, EfiResetShutdown);
}

/* The window of a terminal, say: what is chosen is on the screen when that is drawn anew. */
static void on_a_console_that_became_smaller_the_chosen_row_is_seen(void **state)
{
	static char path[20][40];

	(void)state;
	given("timeout menu-force\n", "9jjjjjjjLQ");
	uefi.rows_later = 12;
	for (size_t i = 0; i < COUNT_OF(path); i++) {
		snprintf(path[i], sizeof(path[i]), "\\loader\\entries\\row-%zu.conf", i);
		scene_put_text(path[i], "title R\nlinux /vmlinuz\n");
	}
	run("smaller");
	scene_expect("  >   R  (row-5.conf)", 2); /* when it was chosen, and again */
}

/* It is no key: what happens after its time is not by hand. */
static void a_modifier_alone_neither_stops_the_countdown_nor_chooses(void **state)
{
	(void)state;
	given("timeout 2\ndefault p\n", "~..");
	uefi.extended = true;
	uefi.nobody = true;
	scene_run("Shift");
	assert_int_equal(uefi_report.starts, 1);
	scene_expect("came back without an error", 1);
}

static void a_group_opens_in_place(void **state)
{
	(void)state;
	given("timeout menu-force\nmenu-fold 1\n", "j\rj\rQ");
	scene_put_text("\\loader\\entries\\p2.conf", "title P two\nsort-key a\nversion 2\nefi /tools/p.efi\n");
	scene_put_text("\\loader\\entries\\p3.conf",
		       "title P three\nsort-key a\nversion 3\nefi /tools/p.efi\noptions 3\n");
	run("the second of a group of three");
	scene_expect("+ 2 more of a", 2); /* not chosen, chosen */
	scene_expect("- 2 more of a", 3); /* chosen, with others below it, and not chosen */
	assert_int_equal(uefi_report.starts, 1);
	assert_false(uefi_report.passed);
}

static void a_console_without_places_has_the_menu_line_by_line(void **state)
{
	(void)state;
	given("timeout 2\ndefault p\n", "");
	uefi.no_positions = true;
	uefi.nobody = true;
	scene_run("a plain console");
	scene_expect("  > * P", 2);
	scene_expect("Boots in 2 s; any key stops that.\n", 1);
	scene_expect("Boots in 1 s; any key stops that.\n", 1);
	given("timeout menu-force\n", "e x\rQ");
	uefi.no_positions = true;
	run("and its editor");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet x");
}

static void the_extended_keyboard_tells_ctrl(void **state)
{
	(void)state;
	given("timeout menu-force\n", "e\x01"
				      "a \x05 z\rQ");
	uefi.extended = true;
	run("Ctrl-a and Ctrl-e");
	assert_string_equal(uefi_report.options, "a root=/dev/sda2 quiet z");
	given("timeout 3\n", "...");
	uefi.extended = true;
	uefi.nobody = true;
	scene_run("a countdown");
	scene_expect("Boots in", 3);
}

static void what_a_console_cannot_show_is_a_question_mark(void **state)
{
	(void)state;
	given("timeout menu-force\n", "Q");
	uefi.ascii_only = true;
	scene_put_text("\\loader\\entries\\z.conf", "title Gr\xc3\xbc\xc3\x9f"
						    "e\xe6\x9c\xac\nlinux /vmlinuz\n");
	run("ASCII");
	scene_expect("Gr??e?", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_edited_command_line_is_passed_and_kept_for_this_start),
	    cmocka_unit_test(without_a_readable_configuration_nothing_is_edited),
	    cmocka_unit_test(a_password_is_asked_for_before_the_line_shows),
	    cmocka_unit_test(a_keyboard_that_breaks_at_the_password_edits_nothing),
	    cmocka_unit_test(the_menu_is_heard_where_there_is_a_speaker),
	    cmocka_unit_test(of_many_rows_none_is_heard_longer_than_the_ninth),
	    cmocka_unit_test(without_memory_the_line_stays_as_it_is),
	    cmocka_unit_test(what_is_set_in_the_menu_stays_in_variables),
	    cmocka_unit_test(console_modes_are_loader_confs_the_variables_and_the_next),
	    cmocka_unit_test(a_shorter_line_wipes_the_longer_one),
	    cmocka_unit_test(where_there_is_no_such_mode_that_is_said),
	    cmocka_unit_test(after_an_edit_the_menu_is_whole),
	    cmocka_unit_test(a_long_line_is_edited_within_the_console),
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
