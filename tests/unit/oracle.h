/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brute force over worlds of at most 40 cells of memory: bit n of a mask is cell n. It knows nothing of ranges, runs or
 * the planner's order of search, and tries every place there is.
 */
#ifndef BERTH_TESTS_ORACLE_H
#define BERTH_TESTS_ORACLE_H

#include <limits.h>

#include "given.h"

/* One way to place a part: in @memory, at a start of @aligned, the outermost first. */
struct oracle_choice {
	uint64_t memory, aligned;
	uint64_t whole; /* free cells that may make up a huge page (rule C10) */
	uint64_t align; /* bytes */
	bool from_top;
	bool spares; /* rule C10 */
	bool random; /* rule C12 */
	enum rule by;
};

#define ORACLE_CHOICES (2 * MAX_CHOICES) /* each in reliable memory, then each in all */

struct oracle_part {
	unsigned int cells; /* 0: nothing to place */
	bool optional;
	unsigned int n;
	struct oracle_choice choice[ORACLE_CHOICES];
	uint64_t starts; /* where it may lie alone, by any choice: oracle_alone() */
};

struct oracle {
	struct oracle_part part[N_PARTS];
	/* Rule C10: huge pages of @per_huge[i] cells (0: a cell has several), one of which begins @huge_at[i] cells
	 * before 0. */
	unsigned int per_huge[2], huge_at[2];
	/* Parts 0 and 1 lie in one window of @span bytes from a multiple of @granule; 0: wherever they like. */
	uint64_t span, granule;
	uint64_t base, cell; /* bytes: where cell 0 is, and how large each */
};

#define NOWHERE UINT_MAX

struct oracle_plan {
	unsigned int cell[N_PARTS];		     /* NOWHERE: not placed */
	const struct oracle_choice *choice[N_PARTS]; /* that placed it */
};

/* The @n lowest bits. */
uint64_t low_bits(unsigned int n);
/* Cells at which @cells cells of @memory begin. */
uint64_t oracle_starts(uint64_t memory, unsigned int cells);
/* Fills in part->starts of all; returns the first part that must be placed and fits nowhere alone, or N_PARTS. */
unsigned int oracle_alone(struct oracle *oracle);
/* After oracle_alone(): can all parts that are not optional be placed at once, anywhere that any choice lets them? */
bool oracle_possible(const struct oracle *oracle);
/*
 * The plan whose parts, in order of importance, have each the first place in order of preference that leaves the next
 * ones theirs: by choices in order, in each the outermost place of each gap. False when there is none: then another
 * place in a gap may still serve. No part may be @random.
 */
bool oracle_first(const struct oracle *oracle, struct oracle_plan *plan);

/* ---- small worlds of free cells, for the planner without its policy ---- */

#define CELLS 24

struct small {
	uint64_t base, cell; /* bytes */
	uint64_t free, reliable;
	struct request request[N_PARTS];
	struct range run[CELLS], reliable_run[CELLS];
	struct free_memory memory;
};

size_t runs_of(const struct small *s, uint64_t mask, struct range *run);
void lay_out(struct small *s); /* free and reliable, as runs */
/* What the requests mean, field by field. */
void oracle_of(const struct small *s, struct oracle *oracle);
/* A random world with 1 to @max_parts parts. @out_of_order: rules C10 and C12 join in; two parts may have to be near.
 */
void make_small(struct dice *dice, struct small *s, unsigned int max_parts, bool out_of_order);

/* ---- refusals: each is true, and none is missing ---- */

#define MAX_SEEN 4096

struct seen {
	struct refusal refusal[MAX_SEEN];
	size_t n;
	bool lost; /* there were more */
};

void see_refusal(void *seen, const struct refusal *refusal);
/* Fails the test when a refusal blames a rule that does not keep that memory out. */
void expect_true_refusals(const struct seen *seen, const struct request request[N_PARTS]);
/*
 * Fails the test unless all of @runs that @choice could have looked at, up to @until (a place that was taken; empty:
 * to its end), were refused or hold a place that was.
 */
void expect_refusals(const struct seen *seen, const struct request *request, const struct choice *choice,
		     const struct runs *runs, struct range until, bool from_top);

#endif
