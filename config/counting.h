/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot counting: how many tries an entry has left stands in the name of its file, ID+LEFT.conf or ID+LEFT-DONE.conf, or
 * the same with .efi. Pure: where the counters are, and which name counts one more try.
 *
 * Source: UAPI.1, "Boot counting". systemd-boot writes plain numbers; the widths are kept here, as UAPI.1 has it from
 * 1.0 on, and as bootctl(1) and systemd-bless-boot read them as well.
 */
#ifndef BERTH_COUNTING_H
#define BERTH_COUNTING_H

#include "entry.h"

/* A name is its id, "+", the digits of LEFT, perhaps "-" and those of DONE, and the suffix. */
struct counters {
	size_t id;	/* bytes before the plus; of a name without counters, all but the suffix */
	size_t left;	/* digits; 0: no counters, the entry is not subject to counting */
	size_t done;	/* digits; 0: there is no second counter */
	bool exhausted; /* LEFT is zero */
};

/* The last plus counts, and nothing but digits may follow each sign. @stem: a file's name without its suffix. */
struct counters counters_of(struct word stem);

enum counting {
	COUNTING_OFF,  /* the name has no counters, or cannot be a file's */
	COUNTING_NEW,  /* another name counts one more try */
	COUNTING_SAME, /* the counters have come to their ends, and the name stays */
	COUNTING_LONG, /* the new name would be longer than an entry's may be */
};

/*
 * The name of the file once one more try is counted: LEFT less one, not below zero, and DONE more by one, each in as
 * many digits as before; without a DONE, "-1" is added. *out is the name for COUNTING_NEW and COUNTING_SAME, and empty
 * otherwise.
 */
enum counting counting_next(const char *file_name, char out[MAX_ENTRY_ID]);

/*
 * UAPI.1, "Boot counting": of two files with one id, the one with more tries left first, then the one with fewer done;
 * negative when that is @a's. 0: they are alike, or one of them is not counted. Names with their suffixes.
 */
int counting_compare(const char *a, const char *b);

#endif
