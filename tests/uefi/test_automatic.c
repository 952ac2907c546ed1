/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries that nobody wrote: which are offered and in which order, that none is the default of itself, and what they
 * do. Source: loader.conf(5); systemd, src/boot/boot.c.
 */
#include "../sim/bench.h"
#include "../unit/gpt_disk.h"
#include "../unit/hive.h"
#include "../unit/pe_file.h"
#include "scene.h"
#include "local.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct pe_file program;

static void put_program(const char *path)
{
	scene_put(path, program.bytes, program.size);
}

static void given(const char *conf)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	uefi_report.indications = 0;
	pe_file_begin(&program, PE_X64, 0);
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
}

static void given_all(const char *conf)
{
	given(conf);
	uefi.indications = 1;
	uefi.is_apples = true;
	put_program("\\shellx64.efi");
	put_program("\\EFI\\BOOT\\BOOTx64.EFI");
	put_program("\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
	put_program("\\System\\Library\\CoreServices\\boot.efi");
}

static void run(const char *name)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	if (!uefi_report.reset)
		check_outcome(&bench.entry, bench.name);
	sim_end();
}

static void expect_entries(const char *wanted)
{
	char ids[512];

	scene_ids(ids, sizeof(ids));
	assert_string_equal(ids, wanted);
}

static void they_stand_behind_all_others_in_their_order(void **state)
{
	(void)state;
	given_all("timeout menu-force\nauto-reboot yes\nauto-poweroff on\n");
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	scene_put_text("\\loader\\entries\\bad+0.conf", LINUX);
	uefi.presses = true;
	run("all of them");
	expect_entries("linux.conf bad.conf auto-osx auto-windows auto-efi-shell auto-efi-default "
		       "auto-reboot-to-firmware-setup auto-poweroff auto-reboot ");
	scene_expect("      macOS\n      Windows Boot Manager\n      EFI Shell\n      EFI Default Loader\n"
		     "      Reboot Into Firmware Interface\n      Power Off The System\n      Reboot The System\n",
		     1);
}

