/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys for Secure Boot on the loader's volume, over whole boots: when they are enrolled unasked, what a person can stop
 * and choose, in which order firmware gets them, and what is said, and left as it was, when something is wrong.
 * Sources: loader.conf(5), "secure-boot-enroll"; systemd, src/boot/secure-boot.c; UEFI 2.10, 32.3.
 */
#include "../sim/bench.h"
#include "local.h"
#include "scene.h"

#include "../../config/auth.h"
#include "../../config/smbios.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define KEYS  "\\loader\\keys\\"
#define FORCE "secure-boot-enroll force\n"
#define ALL   "db 101 dbx 102 KEK 103 PK 104 "

static uint8_t keys[5][200];

/* A file of @size bytes with one key, behind a signature or none. */
static const uint8_t *key_file(unsigned int number, size_t size, size_t signature, size_t n)
{
	static const uint8_t head[40] = {0xe8, 7,    1,	   2,	 0,    0,    0,	   0,	 0,    0,
					 0,    0,    0,	   0,	 0,    0,    24,   0,	 0,    0,
					 0,    2,    0xf1, 0x0e, 0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68,
					 0xee, 0x49, 0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7};
	uint8_t *file = keys[number];

	memset(file, 0x30, sizeof(keys[0]));
	memcpy(file, head, sizeof(head));
	store_le(file + 16, 4, 24 + signature);
	store_le(file + 40 + signature + 16, 4, size - 40 - signature);
	store_le(file + 40 + signature + 20, 4, 0);
	store_le(file + 40 + signature + 24, 4, (size - 68 - signature) / n);
	return file;
}

static void put_keys(const char *folder, bool pk_is_signed)
{
	static const char *const name[] = {"dbx", "db", "PK", "KEK"};
	static const unsigned int size[] = {102, 101, 104, 103};
	static char path[8][64];
	static unsigned int used;

	for (unsigned int i = 0; i < 4; i++) {
		char *at = path[used++ % 8];

		snprintf(at, sizeof(path[0]), KEYS "%s\\%s.auth", folder, name[i]);
		scene_put(at, key_file(i, size[i], i == 2 && !pk_is_signed ? 0 : 5, 1), size[i]);
	}
}

/* A machine without keys, which has these lines and an entry. */
static void given(const char *conf, bool is_virtual)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.nobody = true, .setup_mode = 1};
	sim.hypervisor = is_virtual;
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
	scene_put_text("\\loader\\loader.conf", conf);
}

static void given_keys(const char *conf, bool is_virtual)
{
	given(conf, is_virtual);
	put_keys("auto", true);
}

static struct sim_file *file_named(const char *path)
{
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, path) == 0)
			return &sim.file[i];
	fail_msg("there is no file %s", path);
	return NULL;
}

static void expect_enrolled(const char *name, const char *what, EFI_RESET_TYPE how)
{
	scene_run(name);
	assert_string_equal(uefi_report.enrolled, what);
	if (!uefi_report.rebooted || uefi_report.resets != 1 || uefi_report.reset_how != how || outcome.entered)
		fail_msg("%s: the machine was not reset in that way", name);
}

