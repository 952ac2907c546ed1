/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's memory as UEFI describes it, checked and sorted, and the free runs in it.
 * Source: UEFI 2.10, 7.2, EFI_MEMORY_DESCRIPTOR.
 */
#ifndef BERTH_MEMMAP_H
#define BERTH_MEMMAP_H

#include <stddef.h>

#include "../base/fail.h"
#include "../base/range.h"

enum memory_type {
	MEMORY_RESERVED,
	MEMORY_LOADER_CODE,
	MEMORY_LOADER_DATA,
	MEMORY_BOOT_CODE,
	MEMORY_BOOT_DATA,
	MEMORY_RUNTIME_CODE,
	MEMORY_RUNTIME_DATA,
	MEMORY_CONVENTIONAL,
	MEMORY_UNUSABLE,
	MEMORY_ACPI_RECLAIM,
	MEMORY_ACPI_NVS,
	MEMORY_MMIO,
	MEMORY_MMIO_PORT,
	MEMORY_PAL_CODE,
	MEMORY_PERSISTENT,
	MEMORY_UNACCEPTED,
};

/* UEFI 2.10, 7.2: types from 0x80000000 on are for OS loaders. This one is rule C13's; no firmware's map has it. */
#define MEMORY_KEPT_OUT 0x80000c13u

#define ATTRIBUTE_CACHED	UINT64_C(0xe) /* EFI_MEMORY_WC, WT or WB can be had */
#define ATTRIBUTE_MORE_RELIABLE UINT64_C(0x10000)
#define ATTRIBUTE_SOFT_RESERVED UINT64_C(0x40000)  /* EFI_MEMORY_SP: kept for a driver */
#define ATTRIBUTE_HOT_PLUGGABLE UINT64_C(0x100000) /* may be taken out while the system runs */

struct memory {
	struct range at;
	uint32_t type; /* enum memory_type, or a number of firmware's or the system's own */
	uint64_t attribute;
};

/* Ascending by start. Firmware's descriptors may overlap; free runs are what no other descriptor claims. */
struct memmap {
	struct memory *entry;
	size_t count, room;
};

/*
 * Reads firmware's descriptors into @map and sorts them. Empty descriptors and those that wrap past 2^64 are left
 * out; starts and ends off a page edge are rounded so that free memory shrinks and other memory grows.
 * BAD_INPUT when @desc_size is less than 40 or not a multiple of 8; NO_PLACE when map->room is too small:
 * what fits is in @map all the same.
 */
enum status memmap_parse(struct memmap *map, const uint8_t *descriptors, size_t size, size_t desc_size,
			 struct fail *why) MUST_CHECK;

/* Free for a place by rule C1: conventional, neither soft-reserved nor hot-pluggable. */
bool memory_is_free(const struct memory *memory);

/*
 * Memory that a CPU may touch: not device registers, and not what firmware reserved, where on some servers a mere
 * prefetch stops the machine (Linux arch/x86/mm/ident_map.c).
 */
bool memory_is_ram(const struct memory *memory);

/*
 * Where memory starts for Linux: at the first entry that may be cached, whoever owns it, or if there is none at the
 * first free one (drivers/firmware/efi/efi-init.c, is_memory). 0 for a map without memory.
 */
uint64_t memmap_ram_start(const struct memmap *map);

/* The end of the memory that is reserved without a gap from @start on; 0 when none is. */
uint64_t memmap_reserved_end(const struct memmap *map, uint64_t start);

/*
 * Adds reserved memory, rounded out to whole pages, that firmware's map does not list; true, and nothing added, when
 * there is no room for it or @at wraps past 2^64.
 */
bool memmap_reserve(struct memmap *map, struct range at) MUST_CHECK;

/* The same for memory that the command line keeps the kernel out of (rule C13). */
bool memmap_keep_out(struct memmap *map, struct range at) MUST_CHECK;

/*
 * Where memory ends for Linux when it may use @amount bytes of it (mm/memblock.c, __find_max_addr), counted as
 * memmap_ram_start finds it; UINT64_MAX when there are no more.
 */
uint64_t memmap_amount_end(const struct memmap *map, uint64_t amount);

/*
 * Writes the free runs, ascending, disjoint, adjacent ones joined, and returns how many there are, which is at most
 * 2 * map->count; those past @room are counted but not written.
 * @reliable_only: only memory marked EFI_MEMORY_MORE_RELIABLE.
 */
size_t memmap_free_runs(const struct memmap *map, bool reliable_only, struct range *run, size_t room);

/* Walks the merged ranges of entries that @want accepts: start with *at = 0; false at the end. */
bool memmap_next_merged(const struct memmap *map, bool (*want)(const struct memory *), size_t *at, struct range *out);

/* The first entry that is not free and shares a byte with @range; NULL when there is none. */
const struct memory *memmap_owner(const struct memmap *map, struct range range);

/*
 * Whether all of @range is memory that is free once boot services have ended: free now, or theirs. When it is not,
 * *stays is what keeps it, or NULL where a part of it is not memory. @ours: what the loader holds counts as free too.
 */
bool memmap_is_free_after_exit(const struct memmap *map, struct range range, bool ours, const struct memory **stays);

/* The type in words: "boot services data". */
const char *memory_type_name(uint32_t type);

#endif
