/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packed blocks of both of LZ4's formats: each waits until all of it is there, because lz4.c of LZ4 wants it in one
 * run, and is decoded to where its reader wants it, or to memory of the decoder's where that is too small.
 */
#ifndef BERTH_LZ4_BLOCKS_H
#define BERTH_LZ4_BLOCKS_H

#include "codec.h"

#define LZ4_LOOKS_BACK (64u << 10) /* lz4_Block_format.md: an offset has 16 bits */

struct lz4_blocks {
	uint32_t most;	   /* bytes that a block becomes at most */
	bool linked;	   /* a block may look back at those before it in its frame */
	uint64_t came_out; /* bytes of this frame so far */

	uint32_t n_gathered;
	uint8_t *gathered; /* a packed block that lies in several pieces */
	uint8_t *room;	   /* memory for one */
	uint32_t room_size;

	/* What a reader had no room for, and before it, when blocks are linked, what it may look back at. */
	uint8_t *window;
	uint32_t window_size, n_history;
	uint32_t n_block, handed_out;
};

/* A frame begins. */
void lz4_blocks_begin(struct unpack *u, struct lz4_blocks *b, uint32_t most, bool linked);

/*
 * Reads what is there of a packed block of packed->size bytes. packed->at: all of it, readable until the next call;
 * NULL: more of it is to come. @to, @size: what its reader wants filled.
 */
enum status lz4_blocks_gather(struct unpack *u, struct lz4_blocks *b, struct bytes *packed, uint8_t *to, uint64_t size,
			      struct fail *why);

/*
 * Where the first bytes of all are wanted and no more: false, or the first @size bytes of the packed block of @packed
 * bytes that begins here, which stays unread.
 */
bool lz4_blocks_head(const struct unpack *u, const struct lz4_blocks *b, uint32_t packed, uint8_t *to, uint64_t size,
		     uint64_t *got);

/*
 * Decodes a packed block to @to, of which @size bytes are memory, or to memory of the decoder's, for
 * lz4_blocks_hand_out. *out: what came out, readable until the next call.
 */
enum status lz4_blocks_decode(struct unpack *u, struct lz4_blocks *b, struct bytes packed, uint8_t *to, uint64_t size,
			      uint64_t *got, struct bytes *out, struct fail *why);

/* @stored, at most b->most bytes, came out as they went in, straight to their reader. */
enum status lz4_blocks_stored(struct unpack *u, struct lz4_blocks *b, struct bytes stored, struct fail *why);

/* Whether bytes that came out wait for a reader, and their way to it. */
bool lz4_blocks_wait(const struct lz4_blocks *b);
void lz4_blocks_hand_out(struct lz4_blocks *b, uint8_t *to, uint64_t size, uint64_t *got);

void lz4_blocks_close(struct unpack *u, struct lz4_blocks *b);

#endif
