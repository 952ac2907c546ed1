/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is asked to verify a kernel, and what each of their answers leads to: firmware by LoadImage, shim by a protocol
 * of its own or by its own LoadImage. That no failing call lets one through unverified is in test_uefi.c.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define FOR_SHIM_ALONE (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS)

static void given(enum uefi_shim shim)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free, 4G-5G free", LINUX INITRD, "", &debian);
	bench_sign(bench.head);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED; /* that is a variable here */
	uefi = (struct uefi_setup){.secure_boot = 1, .shim = shim, .shim_hooks = true, .nobody = true};
	scene_put_text("\\loader\\loader.conf", "log normal\n");
	scene_put_text("\\loader\\entries\\t.conf", LINUX INITRD);
}

static void expect_entered(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
	assert_int_equal(outcome.reads_after, 0);
}

static void expect_back(const char *name, const char *words)
{
	scene_run(name);
	assert_false(outcome.entered);
	scene_expect(words, 1);
}

static uint8_t told_secure_boot;

/* boot.rst has it in its table of boot_params: 2 is off, 3 is on. */
static void expect_told_secure_boot(const char *name, uint8_t wanted)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
	told_secure_boot = sim_memory(outcome.argument, EFI_PAGE)[0x1ec];
	sim_end();
	assert_int_equal(told_secure_boot, wanted);
}

static void firmware_verifies_the_kernel_and_nothing_of_it_is_started(void **state)
{
	(void)state;
	given(SHIM_NONE);
	expect_entered("signed");
	assert_int_equal(outcome.verifications, 1);
	assert_int_equal(uefi_report.loads_from_memory, 1);
	assert_int_equal(uefi_report.loads, 1);
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("berth: verified \\vmlinuz, all of it", 1);
	given(SHIM_NONE);
	expect_told_secure_boot("told", 3);
}

static void what_firmware_does_not_trust_is_refused_in_either_way_that_it_says_so(void **state)
{
	(void)state;
	for (int handle = 0; handle < 2; handle++) {
		given(SHIM_NONE);
		uefi.untrusted = true;
		uefi.untrusted_handle = handle == 1;
		expect_back("untrusted", "\\vmlinuz: firmware does not trust it: ");
	}
}

/* LoadImage is the call that answers so: success, and no handle. */
static void a_success_without_an_image_is_a_failure(void **state)
{
	unsigned int calls, seen = 0;

	(void)state;
	given(SHIM_NONE);
	expect_entered("calls");
	calls = outcome.calls;
	for (unsigned int k = 1; k <= calls; k++) {
		given(SHIM_NONE);
		uefi.fault = LIE_NOTHING;
		uefi.for_ever = true; /* it is asked twice, for the kernel lies above 4 GiB */
		sim.fail_call = k;
		scene_run("lie");
		if (!scene_failed_in("LoadImage"))
			continue;
		assert_false(outcome.entered);
		scene_expect("firmware does not take it for a program for this CPU: unsupported", 1);
		seen++;
	}
	assert_int_equal(seen, 1);
}

static void shim_before_16_is_asked_by_its_protocol_alone(void **state)
{
	(void)state;
	given(SHIM_15);
	expect_entered("shim 15");
	assert_int_equal(outcome.verifications, 1);
	assert_int_equal(uefi_report.loads, 0);
	given(SHIM_15);
	uefi.untrusted = true;
	expect_back("shim 15, untrusted", "\\vmlinuz: firmware does not trust it: security violation");
}

/* It would go when the driver is started, and firmware alone does not know its keys. */
static void shim_before_16_stays_when_a_driver_was_started(void **state)
{
	(void)state;
	given(SHIM_15);
	scene_put_text("\\EFI\\berth\\drivers\\ext4_x64.efi", "driver");
	expect_entered("a driver first");
	assert_int_equal(uefi_report.drivers, 1);
	assert_int_equal(outcome.verifications, 1);
}

static bool is_too_much;

/* All calls are made in the loader's place while it waits for a program; not one of the bytes is looked at. */
static void verify_what_is_too_large(void *image)
{
	static const uint64_t size[] = {(uint64_t)INT32_MAX + 1, UINT32_MAX, (uint64_t)UINT32_MAX + 2, UINT64_MAX};
	uint8_t byte = 0;
	struct fail why;

	(void)image;
	is_too_much = true;
	for (size_t i = 0; i < COUNT_OF(size); i++)
		is_too_much = is_too_much && fw_verify(NULL, "\\large", &byte, size[i], &why) == BAD_INPUT &&
			      strstr(why.text, "\\large: has ") != NULL &&
			      strstr(why.text, " bytes; a shim before 16 verifies at most 2147483647") != NULL;
}

