/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's file on this machine, identified as the loader does. */
#ifndef BERTH_TOOL_KERNEL_H
#define BERTH_TOOL_KERNEL_H

#include "../arch/arch.h"
#include "../protocol/image.h"

/*
 * @loader_unpacks: as `decompress loader` in an entry. IO_ERROR when the file cannot be read, else as identify(), for a
 * kernel of any CPU. image->name is @path.
 */
enum status kernel_identify(struct image *image, const char *path, bool loader_unpacks, struct fail *why) MUST_CHECK;

/* The CPU whose loader enters it. */
const struct arch *kernel_arch(const struct image *image);

#endif
