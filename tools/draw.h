/* SPDX-License-Identifier: BSD-2-Clause */
/* A picture of physical memory and of what a plan put there. */
#ifndef BERTH_DRAW_H
#define BERTH_DRAW_H

#include <stdio.h>

#include "../plan/memmap.h"
#include "../plan/request.h"

struct picture {
	const char *title;		/* "vmlinuz-6.1 on map.txt, placement high" */
	const struct memmap *map;	/* may have no entries: then only the placements are drawn */
	const struct placement *placed; /* N_PARTS of them; an empty range is not a placement */
	const char *reason;		/* why there is no plan; NULL when there is one */
};

/*
 * Writes a whole SVG 1.1 document, complete in itself, the same bytes for the same picture. Writes nothing when this
 * machine's memory has run out.
 */
void draw_svg(FILE *out, const struct picture *picture);

#endif
