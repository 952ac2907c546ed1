/* SPDX-License-Identifier: BSD-2-Clause */
/* Every entry on the volume, in the order of the menu, and what loader.conf says. */
#ifndef BERTH_CATALOGUE_H
#define BERTH_CATALOGUE_H

#include "efi_local.h"

struct catalogue {
	struct loader_conf conf;
	struct entry **sorted;
	size_t n, room, hidden; /* hidden: files that this loader can start nothing by */
	char *conf_text;	/* which conf points into */
};

/*
 * NOT_FOUND when there is no entry that can be started; a single broken file is no error. Where memory runs out, what
 * was read until then counts, and the log says so. catalogue_free releases either way.
 */
enum status catalogue_read(struct catalogue *catalogue, struct fail *why) MUST_CHECK;
void catalogue_free(struct catalogue *catalogue);

/* Tells of what a file says and Berth does not heed in the log. */
extern const struct remarks catalogue_remarks;

#endif
