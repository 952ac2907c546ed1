/* SPDX-License-Identifier: BSD-2-Clause */
/* How a kernel's EFI stub finds its initrd: Linux include/linux/efi.h, LINUX_EFI_INITRD_MEDIA_GUID; UEFI 2.10, 13.2. */
#ifndef BERTH_TESTS_UEFI_INITRD_H
#define BERTH_TESTS_UEFI_INITRD_H

#include "local.h"

/* A path of vendor's media. */
static const uint8_t initrd_path[] = {4,    3,	  20,	0,    0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f,
				      0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, 0x7f, 0xff, 4,	0};
static const EFI_GUID load_file2_guid = {0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};

struct load_file2 {
	EFI_STATUS(EFIAPI *LoadFile)
	(struct load_file2 *this, const VOID *path, BOOLEAN policy, UINTN *size, VOID *buffer);
};

#endif
