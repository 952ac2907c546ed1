/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources: UEFI 2.10, 3.3 (BootOrder, Boot####, BootNext); systemd, src/boot/boot.c. */
#include "windows.h"

#include "blocks.h"
#include "reset.h"
#include "tpm.h"

#include "../config/bcd.h"

#define MOST_OPTIONS 256  /* of BootOrder that are looked at */
#define MOST_OPTION  4096 /* bytes of one; Windows' has some 300 */

static bool is_encrypted(EFI_HANDLE handle)
{
	struct disk disk;
	uint8_t *block;
	bool is_so;

	if (!disk_open(handle, &disk))
		return false;
	block = blocks_read(&disk, 0, disk.block);
	if (block == NULL)
		return false;
	is_so = bitlocker_has((struct bytes){block, disk.block});
	blocks_give(&disk, block, disk.block);
	return is_so;
}

static bool any_is_encrypted(void)
{
	EFI_HANDLE *handle;
	UINTN n = efi_handles_with(&efi_block_io_guid, &handle), i = 0;

	while (i < n && !is_encrypted(handle[i]))
		i++;
	efi_free(handle);
	return i < n;
}

/* How many bytes there are; 0 when it cannot be read. */
static size_t read_global(CHAR16 *name, void *to, size_t room)
{
	return efi_variable_of(&efi_global_guid, name, to, &room) == VARIABLE_READ ? room : 0;
}

static bool is_windows(UINT16 number, const uint8_t *partition, uint8_t *room)
{
	CHAR16 name[] = L"Boot0000";

	efi_variable_number(name + 4, number, 'A');
	return load_option_is_windows((struct bytes){room, read_global(name, room, MOST_OPTION)}, partition);
}

/*
 * The first in firmware's order that is the Windows of this partition starts next; false when there is none, or
 * firmware refuses. The option that has started Berth itself would start it again, without end.
 */
static bool starts_next(const uint8_t *partition)
{
	static UINT16 order[MOST_OPTIONS];
	size_t n = read_global(L"BootOrder", order, sizeof(order)) / sizeof(order[0]), i = 0;
	uint8_t *room = efi_alloc(MOST_OPTION);
	UINT16 own = 0;
	bool has_own = read_global(L"BootCurrent", &own, sizeof(own)) == sizeof(own);

	while (room != NULL && i < n && ((has_own && order[i] == own) || !is_windows(order[i], partition, room)))
		i++;
	efi_free(room);
	return room != NULL && i < n &&
	       !EFI_ERROR(efi.system->RuntimeServices->SetVariable(
		   L"BootNext", &efi_global_guid,
		   EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
		   sizeof(order[i]), &order[i]));
}

void windows_restart(const struct entry *entry)
{
	uint8_t partition[16];
	uint32_t banks;
	struct fail why;

	if (!tpm_is_there(&banks) || !any_is_encrypted())
		return;
	if (efi_partition_guid(efi_device_of(entry->volume), partition) && starts_next(partition)) {
		fw_leaving(entry);
		if (efi_reset(ENTRY_REBOOT, &why) != OK)
			fw_log(LOG_QUIET, "%s", why.text);
	} else {
		fw_log(LOG_QUIET,
		       "reboot-for-bitlocker: firmware has no boot entry \"Windows Boot Manager\" for this partition, "
		       "or does "
		       "not take it as the next; Windows is started from here, and may ask for its recovery key");
	}
}
