/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk image that a copy is to take the place of: nobody else may be writing to it. */
#ifndef BERTH_INSTALL_HOLD_H
#define BERTH_INSTALL_HOLD_H

#include "../base/fail.h"

/*
 * Opens @path, an absolute one without links in it, for reading. Until *file is closed other tools that ask as this one
 * does find it in use. IO_ERROR: it cannot be read, or is in use by a running QEMU, a loop device or such a tool.
 */
enum status hold_image(const char *path, int *file, struct fail *why) MUST_CHECK;

#endif
