/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that a plan is made from, and the plan. Pure: the same facts give the same plan, in firmware and on the host,
 * where `berth plan` fills them in from a log or a memory map.
 */
#ifndef BERTH_SITUATION_H
#define BERTH_SITUATION_H

#include "../arch/arch.h"
#include "../plan/copies.h"
#include "../plan/search.h"
#include "policy.h"

#include "../protocol/kept_out.h"

/*
 * Descriptors to spare in the final map: our own claims split some, and firmware's event handlers may split more
 * between our last look and exit. Linux leaves 32 (EFI_MMAP_NR_SLACK_SLOTS; 8 were too few for some machines).
 */
#define SPARE_DESCRIPTORS 32

/* One look at the machine's memory. */
struct survey {
	struct memmap map;
	struct free_memory free;
	size_t descriptors; /* that firmware had */
	size_t final_room;  /* that the final map may have: those, and some to spare */
	size_t desc_size;   /* bytes of one */
	void *pool;	    /* of who made it */
};

struct situation {
	/* facts */
	struct wish wish;
	const struct loader_conf *conf;
	struct image image;
	struct cargo cargo;
	const struct arch *arch;
	struct cpu cpu;
	struct machine machine;
	struct survey survey;
	struct kept_out kept_out; /* by the command line (rule C13) */
	bool has_entropy;
	uint64_t entropy; /* for rule C12 */

	/* conclusions */
	struct request request[N_PARTS];
	struct bound beyond_mem[N_PARTS]; /* their ends without arm64's mem=, which is a wish there (rule C9) */
	bool is_beyond_mem;		  /* they needed that */
	struct plan plan;
	bool copies_after_exit; /* rule C6 */
	struct moves moves;	/* what they come to */
};

/*
 * Measures what the handoff block needs, for the survey as it is now: again after each new look at memory, for tables
 * and map room follow the map. With handoff->block.at == NULL before the call nothing is written.
 */
void situation_describe(struct situation *p, struct handoff *handoff);
enum status situation_measure(struct situation *p, struct fail *why) MUST_CHECK;

/*
 * Once more after each new look at memory: takes out of it what the device tree keeps for somebody else (rule R3), and
 * finds where it starts. IO_ERROR when the survey has no room for that.
 */
enum status situation_survey(struct situation *p, struct fail *why) MUST_CHECK;

/*
 * Once more after each new look at memory, and after what firmware refused was taken out of it: keeps the parts out of
 * what the command line takes from the kernel (rule C13), and finds where the memory that mem= leaves ends (C9).
 */
enum status situation_keep_out(struct situation *p, struct fail *why) MUST_CHECK;

/* What each part asks of its place: the image's demands, the CPU's, and the user's wish. */
enum status situation_demand(struct situation *p, struct fail *why) MUST_CHECK;

/*
 * What the debug log says of the survey, apart from its memory: the sizes on which the handoff block depends. Reading
 * it back is tools/mapread.c's.
 */
void situation_facts(struct text *text, const struct situation *p);

#endif
