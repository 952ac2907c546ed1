/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of setup_data and what only the final memory map knows reach the kernel whole: the seed, and every e820
 * entry, however many there are. Sources: boot.rst, setup_data; zero-page.rst, e820_table.
 */
#include "given.h"

static void expect_e820(const uint8_t *entry, uint64_t start, uint64_t size, uint32_t type)
{
	assert_true(get_le(entry, 8) == start);
	assert_true(get_le(entry + 8, 8) == size);
	assert_true(get_le(entry + 16, 4) == type);
}

static const uint8_t *node_at(const struct told *t, uint64_t address)
{
	assert_true(address >= BLOCK_AT && address % 8 == 0 && address - BLOCK_AT + 16 <= t->size);
	return t->handoff.block.at + (address - BLOCK_AT);
}

static void expect_seed(const struct told *t, uint64_t address)
{
	const uint8_t *node = node_at(t, address);

	assert_true(get_le(node, 8) == 0);
	assert_true(get_le(node + 8, 4) == 9); /* SETUP_RNG_SEED */
	assert_true(get_le(node + 12, 4) == 32);
	assert_memory_equal(node + 16, "0123456789abcdef0123456789ABCDEF", 32);
}

static void given_seed(struct told *t)
{
	given_told(t, &KERNEL());
	t->found.has_seed = true;
	memcpy(t->found.seed, "0123456789abcdef0123456789ABCDEF", 32);
}

static void x250_the_seed_is_in_setup_data(void **state)
{
	struct told t;

	(void)state;
	given_seed(&t);
	tell(&t);
	expect_seed(&t, get_le(t.bp + 0x250, 8));
	finish_with_pages(&t, 128);
	expect_seed(&t, get_le(t.bp + 0x250, 8));
	forget(&t);

	given_told(&t, &KERNEL());
	tell(&t);
	finish_with_pages(&t, 128);
	expect_field(&t, 0x250, 8, 0);
	forget(&t);
}

static void x2d0_a_map_of_one_entry_is_told(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	tell(&t);
	finish_with_pages(&t, 1);
	expect_field(&t, 0x1e8, 1, 1);
	expect_e820(t.bp + 0x2d0, MIB(1), EFI_PAGE, 1);
	forget(&t);
}

static void x2d0_up_to_128_entries_stand_in_the_zero_page(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	tell(&t);
	finish_with_pages(&t, 128);
	expect_field(&t, 0x1e8, 1, 128);
	expect_e820(t.bp + 0x2d0, MIB(1), EFI_PAGE, 1);
	expect_e820(t.bp + 0x2d0 + 127 * 20, MIB(1) + 254 * EFI_PAGE, EFI_PAGE, 1);
	forget(&t);
}

/* libstub/x86-stub.c, setup_e820, and efi-stub-helper.c: of several efi= the last counts. */
static void x2d0_soft_reserved_memory_is_ram_where_the_command_line_says_so(void **state)
{
	static const struct {
		const char *line;
		uint32_t type;
	} row[] = {{"quiet", 0xefffffff},
		   {"efi=nosoftreserve", 1},
		   {"efi=debug,nosoftreserve", 1},
		   {"efi=nosoftreserve efi=debug", 0xefffffff},
		   {"efi=nosoftreserves", 0xefffffff}};
	struct told t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct final_map *final;

		given_told(&t, &KERNEL());
		t.cargo.command_line = row[i].line;
		tell(&t);
		final = final_map(&t, 1);
		put_descriptor(final->descriptors, 7, MIB(1), 1, 0x40000 | 0xf); /* EFI_MEMORY_SP */
		t.image.protocol->finish(&t.handoff, final);
		expect_field(&t, 0x1e8, 1, 1);
		expect_e820(t.bp + 0x2d0, MIB(1), EFI_PAGE, row[i].type);
		forget(&t);
	}
}

/* boot.rst, setup_data: "write (obligatory)". What a file has there is no address of this machine. */
static void x250_what_the_file_has_in_setup_data_does_not_count(void **state)
{
	static const uint16_t versions[] = {0x0209, 0x020c, 0x020f};
	struct told t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		given_told(&t, &KERNEL(.version = versions[i], .setup_data = 0xdeadbeef000));
		tell(&t);
		finish_with_pages(&t, 128);
		expect_field(&t, 0x250, 8, 0);
		forget(&t);
	}
}

