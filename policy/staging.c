/* SPDX-License-Identifier: BSD-2-Clause */
#include "staging.h"

#include "../plan/explain.h"
#include "../plan/fit.h"

static struct range target_of(const struct situation *p)
{
	const struct request *kernel = &p->request[PART_KERNEL];

	return (struct range){kernel->exact.value, kernel->exact.value + kernel->size};
}

/*
 * The loaded part of the window, or all of it when it is written as one piece; in whole pages, as firmware allocates.
 */
static uint64_t staged_size(const struct situation *p)
{
	const struct image *image = &p->image;
	uint64_t end = 0;

	for (size_t i = 0; i < image->n_pieces; i++)
		if (image->piece[i].at + image->piece[i].memory > end)
			end = image->piece[i].at + image->piece[i].memory;
	if (image->in_one_piece || checked_align_up(end, EFI_PAGE, &end) || end > p->request[PART_KERNEL].size)
		end = p->request[PART_KERNEL].size;
	return end;
}

bool staging_can_help(const struct situation *p, const struct plan_failure *failure)
{
	const struct memory *stays;

	return failure->part == PART_KERNEL && p->request[PART_KERNEL].exact.by != RULE_NONE &&
	       memmap_is_free_after_exit(&p->survey.map, target_of(p), false, &stays);
}

/* ---- free memory that the parts leave ---- */

struct rest {
	const struct runs *runs;
	struct range limits;
	struct range taken[N_PARTS + 1 + MAX_COPIES];
	size_t n_taken;
};

static void rest_take(struct rest *rest, struct range range)
{
	if (!range_is_empty(range))
		rest->taken[rest->n_taken++] = range;
}

/* The first gap of @run at or above @from; empty when there is none. */
static struct range next_gap(const struct rest *rest, struct range run, uint64_t from)
{
	struct fit fit = {.size = EFI_PAGE,
			  .align = EFI_PAGE,
			  .limits = {from, run.end},
			  .taken = rest->taken,
			  .n_taken = rest->n_taken};
	struct range gap = fit_in_run(&fit, run);

	if (range_is_empty(gap))
		return gap;
	gap.end = run.end;
	for (size_t i = 0; i < rest->n_taken; i++)
		if (rest->taken[i].start >= gap.start && rest->taken[i].start < gap.end)
			gap.end = rest->taken[i].start;
	return gap;
}

static struct range largest_gap(const struct rest *rest)
{
	struct range best = {0, 0};

	for (size_t i = 0; i < rest->runs->count; i++) {
		struct range run = range_common(rest->runs->run[i], rest->limits);
		struct range gap = range_is_empty(run) ? run : next_gap(rest, run, run.start);

		for (; !range_is_empty(gap); gap = next_gap(rest, run, gap.end))
			if (range_size(gap) > range_size(best))
				best = gap;
	}
	return best;
}

static void rest_of(const struct situation *p, const struct request *staged, struct rest *rest)
{
	*rest = (struct rest){.runs = &p->survey.free.all, .limits = {staged->min.value, staged->max.value}};
	for (size_t i = 0; i < N_PARTS; i++)
		if (i != PART_KERNEL)
			rest_take(rest, p->plan.part[i].at);
}

/* ---- where the bytes wait ---- */

static void add_copy(struct copies *copies, uint64_t from, uint64_t to, uint64_t size)
{
	copies->copy[copies->n++] = (struct copy){from, to, size};
}

/* One run, which may reach into the kernel's own place: the copy goes upwards or downwards, as memmove does. */
static bool wait_in_one_run(const struct rest *rest, struct range loaded, struct copies *copies)
{
	struct fit fit = {.size = range_size(loaded),
			  .align = EFI_PAGE,
			  .limits = rest->limits,
			  .taken = rest->taken,
			  .n_taken = rest->n_taken,
			  .from_top = true};
	struct fit_found found = fit_in_runs(&fit, rest->runs->run, rest->runs->count);

	if (found.run == rest->runs->count)
		return false;
	add_copy(copies, found.at.start, loaded.start, range_size(loaded));
	return true;
}

/* Bytes of @held wait in the largest gaps that are left, as many as it takes. */
static bool wait_in_gaps(struct rest *rest, struct range held, struct copies *copies)
{
	while (!range_is_empty(held)) {
		struct range gap = largest_gap(rest);
		uint64_t size = range_size(gap) < range_size(held) ? range_size(gap) : range_size(held);

		if (range_is_empty(gap) || copies->n == MAX_COPIES)
			return false;
		add_copy(copies, gap.end - size, held.start, size);
		rest_take(rest, (struct range){gap.end - size, gap.end});
		held.start += size;
	}
	return true;
}

/* Free parts of @loaded are loaded in place; the others wait in pieces outside of @loaded, out of the way. */
static bool wait_in_pieces(struct rest *rest, struct range loaded, struct copies *copies)
{
	struct range held = loaded;

	rest_take(rest, loaded);
	for (size_t i = 0; i < rest->runs->count; i++) {
		struct range here = range_common(rest->runs->run[i], loaded);

		if (range_is_empty(here))
			continue;
		held.end = here.start;
		if (!wait_in_gaps(rest, held, copies) || copies->n == MAX_COPIES)
			return false;
		add_copy(copies, here.start, here.start, range_size(here));
		held = (struct range){here.end, loaded.end};
	}
	return wait_in_gaps(rest, held, copies);
}

