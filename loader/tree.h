/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree of an entry or of firmware, for kernels that are told by one. */
#ifndef BERTH_LOADER_TREE_H
#define BERTH_LOADER_TREE_H

#include "attempt.h"

#define TREE_FIX_ROOM KIB(64) /* for what firmware adds to a tree: U-Boot 2023.01 asks for 12 KiB */

/*
 * For a kernel that takes a device tree: the entry's, of which only the length is known until boot_read_tree, else
 * firmware's. BAD_INPUT when it is not one.
 */
enum status boot_find_tree(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;
enum status boot_read_tree(struct boot *b, struct fail *why) MUST_CHECK;

/*
 * REFUSED where nobody may be given a tree of a file, because nobody has signed one: unless Secure Boot is off, or the
 * entry has a @record in berth.sums.
 */
enum status boot_may_give_tree(enum secure_boot state, const struct entry *entry, struct word record,
			       struct fail *why) MUST_CHECK;

/*
 * For a program, which firmware places, after boot_clear() and with its b->record: the entry's tree, or firmware's,
 * with the entry's overlays. It stays until boot_give_back(); the files are open until boot_close(). BAD_INPUT, too,
 * when this loader reads no trees.
 */
enum status boot_program_tree(struct boot *b, const struct entry *entry, const struct tree_reader **reader,
			      struct tree *tree, struct fail *why) MUST_CHECK;

#endif
