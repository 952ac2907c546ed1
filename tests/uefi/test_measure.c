/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is measured over whole boots, into a TPM that keeps registers and a log, and what a kernel finds that is entered
 * without its EFI stub. Sources: systemd, src/boot/measure.c; Linux drivers/firmware/efi/libstub/tpm.c and
 * efi-stub-helper.c, efi-stub.c.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "local.h"
#include "scene.h"

#include "../../codecs/sha256.h"
#include "../../config/eventlog.h"
#include "../../config/smbios.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

/* The structure that GetCapability writes, of version 1.1, with a TPM that keeps SHA-256. */
static const uint8_t tpm[36] = {36, 1, 1, 1, 1, [8] = 3, [12] = 3, [16] = 1, [28] = 2, [32] = 2};
static const uint8_t no_tpm[36] = {36, 1, 1, 1, 1, [8] = 3, [12] = 3, [16] = 0, [28] = 2, [32] = 2};

#define CONF  "log debug\n"
#define ENTRY "title One\nlinux /vmlinuz\n" INITRDS

static struct pe_file program;

static void given(const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free, 4G-5G free", entry, "", &debian);
	uefi = (struct uefi_setup){.nobody = true, .tpm = tpm};
	scene_put_text("\\loader\\loader.conf", CONF);
	scene_put_text("\\loader\\entries\\one.conf", entry);
	pe_file_begin(&program, PE_X64, 1);
	scene_put("\\program", program.bytes, program.size);
}

/* The kernel is entered, and memory stays as it was then. */
static void expect_entered(const char *name)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

static void add_text(struct sha256 *sum, const char *text, bool wide)
{
	for (size_t i = 0; i <= strlen(text); i++)
		sha256_add(sum, (struct bytes){(const uint8_t[2]){(uint8_t)text[i], 0}, wide ? 2 : 1});
}

/* \one and \two of the bench, each on a boundary of 4 bytes, and nothing behind the last. */
static void add_initrds(struct sha256 *sum)
{
	for (size_t i = 0; i < 70004 + 333; i++) {
		uint8_t byte = i < 70001   ? sim_byte(&sim.file[1], i)
			       : i < 70004 ? 0
					   : sim_byte(&sim.file[3], i - 70004);

		sha256_add(sum, (struct bytes){&byte, 1});
	}
}

/* The @n-th that was measured. A tagged event has its tag, the size of its words and those. */
static void expect(size_t n, uint32_t pcr, uint32_t tag, const char *words, bool wide, struct sha256 *sum)
{
	const struct uefi_measured *m = &uefi_measured.at[n];
	const uint8_t *at = m->data + (tag != 0 ? 8 : 0);
	size_t step = wide ? 2 : 1, size = (strlen(words) + 1) * step;
	uint8_t wanted[32];

	sha256_end(sum, wanted);
	if (n >= uefi_measured.n || m->pcr != pcr || m->type != (tag != 0 ? 6 : 0xd))
		fail_msg("%s: measurement %zu of %zu is into register %u, type %u", bench.name, n, uefi_measured.n,
			 m->pcr, m->type);
	assert_memory_equal(m->sum, wanted, 32);
	assert_int_equal(m->data_size, size + (tag != 0 ? 8 : 0));
	if (tag != 0)
		assert_true(load_le(m->data, 4) == tag && load_le(m->data + 4, 4) == size);
	for (size_t i = 0; i <= strlen(words); i++)
		assert_true(at[i * step] == (uint8_t)words[i] && (!wide || at[i * step + 1] == 0));
}

static struct sha256 *sum_of(const char *text, bool wide, bool has_nul)
{
	static struct sha256 sum;

	sha256_start(&sum);
	if (has_nul)
		add_text(&sum, text, wide);
	else
		sha256_add(&sum, (struct bytes){(const uint8_t *)text, strlen(text)});
	return &sum;
}

static void expect_conf(size_t n)
{
	expect(n, 5, 0xf5bc582a, "loader.conf", true, sum_of(CONF, false, false));
}

static void expect_options(size_t n, const char *options)
{
	expect(n, 12, 0, options, true, sum_of(options, true, true));
	expect(n + 1, 9, 0x8f3b22ed, "LOADED_IMAGE::LoadOptions", false, sum_of(options, true, true));
}

static void expect_initrd(size_t n)
{
	struct sha256 sum;

	sha256_start(&sum);
	add_initrds(&sum);
	expect(n, 9, 0x8f3b22ec, "Linux initrd", false, &sum);
}

