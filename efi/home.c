/* SPDX-License-Identifier: BSD-2-Clause */
/* Source of what counts as no volume of one's own: systemd, src/boot/vmm.c. */
#include "home.h"

static enum status pass_over(void *context, const char *name, struct fail *why)
{
	(void)context;
	(void)name;
	(void)why;
	return OK;
}

static bool has_files(EFI_HANDLE device)
{
	void *files = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(device, &efi_file_system_guid, &files);

	return !EFI_ERROR(efi_given(status, files));
}

static bool has_folder(EFI_HANDLE device, const char *folder)
{
	struct fw_volume *volume = efi_volume(device, "a volume");
	struct fail why;
	bool has;

	if (volume == NULL)
		return false;
	has = efi_list_folder(volume, folder, pass_over, NULL, &why) == OK;
	efi_forget_volume();
	return has;
}

/* Among the handles with @protocol; NULL when there is none. */
static EFI_HANDLE find(EFI_GUID *protocol, const char *folder)
{
	EFI_HANDLE *handle, found = NULL;
	UINTN n = efi_handles_with(protocol, &handle);

	for (UINTN i = 0; i < n && found == NULL; i++)
		if (handle[i] != efi.loaded->DeviceHandle && has_files(handle[i]) && has_folder(handle[i], folder))
			found = handle[i];
	efi_free(handle);
	return found;
}

static bool has_home(void)
{
	switch (efi_origin(efi.loaded->DeviceHandle)) {
	case ORIGIN_PARTITION:
		return true;
	case ORIGIN_FIRMWARE:
		return false;
	default: /* a disk without partitions, or the network */
		return has_files(efi.loaded->DeviceHandle);
	}
}

void home_find(void)
{
	char guid[EFI_GUID_TEXT] = "that has no name";

	if (has_home())
		return;
	efi_connect_all(); /* firmware that starts one program needs no disk for it */
	efi.home = find(&efi_esp_guid, "\\loader");
	if (efi.home == NULL)
		efi.home = find(&efi_esp_guid, "\\EFI");
	if (efi.home == NULL)
		efi.home = find(&efi_file_system_guid, "\\EFI");
	if (efi.home == NULL) {
		fw_log(LOG_QUIET, "Berth was not started from a disk, and no disk has a volume with the folder \\EFI");
		return;
	}
	(void)efi_partition(guid);
	fw_log(LOG_QUIET, "Berth was not started from a disk: it reads the %spartition %s", efi_disk_kind(efi.home),
	       guid);
}
