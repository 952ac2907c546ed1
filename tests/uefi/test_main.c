/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From efi_main to a kernel or back to firmware, as somebody at the keyboard sees it: which entry boots, when a menu
 * stands there and for how long, what is said of a failure, and with what status firmware gets the machine back.
 */
#include "../sim/bench.h"
#include "../../base/version.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ONE   "title One\nsort-key a\nlinux /vmlinuz\noptions one\n"
#define TWO   "title Two\nsort-key b\nlinux /vmlinuz\noptions two\n"
#define AWFUL "title Awful\nsort-key c\nlinux /vmlinuz\nplacement 0x4000\n"

/* @boots: the text of the entry that is to boot, by whose options the handoff is known. */
static void given(const char *conf, const char *boots)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", boots, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
}

static void given_two(const char *conf, const char *boots)
{
	given(conf, boots);
	scene_put_text("\\loader\\entries\\two.conf", TWO);
	scene_put_text("\\loader\\entries\\one.conf", ONE);
}

/* boot.rst, cmd_line_ptr: the command line begins with the options of the entry that was meant. */
static void expect_options(const char *wanted)
{
	const uint8_t *params = sim_memory(outcome.argument, EFI_PAGE);
	const char *line = (const char *)sim_memory(load_le(params + 0x228, 4), 16);

	if (line == NULL || strncmp(line, wanted, strlen(wanted)) != 0)
		fail_msg("%s: the kernel's command line is not %s but %s", bench.name, wanted, line);
}

static void run(const char *name)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (outcome.entered)
		expect_options(word_compare(bench.entry.title, word_of("Two")) == 0 ? "two" : "one");
	sim_end();
}

