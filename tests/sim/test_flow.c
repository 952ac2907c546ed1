/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One boot from end to end, looked at closely: what was called, what was said, what is left. Where test_faults has many
 * machines and one sentence that must hold, this has a machine for each sentence.
 */
#include "bench.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static void begin(const char *map, const char *entry, const char *conf)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, conf, &debian);
	sim.dirty = true;
	snprintf(bench.name, sizeof(bench.name), "the flow");
}

/* Boots, and leaves everything as the kernel found it: sim_end() gives it back. */
static void boot_and_look(void)
{
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (!outcome.entered)
		fail_msg("refused: %s", outcome.why.text);
	for (size_t i = 0; i < N_PARTS; i++)
		if (i != PART_KEPT && !range_is_empty(outcome.situation->plan.part[i].at))
			outcome.claims_left--;
	assert_int_equal(outcome.claims_left, 0); /* what is in the plan, and nothing else */
}

static void expect_refused_with(enum status wanted, const char *words)
{
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	assert_false(outcome.entered);
	assert_int_equal(outcome.status, wanted);
	if (strstr(outcome.why.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", outcome.why.text, words);
	sim_end();
}

static void expect_said(const char *words)
{
	if (strstr(sim_log(), words) == NULL)
		fail_msg("the log does not say \"%s\":\n%s", words, sim_log());
}

static void expect_unsaid(const char *words)
{
	if (strstr(sim_log(), words) != NULL)
		fail_msg("the log says \"%s\":\n%s", words, sim_log());
}

static unsigned int times_said(const char *words)
{
	unsigned int n = 0;

	for (const char *at = sim_log(); (at = strstr(at, words)) != NULL; at++)
		n++;
	return n;
}

static void a_fault_at_every_call_of_one_boot_leaves_nothing_behind(void **state)
{
	static const char *const maps[] = {"1M-1G free", "1M-1G free, 4G-5G free", "16M-17M boot, 17M-1G free"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		begin(maps[i], LINUX INITRDS "placement random\n", "");
		bench_fail_each_call();
		assert_true(bench.entered > 1);
		assert_true(bench.refused > 10);
	}
	begin(maps[1], LINUX INITRDS, "");
	sim.refused[sim.n_refused++] = (struct range){GIB(5) - MIB(1), GIB(5)};
	bench_fail_each_call();
	assert_true(bench.entered > 1);
	assert_true(bench.refused > 20);
}

static void expect_file_and_zeros(const struct entry *entry, const char *scenario)
{
	uint64_t at = outcome.entry - 0x200, size = sim.file[0].size - 40 * 512;
	const uint8_t *memory = sim_memory(at, KIB(64));

	(void)entry;
	assert_non_null(memory);
	check_bytes(&sim.file[0], 40 * 512, at, scenario);
	for (uint64_t i = size; i < KIB(64); i++)
		if (memory[i] != 0)
			fail_msg("byte %#" PRIx64 ", behind a file of %#" PRIx64, i, size);
}

/* boot.rst, syssize: whole paragraphs. Of the last one the file has a part: it is read, and the rest is zeros. */
static void x2_a_file_that_ends_in_its_last_paragraph_boots(void **state)
{
	(void)state;
	for (uint64_t less = 1; less < 16; less++) {
		struct kernel_fields fields = debian;

		fields.file_size -= less;
		begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
		bench_set_up("1M-1G free, 4G-5G free", LINUX INITRD, "", &fields);
		sim.dirty = true;
		boot_and_look(); /* by the clauses */
		sim_end();
		sim.check_entered = expect_file_and_zeros;
		boot_and_look();
		sim_end();
	}
}

/* ---- rule C6: boot services hold the kernel's one place ---- */

static const struct kernel_fields fixed = {DEBIAN_12, SMALL_KERNEL, .relocatable_kernel = 0};

static void begin_fixed(const char *map)
{
	begin(map, LINUX INITRD, "");
	bench_set_up(map, LINUX INITRD, "", &fixed);
	sim.dirty = true;
}

static void boot_to_pref_address(uint64_t copied)
{
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	if (!outcome.entered)
		fail_msg("refused: %s", outcome.why.text);
	assert_int_equal(outcome.entry, MIB(16) + 0x200);
	assert_int_equal(outcome.copied, copied);
	sim_end();
}

static void c6_a_kernel_arrives_where_boot_services_were(void **state)
{
	(void)state;
	begin_fixed("1M-9M free, 9M-21M boot, 21M-1G free, 4G-5G free");
	boot_to_pref_address(KIB(64));
	expect_said("place kernel 0x1000000 size 0x200000 align 0x1000 rule C6");
	expect_said("copy kernel 0x13fff0000 to 0x1000000 size 0x10000 after exit rule C6");
	expect_said("after exit copy 0x10000 bytes, tables 0x");
	begin_fixed("1M-1G free, 4G-5G free");
	boot_to_pref_address(0);
	expect_said("after exit copy 0x0 bytes, tables 0x4000 bytes");
	expect_unsaid("copy kernel");
}

static void c6_pieces_arrive_from_wherever_they_waited(void **state)
{
	(void)state;
	begin_fixed(
	    "1M-0x116000 free, 2M-0x204000 free, 3M-0x305000 free, 16M-0x1002000 boot, 0x1002000-0x1003000 free, "
	    "0x1003000-18M boot, 32M-48M free reliable");
	sim.refused[sim.n_refused++] = (struct range){MIB(33), MIB(47)};
	boot_to_pref_address(KIB(64));
	begin_fixed(
	    "2M-0x205000 free, 3M-0x305000 free, 4M-0x405000 free, 16M-0x1002000 boot, 0x1002000-0x1003000 free, "
	    "0x1003000-18M boot, 32M-0x2014000 free, 33M-0x210d000 free");
	boot_to_pref_address(KIB(60)); /* a page of it was free */
	assert_int_equal(times_said("copy kernel"), 4);
	expect_unsaid("seed 1 entropy 1");
}

static void c6_each_fault_on_the_way_of_a_copied_kernel_leaves_nothing(void **state)
{
	static const char *const maps[] = {
	    "1M-9M free, 9M-21M boot, 21M-1G free, 4G-5G free",
	    "2M-0x205000 free, 3M-0x305000 free, 4M-0x405000 free, 16M-0x1002000 boot, 0x1002000-0x1003000 free, "
	    "0x1003000-18M boot, 32M-0x2014000 free, 33M-0x210d000 free",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		begin_fixed(maps[i]);
		bench_fail_each_call();
		assert_true(bench.entered > 1);
		assert_true(bench.refused > 10);
	}
}

static void c6_a_place_that_firmware_gave_away_meanwhile_is_not_copied_to(void **state)
{
	static uint8_t taken[GIVEN_ENTRIES * DESC_SIZE];

	(void)state;
	begin_fixed("1M-9M free, 9M-21M boot, 21M-1G free");
	sim.next_map_size =
	    raw_map("1M-9M free, 9M-17M boot, 17M-18M runtime, 18M-21M boot, 21M-1G free", taken) * DESC_SIZE;
	sim.next_map = taken;
	expect_refused_with(NO_PLACE, "firmware took a part of 0x1000000-0x1200000 for runtime services data");
}

static void c6_what_firmware_refuses_of_the_place_itself_is_copied_there(void **state)
{
	(void)state;
	begin_fixed("1M-9M free, 9M-17M boot, 17M-1G free");
	sim.refused[sim.n_refused++] = (struct range){MIB(17), MIB(18)};
	boot_to_pref_address(KIB(64));
	expect_said("planning again");
}

static void a_try_after_one_that_failed_finds_nothing_of_it(void **state)
{
	uint64_t entry;

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX INITRDS, "");
	boot_and_look();
	entry = outcome.entry;
	sim_end();
	sim.refused[sim.n_refused++] = (struct range){0, UINT64_MAX};
	sim.fail_call = 12;
	sim.fail_status = IO_ERROR;
	sim_boot(&bench.entry, &bench.conf);
	assert_false(outcome.entered);
	sim_end();
	sim.n_refused = 0;
	sim.fail_call = 0;
	boot_and_look();
	assert_int_equal(outcome.entry, entry);
	assert_int_equal(outcome.situation->cargo.initrd_size, 70001 + 3 + 333);
	expect_unsaid("planning again");
	sim_end();
}

static void the_log_tells_every_part_of_the_memory_and_every_place(void **state)
{
	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	boot_and_look();
	expect_said("memory 0x100000-0x40000000 type 7 attribute 0xf free\n");
	expect_said("memory 0x100000000-0x140000000 type 7 attribute 0xf free\n");
	expect_said("memory 0xfff00000-0xfff01000 type 6 attribute 0x800000000000000f runtime services data\n");
	assert_int_equal(times_said("memory 0x"), 4);
	assert_int_equal(times_said("\nplace "), 4);
	expect_said("place kernel 0x13fe00000 size 0x200000 align 0x200000 rule C3\n");
	expect_said("place initrd ");
	expect_said("place handoff ");
	expect_said("place bounce ");
	expect_said("no nokaslr on the command line");
	expect_said("left ");
	expect_said(" of 1023.0 MiB below 4 GiB");
	expect_said("of 1 whole 1 GiB pages");
	expect_said("refuse bounce in 0x100000000-0x140000000 (1.0 GiB) for the highest");
	expect_unsaid("refused 0x");
	expect_unsaid("added nokaslr");
	/* Planning's facts, as tools/map_berth.c reads them. */
	expect_said("descriptors 4 ");
	expect_said(" entropy 0x0\n");
	sim_end();
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	sim.quiet = true;
	boot_and_look();
	expect_unsaid("memory 0x");
	expect_unsaid("refuse ");
	expect_unsaid("left ");
	expect_said("no nokaslr on the command line");
	sim_end();
}

static void the_bytes_that_were_read_are_counted_once(void **state)
{
	char line[80];

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	boot_and_look();
	snprintf(line, sizeof(line), "read %" PRIu64 " copied 0 bytes\n",
		 IMAGE_HEAD + debian.file_size - 40 * 512 + 70001);
	expect_said(line);
	sim_end();
}

static void x9_an_exact_place_adds_nokaslr_and_says_so(void **state)
{
	const struct cargo *cargo;

	(void)state;
	begin("1M-1G free", LINUX "placement 0x4000000\n", "");
	boot_and_look();
	cargo = &outcome.situation->cargo;
	assert_string_equal(cargo->command_line, "console=ttyS0 nokaslr");
	assert_int_equal(outcome.entry, 0x4000200);
	expect_said("added nokaslr to the command line");
	expect_said("\nthe kernel stays where it is put [X9]\n");
	sim_end();
	begin("1M-1G free", LINUX "options nokaslr\n", "");
	sim.quiet = true;
	boot_and_look();
	expect_unsaid("nokaslr");
	sim_end();
}

static void c7_a_bounce_buffer_that_firmware_refuses_is_done_without(void **state)
{
	struct range bounce;

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX INITRD, "");
	boot_and_look();
	bounce = outcome.situation->plan.part[PART_BOUNCE].at;
	assert_false(range_is_empty(bounce));
	sim_end();
	sim.refused[sim.n_refused++] = bounce;
	sim.unreadable_above = GIB(4);
	boot_and_look();
	assert_true(range_is_empty(outcome.situation->plan.part[PART_BOUNCE].at));
	assert_int_equal(outcome.call_of[SERVICE_SURVEY], 1);
	expect_said("firmware does not give bounce");
	assert_int_equal(times_said("planning again"), 0);
	sim_end();
}

