/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel is told by a device tree's /chosen: the command line, the initrd, and how to find UEFI.
 * Source: Devicetree Specification v0.4, 3.6; dt-schema schemas/chosen.yaml; Linux Documentation/arch/arm/uefi.rst,
 * drivers/firmware/efi/libstub/fdt.c and drivers/firmware/efi/fdtparams.c.
 *
 * The tree is the first piece of the handoff block. A block whose start is a multiple of a power of two that holds the
 * tree keeps it inside one region of any larger power.
 */
#ifndef BERTH_CHOSEN_H
#define BERTH_CHOSEN_H

#include "../image.h"

/* How trees are read and told of. */
extern const struct tree_reader tree_reader;

/*
 * What the tree asks of the handoff block. @most: how large a tree the kernel takes, a power of two, and by which rule;
 * the tree will lie within one region of that size. BAD_INPUT, signed with the rule, when it is larger.
 */
enum status chosen_demand(const struct cargo *cargo, struct bound most, struct request *handoff,
			  struct fail *why) MUST_CHECK;

/*
 * Carves the tree and firmware's last memory map out of the empty handoff block, and fills in all that is known before
 * exit; the kernel is entered where it lies, with the tree. handoff->tree_error: libfdt's error, or 0.
 */
void chosen_describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		     const struct machine *machine, const struct findings *found, struct handoff *handoff);

/* Writes where the last memory map is, and how it is laid out. */
void chosen_finish(struct handoff *handoff, const struct final_map *final);

#endif
