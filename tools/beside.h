/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that is made under a name beside its own, and takes its own when all of it is on the disk: whoever boots by it
 * finds the old one or the new one, also after a power cut or an error.
 */
#ifndef BERTH_TOOL_BESIDE_H
#define BERTH_TOOL_BESIDE_H

#include "../base/fail.h"
#include "../install/volume.h"

/* The name beside @path; BAD_INPUT when it is too long. */
enum status beside_name(const char *path, char out[HOST_PATH], struct fail *why) MUST_CHECK;

/* What was made as @beside is @path now. IO_ERROR: neither is changed. */
enum status beside_take(const char *beside, const char *path, struct fail *why) MUST_CHECK;

#endif
