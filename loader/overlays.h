/* SPDX-License-Identifier: BSD-2-Clause */
/* The overlays that an entry names, merged in their order into the tree that it names, or firmware's. */
#ifndef BERTH_OVERLAYS_H
#define BERTH_OVERLAYS_H

#include "whole.h"

struct overlays {
	struct word paths; /* as the entry has them; absent: there are none */
	struct fw_volume *volume;
	struct word record; /* of the entry in berth.sums (summed.h) */
	struct whole file;  /* that is being read */
	bool are_known;	    /* they were merged before, and then: */
	uint64_t growth;    /* bytes by which all of them let a tree grow, at most */
	uint32_t left_out;  /* bit by bit, those that do not fit the tree */
	uint8_t *at;	    /* NULL, or the memory in which they are merged */
	uint64_t room;	    /* bytes there */
};

/*
 * Merges them into *tree, which stays where it is: *tree is another afterwards, until overlays_give_back(). An overlay
 * that does not fit the tree is left out, which is logged. NOT_FOUND or BAD_INPUT when one is not there, or is none,
 * and when the same do not fit a second time as did the first time.
 */
enum status overlays_merge(struct overlays *overlays, const struct tree_reader *reader, struct loading *loading,
			   struct tree *tree, struct fail *why) MUST_CHECK;

void overlays_give_back(struct overlays *overlays);

#endif
