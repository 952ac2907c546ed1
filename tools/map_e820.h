/* SPDX-License-Identifier: BSD-2-Clause */
/* What e820 tables call kinds of memory. */
#ifndef BERTH_MAP_E820_H
#define BERTH_MAP_E820_H

#include "map_kinds.h"

/* What Linux calls a piece of memory, in e820's words and in those of /proc/iomem; what has no name is reserved. */
struct memory memory_of_label(const char *label);

#endif
