/* SPDX-License-Identifier: BSD-2-Clause */
/* What plans of a kernel that comes (plan_kernel.c) and of those that go (plan_kernel_old.c) share. */
#ifndef BERTH_INSTALL_PLAN_KERNEL_H
#define BERTH_INSTALL_PLAN_KERNEL_H

#include "kernels.h"

/* Steps that remove the version's entries, but for the file @but, which is NULL or the new one. */
enum status kernel_remove_entries(struct medium *boot, const struct kernel_list *list, const char *version,
				  const char *but, const char *undo, struct steps *steps, struct fail *why) MUST_CHECK;

/* Steps that remove what the wish's folder has from an interrupted run, or prepared, and @steps do not write. */
enum status kernel_remove_left(struct medium *boot, const struct kernel_wish *wish, struct steps *steps,
			       struct fail *why) MUST_CHECK;

/* @adding: the steps for the new one, which go between those that make room and the others. */
enum status kernel_plan_around(struct medium *boot, const struct kernel_wish *wish, const struct kernel_list *list,
			       struct steps *adding, struct steps *steps, struct fail *why) MUST_CHECK;

#endif
