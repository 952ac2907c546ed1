/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device tree tells of a RISC-V machine: its boot hart, the page tables that its harts have, and the memory that
 * is reserved.
 */
#ifndef BERTH_RISCV_TREE_H
#define BERTH_RISCV_TREE_H

#include "../handoff.h"
#include "../tree/tree.h"

/*
 * Fills in found->reserved, found->levels and, unless firmware's protocol has told it, the hart. A property
 * that its binding does not allow counts as absent, as in Linux. BAD_INPUT when more ranges are reserved than there is
 * room for. Rules: R2, R3.
 */
enum status riscv_learn_tree(const struct tree *tree, const struct machine *machine, struct findings *found,
			     struct fail *why) MUST_CHECK;

#endif
