/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface over a whole boot: what the loader does with the variables that it finds. Sources: systemd,
 * docs/BOOT_LOADER_INTERFACE.md; src/boot/boot.c.
 */
#include "interface.h"

#include "../sim/bench.h"

#include <efi.h>

#define AWFUL "title Awful\nsort-key c\nlinux /vmlinuz\nplacement 0x4000\n"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static void what_is_asked_for_once_boots_once(void **state)
{
	struct fail why;

	(void)state;
	interface_given(NULL, TWO);
	uefi_variable_put_text("LoaderEntryOneShot", "two.conf");
	interface_expect_boots("the first boot", "two");
	interface_expect_none("LoaderEntryOneShot");
	interface_expect_variable("LoaderEntrySelected", "two.conf", FOR_THIS_BOOT);
	assert_int_equal(uefi_report.removals, 1);
	/* The same firmware, which has kept what stays. */
	assert_int_equal(entry_parse(&bench.entry, "one.conf", ONE, strlen(ONE), &why), OK);
	interface_expect_boots("the second boot", "one");
	interface_expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
	assert_int_equal(uefi_report.removals, 0);
}

static void expect_said(const char *words)
{
	if (strstr(uefi_report.console, words) == NULL)
		fail_msg("%s: \"%s\" is not said:\n%s", bench.name, words, uefi_report.console);
}

/* It would wait for the entry to come back, and then boot it when nobody thinks of it. */
static void what_is_asked_for_once_and_is_not_there_is_gone_all_the_same(void **state)
{
	static const uint8_t odd[3] = {'t', 0, 'w'};
	static uint8_t large[8192];

	(void)state;
	interface_given(NULL, ONE);
	uefi_variable_put_text("LoaderEntryOneShot", "three.conf");
	interface_expect_boots("no such entry", "one");
	interface_expect_none("LoaderEntryOneShot");
	expect_said("variable LoaderEntryOneShot: \"three.conf\" matches no entry that can boot, and is gone");
	interface_given(NULL, ONE);
	uefi_variable_put("LoaderEntryOneShot", odd, sizeof(odd));
	interface_expect_boots("half a unit", "one");
	interface_expect_none("LoaderEntryOneShot");
	interface_given(NULL, ONE);
	memset(large, 't', sizeof(large));
	uefi_variable_put("LoaderEntryOneShot", large, sizeof(large));
	uefi_variable_put("LoaderConfigTimeoutOneShot", large, sizeof(large));
	interface_expect_boots("8 KiB", "one");
	interface_expect_none("LoaderEntryOneShot");
	interface_expect_none("LoaderConfigTimeoutOneShot");
}

static void what_is_asked_for_once_is_gone_although_nothing_boots(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", ONE, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	uefi_variable_put_text("LoaderEntryOneShot", "two.conf");
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "5");
	scene_run("no entries");
	assert_false(outcome.entered);
	interface_expect_none("LoaderEntryOneShot");
	interface_expect_none("LoaderConfigTimeoutOneShot");
}

static void what_was_asked_for_once_wins_over_the_load_option_and_that_over_the_default(void **state)
{
	(void)state;
	interface_given(NULL, ONE);
	uefi.option = "one";
	uefi_variable_put_text("LoaderEntryDefault", "two.conf");
	interface_expect_boots("a load option", "one");
	interface_given(NULL, TWO);
	uefi.option = "one";
	uefi_variable_put_text("LoaderEntryOneShot", "two.conf");
	interface_expect_boots("once", "two");
}

