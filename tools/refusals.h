/* SPDX-License-Identifier: BSD-2-Clause */
/* What was not taken, for the picture: the same memory refused to the same part by the same rule is one row. */
#ifndef BERTH_REFUSALS_H
#define BERTH_REFUSALS_H

#include "scale.h"

#define MOST_REFUSALS 20 /* rows: more of them nobody reads in a picture */

struct refusal_row {
	const struct refused *refused; /* the first of them */
	size_t times;		       /* how many choices it was refused for */
	size_t slice;		       /* the one that it is marked beside */
};

struct refusals {
	struct refusal_row row[MOST_REFUSALS]; /* from the top of the picture down; numbered from 1 on */
	size_t count;
	size_t left_out; /* candidates for which there is no row */
};

void refusals_group(struct refusals *out, const struct picture *picture, const struct scale *scale);

/* The rows marked beside this slice are [*first, *first + the returned number). */
size_t refusals_beside(const struct refusals *refusals, size_t slice, size_t *first);

/* "for the highest from 0x100000000 align 0x1000, and 2 more": what it was tried for. */
void refusal_choice(struct text *text, const struct refusal_row *row);

/* Its size in words, or that there was no free memory at all. */
struct size_words refusal_size(const struct refused *refused);

#endif
