/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware tells nobody the type of a partition for sure, so the disk's table is read. Sources: UEFI 2.10, 5.3 and 13.9
 * (EFI_BLOCK_IO_PROTOCOL); the order in which headers are tried: systemd, src/boot/part-discovery.c.
 */
#include "xbootldr.h"

#include "../base/mem.h"
#include "../base/range.h"

#define MOST_BLOCK KIB(64)

/* UAPI.2: bc13c2ff-59e6-4262-a352-b275fd6f7172, as it stands on a disk. */
static const uint8_t xbootldr_type[16] = {0xff, 0xc2, 0x13, 0xbc, 0xe6, 0x59, 0x62, 0x42,
					  0xa3, 0x52, 0xb2, 0x75, 0xfd, 0x6f, 0x71, 0x72};

struct disk {
	EFI_BLOCK_IO *io;
	size_t block; /* bytes */
	uint64_t last;
};

static bool open_disk(EFI_HANDLE handle, struct disk *disk)
{
	const EFI_BLOCK_IO_MEDIA *media;
	EFI_BLOCK_IO *io = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(handle, &efi_block_io_guid, (void **)&io);

	if (EFI_ERROR(efi_given(status, io)))
		return false;
	media = io->Media;
	/* Blocks are read into whole pages, so a page is the largest alignment on offer. */
	if (media == NULL || !media->MediaPresent || media->BlockSize < GPT_LEAST_BLOCK ||
	    media->BlockSize > MOST_BLOCK || !is_power_of_two(media->BlockSize) || media->IoAlign > EFI_PAGE)
		return false;
	*disk = (struct disk){io, media->BlockSize, media->LastBlock};
	return true;
}

/* In whole blocks, as firmware reads. */
static size_t whole_blocks(const struct disk *disk, size_t size)
{
	return (size + disk->block - 1) / disk->block * disk->block;
}

static void give_blocks(const struct disk *disk, uint8_t *at, size_t size)
{
	fw_give(at, whole_blocks(disk, size));
}

/* give_blocks takes them back; NULL when they cannot be read. */
static uint8_t *read_blocks(const struct disk *disk, uint64_t at, size_t size)
{
	size_t whole = whole_blocks(disk, size);
	uint8_t *to = at <= disk->last ? fw_take(whole) : NULL;

	if (to != NULL && EFI_ERROR(disk->io->ReadBlocks(disk->io, disk->io->Media->MediaId, at, whole, to))) {
		fw_give(to, whole);
		return NULL;
	}
	return to;
}

enum table { TABLE_BAD, TABLE_SOUND, TABLE_HAS_IT };

/* Looks into the table of the header at @at. *other: where that says that another header is. */
static enum table look(const struct disk *disk, uint64_t at, uint64_t *other, struct gpt_partition *found)
{
	enum table result = TABLE_BAD;
	uint8_t *header = read_blocks(disk, at, disk->block), *table;
	struct bytes bytes;
	struct gpt gpt;
	bool is_header;

	*other = 0;
	if (header == NULL)
		return TABLE_BAD;
	*other = gpt_other_header((struct bytes){header, disk->block});
	is_header = gpt_header((struct bytes){header, disk->block}, at, disk->last, &gpt);
	give_blocks(disk, header, disk->block);
	if (!is_header)
		return TABLE_BAD;
	bytes.size = (size_t)gpt.n * gpt.entry_size;
	bytes.at = table = read_blocks(disk, gpt.table, bytes.size);
	if (table == NULL)
		return TABLE_BAD;
	if (gpt_is_table(&gpt, bytes))
		result = gpt_find(&gpt, bytes, xbootldr_type, found) ? TABLE_HAS_IT : TABLE_SOUND;
	give_blocks(disk, table, bytes.size);
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

static struct fw_volume *find(EFI_DEVICE_PATH *path, const struct gpt_partition *own)
{
	EFI_HANDLE handle = efi_handle_at(path, &efi_block_io_guid), device;
	struct gpt_partition found;
	struct disk disk;

	if (handle == NULL || !open_disk(handle, &disk) || !find_partition(&disk, &found))
		return NULL;
	if (found.number == own->number && memcmp(found.guid, own->guid, sizeof(found.guid)) == 0)
		return NULL;
	efi_add_partition(path, &found);
	device = connect(handle, path);
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
