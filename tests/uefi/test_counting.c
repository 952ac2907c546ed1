/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot counting over whole boots: which name an entry's file has before the kernel is read, what the system is told of
 * it, and that no file system which refuses to be written to keeps an entry from booting. Source: UAPI.1, "Boot
 * counting"; systemd, src/boot/boot.c and src/bless-boot/bless-boot.c.
 */
#include "../sim/bench.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define FOLDER "\\loader\\entries\\"
#define ONE    "title One\nsort-key a\nlinux /vmlinuz\noptions one\n"
#define TWO    "title Two\nsort-key b\nlinux /vmlinuz\noptions two\n"
#define AWFUL  "title Awful\nsort-key 0\nlinux /vmlinuz\nplacement 0x4000\n"
#define PATH   "LoaderBootCountPath"

/* @boots: the text of the entry that is to boot. Nobody is there. */
static void given(const char *conf, const char *boots)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", boots, "", &debian);
	uefi = (struct uefi_setup){.nobody = true};
	scene_put_text("\\loader\\loader.conf", conf);
}

static void expect_entered(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

static void expect_file(const char *path, unsigned int renames)
{
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, path) == 0) {
			assert_int_equal(uefi_report.renames, renames);
			return;
		}
	fail_msg("%s: there is no %s\n%s", bench.name, path, uefi_report.console);
}

static void expect_told(const char *path)
{
	const struct uefi_variable *variable = uefi_variable(PATH);

	if (path == NULL && variable == NULL)
		return;
	if (path == NULL || !uefi_variable_says(PATH, path) || variable->attributes != 6)
		fail_msg("%s: " PATH " is not %s\n%s", bench.name, path == NULL ? "absent" : path, uefi_report.console);
}

static void expect_said(const char *words)
{
	if (strstr(uefi_report.console, words) == NULL)
		fail_msg("%s: \"%s\" is not said:\n%s", bench.name, words, uefi_report.console);
}

static void a_try_is_in_the_name_of_the_file_and_the_system_is_told(void **state)
{
	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "one+3.conf", ONE);
	expect_entered("three tries");
	expect_file(FOLDER "one+2-1.conf", 1);
	expect_told(FOLDER "one+2-1.conf");
	expect_said("berth: counted as " FOLDER "one+2-1.conf\n");
	assert_true(uefi_variable_says("LoaderEntrySelected", "one.conf"));
	given("log normal\n", ONE);
	scene_put_text(FOLDER "One+10-09.CONF", ONE);
	expect_entered("widths");
	expect_file(FOLDER "One+09-10.CONF", 1);
	expect_told(FOLDER "One+09-10.CONF");
}

static void an_entry_without_counters_is_left_alone(void **state)
{
	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "one+x.conf", ONE);
	scene_put_text(FOLDER "two+3.conf", TWO);
	expect_entered("not counted");
	expect_file(FOLDER "one+x.conf", 0);
	expect_file(FOLDER "two+3.conf", 0);
	expect_told(NULL);
}

/* What the system is told of a try is taken back when that has failed, and not once more for one without a try. */
static void only_a_try_that_was_counted_is_taken_back(void **state)
{
	(void)state;
	given("log normal\n", TWO);
	scene_put_text(FOLDER "awful+3.conf", AWFUL);
	scene_put_text(FOLDER "gone.conf", "title Gone\nsort-key a\nlinux /none\n");
	scene_put_text(FOLDER "two.conf", TWO);
	expect_entered("the third");
	expect_told(NULL);
	assert_int_equal(uefi_report.removals, 1);
}

/* systemd issue 15667: a new kernel has one try, and the boot after it takes the old one. */
static void an_entry_out_of_tries_gives_way_to_the_next(void **state)
{
	struct fail why;

	(void)state;
	given("log normal\n", TWO);
	scene_put_text(FOLDER "arch-v1.conf", "title One\nlinux /vmlinuz\noptions one\n");
	scene_put_text(FOLDER "arch-v2+1.conf", TWO);
	uefi.disk_stays = true;
	expect_entered("v2");
	expect_file(FOLDER "arch-v2+0-1.conf", 1);
	assert_true(uefi_variable_says("LoaderEntrySelected", "arch-v2.conf"));
	assert_int_equal(entry_parse(&bench.entry, "arch-v1.conf", ONE, strlen(ONE), &why), OK);
	expect_entered("v1");
	expect_file(FOLDER "arch-v2+0-1.conf", 0);
	assert_true(uefi_variable_says("LoaderEntrySelected", "arch-v1.conf"));
	expect_told(NULL);
}

