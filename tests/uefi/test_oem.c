/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a virtual machine asks of the loader by strings in SMBIOS, over whole boots: entries, options, the menu's time,
 * the log. Source: systemd, man/smbios-type-11.xml and src/boot/boot.c.
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "local.h"
#include "scene.h"

#include "../../config/smbios.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ENTRY "title One\nlinux /vmlinuz\noptions own\n"

static struct pe_file kernel;
static uint8_t structures[70000 + 64], entry_3[SMBIOS_3_ENTRY], entry_2[SMBIOS_2_ENTRY];
static size_t used;

static void close_sum(uint8_t *entry, size_t length, size_t at)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum = (uint8_t)(sum + entry[i]);
	entry[at] = (uint8_t)-sum;
}

static void add(const char *string)
{
	memcpy(structures + used, string, strlen(string) + 1);
	used += strlen(string) + 1;
}

/* The end of the strings, a last structure, and the entry point that leads there. */
static void close_structures(void)
{
	memcpy(structures + used, "\0\177\4zz\0", 7);
	used += 7;
	memset(entry_3, 0, sizeof(entry_3));
	memcpy(entry_3, "_SM3_", 5);
	entry_3[6] = sizeof(entry_3);
	store_le(entry_3 + 12, 4, used);
	store_le(entry_3 + 16, 8, (uintptr_t)structures);
	close_sum(entry_3, sizeof(entry_3), 5);
	memset(entry_2, 0, sizeof(entry_2));
	uefi.smbios_3 = entry_3;
}

/* A machine with one entry on the disk, and these strings; @boots: the entry that is to boot. */
static void given(const char *conf, const char *boots, const char *first, const char *second)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", boots, "", &debian);
	uefi = (struct uefi_setup){.nobody = true};
	scene_put_text("\\loader\\loader.conf", conf);
	scene_put_text("\\loader\\entries\\one.conf", ENTRY);
	memcpy(structures, "\13\5hh\2", 5);
	used = 5;
	add(first);
	if (second != NULL)
		add(second);
	close_structures();
}

static void expect_entered(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, outcome.why.text);
}

/* The kernel is checked to have the command line of the entry that is to boot. In files, a word that begins with "$" is
 * left out.
 */
static void options_are_added_to_a_kernels(void **state)
{
	(void)state;
	given("", ENTRY, "io.systemd.boot.kernel-cmdline-extra=more a=$b", NULL);
	bench.entry.added = word_of("more a=$b");
	expect_entered("options");
	scene_expect("io.systemd.boot.loglevel", 0); /* nobody asks for one */
	given("", "title One\nlinux /vmlinuz\noptions own more\n", "io.systemd.boot.kernel-cmdline-extra=more",
	      "io.systemd.boot.kernel-cmdline-extra=most");
	expect_entered("the first of two");
}

static void an_edited_line_has_them_once(void **state)
{
	(void)state;
	given("timeout menu-force\n", "title One\nlinux /vmlinuz\noptions own more x\n",
	      "io.systemd.boot.kernel-cmdline-extra=more", NULL);
	uefi.keys = "e x\r";
	scene_expect_told("own more x");
}

static void options_are_not_for_other_programs(void **state)
{
	(void)state;
	given("default prog", "title One\nlinux /vmlinuz\noptions own more\n",
	      "io.systemd.boot.kernel-cmdline-extra=more",
	      "io.systemd.boot.entries-extra:prog.conf=efi /vmlinuz\noptions own\n");
	scene_run("a program");
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.options, "own");
}

static void entries_are_added_in_either_spelling(void **state)
{
	(void)state;
	given("default two\n", "title Two\nlinux /vmlinuz\noptions two\n",
	      "io.systemd.boot.entries-extra:two+3.conf=title Two\nlinux /vmlinuz\noptions two\n",
	      "io.systemd.boot-entries.extra:three.conf=title Three\nlinux /vmlinuz\n");
	expect_entered("two");
	assert_int_equal(uefi_report.renames, 0); /* it has no file that could be counted */
	assert_true(uefi_variable_says("LoaderEntrySelected", "two.conf"));
	assert_memory_equal(uefi_variable("LoaderEntries")->value, L"two.conf\0three.conf\0one.conf",
			    sizeof(L"two.conf\0three.conf\0one.conf"));
	given("default two\n", "title Two\nlinux /vmlinuz\noptions two more\n",
	      "io.systemd.boot.entries-extra:two.conf=title Two\nlinux /vmlinuz\noptions two\n",
	      "io.systemd.boot.kernel-cmdline-extra=more");
	expect_entered("both");
}

static void given_another(void)
{
	given("", ENTRY, "io.systemd.boot.entries-extra:a.conf=linux /vmlinuz\noptions own\n", NULL);
}

static void without_memory_for_one_the_others_boot(void **state)
{
	(void)state;
	/* For the entry, and for its text. */
	assert_int_equal(scene_said_without_memory(given_another, "berth: SMBIOS: no memory for the entry a.conf"), 2);
}

static void an_entry_that_cannot_be_is_told_and_passed_over(void **state)
{
	static char large[66000], largest[41 + 65536 + 1];

	(void)state;
	memset(large, '#', sizeof(large) - 1);
	memcpy(large, "io.systemd.boot.entries-extra:large.conf=", 41);
	given("", ENTRY, large, "io.systemd.boot.entries-extra:none.conf=linux /nowhere\n");
	expect_entered("too large");
	scene_expect("berth: SMBIOS: large.conf has 65958 bytes; at most 65536 are read\n", 1);
	memset(largest, '#', sizeof(largest) - 1);
	memcpy(largest, "io.systemd.boot.entries-extra:large.conf=linux /vmlinuz\n", 56);
	given("default large.conf\n", "linux /vmlinuz\n", largest, NULL);
	expect_entered("the largest");
	assert_true(uefi_variable_says("LoaderEntrySelected", "large.conf"));
	scene_expect("berth: SMBIOS: ", 0);
}

