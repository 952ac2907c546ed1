/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies in the handoff block: the same routines that will write it say where. */
#ifndef BERTH_CONTENTS_H
#define BERTH_CONTENTS_H

#include "../protocol/handoff.h"

struct content {
	const char *name;
	struct range at;
};

#define MAX_CONTENTS 12

/*
 * Of a block that was measured at its place, what there is, ascending; each ends where the next one begins. Returns how
 * many.
 */
size_t contents_of(const struct handoff *handoff, struct content content[MAX_CONTENTS]);

#endif
