/* SPDX-License-Identifier: BSD-2-Clause */
/* The TPM of the simulated machine, as far as it is asked whether there is one. */
#include "local.h"

/* TCG EFI Protocol Specification, 6.4: as much as the caller has room for, and how much that is. */
static EFI_STATUS EFIAPI get_capability(VOID *this, UINT8 *capability)
{
	UINT8 room = capability[0];
	EFI_STATUS status;

	(void)this;
	if (uefi_call(CALL_GetCapability, &status)) {
		if (uefi_lies(LIE_TOO_MUCH))
			memset(capability, 0xff, room);
		return status;
	}
	memcpy(capability, uefi.tpm, room < uefi.tpm[0] ? room : uefi.tpm[0]);
	return EFI_SUCCESS;
}

static struct {
	EFI_STATUS(EFIAPI *get)(VOID *this, UINT8 *capability);
} tcg2 = {get_capability};

static const EFI_GUID tcg2_guid = {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};

bool uefi_is_tpms(const EFI_GUID *guid)
{
	return uefi_is_guid(guid, tcg2_guid);
}

VOID *uefi_tpm(void)
{
	return uefi.tpm == NULL ? NULL : &tcg2;
}
