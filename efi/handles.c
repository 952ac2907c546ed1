/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles by their protocols, and the protocols that several files of efi/ ask for. Source: UEFI 2.10, 7.3. */
#include "efi_local.h"

#define MOST_HANDLES 4096 /* of firmware that tells of more, only so many are looked at */

EFI_GUID efi_block_io_guid = BLOCK_IO_PROTOCOL;
EFI_GUID efi_device_path_guid = DEVICE_PATH_PROTOCOL;
/* UEFI 2.10, 5.3.3, table 5.7: firmware puts the type of a partition on its handle, as a protocol without functions. */
EFI_GUID efi_esp_guid = {0xc12a7328, 0xf81f, 0x11d2, {0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};
EFI_GUID efi_file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
EFI_GUID efi_global_guid = EFI_GLOBAL_VARIABLE;
EFI_GUID efi_loaded_image_guid = LOADED_IMAGE_PROTOCOL;

UINTN efi_handles_with(EFI_GUID *protocol, EFI_HANDLE **handle)
{
	EFI_LOCATE_SEARCH_TYPE how = protocol == NULL ? AllHandles : ByProtocol;
	UINTN n = 0;
	EFI_STATUS status;

	*handle = NULL;
	status = efi.boot->LocateHandleBuffer(how, protocol, NULL, &n, handle);
	if (EFI_ERROR(efi_given(status, *handle)))
		return 0;
	return n < MOST_HANDLES ? n : MOST_HANDLES;
}

/* 7.3.12: a new driver does nothing until firmware offers it devices. */
void efi_connect_all(void)
{
	EFI_HANDLE *handle;
	UINTN n = efi_handles_with(NULL, &handle);

	for (UINTN i = 0; i < n; i++)
		efi.boot->ConnectController(handle[i], NULL, NULL, TRUE);
	efi_free(handle);
}
