/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wishes that a plan does not meet. A demand that cannot be met ends a boot; a wish gives way, with a sentence:
 * what was wished, what is in the way, and what was done instead. The loader's log, even when quiet, and `berth plan`
 * print the same ones.
 */
#ifndef BERTH_UNMET_H
#define BERTH_UNMET_H

#include "situation.h"

/* Says each sentence, without a line's end, about a plan that placing_make() made. */
void unmet_wishes(const struct situation *p, void (*say)(void *context, const char *sentence), void *context);

#endif
