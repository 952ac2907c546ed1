/* SPDX-License-Identifier: BSD-2-Clause */
#include "clauses.h"

uint32_t clause_adler32(uint32_t sum, const uint8_t *bytes, uint64_t size)
{
	uint64_t a = sum & 0xffff, b = sum >> 16;

	while (size > 0) {
		uint64_t piece = size < (UINT64_C(1) << 20) ? size : UINT64_C(1) << 20;

		size -= piece;
		for (; piece > 0; piece--)
			b += a += *bytes++;
		a %= 65521;
		b %= 65521;
	}
	return (uint32_t)(b << 16 | a);
}
