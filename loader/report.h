/* SPDX-License-Identifier: BSD-2-Clause */
/* What a boot says of itself. With `log debug` it is all that a plan depends on: `berth plan` makes the same one of it.
 */
#ifndef BERTH_LOADER_REPORT_H
#define BERTH_LOADER_REPORT_H

#include "attempt.h"

void report_survey(const struct boot *b);
void report_kept_out(const struct situation *p);
struct plan_trace report_refusals(void);
void report_plan(const struct boot *b);

#endif
