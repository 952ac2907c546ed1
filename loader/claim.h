/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking from firmware what was planned, and what becomes of a plan when firmware refuses. */
#ifndef BERTH_CLAIM_H
#define BERTH_CLAIM_H

#include "attempt.h"

/*
 * Claims every place of the plan. TAKEN when firmware refused one: all is given back, memory was looked at again, and
 * another plan is to be made.
 */
enum status claim_places(struct boot *b, struct fail *why) MUST_CHECK;

void claim_release(struct boot *b);

#endif