/* boot.rst, setup_data: 2.09+. What stands there before is no field, and the header's copy may end sooner. */
static void x250_before_2_09_there_is_no_setup_data(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL(.version = 0x0208, .jump = 0x50 - 0x02));
	assert_false(t.image.protocol->takes_seed(&t.image, (struct bytes){NULL, 0}));
	t.found.has_seed = true;
	memset(t.found.seed, 0x5a, sizeof(t.found.seed));
	tell(&t);
	finish_with_pages(&t, 193);
	for (unsigned int at = 0x250; at < 0x290; at++)
		expect_field(&t, at, 1, 0);
	expect_field(&t, 0x1e8, 1, 128);
	expect_e820(t.bp + 0x2d0 + 127 * 20, MIB(1) + 254 * EFI_PAGE, EFI_PAGE, 1);
	assert_null(t.handoff.seed.at);
	assert_null(t.handoff.e820_extra.at);
	forget(&t);
}

static void x250_more_than_128_entries_go_on_in_setup_data_before_the_seed(void **state)
{
	struct told t;
	const uint8_t *node;

	(void)state;
	given_seed(&t);
	tell(&t);
	finish_with_pages(&t, 193);
	expect_field(&t, 0x1e8, 1, 128);
	node = node_at(&t, get_le(t.bp + 0x250, 8));
	assert_true(get_le(node + 8, 4) == 1); /* SETUP_E820_EXT */
	assert_true(get_le(node + 12, 4) == 65 * 20);
	for (unsigned int i = 0; i < 193; i++)
		expect_e820(i < 128 ? t.bp + 0x2d0 + i * 20 : node + 16 + (i - 128) * 20, MIB(1) + i * 2 * EFI_PAGE,
			    EFI_PAGE, 1);
	expect_seed(&t, get_le(node, 8));
	forget(&t);
}

static void x250_the_129th_entry_is_not_lost(void **state)
{
	struct told t;
	const uint8_t *node;

	(void)state;
	given_told(&t, &KERNEL());
	t.found.map_room = 129;
	tell(&t);
	assert_int_equal(t.handoff.e820_extra_room, 1);
	assert_true(t.handoff.final.address % 8 == 0);
	finish_with_pages(&t, 129);
	node = node_at(&t, get_le(t.bp + 0x250, 8));
	assert_true(get_le(node, 8) == 0);
	assert_true(get_le(node + 12, 4) == 20);
	expect_e820(node + 16, MIB(1) + 256 * EFI_PAGE, EFI_PAGE, 1);
	forget(&t);
}

static void x1f1_what_was_measured_is_what_is_written(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	char line[300];
	struct told t;

	(void)state;
	for (unsigned int i = 0; i < 500; i++) {
		size_t length = roll(&dice, sizeof(line));

		memset(line, 'a', length);
		line[length] = '\0';
		given_told(&t, &KERNEL());
		t.cargo.command_line = line;
		t.found.has_seed = roll(&dice, 2) == 0;
		t.found.map_room = 1 + roll(&dice, 400);
		t.found.map_desc_size = 40 + 8 * roll(&dice, 4);
		tell(&t);
		assert_string_equal((const char *)t.handoff.command_line.at, line);
		finish_with_pages(&t, t.found.map_room);
		forget(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x250_the_seed_is_in_setup_data),
	    cmocka_unit_test(x2d0_a_map_of_one_entry_is_told),
	    cmocka_unit_test(x2d0_up_to_128_entries_stand_in_the_zero_page),
	    cmocka_unit_test(x2d0_soft_reserved_memory_is_ram_where_the_command_line_says_so),
	    cmocka_unit_test(x250_what_the_file_has_in_setup_data_does_not_count),
	    cmocka_unit_test(x250_before_2_09_there_is_no_setup_data),
	    cmocka_unit_test(x250_more_than_128_entries_go_on_in_setup_data_before_the_seed),
	    cmocka_unit_test(x250_the_129th_entry_is_not_lost),
	    cmocka_unit_test(x1f1_what_was_measured_is_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
