/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Badly fragmented machines, and what planning on them is asked to do: for the tests that count its work, and for
 * tests/bench/plan_scale.c, which times it.
 */
#ifndef BERTH_TESTS_LARGE_H
#define BERTH_TESTS_LARGE_H

#include "given.h"

#define LARGE 100000 /* descriptors: every other one 4 MiB of free memory, from 16 MiB on */

enum large_case {
	LARGE_SORT,	/* the descriptors come in no order: parse, sort, find the free runs */
	LARGE_AT_ONCE,	/* kernel, initrd, handoff, kept-free memory: each fits into any run */
	LARGE_LAST_RUN, /* they fit into the last run of all that are tried */
	LARGE_NOWHERE,	/* the initrd fits nowhere */
	LARGE_BUDGET,	/* one part more than runs, and too many ways (@n of each part) to try them all */
	LARGE_CASES
};

extern const char *const large_case_name[LARGE_CASES];

struct large {
	size_t n;
	uint8_t raw[LARGE * DESC_SIZE];
	struct memory entry[LARGE];
	struct range run[LARGE], reliable_run[1];
	struct memmap map;
	struct free_memory memory;
	struct request request[N_PARTS];
	struct plan plan;
	struct plan_failure failure;
	struct fail why;
};

/* Draws a machine of @n descriptors and what is asked of it, as policy asks. Once for all that runs on it. */
void large_make(struct large *large, enum large_case which, size_t n);
/* The work itself: LARGE_SORT parses, the others plan. */
enum status large_run(struct large *large, enum large_case which, const struct plan_trace *trace);

#endif
