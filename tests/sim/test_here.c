/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader for x86-64 does to its own machine, and asks its own CPU. */
#include "bench.h"

/* Intel 82371, 4.2.2 and 4.2.5.1: timer 2 makes a square wave of 500 Hz, and port B lets it be heard. */
static void the_speaker_sounds_and_falls_silent(void **state)
{
	(void)state;
	sim_reset();
	sim_begin();
	outcome.port_b = 0x30;
	assert_true(arch_speaker(true));
	assert_int_equal(outcome.port_b, 0x33);
	assert_int_equal(outcome.timer, 0xb6 << 16 | (1193182 / 500 & 0xff) << 8 | 1193182 / 500 >> 8);
	assert_true(arch_speaker(false));
	assert_int_equal(outcome.port_b, 0x30);
	assert_int_equal(outcome.beeps, 1);
	sim_end();
}

/* Intel SDM volume 2, CPUID: leaves that a CPU does not have are taken for zeros. */
static void of_a_cpu_that_says_nothing_nothing_is_believed(void **state)
{
	(void)state;
	sim_reset();
	sim_begin();
	assert_false(arch_is_confidential());
	assert_false(arch_is_virtual());
	assert_int_equal(arch_ticks_per_second(), 0);
	sim_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_speaker_sounds_and_falls_silent),
	    cmocka_unit_test(of_a_cpu_that_says_nothing_nothing_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
