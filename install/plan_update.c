/* SPDX-License-Identifier: BSD-2-Clause */
/* berth update: loaders of Berth's that are there become newer. Nothing new is made, and nobody else's is touched. */
#include "site.h"

#include "../config/entry.h"

static bool is_newer(const struct loader *new, const struct loader *old)
{
	return version_compare(word_of(new->version), word_of(old->version)) > 0;
}

/* One loader of a partition, in its own place or on the removable path. */
static enum status plan_one(struct site *site, struct steps *steps, const struct loader_names *names, const char *path,
			    bool *is_any, struct fail *why)
{
	char shown[MEDIUM_PATH];
	enum status status = OK;
	struct found old, new;

	TRY(site_read(&site->esp, path, &old, why));
	if (old.loader.is_berth) {
		*is_any = true;
		medium_shown(&site->esp, path, shown);
		status = site_new_loader(site, names, &new, why);
		if (status == OK) {
			if (is_newer(&new.loader, &old.loader))
				(void)plan_loader(site, steps, path, &old, &new);
			else
				steps_note(steps, "%s is Berth %s, and the one at hand, %s, is not newer", shown,
					   old.loader.version, new.loader.version);
			found_free(&new);
		}
	}
	found_free(&old);
	return status;
}

enum status plan_update(struct site *site, struct steps *steps, struct fail *why)
{
	struct loader_names names;
	bool is_any = false;

	for (size_t i = 0; loader_names(i, &names); i++) {
		TRY(plan_one(site, steps, &names, names.own, &is_any, why));
		TRY(plan_one(site, steps, &names, names.removable, &is_any, why));
	}
	if (!is_any)
		steps_note(steps, "%s has no loader of Berth's: berth install", site->esp.name);
	return OK;
}
