/* SPDX-License-Identifier: BSD-2-Clause */
/* A partition that is mounted in a folder, or a copy of one. */
#include "medium.h"
#include "volume.h"

#include "../config/entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/*
 * Where a file is, or will be: as much of the path as there is, in the case that it has there. False when it is too
 * long.
 */
static bool place_of(const struct medium *medium, const char *path, char out[HOST_PATH])
{
	const struct fw_volume volume = {medium->name, ""};
	char parent[MAX_PATH_TEXT];
	const char *last = strrchr(path, '\\');
	size_t length = (size_t)(last - path), used;

	if (volume_path(&volume, path, out))
		return true;
	if (length >= sizeof(parent))
		return false;
	memcpy(parent, path, length);
	parent[length] = '\0';
	if (length == 0)
		snprintf(out, HOST_PATH, "%s", medium->name);
	else if (!place_of(medium, parent, out))
		return false;
	used = strlen(out);
	return snprintf(out + used, HOST_PATH - used, "/%s", last + 1) < (int)(HOST_PATH - used);
}

static enum status wrong(const struct medium *medium, const char *path, struct fail *why)
{
	char shown[MEDIUM_PATH];
	int error = errno;

	medium_shown(medium, path, shown);
	return fail(why, IO_ERROR, "%s: %s", shown, strerror(error));
}

#define PLACE(medium, path, out, why)                                                                                  \
	do {                                                                                                           \
		if (!place_of(medium, path, out)) {                                                                    \
			errno = ENAMETOOLONG;                                                                          \
			return wrong(medium, path, why);                                                               \
		}                                                                                                      \
	} while (0)

/* A folder's own entry is on the disk when this returns. */
static enum status sync_parent(const struct medium *medium, const char *path, const char *place, struct fail *why)
{
	char folder[HOST_PATH];
	int file;
	bool is_synced;

	snprintf(folder, sizeof(folder), "%s", place);
	*strrchr(folder, '/') = '\0';
	file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_synced = file >= 0 && fsync(file) == 0;
	if (!is_synced)
		(void)wrong(medium, path, why);
	if (file >= 0)
		(void)close(file);
	return is_synced ? OK : IO_ERROR;
}

/* ---- reading ---- */

static enum status read_open(const struct medium *medium, const char *path, int file, struct bytes *out,
			     struct fail *why)
{
	char shown[MEDIUM_PATH];
	struct stat found;
	size_t size, used = 0;
	uint8_t *at;

	if (fstat(file, &found) != 0)
		return wrong(medium, path, why);
	if (!S_ISREG(found.st_mode) || (uint64_t)found.st_size > MEDIUM_FILE) {
		medium_shown(medium, path, shown);
		return fail(why, BAD_INPUT, "%s: not a file, or one of more than %u bytes", shown, MEDIUM_FILE);
	}
	size = (size_t)found.st_size;
	at = malloc(size + 1); /* so that an empty one has an address too */
	while (at != NULL && used < size) {
		ssize_t got = read(file, at + used, size - used);

		if (got < 0) {
			free(at);
			return wrong(medium, path, why);
		}
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*out = (struct bytes){at, used};
	return at != NULL ? OK : wrong(medium, path, why);
}

static enum status folder_read(struct medium *medium, const char *path, struct bytes *out, struct fail *why)
{
	char place[HOST_PATH];
	enum status status;
	int file;

	*out = (struct bytes){NULL, 0};
	PLACE(medium, path, place, why);
	file = open(place, O_RDONLY | O_CLOEXEC);
	if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(why, NOT_FOUND, "%s: there is no such file", place);
	if (file < 0)
		return wrong(medium, path, why);
	status = read_open(medium, path, file, out, why);
	(void)close(file);
	return status;
}

/* No FAT has a name with a backslash; on another file system "..\\..\\x" would be taken for a path, and lead out. */
static bool is_name(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strchr(name, '\\') == NULL;
}

static enum status folder_list(struct medium *medium, const char *path, void (*each)(void *context, const char *name),
			       void *context, struct fail *why)
{
	const struct dirent *found;
	char place[HOST_PATH];
	DIR *dir;

	PLACE(medium, path, place, why);
	dir = opendir(place);
	if (dir == NULL && (errno == ENOENT || errno == ENOTDIR))
		return fail(why, NOT_FOUND, "%s: there is no such folder", place);
	if (dir == NULL)
		return wrong(medium, path, why);
	while ((found = readdir(dir)) != NULL)
		if (is_name(found->d_name))
			each(context, found->d_name);
	(void)closedir(dir);
	return OK;
}

static enum status folder_room(struct medium *medium, uint64_t *bytes, struct fail *why)
{
	struct statvfs found;

