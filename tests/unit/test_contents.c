/* SPDX-License-Identifier: BSD-2-Clause */
/* The pieces of the handoff block, by what the routines that fill it say of themselves. */
#include "given.h"

#include "../../tools/contents.h"

static void expect_piece(const struct content *content, const char *name, uint64_t start, uint64_t end)
{
	assert_string_equal(content->name, name);
	assert_int_equal(content->at.start, start);
	assert_int_equal(content->at.end, end);
}

static void pieces_stand_in_order_and_end_where_the_next_begins(void **state)
{
	struct content content[MAX_CONTENTS];
	const struct handoff handoff = {
	    .block = {NULL, MIB(1), 0x9000},
	    .final = {.address = MIB(1) + 0x1010},
	    .command_line = {NULL, MIB(1) + 0x1000},
	    .boot_params = {NULL, MIB(1)},
	};

	(void)state;
	assert_int_equal(contents_of(&handoff, content), 3);
	expect_piece(&content[0], "boot_params", MIB(1), MIB(1) + 0x1000);
	expect_piece(&content[1], "command line", MIB(1) + 0x1000, MIB(1) + 0x1010);
	expect_piece(&content[2], "room for firmware's last memory map", MIB(1) + 0x1010, MIB(1) + 0x9000);
}

static void page_tables_begin_at_the_page_behind_the_stack_or_with_their_root(void **state)
{
	struct content content[MAX_CONTENTS];
	struct handoff handoff = {
	    .block = {NULL, MIB(1), 0x6000},
	    .gdt = MIB(1) + 0x10,
	    .stack_top = MIB(1) + 0x70,
	    .tables_size = 0x5000,
	    .table_root = MIB(1) + 0x2000, /* the second of five levels, where the CPU has four */
	};

	(void)state;
	assert_int_equal(contents_of(&handoff, content), 2);
	expect_piece(&content[0], "descriptor table and stack", MIB(1) + 0x10, MIB(1) + 0x1000);
	expect_piece(&content[1], "page tables", MIB(1) + 0x1000, MIB(1) + 0x6000);
	handoff.gdt = handoff.stack_top = 0; /* arm64 */
	assert_int_equal(contents_of(&handoff, content), 1);
	expect_piece(&content[0], "page tables", MIB(1) + 0x2000, MIB(1) + 0x6000);
	handoff.tables_size = 0;
	assert_int_equal(contents_of(&handoff, content), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_stand_in_order_and_end_where_the_next_begins),
	    cmocka_unit_test(page_tables_begin_at_the_page_behind_the_stack_or_with_their_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
