/* SPDX-License-Identifier: BSD-2-Clause */
/* The extended boot loader partition: a second place for entries, on the same disk (UAPI.1, "The Partitions"). */
#ifndef BERTH_EFI_XBOOTLDR_H
#define BERTH_EFI_XBOOTLDR_H

#include "efi_local.h"

/*
 * The XBOOTLDR partition of the disk that @device is on, by its GPT or MBR. NULL when there is none, when @device is
 * it, or when firmware cannot read it; the log says so where there is one.
 */
struct fw_volume *xbootldr_find(EFI_HANDLE device);

#endif
