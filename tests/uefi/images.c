/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LoadImage, StartImage and UnloadImage: programs that do what a test says; and what the loader installs for them.
 * Source: UEFI 2.10, 7.3 and 7.4.
 */
#include "local.h"

#include "../../base/utf16.h"

#define IMAGES 4

static struct loaded_image {
	bool loaded, must_not_start, is_driver;
	EFI_LOADED_IMAGE protocol;
	char path[256];
} images[IMAGES];

/* 10.3.5.1, 10.3.5.4: the path of a device, and behind it a node with the file's. */
static const CHAR16 *file_in(const EFI_DEVICE_PATH *path, EFI_HANDLE *device)
{
	static const EFI_GUID file_system = SIMPLE_FILE_SYSTEM_PROTOCOL, load_file = LOAD_FILE_PROTOCOL;
	static CHAR16 name[256];
	const uint8_t *at = (const uint8_t *)path;
	size_t size;

	*device = uefi_nearest(&file_system, at, &size);
	if (*device == NULL && (*device = uefi_nearest(&load_file, at, &size)) != NULL)
		return L"\\image.efi"; /* what was fetched has its URL behind the card's path: network.c */
	if (*device == NULL)
		uefi_die("an image's device path that begins with no device");
	at += size;
	size = load_le(at + 2, 2);
	if (at[0] != 4 || at[1] != 4 || size < 6 || size > sizeof(name))
		uefi_die("an image's device path without a file");
	memcpy(name, at + 4, size - 4);
	if (load_le(at + size - 2, 2) != 0 || load_le(at + size, 4) != 0x0004ff7f)
		uefi_die("an image's device path without an end");
	return name;
}

EFI_LOADED_IMAGE *uefi_image_of(EFI_HANDLE handle)
{
	struct loaded_image *image = handle;

	if (image < images || image >= images + IMAGES)
		return NULL;
	if (!image->loaded)
		uefi_die("an image that is not loaded");
	return &image->protocol;
}

static EFI_HANDLE new_image(const CHAR16 *path)
{
	for (size_t i = 0; i < IMAGES; i++)
		if (!images[i].loaded) {
			images[i] = (struct loaded_image){.loaded = true, .protocol.ImageCodeType = EfiLoaderCode};
			(void)utf8_from_utf16(images[i].path, sizeof(images[i].path), path, sizeof(images[i].path));
			images[i].is_driver = !uefi.no_driver && strstr(images[i].path, "\\drivers\\") != NULL;
			images[i].protocol.ImageBase = (VOID *)(uintptr_t)uefi.image;
			images[i].protocol.ImageSize = uefi.image_size;
			if (images[i].is_driver)
				images[i].protocol.ImageCodeType = EfiBootServicesCode;
			return &images[i];
		}
	uefi_die("images are loaded and not unloaded");
}

static bool by_shim; /* its own LoadImage was called */

/*
 * 7.4.1, and EDK2's LoadImage where Secure Boot is on: the bytes are those that were signed, of the file that the path
 * names. Shim has keys that firmware does not know.
 */
static EFI_STATUS check_source(const struct sim_file *file, const uint8_t *source, UINTN size)
{
	bool is_files = uefi_verify(file, source, size);

	/* Who says to have read a file, and has not, is believed: the bytes are nobody's. */
	if (!uefi_must_verify() && !is_files && !uefi.untrusted &&
	    strcmp(uefi_service_name(uefi_report.service), "LoadFile") != 0)
		uefi_die("an image is loaded from memory that is not the file's");
	if (!uefi_must_verify() ||
	    (is_files && (by_shim || uefi.shim == SHIM_NONE || (uefi.shim == SHIM_16 && uefi.shim_hooks))))
		return EFI_SUCCESS;
	return uefi.untrusted_handle ? EFI_SECURITY_VIOLATION : EFI_ACCESS_DENIED;
}

