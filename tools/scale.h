/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scale of the picture: a slice is as tall as the logarithm of its size asks, or as its text needs; holes are
 * broken off. Addresses grow upwards, pixels downwards.
 */
#ifndef BERTH_SCALE_H
#define BERTH_SCALE_H

#include "../base/text.h"
#include "slices.h"

#define LABEL_HEIGHT 38 /* for a placement's two lines */

/* What lies between two limits. */
struct zone {
	struct range at;
	size_t first, count; /* its slices */
	int top, bottom;
	bool has_memory;
	uint64_t free, largest; /* free bytes, and the largest free run's; before anything was placed */
};

#define N_ZONES (N_LIMITS + 1)

struct scale {
	struct slices slices;
	struct zone zone[N_ZONES];
	size_t n_zones;
	uint64_t bytes[N_KINDS]; /* of the whole map */
	int top, bottom;
};

/* False when memory ran out; scale_free() gives it back in either case. */
bool scale_make(struct scale *scale, const struct picture *picture);
void scale_free(struct scale *scale);

/* "physical memory: 5.9 GiB of RAM, 5.8 GiB of it free; 124 descriptors in the map" */
void scale_summary(struct text *text, const struct scale *scale, const struct memmap *map);

/* Gives every slice and zone its pixels, from @top down, with LABEL_HEIGHT for each label beside its zone. */
void scale_lay_out(struct scale *scale, const unsigned int labels[N_ZONES], int top);

/* The zone that @address lies in. */
const struct zone *scale_zone(const struct scale *scale, uint64_t address);

/* Where @address lies. */
int scale_y(const struct scale *scale, uint64_t address);

#endif