static void the_default_of_the_variable_wins_over_loader_conf(void **state)
{
	(void)state;
	interface_given("default one.conf\n", TWO);
	uefi_variable_put_text("LoaderEntryDefault", "t*");
	interface_expect_boots("default", "two");
	interface_expect_variable("LoaderEntryDefault", "t*", STAYS);
	interface_given("default one.conf\n", ONE);
	uefi_variable_put_text("LoaderEntryDefault", "three");
	interface_expect_boots("a default that is not there", "one");
	expect_said("variable LoaderEntryDefault: \"three\" matches no entry that can boot: the default is one.conf");
	interface_given("preferred two.conf\ndefault one.conf\n", TWO);
	interface_expect_boots("preferred", "two");
	interface_given("preferred two.conf\n", ONE);
	uefi_variable_put_text("LoaderEntryPreferred", "one");
	interface_expect_boots("preferred by the variable", "one");
}

static void the_entry_booted_last_is_kept_where_saved_asks_for_it(void **state)
{
	(void)state;
	interface_given("default @saved\ntimeout menu-force\n", TWO);
	uefi.keys = "j\r";
	interface_expect_boots("two is chosen", "two");
	interface_expect_variable("LoaderEntryLastBooted", "two.conf", STAYS);
	uefi.keys = "\r";
	interface_expect_boots("and is the default then", "two");
	/* What is the same is not written again: flash wears out. */
	assert_non_null(uefi_variable("LoaderEntryLastBooted"));
	interface_given("default @saved\n", ONE);
	uefi_variable_put_text("LoaderEntryLastBooted", "two.conf");
	uefi_variable_put_text("LoaderEntryOneShot", "one.conf");
	interface_expect_boots("once is no habit", "one");
	interface_expect_variable("LoaderEntryLastBooted", "two.conf", STAYS);
	interface_given(NULL, ONE);
	uefi_variable_put_text("LoaderEntryLastBooted", "two.conf");
	interface_expect_boots("nobody asks for it", "one");
	interface_expect_none("LoaderEntryLastBooted");
}

static void an_entry_that_does_not_start_is_not_the_last_booted(void **state)
{
	(void)state;
	interface_given("default @saved\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi_variable_put_text("LoaderEntryLastBooted", "one.conf");
	uefi_variable_put_text("LoaderEntryOneShot", "two.conf"); /* so that it is awful's turn by a key alone */
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "menu-force");
	uefi.keys = "j\r|Q1\r"; /* awful; the key that is asked for; and one */
	interface_expect_boots("awful, and then one", "one");
	expect_said("cannot run at 0x4000");
	interface_expect_variable("LoaderEntryLastBooted", "one.conf", STAYS);
	assert_int_equal(uefi_report.removals, 2);
}

static void what_boots_because_another_failed_is_not_the_last_booted(void **state)
{
	(void)state;
	interface_given("default @saved\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi_variable_put_text("LoaderEntryLastBooted", "two.conf");
	uefi_variable_put_text("LoaderEntryOneShot", "awful.conf");
	uefi.nobody = true;
	interface_expect_boots("a substitute", "one");
	interface_expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
	interface_expect_variable("LoaderEntryLastBooted", "two.conf", STAYS);
}

/* A key that is held down, or a keyboard that is broken: nobody asks for the menu by it. */
static void a_stuck_key_stops_no_machine(void **state)
{
	static char keys[400];

	(void)state;
	memset(keys, 'x', sizeof(keys) - 1);
	interface_given("timeout menu-disabled\ndefault awful\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi.keys = keys;
	interface_expect_boots("a stuck key", "one");
	expect_said("press any key for the menu, or one.conf boots in 10 s");
}

static void the_timeout_of_a_variable_wins_over_loader_conf_and_once_over_both(void **state)
{
	(void)state;
	interface_given("timeout 5\n", ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "2");
	interface_expect_boots("two seconds", "one");
	assert_int_equal(scene_said("Boots in"), 2);
	interface_expect_variable("LoaderConfigTimeout", "2", STAYS);
	interface_given("timeout 5\n", ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "menu-hidden");
	interface_expect_boots("hidden", "one");
	assert_int_equal(scene_said("Boots in"), 0);
	interface_given(NULL, ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "2");
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "3");
	interface_expect_boots("three seconds, once", "one");
	assert_int_equal(scene_said("Boots in"), 3);
	interface_expect_none("LoaderConfigTimeoutOneShot");
	interface_expect_boots("and two again", "one");
	assert_int_equal(scene_said("Boots in"), 2);
	interface_given("timeout 5\n", ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "soon");
	interface_expect_boots("no number", "one");
	assert_int_equal(scene_said("Boots in"), 5);
	expect_said("variable LoaderConfigTimeout: \"soon\" is not a number of seconds");
}

static void a_menu_that_is_asked_for_once_waits_even_where_a_load_option_names_the_entry(void **state)
{
	(void)state;
	interface_given("timeout menu-disabled\n", ONE);
	uefi.option = "two";
	uefi.keys = "k\r";
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "0");
	interface_expect_boots("a menu", "one");
	assert_int_equal(scene_said("Boots in"), 0);
	assert_int_equal(scene_said("  > * Two"), 1);
}

