/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware knows the image by the disc's boot catalogue alone (UEFI 2.10, 13.3.2.1). The table was written for a disk,
 * whose blocks are smaller than a disc's. Source of what counts: systemd, src/boot/part-discovery.c.
 */
#include "disc.h"

#include "blocks.h"

#include "../base/range.h"

#define LEAST_UNIT 512u
#define MOST_UNIT  4096u

/* @size bytes from byte @at on; *skip: so many before them were read as well. NULL when they cannot be read. */
static uint8_t *read_bytes(const struct disk *disk, uint64_t at, size_t size, size_t *skip)
{
	*skip = (size_t)(at % disk->block);
	return blocks_read(disk, at / disk->block, *skip + size);
}

/* @first: the byte of the disc that the image begins with. @unit: bytes of the table's blocks. */
static bool find_in_table(const struct disk *disk, const struct gpt *gpt, uint64_t unit, uint64_t first,
			  uint8_t guid[16])
{
	size_t size = (size_t)gpt->n * gpt->entry_size, skip;
	uint8_t *read = read_bytes(disk, gpt->table * unit, size, &skip);
	struct bytes table;
	bool is_found;

	if (read == NULL)
		return false;
	table = (struct bytes){read + skip, size};
	is_found = first % unit == 0 && gpt_is_table(gpt, table) && gpt_find_at(gpt, table, first / unit, guid);
	blocks_give(disk, read, skip + size);
	return is_found;
}

static bool find(const struct disk *disk, uint64_t unit, uint64_t first, uint64_t end, uint8_t guid[16])
{
	size_t skip;
	uint8_t *read = read_bytes(disk, unit, (size_t)unit, &skip);
	struct gpt gpt;
	bool is_header;

	if (read == NULL)
		return false;
	is_header = gpt_header((struct bytes){read + skip, (size_t)unit}, GPT_PRIMARY, end / unit - 1, &gpt);
	blocks_give(disk, read, skip + (size_t)unit);
	return is_header && find_in_table(disk, &gpt, unit, first, guid);
}

bool disc_partition(EFI_HANDLE device, uint8_t guid[16])
{
	uint64_t start = 0, first, blocks, end;
	EFI_DEVICE_PATH *path = efi_disc_path(device, &start);
	EFI_HANDLE handle = path == NULL ? NULL : efi_handle_at(path, &efi_block_io_guid);
	struct disk disk;

	efi_free(path);
	if (handle == NULL || !disk_open(handle, &disk) || checked_add(disk.last, 1, &blocks) ||
	    checked_mul(blocks, disk.block, &end) || checked_mul(start, disk.block, &first))
		return false;
	for (uint64_t unit = LEAST_UNIT; unit <= MOST_UNIT && 2 * unit <= end; unit *= 2)
		if (find(&disk, unit, first, end, guid))
			return true;
	return false;
}
