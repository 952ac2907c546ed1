/* SPDX-License-Identifier: BSD-2-Clause */
#include "page_walk.h"

/* SDM 4.5, figure 4-8 and tables 4-14 to 4-20: P is bit 0, R/W bit 1, PS bit 7, the address bits 51:12. */
uint64_t walk(struct built *b, uint64_t root, unsigned int levels, uint64_t va)
{
	uint64_t table = root;

	for (unsigned int level = levels; level >= 1; level--) {
		unsigned int shift = 12 + 9 * (level - 1);
		uint64_t size = UINT64_C(1) << shift, entry, address;

		assert_true(table % 4096 == 0 && table >= b->from);
		assert_true(table - b->block.address + 4096 <= b->block.used);
		entry = get_le(b->block.at + (table - b->block.address) + (va >> shift & 511) * 8, 8);
		if ((entry & 1) == 0)
			return UNMAPPED;
		assert_true((entry & 2) != 0);
		assert_true(entry >> 52 == 0); /* no execute-disable, no protection key */
		address = entry & UINT64_C(0x000ffffffffff000);
		if ((entry & 0x80) != 0 || level == 1) {
			assert_in_range(level, 1, 3); /* PS is reserved above level 3 */
			assert_true(address % size == 0);
			b->mapped_by = size;
			return address + va % size;
		}
		assert_int_equal(entry & 0x1fe4 & ~UINT64_C(0x1000), 0);
		table = address;
	}
	return UNMAPPED;
}
