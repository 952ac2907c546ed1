/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU finds all memory where it is, and no device: a walk of the tables, written from the Intel SDM (volume 3,
 * 4.5) and not from the code that built them. The block is malloc'ed at the measured size, so that AddressSanitizer
 * sees one table too many.
 */
#include "page_walk.h"

#include "../../arch/arch.h"

#define OFFSET UINT64_C(0x12340) /* of the tables in their block: not a page edge */

static void build_as(struct built *b, const struct table_format *format)
{
	struct block measure = {NULL, TABLES_AT, OFFSET};

	*b = (struct built){.format = *format, .from = TABLES_AT + OFFSET};
	tables_build(&b->format, &world.map, &measure, &b->tables);
	b->block = (struct block){calloc(1, (size_t)measure.used), TABLES_AT, OFFSET};
	assert_non_null(b->block.at);
	tables_build(&b->format, &world.map, &b->block, &b->tables);
	assert_true(b->block.used == measure.used);
}

static void build(struct built *b, unsigned int levels, bool gib_blocks)
{
	struct table_format format = tables_x86(levels, gib_blocks);

	build_as(b, &format);
}

static void drop(struct built *b)
{
	free(b->block.at);
}

static void expect_mapped(struct built *b, uint64_t address)
{
	uint64_t found = walk(b, b->tables.root, b->format.levels, address);

	if (found != address)
		fail_msg("%#" PRIx64 " leads to %#" PRIx64, address, found);
	assert_true(b->mapped_by != GIB(1) || b->format.gib_blocks);
}

static void expect_unmapped(struct built *b, uint64_t address)
{
	uint64_t found = walk(b, b->tables.root, b->format.levels, address);

	if (found != UNMAPPED)
		fail_msg("%#" PRIx64 " is mapped, to %#" PRIx64, address, found);
}

/* Is there memory in these 2 MiB, or in the first? Nothing else may be mapped. */
static bool has_ram(uint64_t address)
{
	struct range around = {address & ~(MIB(2) - 1), (address & ~(MIB(2) - 1)) + MIB(2)};

	if (around.start == 0)
		return true;
	for (size_t i = 0; i < world.map.count; i++) {
		uint32_t type = world.map.entry[i].type;

		if (type != MEMORY_RESERVED && type != MEMORY_MMIO && type != MEMORY_MMIO_PORT &&
		    type != MEMORY_UNACCEPTED && type != MEMORY_UNUSABLE &&
		    range_overlaps(world.map.entry[i].at, around))
			return true;
	}
	return false;
}

static void check_address(struct built *b, uint64_t address)
{
	if (has_ram(address))
		expect_mapped(b, address);
	else
		expect_unmapped(b, address);
}

/* Edges of every range, of its 2 MiB and of its 1 GiB; then addresses in it and between it and the next. */
static void check_all(struct built *b, struct dice *dice, unsigned int random)
{
	for (size_t i = 0; i < world.map.count; i++) {
		struct range at = world.map.entry[i].at;

		for (uint64_t step = 1; step <= GIB(1); step *= step == 1 ? MIB(2) : 512) {
			check_address(b, at.start & ~(step - 1));
			check_address(b, (at.start & ~(step - 1)) - (at.start >= step ? 1 : 0));
			check_address(b, at.end - 1);
			check_address(b, ((at.end + step - 1) & ~(step - 1)) + (step == 1 ? 0 : 1));
		}
		for (unsigned int n = 0; n < random; n++) {
			check_address(b, at.start + roll64(dice) % range_size(at));
			check_address(b, at.end + roll64(dice) % GIB(2));
		}
	}
}

/* ---- maps ---- */

static const char *const maps[] = {
    /* QEMU's q35 with 6 GiB */
    ("0-640K free, 1M-2030M free, 2030M-2040M boot, 2040M-2044M runtime, 2044M-2046M acpi, 2046M-2G nvs,"
     "0xb0000000-0xc0000000 mmio, 0xfeffc000-4G mmio, 4G-8G free"),
    /* memory that ends, and begins again, inside one 2 MiB */
    "1M-0x300000 free, 0x301000-0x302000 mmio, 0x303000-0x304000 runtime, 0x5ff000-0x600000 free",
    /* all of one GiB but a page; one that is whole; one that is whole but in two types */
    "1G-0x7ffff000 free, 2G-3G free, 3G-3600M loader, 3600M-4G boot, 4G-4097M mmio",
    "1M-16M free, 16M-32M unaccepted, 32M-48M unusable, 48M-64M pmem, 64M-65M reserved",
};

