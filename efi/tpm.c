/* SPDX-License-Identifier: BSD-2-Clause */
/* Source: TCG EFI Protocol Specification, revision 00.13, 6.4 (GetCapability). */
#include "tpm.h"

static EFI_GUID tcg2_guid = {0x607f766c, 0x7455, 0x42be, {0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f}};

struct tcg2_capability {
	UINT8 size;
	UINT8 structure_version[2], protocol_version[2]; /* major, minor */
	UINT32 hashes, logs;
	BOOLEAN is_present;
	UINT16 most_command, most_response;
	UINT32 maker;
	/* Not in version 1.0 of the structure. */
	UINT32 n_banks, active_banks;
};

struct tcg2_protocol {
	EFI_STATUS(EFIAPI *GetCapability)(struct tcg2_protocol *this, struct tcg2_capability *capability);
};

bool tpm_is_there(uint32_t *banks)
{
	struct tcg2_capability capability = {.size = sizeof(capability)};
	struct tcg2_protocol *tcg2 = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(&tcg2_guid, NULL, (void **)&tcg2);

	*banks = 0;
	if (EFI_ERROR(efi_given(status, tcg2)) || EFI_ERROR(tcg2->GetCapability(tcg2, &capability)) ||
	    !capability.is_present)
		return false;
	if (capability.structure_version[0] == 1 && capability.structure_version[1] < 1)
		*banks = TPM_BANKS_UNKNOWN;
	else
		*banks = capability.active_banks;
	return true;
}
