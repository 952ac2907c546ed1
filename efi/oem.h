/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the machine asks of a boot loader by strings in its SMBIOS tables (config/smbios.h). A confidential virtual
 * machine does not heed them: its memory is kept from the host, who writes the tables.
 */
#ifndef BERTH_EFI_OEM_H
#define BERTH_EFI_OEM_H

#include "efi_local.h"

#include "../config/smbios.h"

/* Reads them at the start; without any nothing is done, and nothing is said. */
void oem_start(void);

/* What they ask for; the words lie in firmware's memory. */
const struct oem *oem_asked(void);

/* They say that the machine is a virtual one. */
bool oem_is_virtual(void);

/* They tell of a processor whose firmware wants SetVirtualAddressMap called. It asks firmware nothing. */
bool oem_is_ampere(void);

/* All of them, from the first on; none where they do not count. */
struct oem_strings oem_strings(void);

#endif
