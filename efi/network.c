/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sources: UEFI 2.10, 13.1 (EFI_LOAD_FILE_PROTOCOL); 24.7.2, where a boot option is a URL alone; systemd,
 * src/boot/boot.c, expand_path, which asks each handle in the same way.
 */
#include "network.h"

#define MOST_FETCHED GIB(1) /* of a file, which is held in memory twice while it is loaded */

static EFI_GUID load_file_guid = LOAD_FILE_PROTOCOL;

/* Tells the size: that is what makes firmware set up the network, and give the handle its whole path. */
static EFI_STATUS ask_size(EFI_LOAD_FILE_INTERFACE *from, EFI_DEVICE_PATH *url, UINTN *size)
{
	EFI_STATUS status;

	*size = 0;
	status = from->LoadFile(from, url, TRUE, size, NULL);
	if (status == EFI_BUFFER_TOO_SMALL)
		return *size == 0 ? EFI_LOAD_ERROR : *size > MOST_FETCHED ? EFI_BAD_BUFFER_SIZE : EFI_SUCCESS;
	return EFI_ERROR(status) ? status : EFI_LOAD_ERROR;
}

static EFI_STATUS fetch_from(EFI_HANDLE handle, EFI_DEVICE_PATH *url, struct fetched *fetched)
{
	EFI_LOAD_FILE_INTERFACE *from = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(handle, &load_file_guid, (void **)&from);
	UINTN size;

	status = efi_given(status, from);
	if (!EFI_ERROR(status))
		status = ask_size(from, url, &size);
	if (EFI_ERROR(status))
		return status;
	fetched->size = (size_t)size;
	fetched->bytes = efi_alloc(fetched->size);
	if (fetched->bytes == NULL)
		return EFI_OUT_OF_RESOURCES;
	status = from->LoadFile(from, url, TRUE, &size, fetched->bytes);
	if (status == EFI_SUCCESS && size == fetched->size)
		fetched->path = efi_path_copy(handle);
	else
		status = EFI_ERROR(status) ? status : EFI_LOAD_ERROR; /* a warning: it was no program, but a disk */
	return status == EFI_SUCCESS && fetched->path == NULL ? EFI_OUT_OF_RESOURCES : status;
}

/* What the last of them said that does not only say that the URL is not for it; or success. */
static EFI_STATUS fetch_from_any(EFI_DEVICE_PATH *url, struct fetched *fetched)
{
	EFI_STATUS said = EFI_NOT_FOUND;
	EFI_HANDLE *handle;
	UINTN n = efi_handles_with(&load_file_guid, &handle);

	for (UINTN i = 0; i < n && said != EFI_SUCCESS; i++) {
		EFI_STATUS status = fetch_from(handle[i], url, fetched);

		if (status != EFI_SUCCESS) {
			efi_free(fetched->bytes);
			fetched->bytes = NULL;
		}
		if (status != EFI_NOT_FOUND && status != EFI_INVALID_PARAMETER)
			said = status;
	}
	efi_free(handle);
	return said;
}

enum status network_fetch(const char *url, struct fetched *fetched, struct fail *why)
{
	EFI_DEVICE_PATH *path = efi_url_path(url);
	EFI_STATUS status;

	*fetched = (struct fetched){NULL, NULL, 0};
	if (path == NULL)
		return fail(why, IO_ERROR, "%s: no memory for its path", url);
	fw_log(LOG_NORMAL, "fetch %s", url);
	status = fetch_from_any(path, fetched);
	if (status == EFI_NOT_FOUND) { /* nobody may have needed the network yet */
		efi_connect_all();
		status = fetch_from_any(path, fetched);
	}
	efi_free(path);
	if (status == EFI_NOT_FOUND)
		return fail(why, NOT_FOUND,
			    "%s: firmware has nothing that fetches it\n"
			    "  try: firmware with HTTP boot, and a network card that it knows",
			    url);
	if (status != EFI_SUCCESS)
		return fail(why, IO_ERROR, "%s: firmware cannot fetch it: %s", url, efi_status_words(status));
	return OK;
}
