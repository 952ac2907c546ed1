/* SPDX-License-Identifier: BSD-2-Clause */
/* What UEFI memory maps call attributes. */
#ifndef BERTH_MAP_EFI_H
#define BERTH_MAP_EFI_H

#include "map_kinds.h"

/* UEFI 2.10, 7.2, in Linux's letters, GRUB's and U-Boot's: "RUN", "WB", "SP" ... */
uint64_t attribute_of_word(const char *word, size_t length);

#endif
