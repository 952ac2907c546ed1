/* SPDX-License-Identifier: BSD-2-Clause */
/* The keyboard's layout, from firmware's Human Interface Infrastructure. Source: UEFI 2.10, 34.8. */
#include "efi_local.h"

#define MOST_LAYOUT 4096 /* bytes; a layout of more is not asked for */

/* 34.8.1; gnu-efi does not declare it. */
static EFI_GUID database_guid = {0xef9fc172, 0xa1b2, 0x4693, {0xb3, 0x27, 0x6d, 0x32, 0xfc, 0x41, 0x60, 0x42}};

struct database {
	VOID *others[8]; /* from NewPackageList to FindKeyboardLayouts */
	EFI_STATUS(EFIAPI *GetKeyboardLayout)(struct database *this, EFI_GUID *key, UINT16 *length, VOID *layout);
};

bool efi_keyboard_language(char out[LANGUAGE_TAG])
{
	static uint8_t layout[MOST_LAYOUT];
	UINT16 length = sizeof(layout);
	struct database *database = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(&database_guid, NULL, (void **)&database);

	if (EFI_ERROR(efi_given(status, database)))
		return false;
	status = database->GetKeyboardLayout(database, NULL, &length, layout); /* NULL: the current one */
	/* EDK2 writes its length only where it does not fit; it stands in the layout as well. */
	return !EFI_ERROR(status) && load_le(layout, 2) <= sizeof(layout) &&
	       interface_language((struct bytes){layout, (size_t)load_le(layout, 2)}, out);
}