static void a_kernel_that_is_entered_is_measured_as_by_a_loader_and_its_stub(void **state)
{
	(void)state;
	given(ENTRY "options quiet splash\n");
	expect_entered("all");
	assert_int_equal(uefi_measured.n, 4);
	expect_conf(0);
	expect_options(1, "quiet splash");
	expect_initrd(3);
	assert_int_equal(uefi_measured.asked, 1);
	scene_expect("TPM: the command line is measured into register 12", 1);
	scene_expect("TPM: Linux initrd is measured into register 9", 1);
	sim_end();
}

/* systemd and the stub measure what they pass or are passed, and nothing where there is nothing. */
static void what_is_not_there_is_not_measured(void **state)
{
	(void)state;
	given("title One\nlinux /vmlinuz\n");
	expect_entered("neither options nor initrd");
	assert_int_equal(uefi_measured.n, 1);
	sim_end();
	given("title One\nlinux /vmlinuz\n");
	sim.file[sim.n_files - 3].path = "\\loader\\none";
	expect_entered("no loader.conf");
	assert_int_equal(uefi_measured.n, 0);
	sim_end();
}

/* Bytes that are not UTF-8 reach the kernel as they are: two command lines with other ones have other sums. */
static void options_that_are_no_text_have_sums_of_their_own(void **state)
{
	uint8_t sum[2][32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		given(i == 0 ? "linux /vmlinuz\noptions a\xff\n" : "linux /vmlinuz\noptions a\xfe\n");
		expect_entered("no UTF-8");
		assert_int_equal(uefi_measured.n, 3);
		memcpy(sum[i], uefi_measured.at[1].sum, 32);
		assert_memory_equal(uefi_measured.at[2].sum, sum[i], 32);
		sim_end();
	}
	assert_memory_not_equal(sum[0], sum[1], 32);
}

static void without_a_tpm_nothing_is_asked_but_once_for_it(void **state)
{
	static const uint8_t *const row[] = {NULL, no_tpm};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(ENTRY "options quiet\n");
		uefi.tpm = row[i];
		expect_entered("no TPM");
		assert_int_equal(uefi_measured.n + uefi_measured.logs, 0);
		assert_int_equal(uefi_measured.asked, 1);
		assert_null(uefi_log());
		scene_expect("TPM", 0);
		sim_end();
	}
}

/* What has a stub measures for itself; the loader tells what it passes. */
static void a_program_is_measured_by_what_it_is_passed_alone(void **state)
{
	static const char *const row[] = {"title P\nefi /program\noptions -x  y\n",
					  "title P\nlinux /program\nhandoff stub\noptions -x  y\n" INITRDS};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(row[i]);
		scene_run(row[i]);
		assert_int_equal(uefi_report.starts, 1);
		assert_int_equal(uefi_measured.n, 2);
		expect_conf(0);
		expect(1, 12, 0, "-x  y", true, sum_of("-x  y", true, true));
		assert_null(uefi_log());
	}
	given("title P\nefi /program\n");
	scene_run("nothing is passed");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(uefi_measured.n, 1);
}

/* ---- more than one try ---- */

/* Firmware's last map does not fit, when all has been measured; then the next entry boots. */
static void given_two(const char *first, const char *second, unsigned int looks)
{
	given(first);
	scene_put_text("\\loader\\entries\\a.conf", second);
	uefi.map_overstated = looks;
	sim.other_line = true; /* the second's */
}

static void what_a_second_try_has_again_is_measured_once(void **state)
{
	(void)state;
	given_two(ENTRY "version 2\noptions quiet\n", ENTRY "version 1\noptions quiet\n", 2);
	expect_entered("the same");
	scene_expect("one.conf does not boot", 1);
	assert_int_equal(uefi_measured.n, 4);
	sim_end();
	given_two(ENTRY "version 2\noptions quiet\n", ENTRY "version 1\noptions single\n", 2);
	expect_entered("other options");
	scene_expect("one.conf does not boot", 1);
	assert_int_equal(uefi_measured.n, 6);
	expect_options(1, "quiet");
	expect_initrd(3);
	expect_options(4, "single");
	sim_end();
}

/* Without a log of SHA-256 nobody can tell. */
static void where_the_log_cannot_tell_it_is_measured_again(void **state)
{
	(void)state;
	given_two(ENTRY "version 2\noptions quiet\n", ENTRY "version 1\noptions quiet\n", 2);
	uefi.log_is_older = true;
	expect_entered("SHA-1 alone");
	assert_int_equal(uefi_measured.n, 7);
	sim_end();
}

/* ---- the log ---- */

