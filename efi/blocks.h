/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of disks and of their partitions. Source: UEFI 2.10, 13.9 (EFI_BLOCK_IO_PROTOCOL). */
#ifndef BERTH_EFI_BLOCKS_H
#define BERTH_EFI_BLOCKS_H

#include "efi_local.h"

struct disk {
	EFI_BLOCK_IO *io;
	size_t block; /* bytes */
	uint64_t last;
};

/* False when there is no medium in it, or one whose numbers are not believed. */
bool disk_open(EFI_HANDLE handle, struct disk *disk);

/* Whole blocks from the @at-th on, @size bytes or somewhat more; NULL when they cannot be read. */
uint8_t *blocks_read(const struct disk *disk, uint64_t at, size_t size);
void blocks_give(const struct disk *disk, uint8_t *at, size_t size);

#endif
