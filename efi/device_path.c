/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the loader came from, by firmware's device paths. Source: UEFI 2.10, 10.2 and 10.3; every length is hostile. */
#include "efi_local.h"

#include "../base/mem.h"

#define MOST_NODES 64 /* of a path; one that does not end is firmware's fault */
#define NODE	   4  /* bytes in front of what a node says: type, subtype, and its whole length */

/* 10.3.5: media device paths. */
#define MESSAGING	3 /* 10.3.4 */
#define URI		24
#define MEDIA		4
#define HARD_DRIVE	1
#define CD_ROM		2
#define VENDORS		3
#define FILE_PATH	4
#define FIRMWARE_FILE	6
#define FIRMWARE_VOLUME 7

#define HARD_DRIVE_SIZE 42
#define NUMBER_AT	4
#define START_AT	8
#define BLOCKS_AT	16
#define SIGNATURE_AT	24
#define TABLE_KIND	40 /* of the table that the partition stands in */
#define TABLE_MBR	1
#define TABLE_GPT	2
#define SIGNATURE_KIND	41 /* the byte that says what the signature is */
#define SIGNATURE_MBR	1
#define SIGNATURE_GUID	2

#define CD_ROM_SIZE	24
#define CD_ROM_START_AT 8

struct node {
	const uint8_t *at;
	size_t size;
	unsigned int number; /* of the nodes before it */
};

static struct node first_node(const EFI_DEVICE_PATH *path)
{
	const uint8_t *at = (const uint8_t *)path;

	return (struct node){at, at == NULL ? 0 : (size_t)load_le(at + 2, 2), 0};
}

/* False at the end of the path, and where no node can be. */
static bool is_node(const struct node *node)
{
	return node->size >= NODE && node->number < MOST_NODES && (node->at[0] & 0x7f) != END_DEVICE_PATH_TYPE;
}

static struct node node_behind(const struct node *node)
{
	struct node next = first_node((const EFI_DEVICE_PATH *)(const void *)(node->at + node->size));

	next.number = node->number + 1;
	return next;
}

static bool is_media(const struct node *node, uint8_t subtype)
{
	return node->at[0] == MEDIA && node->at[1] == subtype;
}

/* RFC 9562, 4: the first three fields are little-endian here (UEFI 2.10, appendix A). */
void efi_show_guid(const uint8_t guid[16], char out[EFI_GUID_TEXT])
{
	struct text text = {out, EFI_GUID_TEXT, 0};

	text_add(&text, "%08x-%04x-%04x-", (unsigned int)load_le(guid, 4), (unsigned int)load_le(guid + 4, 2),
		 (unsigned int)load_le(guid + 6, 2));
	for (unsigned int i = 8; i < 16; i++)
		text_add(&text, i == 10 ? "-%02x" : "%02x", (unsigned int)guid[i]);
	for (; *out != '\0'; out++)
		if (*out >= 'a' && *out <= 'f')
			*out = (char)(*out - ('a' - 'A'));
}

/* The node of the partition that a device is: the last counts, for a partition may lie in a file on another. */
static bool find_partition(EFI_HANDLE device, uint8_t signature, const EFI_DEVICE_PATH **out, struct node *found)
{
	EFI_DEVICE_PATH *path = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(device, &efi_device_path_guid, (void **)&path);
	bool is_found = false;

	if (EFI_ERROR(efi_given(status, path)))
		return false;
	for (struct node node = first_node(path); is_node(&node); node = node_behind(&node))
		if (is_media(&node, HARD_DRIVE) && node.size >= HARD_DRIVE_SIZE &&
		    node.at[SIGNATURE_KIND] == signature) {
			*found = node;
			is_found = true;
		}
	*out = path;
	return is_found;
}

/* The bytes of a path without its end. */
static size_t nodes_size(const EFI_DEVICE_PATH *path)
{
	size_t size = 0;

	for (struct node node = first_node(path); is_node(&node); node = node_behind(&node))
		size += node.size;
	return size;
}

/* 10.3.1: the end of a whole path. */
static const uint8_t end_of_path[NODE] = {END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, NODE, 0};

