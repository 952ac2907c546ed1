/* SPDX-License-Identifier: BSD-2-Clause */
/* Which hart runs the loader, and what firmware adds to device trees. Source: RISC-V, "RISCV_EFI_BOOT_PROTOCOL", 1.0.0.
 */
#include "efi_local.h"

static EFI_GUID riscv_boot_guid = {0xccd15fec, 0x6f73, 0x4eec, {0x83, 0x95, 0x3e, 0x69, 0xe4, 0xb9, 0x40, 0xbf}};

struct riscv_boot_protocol {
	UINT64 Revision;
	EFI_STATUS(EFIAPI *GetBootHartId)(struct riscv_boot_protocol *this, UINTN *hart);
};

/* EFI_DT_FIXUP_PROTOCOL, revision 1.0: U-Boot doc/develop/uefi/uefi.rst, "Device-tree fix-up protocol". */
static EFI_GUID fixup_guid = {0xe617d64c, 0xfe08, 0x46da, {0xf4, 0xdc, 0xbb, 0xd5, 0x87, 0x0c, 0x73, 0x00}};

/* The only flag that is set: the plan itself reserves memory, and the tree does not become firmware's table. */
#define APPLY_FIXUPS 1u

struct fixup_protocol {
	UINT64 Revision;
	EFI_STATUS(EFIAPI *Fixup)(struct fixup_protocol *this, VOID *tree, UINTN *size, UINT32 flags);
};

bool fw_fix_tree(void *tree, uint64_t room)
{
	struct fixup_protocol *protocol = NULL;
	EFI_STATUS status = efi.boot->LocateProtocol(&fixup_guid, NULL, (void **)&protocol);
	UINTN size = (UINTN)room;

	return !EFI_ERROR(efi_given(status, protocol)) &&
	       !EFI_ERROR(protocol->Fixup(protocol, tree, &size, APPLY_FIXUPS));
}

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
