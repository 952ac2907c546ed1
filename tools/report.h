/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan, or why there is none, as a table, as JSON and as a picture: made by `plan`, read from a log by `explain`. */
#ifndef BERTH_REPORT_H
#define BERTH_REPORT_H

#include "../plan/aftermath.h"
#include "json.h"
#include "picture.h"
#include "tool.h"

struct report {
	char title[512]; /* what was planned, on which memory */
	const struct memmap *map;
	bool possible;
	struct placement placed[N_PARTS];
	struct copies copies; /* of the kernel, after exit (rule C6) */
	struct content content[MAX_CONTENTS];
	size_t n_contents; /* 0 for a log, which does not tell */
	struct fail why;   /* when it is not possible */
	struct refused *refused;
	size_t n_refused;
	bool has_aftermath; /* false for a log without a memory map */
	struct aftermath aftermath;
};

/* What is to be printed, and where. */
struct report_wish {
	bool json, explain;
	const char *svg, *html; /* a file's name, NULL: no picture, no page */
	const char *nameless;	/* the option that was the last word, without its value; NULL: none */
};

/* Whether anybody wants to know what was refused. */
static inline bool report_shows_refused(const struct report_wish *wish)
{
	return wish->explain || wish->svg != NULL || wish->html != NULL;
}

/* True when argv[*i] is one of the report's own options, which it then reads. */
bool report_option(int argc, char **argv, int *i, struct report_wish *wish);

/* One more; it is copied. False when memory is exhausted. */
bool report_add_refused(struct report *report, const struct refused *refused);

/* An array "placements" of the parts that have a place. */
void json_places(struct json *json, const struct placement placed[N_PARTS]);

/* Prints and draws; returns the exit status. Frees what the report holds. */
int report_finish(struct report *report, const struct report_wish *wish);

#endif
