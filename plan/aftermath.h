/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person asks next about a plan: what it leaves, what it breaks, and whether it lasts. Pure. */
#ifndef BERTH_AFTERMATH_H
#define BERTH_AFTERMATH_H

#include "search.h"

struct before_after {
	uint64_t before, after;
};

/* Kernel, initrd and handoff take memory; what is kept free and the bounce buffer leave it free to the kernel. */
struct aftermath {
	struct before_after below_16m, below_4g; /* bytes of free memory */
	struct before_after gib_pages;		 /* whole free pages of 1 GiB, aligned to their size */
	struct range largest_left;
	bool kernel_may_move; /* a kernel built with KASLR moves itself again, without nokaslr (rule X9) */
};

void aftermath_of(const struct plan *plan, const struct runs *free, bool kernel_may_move, struct aftermath *aftermath);

/* Each a line, without its end. */
void aftermath_left(struct text *text, const struct aftermath *aftermath);
void aftermath_moves(struct text *text, const struct aftermath *aftermath);

#endif
