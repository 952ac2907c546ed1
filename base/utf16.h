/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI's text, UTF-16 in the machine's byte order, from UTF-8 and to it. */
#ifndef BERTH_UTF16_H
#define BERTH_UTF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes a character as one or two units, and returns how many. */
size_t utf16_put(uint16_t *out, uint32_t code);

/* Converts up to @room - 1 units and a 0; false when it did not fit. What is not UTF-8 becomes "?". */
bool utf16_from_utf8(uint16_t *out, size_t room, const char *utf8);

/* The same, but no two strings become one: a byte that is not of UTF-8 becomes half a pair, 0xdc00 and more. */
bool utf16_from_any(uint16_t *out, size_t room, const char *bytes);

/* Reads at most @units, up to a 0, into @room bytes with a NUL; false when they may not fit. */
bool utf8_from_utf16(char *out, size_t room, const uint16_t *utf16, size_t units);

#endif
