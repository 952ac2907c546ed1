/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How x86 Linux numbers kinds of memory, in its table and in the words of memmap=.
 * Source: ACPI 6.5, 15.3; Linux arch/x86/include/asm/e820/types.h.
 */
#ifndef BERTH_E820_TYPES_H
#define BERTH_E820_TYPES_H

enum e820_type {
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3,
	E820_NVS = 4,
	E820_UNUSABLE = 5,
	E820_PMEM = 7,
	E820_SOFT_RESERVED = (int)0xefffffff,
};

#endif
