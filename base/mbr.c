/* SPDX-License-Identifier: BSD-2-Clause */
#include "mbr.h"

/* Table 5.1, and 5.2 of each partition's row. */
#define SIGNATURE 440
#define ROWS	  446
#define ROW	  16
#define TYPE	  4
#define START	  8
#define BLOCKS	  12
#define MAGIC_AT  510
#define MAGIC	  0xaa55

#define TYPE_NONE     0
#define TYPE_GUARDIAN 0xee /* of a GPT; 5.2.3 */

bool mbr_find(struct bytes block, uint64_t last, uint8_t type, struct gpt_partition *partition)
{
	uint32_t rank = 0;

	if (block.size < MBR_LEAST_BLOCK || load_le(block.at + MAGIC_AT, 2) != MAGIC)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const uint8_t *row = block.at + ROWS + ROW * i;
		uint64_t start = load_le(row + START, 4), blocks = load_le(row + BLOCKS, 4);

		rank += row[TYPE] != TYPE_NONE && row[TYPE] != TYPE_GUARDIAN && blocks != 0;
		if (row[TYPE] != type)
			continue;
		if (start == 0 || blocks == 0 || start + blocks - 1 > last)
			return false;
		*partition = (struct gpt_partition){
		    .number = (uint32_t)i + 1, .rank = rank, .start = start, .blocks = blocks, .in_mbr = true};
		store_le(partition->guid, 4, load_le(block.at + SIGNATURE, 4));
		return true;
	}
	return false;
}