static void x8_all_memory_is_mapped_and_no_device_is(void **state)
{
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(maps); i++)
		for (unsigned int kind = 0; kind < 4; kind++) {
			struct built b;

			given_map(maps[i]);
			build(&b, 4 + kind % 2, kind / 2 == 1);
			check_all(&b, &dice, 200);
			check_address(&b, 0);
			check_address(&b, MIB(2) - 1);
			check_address(&b, MIB(2));
			drop(&b);
		}
}

static void x8_a_gib_block_lies_wholly_in_memory(void **state)
{
	struct built b;

	(void)state;
	given_map("1M-1536M free, 2G-4G free, 4G-0x13ffff000 free");
	build(&b, 4, true);
	expect_mapped(&b, MIB(700));
	assert_true(b.mapped_by == MIB(2)); /* the first 1 MiB is not in the map */
	expect_mapped(&b, MIB(1200));
	assert_true(b.mapped_by == MIB(2));
	expect_mapped(&b, GIB(2) + MIB(500));
	assert_true(b.mapped_by == GIB(1));
	expect_mapped(&b, GIB(4) + MIB(500));
	assert_true(b.mapped_by == GIB(1)); /* but for a page: rounded out to 2 MiB it is whole */
	drop(&b);
	build(&b, 4, false);
	expect_mapped(&b, GIB(2) + MIB(500));
	assert_true(b.mapped_by == MIB(2));
	drop(&b);
}

static void x8_tables_of_a_large_machine_are_small(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	struct built b;

	(void)state;
	given_map("0-640K free, 1M-2G free, 3G-4G mmio, 4G-5T free, 6T-12T free, 40T-40961G free");
	for (unsigned int levels = 4; levels <= 5; levels++) {
		build(&b, levels, true);
		check_all(&b, &dice, 100);
		assert_true(b.block.used < KIB(256)); /* 11 TiB in 2 MiB blocks would need 44 MiB */
		drop(&b);
	}
	given_map("0-640K free, 1M-2G free, 4G-8G free");
	build(&b, 4, false);
	/* 6 GiB: the root, one table of the next level, six of 2 MiB blocks; OFFSET rounded up to a page before them.
	 */
	assert_true(b.block.used == 0x13000 + 8 * 4096);
	drop(&b);
}

static void x8_five_levels_reach_further_than_four(void **state)
{
	struct built b;

	(void)state;
	given_map("1M-2G free, 0x1000000000000-0x1000040000000 free");
	build(&b, 5, true);
	expect_mapped(&b, UINT64_C(0x1000000000000));
	expect_mapped(&b, UINT64_C(0x100003fffffff));
	drop(&b);
	build(&b, 4, true);
	expect_mapped(&b, GIB(1));
	drop(&b);
}

static void x8_four_levels_reach_their_last_address(void **state)
{
	struct built b;

	(void)state;
	given_map("1M-2G free, 0xfffe00000000-0x1000000000000 free");
	build(&b, 4, true);
	expect_mapped(&b, UINT64_C(0xfffe00000000));
	expect_mapped(&b, UINT64_C(0xffffffffffff));
	drop(&b);
}

/* Rounded out to 2 MiB both cover the last block of the second GiB, which a GiB block maps already. */
static void x8_two_ranges_in_one_block_do_not_unmap_the_gib_around_it(void **state)
{
	struct built b;

	(void)state;
	given_map("1M-1G free, 1G-0x7fff0000 free, 0x7fff0000-0x7fff8000 mmio, 0x7fff8000-3G free");
	build(&b, 4, true);
	expect_mapped(&b, GIB(1));
	expect_mapped(&b, GIB(1) + MIB(500));
	expect_mapped(&b, GIB(2) - 1);
	expect_mapped(&b, GIB(3) - 1);
	drop(&b);
}

