/* SPDX-License-Identifier: BSD-2-Clause */
#include "copies.h"

_Static_assert(MAX_MOVES >= 2 * MAX_COPIES, "a detour for each piece");

static struct range source_of(const struct copy *c)
{
	return (struct range){c->from, c->from + c->size};
}

static struct range target_of(const struct copy *c)
{
	return (struct range){c->to, c->to + c->size};
}

uint64_t copies_now(const struct copies *copies, uint64_t to, uint64_t *run)
{
	*run = UINT64_MAX - to;
	for (size_t i = 0; i < copies->n; i++) {
		const struct copy *c = &copies->copy[i];

		if (to >= c->to && to - c->to < c->size) {
			*run = c->size - (to - c->to);
			return c->from + (to - c->to);
		}
		if (c->to > to && c->to - to < *run)
			*run = c->to - to;
	}
	return to;
}

uint64_t copies_bytes(const struct copies *copies)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < copies->n; i++)
		if (copies->copy[i].from != copies->copy[i].to)
			sum += copies->copy[i].size;
	return sum;
}

struct order {
	struct copies left;
	uint64_t full; /* bytes of the spare memory that wait in it */
	struct moves *moves;
};

static void add_move(struct order *o, uint64_t from, uint64_t to, uint64_t size)
{
	o->moves->move[o->moves->n++] = (struct copy){from, to, size};
}

/* No other copy has yet to read what this one overwrites. */
static bool is_ready(const struct copies *left, size_t which)
{
	for (size_t i = 0; i < left->n; i++)
		if (i != which && range_overlaps(source_of(&left->copy[i]), target_of(&left->copy[which])))
			return false;
	return true;
}

static bool move_next(struct order *o)
{
	for (size_t i = 0; i < o->left.n; i++) {
		struct copy *c = &o->left.copy[i];

		if (!is_ready(&o->left, i))
			continue;
		if (c->from != c->to)
			add_move(o, c->from, c->to, c->size);
		*c = o->left.copy[--o->left.n];
		return true;
	}
	return false;
}

/* Each waits for another: the smallest makes way, which leaves spare memory for further circles. */
static enum status break_circle(struct order *o, struct range spare, struct fail *why)
{
	struct copy *c = NULL;

	/* One that is not aside yet; there is one, because nothing waits for those that are. */
	for (size_t i = 0; i < o->left.n; i++)
		if (!range_contains(spare, source_of(&o->left.copy[i])) &&
		    (c == NULL || o->left.copy[i].size < c->size))
			c = &o->left.copy[i];
	if (c == NULL || range_size(spare) - o->full < c->size)
		return fail_by(why, NO_PLACE, C6,
			       "%zu pieces lie in each other's way, and %#" PRIx64
			       " bytes are too few to take one aside",
			       o->left.n, range_size(spare) - o->full);
	add_move(o, c->from, spare.start + o->full, c->size);
	c->from = spare.start + o->full;
	o->full += c->size;
	return OK;
}

enum status copies_order(const struct copies *copies, struct range spare, struct moves *moves, struct fail *why)
{
	struct order order = {.left = *copies, .moves = moves};

	moves->n = 0;
	while (order.left.n != 0)
		if (!move_next(&order))
			TRY(break_circle(&order, spare, why));
	return OK;
}
