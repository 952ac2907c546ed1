/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of the EFI system partitions of other disks. They cost time on disks that a boot does not need, so they are
 * read when a menu shows, or when somebody asks for one of them by its whole id.
 */
#ifndef BERTH_EFI_OTHER_DISKS_H
#define BERTH_EFI_OTHER_DISKS_H

#include "listed.h"

/*
 * Adds those that were not read yet, before firmware's actions: *index moves with its entry. @connects: firmware is
 * first made to look at all its disks. True when entries were added.
 */
bool other_disks_read(struct catalogue *catalogue, size_t *index, bool connects);

#endif
