/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LZ4's legacy frames around lz4.c of LZ4, as Linux takes them (lib/decompress_unlz4.c; lz4_Frame_format.md, "Legacy
 * frame"): the magic number, then blocks, each a 32-bit packed size before it and 8 MiB unpacked, the last one less.
 * The magic number in place of a size starts another frame. A size of 0 ends it all, and only zeros may follow: the
 * padding of images that were put together.
 */
#include "lz4_blocks.h"

#include <lz4.h>

#define MAGIC	   UINT32_C(0x184c2102)
#define BLOCK	   (8u << 20) /* lz4_Frame_format.md: "a block [...] cannot be larger than 8 MB" unpacked */
#define PACKED_MAX ((uint32_t)LZ4_COMPRESSBOUND(BLOCK))

struct legacy {
	struct lz4_blocks blocks;
	bool begun, padding;
	uint8_t word[4]; /* the next size, or magic number */
	uint32_t n_word;
	uint32_t packed; /* bytes of the block that follows; 0: a word follows */
};

static enum status legacy_open(struct unpack *u, struct fail *why)
{
	struct legacy *l = u->state;

	(void)why;
	lz4_blocks_begin(u, &l->blocks, BLOCK, false);
	return OK;
}

static enum status read_word(struct unpack *u, struct legacy *l, struct fail *why)
{
	uint32_t word;

	u->between = false;
	while (l->n_word < sizeof(l->word) && u->in.size != 0) {
		l->word[l->n_word++] = u->in.at[0];
		unpack_eat(u, 1);
	}
	if (l->n_word < sizeof(l->word))
		return OK;
	l->n_word = 0;
	word = (uint32_t)load_le(l->word, sizeof(l->word));
	if (!l->begun && word != MAGIC)
		return unpack_broken(u, why, "no magic number");
	if (word > PACKED_MAX && word != MAGIC)
		return unpack_broken(u, why,
				     "a block larger than the format permits, or something else behind the end");
	l->begun = true;
	l->padding = word == 0;
	if (word != MAGIC)
		l->packed = word;
	u->between = l->packed == 0;
	return OK;
}

static enum status pass_padding(struct unpack *u, struct fail *why)
{
	while (u->in.size != 0 && u->in.at[0] == 0)
		unpack_eat(u, 1);
	return u->in.size == 0 ? OK : unpack_garbage(u, why);
}

static enum status decode(struct unpack *u, struct legacy *l, uint8_t *to, uint64_t size, uint64_t *got,
			  struct fail *why)
{
	struct bytes packed = {NULL, l->packed}, out;

	TRY(lz4_blocks_gather(u, &l->blocks, &packed, to, size, why));
	if (packed.at == NULL)
		return OK;
	TRY(lz4_blocks_decode(u, &l->blocks, packed, to, size, got, &out, why));
	l->packed = 0;
	u->between = !lz4_blocks_wait(&l->blocks);
	return OK;
}

static enum status legacy_step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	struct legacy *l = u->state;

	if (lz4_blocks_wait(&l->blocks)) {
		lz4_blocks_hand_out(&l->blocks, to, size, got);
		u->between = !lz4_blocks_wait(&l->blocks);
		return OK;
	}
	if (l->padding)
		return pass_padding(u, why);
	if (l->packed == 0)
		return read_word(u, l, why);
	if (u->in.size == 0 || lz4_blocks_head(u, &l->blocks, l->packed, to, size, got))
		return OK;
	return decode(u, l, to, size, got, why);
}

static void legacy_close(struct unpack *u)
{
	struct legacy *l = u->state;

	lz4_blocks_close(u, &l->blocks);
}

const struct codec codec_lz4_legacy = {"LZ4 (legacy)", sizeof(struct legacy), legacy_open,
				       legacy_step,    legacy_close,	      NULL};
