/* SPDX-License-Identifier: BSD-2-Clause */
/* Files on a volume. Source: UEFI 2.10, 13.4 and 13.5. */
#include "efi_local.h"

#include "../base/mem.h"

struct fw_file {
	EFI_FILE_HANDLE handle;
	char path[MAX_PATH_TEXT];
};

static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;

void *efi_alloc(uint64_t size)
{
	void *memory;

	if (size > SIZE_MAX || EFI_ERROR(efi.boot->AllocatePool(EfiLoaderData, (UINTN)size, &memory)))
		return NULL;
	return memory;
}

void efi_free(void *memory)
{
	if (memory != NULL)
		efi.boot->FreePool(memory);
}

#define MOST_IN_FOLDER 65536 /* FAT's limit; a folder that does not end is firmware's fault */

/* EFI_FILE_INFO has room for a name of any length; FAT's have at most 255 units. */
union info {
	EFI_FILE_INFO info;
	UINT8 room[sizeof(EFI_FILE_INFO) + 512];
};

static enum status check_info_size(UINTN size, const char *path, struct fail *why)
{
	if (size < FILE_INFO_SIZE || size > sizeof(union info))
		return fail(why, IO_ERROR, "%s: firmware describes it in %zu bytes", path, (size_t)size);
	return OK;
}

static enum status file_info(EFI_FILE_HANDLE handle, const char *path, union info *info, struct fail *why)
{
	UINTN size = sizeof(*info);
	EFI_STATUS status;

	memset(info, 0, sizeof(*info));
	status = handle->GetInfo(handle, &file_info_guid, &size, info);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "%s: cannot tell its size: %s", path, efi_status_words(status));
	return check_info_size(size, path, why);
}

/* The volume is read-only or, as EDK2 reports it (FatPkg/EnhancedFatDxe/Open.c), a file on it. */
static bool is_write_refused(UINT64 mode, EFI_STATUS status)
{
	return (mode & EFI_FILE_MODE_WRITE) != 0 && (status == EFI_WRITE_PROTECTED || status == EFI_ACCESS_DENIED);
}

static enum status open_handle(struct fw_volume *volume, const char *path, UINT64 mode, EFI_FILE_HANDLE *handle,
			       union info *info, struct fail *why)
{
	EFI_FILE_HANDLE root;
	CHAR16 wide[MAX_PATH_TEXT];
	EFI_STATUS status;
	enum status result;

	TRY(efi_root(volume, &root, why));
	if (!utf16_from_utf8(wide, MAX_PATH_TEXT, path))
		return fail(why, BAD_INPUT, "%s: the path is too long", path);
	*handle = NULL;
	status = root->Open(root, handle, wide, mode, 0);
	status = efi_given(status, *handle);
	if (status == EFI_NOT_FOUND)
		return fail(why, NOT_FOUND, "%s: no such file on %s", path, efi_volume_words(volume));
	if (EFI_ERROR(status))
		return fail(why, is_write_refused(mode, status) ? REFUSED : IO_ERROR, "%s: cannot be opened: %s", path,
			    efi_status_words(status));
	result = file_info(*handle, path, info, why);
	if (result != OK)
		(*handle)->Close(*handle);
	return result;
}

static enum status open_file(struct fw_volume *volume, const char *path, UINT64 mode, struct fw_file **file,
			     union info *info, struct fail *why)
{
	struct fw_file *f = efi_alloc(sizeof(*f));
	enum status status;

	if (f == NULL)
		return fail(why, IO_ERROR, "%s: no memory to open it", path);
	status = open_handle(volume, path, mode, &f->handle, info, why);
	if (status == OK && (info->info.Attribute & EFI_FILE_DIRECTORY) != 0) {
		f->handle->Close(f->handle);
		status = fail(why, BAD_INPUT, "%s: is a folder", path);
	}
	if (status != OK) {
		efi_free(f);
		return status;
	}
	for (size_t i = 0; i < MAX_PATH_TEXT && (i == 0 || path[i - 1] != '\0'); i++)
		f->path[i] = path[i];
	*file = f;
	return OK;
}

enum status fw_open(struct fw_volume *volume, const char *path, struct fw_file **file, uint64_t *size, struct fail *why)
{
	union info info;

