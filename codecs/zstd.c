/* SPDX-License-Identifier: BSD-2-Clause */
/* zstd by libzstd's decoder. RFC 8878, 3.1: one or more frames, each with a checksum of its content if it says so. */
#include "codec.h"

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#define WINDOW_LOG 27 /* UNPACK_WINDOW is 1 << 27 */

/* The low byte of the magic numbers: of a frame, and of what decoders skip (RFC 8878, 3.1.2). */
#define FRAME	  0x28
#define SKIPPABLE 0x50

struct zstd {
	ZSTD_DCtx *decoder;
	uint8_t
	    head[ZSTD_FRAMEHEADERSIZE_MAX]; /* the frame's first bytes, from which a refusal takes the window's size */
	size_t n_head;
};

static void *take(void *u, size_t size)
{
	return unpack_take(u, size);
}

static void give(void *u, void *at)
{
	unpack_give(u, at);
}

static enum status zstd_open(struct unpack *u, struct fail *why)
{
	struct zstd *zstd = u->state;
	ZSTD_customMem memory = {take, give, u};

	_Static_assert(UNPACK_WINDOW == UINT64_C(1) << WINDOW_LOG, "the decoder's limit is the documented one");
	zstd->decoder = ZSTD_createDCtx_advanced(memory);
	if (zstd->decoder == NULL)
		return unpack_no_memory(u, why);
	ZSTD_DCtx_setParameter(zstd->decoder, ZSTD_d_windowLogMax, WINDOW_LOG);
	return OK;
}

static void keep_head(struct zstd *zstd, struct bytes in)
{
	for (size_t i = 0; i < in.size && zstd->n_head < sizeof(zstd->head); i++)
		zstd->head[zstd->n_head++] = in.at[i];
}

static enum status refuse(struct unpack *u, struct fail *why, size_t result)
{
	struct zstd *zstd = u->state;
	ZSTD_frameHeader header;

	switch (ZSTD_getErrorCode(result)) {
	case ZSTD_error_memory_allocation:
		return unpack_no_memory(u, why);
	case ZSTD_error_dstSize_tooSmall: /* only with u->whole */
		return unpack_too_long(u, why);
	case ZSTD_error_frameParameter_windowTooLarge:
		if (ZSTD_getFrameHeader(&header, zstd->head, zstd->n_head) == 0)
			return unpack_window_too_large(u, why, header.windowSize);
		break;
	default:
		break;
	}
	return unpack_broken(u, why, ZSTD_getErrorName(result));
}

static enum status zstd_step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	struct zstd *zstd = u->state;
	ZSTD_inBuffer in = {u->in.at, u->in.size, 0};
	ZSTD_outBuffer out = {to, (size_t)size, 0};
	size_t result, before;

	if (u->between) {
		if (u->in.at[0] != FRAME && (u->in.at[0] & 0xf0) != SKIPPABLE)
			return unpack_garbage(u, why);
		zstd->n_head = 0;
	}
	/* Linux's kernels ask for a window of 128 MiB, whatever their size: zstd.h, ZSTD_d_stableOutBuffer. */
	if (u->whole != NULL && zstd->n_head == 0)
		ZSTD_DCtx_setParameter(zstd->decoder, ZSTD_d_stableOutBuffer, 1);
	if (u->whole != NULL)
		out = (ZSTD_outBuffer){u->whole, (size_t)u->limit, (size_t)u->unpacked};
	keep_head(zstd, u->in);
	before = out.pos;
	result = ZSTD_decompressStream(zstd->decoder, &out, &in);
	if (ZSTD_isError(result))
		return refuse(u, why, result);
	unpack_eat(u, in.pos);
	*got = out.pos - before;
	u->between = result == 0;
	return OK;
}

static void zstd_close(struct unpack *u)
{
	struct zstd *zstd = u->state;

	ZSTD_freeDCtx(zstd->decoder);
}

/* RFC 8878, 3.1.1.1, Frame_Content_Size */
static uint64_t zstd_told(struct bytes head)
{
	unsigned long long size = ZSTD_getFrameContentSize(head.at, head.size);

	return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ? 0 : size;
}

const struct codec codec_zstd = {"zstd", sizeof(struct zstd), zstd_open, zstd_step, zstd_close, zstd_told};
