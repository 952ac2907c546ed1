/* SPDX-License-Identifier: BSD-2-Clause */
/* `handoff stub`: a kernel is started as a program, by the EFI stub in it, and asks for its initrd itself. */
#ifndef BERTH_EFI_STUB_H
#define BERTH_EFI_STUB_H

#include "../loader/boot.h"
#include "efi_local.h"

/*
 * Starts the kernel of @entry; returns as efi_start does. BAD_INPUT when it has no stub, or one that takes no initrd
 * from a loader. What was opened and installed for it is gone then.
 */
enum status efi_start_stub(struct boot *boot, const struct entry *entry, struct fail *why) MUST_CHECK;

/* Whether a kernel is started so: by its entry's wish, or in a virtual machine whose memory is kept from its host. */
bool efi_goes_by_stub(const struct entry *entry);

#endif
