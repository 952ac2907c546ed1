/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text into buffers of known size: the one formatter of the loader and of the host tools.
 *
 * A buffer always ends in NUL and is never overrun; what does not fit is dropped, and text_cut() says so.
 */
#ifndef BERTH_TEXT_H
#define BERTH_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/* <inttypes.h> is not a freestanding header: these are the conversions that uint64_t needs. */
#ifndef PRIx64
#if __SIZEOF_LONG__ == 8
#define PRIx64 "lx"
#define PRIu64 "lu"
#else
#define PRIx64 "llx"
#define PRIu64 "llu"
#endif
#endif

struct text {
	char *at;
	size_t size; /* of the buffer, its NUL included */
	size_t used; /* without the NUL; what would have been used, when the text was cut */
};

#define TEXT(buffer) ((struct text){(buffer), sizeof(buffer), 0})

/* Conversions: %s %c %u %x %d %% with l, ll and z, a width, the flags 0, - and #, and for %s a precision. */
__attribute__((format(printf, 2, 3))) void text_add(struct text *text, const char *format, ...);
__attribute__((format(printf, 2, 0))) void text_vadd(struct text *text, const char *format, va_list args);

static inline bool text_cut(const struct text *text)
{
	return text->used >= text->size;
}

/* @bytes are the text with its NUL, and nothing behind it. */
bool text_is(struct bytes bytes, const char *text);

/* A size as people say it: "55.9 MiB", with one decimal, rounded down. */
struct size_words {
	char at[24];
};
struct size_words size_words(uint64_t bytes);

#endif
