/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that are no Linux and say by a note how they are entered: Xen's x86/HVM direct boot ABI, PVH.
 * Source: Xen docs/misc/pvh.pandoc; xen/include/public/arch-x86/hvm/start_info.h; xen/include/public/elfnote.h.
 */
#ifndef BERTH_PVH_H
#define BERTH_PVH_H

struct protocol;
extern const struct protocol pvh_protocol;

#endif
