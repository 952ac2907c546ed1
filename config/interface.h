/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface: what a loader and systemd tell each other by variables of firmware's. Pure: what stands in
 * them, and what follows from it; efi/interface.c reads and writes them.
 *
 * Sources: systemd, docs/BOOT_LOADER_INTERFACE.md; where systemd-boot does otherwise, src/boot/boot.c, as its tools do.
 */
#ifndef BERTH_INTERFACE_H
#define BERTH_INTERFACE_H

#include "entry.h"

/* LoaderFeatures: what this loader does. @takes_tree: it heeds the key `devicetree`. */
uint64_t interface_features(bool takes_tree);

/*
 * LoaderEntries: the ids one after the other, in UTF-16, each with its NUL. Returns how many units that takes; writes
 * them when @out is not NULL.
 */
size_t interface_ids(struct entry *const *entries, size_t n, uint16_t *out);

#endif
