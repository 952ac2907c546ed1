/* SPDX-License-Identifier: BSD-2-Clause */
/* What the running CPU tells of itself: arch/x86_64/here.c over registers of the test's. Source: Intel SDM volume 2,
 * CPUID. */
#include "../unit/given.h"
#include "sim.h"

static void the_clocks_rate_is_that_of_leaf_15h(void **state)
{
	(void)state;
	sim_reset();
	assert_int_equal(arch_ticks_per_second(), 0);
	sim.cpuid_15 = (struct cpuid){2, 168, 25000000, 0};
	assert_int_equal(arch_ticks_per_second(), 2100000000);
	sim.cpuid_15.ecx = 0;
	assert_int_equal(arch_ticks_per_second(), 0); /* 16H's base frequency is in bits 15 to 0 */
}

static void the_counter_is_the_machines_where_there_is_no_hypervisor(void **state)
{
	(void)state;
	sim_reset();
	assert_true(arch_ticks_from_power_on());
	sim.hypervisor = true;
	assert_false(arch_ticks_from_power_on());
}

/* AMD APM volume 3, 8000001F: SEV; a host that is trusted is told nothing of either. */
static void a_guest_is_confidential_by_its_bits(void **state)
{
	(void)state;
	sim_reset();
	sim.encrypted = true;
	assert_false(arch_is_confidential()); /* the CPU has it, and no hypervisor is there */
	sim.hypervisor = true;
	assert_true(arch_is_confidential());
	sim.encrypted = false;
	assert_false(arch_is_confidential());
}

static void the_modes_are_those_of_their_bits(void **state)
{
	(void)state;
	for (int bits = 0; bits < 8; bits++) {
		struct cpu cpu;

		sim_reset();
		sim.no_gib_pages = (bits & 1) != 0;
		sim.five_levels = (bits & 2) != 0;
		sim.la57 = (bits & 4) != 0;
		arch_cpu(&cpu);
		assert_int_equal(cpu.gib_pages, !sim.no_gib_pages);
		assert_int_equal(cpu.five_levels, sim.five_levels);
		assert_int_equal(cpu.has_la57, sim.la57);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_clocks_rate_is_that_of_leaf_15h),
	    cmocka_unit_test(the_counter_is_the_machines_where_there_is_no_hypervisor),
	    cmocka_unit_test(a_guest_is_confidential_by_its_bits),
	    cmocka_unit_test(the_modes_are_those_of_their_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
