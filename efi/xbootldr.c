/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware tells nobody the type of a partition for sure, so the disk's table is read. Sources: UEFI 2.10, 5.3 and 13.9
 * (EFI_BLOCK_IO_PROTOCOL); the order in which headers are tried: systemd, src/boot/part-discovery.c.
 */
#include "xbootldr.h"

#include "blocks.h"

#include "../base/mbr.h"
#include "../base/mem.h"

/* UAPI.2: bc13c2ff-59e6-4262-a352-b275fd6f7172, as it stands on a disk. */
static const uint8_t xbootldr_type[16] = {0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42,
					  0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72};

enum table { TABLE_BAD, TABLE_SOUND, TABLE_HAS_IT };

/* Looks into the table of the header at @at. *other: where that says that another header is. */
static enum table look(const struct disk *disk, uint64_t at, uint64_t *other, struct gpt_partition *found)
{
	enum table result = TABLE_BAD;
	uint8_t *header = blocks_read(disk, at, disk->block), *table;
	struct bytes bytes;
	struct gpt gpt;
	bool is_header;

	*other = 0;
	if (header == NULL)
		return TABLE_BAD;
	*other = gpt_other_header((struct bytes){header, disk->block});
	is_header = gpt_header((struct bytes){header, disk->block}, at, disk->last, &gpt);
	blocks_give(disk, header, disk->block);
	if (!is_header)
		return TABLE_BAD;
	bytes.size = (size_t)gpt.n * gpt.entry_size;
	bytes.at = table = blocks_read(disk, gpt.table, bytes.size);
	if (table == NULL)
		return TABLE_BAD;
	if (gpt_is_table(&gpt, bytes))
		result = gpt_find(&gpt, bytes, xbootldr_type, found) ? TABLE_HAS_IT : TABLE_SOUND;
	blocks_give(disk, table, bytes.size);
	return result;
}

/* The first sound table counts; the others are not read then. */
static bool find_partition(const struct disk *disk, struct gpt_partition *found)
{
	uint64_t other, none;
	enum table table = look(disk, GPT_PRIMARY, &other, found);

	if (table == TABLE_BAD && other > GPT_PRIMARY && other < disk->last)
		table = look(disk, other, &none, found);
	if (table == TABLE_BAD)
		table = look(disk, disk->last, &none, found);
	return table == TABLE_HAS_IT;
}

/* UAPI.1, "The Partitions": where the disk has an MBR, the type is 0xea. */
static bool find_in_mbr(const struct disk *disk, struct gpt_partition *found)
{
	uint8_t *block = blocks_read(disk, 0, disk->block);
	bool is_found;

	if (block == NULL)
		return false;
	is_found = mbr_find((struct bytes){block, disk->block}, disk->last, 0xea, found);
	blocks_give(disk, block, disk->block);
	return is_found;
}

/*
 * The partition's handle with a file system on it. Firmware that starts fast has not looked for more than it needed;
 * and a driver that came later cannot have a partition that an earlier one holds, unless that one is disconnected.
 */
static EFI_HANDLE connect(EFI_HANDLE disk, const EFI_DEVICE_PATH *path)
{
	EFI_HANDLE volume = efi_handle_at(path, &efi_file_system_guid), partition;

	if (volume != NULL)
		return volume;
	partition = efi_handle_at(path, &efi_block_io_guid);
	if (partition == NULL) {
		efi.boot->ConnectController(disk, NULL, NULL, TRUE);
		partition = efi_handle_at(path, &efi_block_io_guid);
	} else {
		efi.boot->ConnectController(partition, NULL, NULL, TRUE);
	}
	volume = efi_handle_at(path, &efi_file_system_guid);
	if (volume != NULL || partition == NULL)
		return volume;
	efi.boot->DisconnectController(partition, NULL, NULL);
	efi.boot->ConnectController(partition, NULL, NULL, TRUE);
	return efi_handle_at(path, &efi_file_system_guid);
}

/* Where rows before it are empty, firmware's number of a partition in an MBR is one of two. */
static EFI_HANDLE device_of(EFI_HANDLE disk, EFI_DEVICE_PATH *path, const struct gpt_partition *found)
{
	EFI_HANDLE device;

	efi_add_partition(path, found);
	device = connect(disk, path);
	if (device != NULL || !found->in_mbr || found->rank == found->number)
		return device;
	efi_number_partition(path, found->rank);
	return connect(disk, path);
}

static struct fw_volume *find(EFI_DEVICE_PATH *path, const struct gpt_partition *own)
{
	EFI_HANDLE handle = efi_handle_at(path, &efi_block_io_guid), device;
	struct gpt_partition found;
	struct disk disk;

	if (handle == NULL || !disk_open(handle, &disk) ||
	    !(own->in_mbr ? find_in_mbr(&disk, &found) : find_partition(&disk, &found)))
		return NULL;
	if (found.start == own->start)
		return NULL;
	device = device_of(handle, path, &found);
	if (device == NULL) {
		fw_log(LOG_NORMAL,
		       "partition %u may hold boot entries (its type is XBOOTLDR), but firmware finds no file system "
		       "on it that it can read\n"
		       "  try: a driver for it in \\EFI\\berth\\drivers, or FAT",
		       (unsigned int)found.number);
		return NULL;
	}
	return efi_volume(device, "the XBOOTLDR partition");
}

struct fw_volume *xbootldr_find(EFI_HANDLE device)
{
	struct fw_volume *volume;
	struct gpt_partition own;
	EFI_DEVICE_PATH *path = efi_disk_path(device, &own);

	if (path == NULL)
		return NULL;
	volume = find(path, &own);
	efi_free(path);
	return volume;
}
