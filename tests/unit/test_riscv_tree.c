/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a RISC-V machine's device tree tells is read as Linux reads it: its boot hart, the least page tables of its
 * harts, the memory that it keeps. What has not the form of its binding counts as absent. Source: Devicetree
 * Specification 0.4, 2.3.5 and 3.5; Linux Documentation/devicetree/bindings/riscv/cpus.yaml.
 */
#include "given.h"
#include "tree_file.h"

#include "../../policy/situation.h"
#include "../../protocol/riscv/riscv_tree.h"

static struct machine machine;
static struct findings found;
static struct tree_file file;
static struct fail why;

static void given_tree(void)
{
	file = (struct tree_file){.reservations = 0};
	machine = (struct machine){.has_hart = false};
	found = (struct findings){.n_reserved = 0};
	tree_file_node(&file, "");
}

static void given_text(const char *name, const char *text)
{
	tree_file_property(&file, name, text, strlen(text) + 1);
}

static void given_cells(const char *name, const uint32_t *value, size_t n)
{
	uint8_t bytes[64];

	assert_true(4 * n <= sizeof(bytes));
	for (size_t i = 0; i < n; i++)
		tree_file_set(bytes, 4 * i, value[i]);
	tree_file_property(&file, name, bytes, 4 * n);
}

