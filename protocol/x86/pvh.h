/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels other than Linux that say in a note how they are entered: Xen's x86/HVM direct boot ABI, PVH.
 * Source: Xen docs/misc/pvh.pandoc; xen/include/public/arch-x86/hvm/start_info.h; xen/include/public/elfnote.h.
 */
#ifndef BERTH_PVH_H
#define BERTH_PVH_H

#include "../image.h"

/* Makes @image, whose elf and pvh were read, one entered by PVH. BAD_INPUT when no note says how. Rules: E1, E3. */
enum status pvh_take(struct image *image, struct fail *why) MUST_CHECK;

/*
 * Any ELF file for x86 that has notes, which learn() is to be given: they tell how it is entered. Stands behind vmlinux
 * in the list.
 */
extern const struct protocol pvh_protocol;

#endif