static void without_tries_left_those_done_are_counted_up_to_the_last(void **state)
{
	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "one+0-8.conf", ONE);
	expect_entered("the ninth");
	expect_file(FOLDER "one+0-9.conf", 1);
	expect_told(FOLDER "one+0-9.conf");
	given("log normal\n", ONE);
	scene_put_text(FOLDER "one+0-9.conf", ONE);
	expect_entered("the tenth");
	expect_file(FOLDER "one+0-9.conf", 0);
	expect_told(FOLDER "one+0-9.conf"); /* it may be good after all */
}

static void what_cannot_be_renamed_boots_all_the_same(void **state)
{
	static char longest[sizeof(FOLDER) + 255];

	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "one+3.conf", ONE);
	uefi.write_protected = true;
	expect_entered("a volume that is write-protected");
	expect_file(FOLDER "one+3.conf", 0);
	expect_told(NULL);
	expect_said("berth: this try is not counted: " FOLDER "one+3.conf: cannot be opened: write-protected\n");
	given("log normal\n", ONE);
	scene_put_text(FOLDER "one+3.conf", ONE);
	uefi.read_only_file = true;
	expect_entered("a file that is read-only");
	expect_file(FOLDER "one+3.conf", 0);
	expect_told(NULL);
	expect_said("berth: this try is not counted: " FOLDER "one+3.conf: is read-only");
	given("default one\n", ONE);
	scene_put_text(FOLDER "one+3.conf", ONE);
	scene_put_text(FOLDER "one+2-1.conf", TWO);
	bench.entry.title = word_of("One");
	expect_entered("another has the name");
	assert_int_equal(uefi_report.renames, 0);
	given("log normal\n", ONE);
	snprintf(longest, sizeof(longest), FOLDER "%0247d+3.conf", 1);
	scene_put_text(longest, ONE);
	expect_entered("a name without room for more");
	assert_int_equal(uefi_report.renames, 0);
	expect_told(NULL);
	expect_said("would be too long\n");
	given("log quiet\n", ONE);
	scene_put_text(FOLDER "one+3.conf", ONE);
	uefi.write_protected = true;
	expect_entered("quiet");
	assert_null(strstr(uefi_report.console, "counted"));
}

static void each_call_that_counts_may_fail(void **state)
{
	static const uint64_t faults[] = {EFIERR(2), EFIERR(3),	 EFIERR(5),  EFIERR(7),	 EFIERR(8),
					  EFIERR(9), EFIERR(11), EFIERR(15), LIE_NOTHING};
	unsigned int names = 0, flushes = 0, calls = 1000;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given("log normal\n", ONE);
			scene_put_text(FOLDER "one+3.conf", ONE);
			sim.no_entropy = true; /* nothing else is written, then */
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			if (!scene_failed_in("SetInfo") && !scene_failed_in("Flush"))
				continue;
			if (!outcome.entered)
				fail_msg("call %u, fault %#" PRIx64 ": %s", k, faults[f], outcome.why.text);
			if (scene_failed_in("SetInfo")) {
				names++;
				assert_int_equal(uefi_report.renames, 0);
				/* What says that it has done so is believed. */
				expect_told(faults[f] == LIE_NOTHING ? FOLDER "one+2-1.conf" : NULL);
			} else {
				flushes++;
				expect_file(FOLDER "one+2-1.conf", 1);
				expect_told(FOLDER "one+2-1.conf");
				if (faults[f] != LIE_NOTHING)
					expect_said("which may not be on the disk yet: ");
			}
		}
	assert_true(names == COUNT_OF(faults) && flushes == COUNT_OF(faults));
}

static void what_is_not_tried_is_not_counted(void **state)
{
	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "gone+3.conf", "title Gone\nlinux /nowhere\n");
	scene_run("no kernel");
	assert_false(outcome.entered || uefi_report.rebooted);
	expect_file(FOLDER "gone+3.conf", 0);
	given("log normal\n", ONE);
	scene_put_text(FOLDER "broken+3.conf", "title Broken\n");
	scene_run("broken");
	assert_false(outcome.entered || uefi_report.rebooted);
	expect_file(FOLDER "broken+3.conf", 0);
}

/* Firmware says so only when all of it was read, as it does where systemd-boot counts. */
static void a_kernel_that_is_not_trusted_was_tried(void **state)
{
	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "one+3.conf", ONE);
	uefi.secure_boot = 1;
	scene_run("Secure Boot");
	assert_false(outcome.entered);
	expect_file(FOLDER "one+2-1.conf", 1);
}

