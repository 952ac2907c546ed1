/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What efi/ asks of firmware, and what it makes of the answers, sentence by sentence: test_uefi has every fault at
 * every call and one sentence that must hold, this has a machine for each.
 */
#include "../sim/bench.h"
#include "local.h"

#include "../../efi/efi_local.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static void set_up(const char *map, const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, "", &debian);
	uefi = (struct uefi_setup){.fault = 0};
	sim.file[sim.n_files++] =
	    (struct sim_file){"\\loader\\entries\\t.conf", strlen(entry), (const uint8_t *)entry, strlen(entry)};
	snprintf(bench.name, sizeof(bench.name), "services");
}

static void put_conf(const char *text)
{
	sim.file[sim.n_files++] =
	    (struct sim_file){"\\loader\\loader.conf", strlen(text), (const uint8_t *)text, strlen(text)};
}

static void boot_it(void)
{
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
}

/* A loader that has refused to boot, so that boot services are there: what it calls them by can be tried alone. */
static void given_firmware(void)
{
	set_up("1M-512M free", LINUX "placement 0x4000\n");
	boot_it();
	assert_false(outcome.entered);
	outcome.calls = 0;
}

static void expect_said(const char *words)
{
	if (strstr(uefi_report.console, words) == NULL)
		fail_msg("the console does not say \"%s\":\n%s", words, uefi_report.console);
}

static void expect_unsaid(const char *words)
{
	if (strstr(uefi_report.console, words) != NULL)
		fail_msg("the console says \"%s\":\n%s", words, uefi_report.console);
}

/* ---- variables: UEFI 2.10, 3.3 ---- */

static void secure_boot_is_off_only_where_both_variables_say_so(void **state)
{
	static const struct {
		uint8_t secure, setup;
		const char *fails, *is_long, *words; /* NULL: the kernel is entered */
	} rows[] = {
	    {0, 0, NULL, NULL, NULL},
	    {0, 1, NULL, NULL, NULL},
	    {0, 0xff, NULL, NULL, NULL},
	    {0xff, 0, NULL, NULL, NULL}, /* firmware without it */
	    {1, 0, NULL, NULL, "Secure Boot is on"},
	    {2, 0, NULL, NULL, "Secure Boot is on"},
	    {1, 2, NULL, NULL, "Secure Boot is on"},
	    {1, 1, NULL, NULL, NULL}, /* no platform key yet */
	    {1, 0xff, NULL, NULL, "in a state that firmware does not report"},
	    {1, 1, "SetupMode", NULL, "in a state that firmware does not report"},
	    {1, 1, NULL, "SetupMode", "in a state that firmware does not report"},
	    {0, 0, "SecureBoot", NULL, "in a state that firmware does not report"},
	    {0, 0, NULL, "SecureBoot", "in a state that firmware does not report"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		set_up("1M-512M free", LINUX);
		uefi.secure_boot = rows[i].secure;
		uefi.setup_mode = rows[i].setup;
		uefi.variable_fails = rows[i].fails;
		uefi.variable_is_long = rows[i].is_long;
		boot_it();
		if (outcome.entered != (rows[i].words == NULL))
			fail_msg("row %zu: %s", i, outcome.entered ? "entered" : uefi_report.console);
		if (rows[i].words != NULL)
			expect_said(rows[i].words);
		sim_end();
	}
}

/* UEFI 2.10, 3.1.2: after five minutes firmware resets the machine, also under somebody who reads the menu. */
static void the_watchdog_is_switched_off_first_of_all(void **state)
{
	(void)state;
	set_up("1M-512M free", LINUX);
	boot_it();
	assert_int_equal(uefi_report.watchdog_off, 1);
	assert_int_equal(uefi_report.watchdog_off_at, 0);
	sim_end();
}

/* ---- the memory map ---- */

static void a_map_that_is_larger_than_its_room_is_not_believed(void **state)
{
	(void)state;
	for (unsigned int k = 1; k <= 2; k++) {
		set_up("1M-512M free", LINUX);
		uefi.map_overstated = k;
		boot_it();
		assert_false(outcome.entered);
		assert_int_equal(outcome.exits, 0);
		expect_said(k == 1 ? "firmware says that its memory map has" : "does not give its last memory map");
		sim_end();
	}
}

/* A map that needs a pool, which itself makes it longer: UEFI 2.10, 7.2.3. */
static void the_second_map_has_room_for_what_its_own_pool_adds(void **state)
{
	static uint8_t first[700 * DESC_SIZE], later[700 * DESC_SIZE];

	(void)state;
	for (unsigned int n = 230; n <= 640; n += n < 260 ? 1 : 95) {
		set_up("1M-512M free", LINUX);
		memcpy(first, bench.raw, bench.n * DESC_SIZE);
		for (unsigned int i = 0; i < n; i++)
			put_descriptor(first + (bench.n + i) * DESC_SIZE, 0, GIB(6) + 2 * i * EFI_PAGE, 1, 0xf);
		memcpy(later, first, sizeof(first));
		for (unsigned int i = n; i < n + 8; i++)
			put_descriptor(later + (bench.n + i) * DESC_SIZE, 0, GIB(6) + 2 * i * EFI_PAGE, 1, 0xf);
		sim.descriptors = first;
		sim.descriptors_size = (bench.n + n) * DESC_SIZE;
		sim.next_map = later;
		sim.next_map_size = (bench.n + n + 8) * DESC_SIZE;
		boot_it();
		if (!outcome.entered)
			fail_msg("%u descriptors: %s", n, uefi_report.console);
		sim_end();
	}
}

/* ---- the console ---- */

/* A text of @n of @what arrives whole, in strings that fit into the buffer of 1,024 units. */
static void expect_written(const char *what, size_t n, char seen, size_t units)
{
	static char text[4200];
	size_t size = strlen(what), before = strlen(uefi_report.console), arrived;

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * size, what, size);
	text[n * size] = '\0';
	uefi_report.longest = 0;
	console_write(text);
	arrived = strlen(uefi_report.console) - before;
	if (arrived != n * units)
		fail_msg("%zu times \"%s\": %zu units arrived", n, what, arrived);
	for (size_t i = 0; i < arrived; i++)
		assert_int_equal(uefi_report.console[before + i], seen);
	if (uefi_report.longest > 1023 || uefi_report.longest > n * 2 || (n >= 128 && uefi_report.longest < 128))
		fail_msg("%zu times \"%s\": a string of %zu units", n, what, uefi_report.longest);
}

