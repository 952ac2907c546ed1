/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources: UEFI 2.10, 7.3.12 and 14.4 (EFI_PCI_IO_PROTOCOL); PCI Code and ID Assignment 1.11, 1. */
#include "disks.h"

#include "efi_local.h"

#include <efipciio.h>

/* Three bytes of a device's configuration: programming interface, subclass, class. */
#define CLASS_AT      9
#define CLASS_STORAGE 0x01 /* of any kind: SATA, NVMe, virtio */
#define CLASS_SYSTEM  0x08
#define SYSTEM_SD     0x05 /* SD and eMMC */
#define CLASS_SERIAL  0x0c
#define SERIAL_USB    0x03

static EFI_GUID pci_guid = EFI_PCI_IO_PROTOCOL_GUID;

static bool leads_to_disks(EFI_HANDLE handle)
{
	EFI_PCI_IO_PROTOCOL *io = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(handle, &pci_guid, (void **)&io);
	UINT8 class[3] = {0};

	if (EFI_ERROR(efi_given(status, io)) ||
	    EFI_ERROR(io->Pci.Read(io, EfiPciIoWidthUint8, CLASS_AT, sizeof(class), class)))
		return false;
	return class[2] == CLASS_STORAGE || (class[2] == CLASS_SYSTEM && class[1] == SYSTEM_SD) ||
	       (class[2] == CLASS_SERIAL && class[1] == SERIAL_USB);
}

static bool is_disk(EFI_HANDLE handle)
{
	EFI_BLOCK_IO *io = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(handle, &efi_block_io_guid, (void **)&io);

	return !EFI_ERROR(efi_given(status, io)) && io->Media != NULL && !io->Media->LogicalPartition &&
	       io->Media->MediaPresent;
}

static void connect(EFI_GUID *protocol, bool (*is_meant)(EFI_HANDLE handle))
{
	EFI_HANDLE *handle;
	UINTN n = efi_handles_with(protocol, &handle);

	for (UINTN i = 0; i < n; i++)
		if (is_meant(handle[i]))
			efi.boot->ConnectController(handle[i], NULL, NULL, TRUE);
	efi_free(handle);
}

void disks_connect(void)
{
	connect(&pci_guid, leads_to_disks);
	connect(&efi_block_io_guid, is_disk);
}
