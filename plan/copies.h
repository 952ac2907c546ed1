/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is loaded elsewhere and moved to its place after exit, because firmware's boot services hold that place until
 * then (rule C6). Pure; each CPU has the loop that moves the bytes.
 */
#ifndef BERTH_COPIES_H
#define BERTH_COPIES_H

#include "../base/fail.h"
#include "request.h"

/* Current address of the byte that belongs at @to, or @to if it is not copied; *run: contiguous bytes from there. */
uint64_t copies_now(const struct copies *copies, uint64_t to, uint64_t *run);

/* Bytes that are moved. */
uint64_t copies_bytes(const struct copies *copies);

/* What the CPU moves, in this order: pieces, and the detours of those that lie in a circle. */
#define MAX_MOVES 64 /* each piece may take a detour */

struct moves {
	struct copy move[MAX_MOVES];
	size_t n;
};

/*
 * Orders @copies, whose sources are disjoint, as are their targets, so that no byte is overwritten before it is read.
 * Each move goes as memmove does. Pieces that lie in a circle go by way of @spare, which no copy touches: NO_PLACE when
 * it is too small for them.
 */
enum status copies_order(const struct copies *copies, struct range spare, struct moves *moves,
			 struct fail *why) MUST_CHECK;

#endif
