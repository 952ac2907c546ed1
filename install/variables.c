/* SPDX-License-Identifier: BSD-2-Clause */
#include "variables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ATTRIBUTES 4 /* bytes before the value */
#define PATH_ROOM  (4096 + VARIABLE_NAME)

static bool place_of(const char *folder, const char *name, char out[PATH_ROOM])
{
	return snprintf(out, PATH_ROOM, "%s/%s", folder, name) < PATH_ROOM;
}

static enum status wrong(const char *path, struct fail *why)
{
	return fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
}

enum status variable_read(const char *folder, const char *name, struct variable *out, struct fail *why)
{
	static uint8_t bytes[ATTRIBUTES + VARIABLE_MOST + 1];
	char path[PATH_ROOM];
	ssize_t got;
	int file;

	if (!place_of(folder, name, path))
		return fail(why, BAD_INPUT, "%s: too long", name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 && errno == ENOENT)
		return fail(why, NOT_FOUND, "%s: there is no such variable", path);
	if (file < 0)
		return wrong(path, why);
	got = read(file, bytes, sizeof(bytes)); /* efivarfs gives all of it at once */
	(void)close(file);
	if (got < 0)
		return wrong(path, why);
	if (got < ATTRIBUTES || (size_t)got == sizeof(bytes))
		return fail(why, BAD_INPUT, "%s: %zd bytes; a variable has %d, and at most %d more", path, got,
			    ATTRIBUTES, VARIABLE_MOST);
	out->attributes = (uint32_t)load_le(bytes, ATTRIBUTES);
	out->size = (size_t)got - ATTRIBUTES;
	memcpy(out->value, bytes + ATTRIBUTES, out->size);
	return OK;
}

/* On a folder of another file system there is no such mark, and nothing to take off. */
static void take_mark_off(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), flags;

	if (file < 0)
		return;
	if (ioctl(file, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_IMMUTABLE_FL) != 0) {
		flags &= ~FS_IMMUTABLE_FL;
		(void)ioctl(file, FS_IOC_SETFLAGS, &flags); /* what follows says whether it helped */
	}
	(void)close(file);
}

/* Where a file is not a variable what stood behind stays, unless it is cut off. */
static bool write_once(int file, const uint8_t *bytes, size_t size)
{
	struct statfs system;

	if (write(file, bytes, size) != (ssize_t)size || fstatfs(file, &system) != 0)
		return false;
	return (uint32_t)system.f_type == EFIVARFS_MAGIC || ftruncate(file, (off_t)size) == 0;
}

enum status variable_write(const char *folder, const char *name, uint32_t attributes, struct bytes value,
			   bool is_secret, struct fail *why)
{
	uint8_t bytes[ATTRIBUTES + VARIABLE_MOST];
	char path[PATH_ROOM];
	enum status status = OK;
	int file;

	if (!place_of(folder, name, path) || value.size > VARIABLE_MOST)
		return fail(why, BAD_INPUT, "%s: too long", name);
	store_le(bytes, ATTRIBUTES, attributes);
	memcpy(bytes + ATTRIBUTES, value.at, value.size);
	take_mark_off(path);
	file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, is_secret ? 0600 : 0644);
	if (file < 0)
		return wrong(path, why);
	if (!write_once(file, bytes, ATTRIBUTES + value.size))
		status = wrong(path, why);
	(void)close(file);
	return status;
}

enum status variable_delete(const char *folder, const char *name, struct fail *why)
{
	char path[PATH_ROOM];

	if (!place_of(folder, name, path))
		return fail(why, BAD_INPUT, "%s: too long", name);
	take_mark_off(path);
	return unlink(path) == 0 || errno == ENOENT ? OK : wrong(path, why);
}

enum status variables_list(const char *folder, void (*each)(void *context, const char *name), void *context,
			   struct fail *why)
{
	DIR *dir = opendir(folder);
	const struct dirent *found;

	if (dir == NULL)
		return wrong(folder, why);
	while ((found = readdir(dir)) != NULL)
		each(context, found->d_name);
	(void)closedir(dir);
	return OK;
}

enum variables_access variables_access(const char *folder)
{
	struct stat found;

	if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
		return VARIABLES_NONE;
	return access(folder, W_OK) == 0 ? VARIABLES_WRITABLE : VARIABLES_READ_ONLY;
}

/* 0 or 1; 2: it is there and is neither; -1: there is none. */
static int flag(const char *folder, const char *name)
{
	struct variable found;
	struct fail why;
	enum status status = variable_read(folder, name, &found, &why);

	if (status == NOT_FOUND)
		return -1;
	return status == OK && found.size == 1 && found.value[0] <= 1 ? found.value[0] : 2;
}

enum secure_state variables_secure_boot(const char *folder)
{
	int on = flag(folder, "SecureBoot-" GLOBAL_GUID), setup = flag(folder, "SetupMode-" GLOBAL_GUID);

	if (variables_access(folder) == VARIABLES_NONE)
		return SECURE_STATE_UNKNOWN;
	return on == -1 || on == 0 || (on == 1 && setup == 1) ? SECURE_STATE_OFF : SECURE_STATE_ON;
}
