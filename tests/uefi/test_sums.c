/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * berth.sums over whole boots: what it trusts, when this machine demands one, who may change that, and that no failing
 * call lets an entry through that has no record. What a record binds is in tests/sim/test_bound.c.
 */
#include "../sim/bench.h"
#include "../sim/record.h"
#include "../unit/pe_file.h"
#include "../unit/tree_file.h"
#include "initrd.h"
#include "scene.h"

#include "../../efi/sums.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ENTRY	 "\\loader\\entries\\t.conf"
#define KEPT	 (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS)
#define DEMANDED "this machine starts nothing without the records of " SUMS_PATH

static struct pe_file file;
static struct sim_file *sums; /* among the files of the volume */

/* A machine with Secure Boot, and an entry whose kernel nobody has signed. */
static void given_entry(const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free, 4G-5G free", entry, "", &debian);
	bench_sign(bench.head);
	sim.machine.secure_boot = SECURE_BOOT_DISABLED; /* that is a variable here */
	uefi = (struct uefi_setup){.secure_boot = 1, .nobody = true, .untrusted = true};
	scene_put_text("\\loader\\loader.conf", "log normal\n");
	scene_put_text(ENTRY, entry);
}

/* With these lines behind its first, and a record of that entry or of another one. */
static void put_sums(const char *head, const char *id)
{
	static char text[4000];

	snprintf(text, sizeof(text), "berth-sums 1\n%sentry %s\n%s", head, id, record_of(&bench.entry));
	pe_file_begin(&file, PE_X64, 1);
	pe_file_add_text(&file, ".sums", text);
	scene_put(SUMS_PATH, file.bytes, file.size);
	sums = &sim.file[sim.n_files - 1];
}

static void given(const char *head)
{
	given_entry(LINUX INITRD);
	put_sums(head, "t.conf");
}

static void expect_entered(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, uefi_report.console);
}

static void expect_back(const char *name, const char *words)
{
	scene_run(name);
	assert_false(outcome.entered);
	scene_expect(words, 1);
}

/* What the machine demands is kept from the system that is booted. */
static void expect_demand(uint64_t least)
{
	const struct uefi_variable *variable = uefi_variable("BerthSums");

	assert_non_null(variable);
	assert_int_equal(variable->attributes, KEPT);
	assert_int_equal(variable->size, 8);
	assert_int_equal(load_le(variable->value, 8), least);
}

static void demand(uint64_t least)
{
	uint8_t value[8];

	store_le(value, 8, least);
	uefi_variable_put_as("BerthSums", value, sizeof(value), KEPT);
}

static void one_that_firmware_trusts_boots_what_nobody_has_signed(void **state)
{
	static const enum uefi_shim shims[] = {SHIM_NONE, SHIM_15, SHIM_16};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shims); i++) {
		given("version 3\n");
		uefi.shim = shims[i];
		uefi.shim_hooks = true;
		expect_entered("a record");
		/* A shim before 16 is asked about the kernel as well, lest it halt the machine. */
		assert_int_equal(outcome.verifications, 1);
		scene_expect("berth: verified \\vmlinuz, all of it, by berth.sums", 1);
		assert_null(uefi_variable("BerthSums"));
	}
	given("version 3\n");
	uefi.secure_boot = 0;
	expect_entered("Secure Boot is off");
	scene_expect("berth.sums", 0);
	assert_int_equal(uefi_report.loads, 0);
}

static void one_that_does_not_count_changes_nothing(void **state)
{
	(void)state;
	given("version 3\n");
	uefi.sums_untrusted = true;
	expect_back("untrusted", SUMS_PATH ": firmware does not trust it: access denied");
	scene_expect("\\vmlinuz: firmware does not trust it: access denied", 1);
	given("version 3\n");
	uefi.sums_untrusted = true;
	uefi.untrusted = false;
	expect_entered("untrusted, and the kernel is signed");
	given("version 0\n");
	expect_back("wrong", SUMS_PATH ": line 2 of its section .sums: `version` and a number");
	given("version 3\n");
	sums->size = 0;
	expect_back("empty", SUMS_PATH ": is no PE file with a section .sums");
	given("version 3\n");
	sums->size = SUMS_MOST_FILE + 1;
	expect_back("large", SUMS_PATH ": has 262145 bytes; at most 262144 are read");
	given_entry(LINUX INITRD);
	put_sums("version 3\n", "other.conf");
	expect_back("of another entry", "\\vmlinuz: firmware does not trust it: access denied");
	given_entry(LINUX INITRD);
	expect_back("none", "\\vmlinuz: firmware does not trust it: access denied");
	scene_expect("berth.sums: ", 0);
}

