/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify, then place. Unless Secure Boot is known to be off, all bytes of the kernel's file are read once to memory of
 * the loader's, and verified there by firmware; from then on they are the kernel's file, and nothing of it is read from
 * the disk again. With a TPM and Secure Boot off they go the same way, so that what is measured is what is placed.
 *
 * Where a kernel that is not packed is placed, its file can lie so that nothing of it has to be copied. Its place is
 * then planned by the first bytes alone, and all that they say is found out again from the verified file.
 */
#ifndef BERTH_VERIFY_H
#define BERTH_VERIFY_H

#include "attempt.h"

/* Whether nothing may be used that was not verified: Secure Boot is on, or in a state that cannot be read. */
bool must_verify(const struct machine *machine);

/*
 * Reads and verifies all of b->kernel, which is open; or, when it can be verified where it is placed, reads its first
 * bytes. Unless OK nothing of it may be used: REFUSED when it is not trusted, or is a file that cannot be signed;
 * NO_PLACE when there is no memory for all of it; or why it cannot be read. Where nothing must be verified, what
 * firmware cannot measure is logged, and OK.
 */
enum status boot_verify(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;

/*
 * All places are claimed: a kernel that waits for that is read to its own, or beside it, and verified. Returns as
 * boot_verify(), and BAD_INPUT when it is another kernel than its first bytes said.
 */
enum status boot_verify_placed(struct boot *b, struct fail *why) MUST_CHECK;

/* Once more, after firmware may have written over it (rule C7). Nothing to do, and OK, for what was not verified. */
enum status boot_verify_again(struct boot *b, struct fail *why) MUST_CHECK;

/* What is known before a boot, by which all is verified: REFUSED where that may not be used. */
enum status boot_look_unverified(const struct machine *machine, struct fail *why) MUST_CHECK;

/* After each look at memory: no part is placed where the file is, whatever firmware's map says of it (rule C1). */
enum status boot_verify_keep(struct boot *b, struct fail *why) MUST_CHECK;

/* Gives back the memory of the file. */
void boot_verify_release(struct boot *b);

#endif
