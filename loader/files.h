/* SPDX-License-Identifier: BSD-2-Clause */
/* What the user named, and what it is: opens an entry's files, and reads what identifies the kernel. */
#ifndef BERTH_FILES_H
#define BERTH_FILES_H

#include "attempt.h"

/* The start of an attempt: nothing is known, nothing held. */
void boot_clear(struct boot *b);

/* Kernel and initrds, whose sizes are summed up, and the command line. NOT_FOUND names the missing file. */
enum status boot_open(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;

/* Which kernel that is, and whether a relocation table lies beside it. BAD_INPUT when it cannot be booted here. */
enum status boot_identify(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;

/* Closes all files; more than once does no harm. */
void boot_close(struct boot *b);

/*
 * Gives back what was taken for reading. Not before entering a kernel, whose RAM it becomes anyway: firmware may clear
 * what it gets back; OVMF does, one instruction per byte.
 */
void boot_give_back(struct boot *b);

#endif
