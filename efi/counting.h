/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot counting in firmware: the name of an entry's file, and what the system is told of it. */
#ifndef BERTH_EFI_COUNTING_H
#define BERTH_EFI_COUNTING_H

#include "efi_local.h"

/* The entry of the last fw_trying() is over; whether its try is counted, and that is on the disk. */
bool counting_failed(void);

#endif
