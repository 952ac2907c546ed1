/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers beside the loader: which are started, that devices are offered to them, and that none keeps an entry from
 * booting. Source: systemd, src/boot/drivers.c; UEFI 2.10, 7.3.12 and 7.4.
 */
#include "../sim/bench.h"
#include "../unit/gpt_disk.h"
#include "scene.h"
#include "local.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct gpt_disk disk;

#define BERTHS	 "\\EFI\\berth\\drivers\\"
#define SYSTEMDS "\\EFI\\systemd\\drivers\\"

/* An entry beside the loader, and one on a volume that needs a driver. */
static void given(void)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	gpt_disk_begin(&disk, 512);
	gpt_disk_add(&disk, 5, gpt_disk_xbootldr, UEFI_XBOOTLDR_GUID, 60, 60);
	uefi = (struct uefi_setup){.nobody = true, .disk = &disk, .connected = CONNECTED_BY_DRIVER};
	scene_put_text("\\loader\\entries\\z.conf", LINUX);
	scene_put_text(UEFI_XBOOTLDR "\\loader\\entries\\a.conf", "title A\nlinux /nowhere\n");
}

static void run(const char *name, unsigned int drivers, const char *entries)
{
	char ids[512];

	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
	scene_ids(ids, sizeof(ids));
	assert_string_equal(ids, entries);
	assert_int_equal(uefi_report.drivers, drivers);
}

static void drivers_for_this_cpu_are_started_and_find_their_volume(void **state)
{
	static const char *const path[] = {BERTHS "ext4_x64.efi", SYSTEMDS "BTRFSX64.EFI"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(path); i++) {
		given();
		scene_put_text("\\loader\\loader.conf", "log debug\n");
		scene_put_text(path[i], "driver");
		run(path[i], 1, "z.conf a.conf ");
		scene_expect("berth: driver \\EFI\\", 1);
	}
	given();
	scene_put_text(BERTHS "one_x64.efi", "driver");
	scene_put_text(BERTHS "two_x64.efi", "driver");
	scene_put_text(SYSTEMDS "three_x64.efi", "driver");
	run("three", 3, "z.conf a.conf ");
}

static void others_are_left_alone(void **state)
{
	static const char *const name[] = {BERTHS "ext4_aa64.efi", BERTHS "x64.efi", SYSTEMDS "ext4_x64.efi.bak",
					   SYSTEMDS "ext4.efi", "\\EFI\\other\\drivers\\ext4_x64.efi"};

	(void)state;
	given();
	for (size_t i = 0; i < COUNT_OF(name); i++)
		scene_put_text(name[i], "driver");
	run("others", 0, "z.conf ");
	assert_int_equal(uefi_report.loads, 0);
}

/* Where no driver was started nothing is connected but the partition that is looked for. */
static void without_a_driver_no_device_is_touched(void **state)
{
	(void)state;
	given();
	gpt_disk_begin(&disk, 512);
	run("none", 0, "z.conf ");
	assert_int_equal(uefi_report.connects, 0);
	given();
	gpt_disk_begin(&disk, 512);
	scene_put_text(BERTHS "ext4_x64.efi", "driver");
	uefi.driver_returns = EFIERR(3);
	run("failed", 0, "z.conf ");
	assert_int_equal(uefi_report.connects, 0);
	scene_expect("berth: \\EFI\\berth\\drivers\\ext4_x64.efi came back with an error: unsupported\n", 1);
}

static void what_comes_back_aborted_has_had_its_turn(void **state)
{
	(void)state;
	given();
	scene_put_text(BERTHS "once_x64.efi", "driver");
	uefi.driver_returns = EFIERR(21);
	run("once", 0, "z.conf ");
	scene_expect("once_x64", 0);
	assert_true(uefi_report.starts == 1 && uefi_report.connects > 2);
}

static void a_program_among_them_is_not_started(void **state)
{
	(void)state;
	given();
	scene_put_text(BERTHS "shell_x64.efi", "program");
	uefi.no_driver = true;
	run("program", 0, "z.conf ");
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("berth: \\EFI\\berth\\drivers\\shell_x64.efi: is no driver, and not started\n", 1);
}

/* What the disk does not tell is said, and no more comes of it. */
static void given_no_driver(void)
{
	given();
	scene_put_text(SYSTEMDS "readme", "no driver");
}

static void a_failing_call_that_lists_drivers_is_told(void **state)
{
	(void)state;
	/* Reads of the folder: the file, and that there is no other. */
	assert_int_equal(scene_said_at_failing_calls(
			     given_no_driver, "berth: \\EFI\\systemd\\drivers: cannot be listed: device error\n"),
			 2);
	given();
	run("no folder", 0, "z.conf ");
	scene_expect("drivers: no such", 0);
}

static void each_call_may_fail(void **state)
{
	static const uint64_t faults[] = {EFIERR(2), EFIERR(7), EFIERR(9), EFIERR(26), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000, loads = 0;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given();
			scene_put_text(BERTHS "ext4_x64.efi", "driver");
			scene_put_text(SYSTEMDS "two_x64.efi", "driver");
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			if (!scene_failed_in("LoadImage") && !scene_failed_in("StartImage") &&
			    !scene_failed_in("ConnectController") && !scene_failed_in("LocateHandleBuffer"))
				continue;
			loads += scene_failed_in("LoadImage");
			if (!outcome.entered)
				fail_msg("call %u, fault %#" PRIx64 ": %s", k, faults[f], outcome.why.text);
			/* Unless it is trust or memory that lacks, it is loaded from memory. */
			if (scene_failed_in("LoadImage"))
				assert_int_equal(uefi_report.drivers,
						 faults[f] == EFIERR(9) || faults[f] == EFIERR(26) ? 1 : 2);
		}
	assert_int_equal(loads, 2 * COUNT_OF(faults));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(drivers_for_this_cpu_are_started_and_find_their_volume),
	    cmocka_unit_test(others_are_left_alone),
	    cmocka_unit_test(without_a_driver_no_device_is_touched),
	    cmocka_unit_test(what_comes_back_aborted_has_had_its_turn),
	    cmocka_unit_test(a_program_among_them_is_not_started),
	    cmocka_unit_test(a_failing_call_that_lists_drivers_is_told),
	    cmocka_unit_test(each_call_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
