/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk, the partition on it that the loader came from, its XBOOTLDR partition, and an ESP on another disk, as far as
 * firmware has connected them. Sources: UEFI 2.10, 7.3 (handles), 10.3 (their paths), 13.9 (EFI_BLOCK_IO_PROTOCOL).
 */
#include "local.h"

#include "../unit/gpt_disk.h"

#include <efipciio.h>

#define ROOT 12 /* bytes of the path to a disk: ACPI, the root of PCI */
#define HARD 42

/* 10.3.3 and 10.3.5.1. */
#define AT_DISK(n)	 2, 1, 12, 0, 0xd0, 0x41, 3, 0x0a, n, 0, 0, 0
#define END		 0x7f, 0xff, 4, 0
#define FOUR_TIMES(byte) byte, byte, byte, byte

static const uint8_t disk_path[] = {AT_DISK(0), END};
/* The first partition. */
static const uint8_t own_path[] = {AT_DISK(0), 4,    1,	   HARD, 0,    1,    0,	   0,	 0,    40,   0,
				   0,	       0,    0,	   0,	 0,    0,    10,   0,	 0,    0,    0,
				   0,	       0,    0,	   0x0a, 0xb1, 0xc2, 0xd3, 0xe4, 0xf5, 0x16, 0x27,
				   0x38,       0x49, 0x5a, 0x6b, 0x7c, 0x8d, 0x9e, 0xaf, 2,    2,    END};
static const uint8_t xbootldr_path[] = {AT_DISK(0),
					4,
					1,
					HARD,
					0,
					6,
					0,
					0,
					0,
					60,
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					1,
					0,
					0,
					0,
					0,
					0,
					0,
					0,
					FOUR_TIMES(UEFI_XBOOTLDR_GUID),
					FOUR_TIMES(UEFI_XBOOTLDR_GUID),
					FOUR_TIMES(UEFI_XBOOTLDR_GUID),
					FOUR_TIMES(UEFI_XBOOTLDR_GUID),
					2,
					2,
					END};

/* Behind an NVMe controller. */
static const uint8_t other_disk_path[] = {AT_DISK(1), 3, 23, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, END};
static const uint8_t other_path[] = {AT_DISK(1),
				     3,
				     23,
				     16,
				     0,
				     1,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     4,
				     1,
				     HARD,
				     0,
				     1,
				     0,
				     0,
				     0,
				     40,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     10,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0,
				     0xc4,
				     0xb3,
				     0xa2,
				     0xf1,
				     FOUR_TIMES(4),
				     FOUR_TIMES(4),
				     FOUR_TIMES(4),
				     2,
				     2,
				     END};

/* 10.3.5.3, with the GUID of OvmfPkg's QemuKernelLoaderFsMedia.h; 10.3.5.7, of any volume; 10.3.4.11. */
static const uint8_t qemu_path[] = {4,	  3,	20,   0,    0x72, 0xf7, 0x28, 0x14, 0x4a, 0xb6, 0x1e,
				    0x44, 0xb8, 0xc3, 0x9e, 0xbd, 0xd7, 0xf8, 0x93, 0xc7, END};
static const uint8_t firmware_path[] = {4, 7, 20, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, END};
static const uint8_t network_path[] = {AT_DISK(3), END};
static const uint8_t controller_path[] = {AT_DISK(1), END};

static struct device {
	const uint8_t *path;
	size_t size; /* of it, without its end */
	const char *prefix;
	bool is_there, has_files, is_held, fetches;
	EFI_FILE_IO_INTERFACE volume;
} disk = {.path = disk_path, .size = ROOT}, own = {.path = own_path, .size = ROOT + HARD, .prefix = ""},
  xbootldr = {.path = xbootldr_path, .size = ROOT + HARD, .prefix = UEFI_XBOOTLDR},
  other_disk = {.path = other_disk_path, .size = ROOT + 16},
  qemu = {.path = qemu_path, .size = 20, .prefix = UEFI_QEMU},
  firmware = {.path = firmware_path, .size = 20, .prefix = UEFI_QEMU},
  network = {.path = network_path, .size = ROOT, .prefix = UEFI_NETWORK},
  controller = {.path = controller_path, .size = ROOT},
  other = {.path = other_path, .size = ROOT + 16 + HARD, .prefix = UEFI_OTHER};

