/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wishes that a plan does not meet. A demand that cannot be met ends a boot; a wish gives way, and says so: what
 * was wished, who or what is in the way, and what was done instead. The same sentences in the loader's log, which
 * prints them when it is quiet as well, and in `berth plan`.
 */
#ifndef BERTH_UNMET_H
#define BERTH_UNMET_H

#include "situation.h"

/* Says each sentence, without its end, of a plan that placing_make() made. */
void unmet_wishes(const struct situation *p, void (*say)(void *context, const char *sentence), void *context);

#endif
