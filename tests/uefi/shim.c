/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who verifies a kernel, what was verified, and shim. Sources: UEFI 2.10, 7.4.1; shim, shim.c (shim_verify),
 * replacements.c (exit_boot_services), MokManager.c (MokSBState).
 */
#include "local.h"

#include "../../efi/sums.h"

const struct sim_file *uefi_verified;

bool uefi_must_verify(void)
{
	bool is_off = uefi.shim != SHIM_NONE && uefi.mok_state == 1 &&
		      uefi.mok_attributes == (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS);

	return uefi.secure_boot == 1 && uefi.setup_mode == 0 && !is_off;
}

bool uefi_verify(const struct sim_file *file, const uint8_t *bytes, UINTN size)
{
	if (file == NULL || size != file->size || (uefi.untrusted && file == &sim.file[0]) ||
	    (uefi.sums_untrusted && strcmp(file->path, SUMS_PATH) == 0))
		return false;
	for (UINTN i = 0; i < size; i++)
		if (bytes[i] != sim_byte(file, i))
			return false;
	uefi_verified = file;
	outcome.verifications++;
	outcome.reads_after = 0;
	return true;
}

/* Nothing tells which file the bytes are of, but how many they are. */
static const struct sim_file *file_of(UINT32 size)
{
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, SUMS_PATH) == 0 && sim.file[i].size == size)
			return &sim.file[i];
	return &sim.file[0];
}

/* The one call of these that is not EFIAPI. */
static EFI_STATUS shim_verify(const VOID *bytes, UINT32 size)
{
	const struct sim_file *file = file_of(size);
	EFI_STATUS status;

	if (uefi_call(CALL_ShimVerify, &status)) {
		/* Who lies here says that something is trusted: that is firmware's word, and there is no other. */
		if (!EFI_ERROR(status) && !uefi_verify(file, bytes, size))
			return EFI_SECURITY_VIOLATION;
		return status;
	}
	return uefi_verify(file, bytes, size) || !uefi_must_verify() ? EFI_SUCCESS : EFI_SECURITY_VIOLATION;
}

static struct {
	EFI_STATUS (*verify)(const VOID *bytes, UINT32 size);
	VOID *hash, *context;
} lock = {shim_verify, NULL, NULL};

static const EFI_GUID lock_guid = {0x605dab50, 0xe046, 0x4300, {0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23}},
		      loader_guid = {0x1f492041, 0xfadb, 0x4e59, {0x9e, 0x57, 0x7c, 0xaf, 0xe7, 0x3a, 0x55, 0xab}};

bool uefi_shim_stays;
static bool is_gone;

void uefi_shim_reset(void)
{
	uefi_shim_stays = is_gone = false;
}

void uefi_shim_sees_start(void)
{
	is_gone = uefi.shim == SHIM_15 && !uefi_shim_stays;
}

bool uefi_is_shims(const EFI_GUID *guid, VOID **protocol)
{
	if (uefi_is_guid(guid, lock_guid))
		*protocol = uefi.shim != SHIM_NONE && !is_gone ? &lock : NULL;
	else if (uefi_is_guid(guid, loader_guid))
		*protocol = uefi.shim == SHIM_16 ? uefi_shim_loader() : NULL;
	else
		return false;
	return true;
}

bool uefi_is_shims_vendor(const EFI_GUID *guid)
{
	return uefi_is_guid(guid, lock_guid);
}

void uefi_check_verified(void)
{
	/* Firmware that says that it has no such variable has no Secure Boot. */
	bool is_told =
	    strcmp(uefi_service_name(uefi_report.service), "GetVariable") != 0 || uefi.fault != (uint64_t)EFI_NOT_FOUND;

	if (uefi_must_verify() && is_told && (outcome.verifications == 0 || outcome.reads_after != 0))
		uefi_die("a kernel is entered that nobody has verified, or that was read again");
}
