/* SPDX-License-Identifier: BSD-2-Clause */
/* The user's wish and the common rules, turned into limits and ordered choices. Pure. */
#ifndef BERTH_POLICY_H
#define BERTH_POLICY_H

#include "../arch/arch.h"
#include "../config/entry.h"
#include "../protocol/command_line.h"
#include "../protocol/image.h"

/*
 * Adds `nokaslr` to a command line when the entry asks for an exact place or a window (rule X9), unless it is already
 * there; *added tells which. BAD_INPUT when @room bytes do not hold it.
 */
enum status policy_command_line(const struct entry *entry, char *line, size_t room, bool *added,
				struct fail *why) MUST_CHECK;

/*
 * The parts that no image asks for: the memory that loader.conf keeps free (rule C9), and the buffer of rule C7, which
 * a plan can do without.
 */
void policy_own_parts(const struct loader_conf *conf, struct request request[N_PARTS]);

/* Whether Berth moves the kernel to a random virtual address: it can, and nokaslr does not forbid it (rule X10). */
bool policy_randomises(const struct image *image, const char *command_line);

/*
 * The wish of a user who stated none: `high`, or `random` for a kernel that Berth can randomise and nokaslr does not
 * forbid, because the decompressor, which is left out, would have done so (rule X10).
 */
void policy_default(struct wish *wish, const struct image *image, const char *command_line);

/*
 * Whether the kernel is entered with five levels of page tables (rule X8): if it takes five, and firmware uses them, or
 * the CPU has them and no decompressor would turn them on. Never with no5lvl.
 */
bool policy_five_levels(const struct cpu *cpu, const struct image *image, const char *command_line);

/* Whether the kernel may move itself to a random place after it is entered (rule X9). */
bool policy_kernel_may_move(const struct image *image, const char *command_line);

/* Whether it reads its command line as Linux on x86 does: mem= is an address (rule C9), and memmap= counts (C13). */
bool policy_is_linux_on_x86(const struct image *image);

/*
 * Asks for a place where @size bytes of a kernel wait to be copied to its exact place after exit (rule C6): by C3,
 * within the limits of the machine and of mem=. Call it after policy_apply.
 */
void policy_stage(const struct request *kernel, uint64_t size, struct request *staged);

/*
 * Narrows the requests by the common rules and writes their choices. Sizes must be final.
 * @entropy: what `random` is drawn from; NULL: there is none, and `random` becomes `high` (rule C12).
 * BAD_INPUT when an exact place breaks a limit of the image: too low, misaligned, or too high.
 */
enum status policy_apply(const struct wish *wish, const uint64_t *entropy, const struct image *image,
			 const char *command_line, struct request request[N_PARTS], struct fail *why) MUST_CHECK;

#endif
