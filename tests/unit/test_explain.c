/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people read when there is no place, to the letter: the numbers are those of the case, the rule is the one that
 * decided, and who has the memory is named.
 */
#include "given.h"

static struct request request[N_PARTS];

static const struct choice high = {.window = {GIB(4), TIB(64)}, .align = MIB(2), .from_top = true, .by = C3};

static void expect_refusal(const struct choice *choice, struct range run, enum rule by, const char *line)
{
	char room[256];
	struct text text = TEXT(room);

	explain_refusal(&text, &(struct refusal){PART_KERNEL, choice, run, by});
	assert_string_equal(room, line);
}

static void a_refusal_names_the_run_the_choice_and_the_rule(void **state)
{
	struct choice low = high, drawn = high;

	(void)state;
	low.from_top = false;
	drawn.at_random = true;
	expect_refusal(&high, (struct range){GIB(4), GIB(4) + MIB(1)}, C1,
		       "refuse kernel in 0x100000000-0x100100000 (1.0 MiB) for the highest from 0x100000000 align "
		       "0x200000: rule C1");
	expect_refusal(&low, (struct range){GIB(5), TIB(64)}, C1,
		       "refuse kernel in 0x140000000-0x400000000000 (63.9 TiB) for the lowest from 0x100000000 align "
		       "0x200000: rule C1");
	expect_refusal(&drawn, (struct range){GIB(4), TIB(64)}, C2,
		       "refuse kernel in 0x100000000-0x400000000000 (63.9 TiB) for a random slot from 0x100000000 "
		       "align 0x200000: rule C2");
	expect_refusal(&high, (struct range){GIB(4), TIB(64)}, C1,
		       "refuse kernel in 0x100000000-0x400000000000 (no free memory) for the highest from 0x100000000 "
		       "align 0x200000: rule C1");
}

static void given_request(enum part part, uint64_t size)
{
	request_init(&request[part], part, size);
}

static void expect_explained(enum status status, enum part part, unsigned int parts, enum rule by, const char *text)
{
	struct plan_failure failure = {part, parts};
	struct fail why;

	assert_int_equal(explain_failure(status, request, &world.free, &world.map, &failure, &why), status);
	assert_int_equal(why.rule, by);
	assert_string_equal(why.text, text);
}

static void c5_an_exact_place_names_whoever_has_it(void **state)
{
	(void)state;
	given_map("1M-64M free, 64M-65M runtime, 65M-1G free, 1G-2G free sp, 2G-3G free hotplug");
	given_request(PART_KERNEL, MIB(4));
	request[PART_KERNEL].exact = (struct bound){MIB(63), C5};
	expect_explained(NO_PLACE, PART_KERNEL, 0, C5,
			 "the kernel cannot lie at 0x3f00000, and it may lie nowhere else\n"
			 "  needs     0x3f00000-0x4300000   4.0 MiB\n"
			 "  held by   0x4000000-0x4100000   runtime services data\n"
			 "  try: another placement, or none; nothing was changed");
	request[PART_KERNEL].exact.value = GIB(1);
	expect_explained(NO_PLACE, PART_KERNEL, 0, C5,
			 "the kernel cannot lie at 0x40000000, and it may lie nowhere else\n"
			 "  needs     0x40000000-0x40400000   4.0 MiB\n"
			 "  held by   0x40000000-0x80000000   soft-reserved, kept for a driver\n"
			 "  try: another placement, or none; nothing was changed");
	request[PART_KERNEL].exact.value = GIB(2);
	expect_explained(NO_PLACE, PART_KERNEL, 0, C5,
			 "the kernel cannot lie at 0x80000000, and it may lie nowhere else\n"
			 "  needs     0x80000000-0x80400000   4.0 MiB\n"
			 "  held by   0x80000000-0xc0000000   hot-pluggable\n"
			 "  try: another placement, or none; nothing was changed");
	request[PART_KERNEL].exact.value = GIB(7);
	expect_explained(NO_PLACE, PART_KERNEL, 0, C5,
			 "the kernel cannot lie at 0x1c0000000, and it may lie nowhere else\n"
			 "  needs     0x1c0000000-0x1c0400000   4.0 MiB\n"
			 "  but part of that is not memory, or firmware does not give it\n"
			 "  try: another placement, or none; nothing was changed");
}

