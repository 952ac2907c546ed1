/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes as Linux reads them on its command line (lib/cmdline.c, memparse): 512M, 0x1000, 2G. */
#ifndef BERTH_MEMPARSE_H
#define BERTH_MEMPARSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decimal, 0x or octal digits and at most one of the suffixes K, M, G, T, P, E in either case. Returns how many bytes
 * of the text that took; 0, and *out untouched, when no number starts there or it does not fit into 64 bits.
 */
size_t memparse(const char *text, size_t length, uint64_t *out);

#endif
