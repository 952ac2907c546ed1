/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk's GUID partition table: which partition of a type is the first. Pure: the caller reads the disk's blocks.
 * Source: UEFI 2.10, 5.3.2 (header) and 5.3.3 (entries).
 */
#ifndef BERTH_GPT_H
#define BERTH_GPT_H

#include "bytes.h"

#define GPT_PRIMARY	 1    /* the block of the first header; the backup is the disk's last block */
#define GPT_LEAST_BLOCK	 512  /* bytes; a disk with smaller blocks has no header */
#define GPT_MOST_ENTRIES 1024 /* 5.3.2 asks for room for 128; a table of more than these is not believed */
#define GPT_MOST_TABLE	 (UINT64_C(1024) * 1024) /* bytes of all entries */

struct gpt {
	uint64_t first_usable, last_usable; /* blocks; the last one is one of them */
	uint64_t table;			    /* the block where the entries begin */
	uint32_t n, entry_size;		    /* n * entry_size bytes, GPT_MOST_TABLE at most */
	uint32_t table_crc;
};

struct gpt_partition {
	uint32_t number;	/* from 1: its row in the table */
	uint32_t rank;		/* the same without rows that are empty; in an MBR alone (mbr.h) */
	uint64_t start, blocks; /* all of them usable ones */
	uint8_t guid[16];	/* its own, as it stands on the disk */
	bool in_mbr;		/* the disk has the older table (mbr.h) */
};

/*
 * The header in @block, one block of the disk, which is block @at of a disk whose last block is @last. False when there
 * is none, its checksum is wrong, it is for another block, or its numbers are impossible.
 */
bool gpt_header(struct bytes block, uint64_t at, uint64_t last, struct gpt *gpt);

/* Where that header, sound or not, says that the other one is; 0 when it does not look like a header. */
uint64_t gpt_other_header(struct bytes block);

/* Whether these are the bytes of the table that the header describes. */
bool gpt_is_table(const struct gpt *gpt, struct bytes table);

/* The first partition of this type in that table. False when there is none, or its place is impossible. */
bool gpt_find(const struct gpt *gpt, struct bytes table, const uint8_t type[16], struct gpt_partition *partition);

/* The GUID of the partition that begins with block @start. False when none does. */
bool gpt_find_at(const struct gpt *gpt, struct bytes table, uint64_t start, uint8_t guid[16]);

/* The checksum of headers and tables. */
uint32_t gpt_crc32(struct bytes bytes);

#endif
