/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every entry of the volume is read, sorted and offered, however many there are; where firmware has no memory for one
 * more, the loader says so and goes on with those that it has, or returns to firmware, with nothing leaked. What of
 * their files is not heeded is said once.
 */
#include "../sim/bench.h"
#include "uefi.h"

#define MAP  "1M-1G free, 4G-5G free"
#define MANY 1000

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static char path[MANY][64], text[MANY][128];

static void put_text(const char *name, const char *content)
{
	sim.file[sim.n_files++] = (struct sim_file){name, strlen(content), (const uint8_t *)content, strlen(content)};
}

/* Entries n0001 and so on, in a shuffled order; the newest, which sorts first, tells who it is. */
static void given_entries(size_t n)
{
	static char newest[sizeof(text[0])];

	snprintf(newest, sizeof(newest), "title N\nlinux /vmlinuz\ninitrd /one\noptions case=n%04zu\n", n);
	bench_set_up(MAP, newest, "", &debian);
	for (size_t i = 0; i < n; i++) {
		size_t number = (i * 7) % n + 1;

		snprintf(path[i], sizeof(path[i]), "\\loader\\entries\\n%04zu.conf", number);
		snprintf(text[i], sizeof(text[i]), "title N\nlinux /vmlinuz\ninitrd /one\noptions case=n%04zu\n",
			 number);
		put_text(path[i], text[i]);
	}
}

static void run(const char *name)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	sim_end();
}

static void a_thousand_entries_are_read_and_the_newest_boots(void **state)
{
	(void)state;
	given_entries(MANY);
	run("1,000 entries");
	if (!outcome.entered)
		fail_msg("%s", outcome.why.text);
	assert_null(strstr(uefi_report.console, "left out"));
	assert_true(uefi_report.pools > 2 * MANY);
}

/* All of them stand in the menu: the last as well. */
static void a_thousand_entries_stand_in_the_menu(void **state)
{
	(void)state;
	given_entries(MANY);
	put_text("\\loader\\loader.conf", "timeout menu-force\n");
	uefi.presses = true;
	run("menu of 1,000");
	assert_false(outcome.entered);
	assert_non_null(strstr(uefi_report.console, "1 of 1000"));
	assert_non_null(strstr(uefi_report.console, "n1000"));
}

/* Titles in another script, of three bytes a character, on a large console; the last of all is the default. */
static void the_selected_entry_is_on_the_screen_whatever_the_titles_are(void **state)
{
	static char long_text[MANY][512];

	(void)state;
	given_entries(MANY);
	for (size_t i = 0; i < MANY; i++) {
		struct sim_file *file = &sim.file[sim.n_files - MANY + i];
		char *at = long_text[i] + sprintf(long_text[i], "linux /vmlinuz\ntitle ");

		for (int c = 0; c < 150; c++)
			at += sprintf(at, "\xe6\xb8\xaf");
		file->head = (const uint8_t *)long_text[i];
		file->size = file->head_size = strlen(long_text[i]);
	}
	put_text("\\loader\\loader.conf", "timeout menu-force\ndefault n0001.conf\n");
	uefi.presses = true;
	uefi.columns = 300;
	uefi.rows = 100;
	run("titles of 450 bytes");
	assert_non_null(strstr(uefi_report.console, "1000 of 1000"));
	assert_non_null(strstr(uefi_report.console, "  > * ??"));
	assert_non_null(strstr(uefi_report.console, "Enter boot"));
}

/* One allocation fails: that entry is missing, by name, and another boots; or the boot says what it had no memory for.
 */
static void expect_told(const char *name)
{
	if (outcome.entered ? strstr(uefi_report.console, "no memory") == NULL && uefi_report.pools < uefi.pools
			    : strstr(uefi_report.console, "no memory") == NULL)
		fail_msg("%s: nothing is said of missing memory\n%s", name, uefi_report.console);
}

static void run_without_memory(size_t n, unsigned int pool, bool for_ever)
{
	char name[64];

	given_entries(n);
	sim.other_line = true;
	uefi.pools = pool;
	uefi.for_ever = for_ever;
	snprintf(name, sizeof(name), "%zu entries, pool %u fails%s", n, pool, for_ever ? " for ever" : "");
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim_boot(&bench.entry, &bench.conf);
	/* Which entry boots then is another: the handoff is looked at where the newest is read. */
	if (!outcome.entered)
		check_outcome(&bench.entry, bench.name);
	sim_end();
	expect_told(name);
}

