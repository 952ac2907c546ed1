/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's file on this machine, identified as the loader does. */
#ifndef BERTH_TOOL_KERNEL_H
#define BERTH_TOOL_KERNEL_H

#include "../arch/arch.h"
#include "../kernel/identify.h"

/*
 * @loader_unpacks: as `decompress loader` in an entry. IO_ERROR when the file cannot be read, else as identify(), for a
 * kernel of any CPU. image->name is @path.
 */
enum status kernel_identify(struct image *image, const char *path, bool loader_unpacks, struct fail *why) MUST_CHECK;

/* Memory of this machine, for a decoder: take and give of struct packed. */
void *kernel_take(void *context, uint64_t size);
void kernel_give(void *context, void *at, uint64_t size);

/* Whether a file beside the kernel's may hold its relocation table, and is there: then @path is its name. */
bool kernel_beside(const struct image *image, const struct packed *packed, char *path, size_t room);

/* The CPU whose loader enters it. */
const struct arch *kernel_arch(const struct image *image);

#endif
