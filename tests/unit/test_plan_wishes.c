/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user may wish for beyond an address, and what is told of a plan afterwards: random places, windows, the gap
 * that spoils the fewest huge pages, and the outlook.
 */
#include "given.h"

#include "../../plan/aftermath.h"

#define WINDOW	     0x3378000 /* Debian 12's init_size: 51.5 MiB */
#define SMALL_KERNEL .init_size = MIB(4), .syssize = 0x1000, .file_size = 0x1000 * 16 + 40 * 512

/* ---- C5: a window ---- */

static void c5_a_window_holds_kernel_initrd_and_handoff(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_initrd(MIB(10));
	given_handoff(KIB(64));
	given_window(GIB(1), GIB(1) + MIB(128));
	expect_place(PART_KERNEL, GIB(1) + MIB(76));
	expect_place(PART_INITRD, GIB(1) + MIB(66));
	expect_limit(PART_HANDOFF, min, GIB(1), C5);
	expect_limit(PART_HANDOFF, max, GIB(1) + MIB(128), C5);
	expect_place(PART_HANDOFF, GIB(1) + MIB(128) - KIB(64));
}

static void c5_a_window_too_small_for_all_is_refused(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_initrd(MIB(10));
	given_window(GIB(1), GIB(1) + MIB(60));
	expect_refused(NO_PLACE, C8);
}

static void c5_a_window_that_others_hold_is_refused_and_they_are_named(void **state)
{
	(void)state;
	given_map("1M-1G free, 1G-1056M boot, 1056M-1088M runtime, 1088M-3G free");
	given_window(GIB(1), 1100 * MIB(1));
	expect_refused(NO_PLACE, C5);
	expect_words("0x40000000-0x42000000   boot services data");
	expect_words("0x42000000-0x44000000   runtime services data");
	expect_words("another window");
}

static void c5_a_window_does_not_lift_the_images_own_limits(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_KERNEL_64);
	given_window(GIB(4), GIB(6));
	expect_refused(NO_PLACE, C5);
	given_kernel(.relocatable_kernel = 0);
	expect_refused(BAD_INPUT, C5);
}

/* ---- C10: huge pages ---- */

static void c10_the_handoff_goes_where_no_whole_gib_page_is_spoiled(void **state)
{
	(void)state;
	/* The kernel fills the top of the first GiB page; the highest gap is the whole page above 8 GiB. */
	given_map("1M-2G free, 4G-4608M free, 8G-9G free");
	given_kernel(.pref_address = MIB(16));
	given_placement(PLACE_EXACT, GIB(4));
	given_handoff(KIB(64));
	expect_place(PART_HANDOFF, GIB(4) + MIB(512) - KIB(64));
	expect_rule(PART_HANDOFF, C3);
}

static void c10_of_gaps_alike_the_highest_is_taken(void **state)
{
	(void)state;
	given_map("1M-2G free, 4G-5G free, 6G-7G free, 8G-9G free");
	given_placement(PLACE_EXACT, GIB(4));
	given_handoff(KIB(64));
	expect_place(PART_HANDOFF, GIB(5) - KIB(64)); /* the kernel has spoiled that GiB page already */
	given_placement(PLACE_EXACT, GIB(1));
	expect_place(PART_HANDOFF, GIB(9) - KIB(64));
}

static void c10_then_the_2_mib_pages_decide(void **state)
{
	(void)state;
	/* No whole GiB page anywhere; the lower run has no whole 2 MiB page at its top, the upper one has. */
	given_map("1M-2G free, 4G-4607M free, 5G-5120M free, 6G-6200M free");
	given_placement(PLACE_EXACT, GIB(1));
	given_handoff(KIB(64));
	expect_place(PART_HANDOFF, GIB(4) + MIB(511) - KIB(64));
}

static void c10_kernel_and_initrd_keep_the_highest_place(void **state)
{
	(void)state;
	given_map("1M-2G free, 4G-4608M free, 8G-9G free");
	given_initrd(MIB(10));
	expect_place(PART_KERNEL, GIB(9) - MIB(52));
	expect_place(PART_INITRD, GIB(9) - MIB(62));
}

