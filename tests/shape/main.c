/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts a loader in a firmware that misbehaves on demand, so that real firmware shows the rare cases of real
 * machines. It reads \shape.txt, a line a command, bends the services that the loader will call, starts \berth.efi
 * from memory, and tells on the console and on port 0xe9 what happened.
 *
 *	exit-fails N       the first N calls of ExitBootServices answer EFI_INVALID_PARAMETER
 *	claims-fail N      the first N AllocatePages(AllocateAddress) answer EFI_NOT_FOUND
 *	high-reads wrong   Read to above 4 GiB delivers other bytes and EFI_SUCCESS
 *	high-reads fail    Read to above 4 GiB answers EFI_DEVICE_ERROR, and the handle answers so ever after
 *	large-reads fail   Read of more than 1 MiB does the same
 *	small-reads fail   Read of more than 2 KiB does the same
 *	fragments N        N reserved pages with free pages between them, from 512 MiB on
 *	map FILE           memory that firmware has free becomes what the file says: lines START-END TYPE [ATTRIBUTE]
 *	descriptors of N   the loader is told memory descriptors of N bytes
 *	descriptors shuffled, overlapping
 *	                   out of order; some memory told twice, free and reserved
 *	fault KIND SERVICE K [STATUS]
 *	                   the K-th call of a service: `once` and `always` (from then on) answer the status, `null`
 *	                   answers EFI_SUCCESS and NULL, `late` takes more than a second
 *	sweep KIND [STATUS] enter|refuse [SERVICE]
 *	                   starts the loader again and again, with every call failing in turn; `refuse`: the last
 *	                   memory map is refused as well
 *	alternate          of sweeps: `enter` takes every other call, and `refuse` those between
 *	way-back ADDR      of sweeps: where a stand-in kernel with the same probe.back= returns to (hexadecimal)
 *	keys TEXT          of sweeps: what is typed, d for Down, e for Enter, . for a second without a key; then Esc
 *	keyboard ready     WaitForEvent says that there is a key, whether there is one or not
 *	paths fail         LoadImage finds no file by its path
 *	images none        LoadImage answers EFI_SUCCESS, and gives no image
 *	tpm WORD           for the loader, the TPM `fails` at each event and for its log, answers `half` (success, and
 *	                   does nothing), is `slow` (a second for each event), or is `absent` by what it says of itself
 *	exchange N FILE    from the loader's N-th read of this file on, counted from 0, one bit of each is another
 *	la57               five-level paging is on when the loader starts
 *	option TEXT        the load option string
 *	leaks              after the loader returned: compares its pages with those before, and counts open files
 *	code               counts the pages of the loader's image that can be written to and run: when it is loaded,
 *	                   when it leaves boot services, when it returns
 *	ramdisk ADDR SIZE  the disk image at this address (hexadecimal, from QEMU's loader device) is the volume
 *	file PATH          firmware loads this file of the volume by its path, as a boot option's, not \berth.efi
 *	meter              marks the loader's LoadImage and its start, and its time in Read, variables, LoadImage, and
 *	                   waiting, on port 0xe9; with LoadImage's, what was read from the disk in memory
 *	pass               instead of starting the loader: marks the time of one pass of large reads, and ends QEMU
 */
#include "shape.h"

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

EFI_SYSTEM_TABLE *st;
EFI_BOOT_SERVICES *bs;
EFI_HANDLE self;

static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
static EFI_GUID device_path_guid = DEVICE_PATH_PROTOCOL;
static EFI_HANDLE device; /* the volume that the loader comes from */
static VOID *loader_file;
static UINTN loader_size;

EFI_FILE_IO_INTERFACE *volume_of(EFI_HANDLE handle)
{
	EFI_FILE_IO_INTERFACE *volume = NULL;

	bs->HandleProtocol(handle, &file_system_guid, (VOID **)&volume);
	return volume;
}

VOID *read_all(EFI_FILE_HANDLE root, CHAR16 *name, UINTN room, UINTN *size)
{
	EFI_FILE_HANDLE file;
	VOID *buffer = NULL;

	if (EFI_ERROR(root->Open(root, &file, name, EFI_FILE_MODE_READ, 0)))
		return NULL;
	*size = room;
	if (EFI_ERROR(bs->AllocatePool(EfiBootServicesData, room, &buffer)) ||
	    EFI_ERROR(file->Read(file, size, buffer)))
		buffer = NULL;
	file->Close(file);
	return buffer;
}

static UINTN length_of(const EFI_DEVICE_PATH *node)
{
	return (UINTN)(node->Length[0] | node->Length[1] << 8);
}

/* The path of the wished file on the volume (UEFI 2.10, 10.3.5.4); NULL: none is wished, or there is no memory. */
static EFI_DEVICE_PATH *wished_path(void)
{
	EFI_DEVICE_PATH *of_device, *node;
	UINTN before = 0, size = 4 + wish.file_size;
	UINT8 *path = NULL;

	if (wish.file_size == 0 || EFI_ERROR(bs->HandleProtocol(device, &device_path_guid, (VOID **)&of_device)))
		return NULL;
	for (node = of_device; node->Type != 0x7f; node = (EFI_DEVICE_PATH *)((UINT8 *)node + length_of(node)))
		before += length_of(node);
	if (EFI_ERROR(bs->AllocatePool(EfiBootServicesData, before + size + 4, (VOID **)&path)))
		return NULL;
	memcpy(path, of_device, before);
	memcpy(path + before, (UINT8[]){4, 4, (UINT8)size, (UINT8)(size >> 8)}, 4);
	memcpy(path + before + 4, wish.file, wish.file_size);
	memcpy(path + before + size, (UINT8[]){0x7f, 0xff, 4, 0}, 4);
	return (EFI_DEVICE_PATH *)path;
}

EFI_STATUS load(EFI_HANDLE *loader)
{
	EFI_DEVICE_PATH *path = wished_path();
	EFI_LOADED_IMAGE *loaded;
	EFI_STATUS status;

	if (wish.meter)
		mark('L', now());
	if (path == NULL)
		status = bs->LoadImage(FALSE, self, NULL, loader_file, loader_size, loader);
	else
		status = bs->LoadImage(FALSE, self, path, NULL, 0, loader);
	if (EFI_ERROR(status))
		return status;
	bs->HandleProtocol(*loader, &loaded_image_guid, (VOID **)&loaded);
	loaded->DeviceHandle = device;
	loaded->LoadOptions = wish.option;
	loaded->LoadOptionsSize = (UINT32)wish.option_size;
	watch(loaded);
	return EFI_SUCCESS;
}

EFI_STATUS start(EFI_HANDLE loader)
{
	EFI_STATUS status;

	bend(volume_of(device));
	if (wish.meter)
		mark('S', now());
	status = bs->StartImage(loader, NULL, NULL);
	unbend(volume_of(device));
	return status;
}

static bool read_files(void)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_FILE_HANDLE root;

	bs->HandleProtocol(self, &loaded_image_guid, (VOID **)&loaded);
	device = loaded->DeviceHandle;
	volume_of(device)->OpenVolume(volume_of(device), &root);
	read_wishes(root);
	loader_file = read_all(root, L"\\berth.efi", 4 << 20, &loader_size);
	root->Close(root);
	if (loader_file == NULL)
		say("shape: no \\berth.efi");
	return loader_file != NULL;
}

