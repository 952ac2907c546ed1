/* SPDX-License-Identifier: BSD-2-Clause */
#include "search.h"

#include "candidates.h"

/* Runs looked at in one pass, over all choices. Enough to search a map of 100,000 runs to its end a dozen times. */
#define BUDGET 1250000u
/* The same for some of the parts, which is worth a try only while it is cheap. */
#define SMALL_BUDGET 200000u
/* Windows for parts that must lie near each other, of 1 GiB steps: 64 TiB of memory. */
#define MAX_WINDOWS 65536u

struct search {
	const struct request *order[N_PARTS];
	size_t n;
	const struct free_memory *free;
	bool all_from_top;	  /* and nothing is tried out of order */
	struct range window;	  /* for what must lie near another part; empty: wherever that one lets it */
	struct placement *placed; /* N_PARTS; an empty range where nothing is placed yet */
	const struct plan_trace *trace;
	uint64_t steps, budget;
};

static enum status place_from(struct search *s, size_t depth);

/* Where a part may lie, given the one that it must be near to. */
static struct range reach_of(const struct search *s, const struct request *r)
{
	struct range other = s->placed[r->near.to].at;

	if (r->near.by == RULE_NONE)
		return (struct range){0, UINT64_MAX};
	if (!range_is_empty(s->window))
		return s->window;
	return range_is_empty(other) ? (struct range){0, UINT64_MAX} : reach_around(other, &r->near);
}

/* Each candidate of one choice for the part at @depth, and the parts after it. */
static enum status place_by_choice(struct search *s, size_t depth, const struct choice *choice, const struct runs *runs)
{
	const struct request *r = s->order[depth];
	struct candidates candidates = {.request = r,
					.choice = choice,
					.runs = runs,
					.placed = s->placed,
					.reserved = s->free->reserved,
					.near = reach_of(s, r),
					.from_top = choice->from_top || s->all_from_top,
					.in_order = s->all_from_top,
					.trace = s->trace,
					.steps = &s->steps,
					.budget = s->budget};
	struct range at;

	while (candidates_next(&candidates, &at)) {
		enum status status;

		s->placed[r->part] = (struct placement){at, choice->align, choice->by};
		status = place_from(s, depth + 1);
		if (status != NO_PLACE)
			return status;
		s->placed[r->part] = (struct placement){.align = 0};
		candidates_refuse(&candidates, at, C8);
	}
	return s->steps > s->budget ? GAVE_UP : NO_PLACE;
}

static enum status place_from(struct search *s, size_t depth)
{
	const struct request *r;

	if (depth == s->n)
		return OK;
	r = s->order[depth];
	for (int pool = 0; pool < 2; pool++) {
		const struct runs *runs = pool == 0 ? &s->free->reliable : &s->free->all;

		for (size_t i = 0; i < r->n_choices && (runs->count != 0 || pool == 1); i++) {
			enum status status = place_by_choice(s, depth, &r->choice[i], runs);

			if (status != NO_PLACE)
				return status;
		}
	}
	return r->optional ? place_from(s, depth + 1) : NO_PLACE;
}

static void swap_requests(const struct request **a, const struct request **b)
{
	const struct request *swap = *a;

	*a = *b;
	*b = swap;
}

/* The next order in the order of dictionaries, by the requests' addresses; false after the last. */
static bool next_order(const struct request **order, size_t n)
{
	size_t i = n, j = n;

	do {
		if (i < 2)
			return false;
		i--;
	} while (order[i - 1] > order[i]);
	do {
		j--;
	} while (order[j] < order[i - 1]);
	swap_requests(&order[i - 1], &order[j]);
	for (j = n - 1; i < j; i++, j--)
		swap_requests(&order[i], &order[j]);
	return true;
}

static unsigned int bit(size_t part)
{
	return 1u << part;
}

static unsigned int count_bits(unsigned int bits)
{
	unsigned int n = 0;

	for (; bits != 0; bits &= bits - 1)
		n++;
	return n;
}

/* The parts of @parts that there are, the most important first; returns how many. */
static size_t in_order_of_importance(struct search *s, const struct request request[N_PARTS], unsigned int parts)
{
	s->n = 0;
	for (size_t i = 0; i < N_PARTS; i++)
		if (request[i].size != 0 && (parts & bit(i)) != 0)
			s->order[s->n++] = &request[i];
	return s->n;
}

static void clear(struct plan *plan)
{
	*plan = (struct plan){0};
}

