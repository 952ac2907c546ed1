/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of another disk's ESP: read when a menu shows or when one is named in full, told apart from those beside the
 * loader, never started unasked, and nothing on that disk is changed.
 */
#include "../sim/bench.h"
#include "../unit/gpt_disk.h"
#include "../unit/pe_file.h"
#include "scene.h"
#include "local.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct gpt_disk disk;
static struct pe_file image, program;

#define ENTRIES "\\loader\\entries\\"
#define TAG	UEFI_OTHER_TAG

/* Beside the loader nothing; on the other disk an entry with counters, an image with two profiles, and Windows. */
static void given_alone(const char *conf)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	gpt_disk_begin(&disk, 512);
	uefi = (struct uefi_setup){.disk = &disk, .other = OTHER_CONNECTED};
	pe_file_begin(&program, PE_X64, 0);
	pe_file_begin(&image, PE_X64, 0);
	pe_file_add_text(&image, ".osrel", "ID=system\n");
	pe_file_add_text(&image, ".linux", "kernel");
	pe_file_add_text(&image, ".profile", "ID=main\n");
	pe_file_add_text(&image, ".profile", "ID=rescue\n");
	scene_put_text("\\loader\\loader.conf", conf);
	scene_put_text(UEFI_OTHER ENTRIES "far+3.conf", "title Far\nlinux /far\noptions far\n");
	scene_put(UEFI_OTHER "\\EFI\\Linux\\image+2.efi", image.bytes, image.size);
	scene_put(UEFI_OTHER "\\EFI\\Microsoft\\Boot\\bootmgfw.efi", program.bytes, program.size);
}

/* And beside the loader one entry. */
static void given(const char *conf)
{
	given_alone(conf);
	scene_put_text(ENTRIES "own.conf", LINUX);
}

#define OWN "own.conf "
#define OTHERS                                                                                                         \
	"auto-disk-" TAG "-image.efi auto-disk-" TAG "-image.efi@rescue auto-disk-" TAG "-far.conf auto-disk-" TAG     \
	"-auto-windows "

static void expect_entries(const char *wanted)
{
	char ids[512];

	scene_ids(ids, sizeof(ids));
	assert_string_equal(ids, wanted);
}

static void a_boot_without_a_menu_does_not_read_them(void **state)
{
	static const char *const conf[] = {"",
					   "default own\n",
					   "default auto-disk-*\n",
					   "default *far*\n",
					   "default far.conf\n",
					   "preferred auto-disk-" TAG "-*\n",
					   "timeout menu-hidden\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(conf); i++) {
		given(conf[i]);
		uefi.nobody = true;
		scene_run(conf[i]);
		assert_true(outcome.entered);
		assert_true(uefi_report.other_volumes == 0 && uefi_report.connects == 0);
		expect_entries(OWN);
	}
}

static void a_menu_shows_them_behind_the_own_ones(void **state)
{
	(void)state;
	for (enum uefi_other other = OTHER_CONNECTED; other <= OTHER_CONTROLLER; other++) {
		given("timeout 3\nauto-reboot yes\n");
		uefi.nobody = true;
		uefi.other = other;
		scene_run("menu");
		assert_true(outcome.entered); /* the own one, which is the default */
		expect_entries(OWN OTHERS "auto-reboot ");
		scene_expect("\n      system (NVMe disk " TAG ")\n      system (rescue) (NVMe disk " TAG ")\n"
			     "      Far (NVMe disk " TAG ")\n      Windows Boot Manager (NVMe disk " TAG ")\n"
			     "      Reboot The System\n",
			     1);
		assert_true(uefi_report.other_volumes == 1 && uefi_report.renames == 0);
	}
}

