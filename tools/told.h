/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan of steps, told or done and told: what install, update, remove and kernel print. */
#ifndef BERTH_TOOL_TOLD_H
#define BERTH_TOOL_TOLD_H

#include "../install/steps.h"
#include "json.h"

struct telling {
	bool is_json, dry_run;
	const char *note; /* behind those of the plan; NULL: none */
	/* Where all was done: what else is to be told, as members of the object where @json is not NULL. */
	void (*behind)(void *context, struct json *json);
	void *context;
};

/* NO_PLACE before the first step. An error after some of the steps does not take them back, but is told with them. */
enum status tell_or_do(const struct steps *steps, const struct telling *telling, struct fail *why) MUST_CHECK;

/* The command's exit status; an error is said. */
int told_status(enum status status, const struct fail *why);

#endif
