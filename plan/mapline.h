/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A memory map in few bytes, for a log that firmware may have only a few KiB for:
 *
 *	map @0 1.3.f 9f.7 @100 700.7
 *
 * Each item is a descriptor, in the map's order: pages of 4096 bytes, type and attribute (UEFI 2.10, 7.2), all in
 * hexadecimal. "@" and a page say where the next begins, where that is not the end of the one before; an attribute that
 * is the one before's is left out. On its line each first item has both, so that a line can be read by itself.
 */
#ifndef BERTH_MAPLINE_H
#define BERTH_MAPLINE_H

#include "memmap.h"

#define MAPLINE_ITEMS 16	    /* at most, on a line */
#define MAPLINE_ROOM  (16 * 61 + 4) /* bytes of any line with its NUL */

/* The descriptors from *next on, as many as a line has; false when there are none left. The map's ends are whole pages.
 */
bool mapline_write(char line[MAPLINE_ROOM], const struct memmap *map, size_t *next);

#endif
