/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the booted system finds of the loader's log, in a variable and in a file: the same whatever the screen shows, as
 * much of it as firmware has room for, and never a boot that fails for want of it. Source: UEFI 2.10, 8.2 and 13.5.
 */
#include "../sim/bench.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ONE   "title One\nsort-key a\nlinux /vmlinuz\ninitrd /one\noptions one\n"
#define AWFUL "title Awful\nsort-key c\nlinux /vmlinuz\nplacement 0x4000\n"
#define FACTS "berth: facts descriptors "

static void given(const char *conf, const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free, 4G-5G free", entry, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	scene_put_text("\\loader\\loader.conf", conf);
	scene_put_text("\\loader\\entries\\one.conf", entry);
}

/* The variable's text; NULL when there is none. */
static const char *left(void)
{
	static char text[16385];
	const struct uefi_variable *variable = uefi_variable("BerthLog");

	if (variable == NULL)
		return NULL;
	memcpy(text, variable->value, variable->size);
	text[variable->size] = '\0';
	return text;
}

static void expect_left(const char *words, bool stands)
{
	if (left() == NULL || (strstr(left(), words) != NULL) != stands)
		fail_msg("%s: \"%s\" is %s in the log:\n%s", bench.name, words, stands ? "not" : "there", left());
}

static void boots(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

static void the_log_is_left_whatever_the_screen_shows(void **state)
{
	static const char *const conf[] = {"log quiet\n", "log normal\n", "log debug\n"};
	char quiet[16385];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(conf); i++) {
		given(conf[i], ONE);
		boots(conf[i]);
		assert_int_equal(uefi_report.log_writes, 1);
		assert_int_equal(uefi_variable("BerthLog")->attributes, 6); /* of boot services and at run time */
		expect_left("berth: boots one.conf\n", true);
		expect_left("\n" FACTS, true);
		expect_left("\nberth: map @", true);
		expect_left("\nberth: place kernel 0x", true);
		expect_left("\nberth: read ", true);
		expect_left("berth: refuse ", i == 2);
		if (i == 0)
			memcpy(quiet, left(), sizeof(quiet));
		if (i == 1)
			assert_string_equal(left(), quiet);
		scene_expect("berth: place kernel 0x", i != 0);
		scene_expect("berth: map ", 0);
		assert_int_equal(uefi_report.log_size, 0); /* and no file */
	}
}

/* Where there is less room the important lines are those that stay. */
static void firmware_with_less_room_gets_less(void **state)
{
	static const uint64_t too_large[] = {0, EFIERR(2), EFIERR(9)};
	static const size_t rooms[] = {4000, 1000, 600};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rooms); i++)
		for (size_t k = 0; k < COUNT_OF(too_large); k++) {
			given("log debug\n", ONE);
			uefi.most_variable = rooms[i];
			uefi.too_large = too_large[k];
			boots("little room");
			expect_left("berth: place kernel 0x", true);
			assert_true(uefi_variable("BerthLog")->size <= rooms[i]);
			assert_true(uefi_report.log_writes <= 8);
			if (uefi_report.log_writes > 1)
				expect_left(" lines are left out for want of room\n", true);
		}
	assert_true(uefi_report.log_writes > 1);
	/* With no room at all, a few tries. */
	given("log debug\n", ONE);
	uefi.most_variable = 1;
	boots("no room");
	assert_null(left());
	assert_in_range(uefi_report.log_writes, 2, 8);
}

static void firmware_that_refuses_is_asked_once(void **state)
{
	(void)state;
	given("", ONE);
	uefi.most_variable = 1;
	uefi.too_large = EFIERR(8);
	boots("write-protected");
	assert_null(left());
	assert_int_equal(uefi_report.log_writes, 1);
	given("", ONE);
	uefi.no_variables = true;
	boots("no variables");
	assert_int_equal(uefi_report.log_writes, 1);
}

