/* SPDX-License-Identifier: BSD-2-Clause */
/* SMBIOS of a machine with a processor of Ampere's, whose firmware wants SetVirtualAddressMap called. */
#ifndef BERTH_TESTS_UEFI_AMPERE_H
#define BERTH_TESTS_UEFI_AMPERE_H

#include "../../base/bytes.h"
#include "../../config/smbios.h"

/* DSP0134 3.7, 5.2.2 and 7.5: the entry point of 64 bits for one structure of @type, a processor's unless it is
 * another. */
static inline const uint8_t *ampere_entry(uint8_t type)
{
	static uint8_t processor[] = "\4\21cc\1\1\1\1\1\0\x16\x0azzzz\0\0";
	static uint8_t entry[SMBIOS_3_ENTRY + 1] = "_SM3_\0\30";
	uint8_t sum = 0;

	processor[0] = type;
	store_le(entry + 12, 4, sizeof(processor));
	store_le(entry + 16, 8, (uintptr_t)processor);
	entry[5] = 0;
	for (size_t i = 0; i < SMBIOS_3_ENTRY; i++)
		sum = (uint8_t)(sum + entry[i]);
	entry[5] = (uint8_t)-sum;
	return entry;
}

#endif
