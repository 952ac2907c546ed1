/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map of tests that bring a firmware of their own. */
#ifndef BERTH_TESTS_UEFI_DESCRIPTORS_H
#define BERTH_TESTS_UEFI_DESCRIPTORS_H

#include "../../base/range.h"

#include <efi.h>
#include <string.h>

/* The i-th descriptor: conventional memory, one page each, with a hole behind it; every fifth is runtime services'. */
static inline void put_page(uint8_t *to, size_t i, UINTN desc_size)
{
	EFI_MEMORY_DESCRIPTOR d = {.Type = i % 5 == 4 ? EfiRuntimeServicesData : EfiConventionalMemory,
				   .PhysicalStart = MIB(1) + i * 2 * EFI_PAGE,
				   .VirtualStart = 0xabcd,
				   .NumberOfPages = 1,
				   .Attribute = i % 5 == 4 ? EFI_MEMORY_RUNTIME | 0xf : 0xf};

	memset(to, 0x77, desc_size);
	memcpy(to, &d, desc_size < sizeof(d) ? desc_size : sizeof(d));
}

#endif
