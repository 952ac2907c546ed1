/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes EDK2 without Secure Boot verify what it loads: takes the place that its own verification has, behind the
 * protocol that LoadImage asks (PI 1.7, volume 2, 12.9, Security2), and starts \berth.efi. No cryptography: what is
 * trusted are the very bytes of the files \trusted\0, \trusted\1 and so on. For CPUs whose firmware nobody builds with
 * Secure Boot.
 */
#include <efi.h>

#include <stdbool.h>

#include "../../base/mem.h"

#define MOST_FILES 8
#define MOST_BYTES (64u << 20)

struct security2 {
	EFI_STATUS(EFIAPI *authenticate)
	(const struct security2 *self, const VOID *path, VOID *file, UINTN size, BOOLEAN policy);
};

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static EFI_BOOT_SERVICES *bs;
static struct {
	VOID *at;
	UINTN size;
} trusted[MOST_FILES];

/* What DxeImageVerificationLib answers for a file that no key in db has signed. */
static EFI_STATUS EFIAPI authenticate(const struct security2 *self, const VOID *path, VOID *file, UINTN size,
				      BOOLEAN policy)
{
	(void)self;
	(void)path;
	(void)policy;
	for (size_t i = 0; i < MOST_FILES; i++)
		if (trusted[i].at != NULL && trusted[i].size == size && memcmp(trusted[i].at, file, size) == 0)
			return EFI_SUCCESS;
	return EFI_ACCESS_DENIED;
}

static VOID *read_all(EFI_FILE_HANDLE root, CHAR16 *name, UINTN *size)
{
	EFI_PHYSICAL_ADDRESS at = 0;
	EFI_FILE_HANDLE file;
	VOID *buffer = NULL;

	if (EFI_ERROR(root->Open(root, &file, name, EFI_FILE_MODE_READ, 0)))
		return NULL;
	*size = MOST_BYTES;
	if (!EFI_ERROR(bs->AllocatePages(AllocateAnyPages, EfiBootServicesData, MOST_BYTES / 4096, &at)) &&
	    !EFI_ERROR(file->Read(file, size, (VOID *)(uintptr_t)at)))
		buffer = (VOID *)(uintptr_t)at;
	file->Close(file);
	return buffer;
}

static void read_trusted(EFI_FILE_HANDLE root)
{
	static CHAR16 name[] = L"\\trusted\\0";

	for (size_t i = 0; i < MOST_FILES; i++) {
		name[sizeof(name) / sizeof(*name) - 2] = (CHAR16)(L'0' + i);
		trusted[i].at = read_all(root, name, &trusted[i].size);
	}
}

static bool stand_in(void)
{
	static EFI_GUID security2_guid = {0x94ab2f58, 0x1438, 0x4ef1, {0x91, 0x52, 0x18, 0x94, 0x1a, 0x3a, 0x0e, 0x68}};
	struct security2 *security = NULL;

	if (EFI_ERROR(bs->LocateProtocol(&security2_guid, NULL, (VOID **)&security)))
		return false;
	security->authenticate = authenticate;
	return true;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL, file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
	EFI_FILE_IO_INTERFACE *volume = NULL;
	EFI_LOADED_IMAGE *own = NULL, *loaded = NULL;
	EFI_HANDLE loader = NULL;
	EFI_FILE_HANDLE root;
	EFI_STATUS status;
	UINTN size = 0;
	VOID *file;

	bs = system->BootServices;
	bs->HandleProtocol(image, &loaded_image_guid, (VOID **)&own);
	bs->HandleProtocol(own->DeviceHandle, &file_system_guid, (VOID **)&volume);
	volume->OpenVolume(volume, &root);
	read_trusted(root);
	file = read_all(root, L"\\berth.efi", &size);
	root->Close(root);
	status = file == NULL ? EFI_NOT_FOUND : bs->LoadImage(FALSE, image, NULL, file, size, &loader);
	if (!EFI_ERROR(status)) {
		bs->HandleProtocol(loader, &loaded_image_guid, (VOID **)&loaded);
		loaded->DeviceHandle = own->DeviceHandle;
		status = stand_in() ? bs->StartImage(loader, NULL, NULL) : EFI_UNSUPPORTED;
	}
	if (EFI_ERROR(status))
		system->ConOut->OutputString(system->ConOut,
					     L"keeper: it cannot be started, or came back with an error\r\n");
	return status;
}
