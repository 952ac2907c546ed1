/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that firmware starts: what they are passed, what the system is told before, and that the menu is there again
 * whatever comes of them. Which of them are offered at all. Sources: UEFI 2.10, 7.4; UAPI.1, "Type #1".
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "../../base/version.h"
#include "scene.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define PROGRAM "title P\nsort-key a\nefi /tools/p.efi\noptions -x  gr\xc3\xbc\xc3\x9f\n"

static struct pe_file program;

/* A program, and an entry with this text; @conf: loader.conf, or NULL. */
static void given(const char *conf, const char *text)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
	pe_file_begin(&program, PE_X64, 0);
	scene_put("\\tools\\p.efi", program.bytes, program.size);
	scene_put_text("\\loader\\entries\\p.conf", text);
}

static void a_program_that_comes_back_has_had_its_turn(void **state)
{
	(void)state;
	given("timeout menu-force\n", PROGRAM);
	uefi.keys = "\rQ";
	scene_run("back to the menu");
	assert_false(outcome.entered);
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.program, "\\tools\\p.efi");
	assert_true(uefi_report.passed);
	assert_string_equal(uefi_report.options, "-x  gr\xc3\xbc\xc3\x9f");
	scene_expect("press any key", 0);
	scene_expect("  > * P", 2);
	scene_expect("Boots in", 0);
	/* The countdown is over, too, where the default has started by itself. */
	given("timeout 2\n", PROGRAM);
	uefi.keys = "";
	uefi.presses = false;
	uefi.program_returns = EFIERR(21);
	scene_run("after a countdown");
	scene_expect("Boots in", 2);
	assert_int_equal(uefi_report.starts, 1);
}

static void without_options_nothing_is_passed(void **state)
{
	(void)state;
	given("timeout menu-force\n", "efi /tools/p.efi\n");
	uefi.keys = "\rQ";
	scene_run("no options");
	assert_int_equal(uefi_report.starts, 1);
	assert_false(uefi_report.passed);
	given("timeout menu-force\n", "uki tools/p.efi\nprofile 3\noptions quiet\n");
	uefi.keys = "\rQ";
	scene_run("a profile");
	assert_string_equal(uefi_report.options, "@3 quiet");
}

/* systemd, config_select_default_entry: where there is nothing else it does so after ten seconds in a menu. */
static void another_profile_alone_is_shown_before_it_boots(void **state)
{
	(void)state;
	given(NULL, "uki tools/p.efi\nprofile 3\n");
	uefi.nobody = true;
	uefi.program_returns = EFIERR(1);
	scene_run("nobody asks for it");
	scene_expect("Boots in 10 s", 1);
	assert_int_equal(uefi_report.starts, 1);
	assert_string_equal(uefi_report.options, "@3");
	given("default p\n", "uki tools/p.efi\nprofile 3\n");
	uefi.nobody = true;
	uefi.program_returns = EFIERR(1);
	scene_run("loader.conf asks for it");
	scene_expect("Boots in", 0);
	assert_int_equal(uefi_report.starts, 1);
}

/* UEFI 2.10, 3.1.2: five minutes for a boot option, which Berth is to what it starts; none for Berth's menu. */
static void the_watchdog_runs_while_a_program_does(void **state)
{
	(void)state;
	given("timeout menu-force\n", PROGRAM);
	uefi.keys = "\rQ";
	scene_run("watchdog");
	assert_int_equal(uefi_report.watchdog_at_start, 300);
	assert_int_equal(uefi_report.watchdog, 0);
}

static bool was_told;

static void look_at_variables(void *image)
{
	(void)image;
	was_told = uefi_variable_says("LoaderEntrySelected", "p.conf") && uefi_variable("LoaderTimeExecUSec") != NULL;
}

static void the_system_is_told_before_the_program_runs(void **state)
{
	(void)state;
	given("timeout menu-force\n", PROGRAM);
	uefi.keys = "\rQ";
	uefi.program = look_at_variables;
	scene_run("variables");
	assert_true(was_told);
}

