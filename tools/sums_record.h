/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of entries, as `berth sums` writes them, and as `berth check` compares them with what is there now. */
#ifndef BERTH_TOOL_SUMS_RECORD_H
#define BERTH_TOOL_SUMS_RECORD_H

#include "catalogue.h"

/* Writes the lines of an entry's record, its `entry` first. Says which file is not there, or why it has no record. */
enum status sums_add_record(FILE *out, struct entry *entry, const struct fw_volume *esp, struct fail *why) MUST_CHECK;

/* Says of each entry with a kernel what is not as the berth.sums of @esp has it, if there is one. The signature
 * is not checked. */
void sums_judge(struct checked_tree *tree, const struct fw_volume *esp);

#endif
