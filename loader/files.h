/* SPDX-License-Identifier: BSD-2-Clause */
/* What the user named, and what it is: opens an entry's files, and reads of the kernel what tells of it. */
#ifndef BERTH_FILES_H
#define BERTH_FILES_H

#include "attempt.h"

/* Kernel and initrds, whose sizes are summed up, and the command line. NOT_FOUND names the file that is not there. */
enum status boot_open(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;

/*
 * The kernel's head, by which its protocol knows it; the image inside of a packed one; a relocation table beside it;
 * the further pieces that its protocol asks for. BAD_INPUT when it is no kernel that can be booted.
 */
enum status boot_identify(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;

/* The table beside the kernel, if there is one: once all places are claimed, for its memory may be anywhere. */
enum status boot_read_relocs(struct boot *b, struct fail *why) MUST_CHECK;

/*
 * For a kernel that is told by a device tree: the one that the entry names, of which only the length is known until
 * boot_read_tree, else firmware's. BAD_INPUT when it is none.
 */
enum status boot_find_tree(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;
enum status boot_read_tree(struct boot *b, struct fail *why) MUST_CHECK;

/* Linux's relocation table, of whichever file; empty when the kernel has none. */
struct bytes boot_relocations(const struct boot *b);
const char *boot_relocations_in(const struct boot *b);

/* Closes all files; more than once does no harm. */
void boot_close(struct boot *b);

/*
 * Gives back what was taken for reading. Not on the way to the kernel, whose RAM it is then: firmware may clear what it
 * gets back, and OVMF does, at an instruction for each byte.
 */
void boot_give_back(struct boot *b);

#endif