/* loader.conf(5): which there are when nothing is said, and what each key says. */
static void keys_say_which_are_offered(void **state)
{
	static const struct {
		const char *conf, *entries;
	} row[] = {
	    {"", "linux.conf auto-osx auto-windows auto-efi-shell auto-efi-default auto-reboot-to-firmware-setup "},
	    {"auto-entries no\n", "linux.conf auto-reboot-to-firmware-setup "},
	    {"auto-firmware 0\n", "linux.conf auto-osx auto-windows auto-efi-shell auto-efi-default "},
	    {"auto-entries OFF\nauto-firmware f\nauto-reboot t\n", "linux.conf auto-reboot "},
	    {"auto-entries n\nauto-firmware false\nauto-poweroff TRUE\n", "linux.conf auto-poweroff "},
	    {"auto-entries maybe\nauto-entries false\nauto-firmware no\nauto-firmware\n", "linux.conf "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_all(row[i].conf);
		scene_put_text("\\loader\\entries\\linux.conf", LINUX);
		run(row[i].conf);
		assert_true(outcome.entered);
		expect_entries(row[i].entries);
		scene_expect("is not yes or no; the line is ignored", i == 5 ? 2 : 0);
	}
}

static void what_is_not_there_is_not_offered(void **state)
{
	(void)state;
	given("timeout 1\n");
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	uefi.indications = 2; /* of other things than setup */
	uefi.is_apples = true;
	run("nothing there");
	assert_true(outcome.entered);
	expect_entries("linux.conf ");
	given_all(NULL);
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	uefi.is_apples = false;
	run("no firmware of Apple's");
	expect_entries("linux.conf auto-windows auto-efi-shell auto-efi-default auto-reboot-to-firmware-setup ");
}

/* It would only start itself again. */
static void the_default_loader_is_offered_unless_it_is_this_one(void **state)
{
	static const struct {
		const char *magic;
		bool offered;
	} row[] = {{"#### LoaderInfo: Berth 9 ####", false}, {"#### LoaderInfo: systemd-boot 9 ####", true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(NULL);
		scene_put_text("\\loader\\entries\\linux.conf", LINUX);
		pe_file_add_text(&program, ".sdmagic", row[i].magic);
		put_program("\\EFI\\BOOT\\BOOTx64.EFI");
		run(row[i].magic);
		expect_entries(row[i].offered ? "linux.conf auto-efi-default " : "linux.conf ");
	}
	given(NULL);
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	scene_put_text("\\EFI\\BOOT\\BOOTx64.EFI", "no program");
	run("no program");
	expect_entries("linux.conf ");
}

/* shim is there in place of another loader, and starts GRUBX64.EFI: if that is Berth, it would start itself. */
static void a_shim_with_this_loader_behind_it_is_not_offered(void **state)
{
	static struct pe_file behind;

	(void)state;
	for (int is_berth = 0; is_berth < 2; is_berth++) {
		given(NULL);
		scene_put_text("\\loader\\entries\\linux.conf", LINUX);
		put_program("\\EFI\\BOOT\\BOOTx64.EFI");
		pe_file_begin(&behind, PE_X64, 0);
		pe_file_add_text(&behind, ".sdmagic",
				 is_berth == 1 ? "#### LoaderInfo: Berth 9 ####" : "#### LoaderInfo: other 9 ####");
		scene_put("\\EFI\\BOOT\\GRUBx64.EFI", behind.bytes, behind.size);
		run("shim");
		expect_entries(is_berth == 1 ? "linux.conf " : "linux.conf auto-efi-default ");
	}
}

/* systemd, config_select_default_entry: then the menu stands for ten seconds, whatever loader.conf says. */
static void none_is_the_default_of_itself(void **state)
{
	(void)state;
	given_all(NULL);
	uefi.keys = "";
	uefi.program_returns = EFIERR(1);
	run("alone");
	scene_expect("Boots in 10 s", 1);
	scene_expect("Boots in", 10);
	assert_string_equal(uefi_report.program, "\\System\\Library\\CoreServices\\boot.efi");
	given_all("timeout menu-disabled\n");
	uefi.program_returns = EFIERR(1);
	run("menu-disabled");
	scene_expect("Boots in", 10);
	/* A broken entry of the user's is nearer to the wish than what nobody wrote. */
	given_all(NULL);
	scene_put_text("\\loader\\entries\\broken.conf", "title B\n");
	run("broken");
	scene_expect("\nberth: broken.conf: no line `linux`", 1);
	assert_int_equal(uefi_report.starts, 0);
}

static void who_asks_for_one_by_its_id_gets_it(void **state)
{
	(void)state;
	given_all("default auto-windows\n");
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	uefi.program_returns = EFIERR(1);
	run("default");
	assert_string_equal(uefi_report.program, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
	assert_true(uefi_variable_says("LoaderEntrySelected", "auto-windows"));
	scene_expect("Boots in", 0);
	given_all("auto-entries no\ndefault auto-windows\n");
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	run("not offered");
	assert_true(outcome.entered);
	scene_expect("default \"auto-windows\" matches no entry that can boot", 1);
}

static void given_action(const char *id)
{
	given_all("auto-reboot yes\nauto-poweroff yes\n");
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	uefi_variable_put_text("LoaderEntryOneShot", id);
}

static void firmware_does_what_is_asked_of_it(void **state)
{
	static const struct {
		const char *id;
		EFI_RESET_TYPE how;
		uint64_t before, indications;
	} row[] = {{"auto-reboot", EfiResetCold, 0, 0},
		   {"auto-poweroff", EfiResetShutdown, 4, 4},
		   {"auto-reboot-to-firmware-setup", EfiResetCold, 0, 1},
		   {"auto-reboot-to-firmware-setup", EfiResetCold, 4, 5}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_action(row[i].id);
		uefi_report.indications = row[i].before;
		run(row[i].id);
		assert_true(uefi_report.rebooted);
		assert_int_equal(uefi_report.resets, 1);
		assert_int_equal(uefi_report.reset_how, row[i].how);
		assert_int_equal(uefi_report.indications, row[i].indications);
		assert_null(uefi_variable("LoaderEntrySelected"));
		assert_null(uefi_variable("LoaderEntryLastBooted"));
	}
}

static void what_firmware_does_not_do_is_said(void **state)
{
	static const struct {
		const char *id, *words;
	} row[] = {{"auto-reboot", "\nberth: firmware did not restart the machine\n"},
		   {"auto-poweroff", "\nberth: firmware did not switch off the machine\n"},
		   {"auto-reboot-to-firmware-setup", "\nberth: firmware did not restart the machine\n"}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_action(row[i].id);
		uefi.stays_on = true;
		run(row[i].id);
		scene_expect(row[i].words, 1);
		scene_expect("press any key", 1);
	}
	/* The wish for setup cannot be noted: then there is no restart. */
	for (unsigned int k = 1, found = 0; found == 0; k++) {
		assert_true(k < 300);
		given_action("auto-reboot-to-firmware-setup");
		sim.fail_call = k;
		uefi.fault = EFIERR(9);
		run("indications");
		found = scene_said("firmware does not note that its setup is wanted: out of resources") == 1;
		assert_true(found == 0 || uefi_report.resets == 0);
	}
}

/* Only what the boot manager alone would start has its title; the test of a hive's contents is test_bcd. */
static void windows_is_called_what_it_calls_itself(void **state)
{
	static struct hive hive;

	(void)state;
	for (int several = 0; several < 2; several++) {
		given_all("timeout menu-force\n");
		hive_of_windows(&hive, "Windows 12", several == 1);
		scene_put("\\EFI\\Microsoft\\Boot\\BCD", hive.bytes, hive.size);
		uefi.presses = true;
		run("a title");
		scene_expect("      Windows 12\n", several == 0);
		scene_expect("      Windows Boot Manager\n", several == 1);
	}
}

/* UEFI 2.10, 3.1.3: attributes, the length of a path, the description, and the path: of a partition (10.3.5.1). */
static void put_option(const char *name, const char *description, const uint8_t *partition)
{
	static const uint8_t end[4] = {0x7f, 0xff, 4, 0};
	uint8_t option[160] = {1, 0, 0, 0, 42 + 4, 0}, *path = option + 8 + 2 * strlen(description);

	for (size_t i = 0; description[i] != '\0'; i++)
		option[6 + 2 * i] = (uint8_t)description[i];
	memcpy(path, "\x04\x01\x2a\x00", 4);
	memcpy(path + 24, partition, 16);
	path[40] = path[41] = 2;
	memcpy(path + 42, end, sizeof(end));
	uefi_variable_put(name, option, (size_t)(path + 46 - option));
}

static const uint8_t tpm[36] = {36, 1, 1, 1, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1};

static void given_bitlocker(const char *conf)
{
	static const uint8_t order[] = {3, 0, 4, 0, 0x1b, 0xc0, 9, 0}, other[16] = {1};
	static struct gpt_disk disk;

	given(conf);
	put_program("\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
	gpt_disk_begin(&disk, 512);
	uefi.disk = &disk;
	uefi.tpm = tpm;
	uefi.bitlocker = true;
	uefi_variable_put("BootOrder", order, sizeof(order));
	put_option("Boot0003", "Berth", uefi_own_guid);
	put_option("Boot0004", "Windows Boot Manager", other); /* another disk's */
	put_option("BootC01B", "Windows Boot Manager", uefi_own_guid);
	put_option("Boot0009", "Windows Boot Manager", uefi_own_guid);
}

#define BITLOCKER "default auto-windows\nreboot-for-bitlocker yes\n"

static void expect_started_from_here(const char *name)
{
	run(name);
	if (uefi_report.resets != 0 || uefi_report.starts != 1 || uefi_report.boot_next != 0)
		fail_msg("%s: it is not started from here", name);
}

/* loader.conf(5): firmware starts Windows, so that the TPM has measured no other loader. */
static void windows_with_bitlocker_is_started_by_firmware(void **state)
{
	unsigned int blocks;

	(void)state;
	given_bitlocker(BITLOCKER);
	run("all is there");
	assert_int_equal(uefi_report.boot_next, 1 + 0xc01b);
	assert_int_equal(uefi_report.resets, 1);
	assert_int_equal(uefi_report.starts, 0);
	given_bitlocker("default auto-windows\n");
	expect_started_from_here("nobody asks for it");
	given_bitlocker(BITLOCKER);
	uefi.tpm = NULL;
	expect_started_from_here("no TPM");
	blocks = uefi_report.blocks;
	given_bitlocker(BITLOCKER);
	uefi.bitlocker = false;
	expect_started_from_here("not encrypted");
	given_bitlocker(BITLOCKER);
	uefi.no_medium = true;
	expect_started_from_here("nothing can be read");
	assert_int_equal(uefi_report.blocks, blocks + 1); /* the first of the disk, which is a medium */
	given_bitlocker(BITLOCKER);
	put_option("BootC01B", "Windows Boot Manager 2", uefi_own_guid);
	put_option("Boot0009", "Windows Boot Manage", uefi_own_guid);
	expect_started_from_here("no entry of firmware's");
	scene_expect("Windows is started from here, and may ask for its recovery key", 1);
	/* What has started the loader under that name would only start it again. */
	given_bitlocker(BITLOCKER);
	uefi_variable_put("BootCurrent", "\x1b\xc0", 2);
	run("the option is the loader's own");
	assert_int_equal(uefi_report.boot_next, 1 + 9);
	given_bitlocker(BITLOCKER);
	uefi.stays_on = true;
	run("firmware does not restart");
	assert_true(uefi_report.resets == 1 && uefi_report.starts == 1);
}

/* Whatever fails, nothing that was taken stays. */
static void each_call_before_that_may_fail(void **state)
{
	static const uint64_t faults[] = {EFIERR(5), EFIERR(7), EFIERR(9), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given_bitlocker(BITLOCKER);
			sim.fail_call = k;
			uefi.fault = faults[f];
			uefi.nobody = true;
			run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
		}
}

/* Without memory for one the others are there, and the log says which is not. */
static void without_memory_others_are_offered(void **state)
{
	unsigned int said = 0;

	(void)state;
	for (unsigned int k = 1; k <= 40; k++) {
		given_all("auto-reboot yes\n");
		scene_put_text("\\loader\\entries\\linux.conf", LINUX);
		uefi.pools = k;
		uefi.presses = true;
		run("no memory");
		said += scene_said("no memory for the entry auto-");
	}
	assert_int_equal(said, 6);
}

/* Nobody else's: the loader's own has none. */
static void macos_is_started_from_its_own_volume(void **state)
{
	(void)state;
	given("default auto-osx\n");
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	uefi.is_apples = true;
	uefi.other = OTHER_CONNECTED;
	put_program(UEFI_OTHER "\\System\\Library\\CoreServices\\boot.efi");
	uefi.program_returns = EFIERR(1);
	run("another volume");
	expect_entries("linux.conf auto-osx ");
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.program, "\\System\\Library\\CoreServices\\boot.efi");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(they_stand_behind_all_others_in_their_order),
	    cmocka_unit_test(keys_say_which_are_offered),
	    cmocka_unit_test(what_is_not_there_is_not_offered),
	    cmocka_unit_test(the_default_loader_is_offered_unless_it_is_this_one),
	    cmocka_unit_test(a_shim_with_this_loader_behind_it_is_not_offered),
	    cmocka_unit_test(none_is_the_default_of_itself),
	    cmocka_unit_test(who_asks_for_one_by_its_id_gets_it),
	    cmocka_unit_test(firmware_does_what_is_asked_of_it),
	    cmocka_unit_test(what_firmware_does_not_do_is_said),
	    cmocka_unit_test(windows_is_called_what_it_calls_itself),
	    cmocka_unit_test(windows_with_bitlocker_is_started_by_firmware),
	    cmocka_unit_test(each_call_before_that_may_fail),
	    cmocka_unit_test(without_memory_others_are_offered),
	    cmocka_unit_test(macos_is_started_from_its_own_volume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
