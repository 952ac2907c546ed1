/* SPDX-License-Identifier: BSD-2-Clause */
/* What all rows share whose kernels are Linux for x86, entered with boot_params: what each part demands, what it is
 * told. */
#ifndef BERTH_X86_LINUX_H
#define BERTH_X86_LINUX_H

#include "x86.h"

enum status x86_linux_demand(const struct image *image, const struct cargo *cargo, const struct findings *found,
			     struct request request[N_PARTS], struct fail *why) MUST_CHECK;
void x86_linux_describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
			const struct machine *machine, const struct findings *found, struct handoff *handoff);

#endif