/* After three refusals above 4 GiB nothing there is asked for any more. */
static void firmware_that_gives_nothing_above_4_gib_is_asked_four_times(void **state)
{
	(void)state;
	begin("1M-3G free, 4G-64G free", LINUX, "");
	sim.refused[sim.n_refused++] = (struct range){GIB(4), UINT64_MAX};
	boot_and_look();
	assert_true(outcome.entry < GIB(3));
	assert_int_equal(times_said("planning again"), 4);
	expect_said("refused 0x100000000-0xffffffffffffffff");
	assert_int_equal(times_said("\nrefused 0x"), 1 + 2 + 3 + 4); /* told again at every look */
	sim_end();
}

/* Refusals below 4 GiB never cost more than the place that was refused. */
static void a_place_that_firmware_refuses_below_4_gib_is_the_only_one_that_is_lost(void **state)
{
	(void)state;
	begin("1M-3G free", LINUX "placement low\n", "");
	for (unsigned int i = 0; i < 5; i++)
		sim.refused[sim.n_refused++] = (struct range){MIB(17 + 2 * i), MIB(17 + 2 * i) + EFI_PAGE};
	boot_and_look();
	assert_int_equal(outcome.entry, MIB(26) + 0x200);
	assert_int_equal(times_said("planning again"), 5);
	sim_end();
}

