/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What catalogue_read makes of a volume, called alone: which files are entries, in which order, with which words what
 * is missing is told of, and that each buffer is large enough and given back.
 */
#include "../sim/bench.h"
#include "scene.h"
#include "local.h"

#include "../../efi/catalogue.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct catalogue catalogue;
static struct fail why;

/* A volume without entries, in a firmware that the loader has come back to. */
static void given_volume(const char *conf)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	sim_boot(&bench.entry, &bench.conf);
	assert_false(outcome.entered);
	if (conf != NULL)
		scene_put_text("\\loader\\loader.conf", conf);
	outcome.calls = 0;
	uefi_console_set_up((EFI_SYSTEM_TABLE *)(uintptr_t)sim.machine.system_table);
}

static enum status read_it(void)
{
	memset(&catalogue, 0, sizeof(catalogue));
	why.text[0] = '\0';
	return catalogue_read(&catalogue, &why);
}

/* Frees everything, and nothing is left. */
static void end(void)
{
	struct sim_outcome left;

	catalogue_free(&catalogue);
	assert_true(catalogue.n == 0 && catalogue.room == 0 && catalogue.sorted == NULL && catalogue.conf_text == NULL);
	efi_close_volumes();
	uefi_memory_left(&left);
	assert_int_equal(left.surveys_left, 0);
	assert_int_equal(uefi_files_open(), 0);
	sim_end();
}

static void expect_said(const char *words, bool said)
{
	if ((strstr(uefi_report.console, words) != NULL) != said)
		fail_msg("\"%s\" is %ssaid:\n%s", words, said ? "not " : "", uefi_report.console);
}

/* UAPI.1, "Boot Loader Entries": files with the suffix .conf; FAT knows no case. */
static void files_with_the_suffix_are_entries_and_no_others(void **state)
{
	static const struct {
		const char *path;
		bool is_entry;
	} rows[] = {
	    {"\\loader\\entries\\a.conf", true},       {"\\loader\\entries\\A.CONF", true},
	    {"\\loader\\entries\\a.cOnF", true},       {"\\loader\\entries\\.conf", false},
	    {"\\loader\\entries\\conf", false},	       {"\\loader\\entries\\aconf", false},
	    {"\\loader\\entries\\a.config", false},    {"\\loader\\entries\\a.con", false},
	    {"\\loader\\entries\\a.bonf", false},      {"\\loader\\entries\\a.conf~", false},
	    {"\\loader\\entries\\a", false},	       {"\\loader\\entries\\xxa.cong", false},
	    {"\\loader\\entries\\auto-a.conf", false}, {"\\loader\\entries\\.a.conf", false},
	    {"\\loader\\entries\\a,conf", false},      {"\\loader\\entries\\long-name-6.1.0-13.conf", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given_volume(NULL);
		scene_put_text(rows[i].path, LINUX);
		if (read_it() != (rows[i].is_entry ? OK : NOT_FOUND) || catalogue.n != rows[i].is_entry)
			fail_msg("%s: %zu entries, \"%s\"", rows[i].path, catalogue.n, why.text);
		if (rows[i].is_entry)
			assert_string_equal(catalogue.sorted[0]->file_name, strrchr(rows[i].path, '\\') + 1);
		end();
	}
}

static void any_number_of_entries_is_kept_and_sorted(void **state)
{
	static char path[130][40], name[16];

	(void)state;
	for (size_t n = 1; n <= 130; n += n >= 31 && n < 34   ? 1
					  : n >= 63 && n < 66 ? 1
					  : n < 31	      ? 30
					  : n < 63	      ? 29
							      : 64) {
		given_volume(NULL);
		for (size_t i = 0; i < n; i++) {
			snprintf(path[i], sizeof(path[i]), "\\loader\\entries\\e%03zu.conf", (i * 7 + 3) % n);
			if (n % 7 == 0)
				snprintf(path[i], sizeof(path[i]), "\\loader\\entries\\e%03zu.conf", i);
			scene_put_text(path[i], LINUX);
		}
		assert_int_equal(read_it(), OK);
		assert_int_equal(catalogue.n, n);
		assert_int_equal(catalogue.hidden, 0);
		assert_true(catalogue.room >= n && catalogue.room <= (n < 32 ? 32 : 2 * n));
		for (size_t i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "e%03zu.conf", n - 1 - i); /* newest first */
			assert_string_equal(catalogue.sorted[i]->file_name, name);
			assert_false(catalogue.sorted[i]->broken);
		}
		end();
	}
}

static void what_is_not_shown_is_counted_and_said(void **state)
{
	(void)state;
	given_volume("log debug\n");
	scene_put_text("\\loader\\entries\\a.conf", "uki-url :a.efi\n");
	scene_put_text("\\loader\\entries\\b.conf", "architecture aa64\nlinux /k\n");
	assert_int_equal(read_it(), NOT_FOUND);
	assert_int_equal(catalogue.hidden, 2);
	assert_non_null(
	    strstr(why.text,
		   "no boot entries: none of the 2 on the volume that Berth was started from is for this CPU (x64)"));
	expect_said("a.conf: not shown: uki-url :a.efi: Berth itself was not fetched by a URL", true);
	expect_said("b.conf: not shown: for another CPU (architecture aa64)", true);
	scene_put_text("\\loader\\entries\\c.conf", LINUX);
	catalogue_free(&catalogue);
	assert_int_equal(read_it(), OK);
	assert_true(catalogue.n == 1 && catalogue.hidden == 2);
	end();
	given_volume(NULL);
	assert_int_equal(read_it(), NOT_FOUND);
	assert_non_null(strstr(why.text, "no boot entries: there is no file in \\loader\\entries"));
	end();
}

