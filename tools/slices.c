/* SPDX-License-Identifier: BSD-2-Clause */
#include "slices.h"

#include <stdlib.h>

#define READABLE 26 /* slices, and what the placements cut */

const struct limit limits[N_LIMITS] = {
    {MIB(1), "1 MiB", "real mode"},
    {MIB(16), "16 MiB", "ISA DMA"},
    {GIB(4), "4 GiB", "DMA32"},
    {TIB(64), "64 TiB", "4-level paging"}, /* Linux arch/x86/include/asm/sparsemem.h, MAX_PHYSMEM_BITS */
};

/* Where a layer begins or ends: a kind, or N_KINDS and a block. */
struct edge {
	uint64_t at;
	unsigned int layer;
	int step; /* 0: only a cut */
};

struct edges {
	struct edge *at;
	size_t count;
};

static enum kind kind_of(const struct memory *memory)
{
	static const uint8_t kinds[] = {
	    [MEMORY_RESERVED] = KIND_RESERVED,	   [MEMORY_LOADER_CODE] = KIND_LOADER,
	    [MEMORY_LOADER_DATA] = KIND_LOADER,	   [MEMORY_BOOT_CODE] = KIND_BOOT,
	    [MEMORY_BOOT_DATA] = KIND_BOOT,	   [MEMORY_RUNTIME_CODE] = KIND_RUNTIME,
	    [MEMORY_RUNTIME_DATA] = KIND_RUNTIME,  [MEMORY_CONVENTIONAL] = KIND_FREE,
	    [MEMORY_UNUSABLE] = KIND_UNUSABLE,	   [MEMORY_ACPI_RECLAIM] = KIND_ACPI,
	    [MEMORY_ACPI_NVS] = KIND_ACPI,	   [MEMORY_MMIO] = KIND_DEVICE,
	    [MEMORY_MMIO_PORT] = KIND_DEVICE,	   [MEMORY_PAL_CODE] = KIND_RESERVED,
	    [MEMORY_PERSISTENT] = KIND_PERSISTENT, [MEMORY_UNACCEPTED] = KIND_UNACCEPTED,
	};

	if (memory->type == MEMORY_CONVENTIONAL && (memory->attribute & ATTRIBUTE_HOT_PLUGGABLE) != 0)
		return KIND_HOT_PLUGGABLE;
	if (memory->type == MEMORY_CONVENTIONAL && (memory->attribute & ATTRIBUTE_SOFT_RESERVED) != 0)
		return KIND_SOFT_RESERVED;
	if (memory->type == MEMORY_CONVENTIONAL && (memory->attribute & ATTRIBUTE_MORE_RELIABLE) != 0)
		return KIND_RELIABLE;
	return memory->type < sizeof(kinds) ? (enum kind)kinds[memory->type] : KIND_RESERVED;
}

static void add_edges(struct edges *edges, struct range at, unsigned int layer, int step)
{
	if (range_is_empty(at))
		return;
	edges->at[edges->count++] = (struct edge){at.start, layer, step};
	edges->at[edges->count++] = (struct edge){at.end, layer, -step};
}

static int compare_edges(const void *a, const void *b)
{
	uint64_t x = ((const struct edge *)a)->at, y = ((const struct edge *)b)->at;

	return x < y ? -1 : x > y;
}

