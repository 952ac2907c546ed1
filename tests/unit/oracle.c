/* SPDX-License-Identifier: BSD-2-Clause */
/* The oracle of the planner's tests (oracle.h), in masks: what it says is checked by trying every place. */
#include "oracle.h"

uint64_t low_bits(unsigned int n)
{
	return n == 0 ? 0 : UINT64_MAX >> (64 - n);
}

uint64_t oracle_starts(uint64_t memory, unsigned int cells)
{
	uint64_t starts = memory;

	for (unsigned int i = 1; i < cells; i++)
		starts &= memory >> i;
	return starts;
}

/* ---- is there a plan ---- */

unsigned int oracle_alone(struct oracle *oracle)
{
	unsigned int first = N_PARTS;

	for (unsigned int i = N_PARTS; i-- > 0;) {
		struct oracle_part *p = &oracle->part[i];

		p->starts = 0;
		for (unsigned int j = 0; j < p->n; j++)
			p->starts |= oracle_starts(p->choice[j].memory, p->cells) & p->choice[j].aligned;
		if (p->cells != 0 && !p->optional && p->starts == 0)
			first = i;
	}
	return first;
}

/* Whether one window of those that there are holds parts 0 and 1 at these cells. */
static bool is_near(const struct oracle *o, const unsigned int cell[2])
{
	uint64_t low = o->base + (cell[0] < cell[1] ? cell[0] : cell[1]) * o->cell, high = 0;

	if (o->span == 0 || cell[0] == NOWHERE || cell[1] == NOWHERE)
		return true;
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t end = o->base + (cell[i] + o->part[i].cells) * o->cell;

		high = end > high ? end : high;
	}
	for (uint64_t window = low / o->granule * o->granule;; window -= o->granule) {
		if (low >= window && high - window <= o->span)
			return true;
		if (window < o->granule || high - window > 2 * o->span)
			return false;
	}
}

static bool possible(const struct oracle *oracle, unsigned int part, uint64_t taken, unsigned int near[2])
{
	const struct oracle_part *p = &oracle->part[part];

	if (part == N_PARTS)
		return true;
	if (p->cells == 0 || p->optional)
		return possible(oracle, part + 1, taken, near);
	for (uint64_t starts = p->starts; starts != 0; starts &= starts - 1) {
		uint64_t place = low_bits(p->cells) << __builtin_ctzll(starts);

		if (part < 2)
			near[part] = (unsigned int)__builtin_ctzll(starts);
		if ((place & taken) == 0 && is_near(oracle, near) && possible(oracle, part + 1, taken | place, near))
			return true;
	}
	if (part < 2)
		near[part] = NOWHERE;
	return false;
}

bool oracle_possible(const struct oracle *oracle)
{
	unsigned int near[2] = {NOWHERE, NOWHERE};

	return possible(oracle, 0, 0, near);
}

/* ---- the first plan in order of preference ---- */

static unsigned int outermost(uint64_t starts, bool from_top)
{
	return (unsigned int)(from_top ? 63 - __builtin_clzll(starts) : __builtin_ctzll(starts));
}

/* The cells of @memory that hang together with @cell. */
static uint64_t gap_around(uint64_t memory, unsigned int cell)
{
	uint64_t gap = UINT64_C(1) << cell, before;

	do {
		before = gap;
		gap |= (gap << 1 | gap >> 1) & memory;
	} while (gap != before);
	return gap;
}

/* Rule C10: whole huge pages of @whole that @place would be the first to break. */
static unsigned int spoiled(const struct oracle *oracle, unsigned int size, uint64_t whole, uint64_t place)
{
	unsigned int n = oracle->per_huge[size], spoiled = 0;

	/* One that begins before cell 0 or ends behind the last is not whole: no memory is there. */
	for (unsigned int at = n - oracle->huge_at[size]; n != 0 && at <= 64; at += n) {
		uint64_t before = low_bits(at) & ~low_bits(at >= n ? at - n : 0);

		spoiled += at >= n && (whole & before) == before && (place & before) != 0;
	}
	return spoiled;
}

