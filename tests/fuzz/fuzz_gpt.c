/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GUID partition tables: what a header that is believed says of its table and of partitions lies on the disk, and no
 * bit of it can change unnoticed. The input's checksums are made right first, or nothing would be believed.
 */
#include "fuzz.h"

#include "../../base/gpt.h"
#include "../../base/mbr.h"

#define BLOCK 512

/* A bit that the input chooses. */
static void flip(uint8_t *bytes, uint64_t bit)
{
	bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void seal(uint8_t block[BLOCK], const struct bytes *table)
{
	uint64_t size = load_le(block + 12, 4);

	store_le(block + 88, 4, gpt_crc32(*table));
	store_le(block + 16, 4, 0);
	if (size <= BLOCK)
		store_le(block + 16, 4, gpt_crc32((struct bytes){block, (size_t)size}));
}

static void use_table(const struct gpt *gpt, struct bytes table, uint64_t last)
{
	struct gpt_partition found;
	uint8_t guid[16];

	if (gpt_find_at(gpt, table, load_le(table.at + 32, 8), guid))
		REQUIRE(memcmp(guid, table.at + 16, 16) == 0 || load_le(table.at, 8) == 0);
	if (!gpt_find(gpt, table, table.at, &found))
		return;
	REQUIRE(found.number == 1 && found.blocks != 0);
	REQUIRE(found.start >= gpt->first_usable && found.start <= last && found.blocks - 1 <= last - found.start);
	REQUIRE(memcmp(found.guid, table.at + 16, sizeof(found.guid)) == 0);
}

/* The rest of the input as the first block of a disk with the older table. */
static void use_mbr(struct bytes input, uint64_t last)
{
	struct gpt_partition found;

	for (unsigned int type = 0; type < 256; type++) {
		if (!mbr_find(input, last, (uint8_t)type, &found))
			continue;
		REQUIRE(input.size >= 512 && found.in_mbr && found.number >= 1 && found.number <= 4 &&
			found.rank <= found.number && (found.rank >= 1 || type == 0 || type == 0xee));
		REQUIRE(found.start != 0 && found.blocks != 0 && found.start <= last &&
			found.blocks - 1 <= last - found.start);
		REQUIRE(input.at[446 + 16 * (found.number - 1) + 4] == type);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[GPT_MOST_TABLE];
	struct bytes input = {data, size}, table = {memory, 0};
	uint64_t last = take_number(&input, 8), at = take_number(&input, 8), bit = take_number(&input, 2);
	uint8_t block[BLOCK] = "EFI PART";
	struct gpt gpt;

	use_mbr((struct bytes){data, size}, size < 8 ? 0 : load_le(data, 8));
	for (size_t i = 8; i < 128; i++)
		block[i] = (uint8_t)take_number(&input, 1);
	store_le(block + 24, 8, at);
	if (load_le(block + 80, 4) * load_le(block + 84, 4) <= GPT_MOST_TABLE)
		table.size = (size_t)(load_le(block + 80, 4) * load_le(block + 84, 4));
	if (table.size > 65536)
		return 0; /* its checksum would take most of the time */
	memset(memory, 0, table.size);
	memcpy(memory, input.at, input.size < table.size ? input.size : table.size);
	seal(block, &table);
	if (!gpt_header((struct bytes){block, BLOCK}, at, last, &gpt))
		return 0;
	REQUIRE(gpt.n != 0 && table.size == (size_t)gpt.n * gpt.entry_size && gpt.entry_size >= 128);
	REQUIRE(gpt.table > 1 && gpt.table <= last && (table.size - 1) / BLOCK <= last - gpt.table);
	REQUIRE(gpt.first_usable <= gpt.last_usable && gpt.last_usable <= last);
	REQUIRE(gpt_is_table(&gpt, table));
	use_table(&gpt, table, last);
	flip(memory, bit % (table.size * 8));
	REQUIRE(!gpt_is_table(&gpt, table));
	flip(block, bit % (load_le(block + 12, 4) * 8));
	REQUIRE(!gpt_header((struct bytes){block, BLOCK}, at, last, &gpt));
	return 0;
}
