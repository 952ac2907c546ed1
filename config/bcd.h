/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Windows calls itself: out of its boot configuration data, a registry hive. Pure, and nothing in a hive is
 * believed: each cell is read with bounds, and no path is longer than those that are looked for here. And what else of
 * Windows' a loader comes across.
 *
 * Source: the format as libyal's "Windows NT Registry File (REGF) format" has it; the objects as bcdedit(1) lists them.
 */
#ifndef BERTH_BCD_H
#define BERTH_BCD_H

#include "../base/bytes.h"

#define BCD_MOST       (1u << 20) /* bytes of a hive that is read */
#define BCD_TITLE_ROOM 256	  /* bytes of a title with its NUL; a longer one is none */

/*
 * The title of the one system that Windows' boot manager offers, in UTF-8, without control characters; false when it
 * offers several, which it will ask about itself, or when nothing of that is in @hive.
 */
bool bcd_title(struct bytes hive, char out[BCD_TITLE_ROOM]);

/* A volume is encrypted by BitLocker, by its first block (systemd, src/boot/boot.c). */
bool bitlocker_has(struct bytes block);

/*
 * A variable Boot#### is of Windows' boot manager, which names it so (UEFI 2.10, 3.1.3, EFI_LOAD_OPTION), on the
 * partition with this GUID, 16 bytes as GPT has them (10.3.5.1): another disk may have a Windows of its own.
 */
bool load_option_is_windows(struct bytes bytes, const uint8_t *partition);

#endif
