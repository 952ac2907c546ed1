/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has a kernel's file verified, by firmware or by shim. Sources: UEFI 2.10, 7.4.1 and 32.4.2; shim 15 and 16, shim.c
 * (shim_verify), replacements.c and loader-proto.c.
 */
#include "start.h"
#include "tpm.h"

#include "../base/range.h"

/* Both are there with shim 16, the second alone with older ones. */
static EFI_GUID shim_loader_guid = {0x1f492041, 0xfadb, 0x4e59, {0x9e, 0x57, 0x7c, 0xaf, 0xe7, 0x3a, 0x55, 0xab}};
EFI_GUID efi_shim_guid = {0x605dab50, 0xe046, 0x4300, {0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23}};

struct shim_lock {
	EFI_STATUS (*verify)(const VOID *bytes, UINT32 size); /* C's calling convention, not UEFI's */
};

static void *protocol_named(EFI_GUID *guid)
{
	void *protocol = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(guid, NULL, &protocol);

	return EFI_ERROR(status) ? NULL : protocol;
}

bool efi_has_shim(void)
{
	return protocol_named(&efi_shim_guid) != NULL;
}

/*
 * Shim before 16 leaves LoadImage to firmware, which does not know shim's keys. It also halts the machine at
 * ExitBootServices when it was never asked to verify anything (replacements.c, exit_boot_services): so it is asked
 * whatever firmware's variables say of Secure Boot, which it has read itself.
 */
static const struct shim_lock *older_shim(void)
{
	const struct shim_lock *shim = protocol_named(&efi_shim_guid);

	return shim != NULL && protocol_named(&shim_loader_guid) == NULL ? shim : NULL;
}

/*
 * When what shim has started starts a program itself, shim from 15.8 takes its protocol away, but for this word
 * (replacements.c, start_image). The loader asks it for a kernel after a driver, and a stub for its add-ons.
 */
void efi_keep_shim(void)
{
	UINT8 yes = 1;

	if (older_shim() != NULL)
		efi.system->RuntimeServices->SetVariable(L"ShimRetainProtocol", &efi_shim_guid,
							 EFI_VARIABLE_BOOTSERVICE_ACCESS, sizeof(yes), &yes);
}

bool fw_measures(void)
{
	return tpm_measures() || older_shim() != NULL;
}

/*
 * Firmware chooses its policy by the path, and measures that too. Shim 16 is asked by its protocol: only where it has
 * keys of its own and its checks are on has it put its LoadImage in the place of firmware's (shim.c, shim_init). What
 * UnloadImage answers changes nothing: the image was loaded, and is not started.
 */
static enum status ask_firmware(struct fw_volume *volume, const char *path, void *bytes, uint64_t size,
				EFI_STATUS *status, struct fail *why)
{
	const struct shim_loader *shim = protocol_named(&shim_loader_guid);
	EFI_DEVICE_PATH *file;
	EFI_HANDLE handle;

	TRY(efi_file_path(efi_device_of(volume), path, &file, why));
	*status = efi_load_image(shim, file, bytes, (size_t)size, &handle);
	efi_free(file);
	if (!EFI_ERROR(*status))
		(shim != NULL ? shim->UnloadImage : efi.boot->UnloadImage)(handle);
	return OK;
}

enum status fw_verify(struct fw_volume *volume, const char *path, void *bytes, uint64_t size, struct fail *why)
{
	const struct shim_lock *shim = older_shim();
	EFI_STATUS status;

	/* It is told the size in 32 bits, and some of its sums are in C's int. */
	if (shim != NULL && size > INT32_MAX)
		return fail(why, BAD_INPUT, "%s: has %" PRIu64 " bytes; a shim before 16 verifies at most %d", path,
			    size, INT32_MAX);
	if (shim != NULL)
		status = shim->verify(bytes, (UINT32)size);
	else
		TRY(ask_firmware(volume, path, bytes, size, &status, why));
	/* A warning is no verification either: UEFI 2.10, 7.4.1, has none. */
	if (status == EFI_SUCCESS)
		return OK;
	return efi_not_loaded(volume, path, efi_forbidden(status, (struct bytes){bytes, (size_t)size}), status, why);
}
