/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a boot says of itself. The log that is kept, and the screen with `log debug`, have all that a plan depends on:
 * `berth plan` makes the same plan from them. Only the screen shows a place that was drawn at random.
 */
#ifndef BERTH_LOADER_REPORT_H
#define BERTH_LOADER_REPORT_H

#include "attempt.h"

void report_survey(const struct boot *b);
void report_kept_out(const struct situation *p);
void report_refused(const struct situation *p, enum part part, struct range at);
struct plan_trace report_refusals(struct boot *b);
void report_plan(struct boot *b);

#endif
