/* SPDX-License-Identifier: BSD-2-Clause */
/* Every entry on the volume, in the order of the menu, and what loader.conf says. */
#ifndef BERTH_CATALOGUE_H
#define BERTH_CATALOGUE_H

#include "listed.h"

/*
 * NOT_FOUND when there is no entry that can be started; a single broken file is not an error. If memory runs out, what
 * was read until then counts, and the log says so. catalogue_free releases either way.
 */
enum status catalogue_read(struct catalogue *catalogue, struct fail *why) MUST_CHECK;
void catalogue_free(struct catalogue *catalogue);

/* Adds the entries of both types on a volume, unsorted. */
enum status catalogue_read_volume(struct catalogue *catalogue, struct fw_volume *volume, struct fail *why) MUST_CHECK;

/* Writes to the log what Berth ignores in a file. */
extern const struct remarks catalogue_remarks;

#endif