static void tables_follow_the_map_of_the_second_look(void **state)
{
	static uint8_t later[GIVEN_ENTRIES * DESC_SIZE];
	size_t n = 0;

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX, "");
	sim.no_gib_pages = true;
	for (unsigned int i = 0; i < 40; i++)
		put_descriptor(later + n++ * DESC_SIZE, i % 2 == 0 ? 7 : 6, MIB(1) + i * MIB(20), MIB(20) / EFI_PAGE,
			       0xf);
	put_descriptor(later + n++ * DESC_SIZE, 7, GIB(4), MIB(512) / EFI_PAGE, 0xf);
	put_descriptor(later + n++ * DESC_SIZE, 6, GIB(4) + MIB(512), GIB(16) / EFI_PAGE, 0xf);
	memcpy(later + n * DESC_SIZE, bench.raw + (bench.n - 2) * DESC_SIZE, 2 * DESC_SIZE);
	sim.refused[sim.n_refused++] = (struct range){GIB(4) + MIB(512), GIB(5)};
	sim.next_map = sim.final_map = later;
	sim.next_map_size = sim.final_map_size = (n + 2) * DESC_SIZE;
	boot_and_look();
	assert_int_equal(times_said("memory 0x"), 4 + n + 2);
	sim_end();
}

static void what_was_given_back_once_is_not_given_back_again(void **state)
{
	static uint8_t nothing[DESC_SIZE];

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX, "");
	sim.refused[sim.n_refused++] = (struct range){GIB(5) - MIB(1), GIB(5)};
	put_descriptor(nothing, 6, MIB(1), 1, 0xf);
	sim.next_map = nothing;
	sim.next_map_size = DESC_SIZE;
	expect_refused_with(NO_PLACE, "kernel");
}

