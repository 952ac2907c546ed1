/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every placement rule decides what it says it decides, on a map small enough to check by hand.
 * From demand() through policy to the plan, as a boot runs them; the search itself is held against brute force in
 * test_plan_search.c.
 */
#include "given.h"

#define WINDOW 0x3378000 /* Debian 12's init_size: 51.5 MiB */

/* A kernel of 4 MiB, for maps where 51.5 MiB would hide the rule. */
#define SMALL_KERNEL .init_size = MIB(4), .syssize = 0x1000, .file_size = 0x1000 * 16 + 40 * 512

/* ---- C1: what memory is a place ---- */

static void c1_adjacent_descriptors_are_one_run(void **state)
{
	(void)state;
	given_map("64M-90M free, 90M-120M free");
	expect_place(PART_KERNEL, MIB(68));
}

static void c1_a_place_never_spans_a_hole(void **state)
{
	(void)state;
	given_map("64M-90M free, 90M-91M runtime, 91M-120M free");
	expect_refused(NO_PLACE, C1);
	expect_words("kernel");
}

static void c1_soft_reserved_and_hot_pluggable_memory_is_no_place(void **state)
{
	(void)state;
	given_map("1M-2G free, 4G-6G free sp, 8G-9G free hotplug");
	expect_place(PART_KERNEL, 0x7cc00000);
}

static void c1_only_conventional_memory_is_a_place(void **state)
{
	(void)state;
	given_map("1M-2G free, 4G-5G boot, 5G-6G loader, 6G-7G unaccepted, 7G-8G pmem, 8G-9G acpi");
	expect_place(PART_KERNEL, 0x7cc00000);
}

static void c1_reliable_memory_is_taken_first(void **state)
{
	(void)state;
	given_map("1M-2G free, 2G-3G free reliable, 4G-6G free");
	expect_place(PART_KERNEL, 0xbcc00000);
}

static void c1_reliable_memory_that_is_too_small_is_passed_over(void **state)
{
	(void)state;
	given_map("1M-2G free, 2G-2064M free reliable, 4G-6G free");
	given_initrd(MIB(8));
	expect_place(PART_KERNEL, 0x17cc00000);
	expect_place(PART_INITRD, MIB(2056));
}

static void c1_x8_memory_below_1_mib_is_left_to_the_kernel(void **state)
{
	(void)state;
	given_map("0-640K free, 16M-20M free");
	given_kernel(SMALL_KERNEL);
	given_handoff(KIB(64));
	expect_limit(PART_HANDOFF, min, MIB(1), C1);
	expect_refused(NO_PLACE, C8);
}

/* ---- C2: windows, not files ---- */

static void c2_the_initrd_stays_out_of_the_whole_init_size(void **state)
{
	(void)state;
	/* The window is 16M-67.47M; the file would end at 24.1M. */
	given_map("16M-68M free");
	given_initrd(KIB(512));
	expect_place(PART_KERNEL, MIB(16));
	expect_place(PART_INITRD, MIB(67) + KIB(512));
	given_initrd(MIB(1));
	expect_refused(NO_PLACE, C8);
	expect_words("each part fits alone");
}

static void c8_only_the_parts_that_do_not_fit_together_are_named(void **state)
{
	(void)state;
	given_map("16M-68M free, 80M-81984K free");
	given_initrd(MIB(1));
	given_handoff(EFI_PAGE);
	expect_refused(NO_PLACE, C8);
	expect_words("each part fits alone");
	expect_words("\n  kernel ");
	expect_words("\n  initrd ");
	assert_null(strstr(world.why.text, "handoff"));
}

static void c2_a_file_longer_than_init_size_has_room(void **state)
{
	(void)state;
	given_map("16M-3G free");
	given_kernel(.init_size = MIB(1), .file_size = 40 * 512 + MIB(20));
	given_placement(PLACE_LOW, 0);
	given_initrd(MIB(1));
	expect_place(PART_KERNEL, MIB(16));
	expect_place(PART_INITRD, MIB(36));
}