static void expect_entered(const char *name)
{
	run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

/* Back in firmware with this status. */
static void expect_left(const char *name, const char *status)
{
	run(name);
	if (outcome.entered || strncmp(outcome.why.text, status, strlen(status)) != 0)
		fail_msg("%s: %s", name, outcome.entered ? "entered" : outcome.why.text);
}

/* ---- the menu ---- */

static void without_a_timeout_the_default_boots_and_no_menu_is_drawn(void **state)
{
	(void)state;
	given_two(NULL, ONE);
	expect_entered("no loader.conf");
	assert_int_equal(uefi_report.clears, 0);
	scene_expect("Enter boot", 0);
	given_two("default two.conf\n", TWO);
	expect_entered("a default");
	assert_int_equal(uefi_report.clears, 0);
}

static void a_menu_counts_its_seconds_down_and_boots(void **state)
{
	uint64_t others;

	(void)state;
	given_two(NULL, ONE);
	expect_entered("no menu");
	others = uefi_report.timers;
	given_two("timeout 3\n", ONE);
	expect_entered("three seconds");
	assert_int_equal(uefi_report.timers, others + 30000000);
	for (int i = 1; i <= 3; i++) {
		char line[32];

		snprintf(line, sizeof(line), "Boots in %d s", i);
		scene_expect(line, 1);
	}
	scene_expect("Boots in", 3);
	scene_expect("  > * One", 1); /* what has not changed is not written again */
	scene_expect("      Two", 1);
	assert_int_equal(uefi_report.clears, 2); /* and the last picture gives way to what follows */
}

static void a_key_chooses_and_enter_boots(void **state)
{
	(void)state;
	given_two("timeout 3\n", TWO);
	uefi.keys = "j\r";
	expect_entered("down and Enter");
	scene_expect("Boots in 3 s", 1);
	scene_expect("Boots in", 1); /* a key ends the countdown */
	scene_expect("  >   Two", 1);
	given_two("timeout menu-force\n", ONE);
	uefi.keys = "\r";
	expect_entered("Enter");
	scene_expect("Boots in", 0);
	given_two("timeout menu-force\ndefault two.conf\n", ONE);
	uefi.keys = "k\r";
	expect_entered("up and Enter");
	scene_expect("  > * Two", 1);
	scene_expect("  >   One", 1);
}

static void q_goes_back_to_firmware(void **state)
{
	(void)state;
	given_two("timeout 3\n", ONE);
	uefi.keys = "Q";
	expect_left("Q", "status 0 ");
	assert_int_equal(uefi_report.clears, 2); /* firmware gets an empty screen */
	scene_expect("press any key", 0);
}

static void a_key_that_is_held_down_calls_up_a_menu_of_ten_seconds(void **state)
{
	(void)state;
	given_two(NULL, ONE);
	uefi.keys = "x";
	expect_entered("a stray key");
	scene_expect("Boots in 10 s", 1);
	scene_expect("Boots in 1 s", 1);
	scene_expect("Boots in", 10);
	given_two("timeout menu-disabled\n", ONE);
	uefi.keys = "x";
	expect_entered("no menu is wanted");
	scene_expect("Boots in", 0);
	assert_int_equal(*uefi.keys, 'x'); /* it is the kernel's */
}

/* systemd-boot(7): where no menu shows, the key of an entry boots it; who pressed it is there when it fails. */
static void a_key_of_an_entry_boots_it_without_a_menu(void **state)
{
	(void)state;
	given_two(NULL, TWO);
	uefi.keys = "2";
	expect_entered("the second");
	scene_expect("Boots in", 0);
	given_two(NULL, ONE);
	uefi.keys = "l";
	expect_entered("the first Linux");
	scene_expect("Boots in", 0);
	given_two(NULL, ONE);
	uefi.keys = "3"; /* there are two */
	expect_entered("too high");
	scene_expect("Boots in", 10);
	given_two("default one\n", ONE);
	scene_put_text("\\loader\\entries\\zero.conf", "title Zero\nlinux /nowhere\nsort-key 0\n");
	uefi.keys = "1|x|j\r";
	expect_entered("it fails");
	scene_expect("zero.conf failed: \\nowhere: no such file", 1);
	scene_expect("Boots in", 0);
}

static void a_console_of_any_size_has_the_menu(void **state)
{
	(void)state;
	given_two("timeout menu-force\n", ONE);
	uefi.columns = 40;
	uefi.rows = 8;
	uefi.keys = "\r";
	expect_entered("a small console");
	scene_expect("  > * One", 1);
	scene_expect("Berth", 0); /* no frame in 8 rows */
}

/* ---- load options ---- */

static void a_load_option_boots_its_entry_without_a_menu(void **state)
{
	static const struct {
		const char *option;
		bool two, unknown;
	} rows[] = {
	    {"two", true, false},	   {"two.conf", true, false},
	    {"two   ", true, false},	   {"\\EFI\\BERTH.EFI two", true, false},
	    {"x.eFi  two  ", true, false}, {".efi two", true, false},
	    {"x.EFI", false, false},	   {".efi", false, false},
	    {"x.efi ", false, false},	   {"efi two", false, true},
	    {"xefi two", false, true},	   {"x.dfi two", false, true},
	    {"x.eei two", false, true},	   {"x.efj two", false, true},
	    {"x.efi2 two", false, true},   {"three", false, true},
	    {"tw", false, true},	   {"x", false, true},
	    {"x.[fi two", false, true},	   {" .efi two", false, true},
	    {" ", false, false},	   {"x.efi t@o", false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		/* A menu would wait for ever, and nobody presses a key: what is named boots at once. */
		given_two(rows[i].two ? "timeout menu-force\n" : "timeout 1\n", rows[i].two ? TWO : ONE);
		uefi.option = rows[i].option;
		expect_entered(rows[i].option);
		scene_expect("which does not exist", rows[i].unknown);
		scene_expect("Boots in 1 s", !rows[i].two);
	}
	given_two(NULL, ONE);
	uefi.option = "x.efi three  ";
	expect_entered("another name");
	scene_expect("the load option names the entry \"three\", which does not exist", 1);
}

static void a_held_key_does_not_stop_what_a_load_option_names(void **state)
{
	(void)state;
	given_two(NULL, TWO);
	uefi.option = "two";
	uefi.keys = "x";
	expect_entered("named, and a key");
	scene_expect("Boots in", 0);
}

static void a_default_that_matches_nothing_is_said_unless_another_was_named(void **state)
{
	(void)state;
	given_two("default nobody\n", ONE);
	expect_entered("no default");
	scene_expect("loader.conf: default \"nobody\" matches no entry that can boot: the default is one.conf", 1);
	given_two("default nobody\n", TWO);
	uefi.option = "two";
	expect_entered("named");
	scene_expect("matches no entry", 0);
	given_two("default x\n", ONE);
	expect_entered("a default of one character");
	scene_expect("default \"x\" matches no entry", 1);
	given_two("default one.conf\n", ONE);
	expect_entered("a default that is there");
	scene_expect("matches no entry", 0);
}

/* ---- failures ---- */

static void given_awful(const char *conf)
{
	given(conf, ONE);
	scene_put_text("\\loader\\entries\\one.conf", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
}

static void a_failure_is_said_with_its_rule_and_a_key_asks_for_the_menu(void **state)
{
	(void)state;
	given_awful("timeout 1\ndefault awful.conf\n");
	uefi.keys = "";
	expect_left("awful alone", "status 0 ");
	scene_expect("\n\nberth: \\vmlinuz cannot run at 0x4000: ", 1);
	scene_expect("\n  rule X1: A relocatable kernel lies at a multiple of kernel_alignment", 1);
	scene_expect("berth: press any key", 1);
	scene_expect("Boots in", 1);
	scene_expect("  > * Awful", 2); /* what failed is still chosen */
	scene_expect("berth: awful.conf does not boot\n", 1);
	scene_expect("\n  awful.conf failed: \\vmlinuz cannot run at 0x4000: ",
		     1); /* the menu says it again, in a line */
	/* Another can be chosen then, and boots. */
	given_awful("timeout menu-force\ndefault awful.conf\n");
	uefi.keys = "\r|Q1\r";
	expect_entered("awful first");
	scene_expect("berth: press any key for the menu, or it comes in 10 s\n", 1);
}

/* loader.conf(5) has no countdown there: somebody chose what failed. */
static void what_was_chosen_by_hand_leads_back_to_the_menu_by_itself(void **state)
{
	(void)state;
	given_awful("timeout 7\ndefault awful.conf\n");
	uefi.nobody = true;
	uefi.keys = "\r.1\r";
	expect_entered("awful by hand");
	scene_expect("berth: press any key for the menu, or it comes in 7 s\n", 1);
	scene_expect("Boots in", 1);
	scene_expect("\n  awful.conf failed: ", 1);
}

/* ---- machines that nobody watches ---- */

static void an_unattended_machine_boots_the_next_entry(void **state)
{
	uint64_t others;

	(void)state;
	given_two(NULL, ONE);
	expect_entered("nothing fails");
	others = uefi_report.timers;
	given_awful("default awful\n");
	uefi.nobody = true;
	expect_entered("the next");
	scene_expect("\nberth: \\vmlinuz cannot run at 0x4000: ", 1);
	scene_expect("berth: press any key for the menu, or one.conf boots in 10 s\n", 1);
	assert_int_equal(uefi_report.clears, 0);
	assert_true(uefi_report.timers >= others + 100000000);
	/* The menu's own seconds serve, and a menu whose time ran out was nobody's choice. */
	given_awful("default awful\ntimeout 3\n");
	uefi.nobody = true;
	expect_entered("the next, with a menu");
	scene_expect("berth: press any key for the menu, or one.conf boots in 3 s\n", 1);
	scene_expect("Boots in", 3);
}

static void a_machine_without_consoles_goes_the_same_way(void **state)
{
	static const char *const conf[] = {"default awful\n", "default awful\ntimeout 2\n",
					   "default awful\ntimeout menu-force\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(conf); i++)
		for (unsigned int screen = 0; screen < 2; screen++) {
			given_awful(conf[i]);
			uefi.no_keyboard = uefi.no_screen = true;
			uefi.no_console = screen == 0;
			uefi.nobody = true;
			expect_entered("headless");
			scene_expect("berth: press any key for the menu, or one.conf boots in", screen);
		}
	/* What breaks after a key was pressed is no person any more: what failed is not tried again. */
	given_awful("default awful\n");
	uefi.nobody = true;
	uefi.keys = "|x";
	uefi.keyboard_breaks = true;
	expect_entered("the keyboard breaks");
	scene_expect("\n  awful.conf failed: ", 1);
	scene_expect("\nberth: \\vmlinuz cannot run at 0x4000: ", 1);
	/* Nor is the person that chose what failed, in a menu. */
	given_awful("default awful\ntimeout menu-force\n");
	uefi.nobody = true;
	uefi.keys = "\r";
	uefi.keyboard_breaks = true;
	expect_entered("the keyboard breaks behind a menu");
	scene_expect("\nberth: \\vmlinuz cannot run at 0x4000: ", 1);
}

static void keys_typed_before_the_failure_do_not_stop_an_unattended_machine(void **state)
{
	(void)state;
	given_awful("default awful\ntimeout menu-disabled\n");
	uefi.nobody = true;
	uefi.keys = "xyz";
	expect_entered("typed ahead");
	assert_int_equal(uefi_report.clears, 0);
}

static void where_nothing_boots_firmware_gets_the_machine_back_with_an_error(void **state)
{
	(void)state;
	given(NULL, ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	scene_put_text("\\loader\\entries\\worse.conf", AWFUL);
	scene_put_text("\\loader\\entries\\broken.conf", "title B\n");
	uefi.nobody = true;
	expect_left("all fail", "status 0x8000000000000001 ");
	scene_expect("cannot run at 0x4000", 2);
	scene_expect("berth: press any key for the menu, or awful.conf boots in 10 s\n", 1);
	scene_expect("berth: press any key for the menu, or firmware goes on in 10 s\n", 1);
	given(NULL, ONE);
	uefi.nobody = true;
	expect_left("no entries", "status 0x800000000000000e ");
	scene_expect("berth: press any key for what is on other disks, or firmware goes on in 10 s\n", 1);
	given("timeout 4\n", ONE);
	uefi.nobody = true;
	expect_left("no entries, and 4 seconds", "status 0x800000000000000e ");
	scene_expect("berth: press any key for what is on other disks, or firmware goes on in 4 s\n", 1);
}

static void reboot_on_error_starts_the_machine_anew_at_once(void **state)
{
	(void)state;
	given_awful("default awful\nreboot-on-error yes\n");
	uefi.nobody = true;
	expect_left("reboot", "reboot 0 ");
	assert_true(uefi_report.rebooted);
	scene_expect("cannot run at 0x4000", 1);
	scene_expect("press any key", 0);
	scene_expect("berth: reboots\n", 1);
	given_awful("default awful\nreboot-on-error yes\n");
	uefi.nobody = uefi.stays_on = true;
	expect_left("firmware does not", "status 0x8000000000000001 ");
	scene_expect("berth: firmware did not restart the machine\n", 1);
	given_awful("default awful\nreboot-on-error no\n");
	uefi.nobody = true;
	expect_entered("no reboot");
}

static void what_an_entry_says_that_is_not_heeded_is_told_when_it_boots(void **state)
{
	(void)state;
	given(NULL, ONE);
	scene_put_text("\\loader\\entries\\one.conf", ONE "placement hihg\n");
	expect_entered("a remark");
	scene_expect("one.conf line 5: the line is ignored: placement", 1);
}

static void a_broken_entry_says_why_when_it_is_chosen(void **state)
{
	(void)state;
	given(NULL, ONE);
	scene_put_text("\\loader\\entries\\b.conf", "title B\noptions nothing to boot\n");
	scene_put_text("\\loader\\entries\\a.conf", "title A\noptions nothing to boot\n"); /* read after it */
	expect_left("broken alone", "status 0 ");
	scene_expect("berth: a.conf", 0);
	scene_expect("berth: b.conf: no line", 1);
	scene_expect("\n  rule ", 0);
	scene_expect("berth: press any key", 1);
}

static void without_entries_firmware_gets_the_machine_back(void **state)
{
	(void)state;
	given(NULL, ONE);
	expect_left("no entries", "status 0x800000000000000e ");
	scene_expect("\nberth: no boot entries: ", 1);
	scene_expect("berth: press any key", 2); /* for other disks, which are not there */
	scene_expect("\n  rule ", 0);
}

/* UEFI 2.10, 9.1: the second call of all asks where the loader came from. */
static void firmware_that_does_not_tell_where_the_loader_came_from_is_told_so(void **state)
{
	static const uint64_t faults[] = {EFIERR(3), LIE_NOTHING};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		given_two(NULL, ONE);
		sim.fail_call = 2;
		uefi.fault = faults[i];
		expect_left("no loaded image", "status 0x800000000000000e ");
		scene_expect("\nberth: firmware does not tell where Berth was started from: unsupported\n", 1);
		scene_expect("berth: press any key", 1);
	}
}

static void a_debug_log_begins_with_the_version(void **state)
{
	(void)state;
	given_two("log debug\n", ONE);
	expect_entered("debug");
	scene_expect("berth: Berth " BERTH_VERSION " runs at 0x", 1);
	given_two(NULL, ONE);
	expect_entered("normal");
	scene_expect(" runs at 0x", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_timeout_the_default_boots_and_no_menu_is_drawn),
	    cmocka_unit_test(a_menu_counts_its_seconds_down_and_boots),
	    cmocka_unit_test(a_key_chooses_and_enter_boots),
	    cmocka_unit_test(q_goes_back_to_firmware),
	    cmocka_unit_test(a_key_of_an_entry_boots_it_without_a_menu),
	    cmocka_unit_test(a_key_that_is_held_down_calls_up_a_menu_of_ten_seconds),
	    cmocka_unit_test(a_console_of_any_size_has_the_menu),
	    cmocka_unit_test(a_load_option_boots_its_entry_without_a_menu),
	    cmocka_unit_test(a_held_key_does_not_stop_what_a_load_option_names),
	    cmocka_unit_test(a_default_that_matches_nothing_is_said_unless_another_was_named),
	    cmocka_unit_test(a_failure_is_said_with_its_rule_and_a_key_asks_for_the_menu),
	    cmocka_unit_test(what_was_chosen_by_hand_leads_back_to_the_menu_by_itself),
	    cmocka_unit_test(an_unattended_machine_boots_the_next_entry),
	    cmocka_unit_test(a_machine_without_consoles_goes_the_same_way),
	    cmocka_unit_test(keys_typed_before_the_failure_do_not_stop_an_unattended_machine),
	    cmocka_unit_test(where_nothing_boots_firmware_gets_the_machine_back_with_an_error),
	    cmocka_unit_test(reboot_on_error_starts_the_machine_anew_at_once),
	    cmocka_unit_test(what_an_entry_says_that_is_not_heeded_is_told_when_it_boots),
	    cmocka_unit_test(a_broken_entry_says_why_when_it_is_chosen),
	    cmocka_unit_test(without_entries_firmware_gets_the_machine_back),
	    cmocka_unit_test(firmware_that_does_not_tell_where_the_loader_came_from_is_told_so),
	    cmocka_unit_test(a_debug_log_begins_with_the_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