/* The candidate that rule C10 would try first. */
static unsigned int most_sparing(const struct oracle *oracle, const struct oracle_part *p, uint64_t whole,
				 const unsigned int *cell, unsigned int n)
{
	unsigned int best = 0, least[2] = {UINT_MAX, UINT_MAX};

	for (unsigned int i = 0; i < n; i++) {
		uint64_t place = low_bits(p->cells) << cell[i];
		unsigned int gib = spoiled(oracle, 0, whole, place), mib = spoiled(oracle, 1, whole, place);

		if (gib < least[0] || (gib == least[0] && mib < least[1])) {
			best = i;
			least[0] = gib;
			least[1] = mib;
		}
	}
	return best;
}

/* Of @starts those from which part 1 is near enough to part 0, which is placed first. */
static uint64_t near_starts(const struct oracle *oracle, const struct oracle_part *p, uint64_t starts,
			    unsigned int first)
{
	uint64_t near = 0;

	if (p != &oracle->part[1])
		return starts;
	for (unsigned int i = 0; i < 64; i++)
		if ((starts >> i & 1) != 0 && is_near(oracle, (const unsigned int[2]){first, i}))
			near |= UINT64_C(1) << i;
	return near;
}

/* One start a gap, in order; where rule C10 rules, the most sparing one before the others. Returns how many. */
static unsigned int places_of(const struct oracle *oracle, const struct oracle_part *p, const struct oracle_choice *c,
			      uint64_t taken, unsigned int part_0, unsigned int *cell)
{
	uint64_t memory = c->memory & ~taken, starts = oracle_starts(memory, p->cells) & c->aligned;
	unsigned int n = 0, best, first;

	starts = near_starts(oracle, p, starts, part_0);

	while (starts != 0) {
		cell[n] = outermost(starts, c->from_top);
		starts &= ~gap_around(memory, cell[n++]);
	}
	if (n != 0 && c->spares) {
		best = most_sparing(oracle, p, c->whole & ~taken, cell, n);
		first = cell[best];
		memmove(cell + 1, cell, best * sizeof(cell[0]));
		cell[0] = first;
	}
	return n;
}

static bool first_from(const struct oracle *oracle, unsigned int part, uint64_t taken, struct oracle_plan *plan)
{
	const struct oracle_part *p = &oracle->part[part];
	unsigned int cell[64];
	uint64_t tried = 0; /* what did not serve by one choice does not serve by another */

	if (part == N_PARTS)
		return true;
	for (unsigned int j = 0; j < (p->cells == 0 ? 0 : p->n); j++) {
		unsigned int n = places_of(oracle, p, &p->choice[j], taken, plan->cell[0], cell);

		for (unsigned int i = 0; i < n; i++) {
			if ((tried >> cell[i] & 1) != 0)
				continue;
			tried |= UINT64_C(1) << cell[i];
			plan->cell[part] = cell[i];
			plan->choice[part] = &p->choice[j];
			if (first_from(oracle, part + 1, taken | low_bits(p->cells) << cell[i], plan))
				return true;
		}
	}
	plan->cell[part] = NOWHERE;
	plan->choice[part] = NULL;
	return (p->cells == 0 || p->optional) && first_from(oracle, part + 1, taken, plan);
}

bool oracle_first(const struct oracle *oracle, struct oracle_plan *plan)
{
	return first_from(oracle, 0, 0, plan);
}

/* ---- small worlds ---- */

size_t runs_of(const struct small *s, uint64_t mask, struct range *run)
{
	size_t n = 0;

	for (unsigned int i = 0; i < CELLS; i++) {
		uint64_t at = s->base + i * s->cell;

		if ((mask >> i & 1) == 0)
			continue;
		if (n != 0 && run[n - 1].end == at)
			run[n - 1].end += s->cell;
		else
			run[n++] = (struct range){at, at + s->cell};
	}
	return n;
}

void lay_out(struct small *s)
{
	s->memory.all = (struct runs){s->run, runs_of(s, s->free, s->run), CELLS};
	s->memory.reliable = (struct runs){s->reliable_run, runs_of(s, s->reliable, s->reliable_run), CELLS};
}

