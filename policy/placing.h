/* SPDX-License-Identifier: BSD-2-Clause */
/* From a situation to a plan: by search or, where that fails, by a copy after exit (rule C6). Pure. */
#ifndef BERTH_PLACING_H
#define BERTH_PLACING_H

#include "situation.h"

/*
 * Finds the places; NO_PLACE and GAVE_UP come with the reason in @why. The bounce buffer has a place only where rule C7
 * needs it.
 */
enum status placing_make(struct situation *p, const struct plan_trace *trace, struct fail *why) MUST_CHECK;

#endif
