/* SPDX-License-Identifier: BSD-2-Clause */
#include "one_file.h"

static EFI_GUID const volume_guid = SIMPLE_FILE_SYSTEM_PROTOCOL, info_guid = EFI_FILE_INFO_ID;

static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services;
static EFI_LOADED_IMAGE image;
static EFI_FILE_IO_INTERFACE volume;
static EFI_FILE root, file;
static int device;

struct one_file one_file;

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN size, VOID **to)
{
	assert_int_equal(type, EfiLoaderData);
	if (++one_file.pool_calls == one_file.no_pool)
		return EFI_OUT_OF_RESOURCES;
	one_file.pools++;
	one_file.pool_size = size;
	*to = malloc(size);
	memset(*to, 0xcd, size);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI free_pool(VOID *pool)
{
	assert_non_null(pool);
	one_file.pools--;
	free(pool);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, VOID **to)
{
	assert_ptr_equal(handle, &device);
	assert_memory_equal(guid, &volume_guid, sizeof(*guid));
	if (one_file.protocol == EFI_SUCCESS)
		*to = one_file.no_protocol ? NULL : &volume;
	return one_file.protocol;
}

static EFI_STATUS EFIAPI open_volume(EFI_FILE_IO_INTERFACE *this, EFI_FILE_HANDLE *to)
{
	assert_ptr_equal(this, &volume);
	one_file.volumes++;
	*to = one_file.open_volume != EFI_SUCCESS || !one_file.no_root ? &root
								       : NULL; /* after an error it means nothing */
	one_file.roots_open += one_file.open_volume == EFI_SUCCESS && !one_file.no_root;
	return one_file.open_volume;
}

static EFI_STATUS EFIAPI open_file(EFI_FILE_HANDLE this, EFI_FILE_HANDLE *to, CHAR16 *name, UINT64 mode,
				   UINT64 attributes)
{
	size_t i = 0;

	assert_ptr_equal(this, &root);
	assert_int_equal(mode & ~EFI_FILE_MODE_CREATE,
			 one_file.writes ? EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE : EFI_FILE_MODE_READ);
	assert_int_equal(attributes, 0);
	one_file.opens++;
	one_file.made += (mode & EFI_FILE_MODE_CREATE) != 0;
	if (one_file.missing && one_file.made == 0)
		return EFI_NOT_FOUND;
	do
		one_file.opened[i] = name[i];
	while (name[i++] != 0);
	if (one_file.open == EFI_SUCCESS && !one_file.no_handle) {
		*to = &file;
		one_file.files_open++;
	}
	return one_file.open;
}

static EFI_STATUS EFIAPI close_file(EFI_FILE_HANDLE this)
{
	assert_true(this == &file || this == &root);
	*(this == &file ? &one_file.files_open : &one_file.roots_open) -= 1;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_info(EFI_FILE_HANDLE this, EFI_GUID *guid, UINTN *size, VOID *to)
{
	EFI_FILE_INFO *info = to;

	assert_ptr_equal(this, &file);
	assert_memory_equal(guid, &info_guid, sizeof(*guid));
	assert_true(*size >= FILE_INFO_SIZE + 256 * sizeof(CHAR16)); /* the longest name of FAT */
	if (++one_file.infos == one_file.no_info)
		return EFI_DEVICE_ERROR;
	if (one_file.info != EFI_SUCCESS || one_file.tells_nothing)
		return one_file.info;
	info->CreateTime.Year = info->LastAccessTime.Year = info->ModificationTime.Year = 2026;
	info->Size = FILE_INFO_SIZE + 2;
	info->FileSize = one_file.size;
	info->Attribute = one_file.attribute;
	*size = one_file.info_says != 0 ? one_file.info_says : info->Size;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI set_info(EFI_FILE_HANDLE this, EFI_GUID *guid, UINTN size, VOID *from)
{
	const EFI_FILE_INFO *info = from;

	assert_ptr_equal(this, &file);
	assert_memory_equal(guid, &info_guid, sizeof(*guid));
	assert_true(size == info->Size && size <= FILE_INFO_SIZE + sizeof(one_file.renamed));
	/* 13.5: zeros leave the times as they are. */
	assert_int_equal(info->CreateTime.Year + info->LastAccessTime.Year + info->ModificationTime.Year, 0);
	memcpy(one_file.renamed, info->FileName, size - FILE_INFO_SIZE);
	one_file.cut_to = info->FileSize;
	one_file.sets++;
	return one_file.set;
}

static EFI_STATUS EFIAPI flush(EFI_FILE_HANDLE this)
{
	assert_ptr_equal(this, &file);
	one_file.flushes++;
	return one_file.flush;
}

static EFI_STATUS EFIAPI write_file(EFI_FILE_HANDLE this, UINTN *size, VOID *from)
{
	assert_ptr_equal(this, &file);
	assert_memory_equal(from, "bytes", *size);
	one_file.writes_made++;
	*size = one_file.write_says != 0 ? one_file.write_says : *size;
	return one_file.write;
}

static EFI_STATUS EFIAPI set_position(EFI_FILE_HANDLE this, UINT64 at)
{
	assert_ptr_equal(this, &file);
	one_file.at = at;
	return one_file.position;
}

static EFI_STATUS read_folder(UINTN *size, EFI_FILE_INFO *to)
{
	const struct in_folder *one;
	size_t length = 0;

	assert_true(*size >= FILE_INFO_SIZE + 256 * sizeof(CHAR16));
	if (!one_file.never_ends && one_file.next >= one_file.n) {
		*size = 0;
		return EFI_SUCCESS;
	}
	one = &one_file.folder[one_file.next++ % one_file.n];
	if (one->status != EFI_SUCCESS)
		return one->status;
	while (one->name[length] != 0)
		length++;
	memset(to, 0, FILE_INFO_SIZE);
	to->Attribute = one->attribute;
	memcpy(to->FileName, one->name, (length + 1) * sizeof(CHAR16));
	*size = one->size != 0 ? one->size : FILE_INFO_SIZE + (length + 1) * sizeof(CHAR16);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI read_file(EFI_FILE_HANDLE this, UINTN *size, VOID *to)
{
	assert_ptr_equal(this, &file);
	if ((one_file.attribute & EFI_FILE_DIRECTORY) != 0)
		return read_folder(size, to);
	one_file.asked = *size;
	if (one_file.read != EFI_SUCCESS)
		return one_file.read;
	memset(to, 'r', one_file.read_says != 0 && one_file.read_says < *size ? one_file.read_says : *size);
	*size = one_file.read_says != 0 ? one_file.read_says : *size;
	return EFI_SUCCESS;
}

void given_volume(void)
{
	memset(&one_file, 0, sizeof(one_file));
	one_file.size = 10;
	root = (EFI_FILE){.Open = open_file, .Close = close_file};
	file = (EFI_FILE){.Close = close_file,
			  .GetInfo = get_info,
			  .SetInfo = set_info,
			  .Flush = flush,
			  .Write = write_file,
			  .SetPosition = set_position,
			  .Read = read_file};
	volume.OpenVolume = open_volume;
	services = (EFI_BOOT_SERVICES){
	    .AllocatePool = allocate_pool, .FreePool = free_pool, .HandleProtocol = handle_protocol};
	image = (EFI_LOADED_IMAGE){.DeviceHandle = &device};
	table = (EFI_SYSTEM_TABLE){.BootServices = &services};
	efi = (struct efi_state){.system = &table, .boot = &services, .loaded = &image};
}

void expect_closed(const char *what)
{
	efi_close_volumes();
	if (one_file.files_open != 0 || one_file.roots_open != 0 || one_file.pools != 0 || efi.root != NULL)
		fail_msg("%s: %d files, %d volumes, %d pools", what, one_file.files_open, one_file.roots_open,
			 one_file.pools);
}