static void choice_of(const struct small *s, const struct request *r, const struct choice *c, uint64_t memory,
		      struct oracle_choice *out)
{
	*out = (struct oracle_choice){.whole = memory,
				      .align = c->align,
				      .from_top = c->from_top,
				      .spares = c->spares_huge_pages,
				      .random = c->at_random,
				      .by = c->by};
	for (unsigned int i = 0; i < CELLS; i++) {
		uint64_t start = s->base + i * s->cell, end = start + s->cell, bit = UINT64_C(1) << i;

		if (start >= r->min.value && end <= r->max.value && start >= c->window.start && end <= c->window.end)
			out->memory |= memory & bit;
		if (start % c->align == 0)
			out->aligned |= bit;
	}
}

void oracle_of(const struct small *s, struct oracle *oracle)
{
	static const uint64_t huge[2] = {GIB(1), MIB(2)};

	oracle->base = s->base;
	oracle->cell = s->cell;
	oracle->span = s->request[0].near.by != RULE_NONE ? s->request[0].near.span : 0;
	oracle->granule = s->request[0].near.granule;
	for (unsigned int i = 0; i < 2; i++) {
		oracle->per_huge[i] = huge[i] <= s->cell ? 0 : (unsigned int)(huge[i] / s->cell);
		oracle->huge_at[i] = huge[i] <= s->cell ? 0 : (unsigned int)(s->base % huge[i] / s->cell);
	}
	for (unsigned int i = 0; i < N_PARTS; i++) {
		const struct request *r = &s->request[i];
		struct oracle_part *p = &oracle->part[i];

		p->cells = (unsigned int)(r->size / s->cell);
		p->optional = r->optional;
		p->n = 0;
		for (unsigned int pool = s->reliable != 0 ? 0 : 1; pool < 2; pool++)
			for (size_t j = 0; j < r->n_choices; j++)
				choice_of(s, r, &r->choice[j], pool == 0 ? s->reliable : s->free, &p->choice[p->n++]);
	}
}

static uint64_t some_cell(struct dice *dice, const struct small *s)
{
	return s->base + roll(dice, CELLS + 1) * s->cell;
}

static void make_request(struct dice *dice, const struct small *s, struct request *r, bool out_of_order)
{
	r->size = (1 + roll(dice, roll(dice, 2) == 0 ? 3 : 10)) * s->cell;
	r->optional = r->part != PART_KERNEL && roll(dice, 8) == 0;
	if (roll(dice, 3) == 0)
		at_least(&r->min, some_cell(dice, s), X2);
	if (roll(dice, 3) == 0)
		at_most(&r->max, some_cell(dice, s), X4);
	r->align.by = X1;
	r->n_choices = 1 + roll(dice, 3);
	for (size_t i = 0; i < r->n_choices; i++) {
		struct choice *c = &r->choice[i];

		*c = (struct choice){.window = {0, UINT64_MAX},
				     .align = s->cell << roll(dice, 4),
				     .from_top = roll(dice, 2) == 0,
				     .by = C3,
				     .spares_huge_pages = out_of_order && roll(dice, 3) == 0,
				     .at_random = out_of_order && roll(dice, 6) == 0,
				     .entropy = roll64(dice)};
		if (roll(dice, 2) == 0)
			c->window = (struct range){some_cell(dice, s), some_cell(dice, s)};
	}
}

void make_small(struct dice *dice, struct small *s, unsigned int max_parts, bool out_of_order)
{
	/* Cells of a page; of a quarter of a huge page, and of a quarter of the next larger one. */
	static const uint64_t cells[] = {EFI_PAGE, EFI_PAGE, KIB(512), MIB(256)};
	static const uint64_t borders[] = {0, MIB(1), MIB(16), GIB(4), TIB(64)};
	unsigned int parts = 1 + roll(dice, max_parts);
	uint64_t border = borders[roll(dice, COUNT_OF(borders))];

	memset(s, 0, sizeof(*s));
	s->cell = cells[roll(dice, COUNT_OF(cells))];
	s->base = border < 8 * s->cell ? 0 : border - roll(dice, 9) * s->cell;
	if (roll(dice, 8) == 0)
		s->base = UINT64_MAX - 32 * s->cell + 1;
	s->free = low_bits(CELLS) &
		  (roll64(dice) | (roll(dice, 2) == 0 ? roll64(dice) : 0) | (roll(dice, 2) == 0 ? roll64(dice) : 0));
	s->reliable = roll(dice, 3) == 0 ? s->free & roll64(dice) : 0;
	lay_out(s);
	for (unsigned int i = 0; i < N_PARTS; i++) {
		request_init(&s->request[i], (enum part)i, 0);
		if (i < parts)
			make_request(dice, s, &s->request[i], out_of_order);
	}
	if (out_of_order && roll(dice, 2) == 0) {
		uint64_t granule = s->cell << roll(dice, 3);

		keep_near(s->request, (enum part)0, (enum part)1,
			  (struct reach){.span = granule * (1 + roll(dice, 6)), .granule = granule, .by = A3});
	}
}

