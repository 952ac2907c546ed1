/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's TPM, as far as firmware tells of it. */
#ifndef BERTH_EFI_TPM_H
#define BERTH_EFI_TPM_H

#include "efi_local.h"

#define TPM_BANKS_UNKNOWN UINT32_MAX /* systemd, docs/BOOT_LOADER_INTERFACE.md, "LoaderTpm2ActivePcrBanks" */

/*
 * Whether there is a TPM 2.0. *banks: a bit for each kind of sum that its registers keep (TCG EFI Protocol
 * Specification, table 5); TPM_BANKS_UNKNOWN where firmware is too old to tell, 0 where there is none.
 */
bool tpm_is_there(uint32_t *banks);

#endif
