/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chooses a place for every part. Pure: same arguments, same plan, on the host and in firmware.
 * It knows no format, no CPU and no firmware: only limits, choices and free runs.
 */
#ifndef BERTH_SEARCH_H
#define BERTH_SEARCH_H

#include "runs.h"

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

#endif