	if (statvfs(medium->name, &found) != 0)
		return wrong(medium, "", why);
	*bytes = (uint64_t)found.f_bavail * found.f_frsize;
	return OK;
}

#define PIECE 65536 /* bytes of a file that are in memory */

/* As many bytes as there are, PIECE at most; less than that is the end. Negative: an error. */
static ssize_t read_piece(int file, uint8_t out[PIECE])
{
	size_t used = 0;

	while (used < PIECE) {
		ssize_t got = read(file, out + used, PIECE - used);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static bool are_same(int a, int b)
{
	static uint8_t piece[2][PIECE];
	ssize_t got;

	do {
		got = read_piece(a, piece[0]);
		if (got < 0 || read_piece(b, piece[1]) != got || memcmp(piece[0], piece[1], (size_t)got) != 0)
			return false;
	} while (got == PIECE);
	return true;
}

static enum status folder_compare(struct medium *medium, const char *path, const char *source, uint64_t *size,
				  bool *is_same, struct fail *why)
{
	char place[HOST_PATH];
	struct stat found;
	int file, other;

	*is_same = false;
	PLACE(medium, path, place, why);
	if (stat(place, &found) != 0)
		return errno == ENOENT || errno == ENOTDIR ? fail(why, NOT_FOUND, "%s: there is no such file", place)
							   : wrong(medium, path, why);
	if (!S_ISREG(found.st_mode))
		return fail(why, BAD_INPUT, "%s: not a file", place);
	file = open(place, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return wrong(medium, path, why);
	*size = (uint64_t)found.st_size;
	other = source != NULL ? open(source, O_RDONLY | O_CLOEXEC) : -1;
	/* One that cannot be read differs, and to copy it will say why. */
	if (other >= 0) {
		*is_same = fstat(other, &found) == 0 && (uint64_t)found.st_size == *size && are_same(file, other);
		(void)close(other);
	}
	(void)close(file);
	return OK;
}

/* ---- writing ---- */

static enum status folder_make(struct medium *medium, const char *path, struct fail *why)
{
	char place[HOST_PATH];

	PLACE(medium, path, place, why);
	if (mkdir(place, 0755) != 0)
		return wrong(medium, path, why);
	return sync_parent(medium, path, place, why);
}

static bool write_all(int file, struct bytes data)
{
	while (data.size != 0) {
		ssize_t done = write(file, data.at, data.size);

		if (done < 0)
			return false;
		data.at += done;
		data.size -= (size_t)done;
	}
	return true;
}

/* All that @from has behind its place. */
static bool copy_all(int file, int from)
{
	static uint8_t piece[PIECE];
	ssize_t got;

	do {
		got = read_piece(from, piece);
		if (got < 0 || !write_all(file, (struct bytes){piece, (size_t)got}))
			return false;
	} while (got == PIECE);
	return true;
}

/* @from: a file to copy, or negative. What is not whole on the disk is gone again. */
static enum status put_file(struct medium *medium, const char *path, struct bytes data, int from, struct fail *why)
{
	char place[HOST_PATH];
	bool is_written;
	int file;

	PLACE(medium, path, place, why);
	/* A link of that name would lead the writing elsewhere. */
	file = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return wrong(medium, path, why);
	is_written = (from >= 0 ? copy_all(file, from) : write_all(file, data)) && fsync(file) == 0;
	if (!is_written)
		(void)wrong(medium, path, why);
	(void)close(file);
	if (is_written)
		return OK;
	(void)unlink(place);
	return IO_ERROR;
}

static enum status folder_write(struct medium *medium, const char *path, struct bytes data, struct fail *why)
{
	return put_file(medium, path, data, -1, why);
}

static enum status folder_copy(struct medium *medium, const char *path, const char *source, struct fail *why)
{
	int from = open(source, O_RDONLY | O_CLOEXEC);
	enum status status;

	if (from < 0)
		return fail(why, IO_ERROR, "%s: %s", source, strerror(errno));
	status = put_file(medium, path, (struct bytes){NULL, 0}, from, why);
	(void)close(from);
	return status;
}

static enum status folder_rename(struct medium *medium, const char *from, const char *to, struct fail *why)
{
	char place[HOST_PATH], target[HOST_PATH];

	PLACE(medium, from, place, why);
	PLACE(medium, to, target, why);
	if (rename(place, target) != 0)
		return wrong(medium, to, why);
	return sync_parent(medium, to, target, why);
}

static enum status folder_remove(struct medium *medium, const char *path, struct fail *why)
{
	char place[HOST_PATH];

	PLACE(medium, path, place, why);
	if (unlink(place) != 0)
		return wrong(medium, path, why);
	return sync_parent(medium, path, place, why);
}

static enum status folder_remove_folder(struct medium *medium, const char *path, struct fail *why)
{
	char place[HOST_PATH];

	PLACE(medium, path, place, why);
	if (rmdir(place) != 0)
		return wrong(medium, path, why);
	return sync_parent(medium, path, place, why);
}

/* Each call has done it. */
static enum status folder_finish(struct medium *medium, struct fail *why)
{
	(void)medium;
	(void)why;
	return OK;
}

static void folder_close(struct medium *medium)
{
	(void)medium;
}

static const struct medium_calls calls = {
    .read = folder_read,
    .list = folder_list,
    .room = folder_room,
    .compare = folder_compare,
    .make_folder = folder_make,
    .write = folder_write,
    .copy = folder_copy,
    .rename = folder_rename,
    .remove = folder_remove,
    .remove_folder = folder_remove_folder,
    .finish = folder_finish,
    .close = folder_close,
};

enum status folder_open(struct medium *medium, const char *folder, const char *udev, struct fail *why)
{
	size_t length = strlen(folder);

	*medium = (struct medium){.calls = &calls, .rm = "rm", .rmdir = "rmdir"};
	while (length > 1 && folder[length - 1] == '/')
		length--;
	if (length >= sizeof(medium->name) || !volume_is_folder(folder))
		return fail(why, IO_ERROR, "%s: not a folder", folder);
	memcpy(medium->name, folder, length);
	memcpy(medium->prefix, folder, length);
	partition_of_folder(folder, udev, &medium->partition);
	return OK;
}