/* ---- C3: high ---- */

static void c3_the_highest_place_above_4_gib(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	expect_place(PART_KERNEL, 0x17cc00000);
	expect_rule(PART_KERNEL, C3);
	expect_align(PART_KERNEL, MIB(2));
}

static void c3_none_above_4_gib_then_the_highest_below(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-4104M free");
	expect_place(PART_KERNEL, 0xbcc00000);
}

static void c3_a_machine_with_nothing_below_4_gib_boots(void **state)
{
	(void)state;
	given_map("512G-513G free");
	given_initrd(MIB(10));
	given_handoff(KIB(64));
	expect_place(PART_KERNEL, GIB(513) - MIB(52));
	expect_place(PART_INITRD, GIB(513) - MIB(62));
}

static void c3_a_run_across_4_gib_is_used_when_neither_half_is_enough(void **state)
{
	(void)state;
	given_map("4080M-4112M free");
	given_kernel(SMALL_KERNEL, .init_size = MIB(24));
	expect_place(PART_KERNEL, MIB(4080));
}

static void c3_tiny_memory_gives_the_lowest_place_above_1_mib(void **state)
{
	(void)state;
	given_map("0-640K free, 1M-14M free");
	given_kernel(SMALL_KERNEL, .pref_address = MIB(1));
	given_handoff(KIB(64));
	expect_place(PART_KERNEL, MIB(2));
	expect_place(PART_HANDOFF, MIB(1));
}

/* ---- C4: above 16 MiB ---- */

static void c4_high_keeps_clear_of_the_first_16_mib(void **state)
{
	(void)state;
	given_map("1M-15M free, 32M-40M free");
	given_kernel(SMALL_KERNEL);
	given_initrd(MIB(3));
	given_handoff(MIB(1));
	expect_place(PART_KERNEL, MIB(36));
	expect_place(PART_INITRD, MIB(33));
	expect_place(PART_HANDOFF, MIB(32));
}

static void c4_low_is_the_lowest_from_16_mib(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_placement(PLACE_LOW, 0);
	given_initrd(MIB(10));
	expect_place(PART_KERNEL, MIB(16));
	expect_rule(PART_KERNEL, C4);
	expect_place(PART_INITRD, MIB(16) + WINDOW);
}

static void c4_low_begins_behind_what_firmware_keeps(void **state)
{
	(void)state;
	given_map("1M-16M free, 16M-33M runtime, 33M-3G free");
	given_placement(PLACE_LOW, 0);
	expect_place(PART_KERNEL, MIB(34));
}

static void c4_low_goes_below_16_mib_when_nothing_else_is_there(void **state)
{
	(void)state;
	given_map("1M-15M free");
	given_kernel(SMALL_KERNEL, .pref_address = MIB(1));
	given_placement(PLACE_LOW, 0);
	expect_place(PART_KERNEL, MIB(2));
}

/* ---- C5: exact ---- */

static void c5_an_exact_place_is_kept(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_placement(PLACE_EXACT, MIB(64));
	expect_place(PART_KERNEL, MIB(64));
	expect_rule(PART_KERNEL, C5);
	given_placement(PLACE_EXACT, GIB(5));
	expect_place(PART_KERNEL, GIB(5));
}

static void c5_an_exact_place_that_is_taken_is_refused_and_its_owner_named(void **state)
{
	(void)state;
	given_map("1M-80M free, 80M-81M runtime, 81M-3G free, 4G-6G free");
	given_placement(PLACE_EXACT, MIB(64));
	expect_refused(NO_PLACE, C5);
	expect_words("0x4000000");
	expect_words("0x5000000-0x5100000");
	expect_words("runtime services data");
}

static void c5_an_exact_place_where_no_memory_is_is_refused(void **state)
{
	(void)state;
	given_map("1M-80M free, 4G-6G free");
	given_placement(PLACE_EXACT, MIB(64));
	expect_refused(NO_PLACE, C5);
	expect_words("not memory");
}