/* struct linux_efi_tpm_eventlog: two sizes and the version. Returns how many events the log has behind its first. */
static size_t expect_log(uint32_t final_size, uint8_t version)
{
	const uint8_t *table = uefi_log();
	struct eventlog walk;
	struct event event;
	size_t n = 0;

	assert_non_null(table);
	assert_int_equal(load_le(table + 4, 4), final_size);
	assert_int_equal(table[8], version);
	assert_true(eventlog_start(&walk, (struct bytes){table + 9, load_le(table, 4)}, version));
	while (eventlog_next(&walk, &event))
		n++;
	assert_int_equal(walk.rest.size, 0);
	return n;
}

static void the_system_finds_firmwares_log_with_all_that_was_measured(void **state)
{
	(void)state;
	given(ENTRY "options quiet\n");
	expect_entered("newer");
	assert_int_equal(expect_log(0, 2), 5);
	assert_int_equal(uefi_measured.logs, 1);
	sim_end();
	given(ENTRY "options quiet\n");
	uefi.log_is_older = true;
	expect_entered("older");
	assert_int_equal(expect_log(0, 1), 5);
	sim_end();
	given(ENTRY "options quiet\n");
	uefi.no_final = true;
	expect_entered("without final events");
	assert_int_equal(expect_log(0, 2), 5);
	sim_end();
}

/* Once the log was asked for, firmware notes events twice; the kernel is told how many bytes of them it has already. */
static void what_is_noted_twice_is_told(void **state)
{
	(void)state;
	given_two(ENTRY "version 2\noptions quiet\n", ENTRY "version 1\noptions single\n", 2);
	expect_entered("two tries");
	/* The options of the second: 72 bytes each, and as they are told. */
	assert_int_equal(expect_log(2 * 72 + 14 + 8 + 26, 2), 7);
	sim_end();
}

/* A log has no end but its last event: what is not one leads nowhere, and nothing is copied. */
static void a_log_that_is_damaged_is_not_passed_on(void **state)
{
	static uint8_t log[4096];
	static const struct {
		size_t last;
		uint8_t first;
	} row[] = {{60, 0}, {0, 1}, {SIZE_MAX / 2, 0}, {70, 0}, {4000, 0}};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(row); i++) {
		memset(log, 0xee, sizeof(log));
		log[0] = row[i / 2].first;
		given(ENTRY);
		uefi.log = log;
		uefi.log_last = row[i / 2].last;
		uefi.log_is_both = i % 2 == 1;
		expect_entered("damaged");
		assert_null(uefi_log());
		scene_expect("TPM: firmware's log of what was measured is damaged", 1);
		sim_end();
	}
}

static void a_log_without_events_is_passed_on_as_such(void **state)
{
	(void)state;
	given(ENTRY);
	uefi.log_last = SIZE_MAX;
	expect_entered("no events");
	assert_non_null(uefi_log());
	assert_int_equal(load_le(uefi_log(), 4), 0);
	sim_end();
}

static void a_log_that_is_full_is_told_and_what_is_measured_stays(void **state)
{
	(void)state;
	given(ENTRY "options quiet\n");
	uefi.log_is_full = true;
	expect_entered("full");
	assert_int_equal(uefi_measured.n, 4);
	scene_expect("TPM: firmware's log has no room for what was measured of Linux initrd", 1);
	sim_end();
}

/* ---- the rest of a stub's duties ---- */

static void memory_is_cleared_after_a_reset_where_firmware_can(void **state)
{
	static const uint8_t no = 0, yes = 1, long_one[2] = {1, 0};

	(void)state;
	given(ENTRY);
	expect_entered("no such variable");
	assert_null(uefi_variable("MemoryOverwriteRequestControl"));
	sim_end();
	given(ENTRY);
	uefi_variable_put("MemoryOverwriteRequestControl", &no, 1);
	expect_entered("not asked for");
	assert_int_equal(uefi_variable("MemoryOverwriteRequestControl")->value[0], 1);
	assert_int_equal(uefi_variable("MemoryOverwriteRequestControl")->size, 1);
	sim_end();
	given(ENTRY);
	uefi_variable_put("MemoryOverwriteRequestControl", &yes, 1);
	expect_entered("asked for already");
	assert_int_equal(uefi_variable("MemoryOverwriteRequestControl")->value[0], 1);
	sim_end();
	given(ENTRY);
	uefi_variable_put("MemoryOverwriteRequestControl", long_one, 2);
	expect_entered("not as it must be");
	sim_end();
}

static void another_system_starts(void *image)
{
	(void)image;
	fw_stand_in("", (struct range){0, 0}, false);
}

