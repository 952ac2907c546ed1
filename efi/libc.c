/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the compiler calls by itself. Built with -fno-tree-loop-distribute-patterns, or it would turn these loops
 * into calls of themselves. Four words a turn: these loops move and clear whole kernels.
 */
#include "../base/mem.h"

#include <stdint.h>

/* may_alias, alignment 1: eight bytes at a time from anywhere; x86-64 reads them at full speed. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *to, const void *from, size_t size)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	for (; size >= 4 * sizeof(word); size -= 4 * sizeof(word), t += 4 * sizeof(word), f += 4 * sizeof(word)) {
		word *out = (word *)(void *)t;
		const word *in = (const word *)(const void *)f;

		out[0] = in[0];
		out[1] = in[1];
		out[2] = in[2];
		out[3] = in[3];
	}
	/* Words of the log are shorter than that, and there are many. */
	for (; size >= sizeof(word); size -= sizeof(word), t += sizeof(word), f += sizeof(word))
		*(word *)(void *)t = *(const word *)(const void *)f;
	while (size-- > 0)
		*t++ = *f++;
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (t <= f || t >= f + size)
		return memcpy(to, from, size);
	/* From the end: a word is read before anything is written over it, however near the two are. */
	for (; size >= sizeof(word); size -= sizeof(word))
		*(word *)(void *)(t + size - sizeof(word)) = *(const word *)(const void *)(f + size - sizeof(word));
	while (size-- > 0)
		t[size] = f[size];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	unsigned char *t = to;
	word filled = (unsigned char)byte * UINT64_C(0x0101010101010101);

	for (; size >= 4 * sizeof(word); size -= 4 * sizeof(word), t += 4 * sizeof(word)) {
		word *out = (word *)(void *)t;

		out[0] = out[1] = out[2] = out[3] = filled;
	}
	for (; size >= sizeof(word); size -= sizeof(word), t += sizeof(word))
		*(word *)(void *)t = filled;
	while (size-- > 0)
		*t++ = (unsigned char)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size >= 4 * sizeof(word); size -= 4 * sizeof(word), x += 4 * sizeof(word), y += 4 * sizeof(word)) {
		const word *p = (const word *)(const void *)x, *q = (const word *)(const void *)y;

		if (((p[0] ^ q[0]) | (p[1] ^ q[1]) | (p[2] ^ q[2]) | (p[3] ^ q[3])) != 0)
			break;
	}
	for (; size > 0; size--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}