static struct device *const device[] = {&disk, &own,	  &xbootldr, &other_disk, &other,
					&qemu, &firmware, &network,  &controller};
#define DEVICES (sizeof(device) / sizeof(device[0]))

EFI_HANDLE uefi_own_device = &own;
const uint8_t *const uefi_own_guid = own_path + ROOT + 24;

EFI_HANDLE uefi_from_device(void)
{
	static struct device *const from[] = {&own, &qemu, &firmware, &network, NULL};

	return from[uefi.from];
}

static struct device *device_of(EFI_HANDLE handle)
{
	for (size_t i = 0; i < DEVICES; i++)
		if (handle == device[i] && device[i]->is_there)
			return device[i];
	return NULL;
}

const char *uefi_prefix(EFI_HANDLE volume)
{
	return device_of(volume)->prefix;
}

static EFI_STATUS EFIAPI open_volume(EFI_FILE_IO_INTERFACE *this, EFI_FILE_HANDLE *root)
{
	for (size_t i = 0; i < DEVICES; i++)
		if (this == &device[i]->volume && device[i]->has_files) {
			uefi_report.other_volumes += device[i] == &other;
			return uefi_open_root(device[i]->prefix, root);
		}
	uefi_die("a volume was opened that is not there");
}

/* ---- blocks ---- */

static EFI_STATUS EFIAPI read_blocks(struct _EFI_BLOCK_IO_PROTOCOL *this, UINT32 media, EFI_LBA at, UINTN size,
				     VOID *to)
{
	const struct gpt_disk *from = uefi.disk;
	EFI_STATUS status;

	if (media != this->Media->MediaId || size == 0 || size % from->block != 0 || (uintptr_t)to % 4096 != 0 ||
	    at > this->Media->LastBlock || size / from->block - 1 > this->Media->LastBlock - at)
		uefi_die("blocks are read that are none");
	if (uefi_call(CALL_ReadBlocks, &status))
		return status;
	uefi_report.blocks += (unsigned int)(size / from->block);
	memcpy(to, from->bytes + at * from->block, size);
	return EFI_SUCCESS;
}

static EFI_BLOCK_IO_MEDIA media;
static EFI_BLOCK_IO blocks = {.Media = &media, .ReadBlocks = read_blocks};
static EFI_BLOCK_IO_MEDIA other_media = {.MediaPresent = TRUE, .BlockSize = 512},
			  part_media = {.MediaPresent = TRUE, .BlockSize = 512, .LogicalPartition = TRUE};

/* The first block of another disk, or of a partition, which says nothing but that it is encrypted. */
static EFI_STATUS EFIAPI read_first_block(struct _EFI_BLOCK_IO_PROTOCOL *this, UINT32 id, EFI_LBA at, UINTN size,
					  VOID *to)
{
	EFI_STATUS status;

	if (id != this->Media->MediaId || at != 0 || size != 512 || (uintptr_t)to % 4096 != 0)
		uefi_die("blocks are read that are none");
	if (uefi_call(CALL_ReadBlocks, &status))
		return status;
	memset(to, 0, size);
	if (this->Media->LogicalPartition && uefi.bitlocker)
		memcpy((uint8_t *)to + 3, "-FVE-FS-", 8);
	return EFI_SUCCESS;
}

static EFI_BLOCK_IO other_blocks = {.Media = &other_media, .ReadBlocks = read_first_block},
		    part_blocks = {.Media = &part_media, .ReadBlocks = read_first_block};

/* 14.4: of the configuration, three bytes that tell what the device is. */
static EFI_STATUS EFIAPI pci_read(struct _EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width, UINT32 offset,
				  UINTN count, VOID *to)
{
	uint32_t class = uefi.other_class != 0 ? uefi.other_class : 0x010802;
	EFI_STATUS status;

	(void)this;
	if (width != EfiPciIoWidthUint8 || offset != 9 || count != 3)
		uefi_die("another part of a configuration than the class is read");
	if (uefi_call(CALL_PciRead, &status))
		return status;
	memcpy(to, &class, 3);
	return EFI_SUCCESS;
}

