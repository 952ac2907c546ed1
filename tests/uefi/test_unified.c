/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unified kernel images in \EFI\Linux, read, offered and started: UAPI.1, "Type #2". Of each file what tells of it is
 * read, once; what is wrong with one costs no other.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "scene.h"
#include "local.h"

#include "../../efi/catalogue.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define IMAGES 4
static struct pe_file image[IMAGES];
static size_t n_images;

static struct catalogue catalogue;
static struct fail why;

static void given(const char *conf)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	n_images = 0;
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
}

/* With a kernel, and this os-release; put() makes a file of it. */
static struct pe_file *given_image(const char *osrel)
{
	struct pe_file *file = &image[n_images++];

	assert_true(n_images <= IMAGES);
	pe_file_begin(file, PE_X64, 0);
	pe_file_add_text(file, ".linux", "kernel");
	pe_file_add_text(file, ".osrel", osrel);
	return file;
}

static void put(const char *path, const struct pe_file *file)
{
	scene_put(path, file->bytes, file->size);
}

static struct pe_file *given_profiles(void)
{
	struct pe_file *file = given_image("NAME=System\nID=sys\nVERSION=7\n");

	pe_file_add_text(file, ".profile", "ID=main\n");
	pe_file_add_text(file, ".profile", "ID=rescue\nTITLE=Rescue\n");
	return file;
}

/* ---- edited ---- */

static void given_line(const char *keys)
{
	struct pe_file *file;

	given("timeout menu-force\n");
	uefi.keys = keys;
	file = given_image("NAME=System\nID=sys\n");
	pe_file_add_text(file, ".cmdline", " root=/dev/sda2\nquiet\n");
	pe_file_add_text(file, ".profile", "ID=main\n");
	pe_file_add_text(file, ".profile", "ID=rescue\n");
	pe_file_add_text(file, ".cmdline", "rescue");
	put("\\EFI\\Linux\\a.efi", file);
}

static void the_line_of_an_image_can_be_edited(void **state)
{
	(void)state;
	given_line("e single\rQ");
	scene_run("edited");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet single");
	given_line("je single\rQ");
	scene_run("of another profile");
	assert_string_equal(uefi_report.options, "@1 rescue single");
	given_line("e x\r|ey\rQ");
	scene_run("again");
	assert_int_equal(uefi_report.starts, 2);
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet xy");
	given_line("e x\x03\rQ");
	scene_run("given up");
	assert_int_equal(uefi_report.starts, 1);
	assert_false(uefi_report.passed);
	given_line("e\r|jQ");
	scene_run("as it was");
	assert_string_equal(uefi_report.options, "root=/dev/sda2 quiet");
}

static void an_image_under_secure_boot_keeps_its_line(void **state)
{
	(void)state;
	given_line("e\rQ");
	uefi.secure_boot = 1;
	uefi.setup_mode = 0;
	scene_run("Secure Boot");
	scene_expect("  unless Secure Boot is known to be off, a.efi keeps the command line in its image", 1);
	assert_int_equal(uefi_report.starts, 1);
	assert_false(uefi_report.passed);
	given("timeout menu-force\n");
	uefi.keys = "eonly\rQ";
	uefi.secure_boot = 1;
	uefi.setup_mode = 0;
	put("\\EFI\\Linux\\a.efi", given_image("NAME=System\nID=sys\n"));
	scene_run("without a line in it");
	assert_string_equal(uefi_report.options, "only");
}

static void a_line_that_cannot_be_read_is_not_edited(void **state)
{
	uint8_t *row = image[0].bytes;

	(void)state;
	given_line("e\rQ");
	while (memcmp(row, ".cmdline", 8) != 0)
		row++;
	store_le(row + 8, 4, 65536); /* its sizes in memory and in the file */
	store_le(row + 16, 4, 65536);
	scene_run("too large");
	scene_expect("its section .cmdline has 65536 bytes; at most 65535 are edited", 1);
	assert_false(uefi_report.passed);
}

/* ---- offered and started ---- */

