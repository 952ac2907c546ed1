/* SPDX-License-Identifier: BSD-2-Clause */
/* What plans of a kernel that comes (plan_kernel.c) and of those that go (plan_kernel_old.c) share. */
#ifndef BERTH_INSTALL_PLAN_KERNEL_H
#define BERTH_INSTALL_PLAN_KERNEL_H

#include "kernels.h"

/* What is behind the last slash of a path of this machine. */
const char *kernel_file_name(const char *path);

/* \TOKEN\VERSION, and \NAME behind it, if there is one. */
void kernel_path(char out[MAX_PATH_TEXT], const char *token, const char *version, const char *name);
void kernel_entry_path(char out[MAX_PATH_TEXT], const char *file);

/* Each folder of the token's that no entry names, by no key: an interrupted run has left it. */
enum status kernel_each_unnamed(struct medium *boot, const char *token,
				enum status (*each)(void *context, const char *version, struct fail *why),
				void *context, struct fail *why) MUST_CHECK;

/* The line that undoes what is done to the kernel: it is added again. @which: files. */
#define KERNEL_UNDO (2ul * MAX_ENTRY_ID)
void kernel_undo(char out[KERNEL_UNDO], const char *version, const char *which);

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