/* ---- refusals ---- */

void see_refusal(void *context, const struct refusal *refusal)
{
	struct seen *seen = context;

	if (seen->n < MAX_SEEN)
		seen->refusal[seen->n++] = *refusal;
	else
		seen->lost = true;
}

static bool holds(struct range memory, uint64_t size)
{
	return !range_is_empty(memory) && range_size(memory) >= size;
}

static bool holds_aligned(struct range memory, uint64_t size, uint64_t align)
{
	return !checked_align_up(memory.start, align, &memory.start) && holds(memory, size);
}

static bool is_only_one(const struct request request[N_PARTS])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_PARTS; i++)
		n += request[i].size != 0;
	return n == 1;
}

/* Whether @by keeps the part out of the refused memory, as far as that can be told without the other parts. */
static bool is_true(const struct refusal *f, const struct request *r)
{
	struct range low = range_common(f->run, (struct range){r->min.value, UINT64_MAX});
	struct range high = range_common(f->run, (struct range){0, r->max.value});
	struct range window = range_common(range_common(low, high), f->choice->window);

	if (f->by == C2 || f->by == C8)
		return holds(f->run, r->size);
	if (f->run.start == f->choice->window.start && f->run.end == f->choice->window.end && f->by == C1)
		return true; /* the whole window: no memory in it */
	return (f->by == C1 && !holds(f->run, r->size)) || (f->by == r->min.by && !holds(low, r->size)) ||
	       (f->by == r->max.by && !holds(high, r->size)) || (f->by == f->choice->by && !holds(window, r->size)) ||
	       (f->by == A3 && f->by == r->near.by && holds(window, r->size)) ||
	       (f->by == r->align.by && holds(window, r->size) && !holds_aligned(window, r->size, f->choice->align));
}

void expect_true_refusals(const struct seen *seen, const struct request request[N_PARTS])
{
	for (size_t i = 0; i < seen->n; i++) {
		const struct refusal *f = &seen->refusal[i];

		if (f->by == RULE_NONE || !is_true(f, &request[f->part]) ||
		    ((f->by == C2 || f->by == C8) && is_only_one(request)))
			fail_msg("%s is not why the %s does not lie in %#" PRIx64 "-%#" PRIx64, rule_row(f->by)->id,
				 part_name(f->part), f->run.start, f->run.end);
	}
}

static bool is_refused(const struct seen *seen, const struct request *r, const struct choice *choice, struct range run)
{
	for (size_t i = 0; i < seen->n; i++) {
		const struct refusal *f = &seen->refusal[i];

		if (f->part == r->part && f->choice == choice && range_contains(run, f->run))
			return true;
	}
	return false;
}

void expect_refusals(const struct seen *seen, const struct request *request, const struct choice *choice,
		     const struct runs *runs, struct range until, bool from_top)
{
	for (size_t i = 0; i < runs->count && !seen->lost; i++) {
		struct range run = runs->run[i];

		if (!range_overlaps(run, choice->window) || range_overlaps(run, until))
			continue;
		if (!range_is_empty(until) && (from_top ? run.start < until.start : run.start > until.start))
			continue; /* less wished for than what was taken */
		if (!is_refused(seen, request, choice, run))
			fail_msg("nothing says why the %s does not lie in %#" PRIx64 "-%#" PRIx64,
				 part_name(request->part), run.start, run.end);
	}
}
