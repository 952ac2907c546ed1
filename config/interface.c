/* SPDX-License-Identifier: BSD-2-Clause */
#include "interface.h"

#include "../base/utf16.h"

/* docs/BOOT_LOADER_INTERFACE.md, "LoaderFeatures": bits by number. logind and bootctl refuse what is not claimed. */
enum feature {
	SORT_KEY = 8,
	DEVICETREE = 10,
};

static uint64_t bit(enum feature feature)
{
	return UINT64_C(1) << feature;
}

uint64_t interface_features(bool takes_tree)
{
	return bit(SORT_KEY) | (takes_tree ? bit(DEVICETREE) : 0);
}

size_t interface_ids(struct entry *const *entries, size_t n, uint16_t *out)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t id[MAX_ENTRY_ID]; /* a byte of UTF-8 becomes at most one unit */
		size_t units = 0;

		(void)utf16_from_utf8(id, MAX_ENTRY_ID, entries[i]->id);
		do {
			if (out != NULL)
				out[used] = id[units];
			used++;
		} while (id[units++] != 0);
	}
	return used;
}
