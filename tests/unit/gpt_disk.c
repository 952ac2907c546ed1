/* SPDX-License-Identifier: BSD-2-Clause */
#include "gpt_disk.h"

#include "../../base/gpt.h"

#include <string.h>

#define LAST (GPT_DISK_BLOCKS - 1)

const uint8_t gpt_disk_esp[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				  0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
const uint8_t gpt_disk_xbootldr[16] = {0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42,
				       0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72};
const uint8_t gpt_disk_linux[16] = {0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47,
				    0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4};

static uint64_t table_blocks(const struct gpt_disk *disk)
{
	return GPT_DISK_ENTRIES * 128 / disk->block;
}

uint8_t *gpt_disk_header(struct gpt_disk *disk, bool backup)
{
	return disk->bytes + (backup ? LAST : 1) * disk->block;
}

uint8_t *gpt_disk_table(struct gpt_disk *disk, bool backup)
{
	return disk->bytes + (backup ? LAST - table_blocks(disk) : 2) * disk->block;
}

static void put_header(struct gpt_disk *disk, bool backup)
{
	uint8_t *header = gpt_disk_header(disk, backup);

	memcpy(header, "EFI PART", 8);
	store_le(header + 8, 4, 0x10000);
	store_le(header + 12, 4, 92);
	store_le(header + 24, 8, backup ? LAST : 1);
	store_le(header + 32, 8, backup ? 1 : LAST);
	store_le(header + 40, 8, 2 + table_blocks(disk));
	store_le(header + 48, 8, LAST - 1 - table_blocks(disk));
	store_le(header + 72, 8, backup ? LAST - table_blocks(disk) : 2);
	store_le(header + 80, 4, GPT_DISK_ENTRIES);
	store_le(header + 84, 4, 128);
	gpt_disk_seal(disk, backup);
}

void gpt_disk_begin(struct gpt_disk *disk, size_t block)
{
	memset(disk, 0, sizeof(*disk));
	disk->block = block;
	put_header(disk, false);
	put_header(disk, true);
}

static void put_entry(uint8_t *entry, const uint8_t type[16], uint8_t guid, uint64_t start, uint64_t end)
{
	memcpy(entry, type, 16);
	memset(entry + 16, guid, 16);
	store_le(entry + 32, 8, start);
	store_le(entry + 40, 8, end);
}

void gpt_disk_add(struct gpt_disk *disk, unsigned int n, const uint8_t type[16], uint8_t guid, uint64_t start,
		  uint64_t end)
{
	for (int backup = 0; backup < 2; backup++) {
		put_entry(gpt_disk_table(disk, backup) + 128 * n, type, guid, start, end);
		gpt_disk_seal(disk, backup);
	}
}

void gpt_disk_seal(struct gpt_disk *disk, bool backup)
{
	uint8_t *header = gpt_disk_header(disk, backup);
	size_t size = (size_t)load_le(header + 12, 4);

	store_le(header + 88, 4, gpt_crc32((struct bytes){gpt_disk_table(disk, backup), GPT_DISK_ENTRIES * 128}));
	store_le(header + 16, 4, 0);
	store_le(header + 16, 4, gpt_crc32((struct bytes){header, size <= disk->block ? size : 92}));
}