static void c10_a_sparing_place_never_costs_a_plan(void **state)
{
	(void)state;
	/* The handoff would rather lie below 5 GiB, but its limit is there for the kept-free memory alone. */
	given_map("1M-20M free, 1G-1088M free");
	given_handoff(MIB(4));
	given_kept_free(MIB(10));
	expect_place(PART_KERNEL, GIB(1) + MIB(12));
}

/* ---- C12: random ---- */

static uint64_t kernel_at(uint64_t entropy)
{
	given_entropy(entropy);
	expect_rule(PART_KERNEL, C12);
	return world.plan.part[PART_KERNEL].at.start;
}

static void c12_every_slot_is_as_likely_as_any_other(void **state)
{
	enum { SLOTS = 7 + 5, ROUNDS = 12000 };
	struct dice dice = dice_from_seed("c12");
	unsigned int hits[SLOTS] = {0};
	double chi = 0;

	(void)state;
	/* A kernel of 4 MiB in steps of 2 MiB: 7 places in the first run, 5 in the second; none below 16 MiB. */
	given_map("1M-32M free, 4G-4108M free");
	given_kernel(SMALL_KERNEL);
	given_placement(PLACE_RANDOM, 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t at = kernel_at(roll64(&dice));
		uint64_t slot = at < GIB(4) ? (at - MIB(16)) / MIB(2) : 7 + (at - GIB(4)) / MIB(2);

		assert_true(at % MIB(2) == 0 && slot < SLOTS);
		hits[slot]++;
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		chi += (hits[i] - ROUNDS / SLOTS) * ((double)hits[i] - ROUNDS / SLOTS) / (ROUNDS / SLOTS);
	/* 11 degrees of freedom: above 45 once in 200,000 seeds. */
	if (chi > 45)
		fail_msg("chi square is %d: the slots are not alike", (int)chi);
}

static void c12_the_same_entropy_gives_the_same_place(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_placement(PLACE_RANDOM, 0);
	assert_true(kernel_at(0x1234) == kernel_at(0x1234));
	assert_true(kernel_at(0x1234) != kernel_at(0x1235));
}

static void c12_without_entropy_random_is_high(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_placement(PLACE_RANDOM, 0);
	expect_place(PART_KERNEL, 0x17cc00000);
	expect_rule(PART_KERNEL, C3);
}

static void c12_the_images_limits_hold(void **state)
{
	struct dice dice = dice_from_seed("c12 limits");

	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_KERNEL_64, .pref_address = GIB(2));
	given_placement(PLACE_RANDOM, 0);
	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t at = kernel_at(roll64(&dice));

		assert_in_range(at, GIB(2), GIB(3) - WINDOW);
	}
}

static void c12_a_slot_that_leaves_the_initrd_no_room_is_drawn_again(void **state)
{
	struct dice dice = dice_from_seed("c12 joint");

	(void)state;
	/* 64 MiB for both: in the middle third the kernel would leave 40 MiB on neither side. */
	given_map("64M-128M free");
	given_kernel(SMALL_KERNEL);
	given_initrd(MIB(40));
	given_placement(PLACE_RANDOM, 0);
	for (unsigned int i = 0; i < 200; i++) {
		uint64_t at = kernel_at(roll64(&dice));

		assert_true(at <= MIB(84) || at >= MIB(104));
		expect_place(PART_INITRD, at <= MIB(84) ? MIB(88) : at - MIB(40));
	}
}

