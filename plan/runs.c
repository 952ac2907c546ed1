/* SPDX-License-Identifier: BSD-2-Clause */
#include "runs.h"

static enum status runs_remove(struct runs *runs, struct range taken, struct fail *why)
{
	for (size_t i = 0; i < runs->count; i++) {
		struct range run = runs->run[i];
		struct range below = {run.start, taken.start}, above = {taken.end, run.end};

		if (!range_overlaps(run, taken))
			continue;
		if (!range_is_empty(below) && !range_is_empty(above)) {
			if (runs->count == runs->room)
				return fail(why, GAVE_UP,
					    "firmware refused too many addresses that its map calls free");
			for (size_t j = runs->count++; j > i; j--)
				runs->run[j] = runs->run[j - 1];
			runs->run[i] = below;
			runs->run[++i] = above;
		} else if (!range_is_empty(below)) {
			runs->run[i] = below;
		} else if (!range_is_empty(above)) {
			runs->run[i] = above;
		} else {
			runs->count--;
			for (size_t j = i; j < runs->count; j++)
				runs->run[j] = runs->run[j + 1];
			i--;
		}
	}
	return OK;
}

enum status free_memory_remove(struct free_memory *free, struct range taken, struct fail *why)
{
	TRY(runs_remove(&free->all, taken, why));
	return runs_remove(&free->reliable, taken, why);
}

struct range largest_run(const struct runs *runs, struct range within)
{
	struct range best = {0, 0};

	for (size_t i = 0; i < runs->count; i++) {
		struct range part = range_common(runs->run[i], within);

		if (!range_is_empty(part) && range_size(part) > range_size(best))
			best = part;
	}
	return best;
}
