/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel is told of memory in the types of e820, and of RAM only where every descriptor of firmware's says RAM.
 * Held against a bitmap of pages, also for maps whose descriptors overlap.
 */
#include "given.h"

#define PAGES 40
#define ROOM  12

enum { RAM = 1, RESERVED = 2, ACPI = 3, NVS = 4, UNUSABLE = 5, PMEM = 7 };
#define SOFT_RESERVED 0xefffffffu

struct line {
	uint64_t start, size;
	uint32_t type;
};

static struct line line_at(const uint8_t *table, size_t n)
{
	const uint8_t *at = table + 20 * n;

	return (struct line){get_le(at, 8), get_le(at + 8, 8), (uint32_t)get_le(at + 16, 4)};
}

static void expect_line(const uint8_t *table, size_t n, uint64_t start, uint64_t end, uint32_t type)
{
	struct line l = line_at(table, n);

	if (l.start != start || l.size != end - start || l.type != type)
		fail_msg("entry %zu is %#" PRIx64 ", %#" PRIx64 " bytes, type %u; expected %#" PRIx64 "-%#" PRIx64
			 ", type %u",
			 n, l.start, l.size, l.type, start, end, type);
}

/* ---- types: ACPI 6.5, table 15.8, and Linux's additions ---- */

static void x250_every_uefi_type_has_its_e820_type(void **state)
{
	static const uint32_t expected[] = {
	    RESERVED, RAM,  RAM, RAM,	   RAM,	     RESERVED, RESERVED, RAM,
	    UNUSABLE, ACPI, NVS, RESERVED, RESERVED, RESERVED, PMEM,	 RAM,
	};

	(void)state;
	for (uint32_t type = 0; type < 40; type++) {
		struct memory m = {.at = {0, 4096}, .type = type, .attribute = 0xf};

		assert_true((uint32_t)e820_type_of(&m) == (type < 16 ? expected[type] : RESERVED));
	}
}

static void c1_soft_reserved_memory_is_not_told_as_ram(void **state)
{
	struct memory m = {.at = {0, 4096}, .type = MEMORY_CONVENTIONAL, .attribute = 0x40000 | 0xf};

	(void)state;
	assert_true((uint32_t)e820_type_of(&m) == SOFT_RESERVED);
}

/* ---- the table ---- */

static void x250_neighbours_of_one_type_are_one_entry(void **state)
{
	uint8_t page[20 * 12];
	struct e820_table table = {.zeropage = page, .zeropage_room = 12};

	(void)state;
	given_map("0-640K free, 1M-2M free, 2M-3M loader, 3M-4M boot, 4M-5M acpi, 5M-6M nvs, 6M-7M runtime,"
		  "7M-8M reserved, 9M-10M reserved, 10M-11M unaccepted, 11M-12M free sp, 12M-13M free");
	e820_from_map(&world.map, &table);
	assert_int_equal(table.count, 9);
	expect_line(page, 0, 0, KIB(640), RAM);
	expect_line(page, 1, MIB(1), MIB(4), RAM);
	expect_line(page, 2, MIB(4), MIB(5), ACPI);
	expect_line(page, 3, MIB(5), MIB(6), NVS);
	expect_line(page, 4, MIB(6), MIB(8), RESERVED);
	expect_line(page, 5, MIB(9), MIB(10), RESERVED);
	expect_line(page, 6, MIB(10), MIB(11), RAM);
	expect_line(page, 7, MIB(11), MIB(12), SOFT_RESERVED);
	expect_line(page, 8, MIB(12), MIB(13), RAM);
}

static void x8_ram_below_640_kib_is_told(void **state)
{
	uint8_t page[20 * 4];
	struct e820_table table = {.zeropage = page, .zeropage_room = 4};

	(void)state;
	given_map("0-632K boot, 632K-640K reserved, 1M-3G free");
	e820_from_map(&world.map, &table);
	expect_line(page, 0, 0, KIB(632), RAM);
}

/* Of n entries the first go into the zero page, the others on, in order, and what fits nowhere is left out. */
static void x250_entries_past_the_zero_page_go_on_in_order(void **state)
{
	struct memory entry[300];
	struct memmap map = {entry, COUNT_OF(entry), COUNT_OF(entry)};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(entry); i++)
		entry[i] = (struct memory){{i * 8192, i * 8192 + 4096}, i % 2 == 0 ? 7 : 0, 0xf};
	for (size_t extra_room = 0; extra_room < 175; extra_room += 29) {
		uint8_t *page = malloc(20 * 128), *extra = malloc(20 * extra_room + 1);
		struct e820_table table = {
		    .zeropage = page, .extra = extra, .zeropage_room = 128, .extra_room = extra_room};

		e820_from_map(&map, &table);
		assert_int_equal(table.count, 128 + (extra_room < 172 ? extra_room : 172));
		for (size_t i = 0; i < table.count; i++)
			expect_line(i < 128 ? page : extra, i < 128 ? i : i - 128, i * 8192, i * 8192 + 4096,
				    i % 2 == 0 ? RAM : RESERVED);
		free(page);
		free(extra);
	}
}

