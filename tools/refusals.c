/* SPDX-License-Identifier: BSD-2-Clause */
#include "refusals.h"

#include <string.h>

static bool is_same(const struct refused *a, const struct refused *b)
{
	return a->by == b->by && a->run.start == b->run.start && a->run.end == b->run.end &&
	       strcmp(a->part, b->part) == 0;
}

/* The largest slice of the run that nothing was placed in; where all of them are taken, the largest. */
static size_t slice_of(const struct slices *slices, struct range run)
{
	size_t best = slices->count - 1;
	uint64_t most = 0;
	bool is_open = false;

	for (size_t i = 0; i < slices->count; i++) {
		const struct slice *slice = &slices->at[i];
		struct range common = range_common(slice->at, run);
		uint64_t size = range_size(common);
		bool open = slice->block == N_BLOCKS;

		if (range_is_empty(common) || (is_open && !open) || (open == is_open && size <= most))
			continue;
		best = i;
		most = size;
		is_open = open;
	}
	return best;
}

/* Whether @a stands above @b. */
static bool is_above(const struct refusal_row *a, const struct refusal_row *b)
{
	return a->slice != b->slice ? a->slice > b->slice : a->refused->run.start > b->refused->run.start;
}

static void add(struct refusals *out, const struct refused *refused, const struct slices *slices)
{
	struct refusal_row row = {refused, 1, 0};
	size_t at = out->count;

	for (size_t i = 0; i < out->count; i++)
		if (is_same(out->row[i].refused, refused)) {
			out->row[i].times++;
			return;
		}
	if (out->count == MOST_REFUSALS) {
		out->left_out++;
		return;
	}
	row.slice = slice_of(slices, refused->run);
	for (; at > 0 && is_above(&row, &out->row[at - 1]); at--)
		out->row[at] = out->row[at - 1];
	out->row[at] = row;
	out->count++;
}

void refusals_group(struct refusals *out, const struct picture *picture, const struct scale *scale)
{
	out->count = out->left_out = 0;
	for (size_t i = 0; i < picture->n_refused; i++)
		add(out, &picture->refused[i], &scale->slices);
}

size_t refusals_beside(const struct refusals *refusals, size_t slice, size_t *first)
{
	size_t count = 0;

	for (size_t i = refusals->count; i-- > 0;)
		if (refusals->row[i].slice == slice) {
			*first = i;
			count++;
		}
	return count;
}

void refusal_choice(struct text *text, const struct refusal_row *row)
{
	const char *from = strstr(row->refused->text, " for "), *to = strstr(row->refused->text, ": rule ");

	if (from != NULL && to != NULL && from < to)
		text_add(text, "%.*s", (int)(to - from - 1), from + 1);
	if (row->times > 1)
		text_add(text, ", and %zu more", row->times - 1);
}

struct size_words refusal_size(const struct refused *refused)
{
	if (strstr(refused->text, "(no free memory)") != NULL)
		return (struct size_words){"no free memory"};
	return size_words(range_size(refused->run));
}
