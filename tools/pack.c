/* SPDX-License-Identifier: BSD-2-Clause */
#include "pack.h"

#include "../base/range.h"

#include <stdlib.h>

#include <lz4.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#define LEGACY_MAGIC UINT32_C(0x184c2102)
#define BLOCK	     (8u << 20)
#define ACCELERATION 16
#define ZSTD_LEVEL   19 /* the highest whose window, 8 MiB, the loader has memory for everywhere */

static enum status no_memory(struct bytes in, struct fail *why)
{
	return fail(why, IO_ERROR, "no memory to pack %zu bytes", in.size);
}

/* One block behind the others: its packed size, and its bytes. */
static bool add_block(struct bytes block, uint8_t *to, size_t *size)
{
	int n = LZ4_compress_fast((const char *)block.at, (char *)to + *size + 4, (int)block.size,
				  LZ4_COMPRESSBOUND(BLOCK), ACCELERATION);

	if (n <= 0)
		return false;
	store_le(to + *size, 4, (uint32_t)n);
	*size += 4 + (size_t)n;
	return true;
}

enum status pack_lz4(struct bytes in, struct bytes *out, struct fail *why)
{
	size_t n_blocks = (in.size + BLOCK - 1) / BLOCK, size = 4;
	uint8_t *to = malloc(4 + n_blocks * (4 + LZ4_COMPRESSBOUND(BLOCK)));
	bool good = to != NULL;

	for (size_t at = 0; good && at < in.size; at += BLOCK) {
		size_t left = in.size - at;

		good = add_block((struct bytes){in.at + at, left < BLOCK ? left : BLOCK}, to, &size);
	}
	if (!good) {
		free(to);
		return no_memory(in, why);
	}
	store_le(to, 4, LEGACY_MAGIC);
	*out = (struct bytes){to, size};
	return OK;
}

static void *take(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void give(void *context, void *at)
{
	(void)context;
	free(at);
}

enum status pack_zstd(struct bytes in, struct bytes *out, struct fail *why)
{
	size_t room = ZSTD_compressBound(in.size), size;
	uint8_t *to = malloc(room);
	ZSTD_CCtx *state = ZSTD_createCCtx_advanced((ZSTD_customMem){take, give, NULL});

	if (to == NULL || state == NULL) {
		free(to);
		ZSTD_freeCCtx(state);
		return no_memory(in, why);
	}
	ZSTD_CCtx_setParameter(state, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(state, ZSTD_c_checksumFlag, 1);
	size = ZSTD_compress2(state, to, room, in.at, in.size);
	ZSTD_freeCCtx(state);
	if (ZSTD_isError(size)) {
		free(to);
		return fail(why, IO_ERROR, "packing %zu bytes: %s", in.size, ZSTD_getErrorName(size));
	}
	*out = (struct bytes){to, size};
	return OK;
}
