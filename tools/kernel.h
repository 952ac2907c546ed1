/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's file on this machine, identified as the loader does it. */
#ifndef BERTH_TOOL_KERNEL_H
#define BERTH_TOOL_KERNEL_H

#include "../arch/arch.h"

/*
 * @loader_unpacks: as `decompress loader` in an entry. IO_ERROR when the file cannot be read, else as image_identify
 * and packed_identify. image->name is @path.
 */
enum status kernel_identify(struct image *image, const char *path, bool loader_unpacks, struct fail *why) MUST_CHECK;

/* The CPU whose loader enters it. */
const struct arch *kernel_arch(const struct image *image);

#endif