EFI_DEVICE_PATH *efi_disk_path(EFI_HANDLE device, struct gpt_partition *partition)
{
	const EFI_DEVICE_PATH *path;
	struct node node;
	size_t size;
	uint8_t *at;

	partition->in_mbr = false;
	if (!find_partition(device, SIGNATURE_GUID, &path, &node)) {
		partition->in_mbr = true;
		if (!find_partition(device, SIGNATURE_MBR, &path, &node))
			return NULL;
	}
	if (node.at[TABLE_KIND] != (partition->in_mbr ? TABLE_MBR : TABLE_GPT))
		return NULL;
	size = (size_t)(node.at - (const uint8_t *)path);
	at = efi_alloc(size + HARD_DRIVE_SIZE + NODE);
	if (at == NULL)
		return NULL;
	memcpy(at, path, size);
	memcpy(at + size, end_of_path, NODE);
	partition->number = (uint32_t)load_le(node.at + NUMBER_AT, 4);
	partition->start = load_le(node.at + START_AT, 8);
	partition->blocks = load_le(node.at + BLOCKS_AT, 8);
	memcpy(partition->guid, node.at + SIGNATURE_AT, sizeof(partition->guid));
	return (EFI_DEVICE_PATH *)(void *)at;
}

EFI_DEVICE_PATH *efi_disc_path(EFI_HANDLE device, uint64_t *start)
{
	EFI_DEVICE_PATH *path = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(device, &efi_device_path_guid, (void **)&path);
	size_t size = 0;
	uint8_t *at;

	if (EFI_ERROR(efi_given(status, path)))
		return NULL;
	for (struct node node = first_node(path); is_node(&node); node = node_behind(&node))
		if (is_media(&node, CD_ROM) && node.size >= CD_ROM_SIZE) {
			size = (size_t)(node.at - (const uint8_t *)path);
			*start = load_le(node.at + CD_ROM_START_AT, 8);
		}
	at = size == 0 ? NULL : efi_alloc(size + NODE);
	if (at == NULL)
		return NULL;
	memcpy(at, path, size);
	memcpy(at + size, end_of_path, NODE);
	return (EFI_DEVICE_PATH *)(void *)at;
}

bool efi_partition_guid(EFI_HANDLE device, uint8_t guid[16])
{
	const EFI_DEVICE_PATH *path;
	struct node node;

	if (!find_partition(device, SIGNATURE_GUID, &path, &node))
		return false;
	memcpy(guid, node.at + SIGNATURE_AT, 16);
	return true;
}

bool efi_partition_digits(EFI_HANDLE device, uint32_t *digits)
{
	const EFI_DEVICE_PATH *path;
	struct node node;

	if (!find_partition(device, SIGNATURE_GUID, &path, &node) &&
	    !find_partition(device, SIGNATURE_MBR, &path, &node))
		return false;
	*digits = (uint32_t)load_le(node.at + SIGNATURE_AT, 4);
	return true;
}

bool efi_partition(char out[EFI_GUID_TEXT])
{
	uint8_t guid[16];

	if (!efi_partition_guid(efi_device_of(NULL), guid))
		return false;
	efi_show_guid(guid, out);
	return true;
}

/*
 * 10.3.4.23: the node of a URI has it without a NUL, which EDK2 adds all the same (NetworkPkg/HttpBootDxe,
 * HttpBootClient.c); empty where one was asked for and not answered.
 */
static bool copy_url(const struct node *node, char *out, size_t room)
{
	size_t length = node->size - NODE;

	if (length != 0 && node->at[node->size - 1] == '\0')
		length--;
	if (length == 0 || length >= room)
		return false;
	for (size_t i = 0; i < length; i++) {
		out[i] = (char)node->at[NODE + i];
		if (out[i] <= ' ' || out[i] > '~')
			return false;
	}
	out[length] = '\0';
	return true;
}

bool efi_own_url(char *out, size_t room)
{
	EFI_DEVICE_PATH *path = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(efi.loaded->DeviceHandle, &efi_device_path_guid, (void **)&path);

	if (EFI_ERROR(efi_given(status, path)))
		return false;
	for (struct node node = first_node(path); is_node(&node); node = node_behind(&node))
		if (node.at[0] == MESSAGING && node.at[1] == URI && copy_url(&node, out, room))
			return true;
	return false;
}

