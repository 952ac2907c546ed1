/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether an entry will boot on a machine: the loader's own boot, tried up to the kernel's first instruction (dry.h),
 * and how sure the answer is, by what is known of the machine (known.h).
 */
#ifndef BERTH_TOOL_VERDICT_H
#define BERTH_TOOL_VERDICT_H

#include "known.h"

/* Tries one entry of those that are shown, or every one; what will not boot is said to be wrong. */
void verdict_make(struct checked_tree *tree, struct checked *checked, const struct known *known,
		  const struct fw_volume *esp);
void verdicts_make(struct checked_tree *tree, const struct known *known, const struct fw_volume *esp);

/* "will boot", "likely boots", "will not boot", "unknown". */
const char *verdict_words(enum verdict_kind kind);

/* "kernel at 0x1000000 [C4], initrd at 0x3000000 [C4]" */
void verdict_places(struct text *out, const struct verdict *verdict);

#endif