static void the_cpu_is_asked_for_what_its_tables_need(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		begin("1M-1G free, 4G-5G free", LINUX, "");
		sim.no_gib_pages = (i & 1) != 0;
		sim.five_levels = (i & 2) != 0;
		boot_and_look();
		assert_int_equal(outcome.situation->cpu.gib_pages, (i & 1) == 0);
		assert_int_equal(outcome.situation->cpu.five_levels, i >> 1);
		sim_end();
	}
}

static void x8_a_kernel_that_cannot_run_on_five_levels_leaves_them_first(void **state)
{
	static const struct kernel_fields old = {DEBIAN_12, SMALL_KERNEL, .xloadflags = 0x1f};

	(void)state;
	begin("1M-1G free, 4G-5G free", LINUX, "");
	bench_set_up("1M-1G free, 4G-5G free", LINUX, "", &old);
	sim.five_levels = true;
	boot_and_look();
	assert_true(outcome.trampoline != 0 && outcome.trampoline < GIB(4));
	assert_true(outcome.entry >= GIB(4));
	sim_end();
	bench_set_up("1M-1G free, 4G-5G free", LINUX, "", &old);
	boot_and_look();
	assert_int_equal(outcome.trampoline, 0);
	sim_end();
}

static void the_seed_reaches_the_kernel_and_stays_nowhere_else(void **state)
{
	static const uint8_t none[SEED_SIZE];

	(void)state;
	begin("1M-1G free", LINUX, "");
	boot_and_look();
	assert_true(outcome.situation->found.has_seed);
	assert_memory_equal(outcome.situation->found.seed, none, SEED_SIZE);
	sim_end();
	begin("1M-1G free", LINUX, "");
	sim.fail_call = 4; /* the survey, after the seed was drawn */
	sim.fail_status = IO_ERROR;
	expect_refused_with(IO_ERROR, "injected");
	assert_memory_equal(outcome.situation->found.seed, none, SEED_SIZE);
	begin("1M-1G free", LINUX "placement random\n", "");
	boot_and_look();
	expect_unsaid("neither firmware nor the CPU has entropy");
	expect_said(" entropy 0xee9c49f7a55300b\n"); /* firmware's bytes, from the lowest */
	sim_end();
	begin("1M-1G free", LINUX, "");
	sim.no_entropy = true;
	boot_and_look();
	assert_false(outcome.situation->found.has_seed);
	expect_unsaid("no entropy");
	sim_end();
}