static EFI_PCI_IO_PROTOCOL pci = {.Pci.Read = pci_read};

/* ---- handles ---- */

static const EFI_GUID esp_guid = {0xc12a7328, 0xf81f, 0x11d2, {0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};

static void *protocol_of(struct device *device, const EFI_GUID *guid)
{
	if (uefi_is_guid(guid, (EFI_GUID)SIMPLE_FILE_SYSTEM_PROTOCOL) && device->has_files)
		return &device->volume;
	if (uefi_is_guid(guid, (EFI_GUID)DEVICE_PATH_PROTOCOL) && !uefi.no_origin)
		return (VOID *)(uintptr_t)(device == &own && uefi.own_path != NULL ? uefi.own_path : device->path);
	if (uefi_is_guid(guid, (EFI_GUID)BLOCK_IO_PROTOCOL) && uefi.disk != NULL && device != &controller)
		return device == &disk ? &blocks : device == &other_disk ? &other_blocks : &part_blocks;
	if (uefi_is_guid(guid, (EFI_GUID)LOAD_FILE_PROTOCOL) && device->fetches)
		return uefi_load_file();
	if (uefi_is_guid(guid, (EFI_GUID)EFI_PCI_IO_PROTOCOL_GUID) && device == &controller)
		return &pci;
	/* 5.3.3: the partition's type; the loader asks only whether it is there. */
	if (uefi_is_guid(guid, esp_guid) && ((device == &own && !uefi.no_system) || device == &other))
		return &disk;
	return NULL;
}

void *uefi_device_protocol(EFI_HANDLE handle, const EFI_GUID *guid)
{
	struct device *device = device_of(handle);

	return device == NULL ? NULL : protocol_of(device, guid);
}

bool uefi_lists(const EFI_GUID *guid)
{
	return guid == NULL || uefi_is_guid(guid, esp_guid) || uefi_is_guid(guid, (EFI_GUID)LOAD_FILE_PROTOCOL) ||
	       uefi_is_guid(guid, (EFI_GUID)BLOCK_IO_PROTOCOL) ||
	       uefi_is_guid(guid, (EFI_GUID)EFI_PCI_IO_PROTOCOL_GUID) ||
	       uefi_is_guid(guid, (EFI_GUID)SIMPLE_FILE_SYSTEM_PROTOCOL);
}

EFI_STATUS uefi_devices_with(const EFI_GUID *guid, UINTN *n, EFI_HANDLE **to)
{
	*to = malloc(sizeof(device));
	uefi_keep_pool(*to);
	*n = 0;
	for (size_t i = 0; i < DEVICES; i++)
		if (device[i]->is_there && (guid == NULL || protocol_of(device[i], guid) != NULL))
			(*to)[(*n)++] = device[i];
	return EFI_SUCCESS;
}

EFI_HANDLE uefi_nearest(const EFI_GUID *guid, const uint8_t *path, size_t *size)
{
	EFI_HANDLE found = NULL;

	*size = 0;
	for (size_t i = 0; i < DEVICES; i++)
		if (device[i]->is_there && protocol_of(device[i], guid) != NULL && device[i]->size > *size &&
		    memcmp(device[i]->path, path, device[i]->size) == 0) {
			found = device[i];
			*size = device[i]->size;
		}
	return found;
}

/* ---- drivers: 7.3.12 and 7.3.13 ---- */

static void connect_partition(void)
{
	bool is_known =
	    uefi.connected == CONNECTED_BY_DRIVER ? uefi_report.drivers != 0 : uefi.connected != CONNECTED_NEVER;

	xbootldr.is_there = true;
	xbootldr.has_files = is_known && !xbootldr.is_held;
}

static EFI_STATUS EFIAPI connect_controller(EFI_HANDLE handle, EFI_HANDLE *drivers, EFI_DEVICE_PATH *rest,
					    BOOLEAN recursive)
{
	EFI_STATUS status;

	if (device_of(handle) == NULL || drivers != NULL || rest != NULL || !recursive)
		uefi_die("something else is connected than all that is on a handle");
	uefi_report.connects++;
	if (uefi_call(CALL_ConnectController, &status))
		return status;
	if (handle == &disk || handle == &xbootldr)
		connect_partition();
	if (handle == &network)
		network.fetches = uefi.network != NETWORK_NONE;
	if (handle == &controller)
		other_disk.is_there = true;
	if (handle == &other_disk || handle == &controller)
		other.is_there = other.has_files = true;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI disconnect_controller(EFI_HANDLE handle, EFI_HANDLE driver, EFI_HANDLE child)
{
	EFI_STATUS status;

	if (handle != &xbootldr || !xbootldr.is_there || (xbootldr.has_files && sim.fail_call == 0) || driver != NULL ||
	    child != NULL)
		uefi_die("something is disconnected that works");
	if (uefi_call(CALL_DisconnectController, &status))
		return status;
	xbootldr.is_held = xbootldr.has_files = false;
	return EFI_SUCCESS;
}

/* 10.3.5.1: the signature of the disk instead of a GUID, and both kinds are 1. */
static const uint8_t *mbr_path(const uint8_t *path, size_t size, uint8_t number, uint8_t *to)
{
	uint8_t *node = to + size - HARD - 4;

	memcpy(to, path, size);
	node[4] = number;
	memset(node + 24, 0, 16);
	store_le(node + 24, 4, UEFI_MBR_SIGNATURE);
	node[40] = node[41] = 1;
	return to;
}

void uefi_devices_set_up(EFI_BOOT_SERVICES *services)
{
	static uint8_t mbr[3][sizeof(other_path)];

	own.path = uefi.mbr != 0 ? mbr_path(own_path, sizeof(own_path), 1, mbr[0]) : own_path;
	xbootldr.path =
	    uefi.mbr != 0 ? mbr_path(xbootldr_path, sizeof(xbootldr_path), uefi.mbr, mbr[1]) : xbootldr_path;
	other.path = uefi.other_mbr ? mbr_path(other_path, sizeof(other_path), 1, mbr[2]) : other_path;
	part_media.MediaPresent = !uefi.no_medium;
	media = (EFI_BLOCK_IO_MEDIA){.MediaPresent = TRUE, .LastBlock = GPT_DISK_BLOCKS - 1};
	if (uefi.media != NULL)
		media = *(const EFI_BLOCK_IO_MEDIA *)uefi.media;
	else
		media.BlockSize = uefi.disk == NULL ? 0 : (UINT32)uefi.disk->block;
	media.MediaId = 7;
	disk.is_there = uefi.disk != NULL;
	own.is_there = own.has_files = true;
	xbootldr.is_there = uefi.disk != NULL && uefi.connected != CONNECTED_NOT;
	xbootldr.has_files = xbootldr.is_there && uefi.connected == CONNECTED;
	qemu.is_there = qemu.has_files = uefi.from == FROM_QEMU;
	firmware.is_there = firmware.has_files = uefi.from == FROM_FIRMWARE;
	network.is_there = uefi.from == FROM_NETWORK || uefi.network != NETWORK_NONE;
	network.fetches = uefi.network == NETWORK_CONNECTED;
	network.path = uefi_network_path(network_path, ROOT);
	controller.is_there = uefi.other == OTHER_CONTROLLER;
	other_disk.is_there = uefi.other == OTHER_CONNECTED || uefi.other == OTHER_DISK;
	other.is_there = other.has_files = uefi.other == OTHER_CONNECTED;
	xbootldr.is_held = uefi.connected == CONNECTED_WRONG || uefi.connected == CONNECTED_BY_DRIVER;
	for (size_t i = 0; i < DEVICES; i++)
		device[i]->volume.OpenVolume = open_volume;
	services->ConnectController = connect_controller;
	services->DisconnectController = disconnect_controller;
}
