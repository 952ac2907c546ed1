/* SPDX-License-Identifier: BSD-2-Clause */
/* What a picture of memory shows: the map, and what a plan, or the log of one, put there and refused. */
#ifndef BERTH_PICTURE_H
#define BERTH_PICTURE_H

#include "../plan/memmap.h"
#include "../plan/request.h"
#include "contents.h"

/* Memory that was not taken; @text is the loader's own line. */
struct refused {
	char part[32];
	struct range run;
	enum rule by;
	char text[256];
};

struct picture {
	const char *title;		/* "vmlinuz-6.1 on map.txt, placement high" */
	const struct memmap *map;	/* may have no entries: then only the placements are drawn */
	const struct placement *placed; /* N_PARTS of them; an empty range is not a placement */
	const char *reason;		/* why there is no plan; NULL when there is one */
	enum rule by;			/* of the reason; RULE_NONE: no rule */
	const struct copies *copies;	/* of the kernel, after exit (rule C6); NULL: none */
	const struct content *content;	/* of the handoff block, ascending */
	size_t n_contents;
	const struct refused *refused;
	size_t n_refused;
	bool linked; /* for a page: what is drawn leads to its row there, and what the page has in tables is left out */
};

/*
 * What was put into memory: the parts, and behind them what waits for exit. An empty placement is none, and with a
 * reason there are none.
 */
#define BLOCK_WAITS N_PARTS
#define N_BLOCKS    (N_PARTS + 1)

static inline bool picture_has(const struct picture *picture, enum part part)
{
	return picture->reason == NULL && !range_is_empty(picture->placed[part].at);
}

static inline size_t picture_copies(const struct picture *picture)
{
	return picture->reason == NULL && picture->copies != NULL ? picture->copies->n : 0;
}

/* Which rules a reader will ask for; false when there are none. */
static inline bool picture_rules(const struct picture *picture, bool used[N_RULES])
{
	bool any = false;

	for (unsigned int i = 0; i < N_RULES; i++)
		used[i] = false;
	used[picture->by] = picture->reason != NULL;
	for (unsigned int part = 0; part < N_PARTS; part++)
		used[picture->placed[part].by] |= picture_has(picture, (enum part)part);
	for (size_t i = 0; i < picture_copies(picture); i++)
		used[C6] |= copy_moves(&picture->copies->copy[i]);
	for (size_t i = 0; i < picture->n_refused; i++)
		used[picture->refused[i].by] = true;
	used[RULE_NONE] = false;
	for (unsigned int i = 0; i < N_RULES; i++)
		any |= used[i];
	return any;
}

static inline const char *block_name(unsigned int block)
{
	return block == BLOCK_WAITS ? "kernel until exit" : part_name((enum part)block);
}

#endif
