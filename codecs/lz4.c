/* SPDX-License-Identifier: BSD-2-Clause */
/* LZ4's frame format by lz4frame.c of LZ4: one or more frames, with their checksums where a frame has them. */
#include "codec.h"

#define LZ4F_STATIC_LINKING_ONLY
#include <lz4frame.h>

/* The low byte of the magic numbers: of a frame, and of what decoders skip (0x184d2a50 to 0x184d2a5f). */
#define FRAME	  0x04
#define SKIPPABLE 0x50

/* lz4_Frame_format.md, "Frame Descriptor": FLG, its bit for a content size, and where that is. */
#define FLG	     4
#define HAS_CONTENT  0x08
#define CONTENT_SIZE 6

struct lz4 {
	LZ4F_dctx *decoder;
};

static void *take(void *u, size_t size)
{
	return unpack_take(u, size);
}

static void give(void *u, void *at)
{
	unpack_give(u, at);
}

static enum status lz4_open(struct unpack *u, struct fail *why)
{
	struct lz4 *lz4 = u->state;
	LZ4F_CustomMem memory = {take, NULL, give, u};

	lz4->decoder = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION);
	return lz4->decoder != NULL ? OK : unpack_no_memory(u, why);
}

static enum status lz4_step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	struct lz4 *lz4 = u->state;
	LZ4F_decompressOptions_t options = {.stableDst = u->whole != NULL && to == u->whole + u->unpacked};
	size_t in = u->in.size, out = (size_t)size, result;

	if (u->between && u->in.at[0] != FRAME && (u->in.at[0] & 0xf0) != SKIPPABLE)
		return unpack_garbage(u, why);
	result = LZ4F_decompress(lz4->decoder, to, &out, u->in.at, &in, &options);
	if (LZ4F_isError(result)) {
		if (LZ4F_getErrorCode(result) == LZ4F_ERROR_allocation_failed)
			return unpack_no_memory(u, why);
		return unpack_broken(u, why, LZ4F_getErrorName(result));
	}
	unpack_eat(u, in);
	*got = out;
	u->between = result == 0;
	return OK;
}

static void lz4_close(struct unpack *u)
{
	struct lz4 *lz4 = u->state;

	LZ4F_freeDecompressionContext(lz4->decoder);
}

static uint64_t lz4_told(struct bytes head)
{
	uint64_t flags = 0, size = 0;

	if (!bytes_get(head, FLG, 1, &flags) || (flags & HAS_CONTENT) == 0 || !bytes_get(head, CONTENT_SIZE, 8, &size))
		return 0;
	return size;
}

const struct codec codec_lz4 = {"LZ4", sizeof(struct lz4), lz4_open, lz4_step, lz4_close, lz4_told};
