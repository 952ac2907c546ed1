/* SPDX-License-Identifier: BSD-2-Clause */
/* Unified kernel images in \EFI\Linux: entries of type #2 of the Boot Loader Specification. */
#ifndef BERTH_EFI_UNIFIED_H
#define BERTH_EFI_UNIFIED_H

#include "listed.h"

/* Adds an entry for each profile of each image. NOT_FOUND when there is no such folder. */
enum status unified_read(struct catalogue *catalogue, struct fail *why) MUST_CHECK;

/*
 * The command line in the image of @entry, for its profile; empty when it has none. As fw_open and pe_read fail, and
 * BAD_INPUT when it has @room bytes or more.
 */
enum status unified_command_line(const struct entry *entry, char *out, size_t room, struct fail *why) MUST_CHECK;

#endif