/* By any of its nodes; systemd-boot looks at the first alone (src/boot/vmm.c, is_direct_boot). */
enum origin efi_origin(EFI_HANDLE device)
{
	/* EDK2, OvmfPkg/Include/Guid/QemuKernelLoaderFsMedia.h. */
	static const uint8_t qemu[16] = {0x72, 0xf7, 0x28, 0x14, 0x4a, 0xb6, 0x1e, 0x44,
					 0xb8, 0xc3, 0x9e, 0xbd, 0xd7, 0xf8, 0x93, 0xc7};
	EFI_DEVICE_PATH *path = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(device, &efi_device_path_guid, (void **)&path);
	enum origin origin = ORIGIN_OTHER;

	if (EFI_ERROR(efi_given(status, path)))
		return origin;
	for (struct node node = first_node(path); is_node(&node); node = node_behind(&node)) {
		if (is_media(&node, FIRMWARE_FILE) || is_media(&node, FIRMWARE_VOLUME) ||
		    (is_media(&node, VENDORS) && node.size >= NODE + sizeof(qemu) &&
		     memcmp(node.at + NODE, qemu, sizeof(qemu)) == 0))
			return ORIGIN_FIRMWARE;
		if (is_media(&node, HARD_DRIVE))
			origin = ORIGIN_PARTITION;
	}
	return origin;
}

bool efi_is_below(EFI_HANDLE device, struct bytes nodes)
{
	EFI_DEVICE_PATH *path = NULL;
	EFI_STATUS status;

	if (nodes.size == 0)
		return true;
	status = efi.boot->HandleProtocol(device, &efi_device_path_guid, (void **)&path);
	return !EFI_ERROR(efi_given(status, path)) && nodes_size(path) >= nodes.size &&
	       memcmp(path, nodes.at, nodes.size) == 0;
}

/* 10.3.4: messaging device paths, by their subtype. */
const char *efi_disk_kind(EFI_HANDLE device)
{
	static const struct {
		uint8_t subtype;
		const char *words;
	} row[] = {{2, "SCSI "}, {5, "USB "}, {16, "USB "}, {18, "SATA "}, {23, "NVMe "}, {26, "SD "}, {29, "eMMC "}};
	EFI_DEVICE_PATH *path = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(device, &efi_device_path_guid, (void **)&path);
	const char *words = "";

	if (EFI_ERROR(efi_given(status, path)))
		return words;
	for (struct node node = first_node(path); is_node(&node); node = node_behind(&node))
		for (size_t i = 0; node.at[0] == MESSAGING && i < sizeof(row) / sizeof(row[0]); i++)
			if (node.at[1] == row[i].subtype)
				words = row[i].words;
	return words;
}

void efi_add_partition(EFI_DEVICE_PATH *disk, const struct gpt_partition *partition)
{
	uint8_t *at = (uint8_t *)disk + nodes_size(disk);

	at[0] = MEDIA;
	at[1] = HARD_DRIVE;
	store_le(at + 2, 2, HARD_DRIVE_SIZE);
	store_le(at + NUMBER_AT, 4, partition->number);
	store_le(at + START_AT, 8, partition->start);
	store_le(at + BLOCKS_AT, 8, partition->blocks);
	memcpy(at + SIGNATURE_AT, partition->guid, sizeof(partition->guid));
	at[TABLE_KIND] = partition->in_mbr ? TABLE_MBR : TABLE_GPT;
	at[SIGNATURE_KIND] = partition->in_mbr ? SIGNATURE_MBR : SIGNATURE_GUID;
	memcpy(at + HARD_DRIVE_SIZE, end_of_path, NODE);
}

void efi_number_partition(EFI_DEVICE_PATH *path, uint32_t number)
{
	store_le((uint8_t *)path + nodes_size(path) - HARD_DRIVE_SIZE + NUMBER_AT, 4, number);
}