/* What a failed attempt said stays in the log, but not its plan. */
static void the_last_attempt_is_told_and_why_the_others_failed(void **state)
{
	(void)state;
	given("default awful.conf\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi.nobody = true;
	boots("awful first");
	expect_left("\nberth: awful.conf does not boot\nberth: \\vmlinuz cannot run at 0x4000: ", true);
	expect_left("\n  rule X1: A relocatable kernel lies at a multiple", true);
	expect_left("berth: boots one.conf\n", true);
	expect_left("\n" FACTS, true);
	assert_null(strstr(strstr(left(), FACTS) + 1, FACTS));
}

static void a_random_place_is_shown_and_not_left(void **state)
{
	char place[40];
	const char *at;

	(void)state;
	given("log debug\n", ONE "placement random\n");
	boots("random");
	at = strstr(uefi_report.console, "berth: place kernel 0x");
	assert_non_null(at);
	snprintf(place, sizeof(place), "%.11s", at + strlen("berth: place kernel 0x"));
	*strchr(place, ' ') = '\0';
	expect_left(place, false);
	expect_left("berth: place kernel hidden size 0x", true);
	expect_left("berth: place initrd 0x", false);
	expect_left(" entropy 0x0\n", true);
	expect_left("berth: refuse ", false);
	expect_left("berth: map @", true);
	scene_expect(" entropy 0x0\n", 0);
}

static void log_file_yes_leaves_the_same_in_a_file(void **state)
{
	static const size_t before[] = {0, 10, 20000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(before); i++) {
		given("log-file yes\n", ONE);
		uefi.log_before = before[i];
		boots("a file");
		assert_int_equal(uefi_report.log_size, strlen(left()));
		assert_memory_equal(uefi_report.log_file, left(), uefi_report.log_size);
	}
	given("log normal\nlog-file yes\n", ONE);
	uefi.write_protected = true;
	boots("a read-only volume");
	scene_expect("berth: the log is not in a file: \\loader\\berth.log: cannot be opened: write-protected\n", 1);
	given("log normal\nlog-file yes\n", ONE);
	uefi.read_only_file = true;
	uefi.log_before = 10;
	boots("a read-only file");
	scene_expect("berth: the log is not in a file: \\loader\\berth.log: is read-only\n", 1);
	assert_int_equal(uefi_report.log_size, 10);
	given("log-file no\n", ONE);
	boots("no file");
	assert_int_equal(uefi_report.log_size, 0);
}

/* From the first call that has to do with the log on, whatever goes wrong the kernel starts. */
static void no_failing_call_for_the_log_stops_a_boot(void **state)
{
	static const uint64_t faults[] = {EFIERR(2), EFIERR(3),	 EFIERR(5),   EFIERR(7),   EFIERR(8),
					  EFIERR(9), EFIERR(11), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000, said = 0, writes = 0;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given("log normal\nlog-file yes\n", ONE);
			uefi.log_before = 20000;
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			said += scene_said("berth: the log is not in a file: ");
			if (!scene_failed_in("Write"))
				continue;
			if (!outcome.entered)
				fail_msg("call %u, fault %#" PRIx64 ": %s", k, faults[f], outcome.why.text);
			writes += scene_said("berth.log: writing ") + scene_said("berth.log: firmware wrote ");
		}
	/* The last fault is a stray key as well, which calls up a menu: its calls have other numbers. */
	assert_true(writes >= COUNT_OF(faults) - 1 && said >= 4 * 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_log_is_left_whatever_the_screen_shows),
	    cmocka_unit_test(firmware_with_less_room_gets_less),
	    cmocka_unit_test(firmware_that_refuses_is_asked_once),
	    cmocka_unit_test(the_last_attempt_is_told_and_why_the_others_failed),
	    cmocka_unit_test(a_random_place_is_shown_and_not_left),
	    cmocka_unit_test(log_file_yes_leaves_the_same_in_a_file),
	    cmocka_unit_test(no_failing_call_for_the_log_stops_a_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
