/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `extra` of an entry for a unified kernel image, over whole boots: what the image's stub finds by the protocol, that
 * it is gone when the image comes back, and what is said when a file is not there, or firmware refuses. Sources:
 * UAPI.1, "Type #1"; systemd-stub(7), "Companion Files"; UEFI 2.10, 13.2.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "initrd.h"
#include "scene.h"

#include "../../codecs/sha256.h"
#include "../../config/extra.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define UKI "title U\nuki /u.efi\nextra /x/a.cred\nextra /b.confext.raw\nextra /x/c.cred\n"

static struct pe_file image;
static const char confext[] = "a configuration that is not of four bytes";

/* What the image's stub found. */
static struct {
	bool offered;
	UINTN size;
	EFI_STATUS given;
	uint8_t bytes[8192];
} found;

static void find_initrd(void *started)
{
	struct load_file2 *protocol = uefi_find(initrd_path, sizeof(initrd_path), load_file2_guid);

	(void)started;
	memset(&found, 0, sizeof(found));
	found.offered = protocol != NULL;
	if (!found.offered || protocol->LoadFile(protocol, initrd_path, 0, &found.size, NULL) != EFI_BUFFER_TOO_SMALL ||
	    found.size > sizeof(found.bytes))
		return;
	found.given = protocol->LoadFile(protocol, initrd_path, 0, &found.size, found.bytes);
}

static void given(const char *text)
{
	memset(&bench, 0, sizeof(bench));
	memset(&found, 0, sizeof(found));
	bench_set_up("1M-512M free, 4G-5G free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.program = find_initrd, .nobody = true};
	sim.file[0].path = "\\other"; /* of which nothing is read before other things are written */
	pe_file_begin(&image, PE_X64, 1);
	scene_put("\\u.efi", image.bytes, image.size);
	scene_put_text("\\x\\a.cred", "secret");
	scene_put_text("\\x\\c.cred", "");
	scene_put("\\b.confext.raw", (const uint8_t *)confext, sizeof(confext));
	scene_put_text("\\loader\\entries\\u+3.conf", text);
}

static void put_magic(const char *magic)
{
	pe_file_add_text(&image, ".sdmagic", magic);
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, "\\u.efi") == 0)
			sim.file[i].size = sim.file[i].head_size = image.size;
}

/* The archives of those files, as test_cpio has them written; in their order, and nothing else. */
static uint64_t expected(uint8_t *to)
{
	static const uint32_t size[] = {6, sizeof(confext), 0};
	struct cpio cpio = {.at = to};
	struct entry entry;
	struct fail why;
	uint64_t at[3];

	assert_int_equal(entry_parse(&entry, "u.conf", UKI, strlen(UKI), &why), OK);
	for (unsigned int which = 0; which < N_EXTRAS; which++)
		extra_pack(&entry, (enum extra)which, size, &cpio, at);
	memcpy(to + at[0], "secret", 6);
	memcpy(to + at[1], confext, sizeof(confext));
	return cpio.used;
}

static bool is_all_there(void)
{
	static uint8_t wanted[8192];
	uint64_t size = expected(wanted);

	return found.offered && found.given == EFI_SUCCESS && found.size == size &&
	       memcmp(found.bytes, wanted, (size_t)size) == 0;
}

/* As systemd-boot leaves them out. */
static void an_empty_file_is_not_handed_over(void **state)
{
	(void)state;
	given("title U\nuki /u.efi\nextra /x/c.cred\n");
	scene_put_text("\\loader\\loader.conf", "log normal\n");
	scene_run("nothing else");
	assert_int_equal(uefi_report.starts, 1);
	assert_false(found.offered);
	assert_int_equal(uefi_report.renames, 1);
	scene_expect("berth: \\x\\c.cred: is empty, and not handed over\n", 1);
}

