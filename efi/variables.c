/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware's variables, and the string that a boot option or a shell passes. Every size in them is hostile. */
#include "efi_local.h"

/* systemd, docs/BOOT_LOADER_INTERFACE.md: the vendor of all its variables. */
static EFI_GUID loader_guid = {0x4a67b082, 0x0a4c, 0x41cf, {0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f}};
/* Berth's own, of BerthLog and BerthSums. */
static EFI_GUID berth_guid = {0xd7e85280, 0x5e34, 0x48c9, {0xb5, 0x75, 0x1f, 0xb6, 0xe8, 0xff, 0x7d, 0x03}};

#define FOR_THIS_BOOT (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

#define KEPT_FROM_SYSTEM (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_NON_VOLATILE)

static CHAR16 sums_name[] = L"BerthSums";

/* One byte; EFI_NOT_FOUND when there is no such variable, EFI_DEVICE_ERROR when it is not one byte. */
static EFI_STATUS read_byte(CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes, UINT8 *out)
{
	UINT8 value[8];
	UINTN size = sizeof(value);
	EFI_STATUS status = efi.system->RuntimeServices->GetVariable(name, vendor, attributes, &size, value);

	if (EFI_ERROR(status))
		return status;
	*out = value[0];
	return size == 1 ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

static EFI_STATUS read_mode(CHAR16 *name, UINT8 *out)
{
	return read_byte(name, &efi_global_guid, NULL, out);
}

/*
 * shim, MokManager.c: who sits at the machine may switch shim's checks off, which it keeps in a variable that no
 * running system can write: one that the system can see is not shim's (Linux
 * drivers/firmware/efi/libstub/secureboot.c).
 */
static bool is_off_in_shim(void)
{
	UINT32 attributes = 0;
	UINT8 state = 0;

	return efi_has_shim() && !EFI_ERROR(read_byte(L"MokSBState", &efi_shim_guid, &attributes, &state)) &&
	       (attributes & FOR_THIS_BOOT) == EFI_VARIABLE_BOOTSERVICE_ACCESS && state == 1;
}

/* UEFI 2.10, 3.3: SecureBoot tells the mode, SetupMode 1 means that no platform key is enrolled yet. */
enum secure_boot efi_secure_boot(void)
{
	UINT8 secure = 0, setup = 0;
	EFI_STATUS status = read_mode(L"SecureBoot", &secure);

	if (status == EFI_NOT_FOUND)
		return SECURE_BOOT_DISABLED;
	if (EFI_ERROR(status))
		return SECURE_BOOT_UNKNOWN;
	if (secure == 0)
		return SECURE_BOOT_DISABLED;
	if (EFI_ERROR(read_mode(L"SetupMode", &setup)))
		return SECURE_BOOT_UNKNOWN;
	return setup == 1 || is_off_in_shim() ? SECURE_BOOT_DISABLED : SECURE_BOOT_ENABLED;
}

/* 32.3, "Secure Boot modes": setup mode and audit mode have no platform key, and start everything. */
bool efi_awaits_keys(void)
{
	UINT8 setup = 0, secure = 1;

	return !EFI_ERROR(read_mode(L"SetupMode", &setup)) && setup == 1 &&
	       !EFI_ERROR(read_mode(L"SecureBoot", &secure)) && secure == 0;
}

/* efibootmgr writes 8-bit text unless told otherwise: every byte is printable, as never in Latin text in UTF-16. */
static bool is_8_bit_text(const UINT8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((bytes[i] < ' ' || bytes[i] > '~') && !(bytes[i] == 0 && i + 1 == size && i != 0))
			return false;
	return size != 0;
}

static bool has_ascii_letter(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9'))
			return true;
	return false;
}

bool efi_load_option(char *out, size_t room)
{
	const UINT8 *bytes = efi.loaded->LoadOptions;
	size_t size = efi.loaded->LoadOptionsSize;

	if (bytes == NULL || size > 8192 || size >= room)
		return false;
	if (is_8_bit_text(bytes, size)) {
		for (size_t i = 0; i < size; i++)
			out[i] = (char)bytes[i];
		out[size] = '\0';
		return true;
	}
	if (size % sizeof(CHAR16) != 0 || !utf8_from_utf16(out, room, efi.loaded->LoadOptions, size / sizeof(CHAR16)))
		return false;
	/* Firmware marks options that it made itself with a GUID there, which passes for eight characters of UTF-16. */
	for (size_t i = 0; out[i] != '\0'; i++)
		if ((unsigned char)out[i] < ' ')
			return false;
	return has_ascii_letter(out);
}

enum variable_state efi_variable_of(EFI_GUID *vendor, CHAR16 *name, void *to, size_t *size)
{
	UINTN count = *size;
	EFI_STATUS status = efi.system->RuntimeServices->GetVariable(name, vendor, NULL, &count, to);

	if (status == EFI_NOT_FOUND || status == EFI_UNSUPPORTED)
		return VARIABLE_NONE;
	if (EFI_ERROR(status) || count > *size)
		return VARIABLE_BAD;
	*size = count;
	return VARIABLE_READ;
}

enum variable_state efi_variable_read(CHAR16 *name, void *to, size_t *size)
{
	return efi_variable_of(&loader_guid, name, to, size);
}

void efi_variable_number(CHAR16 *digits, uint16_t number, char ten)
{
	for (unsigned int i = 0; i < 4; i++) {
		int digit = number >> (12 - 4 * i) & 15;

		digits[i] = (CHAR16)(digit < 10 ? '0' + digit : ten + digit - 10);
	}
}

bool efi_variable_exists(CHAR16 *name)
{
	UINT8 value[8];
	size_t size = sizeof(value);

	return efi_variable_read(name, value, &size) != VARIABLE_NONE;
}

/* UEFI 2.10, 8.2.3: without attributes, whatever its own are. */
void efi_variable_remove(CHAR16 *name)
{
	efi.system->RuntimeServices->SetVariable(name, &loader_guid, 0, 0, NULL);
}

void efi_variable_write(CHAR16 *name, const void *value, size_t size, bool stays)
{
	UINT32 attributes = FOR_THIS_BOOT;

	if (stays)
		attributes |= EFI_VARIABLE_NON_VOLATILE;
	efi.system->RuntimeServices->SetVariable(name, &loader_guid, attributes, size, (VOID *)(uintptr_t)value);
}

void efi_variable_write_text(CHAR16 *name, const char *utf8, bool stays)
{
	CHAR16 wide[MAX_PATH_TEXT];
	size_t units = 0;

	if (!utf16_from_utf8(wide, MAX_PATH_TEXT, utf8))
		return;
	while (wide[units++] != 0)
		;
	efi_variable_write(name, wide, units * sizeof(CHAR16), stays);
}

/* UEFI 2.10, 8.2.3: EFI_INVALID_PARAMETER: larger than a variable may be; EFI_OUT_OF_RESOURCES: no room for it. */
enum variable_written efi_variable_write_log(const char *text, size_t size)
{
	EFI_STATUS status = efi.system->RuntimeServices->SetVariable(L"BerthLog", &berth_guid, FOR_THIS_BOOT, size,
								     (VOID *)(uintptr_t)text);

	if (status == EFI_INVALID_PARAMETER || status == EFI_OUT_OF_RESOURCES)
		return VARIABLE_TOO_LARGE;
	return EFI_ERROR(status) ? VARIABLE_REFUSED : VARIABLE_WRITTEN;
}

/*
 * 8.2: without EFI_VARIABLE_RUNTIME_ACCESS no running system reads, writes or removes it. One that has that is not the
 * loader's, and would be in the way of it.
 */
enum variable_state efi_sums_demand(uint64_t *least)
{
	uint8_t value[sizeof(*least)];
	UINTN size = sizeof(value);
	UINT32 attributes = 0;
	EFI_STATUS status = efi.system->RuntimeServices->GetVariable(sums_name, &berth_guid, &attributes, &size, value);

	if (status == EFI_NOT_FOUND)
		return VARIABLE_NONE;
	/* GetVariable() tells the attributes of one that is too large, too. */
	if ((!EFI_ERROR(status) || status == EFI_BUFFER_TOO_SMALL) && (attributes & EFI_VARIABLE_RUNTIME_ACCESS) != 0) {
		fw_log(LOG_QUIET, "a running system has written BerthSums: it is removed, and says nothing");
		(void)efi_sums_clear();
		return VARIABLE_NONE;
	}
	if (EFI_ERROR(status) || size != sizeof(value))
		return VARIABLE_BAD;
	*least = load_le(value, sizeof(value));
	return VARIABLE_READ;
}

bool efi_sums_keep(uint64_t least)
{
	uint8_t value[sizeof(least)];

	store_le(value, sizeof(value), least);
	return !EFI_ERROR(
	    efi.system->RuntimeServices->SetVariable(sums_name, &berth_guid, KEPT_FROM_SYSTEM, sizeof(value), value));
}

bool efi_sums_clear(void)
{
	return !EFI_ERROR(efi.system->RuntimeServices->SetVariable(sums_name, &berth_guid, 0, 0, NULL));
}
