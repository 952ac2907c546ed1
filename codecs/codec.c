/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

/* ---- memory: the size stands before each block, because decoders give back only an address ---- */

struct block {
	_Alignas(16) uint64_t size;
};

void *unpack_take(struct unpack *u, uint64_t size)
{
	struct block *block = NULL;
	uint64_t whole;

	if (!checked_add(size, sizeof(*block), &whole))
		block = u->from.take(u->from.context, whole);
	if (block == NULL) {
		u->refused = size;
		return NULL;
	}
	block->size = whole;
	u->held += whole;
	if (u->memory < u->held)
		u->memory = u->held;
	return block + 1;
}

void unpack_give(struct unpack *u, void *at)
{
	struct block *block = at;

	if (block == NULL)
		return;
	block--;
	u->held -= block->size;
	u->from.give(u->from.context, block, block->size);
}

/* ---- sentences ---- */

uint64_t unpack_offset(const struct unpack *u)
{
	return u->from.start + u->packed - u->in.size;
}

enum status unpack_no_memory(struct unpack *u, struct fail *why)
{
	return fail(why, NO_PLACE, "%s: no memory of %s to unpack %s with", u->from.name, size_words(u->refused).at,
		    u->codec->name);
}

enum status unpack_broken(struct unpack *u, struct fail *why, const char *words)
{
	return fail(why, BAD_INPUT, "%s is broken: %s at byte %" PRIu64 ": %s", u->from.name, u->codec->name,
		    unpack_offset(u), words);
}

enum status unpack_garbage(struct unpack *u, struct fail *why)
{
	return fail(why, BAD_INPUT, "%s is broken: something else follows the end of %s at byte %" PRIu64, u->from.name,
		    u->codec->name, unpack_offset(u));
}

enum status unpack_window_too_large(struct unpack *u, struct fail *why, uint64_t window)
{
	return fail(why, BAD_INPUT,
		    "%s: unpacking its %s takes a window of %" PRIu64 " bytes; at most %" PRIu64 " are supported",
		    u->from.name, u->codec->name, window, UNPACK_WINDOW);
}

enum status unpack_longer_than(struct unpack *u, uint64_t size, const char *words, struct fail *why)
{
	return fail(why, BAD_INPUT,
		    "%s: its %s unpacks to more than the %" PRIu64 " bytes that %s; unpacking stopped at byte %" PRIu64,
		    u->from.name, u->codec->name, size, words, unpack_offset(u));
}

enum status unpack_too_long(struct unpack *u, struct fail *why)
{
	return unpack_longer_than(u, u->limit, "it may have", why);
}

/* ---- input ---- */

void unpack_eat(struct unpack *u, size_t size)
{
	if (size == 0) /* there may be no buffer yet */
		return;
	u->in.at += size;
	u->in.size -= size;
}
