/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a command of mtools(1), which read and write a FAT in a file. */
#ifndef BERTH_INSTALL_MTOOLS_H
#define BERTH_INSTALL_MTOOLS_H

#include "../base/fail.h"

/*
 * @words: the command and its arguments, with NULL behind them. @in: its standard input, or NULL: none. *out: what it
 * printed, with a NUL behind it, which the caller must free() when the status is OK; more than @limit bytes are
 * BAD_INPUT. NOT_FOUND: it says that a file or folder is not there. IO_ERROR: another failure, with its own words; a
 * command that is not installed is named.
 */
enum status mtools_run(const char *const words[], const struct bytes *in, struct bytes *out, size_t limit,
		       struct fail *why) MUST_CHECK;

#endif
