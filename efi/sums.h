/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * berth.sums on the loader's own volume, and whether this machine demands one. It is read when the first entry boots
 * that it is asked about, verified there by firmware as a kernel is, and stays in memory. fw_record() (firmware.h)
 * tells of it. docs/security.md, "berth.sums", has what holds.
 */
#ifndef BERTH_EFI_SUMS_H
#define BERTH_EFI_SUMS_H

#include "efi_local.h"

#include "../config/sums.h"

/* Keys for Secure Boot were enrolled: where there is a berth.sums, of whatever version, the machine demands one. */
void sums_enrolled(void);

/* Gives back what was read. */
void sums_forget(void);

#endif
