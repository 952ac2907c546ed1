/* SPDX-License-Identifier: BSD-2-Clause */
/* Bent files: every handle of the FAT driver has its own copy of the function pointers. */
#include "shape.h"

unsigned int open_files, opened_files;

static EFI_STATUS(EFIAPI *real_open_volume)(EFI_FILE_IO_INTERFACE *, EFI_FILE_HANDLE *);
static EFI_FILE_OPEN real_open;
static EFI_FILE_READ real_read;
static EFI_FILE_CLOSE real_close;
static EFI_FILE_HANDLE broken; /* a handle on which a read has failed */

/* The handle of the file that is exchanged while it is read, and how often it was. */
static EFI_FILE_HANDLE exchanged;
static unsigned int exchanged_reads;

static EFI_FILE_SET_POSITION real_set_position;
static EFI_FILE_GET_INFO real_get_info;
static EFI_FILE_SET_INFO real_set_info;
static EFI_FILE_FLUSH real_flush;

static EFI_STATUS EFIAPI bent_read(EFI_FILE_HANDLE file, UINTN *size, VOID *to)
{
	bool high = (UINT64)(UINTN)to + *size > 0x100000000;
	UINT64 start = now();
	EFI_STATUS status;

	if (!wish.meter && fault(S_Read, &status) == FAILS)
		return status;
	if (file == broken || (high && wish.high_fail) || (*size > 0x100000 && wish.large_fail) ||
	    (*size > 0x800 && wish.small_fail)) {
		broken = file;
		return EFI_DEVICE_ERROR;
	}
	status = real_read(file, size, to);
	if (high && wish.high_wrong && *size > 100)
		((UINT8 *)to)[99] ^= 0x40;
	if (file == exchanged && exchanged_reads++ >= wish.exchange_from && *size > 100)
		((UINT8 *)to)[*size / 2] ^= 0x40;
	read_ticks += now() - start;
	return status;
}

static EFI_STATUS EFIAPI bent_set_position(EFI_FILE_HANDLE file, UINT64 position)
{
	EFI_STATUS status;

	return fault(S_SetPosition, &status) == FAILS ? status : real_set_position(file, position);
}

static EFI_STATUS EFIAPI bent_get_info(EFI_FILE_HANDLE file, EFI_GUID *type, UINTN *size, VOID *info)
{
	EFI_STATUS status;

	return fault(S_GetInfo, &status) == FAILS ? status : real_get_info(file, type, size, info);
}

/* In a sweep files keep their names, so that each start of the loader finds the same. */
static EFI_STATUS EFIAPI bent_set_info(EFI_FILE_HANDLE file, EFI_GUID *type, UINTN size, VOID *info)
{
	EFI_STATUS status;

	if (fault(S_SetInfo, &status) == FAILS)
		return status;
	return wish.n_sweeps != 0 ? EFI_SUCCESS : real_set_info(file, type, size, info);
}

static EFI_STATUS EFIAPI bent_flush(EFI_FILE_HANDLE file)
{
	EFI_STATUS status;

	return fault(S_Flush, &status) == FAILS ? status : real_flush(file);
}

static EFI_STATUS EFIAPI bent_close(EFI_FILE_HANDLE file)
{
	EFI_STATUS status, wanted;

	open_files--;
	gave_back(OPEN_FILE, (UINTN)file);
	status = real_close(file);
	return fault(S_Close, &wanted) == FAILS ? wanted : status;
}

void close_file(UINT64 handle)
{
	open_files--;
	real_close((EFI_FILE_HANDLE)(UINTN)handle);
}

static EFI_STATUS EFIAPI bent_open(EFI_FILE_HANDLE root, EFI_FILE_HANDLE *file, CHAR16 *name, UINT64 mode,
				   UINT64 attributes);

static void opened(EFI_FILE_HANDLE file)
{
	if (file == broken)
		broken = NULL;
	if (file == exchanged)
		exchanged = NULL;
	file->Open = bent_open;
	file->Close = bent_close;
	file->Read = bent_read;
	if (!wish.meter) {
		file->SetPosition = bent_set_position;
		file->GetInfo = bent_get_info;
		file->SetInfo = bent_set_info;
		file->Flush = bent_flush;
	}
	open_files++;
	took(OPEN_FILE, (UINTN)file, 0);
}

static bool is_exchanged(const CHAR16 *name)
{
	size_t i = 0;

	while (wish.exchanged[i] != 0 && name[i] == wish.exchanged[i])
		i++;
	return i != 0 && wish.exchanged[i] == 0 && name[i] == 0;
}

static EFI_STATUS EFIAPI bent_open(EFI_FILE_HANDLE root, EFI_FILE_HANDLE *file, CHAR16 *name, UINT64 mode,
				   UINT64 attributes)
{
	EFI_STATUS status;

	switch (fault(S_Open, &status)) {
	case FAILS:
		return status;
	case NULLS:
		*file = NULL;
		return EFI_SUCCESS;
	default:
		break;
	}
	status = real_open(root, file, name, mode, attributes);
	if (!EFI_ERROR(status)) {
		opened(*file);
		opened_files++;
		if (is_exchanged(name))
			exchanged = *file;
	}
	return status;
}

static EFI_STATUS EFIAPI bent_open_volume(EFI_FILE_IO_INTERFACE *volume, EFI_FILE_HANDLE *root)
{
	EFI_STATUS status;

	if (!by_loader(CALLER))
		return real_open_volume(volume, root);
	switch (fault(S_OpenVolume, &status)) {
	case FAILS:
		return status;
	case NULLS:
		*root = NULL;
		return EFI_SUCCESS;
	default:
		break;
	}
	status = real_open_volume(volume, root);
	if (EFI_ERROR(status))
		return status;
	real_open = (*root)->Open;
	real_read = (*root)->Read;
	real_close = (*root)->Close;
	real_set_position = (*root)->SetPosition;
	real_get_info = (*root)->GetInfo;
	real_set_info = (*root)->SetInfo;
	real_flush = (*root)->Flush;
	opened(*root);
	return EFI_SUCCESS;
}

void bend_volume(EFI_FILE_IO_INTERFACE *volume)
{
	real_open_volume = volume->OpenVolume;
	volume->OpenVolume = bent_open_volume;
}

void unbend_volume(EFI_FILE_IO_INTERFACE *volume)
{
	volume->OpenVolume = real_open_volume;
}