static void c5_the_align_that_is_told_is_the_best_that_the_address_has(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.kernel_alignment = MIB(16));
	given_placement(PLACE_EXACT, MIB(64) + MIB(4));
	expect_place(PART_KERNEL, MIB(68));
	expect_align(PART_KERNEL, MIB(4));
	given_placement(PLACE_EXACT, MIB(64));
	expect_align(PART_KERNEL, MIB(16));
}

static void c5_the_other_parts_make_way_for_an_exact_place(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_initrd(MIB(100));
	given_handoff(MIB(1));
	given_placement(PLACE_EXACT, GIB(3) - MIB(64));
	expect_place(PART_KERNEL, GIB(3) - MIB(64));
	expect_place(PART_INITRD, GIB(3) - MIB(164));
}

static void c5_each_exact_place_that_breaks_a_rule_is_refused_by_it(void **state)
{
	static const struct {
		uint64_t at;
		const char *line;
		enum rule by;
	} wrong[] = {
	    {MIB(8), "", X2},	    {MIB(65), "", X1}, {TIB(64) - MIB(2), "", X5}, {UINT64_MAX - MIB(2) + 1, "", X5},
	    {GIB(5), "mem=4G", C9},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		given_map("1M-3G free, 4G-6G free, 63T-64T free");
		given_command_line(wrong[i].line);
		given_placement(PLACE_EXACT, wrong[i].at);
		expect_refused(BAD_INPUT, wrong[i].by);
		expect_words("vmlinuz-6.1");
	}
}

static void c5_an_exact_place_above_4_gib_needs_the_4g_flag(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_KERNEL_64);
	given_placement(PLACE_EXACT, GIB(5));
	expect_refused(BAD_INPUT, X4);
}

/* ---- C8: together ---- */

static void c8_the_kernel_gives_way_to_an_initrd_that_fits_nowhere_else(void **state)
{
	(void)state;
	/* Each alone would take the upper run; only the initrd needs it. */
	given_map("32M-86M free, 100M-160M free");
	given_initrd(MIB(58));
	expect_place(PART_KERNEL, MIB(34));
	expect_place(PART_INITRD, MIB(102));
}

static void c8_parts_share_a_run_in_the_one_order_that_fits(void **state)
{
	(void)state;
	/* Kernel on top leaves 12M below and 0.5M above; kernel at 32M leaves 12.5M. */
	given_map("32M-96M free");
	given_initrd(MIB(12) + KIB(512));
	expect_place(PART_KERNEL, MIB(32));
	expect_place(PART_INITRD, MIB(83) + KIB(512));
}

static void c8_memory_that_one_order_of_placing_alone_divides_is_divided(void **state)
{
	(void)state;
	/* The kernel, first and lowest, would lie at 16M: but 15M-17M is all that the initrd's limit leaves it. */
	given_map("15M-22M free");
	given_kernel(SMALL_KERNEL, .init_size = MIB(2), .xloadflags = XLF_KERNEL_64, .initrd_addr_max = 0x10fffff);
	given_placement(PLACE_LOW, 0);
	given_initrd(MIB(2));
	expect_place(PART_INITRD, MIB(15));
	expect_place(PART_KERNEL, MIB(18));
}

static void c8_a_bounce_buffer_is_not_worth_a_refusal(void **state)
{
	(void)state;
	given_map("4G-6G free");
	given_bounce();
	expect_place(PART_KERNEL, 0x17cc00000);
	expect_no_place(PART_BOUNCE);
}

static void c7_the_bounce_buffer_lies_below_4_gib(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_bounce();
	expect_place(PART_BOUNCE, GIB(3) - MIB(1));
	expect_limit(PART_BOUNCE, max, GIB(4), C7);
}

/* ---- C9, C11 ---- */