/* splitmix64 of 1234567 begins with 6457827717110365317 (Rosetta Code), of 0 with 0xe220a8397b1dcdaf (Java's). */
static void c12_a_place_is_drawn_by_splitmix64(void **state)
{
	static const uint64_t first_draw = UINT64_C(1) << 32; /* tells the draws of one search apart */

	(void)state;
	given_map("4G-1052674M free"); /* 2^19 slots: the low 19 bits */
	given_kernel(SMALL_KERNEL);
	given_placement(PLACE_RANDOM, 0);
	given_entropy(1234567 ^ first_draw);
	expect_place(PART_KERNEL, GIB(4) + (UINT64_C(6457827717110365317) & 0x7ffff) * MIB(2));
	given_map("4G-1052674M free");
	given_kernel(SMALL_KERNEL);
	given_placement(PLACE_RANDOM, 0);
	given_entropy(first_draw);
	expect_place(PART_KERNEL, GIB(4) + (UINT64_C(0xe220a8397b1dcdaf) & 0x7ffff) * MIB(2));
	given_map("4G-4108M free"); /* of 5 slots: the first number below 5 in its low 3 bits is the eighth */
	given_kernel(SMALL_KERNEL);
	given_placement(PLACE_RANDOM, 0);
	given_entropy(1234567 ^ first_draw);
	expect_place(PART_KERNEL, GIB(4) + MIB(2));
}

static void c12_with_no_aligned_slot_the_alignment_is_halved(void **state)
{
	(void)state;
	given_map("17M-31M free");
	given_kernel(SMALL_KERNEL, .kernel_alignment = MIB(16), .min_alignment = 21);
	given_placement(PLACE_RANDOM, 0);
	given_entropy(1);
	expect_place(PART_KERNEL, MIB(24));
	expect_rule(PART_KERNEL, X1);
}

/* ---- what is told afterwards ---- */

struct seen {
	struct range run;
	enum rule by;
	enum part part;
	unsigned int times;
};

static void see(void *context, const struct refusal *refusal)
{
	struct seen *seen = context;

	seen->times += refusal->part == seen->part && refusal->run.start == seen->run.start &&
		       refusal->run.end == seen->run.end && refusal->by == seen->by;
}

static void expect_seen(enum part part, uint64_t start, uint64_t end, enum rule by)
{
	struct seen seen = {{start, end}, by, part, 0};
	struct plan_trace trace = {see, &seen};
	struct plan_failure failure;
	struct plan plan;

	assert_in_range(plan_make(requests_now(), &world.free, &plan, &failure, &trace), OK, NO_PLACE);
	if (seen.times == 0)
		fail_msg("no refusal of %#" PRIx64 "-%#" PRIx64 " by %s", start, end, rule_row(by)->id);
}

static void c1_a_choice_without_any_free_memory_is_refused_as_a_whole(void **state)
{
	(void)state;
	given_map("1M-2G free");
	expect_seen(PART_KERNEL, GIB(4), UINT64_MAX, C1);
}

static void c8_a_place_that_leaves_another_part_none_is_refused_by_c8(void **state)
{
	(void)state;
	/* The initrd needs the upper run whole, which the kernel would have taken. */
	given_map("1M-96M free, 4G-4224M free");
	given_initrd(MIB(128));
	expect_place(PART_INITRD, GIB(4));
	expect_seen(PART_KERNEL, GIB(4) + MIB(76), GIB(4) + MIB(76) + WINDOW, C8);
}

