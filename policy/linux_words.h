/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words on Linux's command line that decide how Berth treats the kernel: nokaslr and no5lvl. What the line says about
 * memory is protocol/command_line.h's. Pure.
 */
#ifndef BERTH_LINUX_WORDS_H
#define BERTH_LINUX_WORDS_H

#include "../arch/arch.h"
#include "../config/entry.h"
#include "../protocol/image.h"

/*
 * Adds `nokaslr` to a command line when the entry asks for an exact place or a window (rule X9), unless it is already
 * there; *added tells which. BAD_INPUT when @room bytes do not hold it.
 */
enum status linux_words_keep_in_place(const struct entry *entry, char *line, size_t room, bool *added,
				      struct fail *why) MUST_CHECK;

/* Whether Berth moves the kernel to a random virtual address: it can, and nokaslr does not forbid it (rule X10). */
bool linux_words_randomise(const struct image *image, const char *command_line);

/*
 * Whether the kernel is entered with five levels of page tables (rule X8): if it takes five, and firmware uses them, or
 * the CPU has them and no decompressor would turn them on. Never with no5lvl.
 */
bool linux_words_five_levels(const struct cpu *cpu, const struct image *image, const char *command_line);

/* Whether the kernel may move itself to a random place after it is entered (rule X9). */
bool linux_words_may_move(const struct image *image, const char *command_line);

/*
 * Whether it will, and only upwards from where it is put: the decompressor of a 32-bit kernel. At the top of what such
 * a kernel reaches it would have nothing to choose from (rule X11).
 */
bool linux_words_move_up(const struct image *image, const char *command_line);

#endif