/* Arm ARM (DDI 0487), D8.3.1 and D8.3.2: bits 1:0 are 3 for a table, 1 for a block; the address is bits 47:12. */
static uint64_t walk_arm64(struct built *b, uint64_t va, uint64_t attributes)
{
	uint64_t table = b->tables.root;

	for (unsigned int level = 4; level >= 2; level--) {
		unsigned int shift = 12 + 9 * (level - 1);
		uint64_t entry = get_le(b->block.at + (table - b->block.address) + (va >> shift & 511) * 8, 8);

		if ((entry & 1) == 0)
			return UNMAPPED;
		if ((entry & 2) == 0) {
			assert_in_range(level, 2, 3); /* no block is larger than 1 GiB in pages of 4 KiB */
			assert_int_equal(entry & UINT64_C(0xffff000000000fff), attributes);
			return (entry & UINT64_C(0x0000fffffffff000)) + va % (UINT64_C(1) << shift);
		}
		table = entry & UINT64_C(0x0000fffffffff000);
	}
	return UNMAPPED;
}

static void c6_tables_of_arm64_map_memory_with_the_attributes_that_they_are_given(void **state)
{
	struct table_format format = {4, true, false, 0x3, 0x701};
	struct built b;

	(void)state;
	given_map("1G-5G free, 0x140000000-0x148000000 runtime, 6G-6145M mmio");
	build_as(&b, &format);
	assert_true(walk_arm64(&b, GIB(1), 0x701) == GIB(1));
	assert_true(walk_arm64(&b, GIB(5) - 1, 0x701) == GIB(5) - 1);
	assert_true(walk_arm64(&b, 0x147ffffff, 0x701) == 0x147ffffff);
	assert_true(walk_arm64(&b, 0, 0x701) == UNMAPPED); /* flash, here */
	assert_true(walk_arm64(&b, GIB(6), 0x701) == UNMAPPED);
	assert_int_equal(b.tables.size, 3 * 4096);
	drop(&b);
}

static void x8_the_four_level_root_of_five_level_tables_is_the_same_map(void **state)
{
	struct built b;

	(void)state;
	given_map("1M-2G free, 4G-8G free, 0x1000000000000-0x1000040000000 free");
	build(&b, 5, true);
	assert_true(b.tables.four_level_root != b.tables.root);
	assert_true(walk(&b, b.tables.four_level_root, 4, GIB(1)) == GIB(1));
	assert_true(walk(&b, b.tables.four_level_root, 4, GIB(8) - 1) == GIB(8) - 1);
	assert_true(walk(&b, b.tables.four_level_root, 4, GIB(8)) == UNMAPPED);
	drop(&b);
	build(&b, 4, true);
	assert_true(b.tables.four_level_root == b.tables.root);
	drop(&b);
}

/* Random ranges of every size from a page to some GiB, with as various holes, types and formats. */
static void x8_any_map_is_mapped_and_nothing_else(void **state)
{
	static const uint32_t types[] = {7, 7, 7, 4, 2, 0, 6, 9, 11, 11, 15, 8};
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned int round = 0; round < 1500; round++) {
		uint32_t n = 1 + roll(&dice, 12);
		uint64_t at = roll(&dice, 600) * EFI_PAGE;
		struct built b;

		given_map("");
		for (uint32_t i = 0; i < n; i++) {
			uint64_t size = ((roll64(&dice) >> (32 + roll(&dice, 20))) & ~UINT64_C(4095)) + EFI_PAGE;

			world.entry[i] = (struct memory){{at, at + size}, types[roll(&dice, COUNT_OF(types))], 0xf};
			at += size + (roll64(&dice) >> (31 + roll(&dice, 33)) & ~UINT64_C(4095));
		}
		world.map.count = n;
		build(&b, 4 + roll(&dice, 2), roll(&dice, 2) == 0);
		check_all(&b, &dice, 4);
		drop(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x8_all_memory_is_mapped_and_no_device_is),
	    cmocka_unit_test(x8_a_gib_block_lies_wholly_in_memory),
	    cmocka_unit_test(x8_tables_of_a_large_machine_are_small),
	    cmocka_unit_test(x8_five_levels_reach_further_than_four),
	    cmocka_unit_test(x8_four_levels_reach_their_last_address),
	    cmocka_unit_test(x8_two_ranges_in_one_block_do_not_unmap_the_gib_around_it),
	    cmocka_unit_test(c6_tables_of_arm64_map_memory_with_the_attributes_that_they_are_given),
	    cmocka_unit_test(x8_the_four_level_root_of_five_level_tables_is_the_same_map),
	    cmocka_unit_test(x8_any_map_is_mapped_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