static void loader_conf_switches_them_off(void **state)
{
	(void)state;
	given("timeout 3\nother-disks no\n");
	uefi.nobody = true;
	scene_run("off");
	expect_entries(OWN);
	assert_true(uefi_report.other_volumes == 0 && uefi_report.connects == 0);
	given("other-disks no\ndefault auto-disk-" TAG "-far.conf\n");
	uefi.nobody = true;
	scene_run("named");
	assert_true(outcome.entered && uefi_report.other_volumes == 0);
	given("timeout 3\nauto-entries no\n");
	uefi.nobody = true;
	scene_run("no Windows");
	expect_entries(OWN "auto-disk-" TAG "-image.efi auto-disk-" TAG "-image.efi@rescue auto-disk-" TAG
			   "-far.conf ");
}

static void expect_far(const char *name)
{
	uefi.nobody = true;
	scene_run(name);
	scene_expect("\\far: no such file on disk " TAG, 1);
	assert_int_equal(uefi_report.renames, 0);
	assert_int_equal(uefi_report.connects, 0); /* no more than firmware has connected already */
}

/* Whoever asks for it gets it, with all files from there; when it fails, no other of that disk follows. */
static void one_that_is_named_in_full_boots(void **state)
{
	(void)state;
	given("default auto-disk-" TAG "-far.conf\n");
	expect_far("loader.conf");
	assert_true(outcome.entered); /* the next one is the own */
	given("");
	uefi_variable_put_text("LoaderEntryOneShot", "AUTO-DISK-" TAG "-far");
	expect_far("one shot");
	given("");
	uefi.option = "auto-disk-" TAG "-far";
	expect_far("load option");
	expect_entries(OWN OTHERS);
	given("default @saved\n");
	uefi_variable_put_text("LoaderEntryLastBooted", "auto-disk-" TAG "-far.conf");
	expect_far("saved");
	given("default auto-disk-" TAG "-far.conf\n");
	uefi.other = OTHER_DISK;
	uefi.nobody = true;
	scene_run("not connected");
	assert_true(outcome.entered && uefi_report.other_volumes == 0 && uefi_report.connects == 0);
	scene_expect("matches no entry that can boot", 1);
}

/* What a person asks for once is worth the time that it takes to connect all disks. */
static void one_that_is_asked_for_once_has_its_disk_connected(void **state)
{
	(void)state;
	given("");
	uefi.other = OTHER_DISK;
	uefi.nobody = true;
	uefi_variable_put_text("LoaderEntryOneShot", "auto-disk-" TAG "-far");
	scene_run("not connected");
	scene_expect("\\far: no such file on disk " TAG, 1);
	assert_true(uefi_report.connects != 0 && uefi_report.other_volumes == 1);
	given("");
	uefi.nobody = true;
	uefi_variable_put_text("LoaderEntryOneShot", "own");
	uefi.other = OTHER_DISK;
	scene_run("of this disk");
	assert_int_equal(uefi_report.connects, 0);
}

/* A boot option is made for what it names: firmware that starts fast knows no other disk than the loader's. */
static void one_that_the_load_option_names_has_its_disk_connected(void **state)
{
	(void)state;
	for (enum uefi_other other = OTHER_DISK; other <= OTHER_CONTROLLER; other++) {
		given("");
		uefi.other = other;
		uefi.nobody = true;
		uefi.option = "auto-disk-" TAG "-far";
		scene_run("not connected");
		scene_expect("\\far: no such file on disk " TAG, 1);
		assert_int_equal(uefi_report.other_volumes, 1);
		given_alone("");
		uefi.other = other;
		uefi.nobody = true;
		uefi.option = "auto-disk-" TAG "-auto-windows";
		scene_run("nothing beside the loader");
		assert_int_equal(uefi_report.starts, 1);
		scene_expect("press any key for what is on other disks", 0);
	}
	given("");
	uefi.other = OTHER_DISK;
	uefi.nobody = true;
	uefi.option = "auto-disk-" TAG "-nothing";
	scene_run("no such entry");
	scene_expect("the load option names the entry \"auto-disk-" TAG "-nothing\", which does not exist", 1);
	assert_true(outcome.entered && uefi_report.connects != 0);
	given("");
	uefi.other = OTHER_DISK;
	uefi.nobody = true;
	uefi.option = "nothing";
	scene_run("of this disk");
	assert_true(outcome.entered && uefi_report.connects == 0);
}