static void every_allocation_fails_in_turn_and_nothing_leaks(void **state)
{
	unsigned int pools, entered = 0;

	(void)state;
	given_entries(71); /* no multiple of 7 */
	run("71 entries");
	assert_true(outcome.entered);
	pools = uefi_report.pools;
	for (unsigned int k = 1; k <= pools; k++)
		for (int for_ever = 0; for_ever < 2; for_ever++) {
			run_without_memory(71, k, for_ever == 1);
			entered += outcome.entered;
		}
	assert_true(pools > 140 && entered > 140);
}

/* Of a thousand, those allocations at which the list grows, and some in between. */
static void a_thousand_entries_without_memory_for_all_are_those_read_so_far(void **state)
{
	(void)state;
	for (unsigned int k = 1; k < 3 * MANY; k += k < 12 ? 1 : 149) {
		run_without_memory(MANY, k, true);
		assert_true(k > 4 || !outcome.entered); /* nothing is read: back to firmware */
	}
}

/* ---- what is hidden, and what is said ---- */

#define KERNEL_LINES "linux /vmlinuz\ninitrd /one\n"

static void given_conf(const char *conf)
{
	bench_set_up(MAP, KERNEL_LINES "options ok\n", "", &debian);
	put_text("\\loader\\loader.conf", conf);
}

static unsigned int times(const char *sentence)
{
	unsigned int n = 0;

	for (const char *at = uefi_report.console; (at = strstr(at, sentence)) != NULL; at++)
		n++;
	return n;
}

/* UAPI.1: what a loader cannot start is hidden, and is not the default either. */
static void entries_that_cannot_be_started_are_hidden(void **state)
{
	(void)state;
	given_conf("log debug\n");
	put_text("\\loader\\entries\\a.conf", "title W\nsort-key a\nefi /a.efi\n");
	put_text("\\loader\\entries\\b.conf", "title U\nsort-key a\nuki /a.efi\n");
	put_text("\\loader\\entries\\c.conf", "title C\nsort-key a\narchitecture aa64\nlinux /k\n");
	put_text("\\loader\\entries\\z.conf", KERNEL_LINES "options ok\n");
	run("hidden entries");
	assert_true(outcome.entered);
	assert_int_equal(times("a.conf: not shown: \\a.efi: no such file on the volume"), 1);
	assert_int_equal(times("b.conf: not shown: \\a.efi: no such file"), 1);
	assert_int_equal(times("c.conf: not shown: for another CPU"), 1);

	given_conf("timeout menu-force\n");
	uefi.presses = true;
	put_text("\\loader\\entries\\a.conf", "title W\nefi /a.efi\n");
	run("only hidden entries");
	assert_false(outcome.entered);
	assert_int_equal(times("none of the 1 on"), 1);
}

static void what_is_not_understood_is_said_once_and_the_machine_boots(void **state)
{
	(void)state;
	given_conf("\xef\xbb\xbflog quiet\r\ntimeout soon\r\ndefault \"nobody*\"\r\n");
	put_text("\\loader\\entries\\t.conf", "placement hihg\ndecompress 'maybe'\n" KERNEL_LINES "options \"ok\" \n");
	put_text("\\loader\\entries\\a.conf", "placement hihg\n" KERNEL_LINES "options other\n");
	run("remarks");
	assert_true(outcome.entered);
	assert_int_equal(times("loader.conf line 2: timeout"), 1);
	assert_int_equal(times("default \"nobody*\" matches no entry that can boot: the default is t"), 1);
	assert_int_equal(times("t.conf line 1: the line is ignored: placement \"hihg\" is not an address"), 1);
	assert_int_equal(times("t.conf line 2: decompress \"maybe\""), 1);
	assert_int_equal(times("line 1"), 1);
}

static void a_variable_of_another_loader_is_no_initrd(void **state)
{
	(void)state;
	given_conf("timeout 0\nlog normal\n");
	put_text("\\loader\\entries\\t.conf",
		 "linux '/vmlinuz'\ninitrd /one $tuned_initrd\noptions ok $tuned_params\n");
	run("variables");
	assert_true(outcome.entered);
	assert_int_equal(times("t.conf line 2: $tuned_initrd behind `initrd` is a variable"), 1);
	assert_int_equal(times("t.conf line 3: $tuned_params behind `options` is a variable"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_thousand_entries_are_read_and_the_newest_boots),
	    cmocka_unit_test(a_thousand_entries_stand_in_the_menu),
	    cmocka_unit_test(the_selected_entry_is_on_the_screen_whatever_the_titles_are),
	    cmocka_unit_test(entries_that_cannot_be_started_are_hidden),
	    cmocka_unit_test(what_is_not_understood_is_said_once_and_the_machine_boots),
	    cmocka_unit_test(a_variable_of_another_loader_is_no_initrd),
	    cmocka_unit_test(every_allocation_fails_in_turn_and_nothing_leaks),
	    cmocka_unit_test(a_thousand_entries_without_memory_for_all_are_those_read_so_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
