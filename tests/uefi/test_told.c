/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface over a whole boot: which variables the system finds, with which bytes. Sources: systemd,
 * docs/BOOT_LOADER_INTERFACE.md; src/boot/boot.c.
 */
#include "interface.h"

#include "../sim/bench.h"
#include "../../base/version.h"

#include <efi.h>

#define AWFUL "title Awful\nsort-key c\nlinux /vmlinuz\nplacement 0x4000\n"

static void the_system_is_told_who_started_it_and_from_where(void **state)
{
	(void)state;
	interface_given(NULL, ONE);
	interface_expect_boots("a plain boot", "one");
	interface_expect_variable("LoaderInfo", "Berth " BERTH_VERSION, FOR_THIS_BOOT);
	interface_expect_variable("LoaderFirmwareInfo", "Simulated UEFI 1.01", FOR_THIS_BOOT);
	interface_expect_variable("LoaderFirmwareType", "UEFI 2.70", FOR_THIS_BOOT);
	interface_expect_variable("LoaderDevicePartUUID", "D3C2B10A-F5E4-2716-3849-5A6B7C8D9EAF", FOR_THIS_BOOT);
	interface_expect_variable("LoaderImageIdentifier", "\\EFI\\b.E", FOR_THIS_BOOT);
	interface_expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
}

/* Of a name that does not end as many units are believed as any has. */
static void firmware_without_a_name_is_not_told(void **state)
{
	static uint16_t name[200];

	(void)state;
	for (size_t length = 127; length <= 129; length++) {
		for (size_t i = 0; i < COUNT_OF(name); i++)
			name[i] = i < length ? 'x' : 0;
		interface_given(NULL, ONE);
		uefi.vendor = name;
		interface_expect_boots("a long name", "one");
		assert_non_null(uefi_variable("LoaderFirmwareInfo"));
		assert_int_equal(uefi_variable("LoaderFirmwareInfo")->size,
				 2 * ((length < 128 ? length : 128) + sizeof(" 1.01")));
	}
	name[0] = 0;
	interface_given(NULL, ONE);
	uefi.vendor = name;
	interface_expect_boots("an empty name", "one");
	assert_null(uefi_variable("LoaderFirmwareInfo"));
	interface_given(NULL, ONE);
	uefi.no_vendor = true;
	interface_expect_boots("no name", "one");
	assert_null(uefi_variable("LoaderFirmwareInfo"));
	interface_expect_variable("LoaderFirmwareType", "UEFI 2.70", FOR_THIS_BOOT);
}

/* docs/BOOT_LOADER_INTERFACE.md, "LoaderFeatures": a set of bits in 64; only what is done is claimed. */
static void the_features_are_those_that_there_are(void **state)
{
	static const struct {
		const struct arch *arch;
		uint64_t features;
	} row[] = {
	    /* URL, TPM, timeouts, default, one shot, counting, sort-key, saved, keys, menu-disabled, UKIs with
	       profiles, UKIs, preferred, shim, keyboard layout, SMBIOS measured */
	    {NULL, 0x3ffbff},
	    {&arch_aarch64, 0x3fffff}, /* and device trees */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		const struct uefi_variable *features;

		interface_given(NULL, ONE);
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
	interface_given(NULL, ONE);
	interface_expect_boots("two entries", "one");
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
		interface_given(NULL, ONE);
		uefi_variable_put_text(stays[i], "an earlier loader's words");
		interface_expect_boots(stays[i], "one");
		interface_expect_variable(stays[i], "an earlier loader's words", STAYS);
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
		interface_given(NULL, ONE);
		uefi.tpm = row[i].capability;
		interface_expect_boots(row[i].words, "one");
		interface_expect_variable("LoaderTpm2ActivePcrBanks", row[i].words, FOR_THIS_BOOT);
	}
	interface_given(NULL, ONE);
	interface_expect_boots("no TPM", "one");
	interface_expect_variable("LoaderTpm2ActivePcrBanks", "0x00000000", FOR_THIS_BOOT);
	interface_expect_none("LoaderDeviceURL");
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
	    {"http:/b.efi", URL(16, 0, 'h', 't', 't', 'p', ':', '/', 'b', '.', 'e', 'f', 'i', 0)}, /* EDK2's */
	    {NULL, URL(4, 0)},
	    {NULL, URL(5, 0, 0)},
	    {NULL, URL(7, 0, 'h', 0, 0)},
	    {NULL, URL(7, 0, 'h', 0, 't')},
	    {NULL, URL(7, 0, 'h', '\n', 't')},
	    {NULL, URL(7, 0, 'h', 0xff, 't')},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		interface_given(NULL, ONE);
		uefi.own_path = row[i].path;
		interface_expect_boots("by network", "one");
		if (row[i].words != NULL)
			interface_expect_variable("LoaderDeviceURL", row[i].words, FOR_THIS_BOOT);
		else
			interface_expect_none("LoaderDeviceURL");
		interface_expect_none("LoaderDevicePartUUID");
	}
}

