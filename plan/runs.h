/* SPDX-License-Identifier: BSD-2-Clause */
/* The free memory that the planner searches: ascending, disjoint runs; and what it says about those it did not take. */
#ifndef BERTH_RUNS_H
#define BERTH_RUNS_H

#include "memmap.h"
#include "request.h"

/* Free runs, ascending and disjoint (memmap_free_runs). */
struct runs {
	struct range *run;
	size_t count, room;
};

struct free_memory {
	struct runs reliable; /* EFI_MEMORY_MORE_RELIABLE only: tried first (rule C1); may be empty */
	struct runs all;
	struct range reserved; /* no part may lie there: something is moved there after exit (rule C6) */
};

/* Takes @taken out of the free runs: what firmware would not give although its map calls it free. */
enum status free_memory_remove(struct free_memory *free, struct range taken, struct fail *why) MUST_CHECK;

/* The largest part of one free run within [min, max); empty when there is none. */
struct range largest_run(const struct runs *runs, struct range within);

/*
 * Memory that a choice did not take, and the rule that kept it out: a run that a limit, the alignment or its size (C1)
 * rules out, or of which other parts have taken too much (C2); a place that would leave another part none (C8); the
 * choice's whole window, when it holds no free memory (C1). Every run that was looked at is told.
 */
struct refusal {
	enum part part;
	const struct choice *choice;
	struct range run;
	enum rule by;
};

struct plan_trace {
	void (*refused)(void *context, const struct refusal *refusal); /* NULL: not wanted */
	void *context;
};

#endif
