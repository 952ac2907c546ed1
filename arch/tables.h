/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identity page tables over memory, with the largest blocks that lie wholly in it.
 *
 * Not over anything else: a block that reaches into a hole of the memory map lets the CPU prefetch from addresses
 * where a device, or nothing, answers (Linux arch/x86/mm/ident_map.c met machine checks on large servers that way).
 */
#ifndef BERTH_TABLES_H
#define BERTH_TABLES_H

#include "../base/block.h"
#include "../plan/memmap.h"

/* A table has 512 entries of 8 bytes, each of 1 GiB at level 3, 2 MiB at level 2: x86, and arm64 with 4 KiB pages. */
struct table_format {
	unsigned int levels; /* 4 or 5 */
	bool gib_blocks;
	bool from_0;	       /* the first 2 MiB too, where x86 keeps its BIOS data area */
	uint64_t table, block; /* the bits beside the address, of an entry that leads to a table or maps a block */
};

/* Intel SDM volume 3, tables 4-15 to 4-19: present and writable, and for a block the page size bit. */
static inline struct table_format tables_x86(unsigned int levels, bool gib_blocks)
{
	return (struct table_format){levels, gib_blocks, true, 0x03, 0x83};
}

struct tables {
	uint64_t root;		  /* address of the top table */
	uint64_t size;		  /* bytes of all */
	uint64_t four_level_root; /* x86: the same map as seen by 4-level paging, below 2^48 */
};

/*
 * Carves the tables out of @block (with block->at == NULL: only measures) and maps all memory of @map, rounded out to
 * 2 MiB.
 */
void tables_build(const struct table_format *format, const struct memmap *map, struct block *block, struct tables *out);

#endif
