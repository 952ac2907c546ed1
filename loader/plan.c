/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan.h"

/* Runs looked at in one pass, over all choices. A map of 100,000 runs is searched to its end two hundred times. */
#define BUDGET 20000000u

struct search {
	const struct request *order[N_PARTS];
	size_t n;
	const struct free_memory *free;
	bool all_from_top;
	struct placement *placed; /* N_PARTS; an empty range where nothing is placed yet */
	const struct plan_trace *trace;
	uint64_t steps;
};

/* Where a choice's enumeration of gaps stands. */
struct cursor {
	size_t run;	   /* index from the choice's end of memory */
	struct range rest; /* of the current run: what has not been tried */
	bool in_run;
};

static void refuse(const struct search *s, const struct request *r, const struct choice *c, struct range run,
		   enum rule by)
{
	if (s->trace != NULL && s->trace->refused != NULL)
		s->trace->refused(s->trace->context,
				  &(struct refusal){.part = r->part, .choice = c, .run = run, .by = by});
}

/* The limit that leaves too little of a run, for the explanation: the one that takes most away. */
static enum rule tightest(const struct request *r, const struct choice *c, struct range run)
{
	struct range low = range_common(run, (struct range){r->min.value, UINT64_MAX});
	struct range high = range_common(run, (struct range){0, r->max.value});

	if (range_size(run) < r->size)
		return C1;
	if (range_is_empty(low) || range_size(low) < r->size)
		return r->min.by;
	if (range_is_empty(high) || range_size(high) < r->size)
		return r->max.by;
	return c->by;
}

static const struct placement *obstacle(const struct search *s, struct range at)
{
	for (size_t i = 0; i < N_PARTS; i++)
		if (range_overlaps(s->placed[i].at, at))
			return &s->placed[i];
	return NULL;
}

/* The outermost place of @size in @rest that no placed part covers; false when the rest of the run has none. */
static bool fit_in_run(const struct search *s, const struct request *r, const struct choice *c, bool from_top,
		       struct range *rest, struct range *out, enum rule *by)
{
	*by = C1;
	while (!range_is_empty(*rest) && range_size(*rest) >= r->size) {
		struct range at;
		const struct placement *hit;

		if (from_top) {
			at.start = align_down(rest->end - r->size, c->align);
			if (at.start < rest->start)
				break;
		} else if (checked_align_up(rest->start, c->align, &at.start) || rest->end < at.start ||
			   rest->end - at.start < r->size) {
			break;
		}
		at.end = at.start + r->size;
		hit = obstacle(s, at);
		if (hit == NULL) {
			*out = at;
			return true;
		}
		*by = C2;
		if (from_top)
			rest->end = hit->at.start;
		else
			rest->start = hit->at.end;
	}
	if (*by == C1 && range_size(*rest) >= r->size && !range_is_empty(*rest))
		*by = r->align.by != RULE_NONE ? r->align.by : c->by;
	return false;
}

/* After a place was tried, its gap is settled: what is left of the run begins at the next obstacle, if there is one. */
static void leave_gap(const struct search *s, bool from_top, struct range tried, struct range *rest)
{
	struct range next = {0, 0};

	for (size_t i = 0; i < N_PARTS; i++) {
		struct range p = s->placed[i].at;

		if (range_is_empty(p) || (from_top ? p.end > tried.start : p.start < tried.end))
			continue;
		if (range_is_empty(next) || (from_top ? p.end > next.end : p.start < next.start))
			next = p;
	}
	if (from_top)
		rest->end = range_is_empty(next) ? rest->start : next.start;
	else
		rest->start = range_is_empty(next) ? rest->end : next.end;
}

/* The next candidate of a choice, from its end of memory inwards: one a gap. */
static bool next_candidate(struct search *s, const struct request *r, const struct choice *c, const struct runs *runs,
			   struct cursor *cursor, struct range *out)
{
	bool from_top = c->from_top || s->all_from_top;
	struct range limits = range_common(c->window, (struct range){r->min.value, r->max.value});

	for (; cursor->run < runs->count; cursor->run++, cursor->in_run = false) {
		struct range run = runs->run[from_top ? runs->count - 1 - cursor->run : cursor->run];
		enum rule by;

		if (++s->steps > BUDGET)
			return false;
		if (!cursor->in_run) {
			cursor->rest = range_common(run, limits);
			cursor->in_run = true;
			if (range_is_empty(cursor->rest) || range_size(cursor->rest) < r->size) {
				refuse(s, r, c, run, tightest(r, c, run));
				continue;
			}
		}
		if (fit_in_run(s, r, c, from_top, &cursor->rest, out, &by)) {
			leave_gap(s, from_top, *out, &cursor->rest);
			return true;
		}
		if (!range_is_empty(cursor->rest))
			refuse(s, r, c, run, by);
	}
	return false;
}

static enum status place_from(struct search *s, size_t depth)
{
	const struct request *r;

	if (depth == s->n)
		return OK;
	r = s->order[depth];
	for (int pool = 0; pool < 2; pool++) {
		const struct runs *runs = pool == 0 ? &s->free->reliable : &s->free->all;

		for (size_t i = 0; i < r->n_choices && runs->count != 0; i++) {
			const struct choice *c = &r->choice[i];
			struct cursor cursor = {0};
			struct range at;

			while (next_candidate(s, r, c, runs, &cursor, &at)) {
				enum status status;

				s->placed[r->part] = (struct placement){at, c->align, c->by};
				status = place_from(s, depth + 1);
				if (status != NO_PLACE)
					return status;
				s->placed[r->part] = (struct placement){.align = 0};
			}
			if (s->steps > BUDGET)
				return GAVE_UP;
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

static void in_order_of_importance(struct search *s, const struct request request[N_PARTS])
{
	s->n = 0;
	for (size_t i = 0; i < N_PARTS; i++)
		if (request[i].size != 0)
			s->order[s->n++] = &request[i];
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
		status = place_from(s, 0);
		clear(plan);
		if (status == OK)
			continue;
		failure->part = request[i].part;
		s->trace = trace; /* of a part that fits nowhere, the refusals are what one wants to see */
		(void)place_from(s, 0);
		clear(plan);
		return status;
	}
	return OK;
}

enum status plan_make(const struct request request[N_PARTS], const struct free_memory *free, struct plan *plan,
		      struct plan_failure *failure, const struct plan_trace *trace)
{
	struct search search = {.free = free, .placed = plan->part};
	enum status status;

	clear(plan);
	failure->part = N_PARTS;
	TRY(each_alone(&search, request, plan, failure, trace));
	search.trace = trace;
	in_order_of_importance(&search, request);
	search.steps = 0;
	status = place_from(&search, 0);
	search.trace = NULL;
	/* Each pass has a budget of its own: the last, which alone is complete, must not starve behind the others. */
	for (int pass = 0; pass < 2 && status != OK; pass++) {
		search.all_from_top = pass == 1;
		search.steps = 0;
		in_order_of_importance(&search, request);
		do {
			clear(plan);
			status = place_from(&search, 0);
		} while (status == NO_PLACE && next_order(search.order, search.n));
	}
	if (status != OK)
		clear(plan);
	return status;
}

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
