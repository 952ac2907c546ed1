/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware does with the machine when it is asked: setup, off, a restart. */
#ifndef BERTH_EFI_RESET_H
#define BERTH_EFI_RESET_H

#include "efi_local.h"

/* Firmware shows its setup after a restart when it is asked to. */
bool efi_has_setup(void);

/* Does it; returns only with the reason why the machine is still there. */
enum status efi_reset(enum entry_kind kind, struct fail *why) MUST_CHECK;

#endif
