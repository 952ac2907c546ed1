/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware's map is read as UEFI describes it, whatever firmware wrote, and a page is free only where a descriptor of
 * free memory covers it and no other touches it. Held against a bitmap of pages, descriptor by descriptor.
 */
#include "given.h"

#define PAGES 48 /* descriptors start in the first 36 and have at most 8 */
#define ROOM  12

#define RELIABLE (ATTRIBUTE_MORE_RELIABLE | 0xf)

/* @n descriptors of @desc_size bytes in exactly as many bytes as they need. */
static enum status parse(struct memmap *map, const uint8_t *raw, size_t n, size_t desc_size, struct fail *why)
{
	uint8_t *exact = malloc(n * desc_size + 1);
	enum status status;

	assert_non_null(exact);
	memcpy(exact + 1, raw, n * desc_size); /* off any alignment: firmware's buffer need not have one */
	status = memmap_parse(map, exact + 1, n * desc_size, desc_size, why);
	free(exact);
	return status;
}

static void expect_entry(const struct memmap *map, size_t i, uint64_t start, uint64_t end, uint32_t type)
{
	assert_true(i < map->count);
	if (map->entry[i].at.start != start || map->entry[i].at.end != end || map->entry[i].type != type)
		fail_msg("entry %zu is %#" PRIx64 "-%#" PRIx64 " type %u", i, map->entry[i].at.start,
			 map->entry[i].at.end, map->entry[i].type);
}

/* ---- reading ---- */

static void c1_descriptors_may_be_longer_than_uefi_names_them(void **state)
{
	static const size_t sizes[] = {40, 48, 56, 400};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct memory entry[ROOM];
		struct memmap map = {entry, 99, ROOM};
		uint8_t raw[3 * 400];
		struct fail why;

		memset(raw, 0xaa, sizeof(raw));
		put_descriptor(raw, 7, MIB(1), 256, 0xf);
		put_descriptor(raw + sizes[i], 0, MIB(2), 1, 0);
		put_descriptor(raw + 2 * sizes[i], 11, GIB(4), 2, UINT64_C(1) << 63);
		assert_int_equal(parse(&map, raw, 3, sizes[i], &why), OK);
		assert_int_equal(map.count, 3);
		expect_entry(&map, 0, MIB(1), MIB(2), MEMORY_CONVENTIONAL);
		expect_entry(&map, 1, MIB(2), MIB(2) + 4096, MEMORY_RESERVED);
		expect_entry(&map, 2, GIB(4), GIB(4) + 8192, MEMORY_MMIO);
		assert_true(entry[2].attribute == UINT64_C(1) << 63);
	}
}

/* The last page of all has no end that a number of 64 bits can name. */
static void c1_a_descriptor_that_goes_around_the_end_of_addresses_is_none(void **state)
{
	static const struct {
		uint64_t start, pages;
	} row[] = {
	    {MIB(1), (UINT64_C(1) << 56) + 1},
	    {UINT64_MAX - 0x1ffe, 1},
	    {UINT64_MAX - 0xfff, 1},
	    {UINT64_MAX - 0xffe, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++)
		for (uint32_t type = 6; type <= 7; type++) {
			struct memory entry[ROOM];
			struct memmap map = {entry, 0, ROOM};
			uint8_t raw[40];
			struct fail why;

			put_descriptor(raw, type, row[i].start, row[i].pages, 0xf);
			assert_int_equal(parse(&map, raw, 1, sizeof(raw), &why), OK);
			if (map.count != 0)
				fail_msg("row %zu, type %u: %#" PRIx64 "-%#" PRIx64, i, type, entry[0].at.start,
					 entry[0].at.end);
		}
}

static void c8_who_keeps_memory_after_exit_is_told(void **state)
{
	struct memory entry[] = {{{MIB(1), MIB(2)}, MEMORY_RUNTIME_DATA, 8},
				 {{MIB(2), MIB(4)}, MEMORY_CONVENTIONAL, 8},
				 {{MIB(4), MIB(5)}, MEMORY_RUNTIME_CODE, 8}};
	struct memmap map = {entry, COUNT_OF(entry), COUNT_OF(entry)};
	const struct memory *stays;

	(void)state;
	assert_true(memmap_is_free_after_exit(&map, (struct range){MIB(2), MIB(4)}, false, &stays));
	assert_null(stays);
	assert_false(memmap_is_free_after_exit(&map, (struct range){MIB(1), MIB(3)}, false, &stays));
	assert_ptr_equal(stays, &entry[0]);
	assert_false(memmap_is_free_after_exit(&map, (struct range){MIB(3), MIB(5)}, false, &stays));
	assert_ptr_equal(stays, &entry[2]);
	assert_false(memmap_is_free_after_exit(&map, (struct range){MIB(5), MIB(6)}, false, &stays));
	assert_null(stays);
}

static void c1_descriptor_sizes_that_cannot_be_are_refused(void **state)
{
	static const size_t sizes[] = {0, 1, 39, 41, 44, 32};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct memory entry[ROOM];
		struct memmap map = {entry, 0, ROOM};
		uint8_t raw[200] = {0};
		struct fail why;

		assert_int_equal(memmap_parse(&map, raw, sizeof(raw), sizes[i], &why), BAD_INPUT);
		assert_true(why.text[0] != '\0');
	}
}