/* PCI Code and ID Assignment: storage, USB, SD; a network card is left alone, and what is behind it. */
static void only_controllers_of_disks_are_connected(void **state)
{
	static const struct {
		uint32_t class;
		bool is_connected;
	} row[] = {{0x010000, true},  {0x010601, true},	 {0x010802, true},  {0x0c0330, true},  {0x080501, true},
		   {0x020000, false}, {0x030000, false}, {0x0c0500, false}, {0x080000, false}, {0x060400, false}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given("timeout 1\n");
		uefi.nobody = true;
		uefi.other = OTHER_CONTROLLER;
		uefi.other_class = row[i].class;
		scene_run("a controller");
		assert_true(outcome.entered);
		expect_entries(row[i].is_connected ? OWN OTHERS : OWN);
	}
}

/* UEFI 2.10, 10.3.5.1: such a disk has a signature, and its partitions have no GUID. */
static void a_disk_with_the_older_table_is_named_by_its_signature(void **state)
{
	(void)state;
	given("timeout 1\n");
	uefi.nobody = true;
	uefi.other_mbr = true;
	scene_run("MBR");
	expect_entries(OWN
		       "auto-disk-d15c516e-image.efi auto-disk-d15c516e-image.efi@rescue auto-disk-d15c516e-far.conf "
		       "auto-disk-d15c516e-auto-windows ");
	scene_expect("\n      Far (NVMe disk d15c516e)\n", 1);
	/* The loader's own disk may be a copy of it: what is not told apart is not offered. */
	given("timeout 1\n");
	uefi.nobody = true;
	uefi.other_mbr = true;
	uefi.mbr = 2;
	scene_run("the same signature");
	expect_entries(OWN);
}

/* Nothing beside the loader: a key asks for other disks, and without one firmware goes on. */
static void a_volume_without_entries_offers_other_disks(void **state)
{
	(void)state;
	given_alone("");
	uefi.nobody = true;
	scene_run("nobody is there");
	scene_expect("press any key for what is on other disks, or firmware goes on in 10 s", 1);
	assert_true(uefi_report.other_volumes == 0 && uefi_report.connects == 0 && uefi_report.starts == 0);
	given_alone("");
	uefi.other = OTHER_DISK;
	uefi.keys = "| |j|j|j|\rQ";
	scene_run("Windows, in the menu");
	expect_entries(OTHERS);
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.program, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
	given_alone("other-disks no\n");
	uefi.nobody = true;
	scene_run("switched off");
	scene_expect("press any key, or firmware goes on in 10 s", 1);
	given_alone("");
	uefi.other = OTHER_NONE;
	uefi.keys = "| ";
	uefi.nobody = true;
	scene_run("no other disk");
	scene_expect("there is nothing to start on other disks either", 1);
}

/* It was chosen before, in full: nobody need be there. */
static void what_is_named_in_full_boots_from_a_volume_without_entries(void **state)
{
	(void)state;
	given_alone("default auto-disk-" TAG "-auto-windows\n");
	uefi.nobody = true;
	scene_run("loader.conf");
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.program, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
	scene_expect("press any key for what is on other disks", 0);
	given_alone("");
	uefi.nobody = true;
	uefi.other = OTHER_DISK;
	uefi_variable_put_text("LoaderEntryOneShot", "auto-disk-" TAG "-auto-windows");
	scene_run("once");
	assert_int_equal(uefi_report.starts, 1);
	given_alone("default auto-disk-" TAG "-nothing\n");
	uefi.nobody = true;
	scene_run("not there");
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("press any key for what is on other disks", 1);
}

