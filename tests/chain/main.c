/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that a loader starts: it tells on the console what it is passed, and comes back, with an error if told to.
 */
#include <efi.h>

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
	static CHAR16 none[] = L"";
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = system->ConOut;
	EFI_LOADED_IMAGE *loaded = NULL;
	CHAR16 *options = none;

	system->BootServices->HandleProtocol(image, &loaded_image_guid, (VOID **)&loaded);
	if (loaded->LoadOptionsSize != 0)
		options = loaded->LoadOptions;
	out->OutputString(out, L"chain: passed \"");
	out->OutputString(out, options);
	out->OutputString(out, L"\"\r\n");
	return options[0] == L'!' ? EFI_ABORTED : EFI_SUCCESS;
}
