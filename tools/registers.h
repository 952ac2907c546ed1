/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a TPM's registers will hold when an entry has booted, before the system measures: foreseen from firmware's log
 * of an earlier boot by Berth, of this entry or another, and from what will be measured from the loader's start on.
 */
#ifndef BERTH_TOOL_REGISTERS_H
#define BERTH_TOOL_REGISTERS_H

#include "measured.h"

#define PCRS 24

struct registers {
	uint8_t pcr[PCRS][SHA256_SIZE];
	const char *unknown[PCRS]; /* why that one cannot be told; NULL: it is in pcr[] */
};

/*
 * What the log has up to the loader's start stays, and so does what firmware measured later. The loader's own sum is
 * that of its file as it is now, and all that it will have measured takes the place of what the log has of that; what
 * the kernel or program of that boot measured is left out. BAD_INPUT when it is no log with sums of SHA-256, or not a
 * whole one.
 */
enum status registers_foresee(struct registers *registers, const struct measurements *m, const struct entry *entry,
			      const struct arch *arch, const struct fw_volume *esp, struct bytes log,
			      struct fail *why) MUST_CHECK;

#endif
