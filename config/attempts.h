/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens when an entry fails to boot and nobody may be there to choose another. Pure: what failed in, what
 * follows out. A machine that nobody watches tries what else can boot, each entry once, and then reboots or goes back
 * to firmware; it never waits for a key without end.
 *
 * Source: loader.conf(5), "reboot-on-error"; that other entries are tried first is Berth's own.
 */
#ifndef BERTH_ATTEMPTS_H
#define BERTH_ATTEMPTS_H

#include "entry.h"

#define REASON_SECONDS 10 /* that a reason stays on the screen where loader.conf names no time */

struct attempts {
	struct entry *const *entries; /* in the order of the menu; ->tried is set in them */
	size_t n;
	const struct loader_conf *conf;
	bool counted;  /* an entry that had tries left was tried, and that was written down */
	bool is_error; /* the last one failed, and is not a program that came back without an error */
};

enum next_step {
	NEXT_ENTRY,  /* boot entries[index] */
	NEXT_MENU,   /* a person chose what failed, and is shown the menu again */
	NEXT_REBOOT, /* start the machine anew */
	NEXT_LEAVE,  /* back to firmware, with an error */
};

struct follow {
	enum next_step step;
	size_t index;
	uint32_t seconds; /* that the reason stays on the screen, unless a key asks for the menu; 0: not at all */
};

/* How long a reason stays on the screen: the menu's seconds, or REASON_SECONDS where there are none. */
uint32_t reason_seconds(const struct loader_conf *conf);

/* entries[@index] was tried and is over; its ->counted is up to date. @is_error: it has failed. */
void attempts_ended(struct attempts *attempts, size_t index, bool is_error);

/* What follows on the failure of entries[@index]. @by_hand: a person chose it. */
struct follow attempts_follow(const struct attempts *attempts, size_t index, bool by_hand);

#endif
