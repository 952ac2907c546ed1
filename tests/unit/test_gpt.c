/* SPDX-License-Identifier: BSD-2-Clause */
/* GUID partition tables as UEFI 2.10, 5.3, has them: what is sound is found, and nothing else is believed. */
#include "given.h"
#include "gpt_disk.h"

#include "../../base/gpt.h"
#include "../../base/mbr.h"

#define LAST (GPT_DISK_BLOCKS - 1)

static struct gpt_disk disk;
static struct gpt gpt;

static bool read_header(bool backup)
{
	return gpt_header((struct bytes){gpt_disk_header(&disk, backup), disk.block}, backup ? LAST : 1, LAST, &gpt);
}

static struct bytes table(bool backup)
{
	return (struct bytes){gpt_disk_table(&disk, backup), GPT_DISK_ENTRIES * 128};
}

static void given_disk(size_t block)
{
	gpt_disk_begin(&disk, block);
	gpt_disk_add(&disk, 0, gpt_disk_esp, 0x11, 40, 49);
	gpt_disk_add(&disk, 5, gpt_disk_xbootldr, 0x22, 60, 60);
	gpt_disk_add(&disk, 6, gpt_disk_xbootldr, 0x33, 61, 70);
}

static void the_first_partition_of_a_type_is_found_in_either_table(void **state)
{
	static const uint8_t guid[16] = {0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
					 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22};
	struct gpt_partition found;

	(void)state;
	for (int backup = 0; backup < 4; backup++) {
		given_disk(backup < 2 ? 512 : 4096);
		assert_true(read_header(backup % 2 == 1));
		assert_true(gpt.n == 128 && gpt.entry_size == 128);
		assert_true(gpt_is_table(&gpt, table(backup % 2 == 1)));
		assert_true(gpt_find(&gpt, table(backup % 2 == 1), gpt_disk_xbootldr, &found));
		assert_int_equal(found.number, 6);
		assert_int_equal(found.start, 60);
		assert_int_equal(found.blocks, 1);
		assert_memory_equal(found.guid, guid, sizeof(guid));
		assert_true(gpt_find(&gpt, table(backup % 2 == 1), gpt_disk_esp, &found));
		assert_true(found.number == 1 && found.start == 40 && found.blocks == 10);
		assert_false(gpt_find(&gpt, table(backup % 2 == 1), gpt_disk_linux, &found));
	}
}

static void a_header_tells_where_the_other_is(void **state)
{
	(void)state;
	given_disk(512);
	assert_int_equal(gpt_other_header((struct bytes){gpt_disk_header(&disk, false), 512}), LAST);
	assert_int_equal(gpt_other_header((struct bytes){gpt_disk_header(&disk, true), 512}), 1);
	assert_int_equal(gpt_other_header((struct bytes){gpt_disk_header(&disk, false), 511}), 0);
	store_le(gpt_disk_header(&disk, false) + 32, 8, UINT64_C(0x123456789abcdef));
	assert_true(gpt_other_header((struct bytes){gpt_disk_header(&disk, false), 512}) ==
		    UINT64_C(0x123456789abcdef));
	gpt_disk_header(&disk, false)[0] = 'e';
	assert_int_equal(gpt_other_header((struct bytes){gpt_disk_header(&disk, false), 512}), 0);
}

