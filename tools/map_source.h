/* SPDX-License-Identifier: BSD-2-Clause */
/* A memory map that was read from a text, and what the text tells beside it. */
#ifndef BERTH_MAP_SOURCE_H
#define BERTH_MAP_SOURCE_H

#include "../plan/memmap.h"

struct map_source {
	/* Sorted, checked and rounded by memmap_parse, as firmware's own descriptors are. */
	struct memmap map;
	const char *kind;     /* what the text was taken for: "Berth's log", "EFI shell memmap", "/proc/iomem" */
	bool is_firmwares;    /* false: a later view, which no longer tells what firmware held at boot */
	const char *viewer;   /* whose view that is: "the kernel", "GRUB" */
	char incomplete[256]; /* why a part of the map is likely to be missing from the text; empty: nothing says so */

	/* From Berth's own log, on its last look at the memory; has_facts is false elsewhere. */
	bool has_facts;
	size_t descriptors, map_room, desc_size;
	unsigned int levels; /* of paging: 4 or 5 */
	bool has_32_bits;    /* firmware */
	bool has_la57, gib_pages, has_seed;
	uint32_t page_sizes;   /* of an arm64, all added up; 0: unknown */
	uint64_t tree_size;    /* bytes of the device tree for the kernel; 0: there is none */
	uint64_t entropy;      /* what placement random was drawn from */
	struct range *refused; /* by firmware, although its map says free */
	size_t n_refused;
};

#endif
