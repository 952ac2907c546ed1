/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chooses a place for every part. Pure: same arguments, same plan, on the host and in firmware.
 * It knows no format, no CPU and no firmware: only limits, choices and free runs.
 */
#ifndef BERTH_PLAN_H
#define BERTH_PLAN_H

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

/*
 * Memory that a choice did not take, and the rule that kept it out: a run that a limit, the alignment or its size (C1)
 * rules out, or of which other parts have taken too much (C2); a place that would leave another part none (C8); the
 * choice's whole window, when it holds no free memory (C1). No run that was looked at goes without.
 */
struct refusal {
	enum part part;
	const struct choice *choice;
	struct range run;
	enum rule by;
};

struct plan_trace {
	void (*refused)(void *context, const struct refusal *refusal); /* NULL: nobody asks */
	void *context;
};

struct plan_failure {
	enum part part;	    /* that fits nowhere even alone; N_PARTS: each fits alone, but not together */
	unsigned int parts; /* which do not fit together: bit n is part n */
};

/*
 * Tries the parts in order, each choice in order, each gap from the choice's end of memory; then every order of
 * parts; then every order with all parts from the top, which finds a plan whenever one exists (rule C8: pushing the
 * parts of any solution up, highest first, ends in one that this pass visits). An optional part comes last in each.
 * OK; NO_PLACE with @failure; GAVE_UP when the budget of steps ended first, which says nothing about whether a plan
 * exists. @trace sees the refusals of the first pass.
 */
enum status plan_make(const struct request request[N_PARTS], const struct free_memory *free, struct plan *plan,
		      struct plan_failure *failure, const struct plan_trace *trace) MUST_CHECK;

/* Takes @taken out of the free runs: what firmware would not give although its map calls it free. */
enum status free_memory_remove(struct free_memory *free, struct range taken, struct fail *why) MUST_CHECK;

/* The largest part of one free run within [min, max); empty when there is none. */
struct range largest_run(const struct runs *runs, struct range within);

#endif
