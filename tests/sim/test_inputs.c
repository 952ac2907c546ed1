/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile files: a kernel cut at every byte of its header and at many behind, and every field of the header set to
 * every value at which something may break. Each boot ends in a whole handoff, or in an error and nothing left behind.
 */
#include "bench.h"

static const char map[] = "1M-8M free, 8M-24M boot, 24M-1G free, 4G-5G free, 5G-70T reserved";

static const struct kernel_fields kernels[] = {
    {DEBIAN_12, SMALL_KERNEL},
    {DEBIAN_12, SMALL_KERNEL, .xloadflags = 1},
    {DEBIAN_12, SMALL_KERNEL, .relocatable_kernel = 0, .pref_address = MIB(32)},
};

/* Of a bzImage's last 16 bytes 15 may be missing: syssize counts no smaller pieces. */
#define LAST_PARAGRAPH 15

static void cut_kernel(uint64_t size)
{
	sim.file[0].size = size;
	sim.file[0].head_size = size < sizeof(bench.head) ? (size_t)size : sizeof(bench.head);
	snprintf(bench.name, sizeof(bench.name), "a kernel cut at %" PRIu64, size);
	bench_run();
}

static void a_kernel_cut_anywhere_is_refused(void **state)
{
	struct dice dice = dice_from_seed("cut");

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < COUNT_OF(kernels); k++) {
		uint64_t whole = kernels[k].file_size;

		bench_set_up(map, LINUX INITRD, "", &kernels[k]);
		for (uint64_t size = 0; size < 4096; size++)
			if (in_sample())
				cut_kernel(size);
		for (unsigned long i = cases_or(20000); i != 0; i--)
			cut_kernel(4096 + roll64(&dice) % (whole - LAST_PARAGRAPH - 4096));
		assert_int_equal(bench.entered, k); /* none of those that were cut */
		cut_kernel(whole);
		assert_int_equal(bench.entered, k + 1);
	}
	print_message("kernels cut short: %" PRIu64 "\n", bench.runs - bench.entered);
}

/* 0, 1, the largest, and whatever lies around a power of two. */
static size_t values_of(unsigned int width, uint64_t *value)
{
	uint64_t most = width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
	size_t n = 0;

	value[n++] = 0;
	value[n++] = most;
	value[n++] = most - 1;
	for (unsigned int bit = 0; bit < 8 * width; bit++)
		for (int around = -1; around <= 1; around++)
			value[n++] = ((UINT64_C(1) << bit) + (uint64_t)around) & most;
	return n;
}

static void put_field(unsigned int offset, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		bench.head[offset + i] = (uint8_t)(value >> 8 * i);
}

/* Every field that boot.rst, "The Real-Mode Kernel Header", has, by offset and width. */
static void every_field_takes_every_extreme(void **state)
{
	static const struct {
		unsigned int offset, width;
	} field[] = {
	    {0x1f1, 1}, {0x1f2, 2}, {0x1f4, 4}, {0x1f8, 2}, {0x1fa, 2}, {0x1fc, 2}, {0x1fe, 2}, {0x200, 2},
	    {0x201, 1}, {0x202, 4}, {0x206, 2}, {0x208, 4}, {0x20c, 2}, {0x20e, 2}, {0x210, 1}, {0x211, 1},
	    {0x212, 2}, {0x214, 4}, {0x218, 4}, {0x21c, 4}, {0x220, 4}, {0x224, 2}, {0x226, 1}, {0x227, 1},
	    {0x228, 4}, {0x22c, 4}, {0x230, 4}, {0x234, 1}, {0x235, 1}, {0x236, 2}, {0x238, 4}, {0x23c, 4},
	    {0x240, 8}, {0x248, 4}, {0x24c, 4}, {0x250, 8}, {0x258, 8}, {0x260, 4}, {0x264, 4}, {0x268, 4},
	};
	static const char *const placement[] = {"", "placement low\n", "placement preferred\n",
						"placement 0x4000000\n"};
	uint64_t value[3 + 3 * 64];

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t k = 0; k < COUNT_OF(kernels); k++)
		for (size_t p = 0; p < COUNT_OF(placement); p++)
			for (size_t f = 0; f < COUNT_OF(field); f++) {
				size_t n = values_of(field[f].width, value);

				for (size_t v = 0; v < n; v++) {
					char entry[256];

					if (!in_sample())
						continue;
					snprintf(entry, sizeof(entry), "%s%s", LINUX INITRD, placement[p]);
					bench_set_up(map, entry, "", &kernels[k]);
					sim.no_clauses = true;
					put_field(field[f].offset, field[f].width, value[v]);
					snprintf(bench.name, sizeof(bench.name), "field %#x set to %#" PRIx64,
						 field[f].offset, value[v]);
					bench_run();
				}
			}
	bench_expect_runs(30000);
}

/* Several bytes of the header at once, at random. */
static void headers_of_noise_are_taken_whole_or_not_at_all(void **state)
{
	struct dice dice = dice_from_seed("noise");

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (unsigned long i = 0; i < cases_or(50000); i++) {
		bench_set_up(map, LINUX INITRD, "", &kernels[i % COUNT_OF(kernels)]);
		sim.no_clauses = true;
		for (unsigned int n = 1 + roll(&dice, 4); n != 0; n--)
			put_field(0x1f1 + roll(&dice, 0x80), 1 + roll(&dice, 8), roll_extreme(&dice));
		snprintf(bench.name, sizeof(bench.name), "noise %lu", i);
		bench_run();
	}
	bench_expect_runs(50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kernel_cut_anywhere_is_refused),
	    cmocka_unit_test(every_field_takes_every_extreme),
	    cmocka_unit_test(headers_of_noise_are_taken_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