/* Every bit of the header and a bit of every byte of an entry: any change must be noticed. */
static void what_a_checksum_is_not_of_is_not_believed(void **state)
{
	(void)state;
	given_disk(512);
	for (size_t bit = 0; bit < 92 * 8u; bit++) {
		gpt_disk_header(&disk, false)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(read_header(false));
		gpt_disk_header(&disk, false)[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(read_header(false));
	for (size_t bit = 0; bit < 128; bit++) {
		gpt_disk_table(&disk, false)[bit] ^= 1;
		assert_false(gpt_is_table(&gpt, table(false)));
		gpt_disk_table(&disk, false)[bit] ^= 1;
	}
	assert_true(gpt_is_table(&gpt, table(false)));
	assert_false(gpt_is_table(&gpt, (struct bytes){table(false).at, table(false).size - 1}));
	assert_int_equal(gpt_crc32((struct bytes){(const uint8_t *)"123456789", 9}), 0xcbf43926);
}

static void a_header_for_another_block_is_none(void **state)
{
	(void)state;
	given_disk(512);
	assert_false(gpt_header((struct bytes){gpt_disk_header(&disk, true), 512}, 1, LAST, &gpt));
	assert_false(gpt_header((struct bytes){gpt_disk_header(&disk, false), 511}, 1, LAST, &gpt));
	assert_false(gpt_header((struct bytes){gpt_disk_header(&disk, false), 0}, 1, LAST, &gpt));
}

/* Each number with its checksum, at the last value that can be and at the first that cannot. */
static void numbers_that_cannot_be_are_refused(void **state)
{
	static const struct {
		unsigned int at, width;
		uint64_t value;
		bool good;
	} row[] = {
	    {12, 4, 0x100005c, false},
	    {24, 8, 1, true},
	    {24, 8, UINT64_C(1) << 56 | 1, false},
	    {12, 4, 92, true},
	    {12, 4, 91, false},
	    {12, 4, 512, true},
	    {12, 4, 513, false},
	    {12, 4, 0, false},
	    {12, 4, UINT32_MAX, false},
	    {40, 8, 94, true},
	    {40, 8, 95, false},
	    {40, 8, 0, true},
	    {40, 8, UINT64_MAX, false},
	    {48, 8, LAST, true},
	    {48, 8, LAST + 1, false},
	    {48, 8, 34, true},
	    {48, 8, 33, false},
	    {48, 8, UINT64_MAX, false},
	    {72, 8, 2, true},
	    {72, 8, 1, false},
	    {72, 8, 0, false},
	    {72, 8, LAST - 31, true},
	    {72, 8, LAST - 30, false},
	    {72, 8, UINT64_MAX, false},
	    {72, 8, UINT64_MAX - 31, false},
	    {80, 4, 0, false},
	    {80, 4, 1, true},
	    {80, 4, 1025, false},
	    {80, 4, UINT32_MAX, false},
	    {84, 4, 64, false},
	    {84, 4, 0, false},
	    {84, 4, 192, false},
	    {84, 4, 256, true},
	    {84, 4, 0x80000000u, false},
	    {84, 4, UINT32_MAX, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_disk(512);
		store_le(gpt_disk_header(&disk, false) + row[i].at, row[i].width, row[i].value);
		gpt_disk_seal(&disk, false);
		if (read_header(false) != row[i].good)
			fail_msg("%#llx at %u is %s", (unsigned long long)row[i].value, row[i].at,
				 row[i].good ? "refused" : "believed");
	}
}

static void a_table_without_entries_is_none_however_large_the_disk_is(void **state)
{
	(void)state;
	given_disk(512);
	store_le(gpt_disk_header(&disk, false) + 80, 4, 0);
	gpt_disk_seal(&disk, false);
	assert_false(gpt_header((struct bytes){gpt_disk_header(&disk, false), 512}, 1, UINT64_MAX, &gpt));
}

static void a_table_has_its_limits(void **state)
{
	static const struct {
		uint32_t n, size;
		bool good;
	} row[] = {{1024, 128, true}, {1024, 1024, true},  {1024, 2048, false},
		   {512, 2048, true}, {1, 1u << 20, true}, {1, 1u << 21, false}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_disk(512);
		store_le(gpt_disk_header(&disk, false) + 80, 4, row[i].n);
		store_le(gpt_disk_header(&disk, false) + 84, 4, row[i].size);
		gpt_disk_seal(&disk, false);
		assert_int_equal(gpt_header((struct bytes){gpt_disk_header(&disk, false), 512}, 1, 1u << 20, &gpt),
				 row[i].good);
	}
}

static void a_partition_lies_among_the_usable_blocks(void **state)
{
	static const struct {
		uint64_t start, end;
		bool good;
	} row[] = {{34, 94, true},  {33, 94, false},	     {34, 95, false}, {94, 94, true},
		   {60, 59, false}, {60, UINT64_MAX, false}, {0, 0, false},   {UINT64_MAX, UINT64_MAX, false}};
	struct gpt_partition found;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		gpt_disk_begin(&disk, 512);
		gpt_disk_add(&disk, 127, gpt_disk_xbootldr, 1, row[i].start, row[i].end);
		assert_true(read_header(false) && gpt_is_table(&gpt, table(false)));
		assert_int_equal(gpt_find(&gpt, table(false), gpt_disk_xbootldr, &found), row[i].good);
		if (row[i].good)
			assert_true(found.number == 128 && found.blocks == row[i].end - row[i].start + 1);
	}
}

static void a_partition_is_found_by_where_it_begins(void **state)
{
	uint8_t guid[16] = {0}, *exact;

	(void)state;
	gpt_disk_begin(&disk, 512);
	gpt_disk_add(&disk, 0, gpt_disk_esp, 0x33, 40, 49);
	gpt_disk_add(&disk, 1, gpt_disk_esp, 0x66, UINT64_C(1) << 56 | 50, 59); /* which is not 50 */
	gpt_disk_add(&disk, 2, gpt_disk_esp, 0x44, 50, 59);
	gpt_disk_add(&disk, 127, gpt_disk_linux, 0x55, 60, 69);
	assert_true(read_header(false));
	assert_true(gpt_find_at(&gpt, table(false), 60, guid));
	assert_true(guid[0] == 0x55 && guid[15] == 0x55);
	assert_true(gpt_find_at(&gpt, table(false), 50, guid));
	assert_true(guid[0] == 0x44 && guid[15] == 0x44);
	assert_true(gpt_find_at(&gpt, table(false), 40, guid));
	assert_true(guid[0] == 0x33 && guid[15] == 0x33);
	exact = malloc(table(false).size);
	memcpy(exact, table(false).at, table(false).size);
	assert_false(gpt_find_at(&gpt, (struct bytes){exact, table(false).size}, 51, guid));
	free(exact);
	assert_false(gpt_find_at(&gpt, table(false), 0, guid)); /* where entries that are not used begin */
}

/* UEFI 2.10, 5.2.1: four rows from byte 446 on, the signature at 440. */
static void a_partition_in_an_mbr_is_found_by_its_type(void **state)
{
	uint8_t block[512] = {[510] = 0x55, [511] = 0xaa};
	struct gpt_partition found;
	struct bytes bytes = {block, sizeof(block)};

	(void)state;
	store_le(block + 440, 4, 0x12345678);
	for (unsigned int i = 0; i < 4; i++) {
		uint8_t *row = block + 446 + 16 * i;

		memset(block + 446, 0, 64);
		row[4] = 0xea;
		store_le(row + 8, 4, 0xfffffffe);
		store_le(row + 12, 4, 0xffffffff);
		assert_true(mbr_find(bytes, UINT64_C(0x1fffffffc), 0xea, &found));
		assert_true(found.number == i + 1 && found.rank == 1 && found.start == 0xfffffffe &&
			    found.blocks == 0xffffffff);
		assert_true(found.in_mbr && load_le(found.guid, 8) == 0x12345678);
		assert_false(mbr_find(bytes, UINT64_C(0x1fffffffb), 0xea, &found));
		assert_false(mbr_find(bytes, UINT64_MAX, 0xeb, &found));
		store_le(row + 12, 4, 0);
		assert_false(mbr_find(bytes, UINT64_MAX, 0xea, &found));
		store_le(row + 12, 4, 1);
		store_le(row + 8, 4, 0);
		assert_false(mbr_find(bytes, UINT64_MAX, 0xea, &found));
		store_le(row + 8, 4, 1);
		assert_true(mbr_find(bytes, 1, 0xea, &found));
	}
	for (bytes.size = 0; bytes.size < 512; bytes.size++)
		assert_false(mbr_find(bytes, UINT64_MAX, 0xea, &found));
	bytes.size = 512;
	block[511] = 0;
	assert_false(mbr_find(bytes, UINT64_MAX, 0xea, &found));
}

/* EDK2 of 2014, MdeModulePkg/Universal/Disk/PartitionDxe/Mbr.c: empty rows, and the guardian of a GPT, have no number.
 */
static void a_partition_in_an_mbr_has_a_rank_among_those_in_use(void **state)
{
	static const struct {
		uint8_t type, blocks;
		uint32_t rank;
	} before[] = {{0x83, 1, 2}, {0, 1, 1}, {0x83, 0, 1}, {0xee, 1, 1}, {0xef, 1, 2}};
	uint8_t block[512] = {
	    [510] = 0x55, [511] = 0xaa, [446 + 32 + 4] = 0xea, [446 + 32 + 8] = 9, [446 + 32 + 12] = 1};
	struct gpt_partition found;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(before); i++) {
		block[446 + 16 + 4] = before[i].type;
		block[446 + 16 + 12] = before[i].blocks;
		block[446 + 48 + 4] = 0x83; /* one behind it counts for nothing */
		block[446 + 48 + 12] = 1;
		assert_true(mbr_find((struct bytes){block, sizeof(block)}, 9, 0xea, &found));
		assert_true(found.number == 3 && found.rank == before[i].rank);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_partition_is_found_by_where_it_begins),
	    cmocka_unit_test(a_partition_in_an_mbr_is_found_by_its_type),
	    cmocka_unit_test(a_partition_in_an_mbr_has_a_rank_among_those_in_use),
	    cmocka_unit_test(the_first_partition_of_a_type_is_found_in_either_table),
	    cmocka_unit_test(a_header_tells_where_the_other_is),
	    cmocka_unit_test(what_a_checksum_is_not_of_is_not_believed),
	    cmocka_unit_test(a_header_for_another_block_is_none),
	    cmocka_unit_test(numbers_that_cannot_be_are_refused),
	    cmocka_unit_test(a_table_without_entries_is_none_however_large_the_disk_is),
	    cmocka_unit_test(a_table_has_its_limits),
	    cmocka_unit_test(a_partition_lies_among_the_usable_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
