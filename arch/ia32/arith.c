/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 64-bit arithmetic for which the CPU has no instruction, under the names that the compiler calls. libgcc has them too,
 * but Debian's for 32 bits comes with fifteen packages. Source: GCC internals, "Integer library routines"; Knuth, TAOCP
 * volume 2, 4.3.1, by digits of 32 bits.
 */
#include "arith.h"

/* @high < @by: the quotient has 32 bits, which is what the CPU's instruction demands. */
static uint32_t divide_64_by_32(uint32_t high, uint32_t low, uint32_t by, uint32_t *rest)
{
	uint32_t quotient;

	__asm__("divl %4" : "=a"(quotient), "=d"(*rest) : "a"(low), "d"(high), "r"(by) : "cc");
	return quotient;
}

static uint64_t divide_by_32_bits(uint64_t n, uint32_t by, uint64_t *rest)
{
	uint32_t high = (uint32_t)(n >> 32), left, low;

	high = divide_64_by_32(0, high, by, &left);
	low = divide_64_by_32(left, (uint32_t)n, by, &left);
	*rest = left;
	return (uint64_t)high << 32 | low;
}

/* @by has more than 32 bits, so the quotient has less: from the first 32 bits of both it is at most one too large. */
static uint64_t divide_by_64_bits(uint64_t n, uint64_t by, uint64_t *rest)
{
	unsigned int shift = (unsigned int)__builtin_clz((unsigned int)(by >> 32));
	uint64_t half = n >> 1, quotient, product;
	uint32_t left;

	quotient = divide_64_by_32((uint32_t)(half >> 32), (uint32_t)half, (uint32_t)(by << shift >> 32), &left);
	quotient = quotient << shift >> 31;
	if (quotient != 0)
		quotient--;
	product = quotient * by;
	if (n - product >= by) {
		quotient++;
		product += by;
	}
	*rest = n - product;
	return quotient;
}

uint64_t __udivmoddi4(uint64_t n, uint64_t by, uint64_t *rest)
{
	uint64_t ignored;

	if (rest == 0)
		rest = &ignored;
	if (by >> 32 == 0)
		return divide_by_32_bits(n, (uint32_t)by, rest); /* by 0: the CPU's own exception */
	if (by > n) {
		*rest = n;
		return 0;
	}
	return divide_by_64_bits(n, by, rest);
}

uint64_t __udivdi3(uint64_t n, uint64_t by)
{
	return __udivmoddi4(n, by, 0);
}

uint64_t __umoddi3(uint64_t n, uint64_t by)
{
	uint64_t rest;

	__udivmoddi4(n, by, &rest);
	return rest;
}

/* Undefined for 0. */
int __ctzdi2(uint64_t n)
{
	uint32_t low = (uint32_t)n;

	return low != 0 ? __builtin_ctz(low) : 32 + __builtin_ctz((uint32_t)(n >> 32));
}
