/* SPDX-License-Identifier: BSD-2-Clause */
/* Which memory a command line takes from the kernel (rule C13). Sources: those of command_line.h. */
#ifndef BERTH_KEPT_OUT_H
#define BERTH_KEPT_OUT_H

#include "../base/fail.h"
#include "../base/range.h"

#define MAX_KEPT_OUT 64

/* Ascending, disjoint, in whole pages. */
struct kept_out {
	struct range at[MAX_KEPT_OUT];
	size_t n;
};

/*
 * Which memory the kernel will not use as RAM, or wants free for a crash kernel (rule C13): with @memmap, which x86
 * alone has, by memmap=SIZE$AT, SIZE!AT, SIZE#AT, SIZE, SIZE%AT-FROM+TO, exactmap and SIZE@AT; on every CPU by
 * crashkernel=SIZE@AT. BAD_INPUT when that is more than MAX_KEPT_OUT ranges.
 */
enum status command_line_kept_out(const char *line, bool memmap, struct kept_out *out, struct fail *why) MUST_CHECK;

#endif
