/* SPDX-License-Identifier: BSD-2-Clause */
#include "sha512.h"

#include "../base/mem.h"

#include <sha2.h>

_Static_assert(sizeof(SHA2_CTX) <= sizeof(struct sha512), "struct sha512 is too small for libmd's state");
_Static_assert(_Alignof(SHA2_CTX) <= _Alignof(struct sha512), "and not aligned as that is");

static SHA2_CTX *state_of(struct sha512 *sum)
{
	return (SHA2_CTX *)(void *)sum->state;
}

void sha512_start(struct sha512 *sum)
{
	SHA512Init(state_of(sum));
}

void sha512_add(struct sha512 *sum, struct bytes bytes)
{
	if (bytes.size != 0)
		SHA512Update(state_of(sum), bytes.at, bytes.size);
}

void sha512_end(struct sha512 *sum, uint8_t out[SHA512_SIZE])
{
	SHA512Final(out, state_of(sum));
	wipe(sum, sizeof(*sum));
}