	TRY(open_file(volume, path, EFI_FILE_MODE_READ, file, &info, why));
	*size = info.info.FileSize;
	return OK;
}

enum status efi_open_to_write(const char *path, bool makes, struct fw_file **file, uint64_t *size, struct fail *why)
{
	const UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE;
	struct fw_file *f;
	enum status status;
	union info info;

	status = open_file(NULL, path, mode, &f, &info, why);
	if (status == NOT_FOUND && makes)
		status = open_file(NULL, path, mode | EFI_FILE_MODE_CREATE, &f, &info, why);
	TRY(status);
	if ((info.info.Attribute & EFI_FILE_READ_ONLY) != 0) {
		fw_close(f);
		return fail(why, REFUSED, "%s: is read-only", path);
	}
	*size = info.info.FileSize;
	*file = f;
	return OK;
}

void fw_close(struct fw_file *file)
{
	if (file == NULL)
		return;
	file->handle->Close(file->handle);
	efi_free(file);
}

enum status fw_read(struct fw_file *file, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	EFI_STATUS status = file->handle->SetPosition(file->handle, offset);
	UINTN count = size;

	if (!EFI_ERROR(status))
		status = file->handle->Read(file->handle, &count, to);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "%s: reading %zu bytes at byte %" PRIu64 " failed: %s", file->path, size,
			    offset, efi_status_words(status));
	if (count > size)
		return fail(why, IO_ERROR, "%s: firmware says that it read %zu bytes when %zu were asked for",
			    file->path, (size_t)count, size);
	*got = count;
	return OK;
}

enum status efi_write(struct fw_file *file, uint64_t offset, const void *from, size_t size, struct fail *why)
{
	EFI_STATUS status = file->handle->SetPosition(file->handle, offset);
	UINTN count = size;

	if (!EFI_ERROR(status))
		status = file->handle->Write(file->handle, &count, (VOID *)(uintptr_t)from);
	if (!EFI_ERROR(status) && count == size)
		status = file->handle->Flush(file->handle);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "%s: writing %zu bytes at byte %" PRIu64 " failed: %s", file->path, size,
			    offset, efi_status_words(status));
	if (count != size)
		return fail(why, IO_ERROR, "%s: firmware wrote %zu bytes when %zu were asked for", file->path,
			    (size_t)count, size);
	return OK;
}

enum status efi_read_file(struct fw_volume *volume, const char *path, uint64_t most, char **text, size_t *size,
			  struct fail *why)
{
	struct fw_file *file;
	enum status status;
	uint64_t length;

	TRY(fw_open(volume, path, &file, &length, why));
	if (length > most) {
		fw_close(file);
		return fail(why, BAD_INPUT, "%s: has %" PRIu64 " bytes; at most %" PRIu64 " are read", path, length,
			    most);
	}
	*size = 0;
	*text = efi_alloc(length + 1);
	if (*text == NULL)
		status = fail(why, IO_ERROR, "%s: no memory to read it", path);
	else if (length != 0)
		status = fw_read(file, 0, *text, (size_t)length, size, why);
	else
		status = OK;
	fw_close(file);
	if (status != OK) {
		efi_free(*text);
		*text = NULL;
		return status;
	}
	(*text)[*size] = '\0';
	return OK;
}

/* @kind: EFI_FILE_DIRECTORY for folders, or 0 for files. */
static enum status list(struct fw_volume *volume, const char *path, UINT64 kind,
			enum status (*each)(void *context, const char *name, struct fail *why), void *context,
			struct fail *why)
{
	EFI_FILE_HANDLE folder;
	enum status result = OK;
	union info info;
	char name[1024];

	TRY(open_handle(volume, path, EFI_FILE_MODE_READ, &folder, &info, why));
	if ((info.info.Attribute & EFI_FILE_DIRECTORY) == 0) {
		folder->Close(folder);
		return fail(why, NOT_FOUND, "%s: is not a folder", path);
	}
	for (unsigned int i = 0; result == OK; i++) {
		UINTN size = sizeof(info);
		EFI_STATUS status = folder->Read(folder, &size, &info);

		if (EFI_ERROR(status))
			result = fail(why, IO_ERROR, "%s: cannot be listed: %s", path, efi_status_words(status));
		else if (size != 0 && i == MOST_IN_FOLDER)
			result = fail(why, IO_ERROR, "%s: firmware lists more than %u files", path, MOST_IN_FOLDER);
		else if (size != 0)
			result = check_info_size(size, path, why);
		if (result != OK || size == 0)
			break;
		if ((info.info.Attribute & EFI_FILE_DIRECTORY) == kind &&
		    utf8_from_utf16(name, sizeof(name), info.info.FileName, 256))
			result = each(context, name, why);
	}
	folder->Close(folder);
	return result;
}

