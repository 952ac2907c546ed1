/* SPDX-License-Identifier: BSD-2-Clause */
#include "fold.h"

/* Where the group that starts with this entry ends: entries that follow each other with the same key, if they have one.
 */
static size_t group_end(const struct rows *rows, size_t first)
{
	size_t end = first + 1;

	while (end < rows->n && rows->entries[first]->sort_key.length != 0 && !rows->entries[end]->automatic &&
	       word_compare(rows->entries[end]->sort_key, rows->entries[first]->sort_key) == 0)
		end++;
	return end;
}

/* Calls @each with every row until that answers false. */
static void walk(const struct rows *rows, bool (*each)(void *context, const struct row *row), void *context)
{
	for (size_t first = 0, end; first < rows->n; first = end) {
		bool folds, is_open;

		end = group_end(rows, first);
		folds = rows->most != 0 && end - first > rows->most;
		is_open = rows->open == first;
		if (!each(context, &(struct row){first, 0, false, false}))
			return;
		if (folds && !each(context, &(struct row){first + 1, end - first - 1, is_open, false}))
			return;
		for (size_t i = first + 1; i < end && (!folds || is_open); i++)
			if (!each(context, &(struct row){i, 0, false, folds}))
				return;
	}
}

struct search {
	size_t number, wanted;
	struct row row;
	bool found;
};

static bool is_numbered(void *context, const struct row *row)
{
	struct search *search = context;

	search->found = search->number == search->wanted;
	if (search->found)
		search->row = *row;
	else
		search->number++;
	return !search->found;
}

size_t rows_count(const struct rows *rows)
{
	struct search search = {.wanted = SIZE_MAX};

	walk(rows, is_numbered, &search);
	return search.number;
}

bool rows_at(const struct rows *rows, size_t number, struct row *row)
{
	struct search search = {.wanted = number};

	walk(rows, is_numbered, &search);
	if (search.found)
		*row = search.row;
	return search.found;
}

static bool shows(void *context, const struct row *row)
{
	struct search *search = context;
	bool stands_for = row->folded != 0 && !row->is_open && search->wanted >= row->entry &&
			  search->wanted - row->entry < row->folded;

	search->found = stands_for || (row->folded == 0 && row->entry == search->wanted);
	search->row = *row;
	search->number += !search->found;
	return !search->found;
}

size_t rows_of(const struct rows *rows, size_t entry)
{
	struct search search = {.wanted = entry};

	walk(rows, shows, &search);
	return search.found ? search.number : 0;
}

void rows_show(struct rows *rows, size_t entry)
{
	struct search search = {.wanted = entry};

	walk(rows, shows, &search);
	if (search.found && search.row.folded != 0)
		rows->open = search.row.entry - 1; /* the group's first, which has a row of its own */
}
