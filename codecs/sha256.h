/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4, 6.2) of bytes that arrive piece by piece. liblzma's, which every loader has for the sums in xz
 * files.
 */
#ifndef BERTH_SHA256_H
#define BERTH_SHA256_H

#include "../base/bytes.h"

#define SHA256_SIZE 32

/* A sum that is being made. What it has taken can be told from it, so it counts as secret as that. */
struct sha256 {
	_Alignas(8) uint8_t state[112];
};

void sha256_start(struct sha256 *sum);
void sha256_add(struct sha256 *sum, struct bytes bytes); /* any number, none too */

/* Nothing stays in @sum; what the last steps left on the stack is the caller's to overwrite. */
void sha256_end(struct sha256 *sum, uint8_t out[SHA256_SIZE]);

/* The sum of bytes that are all there, in one call. */
static inline void sha256_of(struct bytes bytes, uint8_t out[SHA256_SIZE])
{
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, bytes);
	sha256_end(&sum, out);
}

#endif