/* src/boot/sysfail.c: the reason is spelt so there. */
static void after_an_update_of_firmware_that_failed_the_entry_for_that_boots(void **state)
{
	static uint8_t esrt[16 + 40];

	(void)state;
	store_le(esrt, 4, 1);
	store_le(esrt + 4, 4, 1);
	store_le(esrt + 8, 8, 1);
	interface_given("default one.conf\n", ONE);
	uefi.esrt = esrt;
	uefi_variable_put_text("LoaderEntrySysFail", "two.conf");
	interface_expect_boots("an update that succeeded", "one");
	interface_expect_none("LoaderSysFailReason");
	store_le(esrt + 16 + 36, 4, 4);
	uefi_variable_put_text("LoaderEntryOneShot", "one.conf");
	assert_int_equal(entry_parse(&bench.entry, "two.conf", TWO, strlen(TWO), &(struct fail){.status = OK}), OK);
	uefi.option = "one";
	interface_expect_boots("one that failed", "two");
	interface_expect_variable("LoaderSysFailReason", "firmware-updare-failure", FOR_THIS_BOOT);
	expect_said("the last update of firmware failed: variable LoaderEntrySysFail chooses two.conf");
	interface_expect_none("LoaderEntryOneShot");
	interface_given("default one.conf\n", ONE);
	uefi.esrt = esrt;
	uefi_variable_put_text("LoaderEntrySysFail", "three.conf");
	interface_expect_boots("an entry that is not there", "one");
	expect_said("variable LoaderEntrySysFail: \"three.conf\" matches no entry that can boot");
}

/* systemd-boot lists no such entry: whoever asks for it, and nobody alike, gets one that can boot, at once. */
static void an_entry_whose_kernel_is_not_there_is_nobodys_default(void **state)
{
	(void)state;
	interface_given("default none\n", ONE);
	scene_put_text("\\loader\\entries\\none+3.conf", "title None\nsort-key 0\nlinux /none\n");
	interface_expect_boots("loader.conf's", "one");
	expect_said("berth: none.conf is passed over: \\none: no such file");
	assert_null(strstr(uefi_report.console, "press any key"));
	assert_int_equal(uefi_report.renames, 0);
	interface_given(NULL, ONE);
	scene_put_text("\\loader\\entries\\none.conf", "title None\nsort-key 0\nlinux /none\n");
	interface_expect_boots("the first", "one");
	/* So is one whose path no volume can have. */
	for (size_t i = 0; i < 3; i++) {
		static const char *const text[] = {"sort-key 0\nlinux /../up\n", "sort-key 0\nefi /../up\n",
						   "sort-key 0\nuki /\n"};

		interface_given("default odd\n", ONE);
		scene_put_text("\\loader\\entries\\odd.conf", text[i]);
		interface_expect_boots(text[i], "one");
		scene_expect("default \"odd\" matches no entry that can boot: the default is one.conf", 1);
		assert_null(strstr(uefi_report.console, "press any key"));
	}
}

