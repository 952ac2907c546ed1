/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot manager: which entry boots, and what follows when it does not. */
#ifndef BERTH_EFI_MANAGER_H
#define BERTH_EFI_MANAGER_H

#include "efi_local.h"

/*
 * Boots. Returns when nothing does, or when the user leaves, with what firmware is told; *reboots: the machine is to be
 * started anew instead.
 */
EFI_STATUS manager_run(bool *reboots);

/* Gives back what it holds; nothing may have been read. */
void manager_end(void);

#endif