static void a_text_of_any_length_is_written_whole(void **state)
{
	(void)state;
	given_firmware();
	for (size_t n = 1; n < 1040; n += n < 1000 ? 13 : 1) {
		outcome.calls = 0;
		uefi_console_set_up((EFI_SYSTEM_TABLE *)(uintptr_t)sim.machine.system_table);
		expect_written("a", n, 'a', 1);
		expect_written("\n", n, '\n', 1);
		expect_written("\xc3\xa4", n, '?', 1);
		expect_written("\xf0\x9f\x98\x80", n, '?', 2);
		expect_written("\xff", n, '?', 1);
	}
	sim_end();
}

/* An odd unit first moves every pair by one. */
static void pairs_of_units_never_pass_the_end_of_the_buffer(void **state)
{
	static char text[4096];

	(void)state;
	given_firmware();
	for (size_t lead = 0; lead < 6; lead++) {
		size_t at = lead;

		memset(text, 'x', lead);
		for (size_t i = 0; i < 600; i++, at += 4)
			memcpy(text + at, "\xf0\x9f\x98\x80", 4);
		text[at] = '\0';
		outcome.calls = 0;
		uefi_console_set_up((EFI_SYSTEM_TABLE *)(uintptr_t)sim.machine.system_table);
		uefi_report.longest = 0;
		console_write(text);
		assert_int_equal(strlen(uefi_report.console), lead + 2 * 600);
		assert_true(uefi_report.longest <= 1023);
	}
	sim_end();
}

/* ---- text ---- */