#define GIVEN_CELLS(name, ...)                                                                                         \
	given_cells(name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void given_hart(const char *name, const char *mmu_type, const char *status)
{
	tree_file_node(&file, name);
	given_text("device_type", "cpu");
	if (mmu_type != NULL)
		given_text("mmu-type", mmu_type);
	if (status != NULL)
		given_text("status", status);
	tree_file_end(&file);
}

static enum status read_now(void)
{
	uint8_t bytes[TREE_FILE_SIZE], *exact;
	struct tree_file closed = file;
	struct tree tree;
	enum status status;
	size_t size;

	tree_file_end(&closed);
	tree_file_set(closed.structure, closed.structure_size, 9);
	closed.structure_size += 4;
	size = tree_file_write(&closed, bytes);
	exact = aligned_alloc(8, (size + 7) / 8 * 8);
	assert_non_null(exact);
	memcpy(exact, bytes, size);
	if (tree_check(&tree, "dtb", (struct bytes){exact, size}, &why) != OK)
		fail_msg("%s", why.text);
	status = riscv_learn_tree(&tree, &machine, &found, &why);
	free(exact);
	return status;
}

static void expect_levels(unsigned int levels)
{
	assert_int_equal(read_now(), OK);
	if (found.levels != levels)
		fail_msg("%u levels; expected %u", found.levels, levels);
}

static void expect_hart(bool has_hart, uint64_t hart)
{
	assert_int_equal(read_now(), OK);
	assert_int_equal(found.has_hart, has_hart);
	assert_int_equal(found.hart, hart);
}

static void no_tree_tells_nothing(void **state)
{
	struct tree none = {NULL, 0};

	(void)state;
	machine = (struct machine){.has_hart = false};
	found = (struct findings){.n_reserved = 1, .levels = 5};
	assert_int_equal(riscv_learn_tree(&none, &machine, &found, &why), OK);
	assert_int_equal(found.n_reserved, 0);
	assert_int_equal(found.levels, 0);
	assert_false(found.has_hart);
	given_tree();
	expect_levels(0);
	expect_hart(false, 0);
}

static void the_boot_hart_has_4_bytes_or_8(void **state)
{
	(void)state;
	given_tree();
	tree_file_node(&file, "chosen");
	GIVEN_CELLS("boot-hartid", 7);
	tree_file_end(&file);
	expect_hart(true, 7);
	given_tree();
	tree_file_node(&file, "chosen");
	GIVEN_CELLS("boot-hartid", 1, 7);
	tree_file_end(&file);
	expect_hart(true, GIB(4) + 7);
	given_tree();
	tree_file_node(&file, "chosen");
	GIVEN_CELLS("boot-hartid", 1, 7, 9);
	tree_file_end(&file);
	expect_hart(false, 0);
}

static void firmwares_protocol_knows_the_hart_better_than_the_tree(void **state)
{
	(void)state;
	given_tree();
	tree_file_node(&file, "chosen");
	GIVEN_CELLS("boot-hartid", 7);
	tree_file_end(&file);
	machine = (struct machine){.has_hart = true, .hart = 3};
	expect_hart(true, 3);
}

static void r2_the_levels_are_the_least_of_all_harts_that_are_there(void **state)
{
	static const struct {
		const char *mmu_type[3], *status[3];
		unsigned int levels;
	} rows[] = {
	    {{"riscv,sv57", "riscv,sv57", "riscv,sv57"}, {NULL, NULL, NULL}, 5},
	    {{"riscv,sv57", "riscv,sv48", "riscv,sv57"}, {NULL, "okay", NULL}, 4},
	    {{"riscv,sv57", "riscv,sv48", "riscv,sv39"}, {NULL, NULL, NULL}, 3},
	    {{"riscv,none", "riscv,sv48", "riscv,sv48"}, {"disabled", NULL, "ok"}, 4}, /* a monitor core */
	    {{NULL, "riscv,sv48", "riscv,sv48"}, {"disabled", NULL, NULL}, 4},
	    {{NULL, "riscv,sv48", "riscv,sv48"}, {NULL, NULL, NULL}, 0},
	    {{"riscv,sv48", "riscv,none", "riscv,sv48"}, {NULL, NULL, NULL}, 0},
	    {{"riscv,sv48", "riscv,sv4", "riscv,sv48"}, {NULL, NULL, NULL}, 0},
	    {{"riscv,sv48", "riscv,sv489", "riscv,sv48"}, {NULL, NULL, NULL}, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given_tree();
		tree_file_node(&file, "cpus");
		for (size_t hart = 0; hart < 3; hart++)
			given_hart(hart == 0   ? "cpu@0"
				   : hart == 1 ? "cpu@1"
					       : "cpu@2",
				   rows[i].mmu_type[hart], rows[i].status[hart]);
		tree_file_node(&file, "cpu-map"); /* no hart */
		tree_file_end(&file);
		tree_file_end(&file);
		expect_levels(rows[i].levels);
	}
}

static void r3_every_range_of_reserved_memory_is_kept(void **state)
{
	(void)state;
	given_tree();
	tree_file_node(&file, "reserved-memory");
	GIVEN_CELLS("#address-cells", 2);
	GIVEN_CELLS("#size-cells", 2);
	tree_file_node(&file, "mmode_resv0@80000000");
	GIVEN_CELLS("reg", 0, 0x80000000, 0, 0x80000);
	tree_file_end(&file);
	tree_file_node(&file, "two@180000000");
	GIVEN_CELLS("reg", 1, 0x80000000, 0, 0x1000, 2, 0, 1, 0);
	tree_file_property(&file, "no-map", "", 0);
	tree_file_end(&file);
	tree_file_node(&file, "pool"); /* Linux looks for its place itself */
	GIVEN_CELLS("size", 0, 0x100000);
	tree_file_end(&file);
	tree_file_node(&file, "off@90000000");
	GIVEN_CELLS("reg", 0, 0x90000000, 0, 0x1000);
	given_text("status", "disabled");
	tree_file_end(&file);
	tree_file_node(&file, "broken@a0000000");
	GIVEN_CELLS("reg", 0, 0xa0000000, 0);
	tree_file_end(&file);
	tree_file_node(&file, "wrap@f");
	GIVEN_CELLS("reg", 0xffffffff, 0xffff0000, 0, 0x10001, 0xffffffff, 0xfffff000, 0, 0xfff);
	tree_file_end(&file);
	tree_file_node(&file, "empty@1");
	GIVEN_CELLS("reg", 0, 0x1000, 0, 0);
	tree_file_end(&file);
	tree_file_end(&file);
	assert_int_equal(read_now(), OK);
	assert_int_equal(found.n_reserved, 3);
	assert_true(found.reserved[0].start == 0x80000000 && found.reserved[0].end == 0x80080000);
	assert_true(found.reserved[1].start == GIB(6) && found.reserved[1].end == GIB(6) + 0x1000);
	assert_true(found.reserved[2].start == GIB(8) && found.reserved[2].end == GIB(12));
}

static void r3_cells_are_those_that_the_node_tells(void **state)
{
	(void)state;
	given_tree();
	tree_file_node(&file, "reserved-memory");
	GIVEN_CELLS("#address-cells", 1);
	tree_file_node(&file, "a@1000"); /* one cell of size where nothing is told */
	GIVEN_CELLS("reg", 0x1000, 0x2000);
	tree_file_end(&file);
	tree_file_end(&file);
	assert_int_equal(read_now(), OK);
	assert_int_equal(found.n_reserved, 1);
	assert_true(found.reserved[0].start == 0x1000 && found.reserved[0].end == 0x3000);
	given_tree();
	tree_file_node(&file, "reserved-memory");
	GIVEN_CELLS("#address-cells", 3);
	tree_file_node(&file, "a@1000");
	GIVEN_CELLS("reg", 0, 0, 0x1000, 0x2000);
	tree_file_end(&file);
	tree_file_end(&file);
	assert_int_equal(read_now(), OK);
	assert_int_equal(found.n_reserved, 0);
}

static enum status read_ranges(unsigned int n)
{
	uint32_t cells[10];

	for (uint32_t i = 0; i < 10; i++)
		cells[i] = 0x1000 * (i / 2 + 1);
	given_tree();
	tree_file_node(&file, "reserved-memory");
	GIVEN_CELLS("#address-cells", 1);
	for (unsigned int left = n; left != 0; left -= left < 5 ? left : 5) {
		tree_file_node(&file, "r");
		given_cells("reg", cells, 2ul * (left < 5 ? left : 5));
		tree_file_end(&file);
	}
	tree_file_end(&file);
	return read_now();
}

static void r3_more_ranges_than_there_is_room_for_are_refused(void **state)
{
	(void)state;
	assert_int_equal(read_ranges(MAX_RESERVED), OK);
	assert_int_equal(found.n_reserved, MAX_RESERVED);
	assert_int_equal(read_ranges(MAX_RESERVED + 1), BAD_INPUT);
	assert_int_equal(why.rule, R3);
}

/* ---- what planning makes of it ---- */

static void given_survey(struct situation *p, const char *map, const struct range *reserved, size_t n)
{
	given_map(map);
	*p = (struct situation){.survey = {.map = world.map, .free = world.free}, .found = {.n_reserved = n}};
	memcpy(p->found.reserved, reserved, n * sizeof(*reserved));
}

static void r3_what_is_reserved_is_not_free_and_has_an_owner(void **state)
{
	static const struct range reserved[] = {{0x90000800, 0x90001001}, {0x10000000, 0x10001000}};
	struct situation p;
	const struct memory *owner;

	(void)state;
	given_survey(&p, "2G-4G free, 5G-6G free", reserved, 2);
	assert_int_equal(situation_survey(&p, &why), OK);
	assert_true(p.found.ram_start == GIB(2));
	assert_int_equal(p.survey.free.all.count, 3);
	assert_true(p.survey.free.all.run[0].end == 0x90000000 && p.survey.free.all.run[1].start == 0x90002000);
	owner = memmap_owner(&p.survey.map, (struct range){0x90000000, 0x90000001});
	assert_non_null(owner);
	assert_int_equal(owner->type, MEMORY_RESERVED);
	for (size_t i = 1; i < p.survey.map.count; i++)
		assert_true(p.survey.map.entry[i - 1].at.start <= p.survey.map.entry[i].at.start);
}

static void r3_a_map_without_room_for_it_is_refused(void **state)
{
	static const struct range reserved[] = {{0x90000000, 0x90001000}, {UINT64_MAX - 1, UINT64_MAX}};
	struct situation p;

	(void)state;
	given_survey(&p, "2G-4G free", reserved, 1);
	p.survey.map.room = p.survey.map.count;
	assert_int_equal(situation_survey(&p, &why), IO_ERROR);
	given_survey(&p, "2G-4G free", reserved + 1, 1);
	assert_int_equal(situation_survey(&p, &why), IO_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_tree_tells_nothing),
	    cmocka_unit_test(the_boot_hart_has_4_bytes_or_8),
	    cmocka_unit_test(firmwares_protocol_knows_the_hart_better_than_the_tree),
	    cmocka_unit_test(r2_the_levels_are_the_least_of_all_harts_that_are_there),
	    cmocka_unit_test(r3_every_range_of_reserved_memory_is_kept),
	    cmocka_unit_test(r3_cells_are_those_that_the_node_tells),
	    cmocka_unit_test(r3_more_ranges_than_there_is_room_for_are_refused),
	    cmocka_unit_test(r3_what_is_reserved_is_not_free_and_has_an_owner),
	    cmocka_unit_test(r3_a_map_without_room_for_it_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
