/* SPDX-License-Identifier: BSD-2-Clause */
#include "candidates.h"

/* How many places are drawn for a part (rule C12), each of which got in another's way, before it is placed in order. */
#define DRAWS 64

static const uint64_t huge_page[] = {GIB(1), MIB(2)};

struct spoiled {
	uint64_t pages[2]; /* of huge_page's sizes */
};

static bool is_traced(const struct candidates *c)
{
	return c->trace != NULL && c->trace->refused != NULL;
}

void candidates_refuse(const struct candidates *c, struct range run, enum rule by)
{
	if (is_traced(c))
		c->trace->refused(
		    c->trace->context,
		    &(struct refusal){.part = c->request->part, .choice = c->choice, .run = run, .by = by});
}

/* What the part's own limits and the choice allow, wherever the others lie. */
static struct range own_limits(const struct candidates *c)
{
	return range_common(c->choice->window, (struct range){c->request->min.value, c->request->max.value});
}

static struct range limits(const struct candidates *c)
{
	return range_common(own_limits(c), c->near);
}

/* For the explanation, the limit that leaves too little of a run: the one that takes the most. */
static enum rule tightest(const struct candidates *c, struct range run)
{
	const struct request *r = c->request;
	struct range low = range_common(run, (struct range){r->min.value, UINT64_MAX});
	struct range high = range_common(run, (struct range){0, r->max.value});

	if (range_size(run) < r->size)
		return C1;
	if (range_is_empty(low) || range_size(low) < r->size)
		return r->min.by;
	if (range_is_empty(high) || range_size(high) < r->size)
		return r->max.by;
	run = range_common(run, own_limits(c));
	return range_is_empty(run) || range_size(run) < r->size ? c->choice->by : r->near.by;
}

/*
 * Why a run has no place although its part within the limits is large enough: other parts, which take it or are too far
 * away, or the alignment.
 */
static enum rule misfit(const struct candidates *c, struct range run)
{
	struct fit alone = c->fit;

	alone.limits = limits(c);
	alone.n_taken = 0;
	if (!range_is_empty(fit_in_run(&alone, run)))
		return C2;
	alone.limits = own_limits(c);
	if (!range_is_empty(fit_in_run(&alone, run)))
		return c->request->near.by;
	return c->request->align.by != RULE_NONE ? c->request->align.by : c->choice->by;
}

/* Tells the trace why @run has no place, or, when part of it was tried, why the rest has none. */
static void refuse_run(const struct candidates *c, struct range run, bool in_part)
{
	struct range within = range_common(run, limits(c));

	if (in_part) {
		if (range_overlaps(run, c->fit.limits)) /* else its last gap was tried, and the reason told then */
			candidates_refuse(c, run, C2);
	} else if (range_is_empty(within) || range_size(within) < c->request->size) {
		candidates_refuse(c, run, tightest(c, run));
	} else {
		candidates_refuse(c, run, misfit(c, run));
	}
}

/* The outermost run that is left. */
static size_t outermost(const struct candidates *c)
{
	return c->from_top ? c->left.high - 1 : c->left.low;
}

/* The outermost @n of the runs that are left had no place. */
static void pass(struct candidates *c, size_t n)
{
	size_t start = outermost(c);

	for (size_t i = 0; i < n && is_traced(c); i++)
		refuse_run(c, c->runs->run[c->from_top ? start - i : start + i], c->in_run && i == 0);
	if (c->from_top)
		c->left.high -= n;
	else
		c->left.low += n;
	c->in_run = c->in_run && n == 0;
	*c->steps += n;
}

static bool next_in_order(struct candidates *c, struct range *out)
{
	size_t left = c->left.high - c->left.low;
	uint64_t room = *c->steps < c->budget ? c->budget - *c->steps : 0;
	size_t count = left < room ? left : (size_t)room;
	const struct range *run;
	struct fit_found found;
	struct range rest;

	if (left == 0) /* where memory has no run at all there is no array either */
		return false;
	run = &c->runs->run[c->from_top ? c->left.high - count : c->left.low];
	found = fit_in_runs(&c->fit, run, count);
	if (found.run == count) {
		pass(c, count);
		*c->steps += count < left; /* past the budget, which the caller sees */
		return false;
	}
	pass(c, c->from_top ? count - 1 - found.run : found.run);
	++*c->steps;
	rest = fit_beyond(&c->fit, run[found.run], found.at); /* the place's gap is settled, whatever comes of it */
	if (c->from_top)
		c->fit.limits.end = rest.end;
	else
		c->fit.limits.start = rest.start;
	c->in_run = true;
	*out = found.at;
	return true;
}

/* ---- rule C10 ---- */

static bool is_whole(const struct candidates *c, struct range run, uint64_t start, uint64_t size)
{
	struct range page;

	return !checked_range(start, size, &page) && range_contains(run, page) &&
	       range_is_empty(fit_obstacle(&c->fit, page));
}

/* Free huge pages that a place in @run would be the first to break. */
static uint64_t spoiled_pages(const struct candidates *c, struct range run, struct range place, uint64_t size)
{
	uint64_t first = align_down(place.start, size), last = align_down(place.end - 1, size), n;

	n = is_whole(c, run, first, size);
	if (last == first)
		return n;
	/* Those between lie wholly in the place, which is free and overlaps nothing. */
	return n + is_whole(c, run, last, size) + ((last - first) >> __builtin_ctzll(size)) - 1;
}