static void programs_start_from_their_disk_and_are_not_counted(void **state)
{
	static const char *const row[][2] = {{"image.efi", "\\EFI\\Linux\\image+2.efi"},
					     {"auto-windows", "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"}};
	char id[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given("");
		snprintf(id, sizeof(id), "auto-disk-" TAG "-%s", row[i][0]);
		uefi_variable_put_text("LoaderEntryOneShot", id);
		uefi.nobody = true;
		uefi.program_returns = EFIERR(1);
		scene_run(id);
		assert_string_equal(uefi_report.program, row[i][1]);
		assert_true(uefi_variable_says("LoaderBootCountPath", "") ||
			    uefi_variable("LoaderBootCountPath") == NULL);
		assert_int_equal(uefi_report.renames, 0);
		assert_int_equal(uefi_report.starts, 1);
	}
}

static void a_kernel_from_there_boots(void **state)
{
	(void)state;
	given("timeout menu-force\n");
	sim.file[0].path = UEFI_OTHER "\\far";
	bench.entry.program = word_of("/far");
	bench.entry.options[0] = word_of("far");
	uefi.keys = "|j|j|j|\r";
	scene_run("chosen");
	if (!outcome.entered)
		fail_msg("%s", outcome.why.text);
	assert_int_equal(uefi_report.renames, 0);
	assert_true(uefi_variable_says("LoaderEntrySelected", "auto-disk-" TAG "-far.conf"));
}

/* When the menu comes after a failure; and an action keeps its place in the list when others come before it. */
static void they_come_with_a_later_menu(void **state)
{
	(void)state;
	given("default auto-reboot\nauto-reboot yes\n");
	uefi.stays_on = true;
	uefi.keys = "|k|\033";
	scene_run("a failure");
	assert_int_equal(uefi_report.other_volumes, 1);
	scene_expect("auto-reboot failed: firmware did not restart the machine\n", 1);
	scene_expect("  > * Reboot The System ", 1);
	expect_entries(OWN OTHERS "auto-reboot ");
}

/* Read because one was named, and then a menu shows. */
static void none_is_read_twice(void **state)
{
	(void)state;
	given("default auto-disk-" TAG "-auto-windows\n");
	uefi.program_returns = EFIERR(1);
	uefi.keys = "|k|\033";
	scene_run("named, then a menu");
	assert_int_equal(uefi_report.other_volumes, 1);
	expect_entries(OWN OTHERS);
	scene_expect("  > * Windows Boot Manager (NVMe disk " TAG ") ", 1);
}

static void each_call_may_fail(void **state)
{
	static const uint64_t faults[] = {EFIERR(3), EFIERR(7), EFIERR(9), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000, entered = 0;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given("timeout 1\n");
			uefi.nobody = true;
			uefi.other = OTHER_CONTROLLER;
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			entered += outcome.entered;
		}
	assert_true(entered > calls);
}

static void without_memory_for_one_the_others_are_there(void **state)
{
	unsigned int said = 0;

	(void)state;
	for (unsigned int k = 1; k < 60; k++) {
		given("timeout 1\n");
		uefi.nobody = true;
		uefi.pools = k;
		scene_run("no memory");
		said += scene_said("no memory for the entry ");
	}
	assert_true(said >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_boot_without_a_menu_does_not_read_them),
	    cmocka_unit_test(a_menu_shows_them_behind_the_own_ones),
	    cmocka_unit_test(loader_conf_switches_them_off),
	    cmocka_unit_test(one_that_is_named_in_full_boots),
	    cmocka_unit_test(one_that_is_asked_for_once_has_its_disk_connected),
	    cmocka_unit_test(one_that_the_load_option_names_has_its_disk_connected),
	    cmocka_unit_test(only_controllers_of_disks_are_connected),
	    cmocka_unit_test(a_disk_with_the_older_table_is_named_by_its_signature),
	    cmocka_unit_test(a_volume_without_entries_offers_other_disks),
	    cmocka_unit_test(what_is_named_in_full_boots_from_a_volume_without_entries),
	    cmocka_unit_test(programs_start_from_their_disk_and_are_not_counted),
	    cmocka_unit_test(a_kernel_from_there_boots),
	    cmocka_unit_test(they_come_with_a_later_menu),
	    cmocka_unit_test(none_is_read_twice),
	    cmocka_unit_test(each_call_may_fail),
	    cmocka_unit_test(without_memory_for_one_the_others_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
