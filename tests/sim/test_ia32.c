/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader in firmware of 32 bits, with a fault at every call of it: kernels of either width are entered with every
 * clause of their protocol kept, or there is a reason and nothing is left behind. Nothing ever lies above 4 GiB.
 */
#include "bench.h"

static const char *const maps[] = {
    "1M-3G free, 4G-6G free",
    "1M-8M free, 8M-9M nvs, 9M-24M boot, 24M-512M free, 512M-520M runtime, 4G-5G free",
    "1M-64M free",
    "4G-6G free",
    "1M-8M free, 8M-24M boot, 24M-512M free, 4G-6G free",
};

static const char *const entries[] = {
    LINUX "options nokaslr\n", LINUX INITRDS, LINUX INITRD "placement random\n",
    LINUX INITRD "placement 0xa00000\n", /* boot services hold it: copied after exit */
};

static const struct kernel_fields kernels[] = {
    {DEBIAN_12, SMALL_KERNEL, .pref_address = MIB(1)},
    {DEBIAN_12, SMALL_KERNEL, .xloadflags = 1, .initrd_addr_max = 0x37ffffff},
    {DEBIAN_12, SMALL_KERNEL, .xloadflags = 0, .kernel_alignment = 0x1000000, .min_alignment = 13,
     .pref_address = MIB(1)},
    {DEBIAN_12, SMALL_KERNEL, .version = 0x0205, .jump = 0x36},
};

static void set_up(size_t m, size_t e, size_t k)
{
	bench_set_up(maps[m], entries[e], "", &kernels[k]);
	sim.arch = &arch_ia32;
	sim.cpu = (struct cpu){.gib_pages = m % 2 != 0, .has_la57 = true};
	sim.machine.efi_32_bits = true;
	snprintf(bench.name, sizeof(bench.name), "map %zu, entry %zu, kernel %zu", m, e, k);
}

static void x12_a_fault_at_every_call_keeps_every_clause_or_leaves_nothing(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t m = 0; m < COUNT_OF(maps); m++)
		for (size_t e = 0; e < COUNT_OF(entries); e++)
			for (size_t k = 0; k < COUNT_OF(kernels); k++) {
				set_up(m, e, k);
				bench_fail_each_call();
			}
	bench_expect_runs(3000);
}

/* Parts, what waits to be copied and where it goes by way of, and all that the CPU is entered with. */
static void expect_nothing_above_4_gib(void)
{
	const struct situation *p = outcome.situation;

	for (size_t i = 0; i < N_PARTS; i++)
		assert_true(p->plan.part[i].at.end <= GIB(4));
	for (size_t i = 0; i < p->plan.copies.n; i++) {
		const struct copy *c = &p->plan.copies.copy[i];

		assert_true(c->from + c->size <= GIB(4) && c->to + c->size <= GIB(4));
	}
	for (size_t i = 0; i < p->moves.n; i++) {
		const struct copy *c = &p->moves.move[i];

		assert_true(c->from + c->size <= GIB(4) && c->to + c->size <= GIB(4));
	}
	assert_true(outcome.trampoline != 0 && outcome.trampoline < GIB(4) && outcome.gdt < GIB(4) &&
		    outcome.table_root < GIB(4) && outcome.argument < GIB(4));
}

static void x12_a_copy_that_waits_for_exit_waits_below_4_gib(void **state)
{
	static const char *const held[] = {
	    "1M-8M free, 8M-24M boot, 24M-512M free, 4G-6G free",
	    /* No run for all of it: in pieces. */
	    "1M-0x108000 free, 2M-0x208000 free, 3M-0x308000 free, 4M-0x404000 free, 8M-24M boot, 4G-6G free",
	};

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t m = 0; m < COUNT_OF(held); m++)
		for (size_t k = 0; k < COUNT_OF(kernels); k++) {
			bench_set_up(held[m], LINUX INITRD "placement 0x1000000\n", "", &kernels[k]);
			sim.arch = &arch_ia32;
			sim.machine.efi_32_bits = true;
			bench_run();
			if (m == 0 && (!outcome.entered || outcome.copied == 0))
				fail_msg("kernel %zu: %s", k, outcome.entered ? "not copied" : outcome.why.text);
			if (outcome.entered)
				expect_nothing_above_4_gib();
			else
				assert_int_equal(outcome.status, NO_PLACE);
		}
}

static void x12_every_part_lies_below_4_gib(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t e = 0; e < 3; e++)
		for (size_t k = 0; k < COUNT_OF(kernels); k++) {
			set_up(0, e, k);
			bench_run();
			assert_true(outcome.entered);
			expect_nothing_above_4_gib();
			assert_int_equal(outcome.table_root != 0, k < 2); /* 64-bit ones get tables of their own */
			assert_int_equal(outcome.situation->copies_after_exit, false);
		}
	set_up(3, 0, 0);
	bench_run();
	assert_int_equal(outcome.status, NO_PLACE);
	assert_non_null(strstr(outcome.why.text, "[X12]"));
}

static void a_cpu_without_long_mode_takes_kernels_of_32_bits_alone(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < COUNT_OF(kernels); k++) {
		set_up(0, 0, k);
		sim.cpu.lacks_long_mode = true;
		bench_run();
		assert_int_equal(outcome.entered, k >= 2);
		if (k < 2)
			assert_non_null(strstr(outcome.why.text, "this CPU has no 64-bit mode"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x12_a_fault_at_every_call_keeps_every_clause_or_leaves_nothing),
	    cmocka_unit_test(x12_a_copy_that_waits_for_exit_waits_below_4_gib),
	    cmocka_unit_test(x12_every_part_lies_below_4_gib),
	    cmocka_unit_test(a_cpu_without_long_mode_takes_kernels_of_32_bits_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
