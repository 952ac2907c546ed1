/* SPDX-License-Identifier: BSD-2-Clause */
/* What nobody else may be writing to meanwhile: a disk image that a copy is to take the place of, or a folder. */
#ifndef BERTH_INSTALL_HOLD_H
#define BERTH_INSTALL_HOLD_H

#include "../base/fail.h"

/*
 * Opens @path, an absolute one without links in it, for reading. Until *file is closed other tools that ask as this one
 * does find it in use. IO_ERROR: it cannot be read, or is in use by a running QEMU, a loop device or such a tool.
 */
enum status hold_image(const char *path, int *file, struct fail *why) MUST_CHECK;

/*
 * Waits until no other run of Berth's holds the folder, and holds it until the handle that is returned is closed. -1:
 * it cannot be held; whoever may read a folder may hold it for ever, and is to keep no kernel from coming.
 */
#define HOLD_SECONDS 60
int hold_folder(const char *path);

#endif
