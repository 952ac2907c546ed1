/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8, as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BERTH_UTF8_H
#define BERTH_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at @text, of which @size bytes (1 or more) may be read: its length; 0 when no character starts there.
 */
size_t utf8_next(const char *text, size_t size, uint32_t *code);

#define UTF8_MOST 4 /* bytes of a character */

/* Writes a character's bytes, and returns how many; 0 when @code is no character: a surrogate, or above U+10FFFF. */
size_t utf8_put(char *out, uint32_t code);

/* How many columns of a console a character takes at most. Source: Unicode UAX #11, "East Asian Width", W and F. */
unsigned int utf8_columns(uint32_t code);

/* A terminal shows it, or ends a line at it; C0, DEL and C1 (ECMA-48, 5.2 and 5.3) are commands to a terminal. */
static inline bool utf8_is_shown(uint32_t code)
{
	return code == '\n' || (code >= ' ' && code < 0x7f) || code >= 0xa0;
}

#endif