/* It does not know that it must take that back, and the machine would clear all memory at each start. */
static void memory_is_not_cleared_for_another_system_than_linux(void **state)
{
	static const uint8_t no = 0;

	(void)state;
	given("title One\nefi /program\n");
	uefi.program = another_system_starts;
	uefi_variable_put("MemoryOverwriteRequestControl", &no, 1);
	scene_run("another system");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(uefi_variable("MemoryOverwriteRequestControl")->value[0], 0);
}

static void x86_needs_no_table_of_reserved_memory(void **state)
{
	(void)state;
	given(ENTRY);
	expect_entered("x86");
	assert_null(uefi_reservations());
	sim_end();
}

static void an_arm64_kernel_finds_an_empty_table_of_reserved_memory(void **state)
{
	static const uint8_t empty[16];

	(void)state;
	memset(&bench, 0, sizeof(bench));
	bench_set_up_arm64("1G-2G free", LINUX, &ARM64(.file_size = 0x10000));
	uefi = (struct uefi_setup){.nobody = true};
	scene_put_text("\\loader\\entries\\one.conf", LINUX);
	sim.stays_unmapped = true; /* its SMBIOS tells of no processor that needs it */
	expect_entered("arm64");
	assert_non_null(uefi_reservations());
	assert_memory_equal(uefi_reservations(), empty, 16);
	sim_end();
}

/* ---- SMBIOS ---- */

static uint8_t structures[256], entry_3[SMBIOS_3_ENTRY];

/* Types 0, 1 (woken up by 6), 2, 11 twice, and the end; @sizes of the five. */
static void given_smbios(size_t size[5])
{
	static const uint8_t bios[] = "\0\6hhxxv\0", board[] = "\2\5hh\0\0", oem[] = "\13\5hh\1one\0";
	uint8_t sum = 0;
	size_t used = 0;
	const struct {
		const uint8_t *at;
		size_t size;
	} row[] = {
	    {bios, sizeof(bios)}, {NULL, 0x1b + 6}, {board, sizeof(board)}, {oem, sizeof(oem)}, {oem, sizeof(oem)}};

	memset(structures, 0, sizeof(structures));
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		size[i] = row[i].size;
		if (row[i].at != NULL)
			memcpy(structures + used, row[i].at, row[i].size);
		else {
			memset(structures + used, 0x41, 0x1b + 6);
			structures[used] = 1;
			structures[used + 1] = 0x1b;
			structures[used + 0x18] = 6;
			structures[used + 0x1b + 4] = structures[used + 0x1b + 5] = 0;
		}
		used += row[i].size;
	}
	memcpy(structures + used, "\177\4zz\0", 6);
	memset(entry_3, 0, sizeof(entry_3));
	memcpy(entry_3, "_SM3_", 5);
	entry_3[6] = sizeof(entry_3);
	store_le(entry_3 + 12, 4, used + 6);
	store_le(entry_3 + 16, 8, (uintptr_t)structures);
	for (size_t i = 0; i < sizeof(entry_3); i++)
		sum = (uint8_t)(sum + entry_3[i]);
	entry_3[5] = (uint8_t)-sum;
	uefi.smbios_3 = entry_3;
}

static void expect_structure(size_t n, const uint8_t *at, size_t size, uint32_t tag, const char *words)
{
	static uint8_t copy[64];
	struct sha256 sum;

	memcpy(copy, at, size);
	if (at[0] == 1)
		copy[0x18] = 0;
	sha256_start(&sum);
	sha256_add(&sum, (struct bytes){copy, size});
	expect(n, 1, tag, words, true, &sum);
}

static void the_machine_is_measured_but_not_how_it_woke_up(void **state)
{
	const uint8_t *at = structures;
	size_t size[5];

	(void)state;
	given("title One\nlinux /vmlinuz\n");
	given_smbios(size);
	expect_entered("SMBIOS");
	assert_int_equal(uefi_measured.n, 5);
	at += size[0];
	expect_structure(0, at, size[1], 0xd5cb7cbc, "smbios:type1");
	at += size[1];
	expect_structure(1, at, size[2], 0xe0d47bc8, "smbios:type2");
	at += size[2];
	expect_structure(2, at, size[3], 0xc0b3bd23, "smbios:type11");
	expect_structure(3, at + size[3], size[4], 0xc0b3bd23, "smbios:type11");
	expect_conf(4);
	assert_true(uefi_variable_says("LoaderPcrSMBIOS", "1"));
	assert_int_equal(structures[size[0] + 0x18], 6); /* firmware's own stays as it is */
	sim_end();
}

