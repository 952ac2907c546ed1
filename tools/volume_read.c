/* SPDX-License-Identifier: BSD-2-Clause */
#include "volume_read.h"

#include "tool.h"

enum status volume_read(const struct fw_volume *volume, const char *path, struct bytes *bytes, struct fail *why)
{
	char found[HOST_PATH];
	uint64_t size;

	if (!volume_has(volume, path, found))
		return fail(why, NOT_FOUND, "%s: no such file in %s", path, volume->folder);
	return file_head(found, SIZE_MAX - 1, bytes, &size, why);
}
