/* SPDX-License-Identifier: BSD-2-Clause */
/* The rate of the time-stamp counter, as leaves 15H and 16H of CPUID tell it (Intel SDM volume 2, CPUID). */
#include "../../arch/x86/cpuid.h"
#include "given.h"

static uint64_t rate(struct cpuid ticks, struct cpuid frequency)
{
	return x86_ticks_per_second(&ticks, &frequency);
}

static void by_the_crystal_and_the_counters_ratio_to_it(void **state)
{
	(void)state;
	/* Skylake-X: a crystal of 25 MHz, 168 / 2. */
	assert_int_equal(rate((struct cpuid){2, 168, 25000000, 0}, (struct cpuid){2000, 3000, 100, 0}), 2100000000);
	/* Tremont: 38.4 MHz, 125 / 3 */
	assert_int_equal(rate((struct cpuid){3, 125, 38400000, 0}, (struct cpuid){0}), 1600000000);
	assert_true(rate((struct cpuid){1, UINT32_MAX, UINT32_MAX, 0}, (struct cpuid){0}) ==
		    UINT64_C(0xfffffffe00000001));
}

static void by_the_base_frequency_where_the_crystal_is_not_told(void **state)
{
	(void)state;
	/* Skylake, client: 15H tells no crystal; bits 31 to 16 of 16H's EAX are reserved. */
	assert_int_equal(rate((struct cpuid){2, 216, 0, 0}, (struct cpuid){0xabcd0a28, 3400, 100, 0}), 2600000000);
	assert_int_equal(rate((struct cpuid){2, 216, 0, 0}, (struct cpuid){0}), 0);
}

static void without_a_ratio_it_is_not_known(void **state)
{
	(void)state;
	assert_int_equal(rate((struct cpuid){0, 168, 25000000, 0}, (struct cpuid){2000, 0, 0, 0}), 0);
	assert_int_equal(rate((struct cpuid){2, 0, 25000000, 0}, (struct cpuid){2000, 0, 0, 0}), 0);
	assert_int_equal(rate((struct cpuid){0}, (struct cpuid){2000, 0, 0, 0}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_the_crystal_and_the_counters_ratio_to_it),
	    cmocka_unit_test(by_the_base_frequency_where_the_crystal_is_not_told),
	    cmocka_unit_test(without_a_ratio_it_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
