/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packed stream: never more than the limit comes out, memory comes back whole, and the same stream in other pieces
 * and steps, and with a higher limit, gives the same bytes and the same answer; of LZ4's frames those that LZ4's own
 * decoder gives.
 */
#include "fuzz.h"

#include "../../codecs/unpack.h"
#include "../unit/lz4_upstream.h"

#define LIMIT 65536u
#define LARGE (8 * 1048576u + LIMIT) /* LZ4's packed blocks wait out of reach of up to 8 MiB (codecs/lz4_blocks.c) */
#define HEAD  1024u
#define ROOM  MIB(16) /* of memory; a window of 128 MiB would only slow this down */

struct out {
	uint8_t *at;
	uint64_t limit, size; /* of bytes that may come out, and did */
};

struct input {
	struct bytes left;
	size_t piece;
	uint64_t held;
};

static enum status more(void *context, struct bytes *piece, struct fail *why)
{
	struct input *in = context;
	size_t size = in->left.size < in->piece ? in->left.size : in->piece;

	(void)why;
	*piece = (struct bytes){in->left.at, size};
	in->left.at += size;
	in->left.size -= size;
	return OK;
}

static void *take(void *context, uint64_t size)
{
	struct input *in = context;

	if (size > ROOM - in->held)
		return NULL;
	in->held += size;
	return malloc(size);
}

static void give(void *context, void *at, uint64_t size)
{
	struct input *in = context;

	REQUIRE(in->held >= size);
	in->held -= size;
	free(at);
}

static enum status read_all(struct unpack *u, struct out *out, size_t step, struct fail *why)
{
	uint64_t got;

	do {
		uint64_t left = out->limit - out->size;

		TRY(unpack_read(u, out->at + out->size, step < left ? step : left, &got, why));
		out->size += got;
	} while (got != 0);
	return unpack_finish(u, why);
}

static struct unpack_from from_input(struct input *in, uint64_t size_at)
{
	return (struct unpack_from){
	    .name = "fuzz", .size_at = size_at, .context = in, .more = more, .take = take, .give = give};
}

/* The first bytes alone, which need not see the end of a block. */
static enum status unpack_head(struct bytes packed, uint64_t size_at, size_t piece, uint8_t to[HEAD], uint64_t *size)
{
	struct input in = {packed, piece, 0};
	struct unpack_from from = from_input(&in, size_at);
	struct fail why = {.text = ""};
	struct unpack u;
	enum status status;

	*size = 0;
	from.head_alone = true;
	status = unpack_open(&u, packing_of(packed), &from, LIMIT, &why);
	if (status == OK) {
		status = unpack_read(&u, to, HEAD, size, &why);
		unpack_close(&u);
	}
	REQUIRE(in.held == 0 && *size <= HEAD);
	return status;
}

static enum status unpack_all(struct bytes packed, uint64_t size_at, size_t piece, size_t step, struct out *out)
{
	struct input in = {packed, piece, 0};
	struct unpack_from from = from_input(&in, size_at);
	struct fail why = {.text = ""};
	struct unpack u;
	enum status status = unpack_open(&u, packing_of(packed), &from, out->limit, &why);

	out->size = 0;
	if (status == OK) {
		status = read_all(&u, out, step, &why);
		REQUIRE(u.unpacked <= out->limit + 1 && out->size <= out->limit);
		REQUIRE(u.held == in.held && u.memory <= ROOM);
		unpack_close(&u);
	}
	REQUIRE(in.held == 0 && u.held == 0);
	REQUIRE(status == OK || why.text[0] != '\0');
	return status;
}

static void require_same(const struct out *a, const struct out *b)
{
	REQUIRE(a->size == b->size && memcmp(a->at, b->at, a->size) == 0);
}

/* As much as @whole says, which came out at once with the same limit. */
static void require_same_in_pieces(struct bytes packed, uint64_t size_at, size_t piece, size_t step,
				   enum status at_once, const struct out *whole)
{
	static uint8_t in_pieces[LARGE];
	struct out out = {in_pieces, LARGE, 0};
	enum status status = unpack_all(packed, size_at, piece, step, &out);

	REQUIRE(status == at_once || status == NO_PLACE || at_once == NO_PLACE);
	if (status == OK && at_once == OK)
		require_same(whole, &out);
}

/* @low: what came out with LIMIT. Others than LZ4's have no block above it, and would only take longer. */
static void unpack_within_large(struct bytes packed, uint64_t size_at, size_t piece, size_t step, enum status with_low,
				const struct out *low)
{
	static uint8_t at_once[LARGE];
	struct out out = {at_once, LARGE, 0};
	enum status status;

	if (packing_of(packed) != PACKED_LZ4_LEGACY && packing_of(packed) != PACKED_LZ4)
		return;
	status = unpack_all(packed, size_at, SIZE_MAX, SIZE_MAX, &out);
	REQUIRE(with_low != OK || status == OK);
	if (with_low == OK)
		require_same(low, &out);
	require_same_in_pieces(packed, size_at, piece, SIZE_MAX, status, &out);
	require_same_in_pieces(packed, size_at, piece, step, status, &out);
}

static void require_upstreams(struct bytes packed, enum status status, const struct out *ours)
{
	static uint8_t theirs[LIMIT];
	size_t size;
	bool good = lz4_upstream(packed, theirs, LIMIT, &size);

	REQUIRE(good == (status == OK));
	REQUIRE(!good || (size == ours->size && memcmp(theirs, ours->at, size) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t at_once[LIMIT], in_steps[LIMIT], head[HEAD];
	struct out a = {at_once, LIMIT, 0}, b = {in_steps, LIMIT, 0};
	struct bytes input = {data, size};
	uint64_t how = take_number(&input, 2), n_head;
	uint64_t size_at = (how & 1) != 0 && input.size >= 4 ? input.size - 4 : 0;
	size_t piece = 1 + (how >> 1 & 63), step = 1 + (how >> 7);
	enum status one = unpack_all(input, size_at, SIZE_MAX, SIZE_MAX, &a);
	enum status other = unpack_all(input, size_at, piece, step, &b);

	/*
	 * libzstd decodes a frame that it has whole at once, and then refuses what it otherwise passes over: a
	 * compressed block of no bytes (1.5.4). What comes out is the same.
	 */
	REQUIRE(one == other || one == NO_PLACE || other == NO_PLACE || packing_of(input) == PACKED_ZSTD);
	if (one == OK && other == OK)
		require_same(&a, &b);
	if (size_at == 0 && one != NO_PLACE && packing_of(input) == PACKED_LZ4)
		require_upstreams(input, one, &a);
	other = unpack_head(input, size_at, piece, head, &n_head);
	REQUIRE(one != OK || other == OK || other == NO_PLACE || packing_of(input) == PACKED_ZSTD);
	if (one == OK && other == OK)
		REQUIRE(n_head == (a.size < HEAD ? a.size : HEAD) && memcmp(a.at, head, n_head) == 0);
	unpack_within_large(input, size_at, piece, step, one, &a);
	return 0;
}
