/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory as lines of characters, for consoles: whose it is, and where a plan's parts lie. Pure. */
#ifndef BERTH_SKETCH_H
#define BERTH_SKETCH_H

#include "memmap.h"
#include "request.h"

/*
 * A line for each stretch of RAM, from its first address to its end: K, I and H for kernel, initrd and handoff; . for
 * memory that is free, + where a part of it is not, # where most is not. All characters stand for the same size, which
 * a last line tells; @columns (32 or more) have room for the longest.
 */
void sketch_memory(struct text *out, const struct memmap *map, const struct plan *plan, unsigned int columns);

#endif
