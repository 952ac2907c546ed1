/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time, marks of it on port 0xe9, and a disk in memory, so that reading costs the same number of instructions every
 * time.
 */
#include "shape.h"

static EFI_GUID block_io_guid = EFI_BLOCK_IO_PROTOCOL_GUID;
static EFI_GUID device_path_guid = DEVICE_PATH_PROTOCOL;

UINT64 now(void)
{
	UINT32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (UINT64)high << 32 | low;
}

void mark(char letter, UINT64 value)
{
	__asm__ volatile("outb %0, $0xe9" : : "a"(letter));
	for (int i = 0; i < 8; i++, value >>= 8)
		__asm__ volatile("outb %0, $0xe9" : : "a"((UINT8)value));
}

/* One Read for each of the files that the loader will read: what its whole time is compared with. */
void read_pass(EFI_FILE_HANDLE root)
{
	static CHAR16 *const name[] = {L"\\vmlinuz", L"\\initrd.cpio"};
	EFI_PHYSICAL_ADDRESS at = 0x100000000;
	UINT64 start;

	bs->AllocatePages(AllocateAddress, EfiBootServicesData, 0x20000000 / 4096, &at);
	start = now();
	for (UINTN i = 0; i < 2; i++) {
		EFI_FILE_HANDLE file;

		if (EFI_ERROR(root->Open(root, &file, name[i], EFI_FILE_MODE_READ, 0)))
			continue;
		for (;;) {
			UINTN size = 512 << 20;

			if (EFI_ERROR(file->Read(file, &size, (VOID *)(UINTN)at)) || size == 0)
				break;
		}
		file->Close(file);
	}
	mark('P', now() - start);
	bs->FreePages(at, 0x20000000 / 4096);
}

/* ---- the disk ---- */

UINT64 disk_bytes;

static EFI_STATUS EFIAPI ram_reset(EFI_BLOCK_IO *this, BOOLEAN extended)
{
	(void)this;
	(void)extended;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI ram_read(EFI_BLOCK_IO *this, UINT32 media, EFI_LBA block, UINTN size, VOID *to)
{
	const UINT8 *from = (const UINT8 *)(UINTN)wish.ramdisk_at + block * 512;
	UINTN words = size / 8;

	(void)this;
	(void)media;
	if (block * 512 + size > wish.ramdisk_size)
		return EFI_INVALID_PARAMETER;
	disk_bytes += size;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI ram_write(EFI_BLOCK_IO *this, UINT32 media, EFI_LBA block, UINTN size, VOID *from)
{
	(void)this;
	(void)media;
	(void)block;
	(void)size;
	(void)from;
	return EFI_WRITE_PROTECTED;
}

static EFI_STATUS EFIAPI ram_flush(EFI_BLOCK_IO *this)
{
	(void)this;
	return EFI_SUCCESS;
}

EFI_HANDLE make_ramdisk(void)
{
	static EFI_BLOCK_IO_MEDIA media = {.MediaPresent = TRUE, .ReadOnly = TRUE, .BlockSize = 512};
	static EFI_BLOCK_IO block_io = {.Revision = 0x00010000,
					.Media = &media,
					.Reset = ram_reset,
					.ReadBlocks = ram_read,
					.WriteBlocks = ram_write,
					.FlushBlocks = ram_flush};
	static UINT8 path[] = {1, 4, 20, 0, 0x62, 0x65, 0x72, 0x74, 0x68, 0,	0, 0,
			       0, 0, 0,	 0, 0,	  0,	0,    0,    0x7f, 0xff, 4, 0};
	EFI_PHYSICAL_ADDRESS at = wish.ramdisk_at;
	EFI_HANDLE handle = NULL;

	if (EFI_ERROR(bs->AllocatePages(AllocateAddress, EfiReservedMemoryType, wish.ramdisk_size / 4096 + 1, &at)))
		return NULL;
	media.LastBlock = wish.ramdisk_size / 512 - 1;
	if (EFI_ERROR(bs->InstallMultipleProtocolInterfaces(&handle, &block_io_guid, &block_io, &device_path_guid, path,
							    NULL)))
		return NULL;
	bs->ConnectController(handle, NULL, NULL, TRUE);
	return handle;
}
