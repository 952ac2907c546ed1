/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search at the planner's heart: the outermost aligned place of one size among free runs, within limits and clear
 * of what is taken. Comments that begin with an at sign are its contracts, for any number of runs and for all of 64
 * bits; scripts/prove proves that the code keeps them.
 */
#ifndef BERTH_FIT_H
#define BERTH_FIT_H

#include <stddef.h>

#include "../base/range.h"

/* What is sought. */
struct fit {
	uint64_t size, align;	   /* not 0; a power of two */
	struct range limits;	   /* the place lies within */
	const struct range *taken; /* and overlaps none of these, none of which is empty */
	size_t n_taken;
	bool from_top; /* the highest place, else the lowest */
};

/*@
  predicate is_wish(struct fit *f) =
    \valid_read(f) && f->size > 0 && power_of_two(f->align) && \valid_read(f->taken + (0 .. f->n_taken - 1)) &&
    \forall integer i; 0 <= i < f->n_taken ==> !is_empty(f->taken[i]);

  // Aligned, within the run and the limits to its last byte, below 2^64 with that, and clear of what is taken.
  predicate is_aligned_in(struct fit *f, struct range r, integer start) =
    start % f->align == 0 && r.start <= start && start + f->size <= r.end;
  predicate is_clear(struct fit *f, integer start) =
    \forall integer i; 0 <= i < f->n_taken ==>
      start + f->size <= f->taken[i].start || f->taken[i].end <= start;
  predicate is_place(struct fit *f, struct range run, integer start) =
    is_aligned_in(f, run, start) && is_aligned_in(f, f->limits, start) && is_clear(f, start);

  predicate is_at_least_as_far_out(struct fit *f, integer a, integer b) = f->from_top ? a >= b : a <= b;

  // Nothing between the two is taken.
  predicate is_in_gap_of(struct fit *f, struct range at, integer start) =
    \forall integer i; 0 <= i < f->n_taken ==>
      f->taken[i].end <= \min(at.start, start) || \max(at.end, start + f->size) <= f->taken[i].start;

  predicate is_ascending(struct range *run, integer count) =
    \forall integer i, j; 0 <= i < j < count ==> run[i].end <= run[j].start;
*/

/* A taken range that overlaps @at, which is not empty; an empty range when none does. */
/*@ requires is_wish(f) && !is_empty(at);
    assigns \nothing;
    ensures is_empty(\result) ==> \forall integer i;
      0 <= i < f->n_taken ==> at.end <= f->taken[i].start || f->taken[i].end <= at.start;
    ensures !is_empty(\result) ==> overlap(\result, at) &&
      \exists integer i; 0 <= i < f->n_taken && \result == f->taken[i]; */
struct range fit_obstacle(const struct fit *f, struct range at);

/* The outermost place in @run; empty when there is none. */
/*@ requires is_wish(f);
    assigns \nothing;
    ensures is_empty(\result) ==> \forall uint64_t start; !is_place(f, run, start);
    ensures !is_empty(\result) ==> is_place(f, run, \result.start) && \result.end == \result.start + f->size;
    ensures !is_empty(\result) ==> \forall uint64_t start;
      is_place(f, run, start) ==> is_at_least_as_far_out(f, \result.start, start); */
struct range fit_in_run(const struct fit *f, struct range run);

/* What is left of @run beyond the gap of the place @at, from the next obstacle further in; empty without one. */
/*@ requires is_wish(f) && is_place(f, run, at.start) && at.end == at.start + f->size;
    assigns \nothing;
    ensures f->from_top ? \result.start == run.start <= \result.end <= at.start
			: at.end <= \result.start <= \result.end == run.end;
    ensures \forall uint64_t start;
      is_place(f, run, start) && (f->from_top ? start + f->size <= at.start : at.end <= start) ==>
	is_aligned_in(f, \result, start) || is_in_gap_of(f, at, start); */
struct range fit_beyond(const struct fit *f, struct range run, struct range at);

struct fit_found {
	size_t run; /* its index; the number of all runs when there is no place */
	struct range at;
};

/* The outermost place in all of @run, ascending and disjoint. */
/*@ requires is_wish(f) && \valid_read(run + (0 .. count - 1)) && is_ascending(run, count);
    assigns \nothing;
    ensures 0 <= \result.run <= count;
    ensures \result.run == count ==>
      \forall integer i, uint64_t start; 0 <= i < count ==> !is_place(f, run[i], start);
    ensures \result.run < count ==>
      is_place(f, run[\result.run], \result.at.start) && \result.at.end == \result.at.start + f->size;
    ensures \result.run < count ==> \forall integer i, uint64_t start;
      0 <= i < count && is_place(f, run[i], start) ==> is_at_least_as_far_out(f, \result.at.start, start); */
struct fit_found fit_in_runs(const struct fit *f, const struct range *run, size_t count);

/* Runs with index low to high - 1. */
struct fit_span {
	size_t low, high;
};

/* Those of @run, ascending, disjoint and none of them empty, that overlap @span, which is not empty either. */
/*@ requires \valid_read(run + (0 .. count - 1)) && is_ascending(run, count) && !is_empty(span);
    requires \forall integer i; 0 <= i < count ==> !is_empty(run[i]);
    assigns \nothing;
    ensures 0 <= \result.low <= \result.high <= count;
    ensures \forall integer i; 0 <= i < count ==> (\result.low <= i < \result.high <==> overlap(run[i], span)); */
struct fit_span fit_runs_in(const struct range *run, size_t count, struct range span);

#endif
