/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of a kernel as the loader makes it of its entry and of the drop-ins for all (efi/dropins.c). */
#ifndef BERTH_TOOL_DROPPED_H
#define BERTH_TOOL_DROPPED_H

#include "../config/entry.h"
#include "../install/volume.h"

/*
 * Gives @entry the drop-ins, which stay where they are as long as the command runs: there is one ESP. What the loader
 * leaves out of them is left out, and said.
 */
void dropped_into(struct entry *entry, const struct fw_volume *esp);

/*
 * To @out, of @room bytes. BAD_INPUT when there is no room for the line.
 */
enum status dropped_command_line(struct entry *entry, const struct fw_volume *esp, char *out, size_t room,
				 struct fail *why) MUST_CHECK;

#endif