static void expect_booted(const char *name, const char *enrolled)
{
	scene_run(name);
	assert_string_equal(uefi_report.enrolled, enrolled);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

/* The platform key is the last: with it firmware takes only what is signed. */
static void a_virtual_machine_gets_them_unasked_in_their_order(void **state)
{
	(void)state;
	given_keys("", true);
	expect_enrolled("if-safe", ALL, EfiResetCold);
	scene_expect("the keys of \\loader\\keys\\auto are enrolled: Secure Boot is on when the machine starts again\n",
		     1);
	scene_expect("press any key", 0);
	given_keys("secure-boot-enroll-action shutdown\n", true);
	expect_enrolled("shutdown", ALL, EfiResetShutdown);
	given_keys(FORCE, true);
	expect_enrolled("force", ALL, EfiResetCold);
	scene_expect("press any key", 0);
}

/* With them a berth.sums, of whatever version, is demanded; the booted system has no say in that. */
static void a_berth_sums_that_is_there_is_demanded_with_them(void **state)
{
	(void)state;
	given_keys("", true);
	scene_put_text("\\loader\\berth.sums", "any");
	expect_enrolled("sums", ALL, EfiResetCold);
	scene_expect("berth: from now on \\loader\\berth.sums is demanded\n", 1);
	assert_non_null(uefi_variable("BerthSums"));
	assert_int_equal(uefi_variable("BerthSums")->attributes,
			 EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS);
	assert_int_equal(load_le(uefi_variable("BerthSums")->value, 8), 0);
	given_keys("", true);
	expect_enrolled("no sums", ALL, EfiResetCold);
	scene_expect("berth.sums", 0);
	assert_null(uefi_variable("BerthSums"));
	given_keys("", true);
	scene_put_text("\\loader\\berth.sums", "any");
	uefi.variable_fails = "BerthSums";
	expect_enrolled("not kept", ALL, EfiResetCold);
	scene_expect("berth: firmware does not keep that \\loader\\berth.sums is demanded\n", 1);
}

/* Who comes back to setup mode, and has keys enrolled once more, takes nothing back of what was demanded before. */
static void what_a_machine_demands_already_does_not_fall(void **state)
{
	static const uint8_t value[8] = {7};

	(void)state;
	given_keys("", true);
	scene_put_text("\\loader\\berth.sums", "any");
	uefi_variable_put_as("BerthSums", value, sizeof(value),
			     EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS);
	expect_enrolled("again", ALL, EfiResetCold);
	assert_int_equal(load_le(uefi_variable("BerthSums")->value, 8), 7);
	scene_expect("berth.sums is demanded", 0);
	/* A running system's is none, and not in the way. */
	given_keys("", true);
	scene_put_text("\\loader\\berth.sums", "any");
	uefi_variable_put_as("BerthSums", value, sizeof(value),
			     EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS);
	expect_enrolled("a system's", ALL, EfiResetCold);
	assert_int_equal(load_le(uefi_variable("BerthSums")->value, 8), 0);
	assert_int_equal(uefi_variable("BerthSums")->attributes,
			 EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS);
}

static void where_the_cpu_does_not_tell_smbios_does(void **state)
{
	static uint8_t entry[SMBIOS_3_ENTRY], structures[] = "\0\24bb\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\177\4zz\0";
	uint8_t sum = 0;

	(void)state;
	given_keys("", false);
	memcpy(entry, "_SM3_", 5);
	entry[6] = sizeof(entry);
	store_le(entry + 12, 4, sizeof(structures));
	store_le(entry + 16, 8, (uintptr_t)structures);
	for (size_t i = 0; i < sizeof(entry); i++)
		sum = (uint8_t)(sum + entry[i]);
	entry[5] = (uint8_t)-sum;
	uefi.smbios_3 = entry;
	expect_enrolled("SMBIOS", ALL, EfiResetCold);
	given_keys("", false);
	uefi.smbios_3 = entry;
	structures[19] = 0x0f;
	expect_booted("another machine", "");
}

static void another_machine_offers_them_and_no_more(void **state)
{
	static const struct {
		const char *conf;
		bool is_virtual, offered;
	} row[] = {{"auto-firmware no\nauto-reboot yes\n", false, true},
		   {"secure-boot-enroll manual\nauto-reboot yes\n", true, true},
		   {"secure-boot-enroll off\nauto-reboot yes\n", true, false}};
	char ids[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_keys(row[i].conf, row[i].is_virtual);
		put_keys("Mine", true);
		scene_put_text(KEYS ".hidden\\PK.auth", "");
		scene_put_text(KEYS "readme", "");
		expect_booted(row[i].conf, "");
		scene_ids(ids, sizeof(ids));
		assert_string_equal(ids, row[i].offered
					     ? "linux.conf auto-reboot secure-boot-keys-auto secure-boot-keys-Mine "
					     : "linux.conf auto-reboot ");
	}
}

/* 32.3: the machine has a platform key, or no Secure Boot at all. Nothing is read then. */
static void a_machine_with_keys_is_left_alone(void **state)
{
	static const struct {
		uint8_t secure_boot, setup_mode;
	} row[] = {{1, 0}, {0, 0}, {1, 1}, {0xff, 1}, {0, 0xff}, {0xff, 0xff}, {0, 2}};
	char ids[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_keys(FORCE, true);
		uefi.secure_boot = row[i].secure_boot;
		uefi.setup_mode = row[i].setup_mode;
		scene_run("keys are there");
		assert_string_equal(uefi_report.enrolled, "");
		assert_int_equal(uefi_report.resets, 0);
		scene_ids(ids, sizeof(ids));
		assert_string_equal(ids, "linux.conf ");
	}
}

static void by_force_a_key_stops_them_while_a_countdown_runs(void **state)
{
	(void)state;
	given_keys(FORCE, false);
	expect_enrolled("nobody is there", ALL, EfiResetCold);
	scene_expect("press any key to stop that, or they are enrolled in 15 s", 1);
	scene_expect("they are enrolled in 1 s", 1);
	scene_expect("they are enrolled in ", 15);
	assert_int_equal(uefi_report.timers / 10000000, 15); /* seconds of the countdown */
	assert_int_equal(uefi_report.stalled / 1000000, 2);  /* and to read what was done */
	given_keys(FORCE "secure-boot-enroll-timeout-sec 3\ntimeout menu-disabled\n", false);
	uefi.nobody = false;
	uefi.keys = "..|x";
	expect_booted("a key", "");
	scene_expect("they are enrolled in ", 3);
	scene_expect("berth: a key was pressed: none of \\loader\\keys\\auto was enrolled\n", 1);
	given_keys(FORCE "secure-boot-enroll-timeout-sec hidden\n", false);
	expect_enrolled("no countdown", ALL, EfiResetCold);
	scene_expect("press any key", 0);
}

static void without_a_signature_a_platform_key_needs_custom_mode(void **state)
{
	(void)state;
	given("", true);
	put_keys("AUTO", false);
	expect_enrolled("unsigned", "custom " ALL "mode 0 ", EfiResetCold);
	given("", true);
	put_keys("auto", false);
	uefi.custom_mode = UEFI_NO_MODE;
	expect_enrolled("a variable that was not there", "custom " ALL "no mode ", EfiResetCold);
	given("", true);
	put_keys("auto", false);
	uefi.custom_mode = 1;
	expect_enrolled("somebody has set it", ALL, EfiResetCold);
}

/* What firmware was in before, or any who comes later could write keys without a signature. */
static void custom_mode_does_not_outlast_a_refusal(void **state)
{
	static const struct {
		const char *fails, *enrolled;
		unsigned int before;
	} row[] = {{"db", "custom mode 0 ", 0},
		   {"PK", "custom db 101 dbx 102 KEK 103 mode 0 ", 0},
		   {"KEK", "custom db 101 dbx 102 no mode ", UEFI_NO_MODE},
		   {"KEK", "db 101 dbx 102 ", 1},
		   {"CustomMode", "", 0}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given("", true);
		put_keys("auto", false);
		uefi.variable_fails = row[i].fails;
		uefi.custom_mode = row[i].before;
		expect_booted(row[i].fails, row[i].enrolled);
		assert_int_equal(uefi_report.custom_mode, row[i].before);
	}
	scene_expect("firmware does not enter its custom mode for it: write-protected\n  no key was enrolled\n", 1);
}

/* All are read before the first is written. */
static void a_file_that_is_missing_or_wrong_leaves_everything_as_it_was(void **state)
{
	static const char *const path[] = {KEYS "auto\\db.auth", KEYS "auto\\KEK.auth", KEYS "auto\\PK.auth",
					   KEYS "auto\\dbx.auth"};
	struct sim_file *file;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(path); i++) {
		char words[128];

		given_keys("", true);
		file_named(path[i])->path = KEYS "auto\\other";
		snprintf(words, sizeof(words), "berth: %s: no such file on ", path[i]);
		if (i < 3)
			expect_booted("missing", "");
		else
			expect_enrolled("dbx is missing", "db 101 KEK 103 PK 104 ", EfiResetCold);
		scene_expect(words, i < 3);
		given_keys("", true);
		file = file_named(path[i]);
		file->size = file->head_size = file->size - 1;
		expect_booted("cut off", "");
		snprintf(words, sizeof(words), "berth: %s: what stands at byte 45 is no whole list of keys\n", path[i]);
		scene_expect(words, 1);
		given_keys("", true);
		file_named(path[i])->size = AUTH_MOST + 1;
		expect_booted("too large", "");
		snprintf(words, sizeof(words), "berth: %s: has 262145 bytes; at most 262144 are read\n", path[i]);
		scene_expect(words, 1);
	}
	given_keys("", true);
	file_named(path[2])->head = key_file(4, 107, 5, 2);
	file_named(path[2])->size = file_named(path[2])->head_size = 107;
	expect_booted("two platform keys", "");
	scene_expect("berth: \\loader\\keys\\auto\\PK.auth: has 2 keys; a machine has one platform key\n", 1);
}

