/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface over a whole boot: which variables the system finds, with which bytes, and what the loader
 * does with those that it finds itself. Sources: systemd, docs/BOOT_LOADER_INTERFACE.md; src/boot/boot.c.
 */
#include "../sim/bench.h"
#include "../../base/version.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ONE   "title One\nsort-key a\nlinux /vmlinuz\noptions one\n"
#define TWO   "title Two\nsort-key b\nlinux /vmlinuz\noptions two\n"
#define AWFUL "title Awful\nsort-key c\nlinux /vmlinuz\nplacement 0x4000\n"

#define FOR_THIS_BOOT 6 /* UEFI 2.10, 8.2.1: of boot services and at run time */
#define STAYS	      7 /* and over a reset */

/* Entries one and two; @boots: the text of the one that is to boot. */
static void given(const char *conf, const char *boots)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", boots, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
	scene_put_text("\\loader\\entries\\two.conf", TWO);
	scene_put_text("\\loader\\entries\\one.conf", ONE);
}

/* boot.rst, cmd_line_ptr: the command line begins with the options of the entry that was meant. */
static void expect_boots(const char *name, const char *options)
{
	const uint8_t *params;
	const char *line;

	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
	params = sim_memory(outcome.argument, EFI_PAGE);
	line = (const char *)sim_memory(load_le(params + 0x228, 4), 16);
	if (line == NULL || strncmp(line, options, strlen(options)) != 0)
		fail_msg("%s: the kernel's command line is not %s but %s", name, options, line);
	sim_end();
}

static void expect_variable(const char *name, const char *text, uint32_t attributes)
{
	const struct uefi_variable *variable = uefi_variable(name);

	if (variable == NULL || !uefi_variable_says(name, text) || variable->attributes != attributes)
		fail_msg("%s: %s is not \"%s\" with attributes %u: %s", bench.name, name, text, attributes,
			 variable == NULL ? "there is none" : "it is another");
}

static void expect_none(const char *name)
{
	if (uefi_variable(name) != NULL)
		fail_msg("%s: there is a variable %s", bench.name, name);
}

/* ---- what the loader tells ---- */

static void the_system_is_told_who_started_it_and_from_where(void **state)
{
	(void)state;
	given(NULL, ONE);
	expect_boots("a plain boot", "one");
	expect_variable("LoaderInfo", "Berth " BERTH_VERSION, FOR_THIS_BOOT);
	expect_variable("LoaderFirmwareInfo", "Simulated UEFI 1.01", FOR_THIS_BOOT);
	expect_variable("LoaderFirmwareType", "UEFI 2.70", FOR_THIS_BOOT);
	expect_variable("LoaderDevicePartUUID", "D3C2B10A-F5E4-2716-3849-5A6B7C8D9EAF", FOR_THIS_BOOT);
	expect_variable("LoaderImageIdentifier", "\\EFI\\b.E", FOR_THIS_BOOT);
	expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
}

/* docs/BOOT_LOADER_INTERFACE.md, "LoaderFeatures": a set of bits in 64; only what is done is claimed. */
static void the_features_are_those_that_there_are(void **state)
{
	static const struct {
		const struct arch *arch;
		uint64_t features;
	} row[] = {
	    /* URL, TPM, timeouts, default, one shot, counting, sort-key, saved, menu-disabled, UKIs with profiles,
	       UKIs, preferred, keyboard layout */
	    {NULL, 0x1de3ff},
	    {&arch_aarch64, 0x1de7ff}, /* and device trees */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		const struct uefi_variable *features;

		given(NULL, ONE);
		sim.arch = row[i].arch;
		sim_boot(&bench.entry, &bench.conf);
		sim_end();
		features = uefi_variable("LoaderFeatures");
		assert_non_null(features);
		assert_int_equal(features->size, 8);
		assert_int_equal(features->attributes, FOR_THIS_BOOT);
		if (load_le(features->value, 8) != row[i].features)
			fail_msg("row %zu: the features are %#" PRIx64, i, load_le(features->value, 8));
	}
}

