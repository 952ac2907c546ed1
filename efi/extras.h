/* SPDX-License-Identifier: BSD-2-Clause */
/* Files beside a unified kernel image (config/extra.h): packed, and offered to its stub as an initrd. */
#ifndef BERTH_EFI_EXTRAS_H
#define BERTH_EFI_EXTRAS_H

#include "../loader/attempt.h"
#include "efi_local.h"

/*
 * Reads the files and offers the archives; nothing, and OK, for an entry that names none. Not OK: one of them is not
 * there, cannot be read or is too large, or firmware has no memory, or an initrd already. @boot: an attempt that is
 * not in use. extras_take_away gives everything back, and else does no harm.
 */
enum status extras_offer(struct boot *boot, const struct entry *entry, struct fail *why) MUST_CHECK;
void extras_take_away(void);

#endif