static void utf16_holds_what_fits_with_its_end(void **state)
{
	static const struct {
		const char *utf8;
		size_t room;
		bool fits;
		CHAR16 units[5];
	} rows[] = {
	    {"abc", 4, true, {'a', 'b', 'c', 0}},
	    {"abc", 3, false, {'a', 'b', 0}},
	    {"", 1, true, {0}},
	    {"\xf0\x9f\x98\x80", 3, true, {0xd83d, 0xde00, 0}},
	    {"\xf0\x9f\x98\x80", 2, false, {0}},
	    {"\xe2\x82\xac\xc3\xa4", 3, true, {0x20ac, 0xe4, 0}},
	    {"a\xff", 3, true, {'a', '?', 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHAR16 out[8];
		size_t n = 0;

		memset(out, 0xee, sizeof(out));
		assert_int_equal(utf16_from_utf8(out, rows[i].room, rows[i].utf8), rows[i].fits);
		for (; rows[i].units[n] != 0; n++)
			assert_int_equal(out[n], rows[i].units[n]);
		assert_int_equal(out[n], 0);
		for (n = rows[i].room; n < COUNT_OF(out); n++)
			assert_int_equal(out[n], 0xeeee);
	}
}

static void utf8_holds_what_fits_with_its_end(void **state)
{
	static const struct {
		CHAR16 units[6];
		size_t n, room;
		const char *utf8; /* NULL: it does not fit */
	} rows[] = {
	    {{'a', 'b'}, 2, 6, "ab"},
	    {{'a', 'b', 0, 'c'}, 4, 16, "ab"},
	    {{'a', 'b'}, 2, 5, NULL},
	    {{0x7f, 0x80, 0x7ff, 0x800}, 4, 16, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"},
	    {{0xffff}, 1, 8, "\xef\xbf\xbf"},
	    {{0xd83d, 0xde00, 'z'}, 3, 16, "\xf0\x9f\x98\x80z"},
	    {{0xd800, 0xdc00}, 2, 16, "\xf0\x90\x80\x80"},
	    {{0xdbff, 0xdfff}, 2, 16, "\xf4\x8f\xbf\xbf"},
	    {{0xd83d, 'a'}, 2, 16, "?a"},
	    {{0xd83d, 0xde00}, 1, 16, "?"},
	    {{0xde00, 'a'}, 2, 16, "?a"},
	    {{0xdfff, 0xe000}, 2, 16, "?\xee\x80\x80"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char out[16];
		bool fits = utf8_from_utf16(out, rows[i].room, rows[i].units, rows[i].n);

		if (fits != (rows[i].utf8 != NULL) || (fits && strcmp(out, rows[i].utf8) != 0))
			fail_msg("row %zu: %s", i, fits ? out : "does not fit");
	}
}

/* ---- load options ---- */

static void a_load_option_is_text_or_nothing(void **state)
{
	static const struct {
		const char *bytes;
		size_t size, room;
		const char *text; /* NULL: none */
	} rows[] = {
	    {"debian", 6, 64, "debian"}, {"debian\0", 7, 64, "debian"},
	    {"debian", 6, 7, "debian"},	 {"debian", 6, 6, NULL},
	    {" ~", 2, 64, " ~"},	 {"\0", 1, 64, NULL},
	    {"d\0e\0b\0", 6, 64, "deb"}, {"d\0e\0b\0\0\0", 8, 64, "deb"},
	    {"d\0\t\0", 4, 64, NULL},	 {"d\0 \0", 4, 64, "d "},
	    {"d\0e", 3, 64, NULL},	 {"-\0-\0", 4, 64, NULL},
	    {"9\0", 2, 64, "9"},	 {"Z\0", 2, 64, "Z"},
	    {"a\0", 2, 64, "a"},	 {"\x01\x02", 2, 64, NULL},
	    {"-\0z\0", 4, 64, "-z"},	 {"-\0A\0", 4, 64, "-A"},
	    {"-\0000\0", 4, 64, "-0"},	 {"-\0`\0", 4, 64, NULL},
	    {"-\0{\0", 4, 64, NULL},	 {"-\0@\0", 4, 64, NULL},
	    {"-\0[\0", 4, 64, NULL},	 {"-\0/\0", 4, 64, NULL},
	    {"-\0:\0", 4, 64, NULL},	 {"-\0m\0", 4, 64, "-m"},
	    {"-\0M\0", 4, 64, "-M"},	 {"-\0005\0", 4, 64, "-5"},

	    {"", 0, 64, NULL},
	};

	(void)state;
	given_firmware();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static _Alignas(2) char bytes[16];
		EFI_LOADED_IMAGE image = {.LoadOptions = bytes, .LoadOptionsSize = (UINT32)rows[i].size};
		char out[64];
		bool is_text;

		memcpy(bytes, rows[i].bytes, rows[i].size);
		efi.loaded = &image;
		is_text = efi_load_option(out, rows[i].room);
		if (is_text != (rows[i].text != NULL) || (is_text && strcmp(out, rows[i].text) != 0))
			fail_msg("row %zu: %s", i, is_text ? out : "none");
	}
	sim_end();
}

static void the_named_entry_boots_and_another_is_said_to_be_none(void **state)
{
	static const struct {
		const char *option;
		bool unknown;
	} rows[] = {
	    {"t", false},      {"t  ", false},		{"BOOTX64.EFI t", false}, {"\\x.efi   t ", false},
	    {"nothing", true}, {"x.efi nothing", true}, {"x.efi", false},	  {"efi", true},
	    {"abcd", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		set_up("1M-512M free", LINUX);
		put_conf("timeout 5\n");
		uefi.option = rows[i].option;
		boot_it();
		assert_true(outcome.entered);
		if ((strstr(uefi_report.console, "which does not exist") != NULL) != rows[i].unknown)
			fail_msg("\"%s\": %s", rows[i].option, uefi_report.console);
		sim_end();
	}
}

/* ---- the log ---- */

static void the_log_says_what_its_level_asks_for(void **state)
{
	static const char *const conf[] = {"log quiet\n", "log normal\n", "log debug\n", NULL};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(conf); i++) {
		set_up("1M-512M free", LINUX);
		if (conf[i] != NULL)
			put_conf(conf[i]);
		boot_it();
		assert_true(outcome.entered);
		(i == 1 || i == 2 ? expect_said : expect_unsaid)("berth: place kernel ");
		(i == 2 ? expect_said : expect_unsaid)("berth: memory 0x");
		(i == 2 ? expect_said : expect_unsaid)(" runs at 0x");
		(i == 1 || i == 2 ? expect_said : expect_unsaid)("berth: read ");
		if (i != 1 && i != 2)
			assert_string_equal(uefi_report.console, "");
		sim_end();
	}
}

/* Nobody asked for lines, and now somebody needs them. */
static void a_failure_names_its_rule_and_waits_for_a_key(void **state)
{
	(void)state;
	set_up("1M-512M free", LINUX "placement 0x4000\n");
	boot_it();
	assert_false(outcome.entered);
	expect_said("berth: added nokaslr to the command line");
	expect_said("\nberth: ");
	expect_said("\n  rule ");
	expect_said("berth: press any key for the menu, or firmware goes on in 10 s\n");
	sim_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(secure_boot_is_off_only_where_both_variables_say_so),
	    cmocka_unit_test(the_watchdog_is_switched_off_first_of_all),
	    cmocka_unit_test(a_map_that_is_larger_than_its_room_is_not_believed),
	    cmocka_unit_test(the_second_map_has_room_for_what_its_own_pool_adds),
	    cmocka_unit_test(a_text_of_any_length_is_written_whole),
	    cmocka_unit_test(pairs_of_units_never_pass_the_end_of_the_buffer),
	    cmocka_unit_test(utf16_holds_what_fits_with_its_end),
	    cmocka_unit_test(utf8_holds_what_fits_with_its_end),
	    cmocka_unit_test(a_load_option_is_text_or_nothing),
	    cmocka_unit_test(the_named_entry_boots_and_another_is_said_to_be_none),
	    cmocka_unit_test(the_log_says_what_its_level_asks_for),
	    cmocka_unit_test(a_failure_names_its_rule_and_waits_for_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
