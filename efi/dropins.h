/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BERTH_EFI_DROPINS_H
#define BERTH_EFI_DROPINS_H

#include "efi_local.h"

/*
 * Gives an entry that starts a kernel the options of \loader\cmdline.d, which are read at the first call. A file that
 * cannot be read or used is logged and ignored. Programs and images keep their own options. True at that
 * first call, which may have written to the console.
 */
bool dropins_for(struct entry *entry);

#endif