static void what_firmware_does_not_take_is_said_with_what_it_took(void **state)
{
	static const struct {
		const char *variable, *enrolled, *words;
	} row[] = {
	    {"db", "",
	     "does not take db.auth for its variable db: security violation\n  no key was enrolled\n  PK is not"},
	    {"dbx", "db 101 ",
	     "does not take dbx.auth for its variable dbx: security violation\n  db is enrolled\n  PK is not"},
	    {"KEK", "db 101 dbx 102 ", "security violation\n  db is enrolled\n  dbx is enrolled\n  PK is not"},
	    {"PK", "db 101 dbx 102 KEK 103 ",
	     "security violation\n  db is enrolled\n  dbx is enrolled\n  KEK is enrolled\n  PK is not, so Secure Boot "
	     "stays off"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_keys("", true);
		uefi.variable_fails = row[i].variable;
		expect_booted(row[i].variable, row[i].enrolled);
		scene_expect(row[i].words, 1);
	}
}

static void an_entry_that_is_asked_for_enrols_its_own(void **state)
{
	(void)state;
	given("secure-boot-enroll manual\n", true);
	put_keys("Mine", true);
	uefi_variable_put_text("LoaderEntryOneShot", "secure-boot-keys-mine");
	expect_enrolled("once", ALL, EfiResetCold);
	assert_null(uefi_variable("LoaderEntrySelected"));
	given("timeout menu-force\nsecure-boot-enroll manual\nauto-firmware no\n", false);
	put_keys("Mine", true);
	uefi.nobody = false;
	uefi.keys = "j\r................";
	expect_enrolled("from the menu", ALL, EfiResetCold);
	scene_expect("      Enroll Secure Boot keys: Mine\n", 1);
	scene_expect("  keys for Secure Boot, and a restart", 1);
	scene_expect("they are enrolled in ", 15);
	given("timeout menu-force\nsecure-boot-enroll manual\nauto-firmware no\n", false);
	put_keys("Mine", true);
	uefi.nobody = false;
	uefi.keys = "j\r|x|x|kk\r";
	expect_booted("a key stops it", "");
	given("secure-boot-enroll manual\n", true);
	put_keys("Mine", true);
	uefi_variable_put_text("LoaderEntryOneShot", "secure-boot-keys-mine");
	uefi.stays_on = true;
	expect_booted("firmware does not restart", ALL);
	scene_expect("berth: firmware did not restart the machine\n", 1);
}

static void given_forced(void)
{
	given(FORCE, false);
	put_keys("auto", false);
}

static unsigned int entered; /* in a sweep, by the kernel */

static bool is_enrolled(unsigned int call, uint64_t fault)
{
	(void)call;
	(void)fault;
	if (uefi_report.rebooted && !scene_failed_in("SetVariable"))
		assert_ptr_equal(strstr(uefi_report.enrolled, "custom " ALL), uefi_report.enrolled);
	if (strstr(uefi_report.enrolled, "PK") != NULL && !scene_failed_in("SetVariable"))
		assert_true(uefi_report.resets == 1 && strstr(uefi_report.enrolled, ALL) != NULL);
	entered += outcome.entered;
	return uefi_report.rebooted;
}

/* There is a reason on the console, or everything was enrolled; never a platform key without the others. */
static void every_call_goes_wrong_in_every_way(void **state)
{
	static const uint64_t faults[] = {EFIERR(1), EFIERR(9), EFIERR(26), LIE_NOTHING, LIE_TOO_MUCH};
	struct scene_sweep sweep = scene_sweep(faults, COUNT_OF(faults), given_forced, is_enrolled);

	(void)state;
	assert_true(sweep.calls > 100 && sweep.well > 100 / share() && entered > 20 / share());
}

/* Of other variables than PK a file may have several keys. */
static void several_keys_may_sign_what_is_started(void **state)
{
	(void)state;
	given_keys("", true);
	file_named(KEYS "auto\\db.auth")->head = key_file(4, 129, 5, 2);
	file_named(KEYS "auto\\db.auth")->size = file_named(KEYS "auto\\db.auth")->head_size = 129;
	expect_enrolled("two in db", "db 129 dbx 102 KEK 103 PK 104 ", EfiResetCold);
}

static void given_mine(void)
{
	given("", true);
	put_keys("Mine", true);
}

/* A folder that cannot be listed enrols and offers nothing; one without memory for its entry is told by name. */
static void a_failing_call_that_lists_keys_is_told(void **state)
{
	(void)state;
	/* Reads of the folder, unasked and for the menu: the folder in it, and that there is no other. */
	assert_int_equal(
	    scene_said_at_failing_calls(given_mine, "berth: \\loader\\keys: cannot be listed: device error\n"), 4);
	/* For the entry, and for its title. */
	assert_int_equal(scene_said_without_memory(given_mine, "berth: no memory for the entry secure-boot-keys-Mine"),
			 2);
	assert_string_equal(uefi_report.enrolled, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_virtual_machine_gets_them_unasked_in_their_order),
	    cmocka_unit_test(a_berth_sums_that_is_there_is_demanded_with_them),
	    cmocka_unit_test(what_a_machine_demands_already_does_not_fall),
	    cmocka_unit_test(where_the_cpu_does_not_tell_smbios_does),
	    cmocka_unit_test(another_machine_offers_them_and_no_more),
	    cmocka_unit_test(a_machine_with_keys_is_left_alone),
	    cmocka_unit_test(by_force_a_key_stops_them_while_a_countdown_runs),
	    cmocka_unit_test(without_a_signature_a_platform_key_needs_custom_mode),
	    cmocka_unit_test(custom_mode_does_not_outlast_a_refusal),
	    cmocka_unit_test(a_file_that_is_missing_or_wrong_leaves_everything_as_it_was),
	    cmocka_unit_test(what_firmware_does_not_take_is_said_with_what_it_took),
	    cmocka_unit_test(an_entry_that_is_asked_for_enrols_its_own),
	    cmocka_unit_test(several_keys_may_sign_what_is_started),
	    cmocka_unit_test(a_failing_call_that_lists_keys_is_told),
	    cmocka_unit_test(every_call_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