static void one_that_asks_for_it_is_demanded_from_then_on(void **state)
{
	(void)state;
	given("version 3\nleast 3\n");
	expect_entered("the first");
	scene_expect("berth: from now on " SUMS_PATH " of version 3 or later is demanded", 1);
	expect_demand(3);
	expect_entered("the second");
	scene_expect("from now on", 0);
	/* It is deleted; its kernel would be trusted without it. */
	sums->path = "\\elsewhere";
	uefi.untrusted = false;
	expect_back("deleted", SUMS_PATH ": no such file");
	scene_expect(DEMANDED, 1);
	expect_demand(3);
	sums->path = SUMS_PATH;
	uefi.sums_untrusted = true;
	expect_back("exchanged", DEMANDED);
	uefi.sums_untrusted = false;
	expect_entered("it is back");
	/* With Secure Boot off nothing is verified, this neither. */
	sums->path = "\\elsewhere";
	uefi.secure_boot = 0;
	expect_entered("Secure Boot is off");
}

static void an_older_one_is_refused_and_a_newer_one_raises_what_is_demanded(void **state)
{
	(void)state;
	given("version 3\n");
	demand(4);
	expect_back("older", SUMS_PATH ": has version 3, and at least 4 is demanded");
	scene_expect(DEMANDED, 1);
	expect_demand(4);
	given("version 5\n");
	demand(4);
	expect_entered("newer, and says nothing");
	expect_demand(4);
	given("version 5\nleast 3\n");
	demand(4);
	expect_entered("newer, and asks for less");
	expect_demand(4);
	given("version 5\nleast 5\n");
	demand(4);
	expect_entered("newer, and asks for more");
	expect_demand(5);
	given("version 4\n");
	demand(4);
	expect_entered("the same");
}

static void one_that_is_trusted_ends_the_demand(void **state)
{
	(void)state;
	given("version 5\nclear\n");
	demand(4);
	expect_entered("cleared");
	scene_expect("berth: " SUMS_PATH " is not demanded any more", 1);
	assert_null(uefi_variable("BerthSums"));
	given("version 3\nclear\n");
	demand(4);
	expect_back("an older one", SUMS_PATH ": has version 3, and at least 4 is demanded");
	expect_demand(4);
	given("version 5\nclear\n");
	expect_entered("nothing to clear");
	scene_expect("any more", 0);
}

/* A running system may write a variable of that name while there is none, which only such as it may read. */
static void what_a_running_system_writes_demands_nothing(void **state)
{
	static const uint8_t value[9] = {9};

	(void)state;
	for (size_t size = 7; size <= sizeof(value); size++) {
		given("version 3\nleast 3\n");
		uefi_variable_put_as("BerthSums", value, size, KEPT | EFI_VARIABLE_RUNTIME_ACCESS);
		expect_entered("a system's");
		scene_expect("a running system has written BerthSums", 1);
		expect_demand(3);
	}
	/* One of the loader's that is odd demands, and nothing fulfils it. */
	for (size_t size = 0; size < 10; size += size == 0 ? 7 : 2) {
		given("version 3\n");
		uefi_variable_put_as("BerthSums", (const uint8_t[16]){0}, size, KEPT);
		expect_back("odd", "BerthSums, which tells what is demanded, cannot be read");
	}
}

static void where_it_is_demanded_nothing_starts_without_a_record(void **state)
{
	static const struct {
		const char *entry;
		bool starts;
	} rows[] = {
	    {LINUX, false},
	    {"title P\nefi /program\n", false},
	    {"title P\nuki /program\n", true},
	    {"title P\nuki /program\noptions quiet\n", false},
	    {"title P\nuki /program\nextra /a.cred\n", false},
	    {"title P\nuki /program\ndevicetree /a.dtb\n", false},
	};
	static struct pe_file program;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given("version 3\n");
		demand(1);
		uefi.untrusted = false;
		pe_file_begin(&program, PE_X64, 1);
		pe_file_add_text(&program, ".linux", "kernel");
		pe_file_add_text(&program, ".osrel", "ID=x\n");
		scene_put("\\program", program.bytes, program.size);
		scene_put_text("\\a.cred", "secret");
		sim.file[5].path = "\\loader\\entries\\z.txt"; /* the one with a record */
		scene_put_text("\\loader\\entries\\a.conf", rows[i].entry);
		scene_run(rows[i].entry);
		assert_int_equal(uefi_report.starts, rows[i].starts);
		assert_false(outcome.entered);
		scene_expect("a.conf: has no record in " SUMS_PATH ", and this machine starts nothing else",
			     !rows[i].starts);
	}
}

