/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware's variables, and the string that a boot option or a shell passes. Every size in them is hostile. */
#include "efi_local.h"

static EFI_GUID global_guid = EFI_GLOBAL_VARIABLE;

/* One byte; EFI_NOT_FOUND when there is no such variable, EFI_DEVICE_ERROR when it is not one byte. */
static EFI_STATUS read_byte(CHAR16 *name, UINT8 *out)
{
	UINT8 value[8];
	UINTN size = sizeof(value);
	EFI_STATUS status = efi.system->RuntimeServices->GetVariable(name, &global_guid, NULL, &size, value);

	if (EFI_ERROR(status))
		return status;
	*out = value[0];
	return size == 1 ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

/* UEFI 2.10, 3.3: SecureBoot tells the mode, SetupMode 1 means that no platform key is enrolled yet. */
enum secure_boot efi_secure_boot(void)
{
	UINT8 secure = 0, setup = 0;
	EFI_STATUS status = read_byte(L"SecureBoot", &secure);

	if (status == EFI_NOT_FOUND)
		return SECURE_BOOT_DISABLED;
	if (EFI_ERROR(status))
		return SECURE_BOOT_UNKNOWN;
	if (secure == 0)
		return SECURE_BOOT_DISABLED;
	if (EFI_ERROR(read_byte(L"SetupMode", &setup)))
		return SECURE_BOOT_UNKNOWN;
	return setup == 1 ? SECURE_BOOT_DISABLED : SECURE_BOOT_ENABLED;
}

bool efi_load_option(char *out, size_t room)
{
	const CHAR16 *option = efi.loaded->LoadOptions;
	size_t units = efi.loaded->LoadOptionsSize / sizeof(CHAR16);

	if (option == NULL || units == 0 || units > 4096 || efi.loaded->LoadOptionsSize % sizeof(CHAR16) != 0)
		return false;
	if (!utf8_from_utf16(out, room, option, units))
		return false;
	/* Firmware puts a GUID or other bytes there for options that it made itself: not text, not meant for us. */
	for (size_t i = 0; out[i] != '\0'; i++)
		if ((unsigned char)out[i] < ' ')
			return false;
	return out[0] != '\0';
}
