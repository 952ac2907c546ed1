/* SPDX-License-Identifier: BSD-2-Clause */
#include "dry.h"

#include <string.h>

#include "../loader/boot.h"

static void find_largest(const struct boot *b, struct sized *largest)
{
	for (size_t i = 0; i < b->n_initrds; i++)
		if (b->initrd[i].size > largest->size) {
			largest->size = b->initrd[i].size;
			memcpy(largest->path, b->initrd[i].path, sizeof(largest->path));
		}
}

void dry_boot(const struct dry_machine *machine, const struct entry *entry, const struct loader_conf *conf,
	      struct dry_outcome *outcome)
{
	static struct boot attempt;

	*outcome = (struct dry_outcome){.status = OK};
	dry = (struct dry){.machine = machine};
	outcome->status = boot(&attempt, entry, conf, &outcome->why);
	dry_forget();
	if (dry.is_through)
		outcome->status = OK;
	outcome->is_own = dry.is_own;
	outcome->held = dry.held;
	outcome->plan = attempt.situation.plan;
	outcome->wish = attempt.situation.wish;
	find_largest(&attempt, &outcome->largest);
}
