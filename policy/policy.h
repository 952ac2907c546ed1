/* SPDX-License-Identifier: BSD-2-Clause */
/* The user's wish and the common rules, turned into limits and ordered choices. Pure. */
#ifndef BERTH_POLICY_H
#define BERTH_POLICY_H

#include "../arch/arch.h"
#include "../config/entry.h"
#include "../protocol/command_line.h"
#include "../protocol/image.h"

/*
 * The parts that no image asks for: the memory that loader.conf keeps free (rule C9), and the buffer of rule C7, which
 * a plan can do without.
 */
void policy_own_parts(const struct loader_conf *conf, struct request request[N_PARTS]);

/*
 * The wish of a user who stated none: `high`, or `random` for a kernel that Berth can randomise and nokaslr does not
 * forbid, because the decompressor, which is left out, would have done so (rule X10).
 */
void policy_default(struct wish *wish, const struct image *image, const char *command_line);

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
