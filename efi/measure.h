/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader measures, and when: as systemd-boot does. What a kernel's stub would measure is efi/stand_in.c's. */
#ifndef BERTH_EFI_MEASURE_H
#define BERTH_EFI_MEASURE_H

#include "tpm.h"

/* loader.conf, before anybody reads a word of it. */
void measure_conf(const char *text, size_t size);

/* What a program or a kernel is passed, in UTF-16, of @size bytes with the NUL. */
void measure_passed(const CHAR16 *text, size_t size);

/* The machine, by firmware's structures of types 1, 2 and 11; once in a boot, which a variable tells. */
void measure_smbios(struct bytes structures);

#endif
