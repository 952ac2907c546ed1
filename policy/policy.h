/* SPDX-License-Identifier: BSD-2-Clause */
/* The user's wish and the common rules, turned into limits and ordered choices. Pure. */
#ifndef BERTH_POLICY_H
#define BERTH_POLICY_H

#include "../arch/arch.h"
#include "../config/entry.h"
#include "../protocol/command_line.h"
#include "../protocol/image.h"

/*
 * Adds `nokaslr` to a command line when the entry asks for an exact place or a window (rule X9), unless it is there
 * already. *added tells. BAD_INPUT when @room bytes do not hold it.
 */
enum status policy_command_line(const struct entry *entry, char *line, size_t room, bool *added,
				struct fail *why) MUST_CHECK;

/*
 * The parts that no image asks for: the memory that loader.conf keeps free (rule C9), and the buffer of rule C7,
 * without which a plan is a plan.
 */
void policy_own_parts(const struct loader_conf *conf, struct request request[N_PARTS]);

/* Whether Berth moves the kernel to a random virtual address: it can, and nokaslr does not forbid it (rule X10). */
bool policy_randomises(const struct image *image, const char *command_line);

/*
 * What is wished where the user said nothing: `high`; and `random` for a kernel that Berth can randomise and nokaslr
 * does not hold, because its decompressor, which is left out, would have done so (rule X10).
 */
void policy_default(struct wish *wish, const struct image *image, const char *command_line);

/*
 * With how many levels of page tables the kernel is entered (rule X8): firmware's, where the kernel takes five; five as
 * well where the CPU has them and no decompressor would turn them on; four with no5lvl.
 */
bool policy_five_levels(const struct cpu *cpu, const struct image *image, const char *command_line);

/* Whether the kernel may move itself to a random place after it was entered (rule X9). */
bool policy_kernel_may_move(const struct image *image, const char *command_line);

/* Whether the command line means to it what it means to Linux on x86: mem= an address (rule C9), and memmap= (C13). */
bool policy_is_linux_on_x86(const struct image *image);

/*
 * Where @size bytes of a kernel wait that are copied to its exact place after exit (rule C6): as C3 has it, wherever
 * the machine and mem= let anything lie. After policy_apply.
 */
void policy_stage(const struct request *kernel, uint64_t size, struct request *staged);

/*
 * Narrows the requests by the common rules and writes their choices. Sizes must be final.
 * @entropy: what `random` is drawn from; NULL: firmware has none, and `random` is `high` (rule C12).
 * BAD_INPUT when an exact place breaks a limit of the image: too low, misaligned, past its end of memory.
 */
enum status policy_apply(const struct wish *wish, const uint64_t *entropy, const struct image *image,
			 const char *command_line, struct request request[N_PARTS], struct fail *why) MUST_CHECK;

#endif