/* systemd-bless-boot would take the counters of what has failed away, because another has come up. */
static void when_another_boots_the_system_is_told_of_that_alone(void **state)
{
	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "awful+3.conf", AWFUL);
	scene_put_text(FOLDER "one.conf", ONE);
	expect_entered("one after awful");
	expect_file(FOLDER "awful+2-1.conf", 1);
	expect_told(NULL);
	given("log normal\n", ONE);
	scene_put_text(FOLDER "awful+3.conf", AWFUL);
	scene_put_text(FOLDER "one+5-1.conf", ONE);
	expect_entered("one, which is counted too");
	expect_file(FOLDER "awful+2-1.conf", 2);
	expect_file(FOLDER "one+4-2.conf", 2);
	expect_told(FOLDER "one+4-2.conf");
}

/* The kernel's file cannot be read at first: a person tries again, and then it can. */
static void a_second_try_by_hand_is_not_counted_again(void **state)
{
	unsigned int calls = 1000, again = 0;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++) {
		given("log normal\n", ONE);
		scene_put_text(FOLDER "one+3.conf", ONE);
		uefi.keys = "|x\r";
		sim.fail_call = k;
		uefi.fault = EFIERR(7);
		scene_run("a call fails");
		calls = k == 1 ? outcome.calls + 2 : calls;
		if (!outcome.entered || strstr(uefi_report.console, "one.conf failed: ") == NULL ||
		    strstr(uefi_report.console, "counted as") == NULL)
			continue;
		again++;
		expect_file(FOLDER "one+2-1.conf", 1);
		expect_told(FOLDER "one+2-1.conf");
	}
	assert_true(again >= 3);
}

/* It may have its old name again after a reset, and would be tried so for ever. */
static void a_count_that_may_not_be_on_the_disk_is_followed_by_no_reboot(void **state)
{
	bool found = false;

	(void)state;
	for (unsigned int k = 1; !found; k++) {
		assert_true(k < 200);
		given("log normal\n", ONE);
		scene_put_text(FOLDER "awful+1.conf", AWFUL);
		sim.fail_call = k;
		uefi.fault = EFIERR(7);
		scene_run("a flush fails");
		found = scene_failed_in("Flush");
		assert_false(found && uefi_report.rebooted);
	}
}

static void where_nothing_boots_a_counted_try_is_followed_by_a_reboot(void **state)
{
	(void)state;
	given("log normal\n", ONE);
	scene_put_text(FOLDER "awful+1.conf", AWFUL);
	scene_run("one try");
	assert_true(uefi_report.rebooted);
	expect_said("berth: press any key for the menu, or the machine reboots in 10 s\n");
	expect_file(FOLDER "awful+0-1.conf", 1);
	given("log normal\n", ONE);
	scene_put_text(FOLDER "awful+0-1.conf", AWFUL);
	scene_run("no try");
	assert_false(uefi_report.rebooted);
	expect_file(FOLDER "awful+0-2.conf", 1);
	given("reboot-on-error no\n", ONE);
	scene_put_text(FOLDER "awful+1.conf", AWFUL);
	scene_run("no reboot");
	assert_false(uefi_report.rebooted);
	/* It would reboot for ever. */
	given("log normal\n", ONE);
	scene_put_text(FOLDER "awful+1.conf", AWFUL);
	uefi.write_protected = true;
	scene_run("a try that cannot be written down");
	assert_false(uefi_report.rebooted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_try_is_in_the_name_of_the_file_and_the_system_is_told),
	    cmocka_unit_test(an_entry_without_counters_is_left_alone),
	    cmocka_unit_test(only_a_try_that_was_counted_is_taken_back),
	    cmocka_unit_test(an_entry_out_of_tries_gives_way_to_the_next),
	    cmocka_unit_test(without_tries_left_those_done_are_counted_up_to_the_last),
	    cmocka_unit_test(what_cannot_be_renamed_boots_all_the_same),
	    cmocka_unit_test(each_call_that_counts_may_fail),
	    cmocka_unit_test(what_is_not_tried_is_not_counted),
	    cmocka_unit_test(a_kernel_that_is_not_trusted_was_tried),
	    cmocka_unit_test(when_another_boots_the_system_is_told_of_that_alone),
	    cmocka_unit_test(a_second_try_by_hand_is_not_counted_again),
	    cmocka_unit_test(a_count_that_may_not_be_on_the_disk_is_followed_by_no_reboot),
	    cmocka_unit_test(where_nothing_boots_a_counted_try_is_followed_by_a_reboot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
