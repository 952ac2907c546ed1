/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts pages that can be written to and run, by the page tables that the CPU has. Source: Intel SDM volume 3, 4.5.4
 * and 4.6: every level must allow either.
 */
#include "shape.h"

#define PRESENT	 UINT64_C(1)
#define WRITE	 UINT64_C(2)
#define LARGE	 UINT64_C(0x80)
#define NO_RUN	 (UINT64_C(1) << 63)
#define ADDRESS	 UINT64_C(0xffffffffff000)
#define CR0_WP	 UINT64_C(0x10000)
#define CR4_LA57 UINT64_C(0x1000)
#define PAGE	 4096

static bool can_be_written_and_run(UINT64 address)
{
	UINT64 table, cr0, cr4;
	bool is_writable = true, runs = true;

	__asm__ volatile("mov %%cr3, %0\n mov %%cr0, %1\n mov %%cr4, %2" : "=r"(table), "=r"(cr0), "=r"(cr4));
	for (unsigned int shift = (cr4 & CR4_LA57) != 0 ? 48 : 39; shift >= 12; shift -= 9) {
		const UINT64 *entries = (const UINT64 *)(UINTN)(table & ADDRESS);

		table = entries[address >> shift & 511];
		if ((table & PRESENT) == 0)
			return false;
		is_writable = is_writable && (table & WRITE) != 0;
		runs = runs && (table & NO_RUN) == 0;
		if ((table & LARGE) != 0 && shift <= 30)
			break;
	}
	return runs && (is_writable || (cr0 & CR0_WP) == 0);
}

UINT64 writable_code(UINT64 start, UINT64 end)
{
	UINT64 n = 0;

	for (; start < end; start += PAGE)
		n += can_be_written_and_run(start);
	return n;
}
