/* SPDX-License-Identifier: BSD-2-Clause */
/* What a boot would do, for a person who asks before it. */
#ifndef BERTH_FORESEE_H
#define BERTH_FORESEE_H

#include "attempt.h"

/* The files, the places with their rules, and memory, as lines of at most @columns; all that the plan needs is there.
 */
void foresee_tell(struct text *out, const struct boot *b, unsigned int columns);

/* Why there is none. */
void foresee_refusal(struct text *out, const struct fail *why);

#endif
