/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fault at every call: in every scenario, for every k and every status that a service may return, the k-th call of
 * firmware fails. Each boot ends in a whole handoff, or in an error with a reason and nothing left behind.
 */
#include "bench.h"

static const char *const maps[] = {
    "1M-3G free, 4G-6G free",
    "1M-64M free",
    "1M-8M free, 8M-9M nvs, 9M-24M boot, 24M-512M free, 512M-520M runtime, 4G-5G free",
    "4G-6G free",
    "1M-1G free, 1G-2G free reliable, 4G-8G free sp",
    "16M-20M free, 21M-25M free, 26M-30M free, 31M-34M free, 4G-4100M free, 5G-5125M free",
    "1M-2G free, 65G-70G free, 70G-80G pmem, 80G-90G unaccepted",
};

static const char *const entries[] = {
    LINUX,
    LINUX INITRD,
    LINUX INITRDS,
    LINUX INITRD "placement low\n",
    LINUX INITRD "placement preferred\n",
    LINUX INITRD "placement random\n",
    LINUX INITRD "placement 0x2000000\n",
    LINUX INITRD "placement 0x1800000-0x3000000\n",
    LINUX INITRDS "options mem=40M\n",
};

static const char *const confs[] = {"", "keep-free-below-4g 4M\n"};

static const struct kernel_fields kernels[] = {
    {DEBIAN_12, SMALL_KERNEL},
    {DEBIAN_12, SMALL_KERNEL, .xloadflags = 1},
    {DEBIAN_12, SMALL_KERNEL, .xloadflags = 0x1f},
    {DEBIAN_12, SMALL_KERNEL, .kernel_alignment = 0x1000000},
    {DEBIAN_12, SMALL_KERNEL, .relocatable_kernel = 0},
};

static void each_setup(void (*test)(void))
{
	for (size_t m = 0; m < COUNT_OF(maps); m++)
		for (size_t e = 0; e < COUNT_OF(entries); e++)
			for (size_t c = 0; c < COUNT_OF(confs); c++)
				for (size_t k = 0; k < COUNT_OF(kernels); k++) {
					bench_set_up(maps[m], entries[e], confs[c], &kernels[k]);
					snprintf(bench.name, sizeof(bench.name),
						 "map %zu, entry %zu, conf %zu, kernel %zu", m, e, c, k);
					test();
				}
}

/* ---- firmware that lies ---- */

static void reads_fail_above_4g(void)
{
	sim.unreadable_above = GIB(4);
	sim.reads_fail_above = true;
}

static void reads_fail_above_4g_and_break_the_handle(void)
{
	reads_fail_above_4g();
	sim.handle_breaks = true;
}

static void reads_above_4g_arrive_as_zeros(void)
{
	sim.unreadable_above = GIB(4);
}

static void five_levels(void)
{
	sim.five_levels = true;
	sim.no_gib_pages = true;
}

static void nothing_above_4g_is_given(void)
{
	sim.refused[sim.n_refused++] = (struct range){GIB(4), UINT64_MAX};
}

static void holes_that_the_map_does_not_tell(void)
{
	sim.refused[sim.n_refused++] = (struct range){MIB(33), MIB(34)};
	sim.refused[sim.n_refused++] = (struct range){MIB(511), MIB(513)};
	sim.refused[sim.n_refused++] = (struct range){GIB(5) + MIB(1000), GIB(5) + MIB(1001)};
}

static void no_entropy(void)
{
	sim.no_entropy = true;
}

static void the_map_grows_until_exit(void)
{
	sim.final_extra = SPARE_DESCRIPTORS;
}

/* The same memory, in an order of firmware's own. */
static void unsorted(void)
{
	uint8_t swap[DESC_SIZE];

	for (size_t i = 0; i < bench.n / 2; i++) {
		uint8_t *a = bench.raw + i * DESC_SIZE, *b = bench.raw + (bench.n - 1 - i) * DESC_SIZE;

		memcpy(swap, a, DESC_SIZE);
		memcpy(a, b, DESC_SIZE);
		memcpy(b, swap, DESC_SIZE);
	}
}

/* Descriptors that overlap, are empty, wrap around the end of memory, or lie off a page edge. */
static void odd_descriptors(void)
{
	sim.no_clauses = true;
	put_descriptor(bench.raw + bench.n++ * DESC_SIZE, 6, MIB(40), 16, 0xf);
	put_descriptor(bench.raw + bench.n++ * DESC_SIZE, 0, MIB(30), 0, 0xf);
	put_descriptor(bench.raw + bench.n++ * DESC_SIZE, 7, UINT64_MAX - MIB(1) + 1, 1024, 0xf);
	put_descriptor(bench.raw + bench.n++ * DESC_SIZE, 0, MIB(50) + 17, 1, 0xf);
	put_descriptor(bench.raw + bench.n++ * DESC_SIZE, 0x80000001, GIB(4) + MIB(700), 3, 0xf);
	sim.descriptors_size = bench.n * DESC_SIZE;
}

static void (*const tempers[])(void) = {
    reads_fail_above_4g,
    reads_fail_above_4g_and_break_the_handle,
    reads_above_4g_arrive_as_zeros,
    five_levels,
    nothing_above_4g_is_given,
    holes_that_the_map_does_not_tell,
    no_entropy,
    the_map_grows_until_exit,
    unsorted,
    odd_descriptors,
};

static void a_fault_at_every_call_leaves_a_handoff_or_nothing(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	each_setup(bench_fail_each_call);
	bench_expect_runs(30000);
}

/* Each lie, and a fault at every call of it: on the first kernel, and without what it lies about being the reason. */
static void a_fault_at_every_call_of_firmware_that_lies(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t t = 0; t < COUNT_OF(tempers); t++)
		for (size_t m = 0; m < COUNT_OF(maps); m++)
			for (size_t e = 0; e < COUNT_OF(entries); e += 2) {
				bench_set_up(maps[m], entries[e], "", &kernels[t % 2 == 0 ? 0 : 2]);
				tempers[t]();
				snprintf(bench.name, sizeof(bench.name), "lie %zu, map %zu, entry %zu", t, m, e);
				bench_fail_each_call();
			}
	bench_expect_runs(20000);
}

/* Firmware that gives half of what was asked for at the k-th call, if that is a read. */
static void half_read(void)
{
	unsigned int calls;

	bench_run();
	calls = outcome.calls;
	for (unsigned int k = 1; k <= calls; k++) {
		if (!in_sample())
			continue;
		sim.short_read_call = k;
		bench_run();
	}
	sim.short_read_call = 0;
}

static void short_reads_are_never_taken_for_whole_ones(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	each_setup(half_read);
	bench_expect_runs(5000);
}

/* An honest firmware boots whatever has a place; a lie about reads above 4 GiB costs a copy, never the boot. */
static void lies_about_reads_do_not_cost_the_boot(void **state)
{
	(void)state;
	for (size_t t = 0; t < 3; t++) {
		memset(&bench, 0, sizeof(bench));
		bench_set_up(maps[0], entries[2], "", &kernels[0]);
		tempers[t]();
		snprintf(bench.name, sizeof(bench.name), "lie %zu", t);
		bench_run();
		assert_int_equal(bench.entered, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_fault_at_every_call_leaves_a_handoff_or_nothing),
	    cmocka_unit_test(a_fault_at_every_call_of_firmware_that_lies),
	    cmocka_unit_test(short_reads_are_never_taken_for_whole_ones),
	    cmocka_unit_test(lies_about_reads_do_not_cost_the_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
