/* SPDX-License-Identifier: BSD-2-Clause */
#include "map_kinds.h"

#include <stdlib.h>

enum status map_no_memory(struct reader *r)
{
	return fail(r->why, IO_ERROR, "%s: too large for this machine's memory", r->name);
}

enum status map_add(struct reader *r, struct range at, uint32_t type, uint64_t attribute)
{
	struct memmap *map = &r->source->map;

	if (range_is_empty(at))
		return OK;
	if (map->count == map->room) {
		size_t room = map->room == 0 ? 64 : 2 * map->room;
		struct memory *grown = reallocarray(map->entry, room, sizeof(*grown));

		if (grown == NULL)
			return map_no_memory(r);
		map->entry = grown;
		map->room = room;
	}
	map->entry[map->count++] = (struct memory){at, type, attribute};
	return OK;
}

void map_incomplete(struct reader *r, const char *format, ...)
{
	struct text text = TEXT(r->source->incomplete);
	va_list args;

	va_start(args, format);
	text_vadd(&text, format, args);
	va_end(args);
}

void map_row_found(struct reader *r)
{
	if (r->anew)
		r->source->map.count = 0;
	r->has_head = r->has_head || r->anew;
	r->anew = false;
	r->found = true;
}

void map_expect_heading(struct reader *r, const char *heading)
{
	if (r->found && !r->has_head)
		map_incomplete(r, "the heading `%s` is not above it", heading);
}

bool range_from_last(uint64_t start, uint64_t last, struct range *out)
{
	*out = (struct range){start, last == UINT64_MAX ? LAST_PAGE : last + 1};
	return last >= start || last + 1 == start;
}

/*
 * Another boot's map, or the whole of one with more than 128 entries, which Linux prints again as "extended": it prints
 * them sorted and without overlaps, so no start comes twice in one map.
 */
void map_start_anew_at(struct reader *r, uint64_t start)
{
	struct memmap *map = &r->source->map;

	if (map->count > 0 && map->entry[0].at.start == start)
		map->count = 0;
}
