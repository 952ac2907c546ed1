/* SPDX-License-Identifier: BSD-2-Clause */
/* Source of what counts as no volume of one's own, and of the order: systemd, src/boot/vmm.c. */
#include "home.h"

#define MOST_PLACES 64	 /* of the host's order that are looked at */
#define MOST_PLACE  1024 /* bytes of the path of one */

/* src/boot/vmm.c, VMM_BOOT_ORDER_GUID: of VMMBootOrder####, which EDK2's OvmfPkg writes (QemuBootOrderLib). */
static EFI_GUID order_guid = {0x668f4529, 0x63d0, 0x4bb5, {0xb6, 0x5d, 0x6f, 0xbb, 0x9d, 0x36, 0xa4, 0x4a}};

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

/* Among the handles with @protocol that are on the device @place; NULL when there is none. */
static EFI_HANDLE find(EFI_GUID *protocol, const char *folder, struct bytes place)
{
	EFI_HANDLE *handle, found = NULL;
	UINTN n = efi_handles_with(protocol, &handle);

	for (UINTN i = 0; i < n && found == NULL; i++)
		if (handle[i] != efi.loaded->DeviceHandle && has_files(handle[i]) && efi_is_below(handle[i], place) &&
		    has_folder(handle[i], folder))
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

static EFI_HANDLE find_on(struct bytes place)
{
	EFI_HANDLE found = find(&efi_esp_guid, "\\loader", place);

	if (found == NULL)
		found = find(&efi_esp_guid, "\\EFI", place);
	if (found == NULL)
		found = find(&efi_file_system_guid, "\\EFI", place);
	return found;
}

/* On the first disk of the host's order that has one: its `bootindex` says which disk of several is meant. */
static EFI_HANDLE find_by_order(void)
{
	static uint8_t path[MOST_PLACE];
	CHAR16 name[] = L"VMMBootOrder0000";
	EFI_HANDLE found = NULL;
	enum variable_state variable = VARIABLE_READ;

	for (uint16_t n = 0; found == NULL && variable != VARIABLE_NONE && n < MOST_PLACES; n++) {
		size_t size = sizeof(path), nodes = 0;

		efi_variable_number(name + sizeof("VMMBootOrder") - 1, n, 'a');
		variable = efi_variable_of(&order_guid, name, path, &size);
		if (variable == VARIABLE_READ)
			nodes = interface_place((struct bytes){path, size});
		if (nodes != 0)
			found = find_on((struct bytes){path, nodes});
	}
	return found;
}

void home_find(void)
{
	char guid[EFI_GUID_TEXT] = "that has no name";

	if (has_home())
		return;
	efi_connect_all(); /* firmware that starts one program needs no disk for it */
	efi.home = find_by_order();
	if (efi.home == NULL)
		efi.home = find_on((struct bytes){NULL, 0});
	if (efi.home == NULL) {
		fw_log(LOG_QUIET, "Berth was not started from a disk, and no disk has a volume with the folder \\EFI");
		return;
	}
	(void)efi_partition(guid);
	fw_log(LOG_QUIET, "Berth was not started from a disk: it reads the %spartition %s", efi_disk_kind(efi.home),
	       guid);
}