/* Its protocol has 32 bits for a size, and shim computes with it in int. */
static void shim_before_16_is_not_asked_about_more_than_it_can_count(void **state)
{
	static struct pe_file program;

	(void)state;
	given(SHIM_15);
	uefi.secure_boot = 0;
	pe_file_begin(&program, PE_X64, 1);
	scene_put("\\program", program.bytes, program.size);
	sim.file[sim.n_files - 2].path = "\\loader\\entries\\z.txt";
	scene_put_text("\\loader\\entries\\p.conf", "title P\nefi /program\n");
	uefi.program = verify_what_is_too_large;
	scene_run("too large");
	assert_int_equal(uefi_report.starts, 1);
	assert_true(is_too_much);
	assert_int_equal(outcome.verifications, 0);
}

static void shim_16_has_its_own_load_image(void **state)
{
	(void)state;
	given(SHIM_16);
	expect_entered("shim 16");
	assert_int_equal(outcome.verifications, 1);
	assert_int_equal(uefi_report.loads_from_memory, 1);
	given(SHIM_16);
	uefi.untrusted = true;
	expect_back("shim 16, untrusted", "\\vmlinuz: firmware does not trust it: ");
	/* Where it has none of a vendor's keys it leaves firmware's LoadImage alone (shim.c, shim_init). */
	given(SHIM_16);
	uefi.shim_hooks = false;
	expect_entered("shim 16 without a hook");
	assert_int_equal(outcome.verifications, 1);
}

/* The kernel's headers, as far as shim looks at them: for a CPU, with or without NX_COMPAT, and one section. */
static void given_marked(uint64_t machine, uint64_t mark, uint64_t flags)
{
	store_le(bench.head + 0x84, 2, machine);
	store_le(bench.head + 0x86, 2, 1);
	store_le(bench.head + 0x94, 2, 0x70);
	store_le(bench.head + 0x98 + 70, 2, mark);
	store_le(bench.head + 0x98 + 0x70 + 36, 4, flags);
}

