/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk's older partition table, in its first block. Pure. Source: UEFI 2.10, 5.2.1. */
#ifndef BERTH_MBR_H
#define BERTH_MBR_H

#include "gpt.h"

#define MBR_LEAST_BLOCK 512 /* bytes */

/*
 * Firmware's number of a partition is its row (UEFI 2.10, 10.3.5.1; U-Boot, disk/part_dos.c; OVMF 2025.02), or its rank
 * among the rows in use, without one that guards a GPT (EDK2 of 2014, PartitionDxe/Mbr.c).
 *
 * The first of the four partitions with this type, in @block, the first of a disk whose last block is @last; of its
 * GUID the first four bytes are the disk's signature, by which firmware names partitions of such a disk. False when
 * there is none, when it does not lie on the disk, or when it is no such table. Partitions in an extended one are not
 * looked for.
 */
bool mbr_find(struct bytes block, uint64_t last, uint8_t type, struct gpt_partition *partition);

#endif
