/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot_params, the "zero page" that x86 Linux is entered with, and all that hangs on it.
 * Source: Linux Documentation/arch/x86/zero-page.rst and boot.rst; arch/x86/include/uapi/asm/bootparam.h.
 */
#ifndef BERTH_BOOT_PARAMS_H
#define BERTH_BOOT_PARAMS_H

#include "bzimage.h"
#include "../handoff.h"
#include "../../plan/request.h"

struct cargo;

#define BOOT_PARAMS_SIZE   4096
#define E820_ZEROPAGE_ROOM 128
#define SETUP_RNG_SEED	   9 /* setup_data.h */

/*
 * Carves boot_params, the command line, setup_data and the room for the final memory map out of handoff->block and
 * fills them; with block.at == NULL it only measures. The memory must be zeroed beforehand.
 */
void boot_params_describe(const struct bzimage *k, const struct cargo *cargo, const struct plan *plan,
			  const struct machine *machine, const struct findings *found, struct handoff *handoff);

/* After ExitBootServices: e820 and efi_info from firmware's final map. Cannot fail: the room was taken before. */
void boot_params_finish(struct handoff *handoff, const struct final_map *final);

#endif
