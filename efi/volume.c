/* SPDX-License-Identifier: BSD-2-Clause */
/* Volumes: the one that the loader came from, and others that entries are on. Source: UEFI 2.10, 13.4. */
#include "efi_local.h"

EFI_HANDLE efi_device_of(const struct fw_volume *volume)
{
	if (volume != NULL)
		return volume->device;
	return efi.home != NULL ? efi.home : efi.loaded->DeviceHandle;
}

const char *efi_volume_words(const struct fw_volume *volume)
{
	if (volume != NULL)
		return volume->words;
	return efi.home != NULL ? "the system partition" : "the volume that Berth was started from";
}

struct fw_volume *efi_volume(EFI_HANDLE device, const char *words)
{
	struct fw_volume *volume = efi_alloc(sizeof(*volume));
	struct text text;

	if (volume == NULL)
		return NULL;
	*volume = (struct fw_volume){.device = device, .next = efi.volumes};
	text = (struct text)TEXT(volume->words);
	text_add(&text, "%s", words);
	efi.volumes = volume;
	return volume;
}

static void close_root(EFI_FILE_HANDLE *root)
{
	if (*root != NULL)
		(*root)->Close(*root);
	*root = NULL;
}

enum status efi_root(struct fw_volume *volume, EFI_FILE_HANDLE *root, struct fail *why)
{
	EFI_FILE_HANDLE *kept = volume == NULL ? &efi.root : &volume->root;
	EFI_FILE_IO_INTERFACE *system = NULL;
	EFI_STATUS status = EFI_SUCCESS;

	if (*kept == NULL) {
		status = efi.boot->HandleProtocol(efi_device_of(volume), &efi_file_system_guid, (void **)&system);
		status = efi_given(status, system);
		if (!EFI_ERROR(status))
			status = system->OpenVolume(system, kept);
		if (!EFI_ERROR(status))
			status = efi_given(status, *kept);
	}
	if (EFI_ERROR(status)) {
		*kept = NULL;
		return fail(why, IO_ERROR, "%s cannot be read: %s", efi_volume_words(volume), efi_status_words(status));
	}
	*root = *kept;
	return OK;
}

void efi_close_volumes(void)
{
	close_root(&efi.root);
	for (struct fw_volume *volume = efi.volumes; volume != NULL; volume = volume->next)
		close_root(&volume->root);
}

void efi_forget_volume(void)
{
	struct fw_volume *volume = efi.volumes;

	close_root(&volume->root);
	efi.volumes = volume->next;
	efi_free(volume);
}

void efi_forget_volumes(void)
{
	while (efi.volumes != NULL)
		efi_forget_volume();
}
