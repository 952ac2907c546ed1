/* SPDX-License-Identifier: BSD-2-Clause */
#include "surveyed.h"

#include <stdlib.h>
#include <string.h>

#define USUAL_DESC_SIZE 48 /* bytes of a descriptor in EDK2's firmware: 8 more than UEFI names */

/* What may be taken out of the map, each of which may split a run. */
#define MOST_TAKEN_OUT (MAX_KEPT_OUT + MAX_RESERVED)

static enum status make_runs(const struct map_source *source, struct runs *runs, bool reliable)
{
	size_t room = 2 * source->map.count + 2 * source->n_refused + MOST_TAKEN_OUT + 1;

	runs->run = calloc(room, sizeof(*runs->run));
	runs->room = room;
	if (runs->run == NULL)
		return IO_ERROR;
	runs->count = memmap_free_runs(&source->map, reliable, runs->run, room);
	return OK;
}

/* With room for what the command line and a device tree keep out. */
static enum status copy_map(struct memmap *copy, const struct memmap *map)
{
	size_t room = map->count + MOST_TAKEN_OUT;

	*copy = (struct memmap){calloc(room, sizeof(*copy->entry)), map->count, room};
	if (copy->entry == NULL)
		return IO_ERROR;
	if (map->count != 0)
		memcpy(copy->entry, map->entry, map->count * sizeof(*copy->entry));
	return OK;
}

enum status surveyed_make(struct survey *survey, const struct map_source *source, struct fail *why)
{
	*survey = (struct survey){.pool = NULL};
	if (copy_map(&survey->map, &source->map) != OK || make_runs(source, &survey->free.all, false) != OK ||
	    make_runs(source, &survey->free.reliable, true) != OK)
		return fail(why, IO_ERROR, "no memory left on this machine");
	survey->descriptors = source->has_facts ? source->descriptors : source->map.count;
	survey->final_room = source->has_facts ? source->map_room : source->map.count + SPARE_DESCRIPTORS;
	survey->desc_size = source->has_facts ? source->desc_size : USUAL_DESC_SIZE;
	return OK;
}

void surveyed_free(struct survey *survey)
{
	free(survey->map.entry);
	free(survey->free.all.run);
	free(survey->free.reliable.run);
	*survey = (struct survey){.pool = NULL};
}

void surveyed_cpu(struct cpu *cpu, const struct map_source *source)
{
	*cpu = (struct cpu){
	    .five_levels = source->has_facts && source->levels == 5,
	    .has_la57 = source->has_facts && source->has_la57,
	    .gib_pages = !source->has_facts || source->gib_pages,
	    .page_sizes = source->page_sizes != 0 ? source->page_sizes : 4096 + 16384 + 65536,
	};
}

bool surveyed_seed(const struct map_source *source)
{
	return !source->has_facts || source->has_seed;
}
