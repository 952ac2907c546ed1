/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries that nobody wrote: other loaders that lie where they always lie, and what firmware can do. Each by
 * loader.conf (loader.conf(5), "auto-entries" to "auto-poweroff"). They stand behind all others, in the order of
 * systemd-boot.
 */
#ifndef BERTH_EFI_AUTOMATIC_H
#define BERTH_EFI_AUTOMATIC_H

#include "listed.h"

/* macOS, Windows, an EFI shell, and the loader of removable media, where they are. */
void automatic_programs(struct catalogue *catalogue);

/* Firmware's setup, off, and a restart. */
void automatic_actions(struct catalogue *catalogue);

/* Windows on a volume. */
void automatic_windows(struct catalogue *catalogue, struct fw_volume *volume);

#endif
