/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person hears of the menu. Source: loader.conf(5), "beep". */
#ifndef BERTH_EFI_SPEAKER_H
#define BERTH_EFI_SPEAKER_H

#include "efi_local.h"

#define MOST_BEEPS 9 /* half a second each; nobody counts more, and keys wait for the end */

/* So many short tones, MOST_BEEPS at most; false where the machine has no speaker. */
bool speaker_beep(size_t n);

#endif
