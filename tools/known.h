/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of a machine before it boots: its memory, its Secure Boot, and how sure that is. */
#ifndef BERTH_TOOL_KNOWN_H
#define BERTH_TOOL_KNOWN_H

#include "../install/variables.h"
#include "catalogue.h"
#include "map_source.h"

#define BERTH_LOG "BerthLog-d7e85280-5e34-48c9-b575-1fb6e8ff7d03" /* the variable with the log of the last boot */

struct known_options {
	const char *memmap;    /* a file; "none": it is not asked about; NULL: this machine's own */
	const char *variables; /* the folder of firmware's variables; NULL: this machine's own */
	bool is_elsewhere;     /* what is asked about is not this machine */
};

struct known {
	const char *variables; /* the folder of firmware's variables; NULL: there is none */
	char name[HOST_PATH];  /* where the map comes from, for people */
	bool is_silent;	       /* nobody asked for a plan */
	bool has_map;
	bool is_exact; /* it is what the loader itself saw when it planned the last time */
	struct map_source map;
	char booted[MAX_ENTRY_ID]; /* the entry that was planned then; empty: unknown */
	enum secure_boot secure_boot;
	bool measures;
	struct said doubts; /* what nobody here knows, and may be otherwise at the boot */
};

/* BAD_INPUT or IO_ERROR when a map that was asked for cannot be read. known_close() in any case. */
enum status known_open(struct known *known, const struct known_options *options, struct fail *why) MUST_CHECK;
void known_close(struct known *known);

/*
 * Whether firmware, or shim, may start this program with Secure Boot on: somebody has signed it, or its sum is in one
 * of their lists; and it is in none of what they forbid. Whether they know the signer is theirs to say.
 */
bool known_may_trust(const struct known *known, struct bytes program);

#endif
