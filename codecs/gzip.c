/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gzip by zlib. RFC 1952, 2.2: a file is a series of members; CRC-32 and length behind each are checked by inflate.
 */
#include "codec.h"

#include <zlib.h>

#define GZIP_WRAPPER 16 /* zlib.h, inflateInit2: added to windowBits, a gzip header and trailer are expected */

static voidpf take(voidpf u, uInt items, uInt size)
{
	return unpack_take(u, (uint64_t)items * size);
}

static void give(voidpf u, voidpf at)
{
	unpack_give(u, at);
}

static enum status gzip_open(struct unpack *u, struct fail *why)
{
	z_stream *z = u->state;

	z->zalloc = take;
	z->zfree = give;
	z->opaque = u;
	return inflateInit2(z, MAX_WBITS + GZIP_WRAPPER) == Z_OK ? OK : unpack_no_memory(u, why);
}

static uInt at_most_1g(uint64_t size)
{
	return (uInt)(size < GIB(1) ? size : GIB(1));
}

static enum status gzip_step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	z_stream *z = u->state;
	uInt in = at_most_1g(u->in.size), out = at_most_1g(size);
	int result;

	if (u->between) {
		if (u->in.at[0] != 0x1f)
			return unpack_garbage(u, why);
		inflateReset(z);
		u->between = false;
	}
	z->next_in = u->in.at;
	z->avail_in = in;
	z->next_out = to;
	z->avail_out = out;
	result = inflate(z, Z_NO_FLUSH);
	unpack_eat(u, in - z->avail_in);
	*got = out - z->avail_out;
	if (result == Z_MEM_ERROR)
		return unpack_no_memory(u, why);
	if (result == Z_STREAM_END)
		u->between = true;
	else if (result != Z_OK && result != Z_BUF_ERROR)
		return unpack_broken(u, why, z->msg != NULL ? z->msg : "it cannot be decoded");
	return OK;
}

static void gzip_close(struct unpack *u)
{
	inflateEnd(u->state);
}

const struct codec codec_gzip = {"gzip", sizeof(z_stream), gzip_open, gzip_step, gzip_close, NULL};
