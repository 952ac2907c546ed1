/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packed stream: never more than the limit comes out, memory comes back whole, and the same stream in other pieces
 * and steps gives the same bytes and the same answer.
 */
#include "fuzz.h"

#include "../../codecs/unpack.h"

#define LIMIT 65536u
#define HEAD  1024u
#define ROOM  MIB(16) /* of memory; a window of 128 MiB would only slow this down */

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

static enum status read_all(struct unpack *u, uint8_t *to, size_t step, uint64_t *size, struct fail *why)
{
	uint64_t got;

	do {
		uint64_t left = LIMIT - *size;

		TRY(unpack_read(u, to + *size, step < left ? step : left, &got, why));
		*size += got;
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

static enum status unpack_all(struct bytes packed, uint64_t size_at, size_t piece, size_t step, uint8_t *to,
			      uint64_t *size)
{
	struct input in = {packed, piece, 0};
	struct unpack_from from = from_input(&in, size_at);
	struct fail why = {.text = ""};
	struct unpack u;
	enum status status = unpack_open(&u, packing_of(packed), &from, LIMIT, &why);

	*size = 0;
	if (status == OK) {
		status = read_all(&u, to, step, size, &why);
		REQUIRE(u.unpacked <= LIMIT + 1 && *size <= LIMIT);
		REQUIRE(u.held == in.held && u.memory <= ROOM);
		unpack_close(&u);
	}
	REQUIRE(in.held == 0 && u.held == 0);
	REQUIRE(status == OK || why.text[0] != '\0');
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t a[LIMIT], b[LIMIT], head[HEAD];
	struct bytes input = {data, size};
	uint64_t how = take_number(&input, 2), n_a, n_b, n_head;
	uint64_t size_at = (how & 1) != 0 && input.size >= 4 ? input.size - 4 : 0;
	enum status one = unpack_all(input, size_at, SIZE_MAX, SIZE_MAX, a, &n_a);
	enum status other = unpack_all(input, size_at, 1 + (how >> 1 & 63), 1 + (how >> 7), b, &n_b);

	/*
	 * libzstd decodes a frame that it has whole at once, and then refuses what it otherwise passes over: a
	 * compressed block of no bytes (1.5.4). What comes out is the same.
	 */
	REQUIRE(one == other || one == NO_PLACE || other == NO_PLACE || packing_of(input) == PACKED_ZSTD);
	if (one == OK && other == OK)
		REQUIRE(n_a == n_b && memcmp(a, b, n_a) == 0);
	other = unpack_head(input, size_at, 1 + (how >> 1 & 63), head, &n_head);
	REQUIRE(one != OK || other == OK || other == NO_PLACE || packing_of(input) == PACKED_ZSTD);
	if (one == OK && other == OK)
		REQUIRE(n_head == (n_a < HEAD ? n_a : HEAD) && memcmp(a, head, n_head) == 0);
	return 0;
}
