/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels without a 64-bit entry, of every version of the boot protocol from 2.05 on: a fault at every call of
 * firmware. Each boot ends with every clause of the 32-bit boot protocol kept, or in an error with a reason and nothing
 * left behind.
 */
#include "bench.h"

static const char *const maps[] = {
    "1M-3G free, 4G-6G free",
    "1M-8M free, 8M-9M nvs, 9M-24M boot, 24M-512M free, 512M-520M runtime, 4G-5G free",
    "1M-20M free, 600M-700M free",
    "4G-6G free",
};

static const char *const entries[] = {
    LINUX "options nokaslr\n",
    LINUX INITRDS,
    LINUX INITRD "placement random\n",
    LINUX INITRD "placement 0x1a02000\n",
};

static const struct kernel_fields kernels[] = {
    {DEBIAN_12, SMALL_KERNEL, .xloadflags = 0, .kernel_alignment = 0x1000000, .min_alignment = 13},
    {DEBIAN_12, SMALL_KERNEL, .xloadflags = 0x7e, .relocatable_kernel = 0},
    {DEBIAN_12, SMALL_KERNEL, .version = 0x0205, .jump = 0x36},
    {DEBIAN_12, SMALL_KERNEL, .version = 0x0208, .jump = 0x4e, .relocatable_kernel = 0},
    {DEBIAN_12, SMALL_KERNEL, .version = 0x0209, .jump = 0x56, .kernel_alignment = 0x400000},
    {DEBIAN_12, SMALL_KERNEL, .version = 0x020b, .jump = 0x66},
};

static void set_up(size_t m, size_t e, size_t k, bool five_levels)
{
	bench_set_up(maps[m], entries[e], "", &kernels[k]);
	sim.five_levels = five_levels;
	snprintf(bench.name, sizeof(bench.name), "map %zu, entry %zu, kernel %zu", m, e, k);
}

static void x4_a_fault_at_every_call_keeps_every_clause_of_32_bits_or_leaves_nothing(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t m = 0; m < COUNT_OF(maps); m++)
		for (size_t e = 0; e < COUNT_OF(entries); e++)
			for (size_t k = 0; k < COUNT_OF(kernels); k++) {
				set_up(m, e, k, (m + e + k) % 2 != 0);
				bench_fail_each_call();
			}
	bench_expect_runs(5000);
}

/* What is called an estimate is one, and nothing else is. */
static void x2_the_log_calls_an_estimate_by_its_name(void **state)
{
	char version[64];

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < COUNT_OF(kernels); k++) {
		set_up(0, 0, k, false);
		bench_run();
		assert_int_equal(bench.entered, k + 1);
		assert_int_equal(strstr(sim_log(), "is an estimate") != NULL, kernels[k].version < 0x020a);
		snprintf(version, sizeof(version), "boot protocol 2.%02u does not", kernels[k].version & 0xffu);
		assert_int_equal(strstr(sim_log(), version) != NULL, kernels[k].version < 0x020a);
	}
}

/* The 512 MiB of rule X11 are the kernel's alone: its initrd lies where its header permits. */
static void x11_no_memory_below_512_mib_refuses_the_kernel(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	bench_set_up("600M-3G free", entries[0], "", &kernels[0]);
	snprintf(bench.name, sizeof(bench.name), "nothing below 512 MiB");
	bench_run();
	assert_int_equal(bench.refused, 1);
	assert_int_equal(outcome.status, NO_PLACE);
	assert_non_null(strstr(outcome.why.text, "[X11]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x4_a_fault_at_every_call_keeps_every_clause_of_32_bits_or_leaves_nothing),
	    cmocka_unit_test(x2_the_log_calls_an_estimate_by_its_name),
	    cmocka_unit_test(x11_no_memory_below_512_mib_refuses_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