/* UEFI 2.10, 34.8.10, EFI_HII_KEYBOARD_LAYOUT without keys: one description, "de D". */
static const uint8_t german[] = {35, 0, 1, 2, 3, 4, 5, 6,   7, 8,   9, 10,  11, 12,  13, 14, 15, 16,
				 23, 0, 0, 0, 0, 1, 0, 'd', 0, 'e', 0, ' ', 0,	'D', 0,	 0,  0};

static void the_language_of_the_keyboard_is_told(void **state)
{
	(void)state;
	interface_given(NULL, ONE);
	uefi.layout = german;
	interface_expect_boots("a German keyboard", "one");
	interface_expect_variable("LoaderKeyboardLayout", "de", FOR_THIS_BOOT);
	interface_given(NULL, ONE);
	uefi.layout = german;
	uefi_variable_put_text("LoaderKeyboardLayout", "fr");
	interface_expect_boots("told before", "one");
	interface_expect_variable("LoaderKeyboardLayout", "fr", STAYS);
	interface_given(NULL, ONE);
	interface_expect_boots("no keyboard", "one");
	interface_expect_none("LoaderKeyboardLayout");
	for (unsigned int size = 4096; size <= 4097; size++) {
		static uint8_t large[4097];

		memcpy(large, german, sizeof(german));
		store_le(large, 2, size);
		interface_given(NULL, ONE);
		uefi.layout = large;
		interface_expect_boots("a large layout", "one");
		if (size == 4096)
			interface_expect_variable("LoaderKeyboardLayout", "de", FOR_THIS_BOOT);
		else
			interface_expect_none("LoaderKeyboardLayout");
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
	interface_given(NULL, ONE);
	interface_expect_boots("no menu", "one");
	assert_true(time_in("LoaderTimeInitUSec") != 0);
	assert_true(time_in("LoaderTimeInitUSec") <= time_in("LoaderTimeExecUSec"));
	interface_expect_none("LoaderTimeMenuUSec");
	interface_given("timeout 2\n", ONE);
	interface_expect_boots("a menu", "one");
	assert_true(time_in("LoaderTimeInitUSec") <= time_in("LoaderTimeMenuUSec"));
	assert_true(time_in("LoaderTimeMenuUSec") <= time_in("LoaderTimeExecUSec"));
}

/* src/boot/ticks.c: there the counter says nothing of the machine. */
static void under_a_hypervisor_no_time_is_told(void **state)
{
	(void)state;
	interface_given("timeout 2\n", ONE);
	sim.hypervisor = true;
	interface_expect_boots("a guest", "one");
	interface_expect_none("LoaderTimeInitUSec");
	interface_expect_none("LoaderTimeMenuUSec");
	interface_expect_none("LoaderTimeExecUSec");
	interface_expect_variable("LoaderEntrySelected", "one.conf", FOR_THIS_BOOT);
}

static void an_entry_that_does_not_start_is_not_told_as_started(void **state)
{
	(void)state;
	interface_given("default awful\n", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", AWFUL);
	uefi.keys = "";
	scene_run("awful");
	assert_false(outcome.entered);
	interface_expect_none("LoaderEntrySelected");
	interface_expect_none("LoaderTimeExecUSec");
}

static void without_variables_or_device_paths_it_boots_all_the_same(void **state)
{
	(void)state;
	interface_given(NULL, ONE);
	uefi.no_variables = true;
	interface_expect_boots("no variables", "one");
	interface_given(NULL, ONE);
	uefi.no_origin = true;
	interface_expect_boots("no device paths", "one");
	interface_expect_none("LoaderDevicePartUUID");
	interface_expect_none("LoaderImageIdentifier");
	interface_expect_variable("LoaderInfo", "Berth " BERTH_VERSION, FOR_THIS_BOOT);
}

/* But for those of Secure Boot, whose loss must stop it (efi_secure_boot). */
static void no_failing_call_for_a_variable_stops_a_boot(void **state)
{
	static const uint64_t faults[] = {EFIERR(2), EFIERR(3),	 EFIERR(5),   EFIERR(7),   EFIERR(8),
					  EFIERR(9), EFIERR(26), LIE_NOTHING, LIE_TOO_MUCH};
	static const uint8_t tpm[36] = CAPABILITY(1, 1, 2);
	unsigned int reads = 0, writes = 0, asked = 0, calls = 1000;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			interface_given("default @saved\n", ONE);
			uefi_variable_put_text("LoaderEntryOneShot", "three.conf");
			uefi.layout = german;
			uefi.tpm = tpm;
			sim.fail_call = k;
			sim.other_line = true; /* of whichever entry boots then */
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
	    cmocka_unit_test(firmware_without_a_name_is_not_told),
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
	    cmocka_unit_test(no_failing_call_for_a_variable_stops_a_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