/* boot.rst, "kernel_info": setup_type_max says that this kernel knows no type 9, which the seed has. */
static void x268_a_kernel_that_knows_no_seed_is_given_none(void **state)
{
	static uint8_t file[40 * 512 + 0x400];
	uint8_t *info = file + 40 * 512 + 0x200;

	(void)state;
	for (unsigned int max = 8; max <= 9; max++) {
		begin("1M-1G free", LINUX, "");
		memcpy(file, bench.head, sizeof(bench.head));
		store_le(file + 0x268, 4, 0x200);
		store_le(info, 4, 0x506f544c);
		store_le(info + 4, 4, 16);
		store_le(info + 8, 4, 16);
		store_le(info + 12, 4, max);
		sim.file[0].head = file;
		sim.file[0].head_size = sizeof(file);
		boot_and_look();
		assert_int_equal(outcome.situation->found.has_seed, max == 9);
		sim_end();
	}
}

static void an_initrd_of_one_byte_is_an_initrd(void **state)
{
	(void)state;
	begin("1M-1G free", LINUX INITRD, "");
	sim.file[1].size = 1;
	boot_and_look();
	assert_int_equal(outcome.situation->cargo.initrd_size, 1);
	sim_end();
}

static void what_is_wrong_with_an_entry_is_told_before_memory_is_looked_at(void **state)
{
	static char long_line[70000];

	(void)state;
	begin("1M-1G free", "linux /none\n", "");
	expect_refused_with(NOT_FOUND, "no such file");
	begin("1M-1G free", "linux /vmlinuz\ninitrd /none\n", "");
	expect_refused_with(NOT_FOUND, "no such file");
	begin("1M-1G free", "linux /empty\n", "");
	expect_refused_with(BAD_INPUT, "\\empty: the file is empty");
	assert_int_equal(outcome.call_of[SERVICE_READ], 0);
	begin("1M-1G free", "linux /one\n", "");
	expect_refused_with(BAD_INPUT, "\\one: not a kernel that Berth knows");
	assert_int_equal(outcome.call_of[SERVICE_SURVEY], 0);
	snprintf(long_line, sizeof(long_line), "linux /vmlinuz\noptions %066000u\n", 1);
	begin("1M-1G free", long_line, "");
	expect_refused_with(BAD_INPUT, "options together have more than");
	snprintf(long_line, sizeof(long_line), "linux /vmlinuz\nplacement 0x4000000\noptions %065530u\n", 1);
	begin("1M-1G free", long_line, "");
	expect_refused_with(BAD_INPUT, "too long to add nokaslr");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x2_a_file_that_ends_in_its_last_paragraph_boots),
	    cmocka_unit_test(a_fault_at_every_call_of_one_boot_leaves_nothing_behind),
	    cmocka_unit_test(c6_a_kernel_arrives_where_boot_services_were),
	    cmocka_unit_test(c6_pieces_arrive_from_wherever_they_waited),
	    cmocka_unit_test(c6_each_fault_on_the_way_of_a_copied_kernel_leaves_nothing),
	    cmocka_unit_test(c6_a_place_that_firmware_gave_away_meanwhile_is_not_copied_to),
	    cmocka_unit_test(c6_what_firmware_refuses_of_the_place_itself_is_copied_there),
	    cmocka_unit_test(a_try_after_one_that_failed_finds_nothing_of_it),
	    cmocka_unit_test(the_log_tells_every_part_of_the_memory_and_every_place),
	    cmocka_unit_test(the_bytes_that_were_read_are_counted_once),
	    cmocka_unit_test(x9_an_exact_place_adds_nokaslr_and_says_so),
	    cmocka_unit_test(c7_a_bounce_buffer_that_firmware_refuses_is_done_without),
	    cmocka_unit_test(firmware_that_gives_nothing_above_4_gib_is_asked_four_times),
	    cmocka_unit_test(a_place_that_firmware_refuses_below_4_gib_is_the_only_one_that_is_lost),
	    cmocka_unit_test(tables_follow_the_map_of_the_second_look),
	    cmocka_unit_test(what_was_given_back_once_is_not_given_back_again),
	    cmocka_unit_test(the_cpu_is_asked_for_what_its_tables_need),
	    cmocka_unit_test(x8_a_kernel_that_cannot_run_on_five_levels_leaves_them_first),
	    cmocka_unit_test(the_seed_reaches_the_kernel_and_stays_nowhere_else),
	    cmocka_unit_test(x268_a_kernel_that_knows_no_seed_is_given_none),
	    cmocka_unit_test(an_initrd_of_one_byte_is_an_initrd),
	    cmocka_unit_test(what_is_wrong_with_an_entry_is_told_before_memory_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
