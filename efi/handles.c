/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles by their protocols, and the protocols that several files of efi/ ask for. Source: UEFI 2.10, 7.3. */
#include "efi_local.h"

#define MOST_HANDLES 4096 /* of firmware that tells of more, only so many are looked at */

EFI_GUID efi_block_io_guid = BLOCK_IO_PROTOCOL;
EFI_GUID efi_device_path_guid = DEVICE_PATH_PROTOCOL;
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
