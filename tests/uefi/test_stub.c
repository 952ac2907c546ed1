/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `handoff stub`: the kernel is a program that is passed the command line, and finds its initrds, joined, by a protocol
 * that is there for as long as it runs. Sources: Linux drivers/firmware/efi/libstub/efi-stub-helper.c; UEFI 2.10, 13.2.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "scene.h"
#include "initrd.h"

#include <sys/mman.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define STUB "title S\nlinux /kernel\nhandoff stub\noptions quiet  splash\n"

static struct pe_file kernel;

/* What the kernel's stub found. */
static struct {
	bool offered;
	EFI_STATUS asked, short_of_one, as_boot, of_another, of_no_size, given;
	UINTN size, said_short;
	uint8_t bytes[140000];
} found;

/* As Linux's stub does it: the size first, then all of it; and as it must not be asked. */
static void find_initrd(void *image)
{
	struct load_file2 *protocol = uefi_find(initrd_path, sizeof(initrd_path), load_file2_guid);

	(void)image;
	memset(&found, 0, sizeof(found));
	memset(found.bytes, 0xee, sizeof(found.bytes));
	found.offered = protocol != NULL;
	if (!found.offered)
		return;
	found.asked = protocol->LoadFile(protocol, initrd_path, 0, &found.size, NULL);
	found.said_short = found.size - 1;
	found.short_of_one = protocol->LoadFile(protocol, initrd_path, 0, &found.said_short, found.bytes);
	found.as_boot = protocol->LoadFile(protocol, initrd_path, 1, &found.size, found.bytes);
	found.of_another = protocol->LoadFile(NULL, initrd_path, 0, &found.size, found.bytes);
	found.of_no_size = protocol->LoadFile(protocol, initrd_path, 0, NULL, found.bytes);
	if (found.size <= sizeof(found.bytes))
		found.given = protocol->LoadFile(protocol, initrd_path, 0, &found.size, found.bytes);
}

static void given_on(const char *map, const char *text, unsigned int version)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, LINUX, "", &debian);
	uefi = (struct uefi_setup){.program = find_initrd, .keys = "\rQQQQ"};
	scene_put_text("\\loader\\loader.conf", "timeout menu-force\n");
	scene_put_text("\\loader\\entries\\s.conf", text);
	pe_file_begin(&kernel, PE_X64, version);
	sim.file[sim.n_files++] = (struct sim_file){"\\kernel", kernel.size, kernel.bytes, kernel.size};
}

static void given(const char *text, unsigned int version)
{
	given_on("1M-512M free, 4G-5G free", text, version);
}

/* \one, \empty and \two of the bench, each on a boundary of 4 bytes, and nothing behind the last. */
static void expect_initrds(void)
{
	assert_int_equal(found.size, 70004 + 333);
	for (size_t i = 0; i < found.size; i++) {
		uint8_t wanted = i < 70001   ? sim_byte(&sim.file[1], i)
				 : i < 70004 ? 0
					     : sim_byte(&sim.file[3], i - 70004);

		if (found.bytes[i] != wanted)
			fail_msg("byte %zu is %#x, not %#x", i, found.bytes[i], wanted);
	}
	assert_int_equal(found.bytes[found.size], 0xee);
}

static void the_stub_is_passed_the_options_and_finds_the_initrds(void **state)
{
	(void)state;
	given(STUB INITRDS "initrd /empty\n", 1);
	scene_run("stub");
	assert_false(outcome.entered);
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.program, "\\kernel");
	assert_string_equal(uefi_report.options, "quiet  splash");
	assert_true(uefi_variable_says("LoaderEntrySelected", "s.conf"));
	assert_true(found.offered);
	expect_initrds();
	scene_expect("press any key", 0);
}

/* UEFI 2.10, 13.2.2. */
static void the_protocol_answers_as_it_must(void **state)
{
	(void)state;
	given(STUB INITRDS, 1);
	scene_run("answers");
	assert_true(found.asked == EFI_BUFFER_TOO_SMALL && found.short_of_one == EFI_BUFFER_TOO_SMALL);
	assert_int_equal(found.said_short, 70337);
	assert_true(found.as_boot == EFI_UNSUPPORTED && found.given == EFI_SUCCESS);
	assert_true(found.of_another == EFI_INVALID_PARAMETER && found.of_no_size == EFI_INVALID_PARAMETER);
}