static void the_stub_finds_them_in_archives(void **state)
{
	(void)state;
	given(UKI);
	scene_put_text("\\loader\\loader.conf", "log debug\n");
	scene_run("a boot");
	assert_int_equal(uefi_report.starts, 1);
	assert_true(is_all_there());
	assert_null(uefi_find(initrd_path, sizeof(initrd_path), load_file2_guid));
	assert_int_equal(uefi_report.renames, 1);
	scene_expect("bytes of an initrd with /.extra/credentials\n", 1);
	scene_expect("bytes of an initrd with /.extra/confext\n", 1);
	scene_expect("bytes of an initrd with ", 2);
	given("title U\nuki /u.efi\n");
	scene_run("none");
	assert_int_equal(uefi_report.starts, 1);
	assert_false(found.offered);
}

/* As systemd-boot does: its sums are known beforehand to who seals something to the registers. */
static void each_archive_is_measured_before_the_image_starts(void **state)
{
	static const uint8_t tpm[36] = {36, 1, 1, 1, 1, [8] = 3, [12] = 3, [16] = 1, [28] = 2, [32] = 2};
	static const struct {
		uint32_t pcr;
		const char *words;
	} row[] = {{12, "Entry credentials initrd"}, {12, "Entry configuration extension initrd"}};
	size_t at = 0, size = 0;

	(void)state;
	given(UKI);
	uefi.tpm = tpm;
	scene_run("measured");
	assert_int_equal(uefi_report.starts, 1);
	for (size_t i = 0; i < COUNT_OF(row); i++, at += size) {
		const struct uefi_measured *m = &uefi_measured.at[i];
		struct sha256 sum;
		uint8_t wanted[32];

		assert_true(i < uefi_measured.n);
		assert_true(m->pcr == row[i].pcr && m->type == 0xd);
		assert_int_equal(m->data_size, 2 * (strlen(row[i].words) + 1));
		/* One archive ends where the next begins; both together are what the stub found. */
		for (size = i + 1 < COUNT_OF(row) ? 4 : found.size - at; at + size <= found.size; size += 4) {
			sha256_start(&sum);
			sha256_add(&sum, (struct bytes){found.bytes + at, size});
			sha256_end(&sum, wanted);
			if (memcmp(wanted, m->sum, sizeof(wanted)) == 0)
				break;
		}
		assert_true(at + size <= found.size);
	}
	assert_int_equal(at, found.size);
}

/* Rule C7: where reads to high memory come out wrong they are read below, and what was read before is read again. */
static void firmware_that_reads_wrongly_is_caught(void **state)
{
	(void)state;
	given(UKI);
	sim.unreadable_above = 1;
	sim.lies_about = "\\b.confext.raw";
	scene_run("reads that lie");
	assert_true(is_all_there());
}

