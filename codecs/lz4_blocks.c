/* SPDX-License-Identifier: BSD-2-Clause */
#include "lz4_blocks.h"

#include "../base/mem.h"

#include <lz4.h>

void lz4_blocks_begin(struct unpack *u, struct lz4_blocks *b, uint32_t most, bool linked)
{
	uint32_t window_size = most + (linked ? LZ4_LOOKS_BACK : 0);

	if (b->window != NULL && b->window_size < window_size) {
		unpack_give(u, b->window);
		b->window = NULL;
	}
	if (b->window == NULL)
		b->window_size = window_size;
	b->most = most;
	b->linked = linked;
	b->came_out = 0;
	b->n_history = b->n_block = b->handed_out = b->n_gathered = 0;
}

/* ---- packed ---- */

/*
 * In the memory that its reader wants filled a packed block can wait at the end, out of reach of what it becomes: so a
 * damaged one does the same there as anywhere. The read goes on until the block is decoded. NULL: there is no room.
 */
static uint8_t *at_the_end(const struct lz4_blocks *b, uint32_t packed, uint8_t *to, uint64_t size)
{
	return size < b->most + (uint64_t)packed ? NULL : to + (size - packed);
}

/* Room for the packed block that begins here. */
static enum status have_gathered(struct unpack *u, struct lz4_blocks *b, uint32_t packed, uint8_t *to, uint64_t size,
				 struct fail *why)
{
	b->gathered = at_the_end(b, packed, to, size);
	if (b->gathered != NULL)
		return OK;
	if (packed > b->room_size) {
		unpack_give(u, b->room);
		b->room_size = 0;
		b->room = unpack_take(u, packed);
		if (b->room == NULL)
			return unpack_no_memory(u, why);
		b->room_size = packed;
	}
	b->gathered = b->room;
	return OK;
}

enum status lz4_blocks_gather(struct unpack *u, struct lz4_blocks *b, struct bytes *packed, uint8_t *to, uint64_t size,
			      struct fail *why)
{
	size_t wanted = packed->size - b->n_gathered, here = u->in.size < wanted ? u->in.size : wanted;

	packed->at = NULL;
	if (b->n_gathered == 0 && here == wanted) {
		packed->at = u->in.at;
		unpack_eat(u, here);
		return OK;
	}
	if (b->n_gathered == 0)
		TRY(have_gathered(u, b, (uint32_t)packed->size, to, size, why));
	memcpy(b->gathered + b->n_gathered, u->in.at, here);
	unpack_eat(u, here);
	b->n_gathered += (uint32_t)here;
	if (b->n_gathered == packed->size) {
		packed->at = b->gathered;
		b->n_gathered = 0;
	}
	return OK;
}

/* A vmlinux needs some KiB, because LZ4 counts the 2 MiB of zeros behind its headers with one byte for 255. */
bool lz4_blocks_head(const struct unpack *u, const struct lz4_blocks *b, uint32_t packed, uint8_t *to, uint64_t size,
		     uint64_t *got)
{
	size_t here = u->in.size < packed ? u->in.size : packed;

	if (!u->from.head_alone || b->n_gathered != 0 || size > UINT16_MAX ||
	    LZ4_decompress_safe_partial((const char *)u->in.at, (char *)to, (int)here, (int)size, (int)size) !=
		(int)size)
		return false;
	*got = size;
	return true;
}

/* ---- unpacked ---- */

static bool is_in_place(const struct unpack *u, const uint8_t *to)
{
	return u->whole != NULL && to == u->whole + u->unpacked;
}

/* The window has room for @size more bytes, which is at most what a block becomes; of what lies before, 64 KiB stay. */
static enum status have_window(struct unpack *u, struct lz4_blocks *b, uint32_t size, struct fail *why)
{
	uint32_t keep = b->n_history < LZ4_LOOKS_BACK ? b->n_history : LZ4_LOOKS_BACK;

	if (b->window == NULL)
		b->window = unpack_take(u, b->window_size);
	if (b->window == NULL)
		return unpack_no_memory(u, why);
	if (b->window_size - b->n_history < size) {
		memmove(b->window, b->window + b->n_history - keep, keep);
		b->n_history = keep;
	}
	return OK;
}

/* What a block may look back at: it is where it was written, and nothing else writes there (unpack.h, unpack_read). */
static struct bytes history(const struct unpack *u, const struct lz4_blocks *b)
{
	uint64_t before = u->whole != NULL ? b->came_out : b->n_history;
	size_t size = before < LZ4_LOOKS_BACK ? (size_t)before : LZ4_LOOKS_BACK;

	if (!b->linked || size == 0)
		return (struct bytes){NULL, 0};
	return (struct bytes){(u->whole != NULL ? u->whole + u->unpacked : b->window + b->n_history) - size, size};
}

/* How many bytes a packed block becomes; negative when it is damaged, or they are more than @size. */
static int decoded(struct bytes packed, uint8_t *to, uint64_t size, struct bytes history)
{
	return LZ4_decompress_safe_usingDict((const char *)packed.at, (char *)to, (int)packed.size, (int)size,
					     (const char *)history.at, (int)history.size);
}

/*
 * Straight to the reader's place, where it can look back. A block does not say how long it is unpacked, and one that
 * turns out not to fit is decoded once more, to the window.
 */
enum status lz4_blocks_decode(struct unpack *u, struct lz4_blocks *b, struct bytes packed, uint8_t *to, uint64_t size,
			      uint64_t *got, struct bytes *out, struct fail *why)
{
	bool straight = is_in_place(u, to) || !b->linked;
	int n = -1;

	if (straight)
		n = decoded(packed, to, size < b->most ? size : b->most, history(u, b));
	if (n >= 0) {
		*got = (uint64_t)n;
	} else if (!straight || size < b->most) {
		TRY(have_window(u, b, b->most, why));
		to = b->window + b->n_history;
		n = decoded(packed, to, b->most, history(u, b));
		b->n_block = n < 0 ? 0 : (uint32_t)n;
		b->handed_out = 0;
	}
	if (n < 0)
		return unpack_broken(u, why, "a damaged block ends here");
	*out = (struct bytes){to, (size_t)n};
	b->came_out += (uint64_t)n;
	return OK;
}

enum status lz4_blocks_stored(struct unpack *u, struct lz4_blocks *b, struct bytes stored, struct fail *why)
{
	b->came_out += stored.size;
	if (!b->linked || u->whole != NULL)
		return OK;
	TRY(have_window(u, b, (uint32_t)stored.size, why));
	memcpy(b->window + b->n_history, stored.at, stored.size);
	b->n_history += (uint32_t)stored.size;
	return OK;
}

bool lz4_blocks_wait(const struct lz4_blocks *b)
{
	return b->handed_out < b->n_block;
}

void lz4_blocks_hand_out(struct lz4_blocks *b, uint8_t *to, uint64_t size, uint64_t *got)
{
	uint32_t left = b->n_block - b->handed_out;

	*got = size < left ? size : left;
	memcpy(to, b->window + b->n_history + b->handed_out, (size_t)*got);
	b->handed_out += (uint32_t)*got;
	if (!lz4_blocks_wait(b) && b->linked) {
		b->n_history += b->n_block;
		b->n_block = b->handed_out = 0;
	}
}

void lz4_blocks_close(struct unpack *u, struct lz4_blocks *b)
{
	unpack_give(u, b->window);
	unpack_give(u, b->room);
}