static void time_one_pass(void)
{
	EFI_FILE_HANDLE root;

	volume_of(device)->OpenVolume(volume_of(device), &root);
	read_pass(root);
	__asm__ volatile("outb %0, $0xf4" : : "a"((UINT8)0));
}

/* After the loader is loaded: firmware gave it memory while it still had some to give. */
static void shape_memory(void)
{
	EFI_LOADED_IMAGE *own;
	EFI_FILE_HANDLE root;

	make_fragments(wish.fragments);
	bs->HandleProtocol(self, &loaded_image_guid, (VOID **)&own);
	volume_of(own->DeviceHandle)->OpenVolume(volume_of(own->DeviceHandle), &root);
	if (!make_map(root))
		say("shape: the map cannot be read");
	root->Close(root);
}

static EFI_STATUS start_once(void)
{
	EFI_HANDLE loader = NULL;
	UINT64 before = loader_pages(), with_image;
	EFI_STATUS status = load(&loader);

	with_image = loader_pages();
	shape_memory();
	before += loader_pages() - with_image;
	faults_start(&wish.fault);
	if (!EFI_ERROR(status))
		status = start(loader);
	say_number("the loader returned ", status & 0xffff);
	tell_code("when it is back ");
	if (wish.leaks) {
		say_number("files that it opened ", opened_files);
		say_number("files left open ", open_files);
		say_number("pages left ", loader_pages() - before);
	}
	return EFI_SUCCESS;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	st = system;
	bs = system->BootServices;
	self = image;
	if (!read_files())
		return EFI_NOT_FOUND;
	if (wish.ramdisk_size != 0)
		device = make_ramdisk();
	if (device == NULL || volume_of(device) == NULL) {
		say("shape: no volume on the disk in memory");
		return EFI_NOT_FOUND;
	}
	if (wish.la57)
		say(turn_la57_on() ? "shape: five-level paging is on" : "shape: no five-level paging");
	if (wish.pass)
		time_one_pass();
	if (wish.n_sweeps != 0) {
		sweep_all();
		return EFI_SUCCESS;
	}
	return start_once();
}
