/* SPDX-License-Identifier: BSD-2-Clause */
#include "memmap.h"

#include "../base/bytes.h"

/* UEFI 2.10, 7.2: Type 0, PhysicalStart 8, VirtualStart 16, NumberOfPages 24, Attribute 32; later versions append. */
#define DESCRIPTOR_SIZE 40

bool memory_is_free(const struct memory *memory)
{
	return memory->type == MEMORY_CONVENTIONAL &&
	       (memory->attribute & (ATTRIBUTE_SOFT_RESERVED | ATTRIBUTE_HOT_PLUGGABLE)) == 0;
}

bool memory_is_ram(const struct memory *memory)
{
	return memory->type != MEMORY_KEPT_OUT && memory->type != MEMORY_RESERVED && memory->type != MEMORY_MMIO &&
	       memory->type != MEMORY_MMIO_PORT && memory->type != MEMORY_UNACCEPTED && memory->type != MEMORY_UNUSABLE;
}

static bool memory_is_reliable(const struct memory *memory)
{
	return memory_is_free(memory) && (memory->attribute & ATTRIBUTE_MORE_RELIABLE) != 0;
}

static bool memory_is_not_free(const struct memory *memory)
{
	return !memory_is_free(memory);
}

static bool read_descriptor(const uint8_t *d, struct memory *out)
{
	uint64_t start = load_le(d + 8, 8), size;

	*out = (struct memory){.type = (uint32_t)load_le(d, 4), .attribute = load_le(d + 32, 8)};
	if (checked_mul(load_le(d + 24, 8), EFI_PAGE, &size) || checked_range(start, size, &out->at))
		return false;
	if (start % EFI_PAGE != 0) {
		uint64_t up;

		if (checked_align_up(out->at.end, EFI_PAGE, &up) || checked_align_up(start, EFI_PAGE, &start))
			return false;
		if (memory_is_free(out))
			out->at = (struct range){start, align_down(out->at.end, EFI_PAGE)};
		else
			out->at = (struct range){align_down(out->at.start, EFI_PAGE), up};
	}
	return !range_is_empty(out->at);
}

/* Heap sort: in place, without recursion, n log n whatever firmware's order is. */
static void sift_down(struct memory *heap, size_t root, size_t count)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		struct memory swap = heap[root];

		if (child + 1 < count && heap[child].at.start < heap[child + 1].at.start)
			child++;
		if (swap.at.start >= heap[child].at.start)
			return;
		heap[root] = heap[child];
		heap[child] = swap;
	}
}

/*
 * EDK2's map is in order but for a few descriptors, and each of those is a few places away: moved there one by one.
 * False where it takes more moves than a sort would; all descriptors are still there then, in some order.
 */
static bool sort_a_few(struct memory *entry, size_t count)
{
	size_t moves = 4 * count;

	for (size_t i = 1; i < count; i++) {
		struct memory late;
		size_t to = i;

		if (entry[i - 1].at.start <= entry[i].at.start)
			continue;
		late = entry[i];
		for (; to > 0 && entry[to - 1].at.start > late.at.start && moves > 0; to--, moves--)
			entry[to] = entry[to - 1];
		entry[to] = late;
		if (moves == 0)
			return false;
	}
	return true;
}

static void sort_by_start(struct memory *entry, size_t count)
{
	if (sort_a_few(entry, count))
		return;
	for (size_t i = count / 2; i > 0; i--)
		sift_down(entry, i - 1, count);
	for (size_t end = count - 1; end > 0; end--) {
		struct memory swap = entry[0];

		entry[0] = entry[end];
		entry[end] = swap;
		sift_down(entry, 0, end);
	}
}

enum status memmap_parse(struct memmap *map, const uint8_t *descriptors, size_t size, size_t desc_size,
			 struct fail *why)
{
	size_t dropped = 0;

	if (desc_size < DESCRIPTOR_SIZE || desc_size % 8 != 0)
		return fail(why, BAD_INPUT,
			    "firmware says that its memory descriptors are %zu bytes; UEFI's have at least %u",
			    desc_size, DESCRIPTOR_SIZE);
	map->count = 0;
	for (size_t at = 0; size - at >= desc_size; at += desc_size) {
		struct memory memory;

		if (!read_descriptor(descriptors + at, &memory))
			continue;
		if (map->count < map->room)
			map->entry[map->count++] = memory;
		else
			dropped++;
	}
	sort_by_start(map->entry, map->count);
	if (dropped != 0)
		return fail(why, NO_PLACE, "firmware's memory map has %zu descriptors; there was room for %zu",
			    map->room + dropped, map->room);
	return OK;
}

static bool memory_is_linuxs(const struct memory *memory)
{
	return (memory->attribute & ATTRIBUTE_CACHED) != 0 || memory_is_free(memory);
}

uint64_t memmap_ram_start(const struct memmap *map)
{
	for (size_t i = 0; i < map->count; i++)
		if (memory_is_linuxs(&map->entry[i]))
			return map->entry[i].at.start;
	return 0;
}