static void without_an_initrd_there_is_no_protocol(void **state)
{
	static const char *const text[] = {STUB, STUB "initrd /empty\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(text); i++) {
		given(text[i], 0);
		scene_run("no initrd");
		assert_int_equal(uefi_report.starts, 1);
		assert_false(found.offered);
	}
}

static void what_its_stub_cannot_do_is_said(void **state)
{
	static const struct {
		const char *text, *words;
		unsigned int version;
	} row[] = {
	    {STUB INITRDS, "\nberth: \\kernel: its EFI stub, of before Linux 5.8, takes no initrd from a loader\n", 0},
	    {"linux /vmlinuz\nhandoff stub\n",
	     "\nberth: \\vmlinuz: no PE file, so there is no EFI stub in it to start\n", 1},
	    {"linux /none\nhandoff stub\n", "\nberth: \\none: no such file on the volume that Berth was started from\n",
	     1},
	    {STUB "initrd /none\n", "\nberth: \\none: no such file on the volume that Berth was started from\n", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(row[i].text, row[i].version);
		scene_run(row[i].words);
		assert_int_equal(uefi_report.loads, 0);
		scene_expect(row[i].words, 1);
		scene_expect("press any key", 1);
	}
}

/* ---- a kernel for another CPU: Linux arch/x86/boot/header.S, ".compat" ---- */

static struct {
	unsigned int runs;
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *system;
	EFI_STATUS returns;
	bool offered;
} entered;

static EFI_STATUS EFIAPI entrance(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	entered.runs++;
	entered.image = image;
	entered.system = system;
	entered.offered = uefi_find(initrd_path, sizeof(initrd_path), load_file2_guid) != NULL;
	return entered.returns;
}

#define IMAGE	 0x4000 /* bytes in memory */
#define ENTRANCE 0x3000

/* As firmware has loaded it: at ENTRANCE there is a jump to the function above. */
static void given_other_cpu(unsigned int image_machine, unsigned int entrance_machine)
{
	static const uint8_t jump[] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0}; /* mov rax, ...; jmp rax */
	static uint8_t *memory;
	uint64_t to = (uint64_t)(uintptr_t)entrance;
	uint8_t compat[12] = {1, 8, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0};

	given(STUB INITRDS, 1);
	store_le(compat + 2, 2, entrance_machine);
	pe_file_begin(&kernel, image_machine, 1);
	pe_file_add(&kernel, ".compat", compat, sizeof(compat));
	sim.file[sim.n_files - 1].size = sim.file[sim.n_files - 1].head_size = kernel.size;
	if (memory == NULL)
		memory = mmap(NULL, IMAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(memory, 0, IMAGE);
	memcpy(memory, kernel.bytes, 1024);
	memcpy(memory + 0x1000, compat, sizeof(compat)); /* where its row has it */
	memcpy(memory + ENTRANCE, jump, sizeof(jump));
	memcpy(memory + ENTRANCE + 2, &to, 8);
	uefi.image = memory;
	uefi.image_size = IMAGE;
	uefi.other_cpu = true;
	memset(&entered, 0, sizeof(entered));
}

static void a_kernel_for_another_cpu_is_entered_where_it_is_for_this_one(void **state)
{
	(void)state;
	given_other_cpu(PE_I386, PE_X64);
	scene_run("entered");
	assert_int_equal(entered.runs, 1);
	assert_true(entered.image != NULL && entered.system != NULL && entered.offered);
	scene_expect("came back with an error", 0);
	given_other_cpu(PE_I386, PE_X64);
	entered.returns = EFIERR(1);
	scene_run("it fails");
	assert_int_equal(entered.runs, 1);
	scene_expect("\nberth: \\kernel came back with an error: load error\n", 1);
}

static void what_has_no_entrance_for_this_cpu_is_not_entered(void **state)
{
	static const struct {
		unsigned int image, entrance;
	} row[] = {{PE_I386, PE_I386}, {PE_X64, PE_X64}, {PE_I386, 0xaa64}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_other_cpu(row[i].image, row[i].entrance);
		scene_run("no entrance");
		assert_int_equal(entered.runs, 0);
		scene_expect("\nberth: \\kernel came back with an error: unsupported\n", 1);
	}
	given_other_cpu(PE_I386, PE_X64);
	uefi.image_size = ENTRANCE;
	scene_run("behind the image");
	assert_int_equal(entered.runs, 0);
	given_other_cpu(PE_I386, PE_X64);
	uefi.image = NULL;
	scene_run("nobody tells where it lies");
	assert_int_equal(entered.runs, 0);
	/* Firmware that starts it all the same does so itself. */
	given_other_cpu(PE_I386, PE_X64);
	uefi.other_cpu = false;
	scene_run("started");
	assert_int_equal(entered.runs, 0);
	assert_true(found.offered);
}

static void an_initrd_of_firmwares_would_be_taken_instead(void **state)
{
	(void)state;
	given(STUB INITRDS, 1);
	uefi.has_initrd = true;
	scene_run("two initrds");
	assert_int_equal(uefi_report.loads, 0);
	scene_expect("\nberth: firmware has an initrd for the kernel already", 1);
	given(STUB, 1);
	uefi.has_initrd = true;
	scene_run("none");
	assert_int_equal(uefi_report.starts, 1);
}

static void a_placement_that_is_ignored_is_told(void **state)
{
	(void)state;
	given(STUB "placement low\n", 1);
	scene_run("placement");
	assert_int_equal(uefi_report.starts, 1);
	scene_expect("berth: `placement` is ignored: with `handoff stub`", 1);
	given(STUB, 1);
	scene_run("no placement");
	scene_expect("placement", 0);
}

/* AMD SEV or Intel TDX: memory that a kernel's own decompressor accepts and marks is none for the handoff. */
static void a_confidential_machine_starts_each_kernel_by_its_stub(void **state)
{
	(void)state;
	given("title S\nlinux /kernel\nplacement low\noptions quiet\n", 1);
	sim.hypervisor = sim.encrypted = true;
	scene_run("SEV");
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.options, "quiet");
	scene_expect("berth: a confidential virtual machine: the kernel is started by its EFI stub", 1);
	scene_expect("berth: `placement` is ignored: the kernel's EFI stub chooses the place", 1);
	given(LINUX, 1);
	sim.hypervisor = sim.encrypted = true;
	scene_run("no stub");
	assert_false(outcome.entered);
	scene_expect(
	    "\nberth: \\vmlinuz: no PE file, so there is no EFI stub in it to start\n  try: a kernel with an EFI stub; "
	    "in a confidential virtual machine Berth itself enters none\n",
	    1);
}

