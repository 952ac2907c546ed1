/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's TPM, by firmware's protocol for it. Where there is none, all of it costs one question of firmware. */
#ifndef BERTH_EFI_TPM_H
#define BERTH_EFI_TPM_H

#include "efi_local.h"

#include "../config/measure.h"

#define TPM_BANKS_UNKNOWN UINT32_MAX /* systemd, docs/BOOT_LOADER_INTERFACE.md, "LoaderTpm2ActivePcrBanks" */

/*
 * Whether there is a TPM 2.0. *banks: a bit for each kind of sum that its registers keep (TCG EFI Protocol
 * Specification, table 5); TPM_BANKS_UNKNOWN where firmware is too old to tell, 0 where there is none.
 */
bool tpm_is_there(uint32_t *banks);

/* There is something to measure into: a TPM, or what a confidential machine has in its stead. */
bool tpm_measures(void);

/*
 * Measures these bytes, where they are: firmware computes the sum. What the last event of this kind has measured
 * already, in this run of the loader, is not measured again. False, and said, when they are not measured.
 */
bool tpm_measure(enum measured what, struct bytes bytes);

/*
 * Firmware's log, in the newest form that it has; *bytes has no bytes when there are no events yet. From here on
 * firmware notes what is measured in its table of final events, too. False when it has none that can be read.
 */
bool tpm_log(struct bytes *bytes, enum eventlog_form *form);

#endif
