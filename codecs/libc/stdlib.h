/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The <stdlib.h> that upstream's decoders are built with. Each is given an allocator (codecs/codec.h); where it would
 * fall back on malloc without one, there is no memory.
 */
#ifndef BERTH_STDLIB_H
#define BERTH_STDLIB_H

#include <stddef.h>
#include <stdint.h>

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

/* For libfdt, which has checked overlays before: digits alone, and few of them. */
static inline unsigned long strtoul(const char *text, char **end, int base)
{
	unsigned long value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * (unsigned long)base + (unsigned long)(*text - '0');
	*end = (char *)(uintptr_t)text;
	return value;
}

static inline void free(void *at)
{
	(void)at;
}

#endif
