/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LZ4's frames (lz4_Frame_format.md) around lz4.c and xxhash.c of LZ4, one or more, with all checksums that they have.
 * lz4frame.c of LZ4 takes a block's 4 MiB twice, whoever reads; here a block is decoded where it belongs. Tests hold
 * the two against each other: what either takes for a frame the other does, and the same comes out.
 */
#include "lz4_blocks.h"
#include "../base/mem.h"

#define XXH_NAMESPACE LZ4_
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

/* ---- "General Structure of LZ4 Frame format", "Frame Descriptor", "Skippable Frames" ---- */

#define MAGIC	       UINT32_C(0x184d2204)
#define SKIPPABLE      UINT32_C(0x184d2a50) /* and 15 above it */
#define SKIPPABLE_MASK UINT32_C(0xfffffff0)
#define SKIPPABLE_HEAD 8u /* with the size of what is skipped */
#define WORD	       4u
#define FLG	       4u /* where they are */
#define BD	       5u
#define CONTENT_SIZE   6u
#define HEAD_LEAST     7u
#define HEAD_MOST      19u

#define FLG_VERSION	0xc0
#define FLG_VERSION_1	0x40
#define FLG_INDEPENDENT 0x20
#define FLG_BLOCK_SUMS	0x10
#define FLG_SIZE	0x08
#define FLG_SUM		0x04
#define FLG_RESERVED	0x02
#define FLG_DICTIONARY	0x01
#define BD_RESERVED	0x8f

#define BLOCK_STORED UINT32_C(0x80000000)

enum stage { HEAD, BLOCK_SIZE, PACKED, STORED, STORED_SUM, CONTENT_SUM, SKIPPED };

struct lz4 {
	struct lz4_blocks blocks;
	enum stage stage;
	uint8_t word[HEAD_MOST]; /* what comes before and behind blocks */
	uint32_t n_word;
	uint8_t flags;
	uint64_t content; /* the frame's size by its header; 0: it does not say */
	uint32_t left;	  /* bytes of the block, or of what is skipped, that are not read */
	XXH32_state_t content_sum, stored_sum;
};

static enum status lz4_open(struct unpack *u, struct fail *why)
{
	(void)u;
	(void)why;
	return OK;
}

/* False: more of the @size bytes are to come. */
static bool have_word(struct unpack *u, struct lz4 *l, uint32_t size)
{
	size_t wanted = size - l->n_word, here = u->in.size < wanted ? u->in.size : wanted;

	memcpy(l->word + l->n_word, u->in.at, here);
	unpack_eat(u, here);
	l->n_word += (uint32_t)here;
	return l->n_word == size;
}

static uint32_t word_at(const uint8_t *at)
{
	return (uint32_t)load_le(at, WORD);
}

/* Takes what have_word() has. */
static uint32_t taken_word(struct lz4 *l)
{
	l->n_word = 0;
	return word_at(l->word);
}

static void enter(struct lz4 *l, enum stage stage)
{
	l->stage = stage;
	l->n_word = 0;
}

static void end_frame(struct unpack *u, struct lz4 *l)
{
	enter(l, HEAD);
	u->between = true;
}

static enum status skip(struct unpack *u, struct lz4 *l)
{
	size_t here = u->in.size < l->left ? u->in.size : l->left;

	unpack_eat(u, here);
	l->left -= (uint32_t)here;
	if (l->left == 0)
		end_frame(u, l);
	return OK;
}

/* ---- a frame begins ---- */

static bool is_skippable(const uint8_t *head)
{
	return (word_at(head) & SKIPPABLE_MASK) == SKIPPABLE;
}

static uint32_t head_size(uint8_t flags)
{
	return HEAD_LEAST + ((flags & FLG_SIZE) != 0 ? 8u : 0) + ((flags & FLG_DICTIONARY) != 0 ? WORD : 0);
}

/* An identifier of a dictionary says nothing here: a block that looks back at one is damaged without it. */
static enum status read_descriptor(struct unpack *u, struct lz4 *l, uint32_t size, struct fail *why)
{
	uint8_t bd = l->word[BD], sum = (uint8_t)(XXH32(l->word + FLG, size - FLG - 1, 0) >> 8);
	unsigned int block_size = bd >> 4;

	if ((l->flags & FLG_VERSION) != FLG_VERSION_1 || (l->flags & FLG_RESERVED) != 0 || (bd & BD_RESERVED) != 0)
		return unpack_broken(u, why, "a header that version 1 of the format does not have");
	if (block_size < 4)
		return unpack_broken(u, why, "a block size that the format does not have");
	if (sum != l->word[size - 1])
		return unpack_broken(u, why, "the header's checksum is wrong");
	l->content = (l->flags & FLG_SIZE) != 0 ? load_le(l->word + CONTENT_SIZE, 8) : 0;
	XXH32_reset(&l->content_sum, 0);
	lz4_blocks_begin(u, &l->blocks, 1u << (8 + 2 * block_size), (l->flags & FLG_INDEPENDENT) == 0);
	enter(l, BLOCK_SIZE);
	return OK;
}

static enum status read_head(struct unpack *u, struct lz4 *l, struct fail *why)
{
	uint32_t size;

	if (u->between && u->in.at[0] != (uint8_t)MAGIC && (u->in.at[0] & 0xf0) != (uint8_t)SKIPPABLE)
		return unpack_garbage(u, why);
	u->between = false;
	if (l->n_word <= FLG && !have_word(u, l, FLG + 1))
		return OK;
	if (!is_skippable(l->word) && word_at(l->word) != MAGIC)
		return unpack_broken(u, why, "no magic number");
	l->flags = l->word[FLG];
	size = is_skippable(l->word) ? SKIPPABLE_HEAD : head_size(l->flags);
	if (!have_word(u, l, size))
		return OK;
	if (!is_skippable(l->word))
		return read_descriptor(u, l, size, why);
	l->left = word_at(l->word + WORD);
	enter(l, SKIPPED);
	return skip(u, l);
}

