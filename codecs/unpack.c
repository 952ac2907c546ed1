/* SPDX-License-Identifier: BSD-2-Clause */
#include "unpack.h"

#include "codec.h"
#include "../base/mem.h"

#define SIZE_WORD 4u   /* bytes of the length that Linux's build appends */
#define SCRATCH	  4096 /* bytes dropped at a time */

/* ---- packings by their magic: Linux's lib/decompress.c has two bytes of each, and no LZ4 frames ---- */

static const struct packing_row {
	const struct codec *codec; /* NULL: only the name is known */
	const char *name;	   /* for those */
	uint8_t size, magic[PACKING_HEAD];
} rows[N_PACKINGS] = {
    [PACKED_GZIP] = {&codec_gzip, NULL, 3, {0x1f, 0x8b, 8}},
    [PACKED_LZ4_LEGACY] = {&codec_lz4_legacy, NULL, 4, {0x02, 0x21, 0x4c, 0x18}},
    [PACKED_LZ4] = {&codec_lz4, NULL, 4, {0x04, 0x22, 0x4d, 0x18}},
    [PACKED_ZSTD] = {&codec_zstd, NULL, 4, {0x28, 0xb5, 0x2f, 0xfd}},
    [PACKED_XZ] = {&codec_xz, NULL, 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
    [PACKED_BZIP2] = {NULL, "bzip2", 3, {'B', 'Z', 'h'}},
    [PACKED_LZMA] = {NULL, "lzma", 3, {0x5d, 0, 0}},
    [PACKED_LZO] = {NULL, "lzo", 9, {0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n'}},
};

enum packing packing_of(struct bytes head)
{
	for (unsigned int i = PACKED_NOT + 1; i < N_PACKINGS; i++)
		if (head.size >= rows[i].size && memcmp(head.at, rows[i].magic, rows[i].size) == 0)
			return (enum packing)i;
	return PACKED_NOT;
}

const char *packing_name(enum packing packing)
{
	if (packing == PACKED_NOT)
		return "nothing";
	return rows[packing].codec != NULL ? rows[packing].codec->name : rows[packing].name;
}

uint64_t packing_told(struct bytes head)
{
	enum packing packing = packing_of(head);

	if (packing == PACKED_NOT || rows[packing].codec == NULL || rows[packing].codec->told == NULL)
		return 0;
	return rows[packing].codec->told(head);
}

/* ---- input ---- */

static enum status truncated(struct unpack *u, struct fail *why)
{
	return fail(why, BAD_INPUT,
		    "%s is broken: %s ends too early, at byte %" PRIu64 ", after %" PRIu64 " unpacked bytes",
		    u->from.name, u->codec->name, unpack_offset(u), u->unpacked);
}

/* What lies behind size_at: the length, and nothing more. */
static enum status keep_size_word(struct unpack *u, struct bytes rest, struct fail *why)
{
	for (size_t i = 0; i < rest.size && u->behind + i < SIZE_WORD; i++)
		u->size_word[u->behind + i] = rest.at[i];
	u->behind += rest.size;
	if (u->behind > SIZE_WORD)
		return fail(why, BAD_INPUT, "%s is broken: something else follows the unpacked length at byte %" PRIu64,
			    u->from.name, u->from.start + u->from.size_at + SIZE_WORD);
	return OK;
}

static enum status refill(struct unpack *u, struct fail *why)
{
	while (u->in.size == 0 && !u->drained) {
		struct bytes piece = {NULL, 0};
		uint64_t room = u->from.size_at - u->packed;
		size_t size;

		TRY(u->from.more(u->from.context, &piece, why));
		size = piece.size < room ? piece.size : (size_t)room;
		u->drained = piece.size == 0;
		u->in = (struct bytes){piece.at, size};
		u->packed += size;
		if (size < piece.size)
			TRY(keep_size_word(u, (struct bytes){piece.at + size, piece.size - size}, why));
	}
	return OK;
}

/* ---- output ---- */

/* A step of the decoder makes progress, ends the stream or is an error: always one of them. */
static enum status step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	size_t before;

	*got = 0;
	TRY(refill(u, why));
	if (u->between && u->in.size == 0) {
		u->ended = true;
		return OK;
	}
	before = u->in.size;
	TRY(u->codec->step(u, to, size, got, why));
	u->unpacked += *got;
	if (*got != 0 || u->in.size != before || u->ended)
		return OK;
	return u->in.size == 0 ? truncated(u, why) : unpack_broken(u, why, "it does not go on");
}

static enum status read_within_limit(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	while (*got < size && !u->ended) {
		uint64_t n;

		TRY(step(u, to + *got, size - *got, &n, why));
		*got += n;
	}
	return OK;
}

/* Goes on to the end of the stream, which must come before another byte. */
static enum status expect_end(struct unpack *u, const char *words, struct fail *why)
{
	uint64_t before = u->unpacked, got = 0;
	uint8_t byte;

	TRY(read_within_limit(u, &byte, 1, &got, why));
	return got == 0 ? OK : unpack_longer_than(u, before, words, why);
}

static enum status given_up(const struct unpack *u, struct fail *why)
{
	return fail(why, BAD_INPUT, "%s: its %s already failed", u->from.name, u->codec->name);
}

enum status unpack_read(struct unpack *u, void *to, uint64_t size, uint64_t *got, struct fail *why)
{
	uint64_t room = u->limit - u->unpacked;
	enum status status;

	*got = 0;
	if (u->failed)
		return given_up(u, why);
	if (u->packed == 0 && size >= u->limit)
		u->whole = to;
	status = read_within_limit(u, to, size < room ? size : room, got, why);
	if (status == OK && size > room && !u->ended)
		status = expect_end(u, "it may have", why);
	u->failed = status != OK;
	return status;
}

enum status unpack_skip(struct unpack *u, uint64_t size, uint64_t *got, struct fail *why)
{
	uint8_t scratch[SCRATCH];

	*got = 0;
	while (*got < size && !u->ended) {
		uint64_t n;

		TRY(unpack_read(u, scratch, size - *got < SCRATCH ? size - *got : SCRATCH, &n, why));
		*got += n;
	}
	return OK;
}

/* ---- the two ends ---- */

static enum status check_size(const struct unpack *u, struct fail *why)
{
	uint64_t size = load_le(u->size_word, SIZE_WORD);

	if (u->from.size_at == UINT64_MAX)
		return OK;
	if (u->behind != SIZE_WORD)
		return fail(why, BAD_INPUT, "%s is broken: it ends before the unpacked length at byte %" PRIu64,
			    u->from.name, u->from.start + u->from.size_at);
	if (size != (uint32_t)u->unpacked) /* modulo 2^32, as gzip has it */
		return fail(why, BAD_INPUT,
			    "%s is broken: its %s unpacks to %" PRIu64 " bytes, and the length at byte %" PRIu64
			    " says %" PRIu64,
			    u->from.name, u->codec->name, u->unpacked, u->from.start + u->from.size_at, size);
	return OK;
}

enum status unpack_finish(struct unpack *u, struct fail *why)
{
	enum status status;

	if (u->failed)
		return given_up(u, why);
	status = expect_end(u, "were expected", why);
	if (status == OK)
		status = check_size(u, why);
	u->failed = status != OK;
	return status;
}

static enum status open(struct unpack *u, struct fail *why)
{
	u->state = unpack_take(u, u->codec->state_size);
	if (u->state == NULL)
		return unpack_no_memory(u, why);
	memset(u->state, 0, u->codec->state_size);
	return u->codec->open(u, why);
}

enum status unpack_open(struct unpack *u, enum packing packing, const struct unpack_from *from, uint64_t limit,
			struct fail *why)
{
	enum status status;

	*u = (struct unpack){.from = *from, .limit = limit, .codec = rows[packing].codec};
	if (from->size_at == 0 || packing == PACKED_GZIP)
		u->from.size_at = UINT64_MAX;
	if (u->codec == NULL)
		return fail(why, BAD_INPUT, "%s: %s is not supported; gzip, LZ4, zstd and xz are", from->name,
			    packing == PACKED_NOT ? "this packing" : packing_name(packing));
	status = open(u, why);
	if (status != OK)
		unpack_close(u);
	return status;
}

void unpack_close(struct unpack *u)
{
	if (u->state == NULL)
		return;
	u->codec->close(u);
	unpack_give(u, u->state);
	u->state = NULL;
}