#define BARE_STUB "title T\nlinux /kernel\nhandoff stub\noptions quiet\n"
#define STUB	  BARE_STUB "initrd /one\n"

static struct pe_file kernel;
static EFI_STATUS initrd_given;
static bool is_initrd_asked, is_initrd_right;

/* As Linux's stub asks for it; meanwhile the file is another. */
static void take_initrd(void *image)
{
	static uint8_t bytes[140000];
	struct load_file2 *protocol = uefi_find(initrd_path, sizeof(initrd_path), load_file2_guid);
	UINTN size = sizeof(bytes);

	(void)image;
	is_initrd_asked = true;
	sim.file[1].head = (const uint8_t *)"\xff";
	sim.file[1].head_size = 1;
	initrd_given = protocol == NULL ? EFI_NOT_FOUND : protocol->LoadFile(protocol, initrd_path, 0, &size, bytes);
	sim.file[1].head_size = 0;
	is_initrd_right = size == sim.file[1].size;
	for (size_t i = 0; is_initrd_right && i < size; i++)
		is_initrd_right = bytes[i] == sim_byte(&sim.file[1], i);
}

static void given_stub(const char *entry)
{
	given_entry(entry);
	uefi.untrusted = false;
	uefi.program = take_initrd;
	pe_file_begin(&kernel, PE_X64, 1);
	scene_put("\\kernel", kernel.bytes, kernel.size);
	put_sums("version 3\n", "t.conf");
	initrd_given = EFI_NOT_FOUND;
	is_initrd_asked = is_initrd_right = false;
}

/* Firmware starts it from the bytes of the record, and it is given the initrds of the record alone. */
static void a_kernel_that_is_started_by_its_stub_is_bound_as_well(void **state)
{
	(void)state;
	given_stub(STUB);
	scene_run("stub");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(uefi_report.loads_from_memory, 2);
	assert_int_equal(initrd_given, EFI_SUCCESS);
	assert_true(is_initrd_right);
	given_stub(STUB);
	sim.file[1].head = (const uint8_t *)"\xff";
	sim.file[1].head_size = 1;
	/* Linux's stub would go on without one. */
	expect_back("another initrd", "\\one: is not the initrd that berth.sums has for this entry");
	assert_int_equal(uefi_report.starts, 0);
	/* Firmware's own, of a boot option that a running system has written, is in no record. */
	given_stub(BARE_STUB);
	scene_run("no initrd");
	assert_int_equal(uefi_report.starts, 1);
	given_stub(BARE_STUB);
	uefi.has_initrd = true;
	expect_back("firmware's", "berth: firmware has an initrd for the kernel already");
	assert_int_equal(uefi_report.starts, 0);
	given_stub(STUB);
	kernel.bytes[1000] ^= 1;
	expect_back("another kernel", "\\kernel: is not the kernel that berth.sums has for this entry");
	assert_int_equal(uefi_report.starts, 0);
	given_stub(STUB);
	sim.file[5].head = (const uint8_t *)STUB "options x\n";
	sim.file[5].size = sim.file[5].head_size = strlen(STUB "options x\n");
	expect_back("another line", "t.conf: its command line is not the one");
	assert_int_equal(uefi_report.starts, 0);
}

static bool has_tree;

static void look_for_tree(void *image)
{
	(void)image;
	has_tree = uefi_tree() != NULL;
}

/* Of a file, which no signature covers: the record's, or none. */
static void a_program_is_given_the_tree_of_its_record(void **state)
{
	static uint8_t bytes[TREE_FILE_SIZE];
	struct tree_file tree = tree_file_machine();
	size_t size = tree_file_write(&tree, bytes);

	(void)state;
	for (unsigned int other = 0; other < 2; other++) {
		given_stub(BARE_STUB "devicetree /dtb\n");
		sim.arch = &arch_aarch64;
		uefi.program = look_for_tree;
		has_tree = false;
		scene_put("\\dtb", bytes, size);
		put_sums("version 3\n", "t.conf");
		bytes[size - 1] ^= (uint8_t)other;
		scene_run(other ? "another tree" : "the record's tree");
		assert_int_equal(uefi_report.starts, !other);
		assert_int_equal(has_tree, !other);
	}
}

