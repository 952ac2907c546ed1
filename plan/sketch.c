/* SPDX-License-Identifier: BSD-2-Clause */
#include "sketch.h"

#define LABEL	       28 /* columns of a stretch, "0x123456789000-0x123456789000": no machine needs more today */
#define MOST_STRETCHES 12
#define JOINED_BY                                                                                                      \
	(UINT64_C(16) << 20) /* bytes of a hole that does not end a stretch: the PC's below 1 MiB, above all */

/* The next stretch of RAM from @from on; false when there is none. */
static bool next_stretch(const struct memmap *map, uint64_t from, struct range *stretch)
{
	bool found = false;

	for (size_t i = 0; i < map->count; i++) {
		const struct memory *memory = &map->entry[i];

		if (!memory_is_ram(memory) || memory->at.end <= from)
			continue;
		if (!found)
			*stretch = (struct range){memory->at.start > from ? memory->at.start : from, memory->at.end};
		else if (memory->at.start <= stretch->end || memory->at.start - stretch->end <= JOINED_BY)
			stretch->end = memory->at.end > stretch->end ? memory->at.end : stretch->end;
		else
			return true;
		found = true;
	}
	return found;
}

/* Bytes that two ranges have in common. */
static uint64_t shared(struct range a, struct range b)
{
	struct range both = range_common(a, b);

	return range_is_empty(both) ? 0 : range_size(both);
}

static char cell(const struct memmap *map, const struct plan *plan, struct range at)
{
	static const char letter[] = {[PART_KERNEL] = 'K', [PART_INITRD] = 'I', [PART_HANDOFF] = 'H'};
	uint64_t free = 0;

	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		if (range_overlaps(plan->part[i].at, at))
			return letter[i];
	for (size_t i = 0; i < map->count; i++)
		if (memory_is_free(&map->entry[i]))
			free += shared(map->entry[i].at, at);
	return free == range_size(at) ? '.' : free >= range_size(at) / 2 ? '+' : '#';
}

static void draw(struct text *out, const struct memmap *map, const struct plan *plan, struct range stretch,
		 uint64_t each)
{
	char label[64];
	struct text text = TEXT(label);

	text_add(&text, "%#" PRIx64 "-%#" PRIx64, stretch.start, stretch.end);
	text_add(out, "%-28s ", label);
	for (uint64_t at = stretch.start; at < stretch.end;) {
		struct range here = {at, stretch.end - at < each ? stretch.end : at + each};

		text_add(out, "%c", cell(map, plan, here));
		at = here.end;
	}
	text_add(out, "\n");
}

void sketch_memory(struct text *out, const struct memmap *map, const struct plan *plan, unsigned int columns)
{
	struct range stretch = {0, 0};
	uint64_t longest = 0, each;
	unsigned int cells = columns > LABEL + 1 ? columns - LABEL - 1 : 1;

	for (uint64_t from = 0; next_stretch(map, from, &stretch); from = stretch.end)
		if (range_size(stretch) > longest)
			longest = range_size(stretch);
	each = longest / cells + (longest % cells != 0);
	if (longest == 0 || checked_align_up(each, EFI_PAGE, &each))
		return;
	for (unsigned int n = 0; next_stretch(map, n == 0 ? 0 : stretch.end, &stretch); n++) {
		if (n == MOST_STRETCHES) {
			text_add(out, "and more\n");
			break;
		}
		draw(out, map, plan, stretch, each);
	}
	text_add(out, "one is %s: . free, + partly, # taken, K kernel, I initrd, H handoff\n", size_words(each).at);
}
