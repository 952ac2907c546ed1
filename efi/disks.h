/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks that firmware has not looked at yet. */
#ifndef BERTH_EFI_DISKS_H
#define BERTH_EFI_DISKS_H

/*
 * Has firmware find all disks and the volumes on them: by their controllers first, for firmware that starts fast knows
 * the one disk that it boots from. Takes seconds where there is much to find; the network is not started.
 */
void disks_connect(void);

#endif
