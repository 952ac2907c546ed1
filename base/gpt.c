/* SPDX-License-Identifier: BSD-2-Clause */
#include "gpt.h"

#include "mem.h"
#include "range.h"

/* 5.3.2, table 5.5. */
#define SIGNATURE    UINT64_C(0x5452415020494645) /* "EFI PART" */
#define LEAST_HEADER 92
#define HEADER_SIZE  12
#define HEADER_CRC   16
#define OWN_BLOCK    24
#define OTHER_BLOCK  32
#define FIRST_USABLE 40
#define LAST_USABLE  48
#define TABLE	     72
#define ENTRIES	     80
#define ENTRY_SIZE   84
#define TABLE_CRC    88

/* 5.3.3, table 5.6. */
#define LEAST_ENTRY 128
#define OWN_GUID    16
#define START	    32
#define END	    40

/* Continues @crc with @n bytes; bit by bit, because a table is read once and has 16 KiB. */
static uint32_t crc_on(uint32_t crc, const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
	}
	return crc;
}

uint32_t gpt_crc32(struct bytes bytes)
{
	return ~crc_on(UINT32_MAX, bytes.at, bytes.size);
}

/* 5.3.2: the header's checksum, with the checksum field itself taken as zeros. */
static uint32_t header_crc(struct bytes header)
{
	static const uint8_t none[4];
	uint32_t crc = crc_on(UINT32_MAX, header.at, HEADER_CRC);

	crc = crc_on(crc, none, sizeof(none));
	return ~crc_on(crc, header.at + HEADER_CRC + sizeof(none), header.size - HEADER_CRC - sizeof(none));
}

static bool is_header(struct bytes block)
{
	return block.size >= GPT_LEAST_BLOCK && load_le(block.at, 8) == SIGNATURE;
}

uint64_t gpt_other_header(struct bytes block)
{
	return is_header(block) ? load_le(block.at + OTHER_BLOCK, 8) : 0;
}

/* Whether the numbers can be true of a disk with blocks of @block_size bytes whose last block is @last. */
static bool is_possible(const struct gpt *gpt, size_t block_size, uint64_t last)
{
	uint64_t size = (uint64_t)gpt->n * gpt->entry_size, end;

	if (gpt->n == 0 || gpt->n > GPT_MOST_ENTRIES || gpt->entry_size < LEAST_ENTRY ||
	    !is_power_of_two(gpt->entry_size) || size > GPT_MOST_TABLE)
		return false;
	if (checked_add(gpt->table, (size - 1) / block_size, &end))
		return false;
	return gpt->table > GPT_PRIMARY && end <= last && gpt->first_usable <= gpt->last_usable &&
	       gpt->last_usable <= last;
}

bool gpt_header(struct bytes block, uint64_t at, uint64_t last, struct gpt *gpt)
{
	uint64_t size;

	if (!is_header(block))
		return false;
	size = load_le(block.at + HEADER_SIZE, 4);
	if (size < LEAST_HEADER || size > block.size || load_le(block.at + OWN_BLOCK, 8) != at ||
	    load_le(block.at + HEADER_CRC, 4) != header_crc((struct bytes){block.at, (size_t)size}))
		return false;
	*gpt = (struct gpt){
	    .first_usable = load_le(block.at + FIRST_USABLE, 8),
	    .last_usable = load_le(block.at + LAST_USABLE, 8),
	    .table = load_le(block.at + TABLE, 8),
	    .n = (uint32_t)load_le(block.at + ENTRIES, 4),
	    .entry_size = (uint32_t)load_le(block.at + ENTRY_SIZE, 4),
	    .table_crc = (uint32_t)load_le(block.at + TABLE_CRC, 4),
	};
	return is_possible(gpt, block.size, last);
}

static bool is_type(const uint8_t *entry, const uint8_t type[16])
{
	return load_le(entry, 8) == load_le(type, 8) && load_le(entry + 8, 8) == load_le(type + 8, 8);
}

bool gpt_is_table(const struct gpt *gpt, struct bytes table)
{
	return table.size == (size_t)gpt->n * gpt->entry_size && gpt_crc32(table) == gpt->table_crc;
}

bool gpt_find(const struct gpt *gpt, struct bytes table, const uint8_t type[16], struct gpt_partition *partition)
{
	for (uint32_t i = 0; i < gpt->n; i++) {
		const uint8_t *entry = table.at + (size_t)i * gpt->entry_size;
		uint64_t start = load_le(entry + START, 8), end = load_le(entry + END, 8);

		if (!is_type(entry, type))
			continue;
		if (start < gpt->first_usable || end < start || end > gpt->last_usable)
			return false;
		*partition = (struct gpt_partition){.number = i + 1, .start = start, .blocks = end - start + 1};
		memcpy(partition->guid, entry + OWN_GUID, sizeof(partition->guid));
		return true;
	}
	return false;
}

bool gpt_find_at(const struct gpt *gpt, struct bytes table, uint64_t start, uint8_t guid[16])
{
	static const uint8_t unused[16] = {0};

	for (uint32_t i = 0; i < gpt->n; i++) {
		const uint8_t *entry = table.at + (size_t)i * gpt->entry_size;

		if (is_type(entry, unused) || load_le(entry + START, 8) != start)
			continue;
		memcpy(guid, entry + OWN_GUID, 16);
		return true;
	}
	return false;
}