static void an_image_is_the_default_and_is_passed_nothing(void **state)
{
	(void)state;
	given(NULL);
	put("\\EFI\\Linux\\sys+3.efi", given_profiles());
	uefi.program_returns = EFIERR(21);
	scene_run("an image");
	/* The try is counted first: the file that is started has its new name. */
	assert_string_equal(uefi_report.program, "\\EFI\\Linux\\sys+2-1.efi");
	assert_int_equal(uefi_report.renames, 1);
	assert_false(uefi_report.passed);
	assert_true(uefi_variable_says("LoaderEntrySelected", "sys.efi"));
	scene_expect("\nberth: \\EFI\\Linux\\sys+2-1.efi came back with an error: aborted", 1);
	scene_expect("  > * System ", 1);
	scene_expect("      System (Rescue)\n", 1);
}

static void another_profile_is_named_to_the_stub(void **state)
{
	static const uint16_t ids[] = {'s', 'y', 's', '.', 'e', 'f', 'i', 0,   's', 'y', 's', '.',
				       'e', 'f', 'i', '@', 'r', 'e', 's', 'c', 'u', 'e', 0};
	const struct uefi_variable *entries;

	(void)state;
	given("default sys.efi@rescue\n");
	put("\\EFI\\Linux\\SYS.EFI", given_profiles());
	uefi.program_returns = EFIERR(21);
	scene_run("a profile");
	assert_true(uefi_report.passed);
	assert_string_equal(uefi_report.options, "@1");
	assert_true(uefi_variable_says("LoaderEntrySelected", "sys.efi@rescue"));
	entries = uefi_variable("LoaderEntries");
	assert_non_null(entries);
	assert_int_equal(entries->size, sizeof(ids));
	assert_memory_equal(entries->value, ids, sizeof(ids));
}

/* The file has its new name for all profiles; a try of another profile is one more try of the file. */
static void a_counted_image_is_found_by_its_new_name(void **state)
{
	(void)state;
	given("timeout menu-force\n");
	put("\\EFI\\Linux\\sys+3.efi", given_profiles());
	uefi.program_returns = EFIERR(21);
	uefi.keys = "\r|xj\r|xk\r|xQ";
	scene_run("three tries");
	assert_int_equal(uefi_report.starts, 3);
	assert_int_equal(uefi_report.renames, 2);
	scene_expect("start \\EFI\\Linux\\sys+2-1.efi\n", 1);
	scene_expect("start \\EFI\\Linux\\sys+1-2.efi\n", 2);
	assert_string_equal(uefi_report.program, "\\EFI\\Linux\\sys+1-2.efi");
}

/* UAPI.1, "Sorting": both types by one order. */
static void images_are_sorted_among_other_entries(void **state)
{
	(void)state;
	given("timeout menu-force\n");
	scene_put_text("\\loader\\entries\\a.conf", "title A\nsort-key sys\nversion 8\nlinux /vmlinuz\n");
	scene_put_text("\\loader\\entries\\b.conf", "title B\nsort-key sys\nversion 6\nlinux /vmlinuz\n");
	put("\\EFI\\Linux\\sys.efi", given_image("NAME=System\nID=sys\nVERSION=7\n"));
	uefi.presses = true;
	scene_run("sorted");
	scene_expect("  > * A ", 1);
	scene_expect("\n      System\n      B\n", 1);
}

/* ---- read ---- */

static enum status read_it(void)
{
	memset(&catalogue, 0, sizeof(catalogue));
	why.text[0] = '\0';
	return catalogue_read(&catalogue, &why);
}

/* A volume in a firmware that the loader has come back to. */
static void given_firmware(const char *conf)
{
	given(NULL);
	sim_boot(&bench.entry, &bench.conf);
	assert_false(outcome.entered);
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
	outcome.calls = 0;
	uefi_console_set_up((EFI_SYSTEM_TABLE *)(uintptr_t)sim.machine.system_table);
}

static void end(void)
{
	struct sim_outcome left;

	catalogue_free(&catalogue);
	efi_close_volumes();
	uefi_memory_left(&left);
	assert_int_equal(left.surveys_left, 0);
	assert_int_equal(uefi_files_open(), 0);
	sim_end();
}

