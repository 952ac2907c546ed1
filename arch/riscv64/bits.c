/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the compiler calls to count zeros, for a CPU that has no instruction for it (it came with Zbb).
 * Source: GCC internals, "Integer library routines": the result for 0 is undefined.
 */
#include <stdint.h>

int __clzdi2(uint64_t n);
int __ctzdi2(uint64_t n);

int __clzdi2(uint64_t n)
{
	int zeros = 63;

	for (int step = 32; step != 0; step /= 2)
		if (n >> step != 0) {
			n >>= step;
			zeros -= step;
		}
	return zeros;
}

int __ctzdi2(uint64_t n)
{
	return 63 - __clzdi2(n & -n);
}
