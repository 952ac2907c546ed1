/* SPDX-License-Identifier: BSD-2-Clause */
/* One attempt to boot an entry: what it knows, and what it holds. */
#ifndef BERTH_ATTEMPT_H
#define BERTH_ATTEMPT_H

#include "load.h"
#include "overlays.h"
#include "whole.h"
#include "../config/sums.h"
#include "../kernel/identify.h"
#include "../policy/staging.h"

#define MAX_REFUSED 16

/* What an attempt holds: released, whatever happens, when boot() returns. Too large for firmware's stack. */
struct boot {
	struct file kernel, initrd[MAX_INITRDS];
	size_t n_initrds;
	struct situation situation;
	struct range claimed[N_PARTS];	 /* empty: not claimed */
	struct range staged[MAX_STAGED]; /* claimed instead for a kernel that is copied after exit (rule C6) */
	size_t n_staged;
	struct range refused[MAX_REFUSED]; /* by firmware, although its map says free */
	size_t n_refused;
	unsigned int n_looks;	  /* surveys made after a refusal */
	uint8_t head[IMAGE_HEAD]; /* of the kernel's file, which is verified or measured as a whole */
	size_t head_size;	  /* 0: it is not */
	bool waits;		  /* until its place is claimed: nothing but these bytes has been read */
	uint64_t whole_at;	  /* where all of it is */
	struct range whole;	  /* what is claimed for that alone; empty: nothing */
	struct word record;	  /* of its entry in berth.sums (bound.h); absent: there is none */
	struct loading loading;
	struct source shown; /* the kernel's bytes, with progress on the screen */
	struct packed packed;
	struct wanted wanted;	  /* what it was identified by */
	struct whole relocs;	  /* Linux's relocation table: the kernel's name with ".relocs" behind it */
	bool program;		  /* firmware starts it: of it the tree alone is read */
	struct whole tree;	  /* the device tree that the entry names */
	struct overlays overlays; /* and those that are merged into it, or into firmware's */
	struct handoff handoff;

	/* Not cleared at the start of an attempt. */
	uint8_t spare[CHECK_PIECE];
	char command_line[MAX_COMMAND_LINE];
};

#endif