static void what_a_program_comes_back_with_is_said(void **state)
{
	static char many_words[1200];
	static const struct {
		uint64_t status;
		const char *says, *words, *also;
	} row[] = {
	    {EFIERR(21), NULL, "\nberth: \\tools\\p.efi came back with an error: aborted\n", NULL},
	    {EFIERR(14), "no disk", "came back with an error: not found\n  it says: no disk\n", NULL},
	    {EFIERR(26), "\033[2J", "came back with an error: security violation\n  it says: ?[2J\n", NULL},
	    {EFIERR(21), many_words, "came back with an error: aborted\n  it says: wwwwwwwwww", NULL},
	    {EFIERR(77), "", "\nberth: \\tools\\p.efi came back with an error: an error that UEFI does not name\n",
	     NULL},
	};

	(void)state;
	memset(many_words, 'w', sizeof(many_words) - 1);
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given("timeout menu-force\n", PROGRAM);
		uefi.keys = "\rQQ";
		uefi.program_returns = row[i].status;
		uefi.program_says = row[i].says;
		scene_run(row[i].words);
		/* Where it fails, and above the menu that the key asked for, up to the end of its first line. */
		scene_expect(row[i].words, 1);
		scene_expect("press any key", 1);
		scene_expect("  it says", row[i].says != NULL && row[i].says[0] != '\0');
		scene_expect("  > * P", 2);
	}
}

/* With words and without an error: they are given back, and nobody wants them. */
static void words_of_success_are_not_shown(void **state)
{
	(void)state;
	given("timeout menu-force\n", PROGRAM);
	uefi.keys = "\rQ";
	uefi.program_says = "done";
	scene_run("words");
	scene_expect("done", 0);
	scene_expect("press any key", 0);
}

