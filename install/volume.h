/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder of this machine as a volume of firmware's: names are looked up as FAT does, in upper or lower case. */
#ifndef BERTH_INSTALL_VOLUME_H
#define BERTH_INSTALL_VOLUME_H

#include <stdbool.h>

#define HOST_PATH 4096 /* bytes with the NUL */

/* An entry's volume, of which the loader's own parsers only carry the address. */
struct fw_volume {
	const char *folder; /* of this machine */
	const char *name;   /* "esp" or "xbootldr" */
};

/* Where the file or folder @path, with backslashes, lies on this machine; false when it is not there. */
bool volume_path(const struct fw_volume *volume, const char *path, char out[HOST_PATH]);

/* The same of a file, and of nothing else. */
bool volume_has(const struct fw_volume *volume, const char *path, char out[HOST_PATH]);

/* Calls @each for every file in a folder, by name; false when there is no such folder. */
bool volume_list(const struct fw_volume *volume, const char *path, void (*each)(void *context, const char *name),
		 void *context);

bool volume_is_folder(const char *path);

#endif