static EFI_STATUS EFIAPI load_file_image(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, VOID *source,
					 UINTN size, EFI_HANDLE *out)
{
	EFI_HANDLE device;
	const CHAR16 *file = file_in(path, &device);
	EFI_STATUS status;

	(void)parent;
	if (policy || (source == NULL) != (size == 0))
		uefi_die("an image is loaded as by the boot manager, or from memory that is none");
	uefi_report.loads++;
	uefi_report.loads_from_memory += source != NULL;
	if (!uefi_call(CALL_LoadImage, &status))
		status = source == NULL ? EFI_SUCCESS
					: check_source(uefi_file_named(uefi_prefix(device), file), source, size);
	else if (!EFI_ERROR(status))
		return *out = NULL, status;
	if (EFI_ERROR(status)) {
		*out = NULL;
		if (status == EFI_SECURITY_VIOLATION) {
			*out = new_image(file);
			((struct loaded_image *)*out)->must_not_start = true;
		}
		return status;
	}
	if (uefi_file_named(uefi_prefix(device), file) == NULL || (uefi.paths_fail && source == NULL))
		return EFI_NOT_FOUND;
	*out = new_image(file);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI shim_load_image(BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, VOID *source,
					 UINTN size, EFI_HANDLE *out)
{
	EFI_STATUS status;

	by_shim = true;
	status = load_file_image(policy, parent, path, source, size, out);
	by_shim = false;
	return status;
}

static EFI_STATUS EFIAPI unload_image(EFI_HANDLE handle)
{
	struct loaded_image *image = handle;

	if (!image->loaded) /* 7.4.3: one that has come back is gone */
		return EFI_INVALID_PARAMETER;
	image->loaded = false;
	return uefi_unless_wrong(CALL_UnloadImage);
}

static void report_start(const struct loaded_image *image)
{
	const EFI_LOADED_IMAGE *protocol = &image->protocol;
	size_t units = protocol->LoadOptionsSize / sizeof(CHAR16);

	uefi_report.starts++;
	uefi_report.watchdog_at_start = uefi_report.watchdog;
	snprintf(uefi_report.program, sizeof(uefi_report.program), "%s", image->path);
	uefi_report.passed = protocol->LoadOptions != NULL;
	uefi_report.options[0] = '\0';
	if (!uefi_report.passed)
		return;
	if (units == 0 || ((const CHAR16 *)protocol->LoadOptions)[units - 1] != 0)
		uefi_die("load options without an end");
	(void)utf8_from_utf16(uefi_report.options, sizeof(uefi_report.options), protocol->LoadOptions, units);
}

/* The words are a pool that the caller gives back. */
static void say(UINTN *size, CHAR16 **words)
{
	size_t units = strlen(uefi.program_says) + 1;

	*words = malloc(units * sizeof(CHAR16));
	(void)utf16_from_utf8(*words, units, uefi.program_says);
	*size = units * sizeof(CHAR16);
	uefi_keep_pool(*words);
}

static EFI_STATUS EFIAPI start_image(EFI_HANDLE handle, UINTN *size, CHAR16 **words)
{
	struct loaded_image *image = handle;
	EFI_STATUS status;

	(void)uefi_image_of(handle);
	if (image->must_not_start)
		uefi_die("an image is started that must not be");
	report_start(image);
	uefi_shim_sees_start();
	if (uefi_call(CALL_StartImage, &status)) {
		if (EFI_ERROR(status)) /* it has not run, and stays loaded */
			return status;
		if (uefi_lies(LIE_TOO_MUCH))
			*size = SIZE_MAX;
	} else if (uefi.other_cpu) {
		return EFI_UNSUPPORTED; /* it has not run either */
	} else if (image->is_driver) {
		status = uefi.driver_returns;
		uefi_report.drivers += !EFI_ERROR(status);
	} else {
		if (uefi.program != NULL)
			uefi.program(handle);
		if (uefi.program_says != NULL)
			say(size, words);
		status = uefi.program_returns;
	}
	image->loaded =
	    image->is_driver && !EFI_ERROR(status); /* 7.4.5: an application that has come back is unloaded */
	return status;
}

/* ---- protocols that the loader installs: 7.3 ---- */

#define INTERFACES 4

static struct interface {
	EFI_HANDLE handle; /* NULL: none */
	EFI_GUID guid;
	VOID *protocol;
} interfaces[INTERFACES];

static int handles[INTERFACES];

/* 7.3.3: a handle from which the last protocol is uninstalled is none any more. */
static bool is_handle(EFI_HANDLE handle)
{
	for (size_t i = 0; i < INTERFACES; i++)
		if (interfaces[i].handle == handle)
			return true;
	return false;
}

static EFI_STATUS EFIAPI install_protocol_interface(EFI_HANDLE *handle, EFI_GUID *guid, EFI_INTERFACE_TYPE type,
						    VOID *protocol)
{
	EFI_STATUS status;

	if (type != EFI_NATIVE_INTERFACE || protocol == NULL)
		uefi_die("a protocol that is none");
	if (uefi_call(CALL_InstallProtocolInterface, &status))
		return status;
	if (*handle != NULL && !is_handle(*handle))
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < INTERFACES; i++)
		if (interfaces[i].handle == NULL) {
			if (*handle == NULL)
				*handle = &handles[i];
			interfaces[i] = (struct interface){*handle, *guid, protocol};
			return EFI_SUCCESS;
		}
	uefi_die("protocols are installed and stay");
}

