/* SPDX-License-Identifier: BSD-2-Clause */
#include "fit.h"

struct range fit_obstacle(const struct fit *f, struct range at)
{
	/*@ loop invariant 0 <= i <= f->n_taken;
	    loop invariant \forall integer j;
	      0 <= j < i ==> at.end <= f->taken[j].start || f->taken[j].end <= at.start;
	    loop assigns i;
	    loop variant f->n_taken - i; */
	for (size_t i = 0; i < f->n_taken; i++)
		if (range_overlaps(f->taken[i], at))
			return f->taken[i];
	return (struct range){0, 0};
}

/* The outermost aligned place in @room, whatever is taken; empty when there is none. */
/*@ requires is_wish(f);
    assigns \nothing;
    ensures is_empty(\result) ==> \forall uint64_t start; !is_aligned_in(f, room, start);
    ensures !is_empty(\result) ==> is_aligned_in(f, room, \result.start) && \result.end == \result.start + f->size;
    ensures !is_empty(\result) ==> \forall uint64_t start;
      is_aligned_in(f, room, start) ==> is_at_least_as_far_out(f, \result.start, start); */
static inline struct range fit_aligned(const struct fit *f, struct range room)
{
	const struct range none = {0, 0};
	uint64_t start, last;

	if (range_is_empty(room) || range_size(room) < f->size)
		return none;
	last = room.end - f->size;
	if (f->from_top)
		start = align_down(last, f->align);
	else if (checked_align_up(room.start, f->align, &start))
		return none;
	if (start < room.start || start > last)
		return none;
	return (struct range){start, start + f->size};
}

struct range fit_in_run(const struct fit *f, struct range run)
{
	struct range room = range_common(run, f->limits), at = fit_aligned(f, room);

	/*
	 * A place past an obstacle's near edge and clear of it lies beyond its far edge, and so further out than the
	 * outermost aligned place, which overlaps the obstacle: there is none. The room ends at that edge.
	 */
	/*@ loop invariant \forall uint64_t start; is_place(f, run, start) ==> is_aligned_in(f, room, start);
	    loop invariant run.start <= room.start && room.end <= run.end;
	    loop invariant f->limits.start <= room.start && room.end <= f->limits.end;
	    loop invariant is_empty(at) ==> \forall uint64_t start; !is_aligned_in(f, room, start);
	    loop invariant !is_empty(at) ==> is_aligned_in(f, room, at.start) && at.end == at.start + f->size;
	    loop invariant !is_empty(at) ==> \forall uint64_t start;
	      is_aligned_in(f, room, start) ==> is_at_least_as_far_out(f, at.start, start);
	    loop assigns room, at;
	    loop variant room.end - room.start; */
	while (!range_is_empty(at)) {
		struct range obstacle = fit_obstacle(f, at);

		if (range_is_empty(obstacle))
			break;
		if (f->from_top)
			room.end = obstacle.start;
		else
			room.start = obstacle.end;
		at = fit_aligned(f, room);
	}
	return at;
}

struct range fit_beyond(const struct fit *f, struct range run, struct range at)
{
	struct range rest = {f->from_top ? run.start : run.end, f->from_top ? run.start : run.end};

	/*@ loop invariant 0 <= i <= f->n_taken;
	    loop invariant f->from_top ? rest.start == run.start <= rest.end <= at.start
				       : at.end <= rest.start <= rest.end == run.end;
	    loop invariant \forall integer j; 0 <= j < i ==>
	      (f->from_top ? at.start < f->taken[j].end || f->taken[j].start <= rest.end
			   : f->taken[j].start < at.end || rest.start <= f->taken[j].end);
	    loop assigns i, rest;
	    loop variant f->n_taken - i; */
	for (size_t i = 0; i < f->n_taken; i++) {
		struct range next = f->taken[i];

		if (f->from_top && next.end <= at.start && next.start > rest.end)
			rest.end = next.start;
		if (!f->from_top && next.start >= at.end && next.end < rest.start)
			rest.start = next.end;
	}
	return rest;
}

struct fit_found fit_in_runs(const struct fit *f, const struct range *run, size_t count)
{
	/*@ loop invariant 0 <= passed <= count;
	    loop invariant \forall integer i, uint64_t start;
	      (f->from_top ? count - passed <= i < count : 0 <= i < passed) ==> !is_place(f, run[i], start);
	    loop assigns passed;
	    loop variant count - passed; */
	for (size_t passed = 0; passed < count; passed++) {
		size_t i = f->from_top ? count - 1 - passed : passed;
		struct range at = fit_in_run(f, run[i]);

		if (!range_is_empty(at))
			return (struct fit_found){i, at};
	}
	return (struct fit_found){count, {0, 0}};
}

/* How many of @run lie wholly below @address. */
/*@ requires \valid_read(run + (0 .. count - 1)) && is_ascending(run, count);
    requires \forall integer i; 0 <= i < count ==> !is_empty(run[i]);
    assigns \nothing;
    ensures 0 <= \result <= count;
    ensures \forall integer i; 0 <= i < count ==> (i < \result <==> run[i].end <= address); */
static size_t runs_below(const struct range *run, size_t count, uint64_t address)
{
	size_t low = 0, high = count;

	/*@ loop invariant 0 <= low <= high <= count;
	    loop invariant \forall integer i; 0 <= i < low ==> run[i].end <= address;
	    loop invariant \forall integer i; high <= i < count ==> run[i].end > address;
	    loop assigns low, high;
	    loop variant high - low; */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (run[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct fit_span fit_runs_in(const struct range *run, size_t count, struct range span)
{
	size_t low = runs_below(run, count, span.start), high = runs_below(run, count, span.end);

	if (high < count && run[high].start < span.end)
		high++;
	return (struct fit_span){low, high};
}
