/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identity page tables over memory, with the largest blocks that lie wholly in it.
 *
 * Not over anything else: a block that reaches into a hole of the memory map lets the CPU prefetch from addresses
 * where a device, or nothing, answers (Linux arch/x86/mm/ident_map.c met machine checks on large servers that way).
 */
#ifndef BERTH_TABLES_H
#define BERTH_TABLES_H

#include "../protocol/block.h"
#include "../protocol/memmap.h"

struct table_format {
	unsigned int levels; /* 4 or 5 */
	bool gib_blocks;
};

struct tables {
	uint64_t root;		  /* address of the top table */
	uint64_t size;		  /* bytes of all */
	uint64_t four_level_root; /* the same map as seen by 4-level paging: below 2^48 */
};

/*
 * Carves the tables out of @block (with block->at == NULL: only measures) and maps all memory of @map, rounded out to
 * 2 MiB, and always the first 2 MiB, where x86 keeps its BIOS data area.
 */
void tables_build(const struct table_format *format, const struct memmap *map, struct block *block, struct tables *out);

#endif
