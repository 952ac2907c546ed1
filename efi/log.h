/* SPDX-License-Identifier: BSD-2-Clause */
/* The log that the booted system finds; loader/firmware.h has the functions that write lines of it. */
#ifndef BERTH_EFI_LOG_H
#define BERTH_EFI_LOG_H

#include "efi_local.h"

/*
 * Leaves what was kept in the variable BerthLog, and where loader.conf says `log-file yes` in \loader\berth.log. Best
 * effort: a failure to write it stops no boot.
 */
void log_leave(void);

/*
 * Writes the lines of `log normal` that wait, in one piece. A boot that fails shows them whatever loader.conf says;
 * where it asks for them, they are shown before anything else is on the console and before the loader is left.
 */
void log_show(void);
void log_show_wanted(void);

#endif