static void what_cannot_be_loaded_is_said_and_not_started(void **state)
{
	static const struct {
		uint64_t status;
		enum uefi_shim shim;
		const char *words;
	} row[] = {
	    {EFIERR(26), SHIM_NONE, ": firmware does not trust it: security violation\n"},
	    {EFIERR(15), SHIM_NONE, ": firmware does not trust it: access denied\n"},
	    {EFIERR(14), SHIM_NONE, ": no such file on the volume that Berth was started from\n"},
	    {EFIERR(3), SHIM_NONE, ": firmware does not take it for a program for this CPU: unsupported\n"},
	    {EFIERR(1), SHIM_NONE, ": firmware does not take it for a program for this CPU: load error\n"},
	    {EFIERR(9), SHIM_NONE, ": firmware cannot load it: out of resources\n"},
	    {EFIERR(3), SHIM_16, ": is not marked NX_COMPAT, and shim does not load it: unsupported\n"},
	    {LIE_NOTHING, SHIM_NONE, ": firmware does not take it for a program for this CPU: unsupported\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		unsigned int loads = 0;
		char words[128];

		snprintf(words, sizeof(words), "\nberth: \\tools\\p.efi%s", row[i].words);
		/* The call is found by trying each: the one at which nothing was started, and one load tried. */
		for (unsigned int k = 1; k < 200 && loads == 0; k++) {
			given("timeout menu-force\n", PROGRAM);
			uefi.keys = "\rQQQ";
			uefi.shim = row[i].shim;
			sim.fail_call = k;
			uefi.fault = row[i].status;
			uefi.for_ever = true;
			scene_run(row[i].words);
			loads = scene_failed_in("LoadImage");
		}
		assert_int_equal(loads, 1);
		assert_int_equal(uefi_report.starts, 0);
		scene_expect(words, 1);
		assert_null(uefi_variable("LoaderEntrySelected"));
	}
}

/* AMI's firmware does so with CD-ROMs. */
static void what_firmware_does_not_find_by_its_path_is_loaded_from_memory(void **state)
{
	(void)state;
	given("timeout menu-force\nlog normal\n", PROGRAM);
	uefi.keys = "\rQQQ";
	uefi.paths_fail = true;
	scene_run("no path");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(uefi_report.loads_from_memory, 1);
	scene_expect("berth: \\tools\\p.efi: firmware does not load it by its path (not found): loaded from memory\n",
		     1);
	given("timeout menu-force\n", PROGRAM);
	uefi.keys = "\rQQQ";
	scene_run("a path");
	assert_true(uefi_report.starts == 1 && uefi_report.loads_from_memory == 0);
}

static void a_volume_without_a_device_path_starts_nothing(void **state)
{
	(void)state;
	given("timeout menu-force\n", PROGRAM);
	uefi.keys = "\rQQ";
	uefi.no_origin = true;
	scene_run("no device path");
	assert_int_equal(uefi_report.loads, 0);
	scene_expect("\nberth: \\tools\\p.efi: firmware does not tell which device it is on: unsupported\n", 1);
	scene_expect("press any key", 1);
}

/* ---- which are offered ---- */

static void given_linux_too(const char *text)
{
	given("log debug\n", text);
	scene_put_text("\\loader\\entries\\linux.conf", LINUX);
}

/* systemd, src/boot/boot.c: an entry of a file that is not there is none; UAPI.1: what cannot be started is hidden. */
static void what_is_not_there_is_not_offered(void **state)
{
	static const char *const text[] = {"title N\nsort-key a\nefi /nowhere.efi\n",
					   "title N\nsort-key a\nuki /nowhere.efi\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(text); i++) {
		given_linux_too(text[i]);
		scene_run("not there");
		assert_true(outcome.entered);
		scene_expect("p.conf: not shown: \\nowhere.efi: no such file", 1);
		assert_true(uefi_variable_says("LoaderEntries", "linux.conf"));
	}
}

/* What cannot be read now may be read when it is chosen, or say why not. */
static void what_is_no_program_says_so_when_it_is_chosen(void **state)
{
	static const struct {
		const char *text, *words;
	} row[] = {
	    {"title N\nefi /../p.efi\n", "goes up with \"..\""},
	    {"title N\nefi /tools/none.efi\n", "firmware does not take it for a program"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		for (unsigned int k = 1, done = 0; k < 200 && done == 0; k++) {
			given("timeout menu-force\n", row[i].text);
			scene_put_text("\\tools\\none.efi", "no program");
			uefi.keys = "\rQQQ";
			sim.fail_call = i == 0 ? 0 : k;
			uefi.fault = EFIERR(1);
			uefi.for_ever = true;
			scene_run(row[i].words);
			done = i == 0 || scene_failed_in("LoadImage");
			if (done != 0)
				scene_expect(row[i].words, 2); /* and above the menu */
		}
}

/* systemd, src/boot/boot.c: the loader itself is not offered by its own menu; a later version of it neither. */
static void the_loader_itself_is_not_offered(void **state)
{
	static const struct {
		const char *section, *magic;
		bool is_berth;
	} row[] = {
	    {".sdmagic", "#### LoaderInfo: Berth 0.1 ####", true},
	    {".sdmagic", "#### LoaderInfo: Berth 77 ####", true},
	    {".sdmagic", "#### LoaderInfo: Berth ", true},
	    {".sdmagic", "#### LoaderInfo: Berth", false},
	    {".sdmagic", "#### LoaderInfo: Berthold 1 ####", false},
	    {".sdmagic", "#### LoaderInfo: systemd-boot 262 ####", false},
	    {".magic", "#### LoaderInfo: Berth 0.1 ####", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_linux_too("title B\nsort-key a\nefi /tools/p.efi\n");
		pe_file_add_text(&program, row[i].section, row[i].magic);
		sim.file[sim.n_files - 3].size = sim.file[sim.n_files - 3].head_size = program.size;
		uefi.program_returns = EFIERR(1);
		scene_run(row[i].magic);
		assert_int_equal(outcome.entered, row[i].is_berth);
		scene_expect("p.conf: not shown: \\tools\\p.efi is Berth", row[i].is_berth);
	}
}

/* What the loader's own file has there, whatever it is called. */
static void the_loaders_own_section_is_what_is_looked_for(void **state)
{
	static const char wanted[] = "#### LoaderInfo: Berth " BERTH_VERSION " ####";

	(void)state;
	assert_string_equal(wanted, MAGIC_BEGIN BERTH_NAME MAGIC_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_program_that_comes_back_has_had_its_turn),
	    cmocka_unit_test(without_options_nothing_is_passed),
	    cmocka_unit_test(another_profile_alone_is_shown_before_it_boots),
	    cmocka_unit_test(the_watchdog_runs_while_a_program_does),
	    cmocka_unit_test(the_system_is_told_before_the_program_runs),
	    cmocka_unit_test(what_a_program_comes_back_with_is_said),
	    cmocka_unit_test(words_of_success_are_not_shown),
	    cmocka_unit_test(what_cannot_be_loaded_is_said_and_not_started),
	    cmocka_unit_test(what_firmware_does_not_find_by_its_path_is_loaded_from_memory),
	    cmocka_unit_test(a_volume_without_a_device_path_starts_nothing),
	    cmocka_unit_test(what_is_not_there_is_not_offered),
	    cmocka_unit_test(what_is_no_program_says_so_when_it_is_chosen),
	    cmocka_unit_test(the_loader_itself_is_not_offered),
	    cmocka_unit_test(the_loaders_own_section_is_what_is_looked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