/* ---- the plan ---- */

static void put_kernel(struct situation *p)
{
	const struct request *kernel = &p->request[PART_KERNEL];

	p->plan.part[PART_KERNEL] = (struct placement){target_of(p), kernel->choice[0].align, C6};
}

static enum status no_room(const struct situation *p, uint64_t size, struct fail *why)
{
	(void)fail_by(why, NO_PLACE, C6,
		      "%s has to be copied to %#" PRIx64
		      " after exit, where boot services are until then, and no free memory can hold its %#" PRIx64
		      " bytes (%s) meanwhile",
		      p->image.name, target_of(p).start, size, size_words(size).at);
	fail_add(why, "  try: more memory, a smaller initrd, or a relocatable kernel; nothing was changed");
	return NO_PLACE;
}

/* All other parts first; the kernel's bytes get what is left. */
static enum status plan_rest(struct situation *p, const struct request *staged, const struct plan_trace *trace,
			     struct fail *why)
{
	struct range loaded = {target_of(p).start, target_of(p).start + staged->size};
	struct plan_failure failure;
	struct rest rest;
	enum status status;

	p->request[PART_KERNEL].size = 0;
	status = plan_make(p->request, &p->survey.free, &p->plan, &failure, trace);
	p->request[PART_KERNEL].size = range_size(p->survey.free.reserved);
	if (status != OK)
		return explain_failure(status, p->request, &p->survey.free, &p->survey.map, &failure, why);
	rest_of(p, staged, &rest);
	p->plan.copies.n = 0;
	if (!wait_in_one_run(&rest, loaded, &p->plan.copies) &&
	    (p->image.in_one_piece || !wait_in_pieces(&rest, loaded, &p->plan.copies)))
		return no_room(p, staged->size, why);
	put_kernel(p);
	return OK;
}

/* Places the bytes like any other part, as if they stayed there. */
static enum status plan_staged(struct situation *p, struct request *staged, const struct plan_trace *trace)
{
	struct request *kernel = &p->request[PART_KERNEL], swap = *kernel;
	struct plan_failure failure;
	enum status status;

	*kernel = *staged;
	status = plan_make(p->request, &p->survey.free, &p->plan, &failure, trace);
	*kernel = swap;
	if (status != OK)
		return status;
	add_copy(&p->plan.copies, p->plan.part[PART_KERNEL].at.start, target_of(p).start, staged->size);
	put_kernel(p);
	return OK;
}

/* The kernel is planned elsewhere or not at all, so parts that must be near it are kept near its final place. */
static void keep_near_target(struct situation *p)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		struct request *r = &p->request[i];
		struct range window;

		if (r->near.by == RULE_NONE || r->near.to != PART_KERNEL)
			continue;
		window = reach_around(target_of(p), &r->near);
		at_least(&r->min, window.start, r->near.by);
		at_most(&r->max, window.end, r->near.by);
		r->near.by = RULE_NONE;
	}
}

enum status staging_plan(struct situation *p, const struct plan_trace *trace, struct fail *why)
{
	struct request staged;
	enum status status;

	policy_stage(&p->request[PART_KERNEL], staged_size(p), &staged);
	keep_near_target(p);
	p->copies_after_exit = true;
	TRY(situation_measure(p, why));
	p->survey.free.reserved = target_of(p);
	status = plan_staged(p, &staged, trace);
	if (status != OK)
		status = plan_rest(p, &staged, trace, why);
	p->survey.free.reserved = (struct range){0, 0};
	TRY(status);
	/* What waits lies outside of the place, or is one piece, so copies cannot form a cycle. */
	return copies_order(&p->plan.copies, (struct range){0, 0}, &p->moves, why);
}

/* ---- claims ---- */

/* Adds @more to ascending disjoint ranges, if there is room; those that it touches become one. */
static void join(struct range claim[MAX_STAGED], size_t *n, struct range more)
{
	size_t kept = 0, at;

	for (size_t i = 0; i < *n; i++) {
		if (claim[i].start <= more.end && more.start <= claim[i].end) {
			more.start = claim[i].start < more.start ? claim[i].start : more.start;
			more.end = claim[i].end > more.end ? claim[i].end : more.end;
		} else {
			claim[kept++] = claim[i];
		}
	}
	if (kept == MAX_STAGED)
		return;
	for (at = kept; at > 0 && claim[at - 1].start > more.start; at--)
		claim[at] = claim[at - 1];
	claim[at] = more;
	*n = kept + 1;
}

size_t staging_claims(const struct situation *p, struct range claim[MAX_STAGED])
{
	const struct runs *free = &p->survey.free.all;
	struct range target = p->plan.part[PART_KERNEL].at;
	size_t n = 0;

	for (size_t i = 0; i < p->plan.copies.n; i++) {
		const struct copy *c = &p->plan.copies.copy[i];

		join(claim, &n, (struct range){c->from, c->from + c->size});
	}
	for (size_t i = 0; i < free->count; i++) {
		struct range here = range_common(free->run[i], target);

		if (!range_is_empty(here))
			join(claim, &n, here);
	}
	return n;
}
