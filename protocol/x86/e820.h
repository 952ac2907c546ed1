/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map in the form that x86 Linux reads.
 * Source: Linux Documentation/arch/x86/zero-page.rst; arch/x86/include/uapi/asm/setup_data.h (struct boot_e820_entry);
 * ACPI 6.5, 15.3 (conversion of UEFI types).
 */
#ifndef BERTH_E820_H
#define BERTH_E820_H

#include "../../plan/memmap.h"
#include "../e820_types.h"

#define E820_ENTRY_SIZE 20 /* packed: address 8, size 8, type 4 */

/* Where entries go: the first @zeropage_room into @zeropage, the rest into @extra. */
struct e820_table {
	uint8_t *zeropage, *extra;
	size_t zeropage_room, extra_room;
	bool soft_reserved_is_ram; /* efi=nosoftreserve (libstub/x86-stub.c, setup_e820) */
	size_t padding;		   /* bytes behind each entry, which are left as they are */
	size_t count;		   /* out: entries in all */
};

enum e820_type e820_type_of(const struct memory *memory);

/*
 * Writes the sorted @map: neighbours of one type joined, overlapping bytes never RAM unless all say so. No
 * more entries than map->count, except for RAM that goes on behind an interruption, which is written while there is
 * room. Returns nothing: it runs after the last moment at which anything may fail, so the tables must be sized for
 * map->room entries beforehand; what does not fit is left out.
 */
void e820_from_map(const struct memmap *map, struct e820_table *table);

#endif
