/* SPDX-License-Identifier: BSD-2-Clause */
#include "find.h"

#include "partition.h"

#include <dirent.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static bool is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *found;
	size_t n = 0;

	while (dir != NULL && (found = readdir(dir)) != NULL)
		n += strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0;
	if (dir != NULL)
		closedir(dir);
	return n == 0;
}

static bool is_fat(const char *folder)
{
	struct statfs system;

	return statfs(folder, &system) == 0 && system.f_type == MSDOS_SUPER_MAGIC;
}

/*
 * UEFI 2.10, 13.3: a FAT with a folder EFI. As names go there, /boot has one wherever /boot/efi is a mount point: with
 * another partition on it, that is on another device; without any, it is empty.
 */
static bool has_loaders(const char *folder)
{
	char path[HOST_PATH];
	struct stat root, efi;

	/* The path comes first: by it an automount happens. */
	return volume_path(&(struct fw_volume){folder, ""}, "\\EFI", path) && is_fat(folder) &&
	       stat(folder, &root) == 0 && stat(path, &efi) == 0 && root.st_dev == efi.st_dev && !is_empty(path);
}

static bool is_mounted(const char *folder)
{
	char above[HOST_PATH];
	struct stat own, parent;

	return snprintf(above, sizeof(above), "%s/..", folder) < (int)sizeof(above) && stat(folder, &own) == 0 &&
	       stat(above, &parent) == 0 && own.st_dev != parent.st_dev;
}

static bool is_of_kind(const char *folder, const char *udev, enum partition_kind kind)
{
	struct partition partition;

	if (!is_mounted(folder))
		return false;
	partition_of_folder(folder, udev, &partition);
	return partition.kind == kind;
}

bool find_esp(const char *root, const char *udev, char out[HOST_PATH])
{
	static const char *const usual[] = {"/efi", "/boot/efi", "/boot"};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (snprintf(out, HOST_PATH, "%s%s", root, usual[i]) < HOST_PATH &&
		    (has_loaders(out) || (udev != NULL && is_fat(out) && is_of_kind(out, udev, PARTITION_ESP))))
			return true;
	return false;
}

bool find_xbootldr(const char *root, const char *udev, char out[HOST_PATH])
{
	return snprintf(out, HOST_PATH, "%s/boot", root) < HOST_PATH && is_of_kind(out, udev, PARTITION_XBOOTLDR);
}
