/* SPDX-License-Identifier: BSD-2-Clause */
/* The four functions that the compiler calls by itself, and that freestanding code may call; efi/libc.c has them. */
#ifndef BERTH_MEM_H
#define BERTH_MEM_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
