/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware's memory map: free runs are ascending, disjoint, on page edges, and nobody else's; e820 tells of them. */
#include "fuzz.h"

#include "../../protocol/x86/e820.h"
#include "../../plan/memmap.h"

#define ROOM 64

static void check_runs(const struct memmap *map, bool reliable)
{
	struct range run[2 * ROOM];
	size_t n = memmap_free_runs(map, reliable, run, 2 * ROOM);

	REQUIRE(n <= 2 * map->count);
	for (size_t i = 0; i < n; i++) {
		REQUIRE(run[i].start < run[i].end);
		REQUIRE(run[i].start % EFI_PAGE == 0 && run[i].end % EFI_PAGE == 0);
		REQUIRE(i == 0 || run[i - 1].end <= run[i].start);
		REQUIRE(memmap_owner(map, run[i]) == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct memory entry[ROOM];
	struct memmap map = {entry, 0, ROOM};
	size_t desc_size = (size_t)take_number(&input, 1);
	struct fail why;

	if (memmap_parse(&map, input.at, input.size, desc_size, &why) == BAD_INPUT) {
		REQUIRE(desc_size < 40 || desc_size % 8 != 0);
		return 0;
	}
	for (size_t i = 0; i < map.count; i++) {
		REQUIRE(map.entry[i].at.start < map.entry[i].at.end);
		REQUIRE(i == 0 || map.entry[i - 1].at.start <= map.entry[i].at.start);
	}
	check_runs(&map, false);
	check_runs(&map, true);
	return 0;
}