static bool collect_edges(struct edges *edges, const struct picture *picture)
{
	const struct memmap *map = picture->map;
	size_t copies = picture_copies(picture);
	uint64_t below = 0;

	edges->count = 0;
	edges->at = malloc((map->count + N_PARTS + copies + N_LIMITS) * 2 * sizeof(*edges->at));
	if (edges->at == NULL)
		return false;
	for (size_t i = 0; i < map->count; i++)
		add_edges(edges, map->entry[i].at, kind_of(&map->entry[i]), 1);
	for (unsigned int part = 0; part < N_PARTS; part++)
		if (picture_has(picture, (enum part)part))
			add_edges(edges, picture->placed[part].at, N_KINDS + part, 1);
	for (size_t i = 0; i < copies; i++) {
		const struct copy *copy = &picture->copies->copy[i];

		if (copy_moves(copy))
			add_edges(edges, (struct range){copy->from, copy->from + copy->size}, N_KINDS + BLOCK_WAITS, 1);
	}
	for (size_t i = 0; i < N_LIMITS; below = limits[i++].at)
		add_edges(edges, (struct range){below, limits[i].at}, KIND_NOTHING, 0);
	qsort(edges->at, edges->count, sizeof(*edges->at), compare_edges);
	return true;
}

static bool is_limit(uint64_t address)
{
	for (size_t i = 0; i < N_LIMITS; i++)
		if (limits[i].at == address)
			return true;
	return false;
}

/* @active: how many descriptors and placements there are of each layer. */
static void add_slice(struct slices *slices, struct range at, const size_t *active)
{
	struct slice *last = slices->count == 0 ? NULL : &slices->at[slices->count - 1];
	enum kind kind = N_KINDS - 1;
	unsigned int block = 0;

	while (kind != KIND_NOTHING && active[kind] == 0)
		kind--;
	while (block < N_BLOCKS && active[N_KINDS + block] == 0)
		block++;
	if (last == NULL || last->kind != kind || last->block != block || is_limit(at.start)) {
		last = &slices->at[slices->count++];
		*last = (struct slice){.at = {at.start, at.start}, .kind = kind, .block = block, .ranges = 1};
	}
	last->at.end = at.end;
	last->bytes[kind] += range_size(at);
}

bool slices_cut(struct slices *slices, const struct picture *picture)
{
	size_t active[N_KINDS + N_BLOCKS] = {0};
	struct edges edges;

	*slices = (struct slices){NULL, 0};
	if (!collect_edges(&edges, picture))
		return false;
	slices->at = calloc(edges.count + 1, sizeof(*slices->at));
	for (size_t i = 0; slices->at != NULL && i < edges.count - 1; i++) {
		struct range at = {edges.at[i].at, edges.at[i + 1].at};

		active[edges.at[i].layer] += (size_t)edges.at[i].step;
		if (!range_is_empty(at))
			add_slice(slices, at, active);
	}
	free(edges.at);
	return slices->at != NULL;
}

void slices_free(struct slices *slices)
{
	free(slices->at);
}

/* A free run or a hole says more than firmware's own fragments: it is joined later. */
static uint64_t weight(const struct slice *slice)
{
	return slice->ranges == 1 && (kind_is_free(slice->kind) || slice->kind == KIND_NOTHING) ? 16 : 1;
}

static bool may_join(const struct slice *a, const struct slice *b, uint64_t most)
{
	uint64_t times = weight(a) > weight(b) ? weight(a) : weight(b);

	return a->block == N_BLOCKS && b->block == N_BLOCKS && !is_limit(b->at.start) &&
	       b->at.end - a->at.start <= most / times;
}

static void join(struct slice *a, const struct slice *b)
{
	a->at.end = b->at.end;
	a->ranges += b->ranges;
	for (enum kind kind = 0; kind < N_KINDS; kind++) {
		a->bytes[kind] += b->bytes[kind];
		if (a->bytes[kind] > a->bytes[a->kind])
			a->kind = kind;
	}
}

static void join_up_to(struct slices *slices, uint64_t most)
{
	size_t last = 0;

	for (size_t i = 1; i < slices->count; i++)
		if (may_join(&slices->at[last], &slices->at[i], most))
			join(&slices->at[last], &slices->at[i]);
		else
			slices->at[++last] = slices->at[i];
	slices->count = last + 1;
}

void slices_join(struct slices *slices)
{
	for (uint64_t most = EFI_PAGE; slices->count > READABLE && most < UINT64_MAX / 2; most += most / 4)
		join_up_to(slices, most);
}
