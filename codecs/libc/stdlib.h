/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The <stdlib.h> that upstream's decoders are built with. Each is given an allocator (codecs/codec.h); where it would
 * fall back on malloc without one, there is no memory.
 */
#ifndef BERTH_STDLIB_H
#define BERTH_STDLIB_H

#include <stddef.h>

static inline void *malloc(size_t size)
{
	(void)size;
	return NULL;
}

static inline void *calloc(size_t items, size_t size)
{
	(void)items;
	(void)size;
	return NULL;
}

static inline void free(void *at)
{
	(void)at;
}

#endif
