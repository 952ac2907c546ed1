/* SPDX-License-Identifier: BSD-2-Clause */
/* EFI_SIMPLE_FILE_SYSTEM_PROTOCOL and EFI_FILE_PROTOCOL over sim.file; UEFI 2.10, 13.4 and 13.5. */
#include "local.h"

#define HANDLES	  64
#define SEED_ROOM KIB(64)
#define RENAMED	  8
#define SEED	  "\\loader\\random-seed" /* the one file that the loader writes to, or makes */

struct handle {
	EFI_FILE protocol;
	const struct sim_file *file;		   /* NULL: a folder */
	const char *folder;			   /* NULL: the root */
	const char *prefix;			   /* of its volume */
	bool open, broken, writes, renamed, dirty; /* the last two: and not written to the disk yet */
	uint64_t at;				   /* position; of a folder, which file comes next */
};

static struct handle handle[HANDLES];

/* The log, which the loader makes or writes anew; its bytes are uefi_report's. */
static struct sim_file log_file = {"\\loader\\berth.log", 0, NULL, 0};
static bool has_log;
static bool was_opened[SIM_FILES];

/* Files with a name that the loader gave them. */
static struct {
	size_t file;
	const char *before;
	char path[400];
} renamed[RENAMED];
static size_t n_renamed;

/* The seed's file, once it was made or written to. */
static struct {
	bool is_made;
	struct sim_file before;
	uint8_t bytes[SEED_ROOM];
} written;

static unsigned int reads_of_changing;
static bool kernel_was_read; /* the file that every machine has first, since it was opened the last time */

uint8_t sim_byte(const struct sim_file *file, uint64_t offset)
{
	if (offset < file->head_size)
		return file->head[offset];
	return (uint8_t)((offset * UINT64_C(0x9e3779b97f4a7c15) + file->size) >> 56);
}

static struct handle *of(EFI_FILE_HANDLE file)
{
	struct handle *h = (struct handle *)(void *)file;

	if (h < handle || h >= handle + HANDLES || !h->open)
		uefi_die("a file handle that is not open");
	return h;
}

static bool is_path(const CHAR16 *wide, const char *path)
{
	size_t i = 0;

	while (path[i] != '\0' && wide[i] == (CHAR16)path[i])
		i++;
	return path[i] == '\0' && wide[i] == 0;
}

/* The path on its volume; NULL when it is on another. */
static const char *path_on(const struct sim_file *file, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(file->path, prefix, length) == 0 && file->path[length] == '\\' ? file->path + length : NULL;
}

const struct sim_file *uefi_file_named(const char *prefix, const CHAR16 *path)
{
	for (size_t i = 0; i < sim.n_files; i++)
		if (path_on(&sim.file[i], prefix) != NULL && is_path(path, path_on(&sim.file[i], prefix)))
			return &sim.file[i];
	return NULL;
}

static bool is_under(const struct sim_file *file, const char *prefix, const char *folder)
{
	const char *path = path_on(file, prefix);
	size_t length = strlen(folder);

	return path != NULL && strncmp(path, folder, length) == 0 && path[length] == '\\';
}

static bool is_in(const struct sim_file *file, const char *prefix, const char *folder)
{
	return is_under(file, prefix, folder) && strchr(path_on(file, prefix) + strlen(folder) + 1, '\\') == NULL;
}

/* The folder for entries of the loader's own volume is always there, others when there is something in them. */
static const char *folder_named(const char *prefix, const CHAR16 *path)
{
	static const char *const folder[] = {"\\loader\\entries",
					     "\\EFI\\Linux",
					     "\\EFI\\systemd\\drivers",
					     "\\EFI\\berth\\drivers",
					     "\\loader\\cmdline.d",
					     "\\loader\\keys",
					     "\\loader",
					     "\\EFI"};

	if (prefix[0] == '\0' && is_path(path, folder[0]))
		return folder[0];
	for (size_t i = 0; i < sizeof(folder) / sizeof(folder[0]); i++)
		for (size_t k = 0; is_path(path, folder[i]) && k < sim.n_files; k++)
			if (is_under(&sim.file[k], prefix, folder[i]))
				return folder[i];
	return NULL;
}