static void the_machine_is_measured_once_in_a_boot(void **state)
{
	size_t size[5];

	(void)state;
	given("title One\nlinux /vmlinuz\n");
	given_smbios(size);
	uefi_variable_put_text("LoaderPcrSMBIOS", "1");
	expect_entered("by an earlier loader");
	assert_int_equal(uefi_measured.n, 1);
	sim_end();
	given("title One\nlinux /vmlinuz\n");
	given_smbios(size);
	uefi.tpm = NULL;
	expect_entered("without a TPM");
	assert_null(uefi_variable("LoaderPcrSMBIOS"));
	sim_end();
}

/* ---- a confidential machine ---- */

static void a_confidential_cpu_is_told_as_well_what_is_passed(void **state)
{
	(void)state;
	for (unsigned int has_tpm = 0; has_tpm < 2; has_tpm++) {
		given("title S\nlinux /program\noptions quiet\n");
		sim.hypervisor = sim.encrypted = uefi.cpu_measures = true;
		uefi.tpm = has_tpm ? tpm : NULL;
		scene_run("confidential");
		assert_int_equal(uefi_report.starts, 1);
		assert_int_equal(uefi_measured.n, has_tpm ? 3 : 1);
		if (has_tpm)
			expect(1, 12, 0, "quiet", true, sum_of("quiet", true, true));
		assert_true(uefi_measured.at[uefi_measured.n - 1].by_cpu);
		expect(uefi_measured.n - 1, 112, 0, "quiet", true, sum_of("quiet", true, true));
	}
}

/* ---- faults ---- */

static bool is_of_the_tpm(const char *service)
{
	return strcmp(service, "HashLogExtendEvent") == 0 || strcmp(service, "GetEventLog") == 0 ||
	       strcmp(service, "MapPcrToMrIndex") == 0 || strcmp(service, "GetCapability") == 0 ||
	       strcmp(service, "InstallConfigurationTable") == 0;
}

static void each_call_may_fail_and_the_entry_boots(void **state)
{
	static const uint64_t faults[] = {EFIERR(2),  EFIERR(3),  EFIERR(7),   EFIERR(9),
					  EFIERR(11), EFIERR(15), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int own = 0, calls = 1000;
	size_t size[5];

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			const uint8_t no = 0;
			const char *service;

			if (k != 1 && !in_sample())
				continue;
			given(ENTRY "options quiet\n");
			given_smbios(size);
			uefi_variable_put("MemoryOverwriteRequestControl", &no, 1);
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls + 110 : calls;
			service = uefi_service_name(uefi_report.service);
			if (!is_of_the_tpm(service))
				continue;
			own++;
			if (!outcome.entered)
				fail_msg("call %u, %s, fault %#" PRIx64 ": %s", k, service, faults[f],
					 outcome.why.text);
			if (strcmp(service, "HashLogExtendEvent") == 0)
				assert_int_equal(uefi_measured.n, 7);
		}
	assert_true(own >= 60 / share());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kernel_that_is_entered_is_measured_as_by_a_loader_and_its_stub),
	    cmocka_unit_test(what_is_not_there_is_not_measured),
	    cmocka_unit_test(options_that_are_no_text_have_sums_of_their_own),
	    cmocka_unit_test(without_a_tpm_nothing_is_asked_but_once_for_it),
	    cmocka_unit_test(a_program_is_measured_by_what_it_is_passed_alone),
	    cmocka_unit_test(what_a_second_try_has_again_is_measured_once),
	    cmocka_unit_test(where_the_log_cannot_tell_it_is_measured_again),
	    cmocka_unit_test(the_system_finds_firmwares_log_with_all_that_was_measured),
	    cmocka_unit_test(what_is_noted_twice_is_told),
	    cmocka_unit_test(a_log_that_is_damaged_is_not_passed_on),
	    cmocka_unit_test(a_log_without_events_is_passed_on_as_such),
	    cmocka_unit_test(a_log_that_is_full_is_told_and_what_is_measured_stays),
	    cmocka_unit_test(memory_is_cleared_after_a_reset_where_firmware_can),
	    cmocka_unit_test(memory_is_not_cleared_for_another_system_than_linux),
	    cmocka_unit_test(x86_needs_no_table_of_reserved_memory),
	    cmocka_unit_test(an_arm64_kernel_finds_an_empty_table_of_reserved_memory),
	    cmocka_unit_test(the_machine_is_measured_but_not_how_it_woke_up),
	    cmocka_unit_test(the_machine_is_measured_once_in_a_boot),
	    cmocka_unit_test(a_confidential_cpu_is_told_as_well_what_is_passed),
	    cmocka_unit_test(each_call_may_fail_and_the_entry_boots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
