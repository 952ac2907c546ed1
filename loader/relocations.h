/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernels that are moved: to the addresses where they lie, or to random virtual ones by the table that comes with them.
 */
#ifndef BERTH_RELOCATIONS_H
#define BERTH_RELOCATIONS_H

#include "attempt.h"

/* Whether a file beside the kernel has the table, where the kernel has none itself. */
enum status boot_find_relocs(struct boot *b, struct fail *why) MUST_CHECK;

/* Reads it, or the one behind a prepared kernel: once all places are claimed, for its memory may be anywhere. */
enum status boot_read_relocs(struct boot *b, struct fail *why) MUST_CHECK;

/* What a bzImage's decompressor does as well, and then what the image wants to run where it lies. */
enum status boot_relocate(struct boot *b, struct fail *why) MUST_CHECK;

/* Where the kernel's first byte lies until exit; an image that must be in one piece follows from there on. */
uint8_t *boot_kernel_now(const struct boot *b);

#endif
