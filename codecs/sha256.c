/* SPDX-License-Identifier: BSD-2-Clause */
#include "sha256.h"

#include "../base/mem.h"

#include <check.h>

_Static_assert(sizeof(lzma_check_state) <= sizeof(struct sha256), "struct sha256 is too small for liblzma's state");
_Static_assert(_Alignof(lzma_check_state) <= _Alignof(struct sha256), "and not aligned as that is");

static lzma_check_state *state_of(struct sha256 *sum)
{
	return (lzma_check_state *)(void *)sum->state;
}

void sha256_start(struct sha256 *sum)
{
	lzma_sha256_init(state_of(sum));
}

void sha256_add(struct sha256 *sum, struct bytes bytes)
{
	lzma_sha256_update(bytes.at, bytes.size, state_of(sum));
}

void sha256_end(struct sha256 *sum, uint8_t out[SHA256_SIZE])
{
	lzma_sha256_finish(state_of(sum));
	memcpy(out, state_of(sum)->buffer.u8, SHA256_SIZE);
	wipe(sum, sizeof(*sum));
}
