/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an arm64 CPU is prepared with: nothing, unless something is copied after exit; then tables, and the register by
 * which the CPU walks them, whose fields are read here by the Arm ARM (DDI 0487), D19.2.139 and D19.2.140.
 */
#include "given.h"

#include "../../arch/arch.h"

static struct handoff handoff;

static void prepare(const struct cpu *cpu, bool copies)
{
	struct entrance how = {.name = "Image"};
	struct block measure;

	free(handoff.block.at);
	handoff = (struct handoff){.block = {NULL, MIB(64), 0}, .copies_after_exit = copies};
	arch_aarch64.prepare(cpu, &how, &world.map, &handoff);
	measure = handoff.block;
	handoff.block = (struct block){calloc(1, (size_t)measure.used + 1), MIB(64), 0};
	arch_aarch64.prepare(cpu, &how, &world.map, &handoff);
	assert_int_equal(handoff.block.used, measure.used);
}

static uint64_t bits(uint64_t value, unsigned int high, unsigned int low)
{
	return value >> low & (UINT64_MAX >> (63 - (high - low)));
}

static void c6_without_copies_there_are_no_tables(void **state)
{
	struct cpu cpu = {.page_sizes = 4096, .pa_range = 2};

	(void)state;
	given_map("1G-3G free");
	prepare(&cpu, false);
	assert_int_equal(handoff.block.used, 0);
	assert_int_equal(handoff.table_root, 0);
	assert_int_equal(handoff.tables_size, 0);
}

/* D8.3.2: block descriptors have the memory attributes in bits 4:2, AP in 7:6, SH in 9:8, AF in 10, execute-never in
 * 54:53. */
static void c6_copies_are_made_under_tables_of_the_largest_blocks(void **state)
{
	struct cpu cpu = {.page_sizes = 4096 | 65536, .pa_range = 2};
	uint64_t entry;

	(void)state;
	given_map("1G-3G free, 3G-0xc0010000 runtime");
	prepare(&cpu, true);
	assert_int_equal(handoff.tables_size, 3 * 4096);
	assert_int_equal(handoff.table_root, MIB(64));
	entry = get_le(handoff.block.at + 4096 + 8, 8);
	assert_int_equal(bits(entry, 1, 0), 1);
	assert_int_equal(bits(entry, 4, 2), 0);
	assert_int_equal(bits(entry, 7, 6), 0); /* not for EL0, or EL1 could not run it */
	assert_int_equal(bits(entry, 9, 8), 3);
	assert_int_equal(bits(entry, 10, 10), 1);
	assert_int_equal(bits(entry, 54, 53), 0);
	assert_true(bits(entry, 47, 30) == 1);
}

static void c6_walks_are_told_for_el1(void **state)
{
	struct cpu cpu = {.page_sizes = 4096, .pa_range = 2};

	(void)state;
	given_map("1G-3G free");
	prepare(&cpu, true);
	assert_int_equal(bits(handoff.tcr, 5, 0), 16);	/* T0SZ */
	assert_int_equal(bits(handoff.tcr, 9, 8), 1);	/* IRGN0: write-back */
	assert_int_equal(bits(handoff.tcr, 11, 10), 1); /* ORGN0 */
	assert_int_equal(bits(handoff.tcr, 13, 12), 3); /* SH0: inner */
	assert_int_equal(bits(handoff.tcr, 15, 14), 0); /* TG0: 4 KiB */
	assert_int_equal(bits(handoff.tcr, 23, 23), 1); /* EPD1 */
	assert_int_equal(bits(handoff.tcr, 34, 32), 2); /* IPS */
	assert_int_equal(bits(handoff.tcr, 63, 35), 0);
	cpu.pa_range = 6; /* 52 bits, which these tables have no room for */
	prepare(&cpu, true);
	assert_int_equal(bits(handoff.tcr, 34, 32), 5);
}

static void c6_walks_are_told_for_el2(void **state)
{
	struct cpu cpu = {.page_sizes = 4096, .pa_range = 4, .el2_alone = true};

	(void)state;
	given_map("1G-3G free");
	prepare(&cpu, true);
	assert_int_equal(bits(handoff.tcr, 15, 0), 0x3510);
	assert_int_equal(bits(handoff.tcr, 18, 16), 4); /* PS */
	assert_int_equal(bits(handoff.tcr, 23, 23), 1); /* reserved, 1 */
	assert_int_equal(bits(handoff.tcr, 31, 31), 1);
	assert_int_equal(bits(handoff.tcr, 63, 32), 0);
	assert_int_equal(bits(get_le(handoff.block.at + 4096 + 8, 8), 7, 6), 1); /* AP[1] is always 1 there */
}

/* Arm ARM, D19.2.64: TGran4 may say that there are no such pages. */
static void c6_a_cpu_without_pages_of_4_kib_copies_without_tables(void **state)
{
	struct cpu cpu = {.page_sizes = 65536, .pa_range = 2};

	(void)state;
	given_map("1G-3G free");
	prepare(&cpu, true);
	assert_int_equal(handoff.table_root, 0);
	assert_int_equal(handoff.block.used, 0);
	free(handoff.block.at);
	handoff.block.at = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c6_without_copies_there_are_no_tables),
	    cmocka_unit_test(c6_copies_are_made_under_tables_of_the_largest_blocks),
	    cmocka_unit_test(c6_walks_are_told_for_el1),
	    cmocka_unit_test(c6_walks_are_told_for_el2),
	    cmocka_unit_test(c6_a_cpu_without_pages_of_4_kib_copies_without_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
