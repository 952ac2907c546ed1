/* SPDX-License-Identifier: BSD-2-Clause */
#include "volume_read.h"

#include "tool.h"
#include "../install/find.h"

enum status volume_read(const struct fw_volume *volume, const char *path, struct bytes *bytes, struct fail *why)
{
	char found[HOST_PATH];
	uint64_t size;

	if (!volume_has(volume, path, found))
		return fail(why, NOT_FOUND, "%s: no such file in %s", path, volume->folder);
	return file_head(found, SIZE_MAX - 1, bytes, &size, why);
}

int volume_options(const char **esp, const char *xbootldr, char found[HOST_PATH])
{
	if (*esp == NULL && find_esp("", NULL, found))
		*esp = found;
	if (*esp == NULL)
		return complain("no EFI system partition is mounted at /efi, /boot/efi or /boot, or it cannot be read\n"
				"  try: as root, or --esp DIR");
	if (!volume_is_folder(*esp))
		return complain("%s: not a folder", *esp);
	if (xbootldr != NULL && !volume_is_folder(xbootldr))
		return complain("%s: not a folder", xbootldr);
	return 0;
}
