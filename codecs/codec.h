/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the stream (unpack.c) and each upstream decoder (codecs/): what a decoder does, and what it may ask for.
 */
#ifndef BERTH_CODEC_H
#define BERTH_CODEC_H

#include "stream.h"

struct codec {
	const char *name;
	size_t state_size; /* zeroed memory at u->state before open */
	enum status (*open)(struct unpack *u, struct fail *why);
	/*
	 * Decodes from u->in (empty only when u->drained) to @to, at least one byte of either, unless it is stuck; says
	 * so by unpack_eat and *got. Sets u->between where the input may end, or u->ended. @size bytes are memory, and
	 * fit a size_t.
	 */
	enum status (*step)(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why);
	void (*close)(struct unpack *u);     /* also after a failed open */
	uint64_t (*told)(struct bytes head); /* the unpacked size by its header, or 0; NULL: no header says */
};

extern const struct codec codec_gzip, codec_lz4_legacy, codec_lz4, codec_zstd, codec_xz;

/* For decoders: memory that is counted. */
void *unpack_take(struct unpack *u, uint64_t size);
void unpack_give(struct unpack *u, void *at); /* at may be NULL */

/* Where in the file the decoder stands. */
uint64_t unpack_offset(const struct unpack *u);

/* The first @size bytes of u->in are read. */
void unpack_eat(struct unpack *u, size_t size);

/* The sentences that all decoders need: NO_PLACE after unpack_take failed; BAD_INPUT about the data at u->in. */
enum status unpack_no_memory(struct unpack *u, struct fail *why);
enum status unpack_broken(struct unpack *u, struct fail *why, const char *words);
enum status unpack_garbage(struct unpack *u, struct fail *why);
enum status unpack_longer_than(struct unpack *u, uint64_t size, const char *words, struct fail *why);
enum status unpack_too_long(struct unpack *u, struct fail *why); /* longer than u->limit */
enum status unpack_window_too_large(struct unpack *u, struct fail *why, uint64_t window);

#endif
