/* SPDX-License-Identifier: BSD-2-Clause */
#include "e820.h"

#include "../../base/bytes.h"

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
	size_t step = E820_ENTRY_SIZE + table->padding;

	if (n < table->zeropage_room)
		return table->zeropage + n * step;
	n -= table->zeropage_room;
	return n < table->extra_room ? table->extra + n * step : NULL;
}

/* The last entry may still grow; @until: all below it is written, or empty; @ram_end: how far RAM reaches. */
struct teller {
	struct e820_table *table;
	struct range last;
	enum e820_type type;
	uint64_t until, ram_end;
};

static void write_last(struct teller *t)
{
	uint8_t *to = range_is_empty(t->last) ? NULL : slot(t->table, t->table->count);

	if (to == NULL)
		return;
	store_le(to, 8, t->last.start);
	store_le(to + 8, 8, range_size(t->last));
	store_le(to + 16, 4, (uint32_t)t->type);
	t->table->count++;
}

static void tell(struct teller *t, struct range at, enum e820_type type)
{
	if (range_is_empty(at))
		return;
	t->until = at.end;
	if (type == t->type && at.start == t->last.end) {
		t->last.end = at.end;
		return;
	}
	write_last(t);
	t->last = at;
	t->type = type;
}

/*
 * Writes RAM up to @end, after @begun of @count descriptors. RAM that was interrupted may need more entries than there
 * are descriptors: those are written only while each descriptor to come keeps an entry.
 */
static void tell_ram(struct teller *t, uint64_t end, size_t begun, size_t count)
{
	struct range at = {t->until, t->ram_end < end ? t->ram_end : end};
	size_t room = t->table->zeropage_room + t->table->extra_room;
	size_t entries = t->table->count + (range_is_empty(t->last) ? 0 : 1) + 1;

	if ((t->type == E820_RAM && at.start == t->last.end) || entries <= begun || entries + count - begun <= room)
		tell(t, at, E820_RAM);
}

/* Overlaps are firmware's mistake. A kernel that takes reserved memory for RAM crashes: RAM gives way. */
void e820_from_map(const struct memmap *map, struct e820_table *table)
{
	struct teller t = {.table = table};

	table->count = 0;
	for (size_t i = 0; i < map->count; i++) {
		struct range at = map->entry[i].at;
		enum e820_type type = e820_type_of(&map->entry[i]);

		if (type == E820_SOFT_RESERVED && table->soft_reserved_is_ram)
			type = E820_RAM;
		tell_ram(&t, at.start, i, map->count);
		if (at.start > t.ram_end && at.start > t.until)
			t.until = at.start;
		if (type != E820_RAM && at.start < t.until)
			at.start = t.until;
		if (type != E820_RAM)
			tell(&t, at, type);
		else if (at.end > t.ram_end)
			t.ram_end = at.end;
	}
	tell_ram(&t, t.ram_end, map->count, map->count);
	write_last(&t);
}
