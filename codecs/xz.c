/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xz by liblzma's decoder. xz-file-format.txt, 2: one or more streams, zeros in multiples of four between and behind
 * them; CRC-32, CRC-64 or SHA-256 of each block and the index of sizes behind them are checked by the decoder.
 */
#include "codec.h"

#include <lzma.h>

#define BESIDES MIB(1) /* what the decoder needs besides its window: 60 KiB, and more with several filters */

struct xz {
	lzma_stream stream;
	lzma_allocator memory;
};

static void *take(void *u, size_t items, size_t size)
{
	return unpack_take(u, (uint64_t)items * size); /* liblzma's items are always 1 */
}

static void give(void *u, void *at)
{
	unpack_give(u, at);
}

static enum status xz_open(struct unpack *u, struct fail *why)
{
	struct xz *xz = u->state;

	xz->memory = (lzma_allocator){take, give, u};
	xz->stream = (lzma_stream)LZMA_STREAM_INIT;
	xz->stream.allocator = &xz->memory;
	if (lzma_stream_decoder(&xz->stream, UNPACK_WINDOW + BESIDES,
				LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
		return unpack_no_memory(u, why);
	return OK;
}

static enum status refuse(struct unpack *u, struct fail *why, lzma_ret result)
{
	struct xz *xz = u->state;

	switch (result) {
	case LZMA_MEM_ERROR:
		return unpack_no_memory(u, why);
	case LZMA_MEMLIMIT_ERROR:
		return unpack_window_too_large(u, why, lzma_memusage(&xz->stream));
	case LZMA_FORMAT_ERROR:
		return unpack_broken(u, why, "no magic number");
	case LZMA_OPTIONS_ERROR:
		return unpack_broken(u, why, "a filter or a field that is not supported");
	case LZMA_UNSUPPORTED_CHECK:
		return unpack_broken(u, why, "a kind of checksum that is not supported");
	default:
		return unpack_broken(u, why, "damaged data, or a wrong checksum");
	}
}

static enum status xz_step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	struct xz *xz = u->state;
	lzma_ret result;

	xz->stream.next_in = u->in.at;
	xz->stream.avail_in = u->in.size;
	xz->stream.next_out = to;
	xz->stream.avail_out = (size_t)size;
	result = lzma_code(&xz->stream, u->drained ? LZMA_FINISH : LZMA_RUN);
	unpack_eat(u, u->in.size - xz->stream.avail_in);
	*got = size - xz->stream.avail_out;
	if (result == LZMA_STREAM_END)
		u->ended = true;
	else if (result != LZMA_OK && result != LZMA_BUF_ERROR)
		return refuse(u, why, result);
	return OK;
}

static void xz_close(struct unpack *u)
{
	struct xz *xz = u->state;

	lzma_end(&xz->stream);
}

const struct codec codec_xz = {"xz", sizeof(struct xz), xz_open, xz_step, xz_close, NULL};
