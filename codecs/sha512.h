/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-512 (FIPS 180-4, 6.4) of bytes that arrive piece by piece: libmd's. */
#ifndef BERTH_SHA512_H
#define BERTH_SHA512_H

#include "../base/bytes.h"

#define SHA512_SIZE  64
#define SHA512_BLOCK 128 /* bytes that it takes at a time, which HMAC asks about */

/* A sum that is being made, which may be copied. What it has taken can be told from it, so it counts as secret as that.
 */
struct sha512 {
	_Alignas(8) uint8_t state[208];
};

void sha512_start(struct sha512 *sum);
void sha512_add(struct sha512 *sum, struct bytes bytes); /* any number, none too */

/* Nothing stays in @sum; what the last steps left on the stack is the caller's to overwrite. */
void sha512_end(struct sha512 *sum, uint8_t out[SHA512_SIZE]);

#endif
