/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* locks of open files */

#include "hold.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_DEVICES "/sys/block"

/* A running QEMU holds locks of bytes of its image (fcntl(2), open file description locks). */
static bool is_locked(int file)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Linux Documentation/ABI/testing/sysfs-block-loop: the path of its file, with the end of a line. */
static bool is_behind(const char *device, const char *path)
{
	char name[512], backing[4096] = "";
	FILE *in;

	if (snprintf(name, sizeof(name), BLOCK_DEVICES "/%s/loop/backing_file", device) >= (int)sizeof(name))
		return false;
	in = fopen(name, "r");
	if (in == NULL)
		return false; /* no loop device, or none that is in use */
	if (fgets(backing, sizeof(backing), in) == NULL)
		backing[0] = '\0';
	(void)fclose(in);
	backing[strcspn(backing, "\n")] = '\0';
	return strcmp(backing, path) == 0;
}

/* It takes no lock, and would go on to write to the file that has lost its name. */
static bool has_loop_device(const char *path, char out[256])
{
	DIR *dir = opendir(BLOCK_DEVICES);
	const struct dirent *found;
	bool has_one = false;

	while (dir != NULL && !has_one && (found = readdir(dir)) != NULL) {
		has_one = is_behind(found->d_name, path);
		snprintf(out, 256, "%s", found->d_name);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return has_one;
}

/* Whoever had the lock before may have put another file in its place. */
static bool is_still_there(int file, const char *path)
{
	struct stat own, now;

	return fstat(file, &own) == 0 && stat(path, &now) == 0 && own.st_dev == now.st_dev && own.st_ino == now.st_ino;
}

static enum status check(int file, const char *path, struct fail *why)
{
	char device[256] = "";

	if (has_loop_device(path, device))
		return fail(why, IO_ERROR,
			    "%s is in use: /dev/%s is a loop device of it\n"
			    "  try: umount it, and losetup --detach /dev/%s; or --esp-path DIR, where it is mounted",
			    path, device, device);
	if (is_locked(file) || flock(file, LOCK_EX | LOCK_NB) != 0 || !is_still_there(file, path))
		return fail(why, IO_ERROR,
			    "%s is in use: a program holds a lock of it\n"
			    "  try: again when the machine that runs from it is off",
			    path);
	return OK;
}

int hold_folder(const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (unsigned int i = 0; folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) != 0; i++) {
		if (i == HOLD_SECONDS * 10) {
			(void)close(folder);
			return -1;
		}
		(void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	return folder;
}

enum status hold_image(const char *path, int *file, struct fail *why)
{
	enum status status;

	*file = open(path, O_RDONLY | O_CLOEXEC);
	if (*file < 0)
		return fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
	status = check(*file, path, why);
	if (status != OK) {
		(void)close(*file);
		*file = -1;
	}
	return status;
}
