/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts \berth.efi and \systemd.efi on volumes, each once with a menu and once without, and tells what each of them
 * lists, shows, chooses and counts. No kernel is entered: when a loader starts something it is ended.
 *
 * A volume takes part that has \tree.txt, the name of what is on it. Each is there twice, for the loaders in this
 *order. \variables.txt has lines NAME VALUE of variables that are there when the loader starts. What is told, a line
 *each:
 *
 *	trees: start NAME LOADER menu|plain
 *	trees: row TEXT                  of the screen on which it waited for a key
 *	trees: variable NAME VALUE       that it left; of a list each part, with a blank between them
 *	trees: initrd N bytes, sum CRC32 that it offered to what it was about to start
 *	trees: options TEXT              that it passed to that; a bar is a NUL
 *	trees: end HOW                   starts, waits, resets, or returns
 */
#include "trees.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_SYSTEM_TABLE *st;
EFI_BOOT_SERVICES *bs;
EFI_HANDLE self;

static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
static EFI_GUID device_path_guid = DEVICE_PATH_PROTOCOL;

static struct loader {
	CHAR16 *file;
	const char *name;
	VOID *data;
	UINTN size;
} loaders[] = {{L"\\berth.efi", "berth", NULL, 0}, {L"\\systemd.efi", "systemd", NULL, 0}};

#define N_LOADERS (sizeof(loaders) / sizeof(loaders[0]))

static EFI_FILE_HANDLE root_of(EFI_HANDLE device)
{
	EFI_FILE_IO_INTERFACE *volume = NULL;
	EFI_FILE_HANDLE root = NULL;

	if (EFI_ERROR(bs->HandleProtocol(device, &file_system_guid, (VOID **)&volume)) ||
	    EFI_ERROR(volume->OpenVolume(volume, &root)))
		return NULL;
	return root;
}

/* A file with a NUL behind it, at most @room bytes with that; NULL when it is not there. */
static VOID *read_file(EFI_FILE_HANDLE root, CHAR16 *name, UINTN room, UINTN *size)
{
	EFI_FILE_HANDLE file;
	UINT8 *buffer = NULL;

	*size = room - 1;
	if (EFI_ERROR(root->Open(root, &file, name, EFI_FILE_MODE_READ, 0)))
		return NULL;
	if (EFI_ERROR(bs->AllocatePool(EfiBootServicesData, room, (VOID **)&buffer)) ||
	    EFI_ERROR(file->Read(file, size, buffer)))
		buffer = NULL;
	else
		buffer[*size] = 0;
	file->Close(file);
	return buffer;
}

/* The path that firmware would have started the loader by. Sources: UEFI 2.10, 10.3.1 and 10.3.5.4. */
static EFI_DEVICE_PATH *path_on(EFI_HANDLE device)
{
	static const CHAR16 name[] = L"\\EFI\\BOOT\\BOOTX64.EFI";
	static UINT8 path[1024];
	UINT8 *whole = NULL;
	size_t used = 0;

	bs->HandleProtocol(device, &device_path_guid, (VOID **)&whole);
	while (whole[used] != 0x7f && used + 128 < sizeof(path))
		used += (size_t)(whole[used + 2] | whole[used + 3] << 8);
	memcpy(path, whole, used);
	path[used++] = 4;
	path[used++] = 4;
	path[used++] = 4 + sizeof(name);
	path[used++] = 0;
	memcpy(path + used, name, sizeof(name));
	used += sizeof(name);
	memcpy(path + used, "\x7f\xff\x04\x00", 4);
	return (EFI_DEVICE_PATH *)(void *)path;
}

static void run(const struct loader *loader, EFI_HANDLE device, const char *tree, char *variables, bool has_menu)
{
	EFI_HANDLE handle = NULL;

	tell_start("trees: start ");
	tell(tree);
	tell(" ");
	tell(loader->name);
	tell(has_menu ? " menu" : " plain");
	tell_end();
	variables_forget();
	variables_given(variables);
	if (has_menu)
		variable_set("LoaderConfigTimeoutOneShot", "menu-force");
	if (EFI_ERROR(bs->LoadImage(FALSE, self, path_on(device), loader->data, loader->size, &handle))) {
		say("trees: the loader cannot be loaded");
		return;
	}
	watch(handle);
	screen_tell();
	variables_tell();
	initrd_tell();
	options_tell();
	tell_start("trees: end ");
	tell(how_it_ended());
	tell_end();
}

static void run_on(EFI_HANDLE device)
{
	static size_t next;
	EFI_FILE_HANDLE root = root_of(device);
	char *tree, *variables;
	UINTN size;

	tree = root == NULL ? NULL : read_file(root, L"\\tree.txt", 128, &size);
	if (tree == NULL)
		return;
	variables = read_file(root, L"\\variables.txt", 4096, &size);
	root->Close(root);
	run(&loaders[next % N_LOADERS], device, tree, variables, true);
	run(&loaders[next % N_LOADERS], device, tree, variables, false);
	next++;
}

static bool read_loaders(void)
{
	EFI_LOADED_IMAGE *loaded = NULL;
	EFI_FILE_HANDLE root;

	bs->HandleProtocol(self, &loaded_image_guid, (VOID **)&loaded);
	root = root_of(loaded->DeviceHandle);
	for (size_t i = 0; i < N_LOADERS; i++) {
		loaders[i].data = read_file(root, loaders[i].file, 4 << 20, &loaders[i].size);
		if (loaders[i].data == NULL)
			return false;
	}
	return true;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	EFI_HANDLE *volume = NULL;
	UINTN n = 0;

	st = system;
	bs = system->BootServices;
	self = image;
	if (!read_loaders()) {
		say("trees: no loaders");
		return EFI_NOT_FOUND;
	}
	bs->LocateHandleBuffer(ByProtocol, &file_system_guid, NULL, &n, &volume);
	for (UINTN i = 0; i < n; i++)
		run_on(volume[i]);
	say("trees: done");
	st->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	return EFI_SUCCESS;
}
