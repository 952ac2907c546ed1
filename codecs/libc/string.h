/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole <string.h> that upstream's sources are built with: what the compiler calls by itself anyway, and for libfdt
 * what it looks for in names.
 */
#ifndef BERTH_STRING_H
#define BERTH_STRING_H

#include "../../base/mem.h"

#include <stdint.h>

/*
 * Freestanding, the compiler takes these for any function, and calls it for four bytes as well: XXH32, which LZ4's
 * frames carry, took nearly nine times as long. By these names it may put a few words in place of a call (GCC's manual,
 * "Other Builtins").
 */
#define memcpy	__builtin_memcpy
#define memmove __builtin_memmove
#define memset	__builtin_memset
#define memcmp	__builtin_memcmp

static inline size_t strnlen(const char *text, size_t most)
{
	size_t n = 0;

	while (n < most && text[n] != '\0')
		n++;
	return n;
}

static inline size_t strlen(const char *text)
{
	return strnlen(text, SIZE_MAX);
}

static inline void *memchr(const void *at, int byte, size_t size)
{
	const unsigned char *bytes = at;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] == (unsigned char)byte)
			return (void *)(uintptr_t)(bytes + i);
	return NULL;
}

static inline char *strchr(const char *text, int c)
{
	return memchr(text, c, strlen(text) + 1);
}

static inline char *strrchr(const char *text, int c)
{
	char *last = NULL;

	for (char *at = strchr(text, c); at != NULL; at = *at == '\0' ? NULL : strchr(at + 1, c))
		last = at;
	return last;
}

#endif
