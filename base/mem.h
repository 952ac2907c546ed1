/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four functions that the compiler calls by itself, and that freestanding code may call; efi/libc.c has them. And
 * how secrets are overwritten.
 */
#ifndef BERTH_MEM_H
#define BERTH_MEM_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* Clears what held a secret, also where the compiler sees that nobody reads it again. */
static inline void wipe(void *at, size_t size)
{
	memset(at, 0, size);
	__asm__ volatile("" : : "r"(at) : "memory");
}

#endif