static void the_entries_are_told_in_the_order_of_the_menu_each_with_its_end(void **state)
{
	static const uint16_t wanted[] = {'o', 'n', 'e', '.', 'c', 'o', 'n', 'f', 0,
					  't', 'w', 'o', '.', 'c', 'o', 'n', 'f', 0};
	const struct uefi_variable *entries;

	(void)state;
	given(NULL, ONE);
	expect_boots("two entries", "one");
	entries = uefi_variable("LoaderEntries");
	assert_non_null(entries);
	assert_int_equal(entries->attributes, FOR_THIS_BOOT);
	assert_int_equal(entries->size, sizeof(wanted));
	assert_memory_equal(entries->value, wanted, sizeof(wanted));
}

/* A loader that started this one knows where the machine was started from; its words stay. */
static void what_an_earlier_loader_told_of_the_machine_stays(void **state)
{
	static const char *const stays[] = {"LoaderDevicePartUUID", "LoaderDeviceURL", "LoaderImageIdentifier"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(stays); i++) {
		given(NULL, ONE);
		uefi_variable_put_text(stays[i], "an earlier loader's words");
		expect_boots(stays[i], "one");
		expect_variable(stays[i], "an earlier loader's words", STAYS);
		assert_int_equal(uefi_report.removals, 0);
	}
}

#define CAPABILITY(minor, is_present, banks)                                                                           \
	{                                                                                                              \
		36, 1, minor, 1, minor, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, is_present, 0, 0, 16, 0, 16, 0, 0, 1, 2, 3,   \
		    4, 2, 0, 0, 0, banks, 0, 0, 0x80                                                                   \
	}