static void a_timeout_beats_the_variable_and_not_the_one_of_one_boot(void **state)
{
	(void)state;
	given("timeout 5\n", ENTRY, "io.systemd.boot.timeout=2", NULL);
	uefi_variable_put_text("LoaderConfigTimeout", "4");
	expect_entered("a timeout");
	scene_expect("Boots in 2 s", 1);
	scene_expect("Boots in 4 s", 0);
	given("timeout 5\n", ENTRY, "io.systemd.boot.timeout=2", NULL);
	uefi_variable_put_text("LoaderConfigTimeoutOneShot", "3");
	expect_entered("of one boot");
	scene_expect("Boots in 3 s", 1);
	given("", ENTRY, "io.systemd.boot.timeout=soon", NULL);
	expect_entered("no timeout");
	scene_expect("berth: SMBIOS: io.systemd.boot.timeout: \"soon\" is not a number of seconds", 1);
}

static void a_level_counts_where_loader_conf_has_none(void **state)
{
	(void)state;
	given("", ENTRY, "io.systemd.boot.loglevel=debug", NULL);
	expect_entered("debug");
	scene_expect("berth: Berth", 1);
	given("log quiet\n", ENTRY, "io.systemd.boot.loglevel=debug", NULL);
	expect_entered("loader.conf");
	scene_expect("berth: Berth", 0);
	given("log-level err\n", ENTRY, "io.systemd.boot.loglevel=debug", NULL);
	expect_entered("log-level");
	scene_expect("berth: Berth", 0);
	given("", ENTRY, "io.systemd.boot.loglevel=notice", NULL);
	expect_entered("notice");
	scene_expect("berth: place kernel", 1);
	given("", ENTRY, "io.systemd.boot.loglevel=warning", NULL);
	expect_entered("warning");
	scene_expect("berth: place", 0);
	given("", ENTRY, "io.systemd.boot.loglevel=all", NULL);
	expect_entered("no level");
	scene_expect("berth: SMBIOS: io.systemd.boot.loglevel: \"all\" is not emerg,", 1);
	scene_expect("berth: place kernel", 0);
}

/* The host writes the tables, and is not trusted there. */
static void a_confidential_machine_heeds_none(void **state)
{
	(void)state;
	for (unsigned int kept = 0; kept < 2; kept++) {
		given("", kept ? ENTRY : "title Z\nlinux /vmlinuz\noptions more\n",
		      "io.systemd.boot.kernel-cmdline-extra=more",
		      "io.systemd.boot.entries-extra:zzz.conf=linux /vmlinuz");
		sim.hypervisor = true;
		sim.encrypted = kept;
		if (kept) {
			pe_file_begin(&kernel, PE_X64, 1);
			sim.file[0].path = "\\other"; /* of which nothing is read before other things are written */
			sim.file[sim.n_files++] =
			    (struct sim_file){"\\vmlinuz", kernel.size, kernel.bytes, kernel.size};
			scene_run("confidential");
			assert_int_equal(uefi_report.starts, 1); /* by its stub */
			assert_string_equal(uefi_report.options, "own");
		} else {
			expect_entered("a virtual machine");
		}
		assert_int_equal(uefi_variable("LoaderEntries")->size, 2 * (kept ? 9 : 18));
	}
}

static void given_old_tables(uint64_t at, uint64_t size)
{
	memcpy(entry_2, "_SM_", 4);
	memcpy(entry_2 + 16, "_DMI_", 5);
	entry_2[5] = sizeof(entry_2);
	store_le(entry_2 + 22, 2, size);
	store_le(entry_2 + 24, 4, at);
	close_sum(entry_2, sizeof(entry_2), 4);
	uefi.smbios_2 = entry_2;
}

/* Their address has 32 bits, so the structures lie beside the system table here. */
static void the_tables_of_32_bits_are_read_where_there_are_no_others(void **state)
{
	uint64_t at;

	(void)state;
	given("", "title One\nlinux /vmlinuz\noptions own more\n", "io.systemd.boot.kernel-cmdline-extra=more", NULL);
	at = sim.machine.system_table + EFI_PAGE / 2;
	uefi_memory_open(sim.machine.system_table);
	memcpy((void *)(uintptr_t)at, structures, used);
	given_old_tables(at, used);
	uefi.smbios_3 = NULL;
	expect_entered("no others");
	given("", "title One\nlinux /vmlinuz\noptions own most\n", "io.systemd.boot.kernel-cmdline-extra=most", NULL);
	given_old_tables(at, 100);
	expect_entered("others");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_are_added_to_a_kernels),
	    cmocka_unit_test(an_edited_line_has_them_once),
	    cmocka_unit_test(options_are_not_for_other_programs),
	    cmocka_unit_test(entries_are_added_in_either_spelling),
	    cmocka_unit_test(an_entry_that_cannot_be_is_told_and_passed_over),
	    cmocka_unit_test(without_memory_for_one_the_others_boot),
	    cmocka_unit_test(a_timeout_beats_the_variable_and_not_the_one_of_one_boot),
	    cmocka_unit_test(a_level_counts_where_loader_conf_has_none),
	    cmocka_unit_test(a_confidential_machine_heeds_none),
	    cmocka_unit_test(the_tables_of_32_bits_are_read_where_there_are_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
