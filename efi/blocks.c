/* SPDX-License-Identifier: BSD-2-Clause */
#include "blocks.h"

#include "../base/range.h"

#define MOST_BLOCK KIB(64)

bool disk_open(EFI_HANDLE handle, struct disk *disk)
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

void blocks_give(const struct disk *disk, uint8_t *at, size_t size)
{
	fw_give(at, whole_blocks(disk, size));
}

uint8_t *blocks_read(const struct disk *disk, uint64_t at, size_t size)
{
	size_t whole = whole_blocks(disk, size);
	uint8_t *to = at <= disk->last ? fw_take(whole) : NULL;

	if (to != NULL && EFI_ERROR(disk->io->ReadBlocks(disk->io, disk->io->Media->MediaId, at, whole, to))) {
		fw_give(to, whole);
		return NULL;
	}
	return to;
}
