/* SPDX-License-Identifier: BSD-2-Clause */
#include "tables.h"

#include "../base/bytes.h"

/* Intel SDM volume 3, 4.5; Arm ARM (DDI 0487), D8.3. */
#define ENTRIES	   512
#define MAX_LEVELS 5

struct walk {
	const struct table_format *format;
	struct block *block;
	struct piece table[MAX_LEVELS + 1]; /* the current one of each level */
	uint64_t count;
	uint64_t which[MAX_LEVELS + 1]; /* address >> shift of what it covers; UINT64_MAX: none yet */
};

/* log2 of the bytes that one entry of a table of @level maps. */
static unsigned int entry_shift(unsigned int level)
{
	return 12 + 9 * (level - 1);
}

static void set_entry(struct piece table, uint64_t address, unsigned int level, uint64_t value)
{
	if (table.at != NULL)
		store_le(table.at + (address >> entry_shift(level)) % ENTRIES * 8, 8, value);
}

/* The current table of @level for @address, and those above it: taken when the walk enters their range. */
static struct piece table_for(struct walk *walk, uint64_t address, unsigned int level)
{
	for (unsigned int l = walk->format->levels; l >= level; l--) {
		uint64_t which = l == walk->format->levels ? 0 : address >> entry_shift(l + 1);

		if (walk->which[l] == which)
			continue;
		walk->which[l] = which;
		walk->count++;
		walk->table[l] = block_take(walk->block, EFI_PAGE, EFI_PAGE);
		if (l < walk->format->levels)
			set_entry(walk->table[l + 1], address, l + 1, walk->table[l].address | walk->format->table);
	}
	return walk->table[level];
}

/* @part: 2 MiB-aligned, inside one GiB. */
static void map_in_gib(struct walk *walk, struct range part)
{
	struct piece table;

	if (walk->format->gib_blocks && range_size(part) == GIB(1)) {
		table = table_for(walk, part.start, 3);
		set_entry(table, part.start, 3, part.start | walk->format->block);
		return;
	}
	table = table_for(walk, part.start, 2);
	for (uint64_t at = part.start; table.at != NULL && at < part.end; at += MIB(2))
		set_entry(table, at, 2, at | walk->format->block);
}

static void map_range(struct walk *walk, struct range range)
{
	while (!range_is_empty(range)) {
		uint64_t next = align_down(range.start, GIB(1)) + GIB(1);

		if (next > range.end)
			next = range.end;
		map_in_gib(walk, (struct range){range.start, next});
		range.start = next;
	}
}

void tables_build(const struct table_format *format, const struct memmap *map, struct block *block, struct tables *out)
{
	struct walk walk = {.format = format, .block = block};
	uint64_t limit = UINT64_C(1) << (entry_shift(format->levels) + 9);
	uint64_t done = format->from_0 ? MIB(2) : 0;
	struct range range;
	size_t at = 0;

	for (unsigned int l = 0; l <= MAX_LEVELS; l++)
		walk.which[l] = UINT64_MAX;
	map_range(&walk, (struct range){0, done});
	out->four_level_root = walk.table[4].address;
	while (memmap_next_merged(map, memory_is_ram, &at, &range)) {
		range.start = align_down(range.start, MIB(2));
		if (range.end > limit)
			range.end = limit;
		if (checked_align_up(range.end, MIB(2), &range.end))
			break;
		if (range.start < done)
			range.start = done;
		map_range(&walk, range);
		if (range.end > done)
			done = range.end;
	}
	out->root = walk.table[format->levels].address;
	out->size = walk.count * EFI_PAGE;
}
