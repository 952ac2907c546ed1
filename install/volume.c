/* SPDX-License-Identifier: BSD-2-Clause */
#include "volume.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* The name in @folder that is @wanted but for case; false when there is none. */
static bool find_name(const char *folder, const char *wanted, char out[256])
{
	DIR *dir = opendir(folder);
	const struct dirent *found;
	bool is_found = false;

	while (dir != NULL && !is_found && (found = readdir(dir)) != NULL)
		if (strcasecmp(found->d_name, wanted) == 0) {
			snprintf(out, 256, "%s", found->d_name);
			is_found = true;
		}
	if (dir != NULL)
		closedir(dir);
	return is_found;
}

/* Appends "/NAME"; false when it is not there, or too long. */
static bool enter(char path[HOST_PATH], const char *name)
{
	char found[256];
	struct stat stat_of;
	size_t used = strlen(path);

	if (used + 1 + strlen(name) >= HOST_PATH)
		return false;
	snprintf(path + used, HOST_PATH - used, "/%s", name);
	if (stat(path, &stat_of) == 0)
		return true;
	path[used] = '\0';
	if (!find_name(path, name, found) || used + 1 + strlen(found) >= HOST_PATH)
		return false;
	snprintf(path + used, HOST_PATH - used, "/%s", found);
	return stat(path, &stat_of) == 0;
}

bool volume_path(const struct fw_volume *volume, const char *path, char out[HOST_PATH])
{
	char name[256];

	if (snprintf(out, HOST_PATH, "%s", volume->folder) >= HOST_PATH)
		return false;
	while (*path != '\0') {
		size_t length = strcspn(path, "\\");

		if (length >= sizeof(name))
			return false;
		memcpy(name, path, length);
		name[length] = '\0';
		if (length != 0 && !enter(out, name))
			return false;
		path += length + (path[length] != '\0');
	}
	return true;
}

bool volume_has(const struct fw_volume *volume, const char *path, char out[HOST_PATH])
{
	struct stat found;

	return volume_path(volume, path, out) && stat(out, &found) == 0 && S_ISREG(found.st_mode);
}

bool volume_list(const struct fw_volume *volume, const char *path, void (*each)(void *context, const char *name),
		 void *context)
{
	char folder[HOST_PATH], file[HOST_PATH];
	struct dirent **list;
	int n;

	if (!volume_path(volume, path, folder))
		return false;
	n = scandir(folder, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		struct stat found;

		if (snprintf(file, sizeof(file), "%s/%s", folder, list[i]->d_name) < (int)sizeof(file) &&
		    stat(file, &found) == 0 && S_ISREG(found.st_mode))
			each(context, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return n >= 0;
}

bool volume_is_folder(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}
