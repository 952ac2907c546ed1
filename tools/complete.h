/* SPDX-License-Identifier: BSD-2-Clause */
/* What a shell offers behind `berth`: commands, options, and what an option takes. */
#ifndef BERTH_TOOL_COMPLETE_H
#define BERTH_TOOL_COMPLETE_H

#include "tool.h"

/*
 * `berth --complete WORD...`, which tools/completion/ has each shell call: the words behind `berth` up to the one that
 * is being written, which is the last and may be empty. Prints what may stand there, a line each, with a tab and what
 * it is for behind it where that is known; `:files` or `:directories` where the shell is to offer those. The shell
 * leaves out what does not begin as the last word does. A value behind `=` is a word of its own. Always EXIT_YES.
 *
 * Options and what they take are read in the command's help, where each has a line: no list says them a second time.
 */
int complete(const struct command *const *commands, size_t n, int argc, char **argv);

#endif
