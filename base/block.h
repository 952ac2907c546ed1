/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A block of memory that is given out piece by piece. One routine measures and writes: run with at == NULL it only
 * counts, so what was measured is what will be used.
 */
#ifndef BERTH_BLOCK_H
#define BERTH_BLOCK_H

#include <stddef.h>

#include "range.h"

struct block {
	uint8_t *at;	  /* NULL: measuring */
	uint64_t address; /* physical, page-aligned; the same memory as at */
	uint64_t used;	  /* bytes */
};

struct piece {
	uint8_t *at; /* NULL: measuring */
	uint64_t address;
};

/* @align: a power of two, at most EFI_PAGE. */
static inline struct piece block_take(struct block *block, uint64_t size, uint64_t align)
{
	uint64_t start = (block->used + align - 1) & ~(align - 1);

	block->used = start + size;
	return (struct piece){block->at == NULL ? NULL : block->at + start, block->address + start};
}

#endif
