/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of a volume that is a folder of this machine. */
#ifndef BERTH_VOLUME_READ_H
#define BERTH_VOLUME_READ_H

#include "../base/bytes.h"
#include "../base/fail.h"
#include "../install/volume.h"

/* All of a file; what is read is for free(). NOT_FOUND when it is not there; IO_ERROR when it cannot be read. */
enum status volume_read(const struct fw_volume *volume, const char *path, struct bytes *bytes,
			struct fail *why) MUST_CHECK;

#endif