static void a_broken_entry_stays_and_an_unreadable_one_is_said(void **state)
{
	static uint8_t large[1];

	(void)state;
	given_volume(NULL);
	scene_put_text("\\loader\\entries\\b.conf", "title B\n");
	scene_put_text("\\loader\\entries\\c.conf", LINUX);
	sim.file[sim.n_files++] = (struct sim_file){"\\loader\\entries\\large.conf", MIB(64), large, 1};
	assert_int_equal(read_it(), OK);
	assert_int_equal(catalogue.n, 2);
	assert_string_equal(catalogue.sorted[0]->file_name, "c.conf");
	assert_true(catalogue.sorted[1]->broken);
	expect_said("berth: \\loader\\entries\\large.conf: has 67108864 bytes", true);
	expect_said("b.conf", false); /* it says so when it is chosen */
	end();
}

static void loader_conf_is_heeded_and_where_there_is_none_nothing_is_said(void **state)
{
	static uint8_t large[1];

	(void)state;
	given_volume("log quiet\ntimeout 7\nfrobnicate 3\n");
	scene_put_text("\\loader\\entries\\c.conf", LINUX);
	assert_int_equal(read_it(), OK);
	assert_true(efi.log == LOG_QUIET && catalogue.conf.log == LOG_QUIET && catalogue.conf.timeout_seconds == 7);
	end();
	given_volume(NULL);
	efi.log = LOG_DEBUG;
	scene_put_text("\\loader\\entries\\c.conf", LINUX);
	assert_int_equal(read_it(), OK);
	assert_true(efi.log == LOG_QUIET && catalogue.conf.timeout_seconds == TIMEOUT_NONE);
	expect_said("berth:", false);
	end();
	given_volume(NULL);
	sim.file[sim.n_files++] = (struct sim_file){"\\loader\\loader.conf", MIB(64), large, 1};
	scene_put_text("\\loader\\entries\\c.conf", LINUX);
	assert_int_equal(read_it(), OK);
	expect_said("berth: \\loader\\loader.conf: has 67108864 bytes", true);
	assert_int_equal(catalogue.conf.log, LOG_QUIET);
	end();
	given_volume("timeout soon\n");
	scene_put_text("\\loader\\entries\\c.conf", LINUX);
	assert_int_equal(read_it(), OK);
	expect_said("berth: loader.conf line 1: timeout", true);
	end();
}

/* Firmware fails at each call in turn: what was read until then is offered, or the reason is told. */
static void a_folder_that_breaks_off_offers_what_was_read(void **state)
{
	unsigned int calls, some = 0, said = 0;

	(void)state;
	given_volume(NULL);
	scene_put_text("\\loader\\entries\\a.conf", LINUX);
	scene_put_text("\\loader\\entries\\b.conf", LINUX);
	assert_int_equal(read_it(), OK);
	calls = outcome.calls;
	end();
	for (unsigned int k = 1; k <= calls; k++) {
		enum status status;

		given_volume(NULL);
		scene_put_text("\\loader\\entries\\a.conf", LINUX);
		scene_put_text("\\loader\\entries\\b.conf", LINUX);
		sim.fail_call = k;
		uefi.fault = EFIERR(7);
		status = read_it();
		if ((status == OK) != (catalogue.n != 0) || (status != OK && why.text[0] == '\0'))
			fail_msg("call %u: %d with %zu entries, \"%s\"", k, (int)status, catalogue.n, why.text);
		some += status == OK && catalogue.n == 1;
		said +=
		    strstr(uefi_report.console, "berth: \\loader\\entries: cannot be listed: device error\n") != NULL;
		if (status != OK)
			assert_null(strstr(uefi_report.console, "cannot be listed")); /* it is said by who asked */
		sim.fail_call = 0;
		end();
	}
	assert_true(some >= 3 && said == 2);
}

/* The first thing that there is no memory for is the list itself, then an entry's own. */
static void without_memory_for_one_more_what_was_read_is_offered(void **state)
{
	(void)state;
	for (unsigned int k = 1; k <= 12; k++) {
		enum status status;

		given_volume(NULL);
		scene_put_text("\\loader\\entries\\a.conf", LINUX);
		scene_put_text("\\loader\\entries\\b.conf", LINUX);
		uefi_report.pools = 0;
		uefi.pools = k;
		status = read_it();
		if ((status == OK) != (catalogue.n != 0))
			fail_msg("pool %u: %d with %zu entries", k, (int)status, catalogue.n);
		if (catalogue.n == 0)
			assert_non_null(
			    strstr(why.text, "no memory for the entry a.conf: the 0 read before it are all"));
		if (catalogue.n == 1)
			expect_said("no memory", true);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_with_the_suffix_are_entries_and_no_others),
	    cmocka_unit_test(any_number_of_entries_is_kept_and_sorted),
	    cmocka_unit_test(what_is_not_shown_is_counted_and_said),
	    cmocka_unit_test(a_broken_entry_stays_and_an_unreadable_one_is_said),
	    cmocka_unit_test(loader_conf_is_heeded_and_where_there_is_none_nothing_is_said),
	    cmocka_unit_test(a_folder_that_breaks_off_offers_what_was_read),
	    cmocka_unit_test(without_memory_for_one_more_what_was_read_is_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