static void c1_a_cut_descriptor_at_the_end_is_not_read(void **state)
{
	struct memory entry[ROOM];
	struct memmap map = {entry, 0, ROOM};
	uint8_t *raw = malloc(40 + 39);
	struct fail why;

	(void)state;
	put_descriptor(raw, 7, MIB(1), 1, 0xf);
	memset(raw + 40, 0x11, 39);
	assert_int_equal(memmap_parse(&map, raw, 79, 40, &why), OK);
	assert_int_equal(map.count, 1);
	assert_int_equal(memmap_parse(&map, raw, 0, 40, &why), OK);
	assert_int_equal(map.count, 0);
	free(raw);
}

static void c1_empty_and_wrapping_descriptors_are_left_out(void **state)
{
	static const struct range wrong[] = {
	    /* start, pages */
	    {MIB(4), 0},
	    {MIB(4), UINT64_MAX},
	    {MIB(4), UINT64_C(1) << 52},
	    {MIB(4), (UINT64_C(1) << 52) + 1},
	    {0, UINT64_C(1) << 52},
	    {UINT64_MAX - 4095, 2},
	    {UINT64_MAX - 8191, UINT64_MAX / 4096},
	    {UINT64_MAX - 100, 1},
	};
	struct memory entry[ROOM];
	struct memmap map = {entry, 0, ROOM};
	uint8_t raw[40 * ROOM];
	struct fail why;
	size_t n = 0;

	(void)state;
	for (; n < COUNT_OF(wrong); n++)
		put_descriptor(raw + 40 * n, n % 2 == 0 ? 7 : 0, wrong[n].start, wrong[n].end, 0xf);
	put_descriptor(raw + 40 * n++, 7, MIB(1), 1, 0xf);
	assert_int_equal(parse(&map, raw, n, 40, &why), OK);
	assert_int_equal(map.count, 1);
	expect_entry(&map, 0, MIB(1), MIB(1) + 4096, MEMORY_CONVENTIONAL);
}

static void c1_off_a_page_edge_free_memory_shrinks_and_other_memory_grows(void **state)
{
	struct memory entry[ROOM];
	struct memmap map = {entry, 0, ROOM};
	uint8_t raw[40 * ROOM];
	struct fail why;

	(void)state;
	put_descriptor(raw, 7, 0x101800, 3, 0xf);
	put_descriptor(raw + 40, 0, 0x201800, 3, 0xf);
	put_descriptor(raw + 80, 7, 0x301800, 3, ATTRIBUTE_SOFT_RESERVED);
	put_descriptor(raw + 120, 7, 0x401001, 1, 0xf);
	assert_int_equal(parse(&map, raw, 4, 40, &why), OK);
	assert_int_equal(map.count, 3);
	expect_entry(&map, 0, 0x102000, 0x104000, MEMORY_CONVENTIONAL);
	expect_entry(&map, 1, 0x201000, 0x205000, MEMORY_RESERVED);
	expect_entry(&map, 2, 0x301000, 0x305000, MEMORY_CONVENTIONAL);
}