static void what_is_no_image_is_not_offered_and_the_log_tells_why(void **state)
{
	static const char *const words[] = {
	    "not shown: \\EFI\\Linux\\cpu.efi: for another CPU (arm64)",
	    "not shown: \\EFI\\Linux\\bare.efi: no unified kernel image: it has no sections .linux and .osrel",
	    "not shown: name.efi: its section .osrel has no line PRETTY_NAME",
	    "not shown: \\EFI\\Linux\\text.efi: no PE file",
	    "not shown: \\EFI\\Linux\\cut.efi: \\EFI\\Linux\\cut.efi ends at byte",
	};
	struct pe_file *file;

	(void)state;
	given_firmware("log debug\n");
	file = given_image("NAME=a");
	store_le(file->bytes + 0x84, 2, 0xaa64);
	put("\\EFI\\Linux\\cpu.efi", file);
	file = &image[n_images++];
	pe_file_begin(file, PE_X64, 0);
	put("\\EFI\\Linux\\bare.efi", file);
	put("\\EFI\\Linux\\name.efi", given_image("VERSION=1"));
	scene_put_text("\\EFI\\Linux\\text.efi", "NAME=a");
	put("\\EFI\\Linux\\cut.efi", given_image("NAME=a"));
	store_le(pe_file_row(&image[n_images - 1], 1) + 20, 4, 1 << 20);
	put("\\EFI\\Linux\\auto-x.efi", &image[n_images - 1]);
	put("\\EFI\\Linux\\.x.efi", &image[n_images - 1]);
	put("\\EFI\\Linux\\x.efi.bak", &image[n_images - 1]);
	put("\\EFI\\Linux\\x.efi.extra.d\\y.efi", &image[n_images - 1]);
	assert_int_equal(read_it(), NOT_FOUND);
	assert_int_equal(catalogue.hidden, 5);
	for (size_t i = 0; i < 4; i++)
		scene_expect(words[i], 1);
	scene_expect("\\EFI\\Linux\\cut.efi ends at byte", 1);
	scene_expect("not shown", 5);
	assert_non_null(strstr(why.text, "none of the 5 on the volume"));
	end();
}

static void a_section_that_is_too_long_is_not_read(void **state)
{
	(void)state;
	for (uint64_t size = 65536; size <= 65537; size++) {
		given_firmware("log debug\n");
		put("\\EFI\\Linux\\a.efi", given_image("NAME=a\n"));
		store_le(pe_file_row(&image[0], 1) + 8, 4, size);
		store_le(pe_file_row(&image[0], 1) + 16, 4, 1 << 20);
		sim.file[sim.n_files - 1].size = 1 << 20;
		assert_int_equal(read_it(), size == 65536 ? OK : NOT_FOUND);
		scene_expect("its section .osrel has 65537 bytes; at most 65536 are read", size != 65536);
		end();
	}
	for (uint64_t size = 65536; size <= 65537; size++) {
		given_firmware("log debug\n");
		put("\\EFI\\Linux\\a.efi", given_profiles());
		store_le(pe_file_row(&image[0], 2) + 8, 4, size);
		store_le(pe_file_row(&image[0], 2) + 16, 4, 1 << 20);
		sim.file[sim.n_files - 1].size = 1 << 20;
		(void)read_it();
		scene_expect("its section .profile has 65537 bytes; at most 65536 are read", size != 65536);
		end();
	}
}

/* Images of many sections, of device trees say: what of the table is not in the first read is read as well. */
static void a_long_table_of_sections_is_read_up_to_its_limit(void **state)
{
	static const struct {
		unsigned int sections, longer; /* by so many bytes the header before the table is longer */
		uint64_t size;		       /* of the file */
		const char *words;	       /* NULL: it is offered */
	} row[] = {{92, 0, 16384, NULL},
		   {93, 0, 16384, NULL},
		   {399, 0, 16384, NULL},
		   {399, 32, 16384, NULL}, /* the last byte that is read is the table's last */
		   {399, 33, 16384, "the table of its 399 sections ends at byte 16385; at most 16384 are read"},
		   {400, 0, 16384, "the table of its 400 sections ends at byte 16392; at most 16384 are read"},
		   {350, 0, 10000, "\\EFI\\Linux\\a.efi: ends within the table of its 350 sections"}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct pe_file *file = &image[0];
		unsigned int last = row[i].sections - 1;

		given_firmware("log debug\n");
		pe_file_begin(file, PE_X64, 0);
		/* Rows of zeros; the last are those that are wanted, and what they say stands in front of the headers.
		 */
		store_le(file->bytes + 0x86, 2, row[i].sections);
		store_le(file->bytes + 0x94, 2, load_le(file->bytes + 0x94, 2) + row[i].longer);
		if (row[i].words == NULL) {
			uint8_t *at = pe_file_row(file, last) + row[i].longer;

			memcpy(at - 40, ".linux", 6);
			memcpy(at, ".osrel", 6);
			store_le(at + 8, 4, 6);
			store_le(at + 16, 4, 6);
			store_le(at + 20, 4, 0x40);
		}
		memcpy(file->bytes + 0x40, "NAME=a", 6);
		scene_put("\\EFI\\Linux\\a.efi", file->bytes, row[i].size);
		if ((read_it() == OK) != (row[i].words == NULL))
			fail_msg("%u sections: %zu entries, \"%s\"\n%s", row[i].sections, catalogue.n, why.text,
				 uefi_report.console);
		if (row[i].words != NULL)
			scene_expect(row[i].words, 1);
		end();
	}
}

