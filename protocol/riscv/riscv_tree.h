/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device tree tells of a RISC-V machine: its boot hart, the page tables that its harts have, and the memory that
 * is kept for somebody else.
 */
#ifndef BERTH_RISCV_TREE_H
#define BERTH_RISCV_TREE_H

#include "../handoff.h"
#include "../tree/tree.h"

/*
 * Fills in machine->reserved, machine->riscv.levels and, unless firmware's protocol has told it, the hart. A property
 * of a form that its binding does not have counts as absent, as it does for Linux. BAD_INPUT when more memory is
 * reserved, in pieces, than there is room for. Rules: R2, R3.
 */
enum status riscv_learn_tree(const struct tree *tree, struct machine *machine, struct fail *why) MUST_CHECK;

#endif