/* Firmware's own order nearly is one, further from it, and none at all. */
static void c1_any_order_is_sorted(void **state)
{
	static const uint32_t apart[] = {1, 4, 16, 100};
	struct dice dice = dice_from_seed(__func__);
	struct memory entry[200];
	uint8_t raw[200 * 40];
	struct fail why;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		struct memmap map = {entry, 0, COUNT_OF(entry)};
		uint32_t n = roll(&dice, COUNT_OF(entry) + 1);
		uint64_t sum = 0, sum_read = 0;

		for (uint32_t i = 0; i < n; i++) {
			uint32_t by = apart[round % COUNT_OF(apart)];
			uint64_t page = roll(&dice, by + 1) + (by < 100 ? i : 0);

			put_descriptor(raw + 40 * i, i % 16, page * EFI_PAGE, 1 + roll(&dice, 9), 0);
			sum += page * 16 + i % 16;
		}
		assert_int_equal(parse(&map, raw, n, 40, &why), OK);
		assert_int_equal(map.count, n);
		for (uint32_t i = 0; i < n; i++) {
			assert_true(i == 0 || entry[i - 1].at.start <= entry[i].at.start);
			sum_read += entry[i].at.start / EFI_PAGE * 16 + entry[i].type;
		}
		assert_true(sum == sum_read);
	}
}

static void c1_too_many_descriptors_are_told_and_what_fits_is_there(void **state)
{
	struct memory *entry = malloc(2 * sizeof(*entry));
	struct memmap map = {entry, 0, 2};
	uint8_t raw[40 * 4];
	struct fail why;

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		put_descriptor(raw + 40 * i, 7, MIB(8 - i), 1, 0xf);
	assert_int_equal(parse(&map, raw, 4, 40, &why), NO_PLACE);
	assert_non_null(strstr(why.text, "4"));
	assert_int_equal(map.count, 2);
	expect_entry(&map, 0, MIB(7), MIB(7) + 4096, MEMORY_CONVENTIONAL);
	expect_entry(&map, 1, MIB(8), MIB(8) + 4096, MEMORY_CONVENTIONAL);
	free(entry);
}

/* ---- what is free ---- */

static void c1_only_conventional_memory_without_marks_is_free(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 40; type++) {
		struct memory m = {.at = {0, 4096}, .type = type, .attribute = 0xf};

		assert_int_equal(memory_is_free(&m), type == MEMORY_CONVENTIONAL);
		m.attribute |= UINT64_C(0x8000000000000000) | ATTRIBUTE_MORE_RELIABLE;
		assert_int_equal(memory_is_free(&m), type == MEMORY_CONVENTIONAL);
		m.attribute |= 0x40000; /* EFI_MEMORY_SP */
		assert_false(memory_is_free(&m));
		m.attribute = 0x100000; /* EFI_MEMORY_HOT_PLUGGABLE */
		assert_false(memory_is_free(&m));
	}
}

static void c1_every_type_has_a_name(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 20; type++)
		for (uint32_t other = 0; other < type && type < 17; other++)
			assert_string_not_equal(memory_type_name(type), memory_type_name(other));
	assert_string_equal(memory_type_name(UINT32_MAX), memory_type_name(16));
	assert_string_equal(memory_type_name(4), "boot services data");
}

/* One random descriptor, and what it says of each page, as the words of the rule have it. */
struct oracle {
	uint64_t free, reliable, busy; /* bit n is page n */
};