static void x4_a_run_that_a_limit_alone_keeps_out_is_told_with_it(void **state)
{
	(void)state;
	given_map("1M-2G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_KERNEL_64);
	expect_seen(PART_KERNEL, GIB(4), GIB(6), X4);
}

static void c2_a_run_that_another_part_fills_is_refused_by_c2(void **state)
{
	(void)state;
	given_map("1M-64M free, 64M-80M free reliable");
	given_kernel(SMALL_KERNEL, .init_size = MIB(16));
	given_initrd(MIB(1));
	expect_place(PART_KERNEL, MIB(64));
	expect_place(PART_INITRD, MIB(63));
	expect_seen(PART_INITRD, MIB(64), MIB(80), C2);
}

static const struct aftermath *aftermath_now(const char *command_line)
{
	static struct aftermath outlook;

	expect_no_place(PART_KEPT);
	aftermath_of(&world.plan, &world.free.all, !command_line_has(command_line, "nokaslr"), &outlook);
	return &outlook;
}

static void c10_the_outlook_counts_what_is_left(void **state)
{
	const struct aftermath *o;

	(void)state;
	given_map("1M-8M free, 16M-3G free, 4G-6G free, 7G-7168M free, 8G-12G free");
	given_initrd(MIB(10));
	given_handoff(MIB(2));
	o = aftermath_now("quiet");
	assert_true(o->below_16m.before == MIB(7) && o->below_16m.after == MIB(7));
	assert_true(o->below_4g.before == MIB(7) + GIB(3) - MIB(16));
	assert_true(o->below_4g.after == o->below_4g.before);
	assert_true(o->gib_pages.before == 2 + 2 + 4 && o->gib_pages.after == 2 + 2 + 3);
	/* Below the initrd, which lies below the kernel at the top. */
	assert_true(o->largest_left.start == GIB(8) && o->largest_left.end == GIB(12) - MIB(64));
	assert_true(o->kernel_may_move);
}

static void c9_the_outlook_below_4_gib(void **state)
{
	const struct aftermath *o;
	char line[512];
	struct text text = TEXT(line);

	(void)state;
	given_map("1M-8M free, 16M-1G free");
	given_placement(PLACE_LOW, 0);
	o = aftermath_now("nokaslr");
	assert_true(o->below_4g.before - o->below_4g.after == WINDOW);
	assert_true(o->below_16m.before == o->below_16m.after);
	assert_true(o->largest_left.start == MIB(16) + WINDOW && o->largest_left.end == GIB(1));
	assert_false(o->kernel_may_move);
	aftermath_left(&text, o);
	assert_string_equal(line, "left 7.0 MiB of 7.0 MiB below 16 MiB, 963.5 MiB of 1015.0 MiB below 4 GiB, "
				  "0 of 0 whole 1 GiB pages; the largest run has 956.5 MiB at 0x4378000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c5_a_window_holds_kernel_initrd_and_handoff),
	    cmocka_unit_test(c5_a_window_too_small_for_all_is_refused),
	    cmocka_unit_test(c5_a_window_that_others_hold_is_refused_and_they_are_named),
	    cmocka_unit_test(c5_a_window_does_not_lift_the_images_own_limits),
	    cmocka_unit_test(c10_the_handoff_goes_where_no_whole_gib_page_is_spoiled),
	    cmocka_unit_test(c10_of_gaps_alike_the_highest_is_taken),
	    cmocka_unit_test(c10_then_the_2_mib_pages_decide),
	    cmocka_unit_test(c10_kernel_and_initrd_keep_the_highest_place),
	    cmocka_unit_test(c10_a_sparing_place_never_costs_a_plan),
	    cmocka_unit_test(c12_every_slot_is_as_likely_as_any_other),
	    cmocka_unit_test(c12_the_same_entropy_gives_the_same_place),
	    cmocka_unit_test(c12_without_entropy_random_is_high),
	    cmocka_unit_test(c12_the_images_limits_hold),
	    cmocka_unit_test(c12_a_slot_that_leaves_the_initrd_no_room_is_drawn_again),
	    cmocka_unit_test(c12_a_place_is_drawn_by_splitmix64),
	    cmocka_unit_test(c12_with_no_aligned_slot_the_alignment_is_halved),
	    cmocka_unit_test(c1_a_choice_without_any_free_memory_is_refused_as_a_whole),
	    cmocka_unit_test(c8_a_place_that_leaves_another_part_none_is_refused_by_c8),
	    cmocka_unit_test(c2_a_run_that_another_part_fills_is_refused_by_c2),
	    cmocka_unit_test(x4_a_run_that_a_limit_alone_keeps_out_is_told_with_it),
	    cmocka_unit_test(c10_the_outlook_counts_what_is_left),
	    cmocka_unit_test(c9_the_outlook_below_4_gib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