/* Each file is opened once, and what its profiles share is read once. */
static void nothing_is_read_twice(void **state)
{
	unsigned int one, two;

	(void)state;
	given_firmware(NULL);
	put("\\EFI\\Linux\\a.efi", given_image("NAME=a"));
	assert_int_equal(read_it(), OK);
	one = outcome.calls;
	end();
	given_firmware(NULL);
	put("\\EFI\\Linux\\a.efi", given_profiles());
	assert_int_equal(read_it(), OK);
	two = outcome.calls;
	assert_int_equal(catalogue.n, 2);
	end();
	/* For each profile its own section: a position and a read; and for the second entry two pools. */
	assert_int_equal(two - one, 2 * 2 + 2);
}

/* Firmware fails at each call in turn: what was read until then is offered, or the reason is told. */
static void what_fails_at_one_image_costs_no_other(void **state)
{
	static const uint64_t faults[] = {EFIERR(7), EFIERR(9), EFIERR(14), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1, both = 0, one = 0;

	(void)state;
	for (size_t f = 0; f < COUNT_OF(faults); f++)
		for (unsigned int k = 0; k <= calls; k++) {
			enum status status;

			given_firmware(NULL);
			put("\\EFI\\Linux\\a.efi", given_image("NAME=a"));
			put("\\EFI\\Linux\\b.efi", given_profiles());
			sim.fail_call = k;
			uefi.fault = faults[f];
			status = read_it();
			calls = k == 0 ? outcome.calls : calls;
			if ((status == OK) != (catalogue.n != 0) || (status != OK && why.text[0] == '\0'))
				fail_msg("call %u: %d with %zu entries, \"%s\"", k, (int)status, catalogue.n, why.text);
			both += catalogue.n == 3;
			one += catalogue.n == 1 || catalogue.n == 2;
			sim.fail_call = 0;
			end();
		}
	assert_true(calls > 20 && both > 20 && one > 20);
}

static void given_no_image(void)
{
	given("");
	scene_put_text("\\EFI\\Linux\\readme", "text");
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
}

/* What the disk does not tell is said, and what stands in the other folder boots. */
static void a_failing_call_that_lists_images_is_told(void **state)
{
	(void)state;
	/* Reads of the folder: the file, and that there is no other. */
	assert_int_equal(
	    scene_said_at_failing_calls(given_no_image, "berth: \\EFI\\Linux: cannot be listed: device error\n"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_line_of_an_image_can_be_edited),
	    cmocka_unit_test(an_image_under_secure_boot_keeps_its_line),
	    cmocka_unit_test(a_line_that_cannot_be_read_is_not_edited),
	    cmocka_unit_test(an_image_is_the_default_and_is_passed_nothing),
	    cmocka_unit_test(another_profile_is_named_to_the_stub),
	    cmocka_unit_test(a_counted_image_is_found_by_its_new_name),
	    cmocka_unit_test(images_are_sorted_among_other_entries),
	    cmocka_unit_test(what_is_no_image_is_not_offered_and_the_log_tells_why),
	    cmocka_unit_test(a_section_that_is_too_long_is_not_read),
	    cmocka_unit_test(a_long_table_of_sections_is_read_up_to_its_limit),
	    cmocka_unit_test(nothing_is_read_twice),
	    cmocka_unit_test(what_fails_at_one_image_costs_no_other),
	    cmocka_unit_test(a_failing_call_that_lists_images_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
