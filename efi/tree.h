/* SPDX-License-Identifier: BSD-2-Clause */
/* A device tree for a program that firmware starts, a kernel's EFI stub above all: firmware's table of it. */
#ifndef BERTH_EFI_TREE_H
#define BERTH_EFI_TREE_H

#include "../loader/boot.h"
#include "efi_local.h"

/*
 * Puts the tree of @entry, with overlays and firmware's additions, where firmware's is, for a program that is started
 * then; an entry that names none, and a CPU whose kernels take none, is OK. efi_take_tree_away() undoes it, and does no
 * harm where nothing was done. REFUSED under Secure Boot, which nothing has checked the tree for.
 */
enum status efi_give_tree(struct boot *boot, const struct entry *entry, struct fail *why) MUST_CHECK;
void efi_take_tree_away(void);

#endif
