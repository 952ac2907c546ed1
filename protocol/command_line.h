/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel's command line says about memory, read as Linux reads it: hostile text that may be nonsense.
 * Sources: Linux lib/cmdline.c (next_arg, memparse), kernel/params.c (parse_args); and for each CPU as named below.
 */
#ifndef BERTH_COMMAND_LINE_H
#define BERTH_COMMAND_LINE_H

#include "../base/fail.h"
#include "../base/range.h"

/* True when @word stands on the line as a word of its own (arch/x86/boot/cmdline.c, cmdline_find_option_bool). */
bool command_line_has(const char *line, const char *word);

/* True when the letters stand anywhere on it, even inside of a word. */
bool command_line_has_letters(const char *line, const char *letters);

/* True when @item is in the list with commas of the last @name=LIST (lib/cmdline.c, parse_option_str). */
bool command_line_lists(const char *line, const char *name, const char *item);

/* Where the kernel's parameters end and init's begin: the offset of "--", or of the line's end. */
size_t command_line_options_end(const char *line);

/*
 * Linux cuts a longer line off without a word: BAD_INPUT when it has more than @most bytes, its NUL not counted (rule
 * X7). @name: the kernel's; @by: what sets the limit.
 */
enum status command_line_check_length(const char *line, size_t most, const char *name, const char *by,
				      struct fail *why) MUST_CHECK;

/*
 * x86: the address at which memory ends, by the smallest mem=SIZE (arch/x86/kernel/e820.c, parse_memopt, takes memory
 * away at each of them). False when there is none.
 */
bool command_line_mem(const char *line, uint64_t *limit);

/*
 * arm64 and RISC-V: how much memory to use (arch/arm64/mm/init.c and arch/riscv/mm/init.c, early_mem); of several mem=
 * the last, or with @least the smallest. False when there is none.
 */
bool command_line_amount(const char *line, bool least, uint64_t *amount);

#endif
