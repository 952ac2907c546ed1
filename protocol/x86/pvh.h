/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that are no Linux and say by a note how they are entered: Xen's x86/HVM direct boot ABI, PVH.
 * Source: Xen docs/misc/pvh.pandoc; xen/include/public/arch-x86/hvm/start_info.h; xen/include/public/elfnote.h.
 */
#ifndef BERTH_PVH_H
#define BERTH_PVH_H

#include "../elf/elf.h"

struct image;
struct protocol;

/*
 * An ELF file for x86; @head and @file_size as elf_parse has them. NOT_FOUND when it is no ELF file; BAD_INPUT when it
 * is broken, for another CPU, or has no notes. What it is entered by its notes tell, which learn() is to be given.
 */
enum status pvh_identify(struct image *image, struct bytes head, uint64_t file_size, struct fail *why) MUST_CHECK;

/* Makes @image, whose elf and pvh were read, one that is entered so. BAD_INPUT when no note said how. Rules: E1, E3. */
enum status pvh_take(struct image *image, struct fail *why) MUST_CHECK;

extern const struct protocol pvh_protocol;

#endif
