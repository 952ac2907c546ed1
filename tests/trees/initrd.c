/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The initrd that a loader offers to what it starts: how many bytes, and their checksum. A loader that is ended cannot
 * take it away, and its code is gone then, so that must be done before. Sources: UEFI 2.10, 13.2; Linux
 * Documentation/arch/x86/boot.rst, LINUX_EFI_INITRD_MEDIA_GUID.
 */
#include "trees.h"

#define END_OF_PATH 0x7f, 0xff, 4, 0

struct load_file {
	EFI_STATUS(EFIAPI *load)(struct load_file *this, const VOID *path, BOOLEAN policy, UINTN *size, VOID *to);
};

static EFI_GUID load_file_guid = {0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};
static EFI_GUID device_path_guid = DEVICE_PATH_PROTOCOL;
static const UINT8 initrd_path[] = {4,	  3,	20,   0,    0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68,	      0x3d,
				    0x4f, 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, END_OF_PATH};

static UINTN size;
static UINT32 sum;

static EFI_HANDLE find(struct load_file **from)
{
	EFI_DEVICE_PATH *path = (EFI_DEVICE_PATH *)(VOID *)(UINTN)initrd_path;
	EFI_HANDLE handle = NULL;

	if (EFI_ERROR(bs->LocateDevicePath(&load_file_guid, &path, &handle)) ||
	    EFI_ERROR(bs->HandleProtocol(handle, &load_file_guid, (VOID **)from)))
		return NULL;
	return handle;
}

static void look(struct load_file *from)
{
	UINT8 *bytes = NULL;

	if (from->load(from, initrd_path, FALSE, &size, NULL) != EFI_BUFFER_TOO_SMALL ||
	    EFI_ERROR(bs->AllocatePool(EfiBootServicesData, size, (VOID **)&bytes)))
		return;
	if (EFI_ERROR(from->load(from, initrd_path, FALSE, &size, bytes)) ||
	    EFI_ERROR(bs->CalculateCrc32(bytes, size, &sum)))
		size = 0;
	bs->FreePool(bytes);
}

void initrd_take(void)
{
	struct load_file *from;
	EFI_HANDLE handle = find(&from);
	VOID *path = NULL;

	size = 0;
	if (handle == NULL)
		return;
	look(from);
	bs->UninstallProtocolInterface(handle, &load_file_guid, from);
	if (!EFI_ERROR(bs->HandleProtocol(handle, &device_path_guid, &path)))
		bs->UninstallProtocolInterface(handle, &device_path_guid, path);
}

static void tell_number(UINT64 number)
{
	char digits[20];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	tell(digits + at);
}

void initrd_tell(void)
{
	if (size == 0)
		return;
	tell_start("trees: initrd ");
	tell_number(size);
	tell(" bytes, sum ");
	tell_number(sum);
	tell_end();
	size = 0;
}