static void what_is_not_there_is_said_and_nothing_is_started(void **state)
{
	static const struct {
		const char *text, *words;
	} row[] = {
	    {UKI "extra /none.cred\n", "berth: \\none.cred: no such file on "},
	    {UKI "extra /../up.cred\n", "berth: the path /../up.cred goes up with \"..\""},
	    {UKI "extra /large.sysext.raw\n",
	     "berth: \\large.sysext.raw: has 1610612737 bytes; at most 1610612736 are handed over\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(row[i].text);
		scene_put_text("\\large.sysext.raw", "");
		sim.file[sim.n_files - 1].size = EXTRA_MOST + 1;
		scene_run(row[i].text);
		assert_int_equal(uefi_report.starts, 0);
		assert_int_equal(uefi_report.renames, 0); /* what cannot be tried is not counted */
		scene_expect(row[i].words, 1);
	}
	given(UKI);
	uefi.has_initrd = true;
	scene_run("another initrd");
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("berth: firmware has an initrd for the kernel already", 1);
}

static void an_image_whose_stub_would_fail_is_not_started(void **state)
{
	static const struct {
		const char *magic;
		bool started;
	} row[] = {{"#### LoaderInfo: systemd-stub 257.13-1 ####", false},
		   {"#### LoaderInfo: systemd-stub 262.1-1 ####", true},
		   {"#### LoaderInfo: another stub 1 ####", true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(UKI);
		put_magic(row[i].magic);
		scene_run(row[i].magic);
		assert_int_equal(uefi_report.starts, row[i].started);
		scene_expect("berth: \\u.efi: its stub is of a systemd before 261", !row[i].started);
	}
	given("title U\nuki /u.efi\n");
	put_magic(row[0].magic);
	scene_run("without extra");
	assert_int_equal(uefi_report.starts, 1);
}

/* What was handed over to one that came back is given back once, whatever is started then. */
static void another_image_after_one_that_came_back_is_without_its_own(void **state)
{
	(void)state;
	given(UKI);
	scene_put_text("\\loader\\loader.conf", "timeout menu-force\n");
	scene_put_text("\\loader\\entries\\t.conf", "title T\nuki /u.efi\nextra /none.cred\n");
	scene_put_text("\\loader\\entries\\s.conf", "title S\nuki /u.efi\n");
	uefi.nobody = false;
	uefi.program_returns = EFIERR(1);
	uefi.keys = "\r|x|j\r|x|j\r|x|Q";
	scene_run("one after the other");
	scene_expect("berth: \\none.cred: no such file on ", 1);
	assert_int_equal(uefi_report.starts, 2);
	assert_false(found.offered);
}

static void given_archives(void)
{
	given(UKI);
}

static bool is_started_with_all(unsigned int call, uint64_t fault)
{
	if (found.offered && !is_all_there() && fault != LIE_NOTHING)
		fail_msg("call %u, fault %#" PRIx64 ": not all of it is there", call, fault);
	return uefi_report.starts != 0;
}

/* The image has all of it or is not started; and nothing that was taken stays. */
static void every_call_goes_wrong_in_every_way(void **state)
{
	static const uint64_t faults[] = {EFIERR(2), EFIERR(7), EFIERR(9), EFIERR(14), LIE_NOTHING, LIE_TOO_MUCH};
	struct scene_sweep sweep = scene_sweep(faults, COUNT_OF(faults), given_archives, is_started_with_all);

	(void)state;
	assert_true(sweep.calls > 100 && sweep.well > 100 / share() && sweep.not_well > 20 / share());
}

/* From that call on: a read that fails once is tried again, in pieces. Not a sample, for the reads are few. */
static void no_failing_call_starts_one_without_all_of_it(void **state)
{
	unsigned int calls = 0, first = 0, second = 0;

	(void)state;
	for (unsigned int k = 0; k <= calls; k++) {
		given(UKI);
		sim.fail_call = k;
		uefi.fault = EFIERR(7);
		uefi.for_ever = true;
		scene_run("a call fails from then on");
		calls = k == 0 ? outcome.calls : calls;
		if (uefi_report.starts != 0 && !scene_failed_in("StartImage") && !is_all_there())
			fail_msg("call %u, %s: started without all of it", k, uefi_service_name(uefi_report.service));
		first += scene_failed_in("Read") && scene_said("berth: \\x\\a.cred: ") != 0;
		second += scene_failed_in("Read") && scene_said("berth: \\b.confext.raw: ") != 0;
	}
	assert_true(first != 0 && second != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_stub_finds_them_in_archives),
	    cmocka_unit_test(an_empty_file_is_not_handed_over),
	    cmocka_unit_test(each_archive_is_measured_before_the_image_starts),
	    cmocka_unit_test(firmware_that_reads_wrongly_is_caught),
	    cmocka_unit_test(what_is_not_there_is_said_and_nothing_is_started),
	    cmocka_unit_test(an_image_whose_stub_would_fail_is_not_started),
	    cmocka_unit_test(another_image_after_one_that_came_back_is_without_its_own),
	    cmocka_unit_test(no_failing_call_starts_one_without_all_of_it),
	    cmocka_unit_test(every_call_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
