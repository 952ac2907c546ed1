/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree of an entry or of firmware, for kernels that are told by one. */
#ifndef BERTH_LOADER_TREE_H
#define BERTH_LOADER_TREE_H

#include "attempt.h"

/*
 * For a kernel that takes a device tree: the entry's, of which only the length is known until boot_read_tree, else
 * firmware's. BAD_INPUT when it is not one.
 */
enum status boot_find_tree(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;
enum status boot_read_tree(struct boot *b, struct fail *why) MUST_CHECK;

#endif
