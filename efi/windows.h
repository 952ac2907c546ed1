/* SPDX-License-Identifier: BSD-2-Clause */
/* Windows, started by firmware itself where BitLocker asks for that. */
#ifndef BERTH_EFI_WINDOWS_H
#define BERTH_EFI_WINDOWS_H

#include "efi_local.h"

/*
 * loader.conf(5), "reboot-for-bitlocker": where the machine has a TPM, and a volume that BitLocker encrypts, firmware
 * is told to start Windows next, and the machine restarts; the TPM gives the key away only when no other loader was
 * measured before. It comes back where that is not so, or cannot be, which is said: then Windows is started from here,
 * and may ask for its recovery key.
 */
void windows_restart(const struct entry *entry);

#endif
