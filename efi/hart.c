/* SPDX-License-Identifier: BSD-2-Clause */
/* Which hart runs the loader. Source: RISC-V, "RISCV_EFI_BOOT_PROTOCOL", 1.0.0. */
#include "efi_local.h"

static EFI_GUID riscv_boot_guid = {0xccd15fec, 0x6f73, 0x4eec, {0x83, 0x95, 0x3e, 0x69, 0xe4, 0xb9, 0x40, 0xbf}};

struct riscv_boot_protocol {
	UINT64 Revision;
	EFI_STATUS(EFIAPI *GetBootHartId)(struct riscv_boot_protocol *this, UINTN *hart);
};

bool efi_boot_hart(uint64_t *hart)
{
	struct riscv_boot_protocol *protocol = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(&riscv_boot_guid, NULL, (void **)&protocol);
	UINTN number = 0;

	if (EFI_ERROR(efi_given(status, protocol)) || EFI_ERROR(protocol->GetBootHartId(protocol, &number)))
		return false;
	*hart = number;
	return true;
}
