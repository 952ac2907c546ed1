/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory cut into slices for a picture: every byte from 0 to 64 TiB, or to the map's end where that is
 * higher, lies in exactly one slice, and there are never more of them than a person can read.
 */
#ifndef BERTH_SLICES_H
#define BERTH_SLICES_H

#include "picture.h"

/* The kinds that a person tells apart in a map. Where descriptors overlap, the later kind in this list is believed. */
enum kind {
	KIND_NOTHING, /* no descriptor */
	KIND_FREE,
	KIND_RELIABLE, /* free and mirrored */
	KIND_BOOT,
	KIND_LOADER,
	KIND_ACPI,
	KIND_RUNTIME,
	KIND_PERSISTENT,
	KIND_UNACCEPTED,
	KIND_SOFT_RESERVED,
	KIND_HOT_PLUGGABLE,
	KIND_DEVICE,
	KIND_RESERVED,
	KIND_UNUSABLE,
	N_KINDS
};

struct slice {
	struct range at;
	uint64_t bytes[N_KINDS]; /* how many of each kind */
	size_t ranges;		 /* neighbouring ranges of one kind that were joined; 1: all of one kind */
	enum kind kind;		 /* the kind of the most bytes */
	unsigned int block;	 /* what was placed here; N_BLOCKS: nothing */
	int top, bottom;	 /* in the picture (scale.h) */
};

struct slices {
	struct slice *at; /* ascending, without a gap */
	size_t count;
};

/* The lines that no slice crosses, ascending. */
#define N_LIMITS 4
struct limit {
	uint64_t at;
	const char *name, *meaning;
};
extern const struct limit limits[N_LIMITS];

/* False when memory ran out; slices_free() gives the slices back. */
bool slices_cut(struct slices *slices, const struct picture *picture);
void slices_free(struct slices *slices);

/* Joins neighbours, the smallest first, until a page holds the picture; never placements, nor across a limit. */
void slices_join(struct slices *slices);

static inline bool kind_is_free(enum kind kind)
{
	return kind == KIND_FREE || kind == KIND_RELIABLE;
}

#endif