/* ---- calls that go wrong ---- */

static void given_demanded(void)
{
	given("version 3\nleast 3\n");
	demand(2);
}

static bool is_held(unsigned int call, uint64_t fault)
{
	(void)call;
	(void)fault;
	/* The kernel is not signed. Where loader.conf cannot be read, or the console fails, lines are missing. */
	if (outcome.entered && scene_said("place kernel") != 0 && scene_said("by berth.sums") != 1 &&
	    !scene_failed_in("OutputString"))
		fail_msg("entered without the record, %s failed:\n%s", uefi_service_name(uefi_report.service),
			 uefi_report.console);
	return outcome.entered;
}

static void no_failing_call_starts_what_has_no_record(void **state)
{
	static const uint64_t faults[] = {EFI_DEVICE_ERROR, EFI_OUT_OF_RESOURCES, EFI_SECURITY_VIOLATION, LIE_NOTHING,
					  LIE_TOO_MUCH};
	struct scene_sweep sweep;

	(void)state;
	sweep = scene_sweep(faults, COUNT_OF(faults), given_demanded, is_held);
	assert_true(sweep.well != 0 && sweep.not_well != 0);
}

static void given_bound_stub(void)
{
	given_stub(STUB);
	demand(1); /* without a record it would be what firmware trusts, with any initrd */
}

static bool is_stub_held(unsigned int call, uint64_t fault)
{
	(void)call;
	(void)fault;
	if (is_initrd_asked && (initrd_given != EFI_SUCCESS || !is_initrd_right))
		fail_msg("started without its initrd, %s failed:\n%s", uefi_service_name(uefi_report.service),
			 uefi_report.console);
	return is_initrd_asked;
}

/* Memory for the initrds among them. */
static void no_failing_call_starts_a_stub_without_its_initrd(void **state)
{
	static const uint64_t faults[] = {EFI_DEVICE_ERROR, EFI_OUT_OF_RESOURCES};
	struct scene_sweep sweep;

	(void)state;
	sweep = scene_sweep(faults, COUNT_OF(faults), given_bound_stub, is_stub_held);
	assert_true(sweep.well != 0 && sweep.not_well != 0);
}

static const char *said;

static bool says(unsigned int call, uint64_t fault)
{
	(void)fault;
	if (call == 0 || !scene_failed_in("SetVariable") || scene_said(said) == 0)
		return false;
	assert_true(outcome.entered);
	return true;
}

static void given_first(void)
{
	given("version 3\nleast 3\n");
}

static void given_last(void)
{
	given("version 3\nclear\n");
	demand(2);
}

static void what_firmware_does_not_keep_is_told(void **state)
{
	static const uint64_t fault = EFI_OUT_OF_RESOURCES;
	unsigned int well;

	(void)state;
	said = "firmware does not keep that " SUMS_PATH " is demanded";
	well = scene_sweep(&fault, 1, given_first, says).well;
	assert_true(well == 1 || (well == 0 && share() > 1));
	said = "firmware does not let go of the demand for " SUMS_PATH;
	well = scene_sweep(&fault, 1, given_last, says).well;
	assert_true(well == 1 || (well == 0 && share() > 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_that_firmware_trusts_boots_what_nobody_has_signed),
	    cmocka_unit_test(one_that_does_not_count_changes_nothing),
	    cmocka_unit_test(one_that_asks_for_it_is_demanded_from_then_on),
	    cmocka_unit_test(an_older_one_is_refused_and_a_newer_one_raises_what_is_demanded),
	    cmocka_unit_test(one_that_is_trusted_ends_the_demand),
	    cmocka_unit_test(what_a_running_system_writes_demands_nothing),
	    cmocka_unit_test(where_it_is_demanded_nothing_starts_without_a_record),
	    cmocka_unit_test(a_kernel_that_is_started_by_its_stub_is_bound_as_well),
	    cmocka_unit_test(a_program_is_given_the_tree_of_its_record),
	    cmocka_unit_test(no_failing_call_starts_what_has_no_record),
	    cmocka_unit_test(no_failing_call_starts_a_stub_without_its_initrd),
	    cmocka_unit_test(what_firmware_does_not_keep_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
