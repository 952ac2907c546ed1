/* SPDX-License-Identifier: BSD-2-Clause */
/* Which volume is the loader's own, where it was not started from one. */
#ifndef BERTH_EFI_HOME_H
#define BERTH_EFI_HOME_H

#include "efi_local.h"

/*
 * To be called before the first file is opened. Where the loader came from a disk this asks for one device path. QEMU's
 * -kernel, firmware's own flash and the network have no configuration: then the first EFI system partition that has the
 * folder \loader, else \EFI, else any volume with \EFI, is the loader's own from then on, and the log says so. It is
 * looked for on the disks of the virtual machine's boot order first, one after the other.
 */
void home_find(void);

#endif
