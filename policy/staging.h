/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rule C6: a kernel whose only place is held by boot services is loaded elsewhere, and copied there after exit. Finds
 * where; pure.
 */
#ifndef BERTH_STAGING_H
#define BERTH_STAGING_H

#include "situation.h"

/* True when only boot services block the kernel's exact place. */
bool staging_can_help(const struct situation *p, const struct plan_failure *failure);

/*
 * Plans again: the kernel gets its exact place, where it lies after exit, and p->plan.copies tells where its bytes
 * wait. That is one run; where there is none, free parts of the place are loaded directly, and the rest waits in the
 * largest gaps. NO_PLACE and GAVE_UP come with the reason in @why.
 */
enum status staging_plan(struct situation *p, const struct plan_trace *trace, struct fail *why) MUST_CHECK;

#define MAX_STAGED 64

/*
 * What to claim for a kernel that is copied, ascending and disjoint: where its bytes wait, and the free parts of its
 * place, so that firmware does not give them away. Returns how many.
 */
size_t staging_claims(const struct situation *p, struct range claim[MAX_STAGED]);

#endif
