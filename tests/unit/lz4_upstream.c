/* SPDX-License-Identifier: BSD-2-Clause */
#include "lz4_upstream.h"

#include <stdlib.h>

#define LZ4F_STATIC_LINKING_ONLY
#include <lz4frame.h>

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

bool lz4_upstream(struct bytes packed, uint8_t *to, size_t room, size_t *size)
{
	LZ4F_decompressOptions_t options = {.stableDst = 1};
	LZ4F_dctx *decoder =
	    LZ4F_createDecompressionContext_advanced((LZ4F_CustomMem){take, NULL, give, NULL}, LZ4F_VERSION);
	size_t result, in, out;

	*size = 0;
	do {
		in = packed.size;
		out = room - *size;
		result = LZ4F_decompress(decoder, to + *size, &out, packed.at, &in, &options);
		packed.at += in;
		packed.size -= in;
		*size += out;
	} while (!LZ4F_isError(result) && packed.size != 0 && (in != 0 || out != 0));
	LZ4F_freeDecompressionContext(decoder);
	return packed.size == 0 && result == 0;
}
