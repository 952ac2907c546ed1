/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that a loader keeps for the system that it boots, whatever the screen shows: in one buffer of fixed size,
 * each of a class that says what is dropped first where room is short.
 */
#ifndef BERTH_JOURNAL_H
#define BERTH_JOURNAL_H

#include <stddef.h>

/* The most important first. When a class does not fit, its first lines stay, and nothing of the classes after it.
 */
enum kept {
	KEPT_PLAN,	/* where things lie */
	KEPT_MAP,	/* the memory, and what else a plan depends on: `berth plan` makes the plan anew from it */
	KEPT_SAID,	/* whatever else is said */
	KEPT_CANDIDATE, /* places that were not taken: they follow from the map */
	N_KEPT
};

#define JOURNAL_LEAST 80 /* bytes of the smallest room that a text is made for: the sentence on what is left out */

struct journal {
	char *at; /* each line behind its class and length */
	size_t room, used;
	size_t bytes[N_KEPT];	 /* of each class's lines as text, "\n" included */
	size_t left_out[N_KEPT]; /* lines */
	enum kept full_from;	 /* lines of this class and of those behind it have no room any more */
};

/* @at must stay there; @room: 1 or more. */
void journal_open(struct journal *journal, char *at, size_t room);

/*
 * Adds a line of @length bytes, which may hold "\n". Where there is no room for it, lines of less important classes go;
 * if that is not enough, it is left out. What is not UTF-8, and control characters, become "?".
 */
void journal_add(struct journal *journal, enum kept kept, const char *line, size_t length);

/* Another plan begins: lines about the last one are removed, and what was said stays. */
void journal_begin(struct journal *journal);

/*
 * The text of at most @room bytes (JOURNAL_LEAST or more), without a NUL: lines in the order in which they were added,
 * and at the end, where some are left out, how many. Returns its size.
 */
size_t journal_text(const struct journal *journal, char *out, size_t room);

#endif