/* ---- and ends ---- */

static enum status end_content(struct unpack *u, struct lz4 *l, struct fail *why)
{
	if (l->content != 0 && l->content != l->blocks.came_out)
		return unpack_broken(u, why, "the frame's length is not what its header says");
	if ((l->flags & FLG_SUM) != 0)
		enter(l, CONTENT_SUM);
	else
		end_frame(u, l);
	return OK;
}

static enum status check_content(struct unpack *u, struct lz4 *l, struct fail *why)
{
	if (!have_word(u, l, WORD))
		return OK;
	if (taken_word(l) != XXH32_digest(&l->content_sum))
		return unpack_broken(u, why, "the content's checksum is wrong");
	end_frame(u, l);
	return OK;
}

/* ---- "Data Blocks" ---- */

static void add_content(struct lz4 *l, struct bytes out)
{
	if ((l->flags & FLG_SUM) != 0)
		(void)XXH32_update(&l->content_sum, out.at, out.size);
}

static bool has_block_sums(const struct lz4 *l)
{
	return (l->flags & FLG_BLOCK_SUMS) != 0;
}

static void end_stored(struct lz4 *l)
{
	enter(l, has_block_sums(l) ? STORED_SUM : BLOCK_SIZE);
}

static enum status read_block_size(struct unpack *u, struct lz4 *l, struct fail *why)
{
	uint32_t word, size;

	if (!have_word(u, l, WORD))
		return OK;
	word = taken_word(l);
	size = word & ~BLOCK_STORED;
	if (word == 0)
		return end_content(u, l, why);
	if (size > l->blocks.most)
		return unpack_broken(u, why, "a block larger than its frame's header permits");
	l->left = size;
	XXH32_reset(&l->stored_sum, 0);
	enter(l, (word & BLOCK_STORED) != 0 ? STORED : PACKED);
	if (size == 0)
		end_stored(l);
	return OK;
}

static enum status unpack_block(struct unpack *u, struct lz4 *l, uint8_t *to, uint64_t size, uint64_t *got,
				struct fail *why)
{
	struct bytes packed = {NULL, l->left + (has_block_sums(l) ? WORD : 0)}, out;

	if (lz4_blocks_head(u, &l->blocks, l->left, to, size, got))
		return OK;
	TRY(lz4_blocks_gather(u, &l->blocks, &packed, to, size, why));
	if (packed.at == NULL)
		return OK;
	packed.size = l->left;
	if (has_block_sums(l) && XXH32(packed.at, packed.size, 0) != word_at(packed.at + packed.size))
		return unpack_broken(u, why, "a block's checksum is wrong");
	TRY(lz4_blocks_decode(u, &l->blocks, packed, to, size, got, &out, why));
	add_content(l, out);
	enter(l, BLOCK_SIZE);
	return OK;
}

static enum status copy_block(struct unpack *u, struct lz4 *l, uint8_t *to, uint64_t size, uint64_t *got,
			      struct fail *why)
{
	size_t here = u->in.size < l->left ? u->in.size : l->left;
	struct bytes stored = {to, here < size ? here : (size_t)size};

	memcpy(to, u->in.at, stored.size);
	unpack_eat(u, stored.size);
	l->left -= (uint32_t)stored.size;
	*got = stored.size;
	add_content(l, stored);
	if (has_block_sums(l))
		(void)XXH32_update(&l->stored_sum, stored.at, stored.size);
	if (l->left == 0)
		end_stored(l);
	return lz4_blocks_stored(u, &l->blocks, stored, why);
}

static enum status check_stored(struct unpack *u, struct lz4 *l, struct fail *why)
{
	if (!have_word(u, l, WORD))
		return OK;
	if (taken_word(l) != XXH32_digest(&l->stored_sum))
		return unpack_broken(u, why, "a block's checksum is wrong");
	enter(l, BLOCK_SIZE);
	return OK;
}

static enum status lz4_step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	struct lz4 *l = u->state;

	if (lz4_blocks_wait(&l->blocks)) {
		lz4_blocks_hand_out(&l->blocks, to, size, got);
		return OK;
	}
	if (u->in.size == 0)
		return OK;
	switch (l->stage) {
	case BLOCK_SIZE:
		return read_block_size(u, l, why);
	case PACKED:
		return unpack_block(u, l, to, size, got, why);
	case STORED:
		return copy_block(u, l, to, size, got, why);
	case STORED_SUM:
		return check_stored(u, l, why);
	case CONTENT_SUM:
		return check_content(u, l, why);
	case SKIPPED:
		return skip(u, l);
	default:
		return read_head(u, l, why);
	}
}

static void lz4_close(struct unpack *u)
{
	struct lz4 *l = u->state;

	lz4_blocks_close(u, &l->blocks);
}

static uint64_t lz4_told(struct bytes head)
{
	uint64_t flags = 0, size = 0;

	if (!bytes_get(head, FLG, 1, &flags) || (flags & FLG_SIZE) == 0 || !bytes_get(head, CONTENT_SIZE, 8, &size))
		return 0;
	return size;
}

const struct codec codec_lz4 = {"LZ4", sizeof(struct lz4), lz4_open, lz4_step, lz4_close, lz4_told};