/* Where the host hides that from the CPU, memory tells it, if firmware can accept it; no other memory does. */
static void memory_that_must_be_accepted_makes_a_machine_a_confidential_one(void **state)
{
	static const struct {
		const char *map;
		bool accepts, by_stub;
	} row[] = {{"1M-512M free, 4G-5G unaccepted", true, true},
		   {"1M-512M free, 4G-5G unaccepted", false, false},
		   {"1M-512M free, 4G-5G pmem", true, false},
		   {"1M-512M free, 1G-2G unaccepted, 2G-3G reserved, 4G-5G free", true, true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_on(row[i].map, LINUX, 1);
		uefi.accepts = row[i].accepts;
		scene_run(row[i].map);
		assert_int_equal(outcome.entered, !row[i].by_stub);
		assert_int_equal(scene_said("\\vmlinuz: no PE file, so there is no EFI stub in it to start") != 0,
				 row[i].by_stub);
	}
	/* A map that is larger than most, for which the loader takes memory, and gives it back. */
	for (unsigned int k = 1; k == 1 || !scene_failed_in("GetMemoryMap"); k++) {
		given_on(row[0].map, LINUX, 1);
		uefi.accepts = true;
		sim.fail_call = k;
		uefi.fault = EFIERR(5);
		scene_run("a large map");
		assert_true(k < 500);
	}
	assert_false(outcome.entered);
	given_on(row[0].map, "title S\nlinux /kernel\noptions quiet\n", 1);
	uefi.accepts = true;
	scene_run("started");
	assert_int_equal(uefi_report.starts, 1);
	scene_expect("berth: a confidential virtual machine: the kernel is started by its EFI stub", 1);
}

/* A kernel that could not find its initrd would come up without it. What fails once may be had by a second try. */
static void without_the_protocol_for_its_initrd_the_stub_is_not_started(void **state)
{
	unsigned int refused = 0;

	(void)state;
	for (unsigned int k = 1; k < 400 && refused < 2; k++) {
		given(STUB INITRDS, 1);
		uefi.keys = "\r|x\rQQQQ";
		sim.fail_call = k;
		uefi.fault = EFIERR(9);
		scene_run("no protocol");
		if (!scene_failed_in("InstallProtocolInterface"))
			continue;
		refused++;
		scene_expect("\nberth: firmware does not let the kernel find its initrd: out of resources\n", 1);
		assert_int_equal(uefi_report.starts, 1);
		assert_true(found.offered);
		expect_initrds();
		/* Firmware that says it has a handle, and gives none. */
		given(STUB INITRDS, 1);
		sim.fail_call = k;
		uefi.fault = LIE_NOTHING;
		scene_run("no handle");
		assert_int_equal(uefi_report.starts, refused == 2);
	}
	assert_int_equal(refused, 2);
}

/* Firmware fails at each call in turn, in each way: either the kernel runs, or the reason is told; nothing is left. */
static void every_call_goes_wrong_in_every_way(void **state)
{
	static const uint64_t faults[] = {EFIERR(1),  EFIERR(2),  EFIERR(3),   EFIERR(7),   EFIERR(9),
					  EFIERR(14), EFIERR(26), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 0, started = 0, refused = 0, broken = 0;

	(void)state;
	for (size_t f = 0; f < COUNT_OF(faults); f++)
		for (unsigned int k = 0; k == 0 || k <= calls; k++) {
			if (k != 0 && !in_sample())
				continue;
			given(STUB INITRDS, 1);
			sim.fail_call = k;
			uefi.fault = faults[f];
			found.given = EFI_NOT_STARTED;
			scene_run("a fault");
			calls = k == 0 ? outcome.calls : calls;
			started += uefi_report.starts != 0;
			refused += uefi_report.starts == 0;
			broken += uefi_report.starts == 1 && found.offered && EFI_ERROR(found.given);
			if (uefi_report.starts == 1 && found.offered && !EFI_ERROR(found.given) && found.size == 70337)
				expect_initrds();
		}
	print_message("calls %u, started %u, refused %u, initrd broken %u\n", calls, started, refused, broken);
	assert_true(calls > 60 && started > 100 / share() && refused > 100 / share());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_stub_is_passed_the_options_and_finds_the_initrds),
	    cmocka_unit_test(the_protocol_answers_as_it_must),
	    cmocka_unit_test(without_an_initrd_there_is_no_protocol),
	    cmocka_unit_test(what_its_stub_cannot_do_is_said),
	    cmocka_unit_test(a_kernel_for_another_cpu_is_entered_where_it_is_for_this_one),
	    cmocka_unit_test(what_has_no_entrance_for_this_cpu_is_not_entered),
	    cmocka_unit_test(an_initrd_of_firmwares_would_be_taken_instead),
	    cmocka_unit_test(without_the_protocol_for_its_initrd_the_stub_is_not_started),
	    cmocka_unit_test(a_placement_that_is_ignored_is_told),
	    cmocka_unit_test(a_confidential_machine_starts_each_kernel_by_its_stub),
	    cmocka_unit_test(memory_that_must_be_accepted_makes_a_machine_a_confidential_one),
	    cmocka_unit_test(every_call_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
