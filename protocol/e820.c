/* SPDX-License-Identifier: BSD-2-Clause */
#include "e820.h"

#include "base/bytes.h"

enum e820_type e820_type_of(const struct memory *memory)
{
	switch (memory->type) {
	case MEMORY_LOADER_CODE:
	case MEMORY_LOADER_DATA:
	case MEMORY_BOOT_CODE:
	case MEMORY_BOOT_DATA:
	case MEMORY_CONVENTIONAL:
		/* Linux e820/types.h: "soft reserved" keeps it for the driver that the firmware meant it for. */
		return (memory->attribute & ATTRIBUTE_SOFT_RESERVED) != 0 ? E820_SOFT_RESERVED : E820_RAM;
	case MEMORY_UNACCEPTED:
		return E820_RAM; /* UEFI 2.10, 7.2: RAM that the system accepts when it wants it */
	case MEMORY_ACPI_RECLAIM:
		return E820_ACPI;
	case MEMORY_ACPI_NVS:
		return E820_NVS;
	case MEMORY_UNUSABLE:
		return E820_UNUSABLE;
	case MEMORY_PERSISTENT:
		return E820_PMEM;
	default:
		return E820_RESERVED;
	}
}

static uint8_t *slot(const struct e820_table *table, size_t n)
{
	if (n < table->zeropage_room)
		return table->zeropage + n * E820_ENTRY_SIZE;
	n -= table->zeropage_room;
	return n < table->extra_room ? table->extra + n * E820_ENTRY_SIZE : NULL;
}

static void write_entry(struct e820_table *table, struct range at, enum e820_type type)
{
	uint8_t *to = slot(table, table->count);

	if (to == NULL)
		return;
	store_le(to, 8, at.start);
	store_le(to + 8, 8, range_size(at));
	store_le(to + 16, 4, (uint32_t)type);
	table->count++;
}

void e820_from_map(const struct memmap *map, struct e820_table *table)
{
	struct range last = {0, 0};
	enum e820_type last_type = 0;

	table->count = 0;
	for (size_t i = 0; i < map->count; i++) {
		struct range at = map->entry[i].at;
		enum e820_type type = e820_type_of(&map->entry[i]);

		/* Overlaps are a lie of the firmware's. Who takes reserved memory for RAM crashes: RAM gives way. */
		if (at.start < last.end && last_type == E820_RAM && type != E820_RAM)
			last.end = at.start;
		else if (at.start < last.end)
			at.start = last.end;
		if (at.start < last.start)
			at.start = last.start;
		if (range_is_empty(at))
			continue;
		if (type == last_type && at.start == last.end) {
			last.end = at.end;
			continue;
		}
		if (!range_is_empty(last))
			write_entry(table, last, last_type);
		last = at;
		last_type = type;
	}
	if (!range_is_empty(last))
		write_entry(table, last, last_type);
}