static void c9_memory_is_kept_free_below_4_gib(void **state)
{
	(void)state;
	/* The initrd would take the upper run; then no 600M were left below 4 GiB. */
	given_map("16M-500M free, 1G-2G free");
	given_kernel(.init_size = MIB(50));
	given_initrd(MIB(420));
	expect_place(PART_INITRD, MIB(1578));
	given_kept_free(MIB(600));
	expect_place(PART_INITRD, MIB(80));
	given_kept_free(MIB(1100));
	expect_refused(NO_PLACE, C1);
	expect_words("kept-free memory");
	given_map("16M-60M free, 5G-6G free");
	given_kernel(.init_size = MIB(40));
	given_kept_free(MIB(50));
	expect_refused(NO_PLACE, C9);
	given_kept_free(MIB(44));
	expect_place(PART_KERNEL, GIB(6) - MIB(40));
}

static void c9_mem_bounds_every_part(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_command_line("quiet mem=2G");
	given_initrd(MIB(10));
	given_handoff(KIB(64));
	expect_place(PART_KERNEL, 0x7cc00000);
	expect_place(PART_INITRD, 0x7cc00000 - MIB(10));
	expect_limit(PART_KERNEL, max, GIB(2), C9);
	expect_limit(PART_INITRD, max, GIB(2), C9);
	expect_limit(PART_HANDOFF, max, GIB(2), C9);
}

static void c9_an_exact_place_of_the_image_past_mem_is_blamed_on_mem(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.relocatable_kernel = 0);
	given_command_line("mem=32M");
	expect_words("C9");
}

static void c11_an_initrd_that_fits_nowhere_is_an_error_with_its_numbers(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-5G free");
	given_initrd(GIB(4));
	expect_refused(NO_PLACE, C1);
	expect_words("initrd");
	expect_words("0x100000000 bytes");
	expect_words("4.0 GiB");
	expect_words("0xbff00000 bytes");
	expect_words("0x100000-0xc0000000");
}

/* ---- what a person reads ---- */

static void c3_a_place_explains_itself(void **state)
{
	char line[160];
	struct text text = TEXT(line);

	(void)state;
	given_map("1M-3G free, 4G-6G free");
	expect_place(PART_KERNEL, 0x17cc00000);
	explain_placement(&text, PART_KERNEL, &world.plan.part[PART_KERNEL], false);
	assert_string_equal(line, "place kernel 0x17cc00000 size 0x3378000 align 0x200000 rule C3");
}

/* Counts the refusals of @run by @by in the first pass, and checks that each can be said in a line. */
struct seen {
	struct range run;
	enum rule by;
	unsigned int times;
};

static void see(void *context, const struct refusal *refusal)
{
	struct seen *seen = context;
	char line[256];
	struct text text = TEXT(line);

	explain_refusal(&text, refusal);
	assert_false(text_cut(&text));
	assert_non_null(strstr(line, part_name(refusal->part)));
	assert_non_null(strstr(line, rule_row(refusal->by)->id));
	seen->times +=
	    refusal->run.start == seen->run.start && refusal->run.end == seen->run.end && refusal->by == seen->by;
}

static void expect_seen(uint64_t start, uint64_t end, enum rule by)
{
	struct seen seen = {{start, end}, by, 0};
	struct plan_trace trace = {see, &seen};
	struct plan_failure failure;
	struct plan plan;

	assert_in_range(plan_make(requests_now(), &world.free, &plan, &failure, &trace), OK, NO_PLACE);
	if (seen.times == 0)
		fail_msg("no refusal of %#" PRIx64 "-%#" PRIx64 " by %s", start, end, rule_row(by)->id);
}