static void make_seed(void)
{
	if (sim.n_files == SIM_FILES)
		uefi_die("too many files");
	written.is_made = uefi_report.made_file = true;
	written.before = sim.file[sim.n_files];
	sim.file[sim.n_files++] = (struct sim_file){SEED, 0, written.bytes, 0};
}

static struct handle *new_handle(const char *prefix);

static EFI_STATUS EFIAPI handle_open(EFI_FILE_HANDLE this, EFI_FILE_HANDLE *out, CHAR16 *name, UINT64 mode,
				     UINT64 attributes)
{
	const struct sim_file *file;
	const char *folder;
	EFI_STATUS status;
	struct handle *h;

	bool makes = (mode & EFI_FILE_MODE_CREATE) != 0;
	bool writes = (mode & ~EFI_FILE_MODE_CREATE) == (EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE);
	bool is_log;

	(void)of(this);
	if ((mode != EFI_FILE_MODE_READ && !writes) || attributes != 0)
		uefi_die("a file was opened in a way that is none of the loader's");
	is_log = is_path(name, log_file.path) && of(this)->prefix[0] == '\0';
	if (makes && (is_log ? has_log : !is_path(name, SEED) || uefi_file_named(of(this)->prefix, name) != NULL))
		uefi_die("a file is made that is none of the loader's");
	if (uefi_call(CALL_Open, &status)) {
		if (uefi_lies(LIE_NOTHING))
			*out = NULL;
		return status;
	}
	if (makes && !is_log && !uefi.write_protected)
		make_seed();
	has_log |= makes && is_log && !uefi.write_protected;
	folder = folder_named(of(this)->prefix, name);
	file = is_log ? has_log ? &log_file : NULL : uefi_file_named(of(this)->prefix, name);
	if (folder == NULL && file == NULL)
		return makes ? EFI_WRITE_PROTECTED : EFI_NOT_FOUND;
	if (writes && uefi.write_protected)
		return EFI_WRITE_PROTECTED;
	if (writes && !is_log && kernel_was_read)
		uefi_die("the kernel is read, and something is written only now");
	kernel_was_read = kernel_was_read && file != &sim.file[0];
	h = new_handle(of(this)->prefix);
	h->folder = folder;
	h->file = file;
	h->writes = writes;
	*out = &h->protocol;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI handle_close(EFI_FILE_HANDLE this)
{
	EFI_STATUS status;

	if (of(this)->renamed)
		uefi_die("a new name is not written to the disk");
	of(this)->open = false;
	return uefi_call(CALL_Close, &status) ? status : EFI_SUCCESS;
}

/* EFI_FILE_INFO of @file, or of a folder; BUFFER_TOO_SMALL tells the size. */
static EFI_STATUS tell(const struct sim_file *file, const char *name, UINTN *size, EFI_FILE_INFO *info)
{
	UINTN wanted = offsetof(EFI_FILE_INFO, FileName) + (strlen(name) + 1) * sizeof(CHAR16);

	if (*size < wanted) {
		*size = wanted;
		return EFI_BUFFER_TOO_SMALL;
	}
	*size = wanted;
	memset(info, 0, wanted);
	info->Size = wanted;
	info->Attribute = file == NULL ? EFI_FILE_DIRECTORY : uefi.read_only_file ? EFI_FILE_READ_ONLY : 0;
	/* As EDK2 tells of a file that has none: no day is the 0th. */
	info->CreateTime.Year = info->ModificationTime.Year = 1980;
	if (file != NULL)
		info->FileSize = file->size + (sim.grows == file->path && was_opened[file - sim.file] ? 1 : 0);
	for (size_t i = 0; name[i] != '\0'; i++)
		info->FileName[i] = (CHAR16)name[i];
	return EFI_SUCCESS;
}

static const char *name_of(const struct sim_file *file)
{
	return strrchr(file->path, '\\') + 1;
}

/* The name of the folder in that folder which has this file, when it is the first file of it; else empty. */
static const char *folder_of(const struct sim_file *file, const struct handle *h)
{
	static char name[64];
	const char *path = path_on(file, h->prefix) + strlen(h->folder) + 1;
	size_t length = (size_t)(strchr(path, '\\') - path);

	snprintf(name, sizeof(name), "%.*s", (int)length, path);
	for (const struct sim_file *other = sim.file; other < file; other++)
		if (is_under(other, h->prefix, h->folder) && !is_in(other, h->prefix, h->folder) &&
		    strncmp(path_on(other, h->prefix) + strlen(h->folder) + 1, path, length + 1) == 0)
			return "";
	return name;
}

static EFI_STATUS next_of_folder(struct handle *h, UINTN *size, VOID *to)
{
	for (; h->at < sim.n_files; h->at++) {
		const struct sim_file *file = &sim.file[h->at];
		bool is_file = is_in(file, h->prefix, h->folder);
		EFI_STATUS status;

		if (!is_under(file, h->prefix, h->folder) || (!is_file && folder_of(file, h)[0] == '\0'))
			continue;
		status = is_file ? tell(file, name_of(file), size, to) : tell(NULL, folder_of(file, h), size, to);
		h->at += status == EFI_SUCCESS;
		return status;
	}
	*size = 0;
	return EFI_SUCCESS;
}

/* Of a file that somebody exchanges while the loader runs. */
static uint8_t now(const struct sim_file *file, uint64_t offset)
{
	bool is_other = sim.changes != NULL && strcmp(sim.changes, file->path) == 0 &&
			reads_of_changing >= sim.changes_at && offset < file->head_size;

	return is_other ? sim.changed_head[offset] : sim_byte(file, offset);
}

static EFI_STATUS EFIAPI file_read(EFI_FILE_HANDLE this, UINTN *size, VOID *to)
{
	struct handle *h = of(this);
	uint64_t rest, asked = *size;
	EFI_STATUS status;

	if (outcome.exits != 0)
		uefi_die("a read after ExitBootServices");
	if (uefi_call(CALL_Read, &status)) {
		h->broken = sim.handle_breaks;
		if (uefi_lies(LIE_NOTHING))
			*size = 0;
		if (uefi_lies(LIE_TOO_MUCH))
			*size = SIZE_MAX / 2;
		return status;
	}
	if (h->broken)
		return EFI_DEVICE_ERROR;
	if (h->folder != NULL)
		return next_of_folder(h, size, to);
	if (h->file == NULL)
		uefi_die("the root folder was read");
	kernel_was_read = kernel_was_read || h->file == &sim.file[0];
	reads_of_changing += sim.changes != NULL && strcmp(sim.changes, h->file->path) == 0;
	rest = h->at < h->file->size ? h->file->size - h->at : 0;
	*size = asked < rest ? asked : rest;
	if (sim.unreadable_above != 0 && (uintptr_t)to + *size > sim.unreadable_above && (uintptr_t)to < GIB(16)) {
		h->broken = sim.reads_fail_above && sim.handle_breaks;
		if (sim.reads_fail_above)
			return EFI_DEVICE_ERROR;
		memset(to, 0, *size);
	} else {
		outcome.reads_after += h->file == uefi_verified;
		for (size_t i = 0; i < *size; i++)
			((uint8_t *)to)[i] = now(h->file, h->at + i);
	}
	h->at += *size;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_set_position(EFI_FILE_HANDLE this, UINT64 position)
{
	struct handle *h = of(this);
	EFI_STATUS status;

	if (uefi_call(CALL_SetPosition, &status) && EFI_ERROR(status))
		return status;
	h->at = position; /* no lie here: other bytes of the right file are what no loader can tell */
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_get_info(EFI_FILE_HANDLE this, EFI_GUID *type, UINTN *size, VOID *to)
{
	static const EFI_GUID info_guid = EFI_FILE_INFO_ID;
	struct handle *h = of(this);
	EFI_STATUS status;

	if (memcmp(type, &info_guid, sizeof(info_guid)) != 0)
		uefi_die("another information than EFI_FILE_INFO was asked for");
	if (uefi_call(CALL_GetInfo, &status)) {
		if (uefi_lies(LIE_NOTHING))
			*size = 0;
		if (uefi_lies(LIE_TOO_MUCH)) {
			memset(to, 0xff, *size);
			*size = SIZE_MAX;
		}
		return status;
	}
	status = tell(h->file, h->file == NULL ? "entries" : name_of(h->file), size, to);
	if (h->file != NULL && h->file != &log_file)
		was_opened[h->file - sim.file] = true;
	return status;
}

static const EFI_TIME no_time;

/* 13.5, EFI_FILE_INFO: another name and nothing else. */
static void check_info(const struct handle *h, UINTN size, const EFI_FILE_INFO *info)
{
	size_t length = 0;

	if (h->file == NULL || !h->writes)
		uefi_die("something was changed that is not open to be written to");
	while (info->FileName[length] != 0)
		length++;
	if (info->Size != size || size != offsetof(EFI_FILE_INFO, FileName) + (length + 1) * sizeof(CHAR16) ||
	    length > 255)
		uefi_die("an information of another size than it says");
	if (info->FileSize != h->file->size || info->Attribute != 0)
		uefi_die("a file gets another size or other attributes");
	if (memcmp(&info->CreateTime, &no_time, sizeof(no_time)) != 0 ||
	    memcmp(&info->ModificationTime, &no_time, sizeof(no_time)) != 0 ||
	    memcmp(&info->LastAccessTime, &no_time, sizeof(no_time)) != 0)
		uefi_die("a file gets another time");
}

static void set_name(struct handle *h, const CHAR16 *name)
{
	size_t file = (size_t)(h->file - sim.file), used = (size_t)(name_of(h->file) - h->file->path);

	if (n_renamed == RENAMED)
		uefi_die("too many files are renamed");
	renamed[n_renamed].file = file;
	renamed[n_renamed].before = h->file->path;
	memcpy(renamed[n_renamed].path, h->file->path, used);
	for (size_t i = 0; name[i] != 0; i++)
		renamed[n_renamed].path[used++] = (char)name[i];
	renamed[n_renamed].path[used] = '\0';
	sim.file[file].path = renamed[n_renamed++].path;
	h->renamed = true;
	uefi_report.renames++;
}

static bool is_taken(const struct handle *h, const CHAR16 *name)
{
	size_t folder = (size_t)(name_of(h->file) - h->file->path);

	for (size_t i = 0; i < sim.n_files; i++)
		if (&sim.file[i] != h->file && strncmp(sim.file[i].path, h->file->path, folder) == 0 &&
		    is_path(name, sim.file[i].path + folder))
			return true;
	return false;
}

static EFI_STATUS EFIAPI file_set_info(EFI_FILE_HANDLE this, EFI_GUID *type, UINTN size, VOID *from)
{
	static const EFI_GUID info_guid = EFI_FILE_INFO_ID;
	const EFI_FILE_INFO *info = from;
	struct handle *h = of(this);
	EFI_STATUS status;

	if (memcmp(type, &info_guid, sizeof(info_guid)) != 0)
		uefi_die("another information than EFI_FILE_INFO was set");
	if (h->file != &log_file || info->FileSize > log_file.size) /* which may become shorter */
		check_info(h, size, info);
	if (uefi_call(CALL_SetInfo, &status))
		return status;
	if (h->file == &log_file)
		return log_file.size = uefi_report.log_size = info->FileSize, EFI_SUCCESS;
	if (is_taken(h, info->FileName))
		return EFI_ACCESS_DENIED;
	set_name(h, info->FileName);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_flush(EFI_FILE_HANDLE this)
{
	EFI_STATUS status = uefi_unless_wrong(CALL_Flush);

	of(this)->renamed = false;
	of(this)->dirty = of(this)->dirty && EFI_ERROR(status);
	return status;
}

/* The first write finds what was in the file where it can be changed. */
static struct sim_file *written_file(const struct handle *h)
{
	struct sim_file *file = &sim.file[h->file - sim.file];

	if (file->head == written.bytes)
		return file;
	if (file->size > SEED_ROOM)
		uefi_die("a file is written to that is larger than any seed");
	written.is_made = false;
	written.before = *file;
	for (size_t i = 0; i < file->size; i++)
		written.bytes[i] = sim_byte(&written.before, i);
	file->head = written.bytes;
	file->head_size = file->size;
	return file;
}

static EFI_STATUS write_log(struct handle *h, UINTN size, const void *from)
{
	if (h->at + size > sizeof(uefi_report.log_file))
		uefi_die("too much is written to the log");
	memcpy(uefi_report.log_file + h->at, from, size);
	h->at += size;
	if (h->at > log_file.size)
		log_file.size = uefi_report.log_size = h->at;
	return EFI_SUCCESS;
}

/* 13.5, EFI_FILE_PROTOCOL.Write: at the position, and the file grows where that is needed. */
static EFI_STATUS EFIAPI file_write(EFI_FILE_HANDLE this, UINTN *size, VOID *from)
{
	struct handle *h = of(this);
	struct sim_file *file;
	EFI_STATUS status;

	if (h->file == NULL || !h->writes || (h->file != &log_file && strcmp(h->file->path, SEED) != 0))
		uefi_die("something is written to that is not open for it");
	if (outcome.exits != 0)
		uefi_die("a write after ExitBootServices");
	h->dirty = true;
	if (uefi_call(CALL_Write, &status)) {
		if (uefi_lies(LIE_NOTHING))
			*size = 0;
		if (uefi_lies(LIE_TOO_MUCH))
			*size = SIZE_MAX;
		return status;
	}
	if (h->file == &log_file)
		return write_log(h, *size, from);
	if (h->at > SEED_ROOM || *size > SEED_ROOM - h->at)
		return EFI_VOLUME_FULL;
	*size = uefi.writes_short && *size > 0 ? *size - 1 : *size;
	file = written_file(h);
	memcpy(written.bytes + h->at, from, *size);
	h->at += *size;
	file->size = file->head_size = h->at > file->size ? h->at : file->size;
	uefi_report.writes_to_disk++;
	return EFI_SUCCESS;
}

static struct handle *new_handle(const char *prefix)
{
	for (size_t i = 0; i < HANDLES; i++) {
		struct handle *h = &handle[i];

		if (h->open)
			continue;
		*h = (struct handle){.open = true, .prefix = prefix};
		h->protocol.Open = handle_open;
		h->protocol.Close = handle_close;
		h->protocol.Read = file_read;
		h->protocol.SetPosition = file_set_position;
		h->protocol.GetInfo = file_get_info;
		h->protocol.SetInfo = file_set_info;
		h->protocol.Flush = file_flush;
		h->protocol.Write = file_write;
		return h;
	}
	uefi_die("too many open files");
}

EFI_STATUS uefi_open_root(const char *prefix, EFI_FILE_HANDLE *root)
{
	EFI_STATUS status;

	if (uefi_call(CALL_OpenVolume, &status)) {
		if (uefi_lies(LIE_NOTHING))
			*root = NULL;
		return status;
	}
	*root = &new_handle(prefix)->protocol;
	return EFI_SUCCESS;
}

static void undo_names(void)
{
	for (; n_renamed > 0; n_renamed--)
		if (sim.file[renamed[n_renamed - 1].file].path == renamed[n_renamed - 1].path)
			sim.file[renamed[n_renamed - 1].file].path = renamed[n_renamed - 1].before;
}

/* A test may have given the volume other files meanwhile. */
static void undo_writes(void)
{
	for (size_t i = 0; i < sim.n_files; i++) {
		if (sim.file[i].head != written.bytes)
			continue;
		sim.file[i] = written.before;
		if (written.is_made && i + 1 == sim.n_files)
			sim.n_files--;
	}
}

void uefi_files_reset(void)
{
	kernel_was_read = false;
	reads_of_changing = 0;
	if (!uefi.disk_stays) {
		undo_names();
		undo_writes();
	}
	memset(handle, 0, sizeof(handle));
	log_file.size = uefi_report.log_size = uefi.log_before;
	has_log = uefi.log_before != 0;
	memset(uefi_report.log_file, 'x', sizeof(uefi_report.log_file));
	memset(was_opened, 0, sizeof(was_opened));
}

size_t uefi_volumes_open(void)
{
	size_t n = 0;

	for (size_t i = 0; i < HANDLES; i++)
		n += handle[i].open && handle[i].file == NULL && handle[i].folder == NULL;
	return n;
}

bool uefi_files_dirty(void)
{
	for (size_t i = 0; i < HANDLES; i++)
		if (handle[i].open && handle[i].dirty)
			return true;
	return false;
}

size_t uefi_files_open(void)
{
	size_t n = 0;

	for (size_t i = 0; i < HANDLES; i++)
		n += handle[i].open;
	return n;
}