EFI_HANDLE efi_handle_at(const EFI_DEVICE_PATH *path, EFI_GUID *protocol)
{
	EFI_DEVICE_PATH *rest = (EFI_DEVICE_PATH *)(uintptr_t)path;
	EFI_HANDLE handle = NULL;
	EFI_STATUS status = efi.boot->LocateDevicePath(protocol, &rest, &handle);

	/* UEFI 2.10, 7.3.13: finds the nearest handle, and *rest is the part of the path behind it. */
	if (EFI_ERROR(efi_given(status, handle)) || (rest->Type & 0x7f) != END_DEVICE_PATH_TYPE)
		return NULL;
	return handle;
}

/* Appends what a node has, behind one backslash; false when it does not fit. */
static bool add_name(struct text *path, const struct node *node)
{
	CHAR16 wide[MAX_PATH_TEXT];
	char name[MAX_PATH_TEXT], *from = name;
	size_t units = 0;

	for (; units < MAX_PATH_TEXT && NODE + 2 * units + 2 <= node->size; units++)
		wide[units] = (CHAR16)load_le(node->at + NODE + 2 * units, 2);
	if (!utf8_from_utf16(name, sizeof(name), wide, units))
		return false;
	for (size_t i = 0; name[i] != '\0'; i++)
		if (name[i] == '/')
			name[i] = '\\';
	while (*from == '\\')
		from++;
	if (*from != '\0' && path->used != 0 && path->at[path->used - 1] == '\\')
		text_add(path, "%s", from);
	else if (*from != '\0')
		text_add(path, "\\%s", from);
	return !text_cut(path);
}

bool efi_own_path(char *out, size_t room)
{
	struct text path = {out, room, 0};

	if (efi.home != NULL)
		return false;
	for (struct node node = first_node(efi.loaded->FilePath); is_node(&node); node = node_behind(&node))
		if (!is_media(&node, FILE_PATH) || !add_name(&path, &node))
			return false;
	return path.used != 0;
}

EFI_DEVICE_PATH *efi_url_path(const char *url)
{
	size_t size = word_of(url).length;
	uint8_t *at = efi_alloc(NODE + size + NODE);

	if (at == NULL)
		return NULL;
	at[0] = MESSAGING;
	at[1] = URI;
	store_le(at + 2, 2, NODE + size);
	memcpy(at + NODE, url, size);
	memcpy(at + NODE + size, end_of_path, NODE);
	return (EFI_DEVICE_PATH *)(void *)at;
}

EFI_DEVICE_PATH *efi_path_copy(EFI_HANDLE handle)
{
	EFI_DEVICE_PATH *path = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(handle, &efi_device_path_guid, (void **)&path);
	size_t size;
	uint8_t *at;

	if (EFI_ERROR(efi_given(status, path)))
		return NULL;
	size = nodes_size(path);
	at = efi_alloc(size + NODE);
	if (at == NULL)
		return NULL;
	memcpy(at, path, size);
	memcpy(at + size, end_of_path, NODE);
	return (EFI_DEVICE_PATH *)(void *)at;
}

enum status efi_file_path(EFI_HANDLE handle, const char *path, EFI_DEVICE_PATH **out, struct fail *why)
{
	CHAR16 wide[MAX_PATH_TEXT];
	EFI_DEVICE_PATH *device = NULL;
	EFI_STATUS status = efi.boot->HandleProtocol(handle, &efi_device_path_guid, (void **)&device);
	size_t before, name = sizeof(*wide);
	uint8_t *at;

	status = efi_given(status, device);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "%s: firmware does not tell which device it is on: %s", path,
			    efi_status_words(status));
	if (!utf16_from_utf8(wide, MAX_PATH_TEXT, path))
		return fail(why, BAD_INPUT, "%s: the path is too long", path);
	for (size_t i = 0; wide[i] != 0; i++)
		name += sizeof(*wide);
	before = nodes_size(device);
	at = efi_alloc(before + NODE + name + NODE);
	if (at == NULL)
		return fail(why, IO_ERROR, "%s: no memory for its path", path);
	memcpy(at, device, before);
	at[before] = MEDIA;
	at[before + 1] = FILE_PATH;
	store_le(at + before + 2, 2, NODE + name);
	memcpy(at + before + NODE, wide, name);
	memcpy(at + before + NODE + name, end_of_path, NODE);
	*out = (EFI_DEVICE_PATH *)(void *)at;
	return OK;
}
