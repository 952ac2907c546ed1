/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An overlay for a tree, both from anywhere: what merging accepts is a tree again, within the room that was measured,
 * and the tree that it began with is as it was.
 */
#include "fuzz.h"

#include "../../protocol/tree/overlay.h"
#include "../../protocol/tree/tree.h"

static uint8_t *copied(struct bytes from)
{
	uint8_t *copy = aligned_alloc(8, (from.size + 8) / 8 * 8);

	memcpy(copy, from.at, from.size);
	return copy;
}

static void merge(const struct tree *base, struct bytes overlay)
{
	struct tree_room over = {copied(overlay), overlay.size}, to;
	struct tree merged, again;
	struct fail why;

	to.size = (base->size + overlay_growth(overlay.size) + 7) / 8 * 8;
	to.at = aligned_alloc(8, to.size);
	if (overlay_merge(base, "overlay", over, to, &merged, &why) == OK) {
		REQUIRE(merged.at == to.at && merged.size <= to.size);
		REQUIRE(tree_check(&again, "again", (struct bytes){to.at, to.size}, &why) == OK);
	} else {
		REQUIRE(why.text[0] != '\0');
	}
	free(over.at);
	free(to.at);
}

/* Two bytes: how many the tree has; the overlay follows it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size}, first, second;
	size_t length = (size_t)take_number(&input, 2);
	struct tree base;
	struct fail why;
	uint8_t *blob;

	first = (struct bytes){input.at, length < input.size ? length : input.size};
	second = (struct bytes){input.at + first.size, input.size - first.size};
	blob = copied(first);
	if (tree_check(&base, "base", (struct bytes){blob, first.size}, &why) == OK)
		merge(&base, second);
	REQUIRE(memcmp(blob, first.at, first.size) == 0);
	free(blob);
	return 0;
}
