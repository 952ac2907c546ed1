/* SPDX-License-Identifier: BSD-2-Clause */
/* The places that one choice offers a part, one per gap of free memory, in the order in which to try them. */
#ifndef BERTH_CANDIDATES_H
#define BERTH_CANDIDATES_H

#include "fit.h"
#include "runs.h"

struct candidates {
	/* in */
	const struct request *request;
	const struct choice *choice;
	const struct runs *runs;
	const struct placement *placed; /* N_PARTS; an empty range where nothing is placed yet */
	struct range reserved;
	struct range near; /* where request->near lets it lie */
	bool from_top;
	bool in_order; /* skips what rules C10 and C12 would try first */
	const struct plan_trace *trace;
	uint64_t *steps, budget; /* runs looked at, and how many may be */

	/* where the enumeration stands: zeros at first */
	enum { CANDIDATES_BEGIN, CANDIDATES_DRAW, CANDIDATES_IN_ORDER, CANDIDATES_END } state;
	struct fit fit; /* its limits shrink as places are tried */
	struct range taken[N_PARTS + 1];
	struct fit_span left; /* the runs that have not been passed */
	bool in_run, any;     /* the outermost of them was tried in part; there were any */
	struct range first;   /* what rule C10 tried first */
	unsigned int draws;
	uint64_t slots;
};

/* The next candidate; false when there is none left, or when the budget has ended. */
bool candidates_next(struct candidates *c, struct range *out);

/* Tells the trace of a place that is not taken. */
void candidates_refuse(const struct candidates *c, struct range run, enum rule by);

#endif
