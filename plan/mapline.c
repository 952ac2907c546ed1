/* SPDX-License-Identifier: BSD-2-Clause */
#include "mapline.h"

/* Not by text_add(), which takes ten times as long: every boot writes its whole map. */
static char *put_hex(char *to, char before, uint64_t number)
{
	unsigned int digits = 1;

	*to++ = before;
	for (uint64_t rest = number >> 4; rest != 0; rest >>= 4)
		digits++;
	for (unsigned int i = digits; i-- > 0; number >>= 4)
		to[i] = "0123456789abcdef"[number & 0xf];
	return to + digits;
}

bool mapline_write(char line[MAPLINE_ROOM], const struct memmap *map, size_t *next)
{
	const size_t first = *next;
	char *to = line;

	if (first >= map->count)
		return false;
	*to++ = 'm';
	*to++ = 'a';
	*to++ = 'p';
	for (; *next < map->count && *next - first < MAPLINE_ITEMS; ++*next) {
		const struct memory *memory = &map->entry[*next], *before = *next == first ? NULL : memory - 1;

		if (before == NULL || before->at.end != memory->at.start) {
			*to++ = ' ';
			to = put_hex(to, '@', memory->at.start / EFI_PAGE);
		}
		to = put_hex(to, ' ', range_size(memory->at) / EFI_PAGE);
		to = put_hex(to, '.', memory->type);
		if (before == NULL || before->attribute != memory->attribute)
			to = put_hex(to, '.', memory->attribute);
	}
	*to = '\0';
	return true;
}
