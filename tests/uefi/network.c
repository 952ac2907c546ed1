/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network card that firmware fetches a file by, once it is connected. Sources: UEFI 2.10, 13.1
 * (EFI_LOAD_FILE_PROTOCOL), 10.3.4.23 (a URI in a path); EDK2, NetworkPkg/HttpBootDxe, which gives the handle the path.
 */
#include "local.h"

static uint8_t fetched_from[12 + 4 + 256 + 4];
static size_t own; /* bytes of the card's path */

static bool is_url(const uint8_t *node)
{
	size_t length = strlen(uefi.url);

	if (node[0] != 3 || node[1] != 24 || load_le(node + 2, 2) < 4)
		uefi_die("something else is fetched than a URL alone");
	if (load_le(node + load_le(node + 2, 2), 4) != 0x0004ff7f)
		uefi_die("a URL's path without an end");
	return load_le(node + 2, 2) == 4 + length && memcmp(node + 4, uefi.url, length) == 0;
}

static EFI_STATUS EFIAPI fetch(struct _EFI_LOAD_FILE_PROTOCOL *this, EFI_DEVICE_PATH *path, BOOLEAN policy, UINTN *size,
			       VOID *to)
{
	const struct sim_file *file = uefi_file_named(UEFI_NETWORK, L"\\image.efi");
	UINTN room = *size;
	EFI_STATUS status;

	(void)this;
	if (!policy || (to == NULL) != (room == 0))
		uefi_die("a file is fetched as by nobody's boot");
	if (uefi_call(CALL_LoadFile, &status)) {
		if (uefi_lies(LIE_TOO_MUCH))
			*size = SIZE_MAX;
		if (uefi_lies(LIE_TOO_MUCH) && to == NULL)
			return EFI_BUFFER_TOO_SMALL;
		return status;
	}
	if (!is_url((const uint8_t *)path))
		return EFI_NOT_FOUND;
	memcpy(fetched_from + own, path, 4 + strlen(uefi.url) + 4);
	*size = (UINTN)file->size;
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < *size; i++)
		((uint8_t *)to)[i] = sim_byte(file, i);
	return uefi.url_is_disk ? 6 : EFI_SUCCESS; /* EFI_WARN_FILE_SYSTEM, which is no error */
}

static EFI_LOAD_FILE_PROTOCOL protocol = {fetch};

VOID *uefi_load_file(void)
{
	return &protocol;
}

const uint8_t *uefi_network_path(const uint8_t *path, size_t size)
{
	memcpy(fetched_from, path, size + 4);
	own = size;
	return fetched_from;
}
