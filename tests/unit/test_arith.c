/* SPDX-License-Identifier: BSD-2-Clause */
/* What the compiler calls on a CPU of 32 bits is what this CPU's own instructions give. */
#include "given.h"

#include "../../arch/ia32/arith.c"

static void expect_divided(uint64_t n, uint64_t by)
{
	uint64_t rest = 0;

	if (__udivdi3(n, by) != n / by || __umoddi3(n, by) != n % by || __udivmoddi4(n, by, &rest) != n / by ||
	    rest != n % by)
		fail_msg("%#" PRIx64 " by %#" PRIx64 ": %#" PRIx64 " rest %#" PRIx64, n, by, __udivdi3(n, by),
			 __umoddi3(n, by));
}

static void division_at_every_edge(void **state)
{
	uint64_t edge[5 * 64];
	size_t n = 0;

	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++)
		for (int off = -2; off <= 2; off++)
			edge[n++] = (UINT64_C(1) << bit) + (uint64_t)off;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (edge[j] != 0)
				expect_divided(edge[i], edge[j]);
}

static void division_of_random_numbers(void **state)
{
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned long i = cases_or(2000000); i > 0; i--) {
		uint64_t n = roll_extreme(&dice), by = roll_extreme(&dice), times;

		if (by == 0)
			continue;
		expect_divided(n, by);
		times = n / by * by; /* multiples, and one less: where a digit too much would show */
		expect_divided(times, by);
		expect_divided(times - 1, by);
	}
}

static void the_lowest_bit_that_is_set(void **state)
{
	(void)state;
	for (int bit = 0; bit < 64; bit++) {
		assert_int_equal(__ctzdi2(UINT64_C(1) << bit), bit);
		assert_int_equal(__ctzdi2(UINT64_MAX << bit), bit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(division_at_every_edge),
	    cmocka_unit_test(division_of_random_numbers),
	    cmocka_unit_test(the_lowest_bit_that_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