static void c3_each_run_that_is_not_taken_has_a_reason(void **state)
{
	(void)state;
	given_map("1M-64M free, 4G-4104M free");
	given_kernel(.init_size = MIB(60), .pref_address = MIB(16));
	expect_seen(GIB(4), MIB(4104), C1); /* too small */
	expect_seen(MIB(1), MIB(64), X2);   /* large enough, were it not for pref_address */
	given_map("1M-1G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_KERNEL_64);
	expect_seen(GIB(4), GIB(6), X4);
	given_map("1M-1G free, 4G-6G free");
	given_command_line("mem=1G");
	expect_seen(GIB(4), GIB(6), C9);
	given_map("17M-69M free, 4G-6G free");
	given_placement(PLACE_LOW, 0);
	expect_seen(MIB(17), MIB(69), X1); /* large enough, but at no multiple of 2 MiB */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c1_adjacent_descriptors_are_one_run),
	    cmocka_unit_test(c1_a_place_never_spans_a_hole),
	    cmocka_unit_test(c1_soft_reserved_and_hot_pluggable_memory_is_no_place),
	    cmocka_unit_test(c1_only_conventional_memory_is_a_place),
	    cmocka_unit_test(c1_reliable_memory_is_taken_first),
	    cmocka_unit_test(c1_reliable_memory_that_is_too_small_is_passed_over),
	    cmocka_unit_test(c1_x8_memory_below_1_mib_is_left_to_the_kernel),
	    cmocka_unit_test(c2_the_initrd_stays_out_of_the_whole_init_size),
	    cmocka_unit_test(c8_only_the_parts_that_do_not_fit_together_are_named),
	    cmocka_unit_test(c2_a_file_longer_than_init_size_has_room),
	    cmocka_unit_test(c3_the_highest_place_above_4_gib),
	    cmocka_unit_test(c3_none_above_4_gib_then_the_highest_below),
	    cmocka_unit_test(c3_a_machine_with_nothing_below_4_gib_boots),
	    cmocka_unit_test(c3_a_run_across_4_gib_is_used_when_neither_half_is_enough),
	    cmocka_unit_test(c3_tiny_memory_gives_the_lowest_place_above_1_mib),
	    cmocka_unit_test(c4_high_keeps_clear_of_the_first_16_mib),
	    cmocka_unit_test(c4_low_is_the_lowest_from_16_mib),
	    cmocka_unit_test(c4_low_begins_behind_what_firmware_keeps),
	    cmocka_unit_test(c4_low_goes_below_16_mib_when_nothing_else_is_there),
	    cmocka_unit_test(c5_an_exact_place_is_kept),
	    cmocka_unit_test(c5_an_exact_place_that_is_taken_is_refused_and_its_owner_named),
	    cmocka_unit_test(c5_an_exact_place_where_no_memory_is_is_refused),
	    cmocka_unit_test(c5_the_align_that_is_told_is_the_best_that_the_address_has),
	    cmocka_unit_test(c5_the_other_parts_make_way_for_an_exact_place),
	    cmocka_unit_test(c5_each_exact_place_that_breaks_a_rule_is_refused_by_it),
	    cmocka_unit_test(c5_an_exact_place_above_4_gib_needs_the_4g_flag),
	    cmocka_unit_test(c8_the_kernel_gives_way_to_an_initrd_that_fits_nowhere_else),
	    cmocka_unit_test(c8_parts_share_a_run_in_the_one_order_that_fits),
	    cmocka_unit_test(c8_memory_that_one_order_of_placing_alone_divides_is_divided),
	    cmocka_unit_test(c8_a_bounce_buffer_is_not_worth_a_refusal),
	    cmocka_unit_test(c7_the_bounce_buffer_lies_below_4_gib),
	    cmocka_unit_test(c9_memory_is_kept_free_below_4_gib),
	    cmocka_unit_test(c9_mem_bounds_every_part),
	    cmocka_unit_test(c9_an_exact_place_of_the_image_past_mem_is_blamed_on_mem),
	    cmocka_unit_test(c11_an_initrd_that_fits_nowhere_is_an_error_with_its_numbers),
	    cmocka_unit_test(c3_a_place_explains_itself),
	    cmocka_unit_test(c3_each_run_that_is_not_taken_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
