/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans and refusals as text for people. Pure. */
#ifndef BERTH_EXPLAIN_H
#define BERTH_EXPLAIN_H

#include "search.h"

/* `place kernel 0x17cc00000 size 0x3378000 align 0x200000 rule C3`; @hidden: the word `hidden` for the address. */
void explain_placement(struct text *text, enum part part, const struct placement *placement, bool hidden);

/* `copy kernel 0x17d000000 to 0x1000000 size 0xf72000 after exit rule C6` */
void explain_copy(struct text *text, const struct copy *copy);

/* `refuse kernel high … 0x100000-0x80000 C1 (too small)`: one line of the debug log. */
void explain_refusal(struct text *text, const struct refusal *refusal);

/* Why there is no plan, in full sentences, into @why; returns the status to give back. */
enum status explain_failure(enum status status, const struct request request[N_PARTS], const struct free_memory *free,
			    const struct memmap *map, const struct plan_failure *failure, struct fail *why);

#endif
