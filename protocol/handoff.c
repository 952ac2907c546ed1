/* SPDX-License-Identifier: BSD-2-Clause */
#include "handoff.h"

struct piece handoff_take_text(struct handoff *handoff, const char *text)
{
	size_t size = 1;

	while (text[size - 1] != '\0')
		size++;
	struct piece piece = block_take(&handoff->block, size, 1);

	for (size_t i = 0; i < size && piece.at != NULL; i++)
		piece.at[i] = (uint8_t)text[i];
	return piece;
}

static void take_raw(struct handoff *handoff, const struct findings *found)
{
	uint64_t size = (uint64_t)found->map_room * found->map_desc_size;
	struct piece raw = block_take(&handoff->block, size, 8);

	handoff->final = (struct final_map){.descriptors = raw.at, .address = raw.address, .room = (size_t)size};
}

void handoff_take_runtime_map(struct handoff *handoff, const struct findings *found)
{
	take_raw(handoff, found);
	handoff->final.runtime = block_take(&handoff->block, handoff->final.room, 8).at;
}

void handoff_take_map(struct handoff *handoff, const struct findings *found)
{
	size_t room = found->map_room;
	struct piece sorted;

	take_raw(handoff, found);
	sorted = block_take(&handoff->block, room * sizeof(struct memory), _Alignof(struct memory));
	handoff->sorted = (struct memory *)(void *)sorted.at;
	handoff->sorted_room = room;
}

struct memmap handoff_sort_map(const struct handoff *handoff, const struct final_map *final)
{
	struct memmap map = {handoff->sorted, 0, handoff->sorted_room};
	struct fail ignored;

	enum status status = memmap_parse(&map, final->descriptors, final->size, final->desc_size, &ignored);

	(void)status;
	return map;
}