static bool is_less(const struct spoiled *a, const struct spoiled *b)
{
	return a->pages[0] != b->pages[0] ? a->pages[0] < b->pages[0] : a->pages[1] < b->pages[1];
}

static bool find_sparing(struct candidates *c, struct range *out)
{
	struct candidates all = *c;
	struct spoiled best = {{UINT64_MAX, 0}};
	struct range at;

	all.trace = NULL;
	while (next_in_order(&all, &at)) {
		struct range run = c->runs->run[outermost(&all)];
		struct spoiled spoiled = {
		    {spoiled_pages(c, run, at, huge_page[0]), spoiled_pages(c, run, at, huge_page[1])}};

		if (is_less(&spoiled, &best)) {
			best = spoiled;
			*out = at;
		}
		if (best.pages[0] == 0 && best.pages[1] == 0)
			break;
	}
	return best.pages[0] != UINT64_MAX;
}

/* ---- rule C12 ---- */

/* Aligned slots of a run; the first of them at *first. */
static uint64_t slots_in(const struct candidates *c, struct range run, uint64_t *first)
{
	uint64_t align = c->choice->align, last;

	run = range_common(run, limits(c));
	if (range_is_empty(run) || range_size(run) < c->request->size || checked_align_up(run.start, align, first))
		return 0;
	last = align_down(run.end - c->request->size, align);
	return *first > last ? 0 : ((last - *first) >> __builtin_ctzll(align)) + 1;
}

static uint64_t count_slots(const struct candidates *c)
{
	uint64_t n = 0, first;

	for (size_t i = 0; i < c->runs->count; i++)
		n += slots_in(c, c->runs->run[i], &first);
	*c->steps += c->runs->count;
	return n;
}

/* splitmix64 (Steele, Lea, Flood 2014): as many numbers as are needed, from one of firmware's. */
static uint64_t stretch(uint64_t entropy, uint64_t n)
{
	uint64_t z = entropy + n * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Below @n, all equally likely: what is too large after the mask is drawn again; a remainder would favour low ones. */
static uint64_t draw_below(uint64_t n, uint64_t entropy, unsigned int draw)
{
	uint64_t mask = n == 1 ? 0 : UINT64_MAX >> __builtin_clzll(n - 1), value;

	for (uint64_t i = 1;; i++) {
		value = stretch(entropy ^ (uint64_t)draw << 32, i) & mask;
		if (value < n)
			return value;
	}
}

static struct range slot_at(const struct candidates *c, uint64_t index)
{
	struct range at = {0, 0};

	for (size_t i = 0; i < c->runs->count; i++) {
		uint64_t first, n = slots_in(c, c->runs->run[i], &first);

		if (index < n) {
			at.start = first + index * c->choice->align;
			at.end = at.start + c->request->size;
			break;
		}
		index -= n;
	}
	*c->steps += c->runs->count;
	return at;
}

static bool next_drawn(struct candidates *c, struct range *out)
{
	if (c->draws == 0)
		c->slots = count_slots(c);
	while (c->slots != 0 && c->draws++ < DRAWS && *c->steps <= c->budget) {
		*out = slot_at(c, draw_below(c->slots, c->choice->entropy, c->draws));
		c->any = true;
		if (range_is_empty(fit_obstacle(&c->fit, *out)))
			return true;
		candidates_refuse(c, *out, C2);
	}
	return false;
}

/* ---- all of it ---- */

static void begin(struct candidates *c)
{
	/* A trace is also told of the runs that are kept out by a limit alone. */
	struct range span = is_traced(c) ? c->choice->window : limits(c);

	c->fit = (struct fit){.size = c->request->size,
			      .align = c->choice->align,
			      .limits = limits(c),
			      .taken = c->taken,
			      .from_top = c->from_top};
	for (size_t i = 0; i < N_PARTS; i++)
		if (!range_is_empty(c->placed[i].at))
			c->taken[c->fit.n_taken++] = c->placed[i].at;
	if (!range_is_empty(c->reserved))
		c->taken[c->fit.n_taken++] = c->reserved;
	c->state = CANDIDATES_END;
	if (range_is_empty(span))
		return;
	c->left = fit_runs_in(c->runs->run, c->runs->count, span);
	c->state = c->choice->at_random && !c->in_order ? CANDIDATES_DRAW : CANDIDATES_IN_ORDER;
	c->any = c->state == CANDIDATES_IN_ORDER && c->left.low < c->left.high;
}

bool candidates_next(struct candidates *c, struct range *out)
{
	if (c->state == CANDIDATES_BEGIN) {
		begin(c);
		if (c->state == CANDIDATES_IN_ORDER && c->choice->spares_huge_pages && !c->in_order &&
		    find_sparing(c, out)) {
			c->first = *out;
			return true;
		}
	}
	if (c->state == CANDIDATES_DRAW && next_drawn(c, out))
		return true;
	if (c->state == CANDIDATES_IN_ORDER)
		while (next_in_order(c, out))
			if (out->start != c->first.start || range_is_empty(c->first))
				return true;
	if (!c->any && c->state != CANDIDATES_END)
		candidates_refuse(c, c->choice->window, C1);
	c->state = CANDIDATES_END;
	return false;
}
