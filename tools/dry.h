/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot that ends where firmware would have to give up the machine: the loader's own boot(), from an entry to the call
 * before the kernel, on files and a memory map of this machine. Everything that may fail in a boot fails here too.
 */
#ifndef BERTH_TOOL_DRY_H
#define BERTH_TOOL_DRY_H

#include "../install/volume.h"
#include "../loader/attempt.h"
#include "map_source.h"

/* What the loader is told of the machine, and what is another way than it is there. */
struct dry_machine {
	const struct arch *arch;
	const struct map_source *memory; /* NULL: nobody knows it */
	const struct fw_volume *esp;
	enum secure_boot secure_boot;
	bool measures; /* into a TPM */

	/* Whether firmware, with its lists of keys and sums, may start this program. */
	bool (*may_be_trusted)(void *context, struct bytes program);
	/* What the loader shows even when it is to be quiet. */
	void (*say)(void *context, const char *sentence);
	void *context;

	bool plan_only;	      /* nothing is read once there is a plan */
	const char *cut_file; /* this one has @cut bytes less; NULL: none */
	uint64_t cut;
};

struct dry_outcome {
	enum status status; /* OK: the kernel would have been entered */
	struct fail why;
	bool is_own; /* not the machine's failure, but this command's: it says nothing of a boot */
	struct plan plan;
	struct wish wish;
	uint64_t held; /* bytes that were taken when the loader looked at memory for its plan: for a file to verify */
	struct sized {
		char path[MAX_PATH_TEXT];
		uint64_t size;
	} largest; /* of the initrds; size 0: there is none */
};

void dry_boot(const struct dry_machine *machine, const struct entry *entry, const struct loader_conf *conf,
	      struct dry_outcome *outcome);

/* dry_firmware.c's own: the seam's body looks here. */
struct dry {
	const struct dry_machine *machine;
	uint64_t taken; /* bytes, of claims too */
	uint64_t held;
	bool is_planned, is_through, is_own;
};
extern struct dry dry;

/* Gives back whatever a boot has left. */
void dry_forget(void);

#endif