/* BOOT_LOADER_INTERFACE.md: 0 without a TPM, 0xffffffff where firmware does not tell. */
static void the_kinds_of_sums_of_a_tpm_are_told(void **state)
{
	static const struct {
		const char *words;
		uint8_t capability[36];
	} row[] = {
	    {"0x8000000f", CAPABILITY(1, 1, 15)},
	    {"0x80000002", CAPABILITY(2, 1, 2)},
	    {"0x00000000", CAPABILITY(1, 0, 15)},
	    {"0xffffffff", CAPABILITY(0, 1, 15)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(NULL, ONE);
		uefi.tpm = row[i].capability;
		expect_boots(row[i].words, "one");
		expect_variable("LoaderTpm2ActivePcrBanks", row[i].words, FOR_THIS_BOOT);
	}
	given(NULL, ONE);
	expect_boots("no TPM", "one");
	expect_variable("LoaderTpm2ActivePcrBanks", "0x00000000", FOR_THIS_BOOT);
	expect_none("LoaderDeviceURL");
}

/* UEFI 2.10, 10.3.4.23: the URI has no NUL. */
#define URL(...)                                                                                                       \
	{                                                                                                              \
		3, 11, 4, 0, 3, 24, __VA_ARGS__, 0x7f, 0xff, 4, 0                                                      \
	}

static void the_url_that_it_was_fetched_from_is_told(void **state)
{
	static const struct {
		const char *words; /* NULL: none */
		uint8_t path[40];
	} row[] = {
	    {"http:/b.efi", URL(15, 0, 'h', 't', 't', 'p', ':', '/', 'b', '.', 'e', 'f', 'i')},
	    {NULL, URL(4, 0)},
	    {NULL, URL(7, 0, 'h', 0, 't')},
	    {NULL, URL(7, 0, 'h', '\n', 't')},
	    {NULL, URL(7, 0, 'h', 0xff, 't')},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(NULL, ONE);
		uefi.own_path = row[i].path;
		expect_boots("by network", "one");
		if (row[i].words != NULL)
			expect_variable("LoaderDeviceURL", row[i].words, FOR_THIS_BOOT);
		else
			expect_none("LoaderDeviceURL");
		expect_none("LoaderDevicePartUUID");
	}
}

/* UEFI 2.10, 34.8.10, EFI_HII_KEYBOARD_LAYOUT without keys: one description, "de D". */
static const uint8_t german[] = {35, 0, 1, 2, 3, 4, 5, 6,   7, 8,   9, 10,  11, 12,  13, 14, 15, 16,
				 23, 0, 0, 0, 0, 1, 0, 'd', 0, 'e', 0, ' ', 0,	'D', 0,	 0,  0};

static void the_language_of_the_keyboard_is_told(void **state)
{
	(void)state;
	given(NULL, ONE);
	uefi.layout = german;
	expect_boots("a German keyboard", "one");
	expect_variable("LoaderKeyboardLayout", "de", FOR_THIS_BOOT);
	given(NULL, ONE);
	uefi.layout = german;
	uefi_variable_put_text("LoaderKeyboardLayout", "fr");
	expect_boots("told before", "one");
	expect_variable("LoaderKeyboardLayout", "fr", STAYS);
	given(NULL, ONE);
	expect_boots("no keyboard", "one");
	expect_none("LoaderKeyboardLayout");
	for (unsigned int size = 4096; size <= 4097; size++) {
		static uint8_t large[4097];

		memcpy(large, german, sizeof(german));
		store_le(large, 2, size);
		given(NULL, ONE);
		uefi.layout = large;
		expect_boots("a large layout", "one");
		if (size == 4096)
			expect_variable("LoaderKeyboardLayout", "de", FOR_THIS_BOOT);
		else
			expect_none("LoaderKeyboardLayout");
	}
}

static uint64_t time_in(const char *name)
{
	const struct uefi_variable *variable = uefi_variable(name);
	uint64_t time = 0;

	if (variable == NULL)
		return 0;
	assert_int_equal(variable->attributes, FOR_THIS_BOOT);
	for (size_t i = 0; i + 2 < variable->size; i += 2) {
		assert_in_range(variable->value[i], '0', '9');
		assert_int_equal(variable->value[i + 1], 0);
		time = time * 10 + variable->value[i] - '0';
	}
	assert_int_not_equal(time, 0);
	return time;
}

static void the_times_ascend_and_the_menus_is_there_only_with_a_menu(void **state)
{
	(void)state;
	given(NULL, ONE);
	expect_boots("no menu", "one");
	assert_true(time_in("LoaderTimeInitUSec") != 0);
	assert_true(time_in("LoaderTimeInitUSec") <= time_in("LoaderTimeExecUSec"));
	expect_none("LoaderTimeMenuUSec");
	given("timeout 2\n", ONE);
	expect_boots("a menu", "one");
	assert_true(time_in("LoaderTimeInitUSec") <= time_in("LoaderTimeMenuUSec"));
	assert_true(time_in("LoaderTimeMenuUSec") <= time_in("LoaderTimeExecUSec"));
}

/* src/boot/ticks.c: there the counter says nothing of the machine. */
static void under_a_hypervisor_no_time_is_told(void **state)
{
	(void)state;
	given("timeout 2\n", ONE);
	sim.hypervisor = true;
	expect_boots("a guest", "one");
	expect_none("LoaderTimeInitUSec");
	expect_none("LoaderTimeMenuUSec");
	expect_none("LoaderTimeExecUSec");
	expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
}

static void an_entry_that_does_not_start_is_not_told_as_started(void **state)
{
	(void)state;
	given("default awful\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi.keys = "";
	scene_run("awful");
	assert_false(outcome.entered);
	expect_none("LoaderEntrySelected");
	expect_none("LoaderTimeExecUSec");
}

static void without_variables_or_device_paths_it_boots_all_the_same(void **state)
{
	(void)state;
	given(NULL, ONE);
	uefi.no_variables = true;
	expect_boots("no variables", "one");
	given(NULL, ONE);
	uefi.no_origin = true;
	expect_boots("no device paths", "one");
	expect_none("LoaderDevicePartUUID");
	expect_none("LoaderImageIdentifier");
	expect_variable("LoaderInfo", "Berth " BERTH_VERSION, FOR_THIS_BOOT);
}

/* ---- what the loader is told ---- */

static void what_is_asked_for_once_boots_once(void **state)
{
	struct fail why;

	(void)state;
	given(NULL, TWO);
	uefi_variable_put_text("LoaderEntryOneShot", "two.conf");
	expect_boots("the first boot", "two");
	expect_none("LoaderEntryOneShot");
	expect_variable("LoaderEntrySelected", "two.conf", FOR_THIS_BOOT);
	assert_int_equal(uefi_report.removals, 1);
	/* The same firmware, which has kept what stays. */
	assert_int_equal(entry_parse(&bench.entry, "one.conf", ONE, strlen(ONE), &why), OK);
	expect_boots("the second boot", "one");
	expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
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
	given(NULL, ONE);
	uefi_variable_put_text("LoaderEntryOneShot", "three.conf");
	expect_boots("no such entry", "one");
	expect_none("LoaderEntryOneShot");
	expect_said("variable LoaderEntryOneShot: \"three.conf\" matches no entry that can boot, and is gone");
	given(NULL, ONE);
	uefi_variable_put("LoaderEntryOneShot", odd, sizeof(odd));
	expect_boots("half a unit", "one");
	expect_none("LoaderEntryOneShot");
	given(NULL, ONE);
	memset(large, 't', sizeof(large));
	uefi_variable_put("LoaderEntryOneShot", large, sizeof(large));
	uefi_variable_put("LoaderConfigTimeoutOneShot", large, sizeof(large));
	expect_boots("8 KiB", "one");
	expect_none("LoaderEntryOneShot");
	expect_none("LoaderConfigTimeoutOneShot");
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
	expect_none("LoaderEntryOneShot");
	expect_none("LoaderConfigTimeoutOneShot");
}

static void what_was_asked_for_once_wins_over_the_load_option_and_that_over_the_default(void **state)
{
	(void)state;
	given(NULL, ONE);
	uefi.option = "one";
	uefi_variable_put_text("LoaderEntryDefault", "two.conf");
	expect_boots("a load option", "one");
	given(NULL, TWO);
	uefi.option = "one";
	uefi_variable_put_text("LoaderEntryOneShot", "two.conf");
	expect_boots("once", "two");
}

static void the_default_of_the_variable_wins_over_loader_conf(void **state)
{
	(void)state;
	given("default one.conf\n", TWO);
	uefi_variable_put_text("LoaderEntryDefault", "t*");
	expect_boots("default", "two");
	expect_variable("LoaderEntryDefault", "t*", STAYS);
	given("default one.conf\n", ONE);
	uefi_variable_put_text("LoaderEntryDefault", "three");
	expect_boots("a default that is not there", "one");
	expect_said("variable LoaderEntryDefault: \"three\" matches no entry that can boot: the default is one.conf");
	given("preferred two.conf\ndefault one.conf\n", TWO);
	expect_boots("preferred", "two");
	given("preferred two.conf\n", ONE);
	uefi_variable_put_text("LoaderEntryPreferred", "one");
	expect_boots("preferred by the variable", "one");
}

static void the_entry_booted_last_is_kept_where_saved_asks_for_it(void **state)
{
	(void)state;
	given("default @saved\ntimeout menu-force\n", TWO);
	uefi.keys = "j\r";
	expect_boots("two is chosen", "two");
	expect_variable("LoaderEntryLastBooted", "two.conf", STAYS);
	uefi.keys = "\r";
	expect_boots("and is the default then", "two");
	/* What is the same is not written again: flash wears out. */
	assert_non_null(uefi_variable("LoaderEntryLastBooted"));
	given("default @saved\n", ONE);
	uefi_variable_put_text("LoaderEntryLastBooted", "two.conf");
	uefi_variable_put_text("LoaderEntryOneShot", "one.conf");
	expect_boots("once is no habit", "one");
	expect_variable("LoaderEntryLastBooted", "two.conf", STAYS);
	given(NULL, ONE);
	uefi_variable_put_text("LoaderEntryLastBooted", "two.conf");
	expect_boots("nobody asks for it", "one");
	expect_none("LoaderEntryLastBooted");
}

static void an_entry_that_does_not_start_is_not_the_last_booted(void **state)
{
	(void)state;
	given("default @saved\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi_variable_put_text("LoaderEntryLastBooted", "one.conf");
	uefi_variable_put_text("LoaderEntryOneShot", "two.conf"); /* so that it is awful's turn by a key alone */
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "menu-force");
	uefi.keys = "j\r|Q1\r"; /* awful; the key that is asked for; and one */
	expect_boots("awful, and then one", "one");
	expect_said("cannot run at 0x4000");
	expect_variable("LoaderEntryLastBooted", "one.conf", STAYS);
	assert_int_equal(uefi_report.removals, 2);
}

static void what_boots_because_another_failed_is_not_the_last_booted(void **state)
{
	(void)state;
	given("default @saved\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi_variable_put_text("LoaderEntryLastBooted", "two.conf");
	uefi_variable_put_text("LoaderEntryOneShot", "awful.conf");
	uefi.nobody = true;
	expect_boots("a substitute", "one");
	expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
	expect_variable("LoaderEntryLastBooted", "two.conf", STAYS);
}

/* A key that is held down, or a keyboard that is broken: nobody asks for the menu by it. */
static void a_stuck_key_stops_no_machine(void **state)
{
	static char keys[400];

	(void)state;
	memset(keys, 'x', sizeof(keys) - 1);
	given("timeout menu-disabled\ndefault awful\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi.keys = keys;
	expect_boots("a stuck key", "one");
	expect_said("press any key for the menu, or one.conf boots in 10 s");
}

static void the_timeout_of_a_variable_wins_over_loader_conf_and_once_over_both(void **state)
{
	(void)state;
	given("timeout 5\n", ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "2");
	expect_boots("two seconds", "one");
	assert_int_equal(scene_said("Boots in"), 2);
	expect_variable("LoaderConfigTimeout", "2", STAYS);
	given("timeout 5\n", ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "menu-hidden");
	expect_boots("hidden", "one");
	assert_int_equal(scene_said("Boots in"), 0);
	given(NULL, ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "2");
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "3");
	expect_boots("three seconds, once", "one");
	assert_int_equal(scene_said("Boots in"), 3);
	expect_none("LoaderConfigTimeoutOneShot");
	expect_boots("and two again", "one");
	assert_int_equal(scene_said("Boots in"), 2);
	given("timeout 5\n", ONE);
	uefi_variable_put_text("LoaderConfigTimeout", "soon");
	expect_boots("no number", "one");
	assert_int_equal(scene_said("Boots in"), 5);
	expect_said("variable LoaderConfigTimeout: \"soon\" is not a number of seconds");
}

static void a_menu_that_is_asked_for_once_waits_even_where_a_load_option_names_the_entry(void **state)
{
	(void)state;
	given("timeout menu-disabled\n", ONE);
	uefi.option = "two";
	uefi.keys = "k\r";
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "0");
	expect_boots("a menu", "one");
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
	given("default one.conf\n", ONE);
	uefi.esrt = esrt;
	uefi_variable_put_text("LoaderEntrySysFail", "two.conf");
	expect_boots("an update that succeeded", "one");
	expect_none("LoaderSysFailReason");
	store_le(esrt + 16 + 36, 4, 4);
	uefi_variable_put_text("LoaderEntryOneShot", "one.conf");
	assert_int_equal(entry_parse(&bench.entry, "two.conf", TWO, strlen(TWO), &(struct fail){.status = OK}), OK);
	uefi.option = "one";
	expect_boots("one that failed", "two");
	expect_variable("LoaderSysFailReason", "firmware-updare-failure", FOR_THIS_BOOT);
	expect_said("the last update of firmware failed: variable LoaderEntrySysFail chooses two.conf");
	expect_none("LoaderEntryOneShot");
	given("default one.conf\n", ONE);
	uefi.esrt = esrt;
	uefi_variable_put_text("LoaderEntrySysFail", "three.conf");
	expect_boots("an entry that is not there", "one");
	expect_said("variable LoaderEntrySysFail: \"three.conf\" matches no entry that can boot");
}

/* systemd-boot lists no such entry: whoever asks for it, and nobody alike, gets one that can boot, at once. */
static void an_entry_whose_kernel_is_not_there_is_nobodys_default(void **state)
{
	(void)state;
	given("default none\n", ONE);
	scene_put_text("\\loader\\entries\\none+3.conf", "title None\nsort-key 0\nlinux /none\n");
	expect_boots("loader.conf's", "one");
	expect_said("berth: none.conf is passed over: \\none: no such file");
	assert_null(strstr(uefi_report.console, "press any key"));
	assert_int_equal(uefi_report.renames, 0);
	given(NULL, ONE);
	scene_put_text("\\loader\\entries\\none.conf", "title None\nsort-key 0\nlinux /none\n");
	expect_boots("the first", "one");
}

/* But for those of Secure Boot, whose loss must stop it (efi_secure_boot). */
static void no_variable_that_cannot_be_read_or_written_stops_a_boot(void **state)
{
	static const uint64_t faults[] = {EFIERR(2), EFIERR(3),	 EFIERR(5),   EFIERR(7),   EFIERR(8),
					  EFIERR(9), EFIERR(26), LIE_NOTHING, LIE_TOO_MUCH};
	static const uint8_t tpm[36] = CAPABILITY(1, 1, 2);
	unsigned int reads = 0, writes = 0, asked = 0, calls = 1000;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given("default @saved\n", ONE);
			uefi_variable_put_text("LoaderEntryOneShot", "three.conf");
			uefi.layout = german;
			uefi.tpm = tpm;
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			if (scene_failed_in("SetVariable"))
				writes++;
			else if (scene_failed_in("GetVariable"))
				reads++;
			else if (strcmp(uefi_service_name(uefi_report.service), "GetCapability") == 0)
				asked++;
			else
				continue;
			if (!outcome.entered && strstr(uefi_report.console, "Secure Boot is") == NULL)
				fail_msg("call %u, fault %#" PRIx64 ": %s", k, faults[f], outcome.why.text);
		}
	assert_true(asked == COUNT_OF(faults) && reads >= 9 * COUNT_OF(faults) && writes >= 12 * COUNT_OF(faults));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_system_is_told_who_started_it_and_from_where),
	    cmocka_unit_test(the_features_are_those_that_there_are),
	    cmocka_unit_test(the_kinds_of_sums_of_a_tpm_are_told),
	    cmocka_unit_test(the_url_that_it_was_fetched_from_is_told),
	    cmocka_unit_test(the_entries_are_told_in_the_order_of_the_menu_each_with_its_end),
	    cmocka_unit_test(what_an_earlier_loader_told_of_the_machine_stays),
	    cmocka_unit_test(the_language_of_the_keyboard_is_told),
	    cmocka_unit_test(the_times_ascend_and_the_menus_is_there_only_with_a_menu),
	    cmocka_unit_test(under_a_hypervisor_no_time_is_told),
	    cmocka_unit_test(an_entry_that_does_not_start_is_not_told_as_started),
	    cmocka_unit_test(without_variables_or_device_paths_it_boots_all_the_same),
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
	    cmocka_unit_test(no_variable_that_cannot_be_read_or_written_stops_a_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