/* UEFI 2.10, 23.4: a table of one resource, whose last update failed (4: of invalid format). */
static const uint8_t failed_update[16 + 40] = {1, 0, 0, 0, 1, 0, 0, 0, 1, [16 + 36] = 4};

/* It is chosen anew after each entry that is passed over; all the telling is done once, of what is chosen at last. */
static void however_many_are_passed_over_the_choice_is_told_once(void **state)
{
	unsigned int writes;

	(void)state;
	interface_given("default none-*\n", ONE);
	uefi_variable_put_text("LoaderEntryOneShot", "none-*");
	interface_expect_boots("none is there", "one");
	writes = uefi_report.writes;
	interface_given("default none-*\n", ONE);
	scene_put_text("\\loader\\entries\\none-1.conf", "title None\nsort-key 0\nlinux /none-1\n");
	scene_put_text("\\loader\\entries\\none-2.conf", "title None\nsort-key 0\nlinux /none-2\n");
	scene_put_text("\\loader\\entries\\none-3.conf", "title None\nsort-key 0\nlinux /none-3\n");
	uefi_variable_put_text("LoaderEntryOneShot", "none-*");
	uefi.esrt = failed_update;
	uefi_variable_put_text("LoaderEntrySysFail", "none-*");
	interface_expect_boots("three are not", "one");
	scene_expect("berth: none-1.conf is passed over: \\none-1: no such file", 1);
	scene_expect("berth: none-2.conf is passed over: \\none-2: no such file", 1);
	scene_expect("berth: none-3.conf is passed over: \\none-3: no such file", 1);
	scene_expect("is passed over", 3);
	scene_expect("LoaderEntryOneShot: \"none-*\" matches no entry that can boot, and is gone", 1);
	scene_expect("LoaderEntrySysFail: \"none-*\" matches no entry that can boot: the default is one.conf", 1);
	scene_expect("loader.conf: default \"none-*\" matches no entry that can boot: the default is one.conf", 1);
	scene_expect("matches no entry", 3);
	scene_expect("the last update of firmware failed", 0);
	/* The list is told once, too; the reason of the failure is one more. */
	assert_int_equal(uefi_report.writes, writes + 1);
	/* The last of them is there. */
	interface_given(NULL, ONE);
	scene_put_text("\\loader\\entries\\none-1.conf", "title None\nsort-key 0\nlinux /none-1\n");
	uefi.esrt = failed_update;
	uefi_variable_put_text("LoaderEntrySysFail", "[no]*");
	interface_expect_boots("the second is there", "one");
	scene_expect("the last update of firmware failed: variable LoaderEntrySysFail chooses one.conf", 1);
	scene_expect("matches no entry", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_asked_for_once_boots_once),
	    cmocka_unit_test(what_is_asked_for_once_and_is_not_there_is_gone_all_the_same),
	    cmocka_unit_test(what_is_asked_for_once_is_gone_although_nothing_boots),
	    cmocka_unit_test(what_was_asked_for_once_wins_over_the_load_option_and_that_over_the_default),
	    cmocka_unit_test(the_default_of_the_variable_wins_over_loader_conf),
	    cmocka_unit_test(the_entry_booted_last_is_kept_where_saved_asks_for_it),
	    cmocka_unit_test(an_entry_that_does_not_start_is_not_the_last_booted),
	    cmocka_unit_test(what_boots_because_another_failed_is_not_the_last_booted),
	    cmocka_unit_test(a_stuck_key_stops_no_machine),
	    cmocka_unit_test(the_timeout_of_a_variable_wins_over_loader_conf_and_once_over_both),
	    cmocka_unit_test(a_menu_that_is_asked_for_once_waits_even_where_a_load_option_names_the_entry),
	    cmocka_unit_test(after_an_update_of_firmware_that_failed_the_entry_for_that_boots),
	    cmocka_unit_test(an_entry_whose_kernel_is_not_there_is_nobodys_default),
	    cmocka_unit_test(however_many_are_passed_over_the_choice_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