/* Shim, pe-relocate.c (read_header) and pe.c (handle_image): all that it says of it, but on the screen, is this. */
static void what_shim_forbids_by_mok_policy_is_named(void **state)
{
	static const char other[] = "firmware does not take it for a program for this CPU: unsupported",
			  unmarked[] = "\\vmlinuz: is not marked NX_COMPAT, and shim does not load it: unsupported";
	static const struct {
		enum uefi_shim shim;
		uint64_t machine, mark, flags, status;
		const char *words;
	} row[] = {
	    {SHIM_16, PE_X64, 0, 0x60000020, EFI_UNSUPPORTED, unmarked},
	    {SHIM_15, PE_X64, 0, 0x60000020, EFI_UNSUPPORTED, unmarked},
	    {SHIM_16, PE_X64, 0x100, 0xe0000020, EFI_UNSUPPORTED,
	     "\\vmlinuz: has a section that can be written to and run, and shim does not load it: unsupported"},
	    {SHIM_16, PE_X64, 0x100, 0x60000020, EFI_UNSUPPORTED, other},
	    {SHIM_16, 0xaa64, 0, 0x60000020, EFI_UNSUPPORTED, other},
	    {SHIM_NONE, PE_X64, 0, 0x60000020, EFI_UNSUPPORTED, other},
	    {SHIM_16, PE_X64, 0, 0x60000020, EFI_LOAD_ERROR,
	     "firmware does not take it for a program for this CPU: load error"},
	    {SHIM_16, PE_X64, 0, 0x60000020, EFI_ACCESS_DENIED, "firmware does not trust it: access denied"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		const char *call = row[i].shim == SHIM_15 ? "ShimVerify" : "LoadImage";
		bool is_asked = false;

		for (unsigned int k = 1; k < 500 && !is_asked; k++) {
			given(row[i].shim);
			given_marked(row[i].machine, row[i].mark, row[i].flags);
			uefi.fault = row[i].status;
			uefi.for_ever = true;
			sim.fail_call = k;
			scene_run("forbidden");
			is_asked = scene_failed_in(call);
		}
		assert_true(is_asked);
		assert_false(outcome.entered);
		scene_expect(row[i].words, 1);
	}
}

/* shim, MokManager.c; Linux drivers/firmware/efi/libstub/secureboot.c. */
static void who_sits_at_the_machine_may_switch_shims_checks_off(void **state)
{
	static const struct {
		uint8_t value, attributes;
		const char *odd; /* it fails, or has two bytes */
		bool is_off;
	} rows[] = {
	    {1, FOR_SHIM_ALONE, NULL, true},
	    {0, FOR_SHIM_ALONE, NULL, false},
	    {2, FOR_SHIM_ALONE, NULL, false},
	    {1, FOR_SHIM_ALONE | EFI_VARIABLE_RUNTIME_ACCESS, NULL, false}, /* any system could have written it */
	    {1, FOR_SHIM_ALONE, "fails", false},
	    {1, FOR_SHIM_ALONE, "is long", false},
	    {1, 0, NULL, false}, /* there is none */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given(SHIM_15);
		uefi.mok_state = rows[i].value;
		uefi.mok_attributes = rows[i].attributes;
		if (rows[i].odd != NULL)
			*(rows[i].odd[0] == 'f' ? &uefi.variable_fails : &uefi.variable_is_long) = "MokSBState";
		expect_told_secure_boot("MokSBState", rows[i].is_off ? 2 : 3);
		assert_int_equal(outcome.verifications, 1); /* this shim would halt the machine otherwise */
	}
	given(SHIM_15);
	uefi.mok_state = 1;
	uefi.mok_attributes = FOR_SHIM_ALONE;
	uefi.untrusted = true;
	expect_told_secure_boot("switched off, untrusted", 2);
	/* Without shim nobody looks at it; the simulated firmware would complain. */
	given(SHIM_NONE);
	uefi.mok_state = 1;
	uefi.mok_attributes = FOR_SHIM_ALONE;
	expect_told_secure_boot("no shim", 3);
}

static void a_file_that_is_exchanged_after_it_was_verified_changes_nothing(void **state)
{
	static uint8_t other[IMAGE_HEAD];

	(void)state;
	for (unsigned int k = 1; k <= 3; k++) {
		given(SHIM_NONE);
		memcpy(other, bench.head, sizeof(other));
		other[0x300] ^= 1;
		sim.changes = "\\vmlinuz";
		sim.changed_head = other;
		sim.changes_at = k;
		scene_run("exchanged");
		assert_int_equal(outcome.entered, k > 1);
	}
}

static void a_tpm_measures_a_kernel_without_secure_boot_too(void **state)
{
	static const uint8_t tpm[36] = {36, 1, 1, 1, 1, [16] = 1};

	(void)state;
	given(SHIM_NONE);
	uefi.secure_boot = 0;
	uefi.tpm = tpm;
	expect_entered("measured");
	assert_int_equal(uefi_report.loads_from_memory, 1);
	scene_expect("berth: measured \\vmlinuz, all of it", 1);
	given(SHIM_NONE);
	uefi.secure_boot = 0;
	expect_entered("no TPM");
	assert_int_equal(uefi_report.loads, 0);
	scene_expect("measured", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(firmware_verifies_the_kernel_and_nothing_of_it_is_started),
	    cmocka_unit_test(what_firmware_does_not_trust_is_refused_in_either_way_that_it_says_so),
	    cmocka_unit_test(a_success_without_an_image_is_a_failure),
	    cmocka_unit_test(shim_before_16_is_asked_by_its_protocol_alone),
	    cmocka_unit_test(shim_before_16_stays_when_a_driver_was_started),
	    cmocka_unit_test(shim_before_16_is_not_asked_about_more_than_it_can_count),
	    cmocka_unit_test(shim_16_has_its_own_load_image),
	    cmocka_unit_test(what_shim_forbids_by_mok_policy_is_named),
	    cmocka_unit_test(who_sits_at_the_machine_may_switch_shims_checks_off),
	    cmocka_unit_test(a_file_that_is_exchanged_after_it_was_verified_changes_nothing),
	    cmocka_unit_test(a_tpm_measures_a_kernel_without_secure_boot_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