static void c5_a_window_names_the_first_three_who_are_in_it(void **state)
{
	(void)state;
	given_map("1M-16M free, 16M-17M runtime, 17M-20M free, 20M-21M nvs, 21M-24M free, 24M-25M acpi, 25M-26M free, "
		  "26M-27M boot, 27M-1G free");
	given_request(PART_KERNEL, MIB(4));
	request[PART_KERNEL].min = (struct bound){MIB(16), C5};
	request[PART_KERNEL].max = (struct bound){MIB(27), C5};
	expect_explained(NO_PLACE, PART_KERNEL, 0, C5,
			 "no free memory holds the kernel\n"
			 "  needs     0x400000 bytes in one piece (4.0 MiB), aligned to 0x1000\n"
			 "  largest   free run within the limits has 0x300000 bytes (3.0 MiB), at 0x1100000-0x1400000\n"
			 "  limits    at or above 0x1000000 [C5], end at or below 0x1b00000 [C5]\n"
			 "  held by   0x1000000-0x1100000   runtime services data\n"
			 "  held by   0x1400000-0x1500000   ACPI non-volatile\n"
			 "  held by   0x1800000-0x1900000   ACPI tables\n"
			 "  try: another window, or none; nothing was changed");
	/* One limit of the user's is a window as well. */
	request[PART_KERNEL].max.by = X4;
	request[PART_KERNEL].max.value = MIB(17);
	request[PART_KERNEL].size = MIB(16);
	expect_explained(NO_PLACE, PART_KERNEL, 0, X4,
			 "no free memory holds the kernel\n"
			 "  needs     0x1000000 bytes in one piece (16.0 MiB), aligned to 0x1000\n"
			 "  largest   no free run within the limits\n"
			 "  limits    at or above 0x1000000 [C5], end at or below 0x1100000 [X4]\n"
			 "  held by   0x1000000-0x1100000   runtime services data\n"
			 "  try: another window, or none; nothing was changed");
	request[PART_KERNEL].max.by = C5;
	request[PART_KERNEL].min.by = X2;
	request[PART_KERNEL].size = MIB(4);
	expect_explained(NO_PLACE, PART_KERNEL, 0, X2,
			 "no free memory holds the kernel\n"
			 "  needs     0x400000 bytes in one piece (4.0 MiB), aligned to 0x1000\n"
			 "  largest   no free run within the limits\n"
			 "  limits    at or above 0x1000000 [X2], end at or below 0x1100000 [C5]\n"
			 "  held by   0x1000000-0x1100000   runtime services data\n"
			 "  try: another window, or none; nothing was changed");
}

/* A rule is to blame when memory beyond its limit would do, to the byte. */
static void the_rule_that_decided_is_named(void **state)
{
	(void)state;
	given_map("0-8M free, 16M-20M free");
	given_request(PART_INITRD, MIB(4));
	request[PART_INITRD].min = (struct bound){MIB(32), X2};
	expect_explained(NO_PLACE, PART_INITRD, 0, X2,
			 "no free memory holds the initrd\n"
			 "  needs     0x400000 bytes in one piece (4.0 MiB), aligned to 0x1000\n"
			 "  largest   no free run within the limits\n"
			 "  limits    at or above 0x2000000 [X2]\n"
			 "  try: more memory or a smaller initrd; nothing was changed");
	request[PART_INITRD].size = MIB(8);
	expect_explained(NO_PLACE, PART_INITRD, 0, X2,
			 "no free memory holds the initrd\n"
			 "  needs     0x800000 bytes in one piece (8.0 MiB), aligned to 0x1000\n"
			 "  largest   no free run within the limits\n"
			 "  limits    at or above 0x2000000 [X2]\n"
			 "  try: more memory or a smaller initrd; nothing was changed");
	request[PART_INITRD].size = MIB(8) + 1;
	expect_explained(NO_PLACE, PART_INITRD, 0, C1,
			 "no free memory holds the initrd\n"
			 "  needs     0x800001 bytes in one piece (8.0 MiB), aligned to 0x1000\n"
			 "  largest   no free run within the limits\n"
			 "  limits    at or above 0x2000000 [X2]\n"
			 "  try: more memory or a smaller initrd; nothing was changed");
	/* Large enough, and not aligned: to the byte as well. */
	request[PART_INITRD].size = MIB(8);
	request[PART_INITRD].min = (struct bound){0, RULE_NONE};
	request[PART_INITRD].align = (struct bound){MIB(16), X1};
	expect_explained(NO_PLACE, PART_INITRD, 0, X1,
			 "no free memory holds the initrd\n"
			 "  needs     0x800000 bytes in one piece (8.0 MiB), aligned to 0x1000\n"
			 "  largest   free run within the limits has 0x800000 bytes (8.0 MiB), at 0x0-0x800000\n"
			 "  limits    at or above 0x0 []\n"
			 "  try: more memory or a smaller initrd; nothing was changed");
	request[PART_INITRD].align.by = RULE_NONE;
	expect_explained(NO_PLACE, PART_INITRD, 0, C1,
			 "no free memory holds the initrd\n"
			 "  needs     0x800000 bytes in one piece (8.0 MiB), aligned to 0x1000\n"
			 "  largest   free run within the limits has 0x800000 bytes (8.0 MiB), at 0x0-0x800000\n"
			 "  limits    at or above 0x0 []\n"
			 "  try: more memory or a smaller initrd; nothing was changed");
}

static void c8_parts_that_do_not_fit_together_are_listed(void **state)
{
	(void)state;
	given_map("16M-20M free");
	given_request(PART_KERNEL, MIB(3));
	given_request(PART_INITRD, MIB(2));
	given_request(PART_HANDOFF, 4096);
	expect_explained(NO_PLACE, N_PARTS, 1u << PART_KERNEL | 1u << PART_INITRD, C8,
			 "each part fits alone, but no arrangement holds them together\n"
			 "  kernel    needs 0x300000 bytes (3.0 MiB), aligned to 0x1000\n"
			 "  initrd    needs 0x200000 bytes (2.0 MiB), aligned to 0x1000\n"
			 "  largest   free run has 0x400000 bytes (4.0 MiB)\n"
			 "  try: more memory or smaller files; nothing was changed");
	expect_explained(GAVE_UP, N_PARTS, 0, C8,
			 "gave up looking for places: the search budget ended before all arrangements were tried");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_refusal_names_the_run_the_choice_and_the_rule),
	    cmocka_unit_test(c5_an_exact_place_names_whoever_has_it),
	    cmocka_unit_test(c5_a_window_names_the_first_three_who_are_in_it),
	    cmocka_unit_test(the_rule_that_decided_is_named),
	    cmocka_unit_test(c8_parts_that_do_not_fit_together_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
