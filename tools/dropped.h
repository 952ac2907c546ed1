/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of a kernel as the loader makes it of its entry and of the drop-ins for all (efi/dropins.c). */
#ifndef BERTH_TOOL_DROPPED_H
#define BERTH_TOOL_DROPPED_H

#include "../config/entry.h"
#include "../install/volume.h"

/*
 * To @out, of @room bytes. What the loader leaves out of the drop-ins on @esp is left out, and said. BAD_INPUT when
 * there is no room for the line.
 */
enum status dropped_command_line(struct entry *entry, const struct fw_volume *esp, char *out, size_t room,
				 struct fail *why) MUST_CHECK;

#endif
