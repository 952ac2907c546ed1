/* SPDX-License-Identifier: BSD-2-Clause */
/* Volumes that are folders of this machine, and their files. */
#ifndef BERTH_VOLUME_READ_H
#define BERTH_VOLUME_READ_H

#include "../base/bytes.h"
#include "../base/fail.h"
#include "../install/volume.h"

/* All of a file; what is read is for free(). NOT_FOUND when it is not there; IO_ERROR when it cannot be read. */
enum status volume_read(const struct fw_volume *volume, const char *path, struct bytes *bytes,
			struct fail *why) MUST_CHECK;

/*
 * What --esp and --xbootldr name, NULL where they are not given: both must be folders, and without the first the system
 * partition is looked for, whose folder then stands in @found. 0, or the command's exit status once that is told.
 */
int volume_options(const char **esp, const char *xbootldr, char found[HOST_PATH]);

#endif
