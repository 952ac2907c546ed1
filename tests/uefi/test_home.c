/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Started by QEMU's -kernel, from firmware's flash or by the network, the loader takes the machine's system partition
 * for its own volume; from a disk it looks for no other. Source: systemd, src/boot/vmm.c.
 */
#include "../sim/bench.h"
#include "scene.h"
#include "local.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ENTRIES "\\loader\\entries\\"
#define HOME	"berth: Berth was not started from a disk: it reads the "

static void given(enum uefi_from from)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.from = from, .nobody = true};
	scene_put_text(ENTRIES "own.conf", LINUX);
	scene_put_text(UEFI_QEMU "\\kernel", "");
}

static void started_otherwise_than_from_a_disk_it_finds_the_system_partition(void **state)
{
	(void)state;
	for (enum uefi_from from = FROM_QEMU; from <= FROM_NOWHERE; from++) {
		given(from);
		scene_run("not from a disk");
		assert_true(outcome.entered);
		scene_expect(HOME "partition D3C2B10A-F5E4-2716-3849-5A6B7C8D9EAF", 1);
		assert_true(uefi_variable_says("LoaderDevicePartUUID", "D3C2B10A-F5E4-2716-3849-5A6B7C8D9EAF"));
		assert_null(uefi_variable("LoaderImageIdentifier"));
		assert_true(uefi_variable_says("LoaderEntrySelected", "own.conf"));
	}
}

static void from_a_disk_no_other_is_looked_for(void **state)
{
	(void)state;
	given(FROM_DISK);
	uefi.other = OTHER_DISK;
	scene_run("from a disk");
	assert_true(outcome.entered && uefi_report.connects == 0);
	scene_expect("not started from a disk", 0);
}

/* The first disk has none, so its handle comes later; its folder \loader counts before another's \EFI. */
static void the_one_with_a_configuration_comes_first_then_any_system_partition(void **state)
{
	(void)state;
	given(FROM_QEMU);
	uefi.no_system = true;
	uefi.other = OTHER_DISK;
	scene_put_text(UEFI_OTHER ENTRIES "far.conf", LINUX);
	scene_run("the other disk's");
	scene_expect(HOME "NVMe partition F1A2B3C4", 1);
	assert_true(uefi_variable_says("LoaderEntrySelected", "far.conf") || !outcome.entered);
	given(FROM_QEMU);
	uefi.other = OTHER_CONNECTED;
	scene_put_text(UEFI_OTHER "\\EFI\\Linux\\x.efi", "");
	scene_run("the first disk's");
	scene_expect(HOME "partition D3C2B10A", 1);
	given(FROM_QEMU);
	uefi.no_system = true;
	sim.n_files -= 2;
	scene_put_text("\\EFI\\readme", "");
	scene_run("no system partition");
	scene_expect(HOME "partition D3C2B10A", 1);
	scene_expect("\nberth: no boot entries: there is no file in \\loader\\entries on the system partition\n", 1);
}

static void without_any_it_is_said(void **state)
{
	(void)state;
	given(FROM_NETWORK);
	uefi.no_system = true;
	sim.n_files -= 2;
	scene_run("none");
	scene_expect("berth: Berth was not started from a disk, and no disk has a volume with the folder \\EFI\n", 1);
	assert_false(outcome.entered);
}

static void given_by_qemu(void)
{
	given(FROM_QEMU);
}

static bool is_entered(unsigned int call, uint64_t fault)
{
	(void)call;
	(void)fault;
	return outcome.entered;
}

static void every_call_goes_wrong_in_every_way(void **state)
{
	static const uint64_t faults[] = {EFIERR(1), EFIERR(9), EFIERR(14), LIE_NOTHING, LIE_TOO_MUCH};
	struct scene_sweep sweep = scene_sweep(faults, COUNT_OF(faults), given_by_qemu, is_entered);

	(void)state;
	assert_true(sweep.calls > 60 && sweep.well > 60 / share() && sweep.not_well > 60 / share());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(started_otherwise_than_from_a_disk_it_finds_the_system_partition),
	    cmocka_unit_test(from_a_disk_no_other_is_looked_for),
	    cmocka_unit_test(the_one_with_a_configuration_comes_first_then_any_system_partition),
	    cmocka_unit_test(without_any_it_is_said),
	    cmocka_unit_test(every_call_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