enum status efi_list_folder(struct fw_volume *volume, const char *path,
			    enum status (*each)(void *context, const char *name, struct fail *why), void *context,
			    struct fail *why)
{
	return list(volume, path, 0, each, context, why);
}

enum status efi_list_folders(struct fw_volume *volume, const char *path,
			     enum status (*each)(void *context, const char *name, struct fail *why), void *context,
			     struct fail *why)
{
	return list(volume, path, EFI_FILE_DIRECTORY, each, context, why);
}

/*
 * UEFI 2.10, 13.5, EFI_FILE_INFO: times of zero stay as they are on the disk. EDK2 refuses those that it gave itself
 * where a file has none (FatPkg/EnhancedFatDxe/Info.c).
 */
static void prepare_info(union info *info)
{
	memset(&info->info.CreateTime, 0, sizeof(info->info.CreateTime));
	memset(&info->info.LastAccessTime, 0, sizeof(info->info.LastAccessTime));
	memset(&info->info.ModificationTime, 0, sizeof(info->info.ModificationTime));
	info->info.Size = FILE_INFO_SIZE;
	for (size_t i = 0; info->info.FileName[i] != 0; i++)
		info->info.Size += sizeof(CHAR16);
	info->info.Size += sizeof(CHAR16);
}

static enum status cut(struct fw_file *file, uint64_t size, struct fail *why)
{
	EFI_STATUS status;
	union info info;

	TRY(file_info(file->handle, file->path, &info, why));
	info.info.FileSize = size;
	prepare_info(&info);
	status = file->handle->SetInfo(file->handle, &file_info_guid, (UINTN)info.info.Size, &info);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "%s: cannot be cut to %" PRIu64 " bytes: %s", file->path, size,
			    efi_status_words(status));
	return OK;
}

enum status efi_write_file(const char *path, const char *bytes, size_t size, struct fail *why)
{
	struct fw_file *file;
	enum status status;
	uint64_t before;

	TRY(efi_open_to_write(path, true, &file, &before, why));
	status = before > size ? cut(file, size, why) : OK;
	if (status == OK)
		status = efi_write(file, 0, bytes, size, why);
	fw_close(file);
	return status;
}

static enum status set_name(EFI_FILE_HANDLE handle, const char *path, const char *name, union info *info,
			    bool *is_written, struct fail *why)
{
	const size_t room = (sizeof(*info) - FILE_INFO_SIZE) / sizeof(CHAR16);
	EFI_STATUS status;

	if ((info->info.Attribute & (EFI_FILE_READ_ONLY | EFI_FILE_DIRECTORY)) != 0)
		return fail(why, REFUSED, "%s: is read-only, or a folder", path);
	if (!utf16_from_utf8(info->info.FileName, room, name))
		return fail(why, BAD_INPUT, "%s: the new name is too long", path);
	prepare_info(info);
	status = handle->SetInfo(handle, &file_info_guid, (UINTN)info->info.Size, info);
	if (EFI_ERROR(status))
		return fail(why, IO_ERROR, "%s: cannot be renamed: %s", path, efi_status_words(status));
	status = handle->Flush(handle);
	*is_written = !EFI_ERROR(status);
	if (!*is_written)
		fw_log(LOG_NORMAL, "%s: is %s now, which may not be on the disk yet: %s", path, name,
		       efi_status_words(status));
	return OK;
}

enum status efi_rename(struct fw_volume *volume, const char *path, const char *name, bool *is_written, struct fail *why)
{
	EFI_FILE_HANDLE handle;
	enum status status;
	union info info;

	TRY(open_handle(volume, path, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE, &handle, &info, why));
	status = set_name(handle, path, name, &info, is_written, why);
	handle->Close(handle);
	return status;
}
