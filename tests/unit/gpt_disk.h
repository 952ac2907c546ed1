/* SPDX-License-Identifier: BSD-2-Clause */
/* Small disks with a GUID partition table, for tests (UEFI 2.10, 5.3). */
#ifndef BERTH_TESTS_GPT_DISK_H
#define BERTH_TESTS_GPT_DISK_H

#include <stdbool.h>

#include "../../base/bytes.h"

#define GPT_DISK_BLOCKS	 128
#define GPT_DISK_ENTRIES 128

struct gpt_disk {
	uint8_t bytes[GPT_DISK_BLOCKS * 4096];
	size_t block; /* bytes */
};

/* Types of partitions, as they stand on a disk (UAPI.2). */
extern const uint8_t gpt_disk_esp[16], gpt_disk_xbootldr[16], gpt_disk_linux[16];

/* One without partitions; @block: 512 or 4096. */
void gpt_disk_begin(struct gpt_disk *disk, size_t block);

/* The @n-th entry, from 0: blocks from @start to @end, which is one of them. All bytes of its GUID are @guid. */
void gpt_disk_add(struct gpt_disk *disk, unsigned int n, const uint8_t type[16], uint8_t guid, uint64_t start,
		  uint64_t end);

/* The header at block 1, or the backup at the last one; the table that belongs to it. */
uint8_t *gpt_disk_header(struct gpt_disk *disk, bool backup);
uint8_t *gpt_disk_table(struct gpt_disk *disk, bool backup);

/* Gives a header the checksums of what is there. */
void gpt_disk_seal(struct gpt_disk *disk, bool backup);

#endif