/* A part that fits nowhere alone is found first: else the search would try every arrangement of the others. */
static enum status each_alone(struct search *s, const struct request request[N_PARTS], struct plan *plan,
			      struct plan_failure *failure, const struct plan_trace *trace)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		enum status status;

		if (request[i].size == 0 || request[i].optional)
			continue;
		s->order[0] = &request[i];
		s->n = 1;
		s->trace = NULL;
		s->all_from_top = true;
		status = place_from(s, 0);
		s->all_from_top = false;
		clear(plan);
		if (status == OK)
			continue;
		failure->part = request[i].part;
		s->trace = trace; /* when a part fits nowhere, its refusals are of interest */
		(void)place_from(s, 0);
		clear(plan);
		return status;
	}
	return OK;
}

/*
 * Every order of @parts, first each part from its own end of memory, then all from the top; @optional ones last in
 * each. Each pass has a budget of its own: the last, which alone is complete, must not starve behind the other.
 */
static enum status every_order(struct search *s, const struct request request[N_PARTS], unsigned int parts,
			       unsigned int optional, struct plan *plan)
{
	enum status status = NO_PLACE;

	for (int pass = 0; pass < 2 && status != OK; pass++) {
		size_t n = in_order_of_importance(s, request, parts);

		for (size_t i = 0; i < N_PARTS; i++)
			if ((optional & bit(i)) != 0)
				s->order[s->n++] = &request[i];
		s->all_from_top = pass == 1;
		s->steps = 0;
		do {
			clear(plan);
			status = place_from(s, 0);
		} while (status == NO_PLACE && next_order(s->order, n));
	}
	return status;
}

/*
 * Two or three parts that do not fit together are found before all of them are tried: else the search would try every
 * place of the others in between, and give up where a proof is cheap.
 */
static enum status some_together(struct search *s, const struct request request[N_PARTS], unsigned int all,
				 struct plan *plan, struct plan_failure *failure)
{
	s->budget = SMALL_BUDGET;
	for (unsigned int n = 2; n < count_bits(all); n++)
		for (unsigned int parts = 1; parts < all; parts++) {
			if ((parts & all) != parts || count_bits(parts) != n ||
			    every_order(s, request, parts, 0, plan) != NO_PLACE)
				continue;
			failure->parts = parts;
			return NO_PLACE;
		}
	s->budget = BUDGET;
	return OK;
}

static const struct reach *reach_in(const struct request request[N_PARTS], unsigned int parts)
{
	for (size_t i = 0; i < N_PARTS; i++)
		if ((parts & bit(i)) != 0 && request[i].near.by != RULE_NONE && (parts & bit(request[i].near.to)) != 0)
			return &request[i].near;
	return NULL;
}

/*
 * Pushing parts up, which makes the last pass of every_order() complete, may push one out of the other's reach. Within
 * a window that is given, reach is a limit like others: so each window that begins where there is memory is tried.
 */
static enum status in_a_window(struct search *s, const struct request request[N_PARTS], unsigned int needed,
			       unsigned int optional, const struct reach *reach, struct plan *plan)
{
	uint64_t last = UINT64_MAX;
	unsigned int tried = 0;
	bool gave_up = false;

	for (size_t i = s->free->all.count; i-- > 0;) {
		const struct range *run = &s->free->all.run[i];

		for (uint64_t at = align_down(run->end - 1, reach->granule);; at -= reach->granule) {
			enum status status = NO_PLACE;

			if (tried++ == MAX_WINDOWS)
				return GAVE_UP;
			s->window = (struct range){at, UINT64_MAX - at < reach->span ? UINT64_MAX : at + reach->span};
			if (at < last)
				status = every_order(s, request, needed, optional, plan);
			last = at < last ? at : last;
			gave_up = gave_up || status == GAVE_UP;
			if (status == OK)
				return OK;
			if (at <= run->start)
				break;
		}
	}
	return gave_up ? GAVE_UP : NO_PLACE;
}

enum status plan_make(const struct request request[N_PARTS], const struct free_memory *free, struct plan *plan,
		      struct plan_failure *failure, const struct plan_trace *trace)
{
	struct search search = {.free = free, .placed = plan->part, .budget = BUDGET};
	const struct reach *reach;
	unsigned int needed = 0, optional = 0;
	enum status status;

	for (size_t i = 0; i < N_PARTS; i++)
		if (request[i].size != 0)
			*(request[i].optional ? &optional : &needed) |= bit(i);
	clear(plan);
	*failure = (struct plan_failure){N_PARTS, needed};
	TRY(each_alone(&search, request, plan, failure, trace));
	search.trace = trace;
	search.steps = 0;
	in_order_of_importance(&search, request, needed | optional);
	status = place_from(&search, 0);
	search.trace = NULL;
	if (status == OK)
		return OK;
	status = some_together(&search, request, needed, plan, failure);
	if (status == OK)
		status = every_order(&search, request, needed, optional, plan);
	reach = reach_in(request, needed);
	if (status != OK && reach != NULL)
		status = in_a_window(&search, request, needed, optional, reach, plan);
	if (status != OK)
		clear(plan);
	return status;
}
