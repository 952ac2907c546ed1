/* SPDX-License-Identifier: BSD-2-Clause */
#include "initrd.h"

/* LINUX_EFI_INITRD_MEDIA_GUID, include/linux/efi.h; UEFI 2.10, 10.3.5.3 (vendor's media) and 10.3.1 (end). */
static const uint8_t initrd_path[] = {4,    3,	  20,	0,    0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f,
				      0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, 0x7f, 0xff, 4,	0};

/* UEFI 2.10, 13.2, EFI_LOAD_FILE2_PROTOCOL; gnu-efi 3.0.15 does not declare it. */
static EFI_GUID load_file2_guid = {0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};

struct load_file2 {
	EFI_STATUS(EFIAPI *LoadFile)
	(struct load_file2 *this, EFI_DEVICE_PATH *path, BOOLEAN policy, UINTN *size, VOID *buffer);
};

/* What the protocol serves. */
static struct {
	struct load_file2 protocol;
	struct initrd_source source;
	EFI_HANDLE handle; /* NULL: nothing is offered */
} initrd;

/* 13.2.2: without room it tells how much it wants; it is no way to boot from. */
static EFI_STATUS EFIAPI give(struct load_file2 *this, EFI_DEVICE_PATH *path, BOOLEAN policy, UINTN *size, VOID *buffer)
{
	const struct initrd_source *source = &initrd.source;
	UINTN wanted = (UINTN)source->size, room;
	uint64_t start = (uintptr_t)buffer;
	struct fail why;

	(void)path;
	if (this != &initrd.protocol || size == NULL)
		return EFI_INVALID_PARAMETER;
	if (policy)
		return EFI_UNSUPPORTED;
	room = *size;
	*size = wanted;
	if (buffer == NULL || room < wanted)
		return EFI_BUFFER_TOO_SMALL;
	if (source->read(source->context, (struct range){start, start + wanted}, &why) == OK)
		return EFI_SUCCESS;
	fw_log(LOG_QUIET, "%s", why.text);
	return EFI_DEVICE_ERROR;
}

enum status initrd_can_be_offered(uint64_t size, const char *way_out, struct fail *why)
{
	if (size > SIZE_MAX)
		return fail(why, BAD_INPUT, "the initrds have %" PRIu64 " bytes, more than firmware has addresses",
			    size);
	if (efi_handle_at((const EFI_DEVICE_PATH *)(const void *)initrd_path, &load_file2_guid) != NULL)
		return fail(
		    why, REFUSED,
		    "firmware has an initrd for the kernel already, which its EFI stub would take instead of the "
		    "entry's\n"
		    "  try: %s",
		    way_out);
	return OK;
}

void initrd_take_away(void)
{
	if (initrd.handle == NULL)
		return;
	efi.boot->UninstallProtocolInterface(initrd.handle, &load_file2_guid, &initrd.protocol);
	efi.boot->UninstallProtocolInterface(initrd.handle, &efi_device_path_guid, (VOID *)(uintptr_t)initrd_path);
	initrd.handle = NULL;
}

/* A handle with the device path comes first: the stub finds it by that, and asks it then. */
enum status initrd_offer(const struct initrd_source *source, struct fail *why)
{
	EFI_STATUS status;

	initrd.protocol.LoadFile = give;
	initrd.source = *source;
	status = efi.boot->InstallProtocolInterface(&initrd.handle, &efi_device_path_guid, EFI_NATIVE_INTERFACE,
						    (VOID *)(uintptr_t)initrd_path);
	status = efi_given(status, initrd.handle);
	if (!EFI_ERROR(status)) {
		status = efi.boot->InstallProtocolInterface(&initrd.handle, &load_file2_guid, EFI_NATIVE_INTERFACE,
							    &initrd.protocol);
		if (EFI_ERROR(status))
			efi.boot->UninstallProtocolInterface(initrd.handle, &efi_device_path_guid,
							     (VOID *)(uintptr_t)initrd_path);
	}
	if (EFI_ERROR(status)) {
		initrd.handle = NULL;
		return fail(why, IO_ERROR, "firmware does not let the kernel find its initrd: %s",
			    efi_status_words(status));
	}
	return OK;
}