/* ---- overlaps ---- */

/* What the descriptors say of each page. */
struct claims {
	uint32_t type[PAGES]; /* of the last that covers it */
	unsigned int covering[PAGES];
	bool disputed[PAGES]; /* by descriptors of different types */
	bool cut[PAGES];      /* RAM whose descriptor is disputed further down: told short when entries run out */
};

static void read_claims(const struct memmap *map, struct claims *claims)
{
	memset(claims, 0, sizeof(*claims));
	for (size_t i = 0; i < map->count; i++) {
		uint32_t type = (uint32_t)e820_type_of(&map->entry[i]);

		for (uint64_t page = map->entry[i].at.start / EFI_PAGE; page < map->entry[i].at.end / EFI_PAGE;
		     page++) {
			if (claims->covering[page]++ != 0 && claims->type[page] != type)
				claims->disputed[page] = true;
			if (claims->disputed[page] && (type == RAM || claims->type[page] == RAM))
				claims->type[page] = type == RAM ? claims->type[page] : type;
			else
				claims->type[page] = type;
		}
	}
	for (size_t i = 0; i < map->count; i++) {
		bool disputed = false;

		for (uint64_t page = map->entry[i].at.start / EFI_PAGE; page < map->entry[i].at.end / EFI_PAGE;
		     page++) {
			disputed = disputed || claims->disputed[page];
			claims->cut[page] = claims->cut[page] || disputed;
		}
	}
}

static void check_overlapping(struct memmap *map, size_t room)
{
	uint8_t page_table[20 * 2 * ROOM];
	struct e820_table table = {.zeropage = page_table, .zeropage_room = room};
	uint32_t told[PAGES] = {0};
	struct claims claims;
	uint64_t end = 0;

	read_claims(map, &claims);
	e820_from_map(map, &table);
	assert_in_range(table.count, 0, room);
	for (size_t i = 0; i < table.count; i++) {
		struct line l = line_at(page_table, i);

		assert_true(l.size != 0 && l.start >= end);
		end = l.start + l.size;
		for (uint64_t page = l.start / EFI_PAGE; page < end / EFI_PAGE; page++)
			told[page] = l.type;
	}
	for (unsigned int page = 0; page < PAGES; page++) {
		if (told[page] == RAM) /* the rule that keeps a machine alive */
			assert_true(claims.type[page] == RAM && !claims.disputed[page]);
		if (claims.covering[page] == 0)
			assert_int_equal(told[page], 0);
		else if (claims.disputed[page])
			assert_int_not_equal(told[page], 0);
		else if (claims.type[page] != RAM || !claims.cut[page] || room == (size_t)2 * ROOM)
			assert_true(told[page] == claims.type[page]);
	}
}

static void x250_ram_is_told_only_where_every_descriptor_says_ram(void **state)
{
	static const uint32_t types[] = {7, 7, 7, 4, 0, 0, 9, 10, 14, 8, 15, 6};
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned int round = 0; round < 200000; round++) {
		struct memory entry[ROOM];
		struct memmap map = {entry, 0, ROOM};
		uint8_t raw[40 * ROOM];
		uint32_t n = roll(&dice, ROOM + 1);
		struct fail why;

		for (uint32_t i = 0; i < n; i++)
			put_descriptor(raw + 40 * i, types[roll(&dice, COUNT_OF(types))], roll(&dice, 30) * EFI_PAGE,
				       roll(&dice, 10), roll(&dice, 8) == 0 ? ATTRIBUTE_SOFT_RESERVED : 0xf);
		assert_int_equal(memmap_parse(&map, raw, 40 * n, 40, &why), OK);
		check_overlapping(&map, map.count);
		check_overlapping(&map, 2 * ROOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x250_every_uefi_type_has_its_e820_type),
	    cmocka_unit_test(c1_soft_reserved_memory_is_not_told_as_ram),
	    cmocka_unit_test(x250_neighbours_of_one_type_are_one_entry),
	    cmocka_unit_test(x8_ram_below_640_kib_is_told),
	    cmocka_unit_test(x250_entries_past_the_zero_page_go_on_in_order),
	    cmocka_unit_test(x250_ram_is_told_only_where_every_descriptor_says_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
