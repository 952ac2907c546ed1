/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rule C6: a kernel whose one place is held by boot services is loaded elsewhere, and copied there after exit. Finds
 * where; pure.
 */
#ifndef BERTH_STAGING_H
#define BERTH_STAGING_H

#include "situation.h"

/* Whether copying could help: the kernel alone has no place, for boot services hold it, and nobody who stays. */
bool staging_can_help(const struct situation *p, const struct plan_failure *failure);

/*
 * Plans again with the kernel's exact place for what it becomes after exit, and p->plan.copies for where its bytes
 * wait: in one run; where there is none, in several, each as large as can be, and what is free of the place itself is
 * loaded there at once. NO_PLACE and GAVE_UP explain themselves in @why.
 */
enum status staging_plan(struct situation *p, const struct plan_trace *trace, struct fail *why) MUST_CHECK;

#define MAX_STAGED 64

/*
 * What is to be claimed for the kernel when something is copied, ascending and disjoint: where its bytes wait, and what
 * is free of its place, so that nobody else gets it. Returns how many.
 */
size_t staging_claims(const struct situation *p, struct range claim[MAX_STAGED]);

#endif
