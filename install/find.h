/* SPDX-License-Identifier: BSD-2-Clause */
/* Where this machine's partitions for loaders are mounted. */
#ifndef BERTH_INSTALL_FIND_H
#define BERTH_INSTALL_FIND_H

#include "volume.h"

/*
 * The EFI system partition where systemd and distributions mount it, below @root, which may be empty: /efi, /boot/efi
 * or /boot. False when none of these is one. One that nothing was ever installed to is found when @udev is not NULL,
 * by the type of its partition (partition.h).
 */
bool find_esp(const char *root, const char *udev, char out[HOST_PATH]);

/* /boot below @root, when its partition is of the type XBOOTLDR. */
bool find_xbootldr(const char *root, const char *udev, char out[HOST_PATH]);

#endif