uint64_t memmap_reserved_end(const struct memmap *map, uint64_t start)
{
	uint64_t end = start;

	for (size_t i = 0; i < map->count; i++)
		if (map->entry[i].type == MEMORY_RESERVED && map->entry[i].at.start <= end &&
		    map->entry[i].at.end > end)
			end = map->entry[i].at.end;
	return end == start ? 0 : end;
}

static bool add_entry(struct memmap *map, struct range at, uint32_t type)
{
	struct range whole = {align_down(at.start, EFI_PAGE), 0};
	size_t i = map->count;

	if (map->count == map->room || checked_align_up(at.end, EFI_PAGE, &whole.end) || range_is_empty(whole))
		return true;
	for (; i > 0 && map->entry[i - 1].at.start > whole.start; i--)
		map->entry[i] = map->entry[i - 1];
	map->entry[i] = (struct memory){whole, type, 0};
	map->count++;
	return false;
}

bool memmap_reserve(struct memmap *map, struct range at)
{
	return add_entry(map, at, MEMORY_RESERVED);
}

bool memmap_keep_out(struct memmap *map, struct range at)
{
	return add_entry(map, at, MEMORY_KEPT_OUT);
}

bool memmap_next_merged(const struct memmap *map, bool (*want)(const struct memory *), size_t *at, struct range *out)
{
	size_t i = *at;

	while (i < map->count && !want(&map->entry[i]))
		i++;
	if (i == map->count)
		return false;
	*out = map->entry[i++].at;
	for (; i < map->count && map->entry[i].at.start <= out->end; i++)
		if (want(&map->entry[i]) && map->entry[i].at.end > out->end)
			out->end = map->entry[i].at.end;
	*at = i;
	return true;
}

uint64_t memmap_amount_end(const struct memmap *map, uint64_t amount)
{
	struct range run;
	size_t at = 0;

	while (memmap_next_merged(map, memory_is_linuxs, &at, &run)) {
		if (amount <= range_size(run))
			return run.start + amount;
		amount -= range_size(run);
	}
	return UINT64_MAX;
}

size_t memmap_free_runs(const struct memmap *map, bool reliable_only, struct range *run, size_t room)
{
	struct range free, busy = {0, 0};
	size_t free_at = 0, busy_at = 0, count = 0;
	bool more_busy = true;

	while (memmap_next_merged(map, reliable_only ? memory_is_reliable : memory_is_free, &free_at, &free)) {
		while (!range_is_empty(free)) {
			struct range piece = free;

			while (more_busy && busy.end <= free.start)
				more_busy = memmap_next_merged(map, memory_is_not_free, &busy_at, &busy);
			if (more_busy && busy.start < free.end) {
				piece.end = busy.start;
				free.start = busy.end;
			} else {
				free.start = free.end;
			}
			if (range_is_empty(piece))
				continue;
			if (count < room)
				run[count] = piece;
			count++;
		}
	}
	return count;
}

const struct memory *memmap_owner(const struct memmap *map, struct range range)
{
	for (size_t i = 0; i < map->count; i++)
		if (range_overlaps(map->entry[i].at, range) && !memory_is_free(&map->entry[i]))
			return &map->entry[i];
	return NULL;
}

static bool is_free_after_exit(const struct memory *memory)
{
	struct memory as_if_free = {memory->at, MEMORY_CONVENTIONAL, memory->attribute};

	return memory_is_free(memory) ||
	       ((memory->type == MEMORY_BOOT_CODE || memory->type == MEMORY_BOOT_DATA) && memory_is_free(&as_if_free));
}

static bool is_free_or_ours(const struct memory *memory)
{
	return memory->type == MEMORY_LOADER_DATA || is_free_after_exit(memory);
}

bool memmap_is_free_after_exit(const struct memmap *map, struct range range, bool ours, const struct memory **stays)
{
	bool (*want)(const struct memory *) = ours ? is_free_or_ours : is_free_after_exit;
	struct range run;
	size_t at = 0;

	*stays = NULL;
	for (size_t i = 0; i < map->count; i++)
		if (range_overlaps(map->entry[i].at, range) && !want(&map->entry[i])) {
			*stays = &map->entry[i];
			return false;
		}
	while (memmap_next_merged(map, want, &at, &run))
		if (range_contains(run, range))
			return true;
	return false;
}

const char *memory_type_name(uint32_t type)
{
	static const char *const name[] = {
	    "reserved",
	    "loader code",
	    "loader data",
	    "boot services code",
	    "boot services data",
	    "runtime services code",
	    "runtime services data",
	    "free",
	    "unusable",
	    "ACPI tables",
	    "ACPI non-volatile",
	    "device registers",
	    "device ports",
	    "PAL code",
	    "persistent memory",
	    "unaccepted",
	};

	if (type == MEMORY_KEPT_OUT)
		return "kept out by memmap= or crashkernel= on the command line [C13]";
	return type < sizeof(name) / sizeof(name[0]) ? name[type] : "a type of the firmware's own";
}
