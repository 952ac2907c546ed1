/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the sentences of rules.def say of a machine, a kernel and a wish, written a second time, in masks of cells: it
 * shares nothing with policy/policy.c and protocol/x86/bzimage.c. A world has up to 34 cells of 1 MiB, around a border
 * or two.
 */
#ifndef BERTH_TESTS_ORACLE_RULES_H
#define BERTH_TESTS_ORACLE_RULES_H

#include "oracle.h"

#define CELL	    MIB(1)
#define MAX_CELLS   34
#define DESCRIPTORS 14

struct machine_world {
	uint64_t at[MAX_CELLS]; /* address of each cell; two cells of no memory separate two stretches */
	unsigned int cells;
	uint64_t gap; /* mask of those cells */
	uint64_t free, reliable;
	uint64_t raw[DESCRIPTORS * DESC_SIZE / 8];
	size_t descriptors;
	struct memory entry[DESCRIPTORS];
	struct memmap map;
	struct range run[2 * DESCRIPTORS], reliable_run[2 * DESCRIPTORS];
	struct free_memory memory;

	struct kernel_fields kernel;
	struct image image;
	struct wish wish;
	bool has_entropy;
	char line[32];
	uint64_t mem; /* 0: no mem= */
	unsigned int cells_of[N_PARTS];
	struct request request[N_PARTS];
};

/* Every choice that the rules give each part, in order of preference. */
void oracle_of_rules(const struct machine_world *w, struct oracle *o);
/* C5, X3: an exact place that breaks a limit of the image is refused before anyone looks for memory. */
bool exact_is_wrong(const struct machine_world *w);

#endif
