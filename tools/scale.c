/* SPDX-License-Identifier: BSD-2-Clause */
#include "scale.h"

#define SLICE_HEIGHT 18	 /* of one page: a line of text */
#define HOLE_HEIGHT  28	 /* of a hole of any size */
#define PAGE_HEIGHT  900 /* of the strip, unless its texts need more */
#define ZONE_HEIGHT  52	 /* the names of its limits and its free memory, one above the other */

static void measure_zone(struct scale *scale, struct zone *zone)
{
	uint64_t run = 0;

	for (size_t i = 0; i < zone->count; i++) {
		const struct slice *slice = &scale->slices.at[zone->first + i];
		uint64_t size = range_size(slice->at);

		run = kind_is_free(slice->kind) ? run + size : 0;
		if (run > zone->largest)
			zone->largest = run;
		if (kind_is_free(slice->kind))
			zone->free += size;
		if (slice->kind != KIND_NOTHING)
			zone->has_memory = true;
		scale->bytes[slice->kind] += size;
	}
}

/* Slices end at each limit, so that a zone is whole slices. */
static void find_zones(struct scale *scale, bool measure)
{
	size_t next = 0;

	scale->n_zones = 0;
	for (size_t i = 0; i < N_ZONES && next < scale->slices.count; i++) {
		struct zone *zone = &scale->zone[scale->n_zones++];

		zone->first = next;
		zone->at.start = scale->slices.at[next].at.start;
		while (next < scale->slices.count && (i == N_LIMITS || scale->slices.at[next].at.start < limits[i].at))
			zone->at.end = scale->slices.at[next++].at.end;
		zone->count = next - zone->first;
		if (measure)
			measure_zone(scale, zone);
	}
}

bool scale_make(struct scale *scale, const struct picture *picture)
{
	*scale = (struct scale){.top = 0};
	if (!slices_cut(&scale->slices, picture))
		return false;
	find_zones(scale, true);
	slices_join(&scale->slices);
	find_zones(scale, false);
	return true;
}

void scale_free(struct scale *scale)
{
	slices_free(&scale->slices);
}

static uint64_t ram_of(const struct scale *scale)
{
	return scale->bytes[KIND_FREE] + scale->bytes[KIND_RELIABLE] + scale->bytes[KIND_BOOT] +
	       scale->bytes[KIND_LOADER] + scale->bytes[KIND_ACPI] + scale->bytes[KIND_RUNTIME] +
	       scale->bytes[KIND_UNACCEPTED] + scale->bytes[KIND_SOFT_RESERVED] + scale->bytes[KIND_HOT_PLUGGABLE];
}

void scale_summary(struct text *text, const struct scale *scale, const struct memmap *map)
{
	if (map->count == 0)
		text_add(text, "physical memory, without a map: only the placements are known");
	else
		text_add(text, "physical memory: %s of RAM, %s of it free; %zu %s in the map",
			 size_words(ram_of(scale)).at,
			 size_words(scale->bytes[KIND_FREE] + scale->bytes[KIND_RELIABLE]).at, map->count,
			 map->count == 1 ? "descriptor" : "descriptors");
}

static int least_height(const struct slice *slice)
{
	return slice->kind == KIND_NOTHING && slice->block == N_BLOCKS ? HOLE_HEIGHT : SLICE_HEIGHT;
}

/*
 * The cube of the logarithm up to 4 GiB, so that a fragment looks small beside them, then slower: 18 for a page, 70 for
 * 1 GiB, 90 for 4 GiB, 146 for 64 TiB. Memory in which nothing can be placed needs no more than its text.
 */
static int wished_height(const struct slice *slice)
{
	uint64_t pages = range_size(slice->at) / EFI_PAGE;
	int bits = pages <= 1 ? 0 : 63 - __builtin_clzll(pages), most = bits < 20 ? bits : 20;

	if (slice->kind == KIND_NOTHING && slice->block == N_BLOCKS)
		return HOLE_HEIGHT;
	if (slice->kind == KIND_DEVICE || slice->kind == KIND_RESERVED)
		most = most < 12 ? most : 12;
	return SLICE_HEIGHT + most * most * most * 9 / 1000 + (bits > 20 ? 4 * (bits - 20) : 0);
}

/* Thousandths of what slices want beyond their least height, so that the strip stays a page. */
static int squeeze_of(const struct slices *slices)
{
	int least = 0, wished = 0;

	for (size_t i = 0; i < slices->count; i++) {
		least += least_height(&slices->at[i]);
		wished += wished_height(&slices->at[i]);
	}
	if (wished <= PAGE_HEIGHT)
		return 1000;
	return least >= PAGE_HEIGHT ? 0 : 1000 * (PAGE_HEIGHT - least) / (wished - least);
}

static int height_of(const struct slice *slice, int squeeze)
{
	int least = least_height(slice);

	return least + (wished_height(slice) - least) * squeeze / 1000;
}

static int room_for_words(const struct zone *zone, unsigned int labels)
{
	int room = zone->has_memory ? ZONE_HEIGHT : HOLE_HEIGHT, asked = (int)labels * LABEL_HEIGHT;

	return asked > room ? asked : room;
}

/* From @top down, which is from the last slice to the first. */
static void lay_out_zone(struct scale *scale, struct zone *zone, int squeeze, int room, int top)
{
	struct slice *slice = &scale->slices.at[zone->first];
	int sum = 0, above = 0;

	for (size_t i = 0; i < zone->count; i++)
		sum += height_of(&slice[i], squeeze);
	if (room < sum)
		room = sum;
	zone->top = top;
	zone->bottom = top + room;
	if (sum == 0)
		return;
	for (size_t i = zone->count; i-- > 0;) {
		slice[i].top = top + above * room / sum;
		above += height_of(&slice[i], squeeze);
		slice[i].bottom = top + above * room / sum;
	}
}

void scale_lay_out(struct scale *scale, const unsigned int labels[N_ZONES], int top)
{
	int squeeze = squeeze_of(&scale->slices);

	scale->top = top;
	for (size_t i = scale->n_zones; i-- > 0;) {
		struct zone *zone = &scale->zone[i];

		lay_out_zone(scale, zone, squeeze, room_for_words(zone, labels[i]), top);
		top = zone->bottom;
	}
	scale->bottom = top;
}

const struct zone *scale_zone(const struct scale *scale, uint64_t address)
{
	size_t i = 0;

	while (i + 1 < scale->n_zones && scale->zone[i].at.end <= address)
		i++;
	return &scale->zone[i];
}

int scale_y(const struct scale *scale, uint64_t address)
{
	const struct slice *slice = scale->slices.at;
	size_t i = 0;
	double share;

	while (i + 1 < scale->slices.count && slice[i].at.end < address)
		i++;
	share = (double)(address - slice[i].at.start) / (double)range_size(slice[i].at);
	return slice[i].bottom - (int)(share * (slice[i].bottom - slice[i].top));
}
