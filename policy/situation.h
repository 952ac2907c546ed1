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
	size_t descriptors; /* in firmware's map */
	size_t final_room;  /* descriptors that the final map may have: the same, and some to spare */
	size_t desc_size;   /* bytes of one */
	void *pool;	    /* for the maker of the survey */
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
	struct findings found;
	struct survey survey;
	struct kept_out kept_out; /* by the command line (rule C13) */
	bool has_entropy;
	uint64_t entropy; /* for rule C12 */

	/* conclusions */
	struct request request[N_PARTS];
	struct bound beyond_mem[N_PARTS]; /* upper limits without arm64's mem=, which is only a wish there (rule C9) */
	bool is_beyond_mem;		  /* the parts did not fit below mem= */
	struct plan plan;
	bool copies_after_exit; /* rule C6 */
	struct moves moves;	/* the copies, in an order that works */
};

/*
 * Measures what the handoff block needs for the current survey; again after each new one, because tables and map room
 * depend on the map. With handoff->block.at == NULL nothing is written.
 */
void situation_describe(struct situation *p, struct handoff *handoff);
enum status situation_measure(struct situation *p, struct fail *why) MUST_CHECK;

/*
 * To be called after each new survey: takes out of it what the device tree reserves (rule R3), and finds where memory
 * starts. IO_ERROR when the survey has no room for that.
 */
enum status situation_survey(struct situation *p, struct fail *why) MUST_CHECK;

/*
 * To be called after each new survey, when what firmware refused is out of it: keeps the parts out of what the command
 * line takes from the kernel (rule C13), and finds where the memory that mem= leaves ends (C9).
 */
enum status situation_keep_out(struct situation *p, struct fail *why) MUST_CHECK;

/*
 * The same, and where the memory ends that mem= leaves (UINT64_MAX: nowhere), for the kernel's file, before it is known
 * what is in it: as a Linux for this CPU would read the command line. Who says that memory is bad means the loader,
 * too.
 */
enum status situation_keep_file_out(struct situation *p, struct fail *why) MUST_CHECK;
uint64_t situation_file_end(const struct situation *p);

/* What each part asks of its place: the image's demands, the CPU's, and the user's wish. */
enum status situation_demand(struct situation *p, struct fail *why) MUST_CHECK;

/*
 * What the log says about the survey besides its memory: the sizes that the handoff block depends on. `berth plan`
 * reads it back. @hides_entropy: without the number that a random place comes from.
 */
void situation_facts(struct text *text, const struct situation *p, bool hides_entropy);

#endif
