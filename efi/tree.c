/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware adds to device trees. */
#include "efi_local.h"

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
