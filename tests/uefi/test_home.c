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

/* ACPI's root of a disk, and the end (UEFI 2.10, 10.3.3); the second is the other disk's, the third nobody's. */
static const uint8_t disk_path[3][16] = {{2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 0, 0, 0, 0, 0x7f, 0xff, 4, 0},
					 {2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 1, 0, 0, 0, 0x7f, 0xff, 4, 0},
					 {2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, 7, 0, 0, 0, 0x7f, 0xff, 4, 0}};

static void given_two_disks(void)
{
	given(FROM_QEMU);
	uefi.other = OTHER_CONNECTED;
	scene_put_text(UEFI_OTHER ENTRIES "far.conf", LINUX);
}

/* EDK2, OvmfPkg/Library/QemuBootOrderLib: `bootindex` of QEMU. */
static void the_hosts_order_says_which_disk_of_several_it_is(void **state)
{
	(void)state;
	given_two_disks();
	scene_run("no order");
	scene_expect(HOME "partition D3C2B10A", 1);
	given_two_disks();
	uefi_variable_put("VMMBootOrder0000", disk_path[2], sizeof(disk_path[2])); /* a network card */
	uefi_variable_put("VMMBootOrder0001", disk_path[1], sizeof(disk_path[1]));
	uefi_variable_put("VMMBootOrder0002", disk_path[0], sizeof(disk_path[0]));
	scene_run("the other disk");
	scene_expect(HOME "NVMe partition F1A2B3C4", 1);
	given_two_disks();
	uefi_variable_put("VMMBootOrder0000", disk_path[0], sizeof(disk_path[0]));
	uefi_variable_put("VMMBootOrder0001", disk_path[1], sizeof(disk_path[1]));
	scene_run("this disk");
	scene_expect(HOME "partition D3C2B10A", 1);
}

/* What is no path, or of a disk without a system, is passed over; behind a gap there is nothing. */
static void an_order_that_leads_nowhere_is_passed_over(void **state)
{
	(void)state;
	given_two_disks();
	uefi_variable_put("VMMBootOrder0000", disk_path[1], sizeof(disk_path[1]) - 1);
	uefi_variable_put("VMMBootOrder0001", disk_path[1], sizeof(disk_path[1]));
	scene_run("cut");
	scene_expect(HOME "NVMe partition F1A2B3C4", 1);
	given_two_disks();
	uefi_variable_put("VMMBootOrder0001", disk_path[1], sizeof(disk_path[1]));
	scene_run("a gap");
	scene_expect(HOME "partition D3C2B10A", 1);
	given_two_disks();
	uefi_variable_put("VMMBootOrder0000", disk_path[2], sizeof(disk_path[2]));
	scene_run("nobody's");
	scene_expect(HOME "partition D3C2B10A", 1);
	given(FROM_DISK);
	uefi.other = OTHER_CONNECTED;
	uefi_variable_put("VMMBootOrder0000", disk_path[1], sizeof(disk_path[1]));
	scene_run("started from a disk");
	scene_expect(HOME, 0);
	assert_true(uefi_variable_says("LoaderEntrySelected", "own.conf"));
}

/* The eleventh has a letter in its name, a small one. */
static void a_long_order_is_heard_to_its_end(void **state)
{
	char name[24];

	(void)state;
	given_two_disks();
	for (unsigned int n = 0; n <= 10; n++) {
		snprintf(name, sizeof(name), "VMMBootOrder%04x", n);
		uefi_variable_put(name, disk_path[n == 10 ? 1 : 2], sizeof(disk_path[1]));
	}
	scene_run("the eleventh");
	scene_expect(HOME "NVMe partition F1A2B3C4", 1);
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
	uefi_variable_put("VMMBootOrder0000", disk_path[2], sizeof(disk_path[2]));
	uefi_variable_put("VMMBootOrder0001", disk_path[0], sizeof(disk_path[0]));
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
	    cmocka_unit_test(the_hosts_order_says_which_disk_of_several_it_is),
	    cmocka_unit_test(an_order_that_leads_nowhere_is_passed_over),
	    cmocka_unit_test(a_long_order_is_heard_to_its_end),
	    cmocka_unit_test(without_any_it_is_said),
	    cmocka_unit_test(every_call_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