static void add_descriptor(struct dice *dice, uint8_t *raw, struct oracle *o)
{
	static const uint64_t attributes[] = {0xf, 0xf, RELIABLE, ATTRIBUTE_SOFT_RESERVED, ATTRIBUTE_HOT_PLUGGABLE};
	uint64_t attribute = attributes[roll(dice, COUNT_OF(attributes))];
	uint64_t start = roll(dice, 36) * EFI_PAGE + (roll(dice, 5) == 0 ? roll(dice, 4096) : 0);
	uint64_t pages = roll(dice, 9), end = start + pages * EFI_PAGE;
	uint32_t type = roll(dice, 3) == 0 ? roll(dice, 17) : 7;
	bool is_free = type == 7 && (attribute & (ATTRIBUTE_SOFT_RESERVED | ATTRIBUTE_HOT_PLUGGABLE)) == 0;

	put_descriptor(raw, type, start, pages, attribute);
	for (unsigned int page = 0; page < PAGES; page++) {
		uint64_t at = page * EFI_PAGE;
		bool whole = start <= at && at + EFI_PAGE <= end, touched = start < at + EFI_PAGE && at < end;

		o->free |= (uint64_t)(is_free && whole) << page;
		o->reliable |= (uint64_t)(is_free && whole && attribute == RELIABLE) << page;
		o->busy |= (uint64_t)(!is_free && touched) << page;
	}
}

static void expect_runs(const struct memmap *map, bool reliable, uint64_t mask)
{
	struct range *run = malloc((2 * map->count + 1) * sizeof(*run));
	size_t n = memmap_free_runs(map, reliable, run, 2 * map->count), at = 0;

	assert_in_range(n, 0, 2 * map->count);
	assert_int_equal(memmap_free_runs(map, reliable, NULL, 0), n);
	for (unsigned int page = 0; page < PAGES; page++) {
		struct range want = {page * EFI_PAGE, page * EFI_PAGE};

		while (page < PAGES && (mask >> page & 1) != 0)
			want.end = ++page * EFI_PAGE;
		if (range_is_empty(want))
			continue;
		assert_true(at < n);
		assert_true(run[at].start == want.start);
		assert_true(run[at++].end == want.end);
	}
	assert_int_equal(at, n);
	free(run);
}

static void expect_owner(const struct memmap *map, struct range range)
{
	const struct memory *owner = memmap_owner(map, range);
	size_t i = 0;

	while (i < map->count && (memory_is_free(&map->entry[i]) || map->entry[i].at.start >= range.end ||
				  range.start >= map->entry[i].at.end))
		i++;
	assert_ptr_equal(owner, i == map->count ? NULL : &map->entry[i]);
}

static void c1_free_runs_are_the_pages_that_only_free_memory_claims(void **state)
{
	struct dice dice = dice_from_seed(__func__);

	(void)state;
	for (unsigned int round = 0; round < 100000; round++) {
		struct memory entry[ROOM];
		struct memmap map = {entry, 0, ROOM};
		struct oracle o = {0, 0, 0};
		uint8_t raw[40 * ROOM];
		uint32_t n = roll(&dice, ROOM + 1);
		uint64_t page = roll(&dice, PAGES);
		struct fail why;

		for (uint32_t i = 0; i < n; i++)
			add_descriptor(&dice, raw + 40 * i, &o);
		assert_int_equal(memmap_parse(&map, raw, 40 * n, 40, &why), OK);
		expect_runs(&map, false, o.free & ~o.busy);
		expect_runs(&map, true, o.reliable & ~o.busy);
		expect_owner(&map, (struct range){page * EFI_PAGE, (page + 1 + roll(&dice, 9)) * EFI_PAGE});
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c1_descriptors_may_be_longer_than_uefi_names_them),
	    cmocka_unit_test(c1_a_descriptor_that_goes_around_the_end_of_addresses_is_none),
	    cmocka_unit_test(c8_who_keeps_memory_after_exit_is_told),
	    cmocka_unit_test(c1_descriptor_sizes_that_cannot_be_are_refused),
	    cmocka_unit_test(c1_a_cut_descriptor_at_the_end_is_not_read),
	    cmocka_unit_test(c1_empty_and_wrapping_descriptors_are_left_out),
	    cmocka_unit_test(c1_off_a_page_edge_free_memory_shrinks_and_other_memory_grows),
	    cmocka_unit_test(c1_any_order_is_sorted),
	    cmocka_unit_test(c1_too_many_descriptors_are_told_and_what_fits_is_there),
	    cmocka_unit_test(c1_only_conventional_memory_without_marks_is_free),
	    cmocka_unit_test(c1_every_type_has_a_name),
	    cmocka_unit_test(c1_free_runs_are_the_pages_that_only_free_memory_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
