/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan, or why there is none, as a table, as JSON and as a picture: made by `plan`, read from a log by `explain`. */
#ifndef BERTH_REPORT_H
#define BERTH_REPORT_H

#include "../plan/aftermath.h"
#include "json.h"
#include "tool.h"

/* Memory that was not taken; @text is the loader's own line. */
struct refused {
	char part[32];
	struct range run;
	enum rule by;
	char text[256];
};

struct report {
	char title[512]; /* what was planned, on which memory */
	const struct memmap *map;
	bool possible;
	struct placement placed[N_PARTS];
	struct copies copies; /* of the kernel, after exit (rule C6) */
	struct fail why;      /* when it is not possible */
	struct refused *refused;
	size_t n_refused;
	bool has_aftermath; /* false for a log without a memory map */
	struct aftermath aftermath;
};

/* What is to be printed, and where. */
struct report_wish {
	bool json, explain;
	const char *svg;      /* a file's name, NULL: no picture */
	bool svg_is_nameless; /* --svg was the last word */
};

/* True when argv[*i] is one of the report's own options, --json, --explain and --svg FILE, which it then reads. */
bool report_option(int argc, char **argv, int *i, struct report_wish *wish);

/* One more; it is copied. False when memory is exhausted. */
bool report_add_refused(struct report *report, const struct refused *refused);

/* An array "placements" of the parts that have a place. */
void json_places(struct json *json, const struct placement placed[N_PARTS]);

/* Prints and draws; returns the exit status. Frees what the report holds. */
int report_finish(struct report *report, const struct report_wish *wish);

#endif