static EFI_STATUS EFIAPI uninstall_protocol_interface(EFI_HANDLE handle, EFI_GUID *guid, VOID *protocol)
{
	EFI_STATUS status = uefi_unless_wrong(CALL_UninstallProtocolInterface);

	for (size_t i = 0; i < INTERFACES; i++)
		if (interfaces[i].handle == handle && interfaces[i].protocol == protocol &&
		    uefi_is_guid(guid, interfaces[i].guid)) {
			interfaces[i].handle = NULL;
			return status;
		}
	if (sim.fail_call == 0 || (uefi.fault & LIE) == 0)
		uefi_die("a protocol is uninstalled that is not there");
	return EFI_NOT_FOUND; /* firmware had lied when it was installed */
}

/* 7.3.13: the nearest that has the protocol, and the part of the path behind it. */
static EFI_STATUS EFIAPI locate_device_path(EFI_GUID *guid, EFI_DEVICE_PATH **path, EFI_HANDLE *handle)
{
	const uint8_t *at = (const uint8_t *)*path;
	bool is_initrd = at[0] == 4 && at[1] == 3; /* a vendor's media */
	size_t size = 20;
	EFI_STATUS status;

	if (uefi_call(CALL_LocateDevicePath, &status))
		return status;
	if (is_initrd)
		*handle = uefi.has_initrd ? &handles[0] : NULL;
	else
		*handle = uefi_nearest(guid, at, &size);
	if (*handle == NULL)
		return EFI_NOT_FOUND;
	*path = (EFI_DEVICE_PATH *)(VOID *)((UINT8 *)*path + size);
	return EFI_SUCCESS;
}

static EFI_HANDLE handle_at(const uint8_t *path, size_t size)
{
	for (size_t i = 0; i < INTERFACES; i++)
		if (interfaces[i].handle != NULL && uefi_is_guid(&interfaces[i].guid, (EFI_GUID)DEVICE_PATH_PROTOCOL) &&
		    memcmp(interfaces[i].protocol, path, size) == 0)
			return interfaces[i].handle;
	return NULL;
}

void *uefi_find(const uint8_t *path, size_t size, EFI_GUID guid)
{
	EFI_HANDLE handle = handle_at(path, size);

	for (size_t i = 0; handle != NULL && i < INTERFACES; i++)
		if (interfaces[i].handle == handle && uefi_is_guid(&interfaces[i].guid, guid))
			return interfaces[i].protocol;
	return NULL;
}

VOID *uefi_shim_loader(void)
{
	static struct {
		EFI_IMAGE_LOAD load;
		EFI_IMAGE_START start;
		EFI_EXIT exit;
		EFI_IMAGE_UNLOAD unload;
	} loader = {.load = shim_load_image, .unload = unload_image};

	return &loader;
}

void uefi_images_set_up(EFI_BOOT_SERVICES *services)
{
	memset(interfaces, 0, sizeof(interfaces));
	services->LocateDevicePath = locate_device_path;
	services->InstallProtocolInterface = install_protocol_interface;
	services->UninstallProtocolInterface = uninstall_protocol_interface;
	memset(images, 0, sizeof(images));
	services->LoadImage = load_file_image;
	services->StartImage = start_image;
	services->UnloadImage = unload_image;
}

size_t uefi_images_loaded(void)
{
	size_t n = 0;

	for (size_t i = 0; i < IMAGES; i++)
		n += images[i].loaded && !images[i].is_driver;
	for (size_t i = 0; i < INTERFACES; i++)
		n += interfaces[i].handle != NULL;
	return n;
}
