/* SPDX-License-Identifier: BSD-2-Clause */
/* A disc with an image that firmware boots, which is a partition of a GPT as well, as installers have it. */
#ifndef BERTH_EFI_DISC_H
#define BERTH_EFI_DISC_H

#include "efi_local.h"

/*
 * The GUID of the partition that begins where the image @device does; false when it is no such image, or the disc has
 * no sound GPT with one.
 */
bool disc_partition(EFI_HANDLE device, uint8_t guid[16]);

#endif
