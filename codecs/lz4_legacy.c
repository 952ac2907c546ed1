/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LZ4's legacy frames around lz4.c of LZ4, as Linux takes them (lib/decompress_unlz4.c; lz4_Frame_format.md, "Legacy
 * frame"): the magic number, then blocks, each a 32-bit packed size before it and 8 MiB unpacked, the last one less.
 * The magic number in place of a size starts another frame. A size of 0 ends it all, and only zeros may follow: the
 * padding of images that were put together.
 */
#include "codec.h"
#include "../base/mem.h"

#include <lz4.h>

#define MAGIC	   UINT32_C(0x184c2102)
#define BLOCK	   (8u << 20) /* lz4_Frame_format.md: "a block [...] cannot be larger than 8 MB" unpacked */
#define PACKED_MAX ((uint32_t)LZ4_COMPRESSBOUND(BLOCK))

struct legacy {
	bool begun, padding;
	uint8_t word[4]; /* the next size, or magic number */
	uint32_t n_word;
	uint32_t packed;   /* bytes of the block that follows; 0: a word follows */
	uint8_t *gathered; /* a packed block that lies in several pieces */
	uint32_t n_gathered;
	uint8_t *room; /* memory for one */
	uint32_t room_size;
	uint8_t *block; /* a block that was longer than what its reader asked for; BLOCK bytes */
	uint32_t n_block, handed_out;
};

static enum status legacy_open(struct unpack *u, struct fail *why)
{
	(void)u;
	(void)why;
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

/*
 * Where one read takes all that comes out, a packed block can wait at the end of that, out of reach of what it becomes.
 * NULL: it cannot, because it is one of the last.
 */
static uint8_t *at_the_end(const struct unpack *u, const struct legacy *l)
{
	if (u->whole == NULL || u->limit - u->unpacked < BLOCK + (uint64_t)l->packed)
		return NULL;
	return u->whole + (u->limit - l->packed);
}

/* Room for the packed block that begins here. */
static enum status have_gathered(struct unpack *u, struct legacy *l, struct fail *why)
{
	l->gathered = at_the_end(u, l);
	if (l->gathered != NULL)
		return OK;
	if (l->packed > l->room_size) {
		unpack_give(u, l->room);
		l->room_size = 0;
		l->room = unpack_take(u, l->packed);
		if (l->room == NULL)
			return unpack_no_memory(u, why);
		l->room_size = l->packed;
	}
	l->gathered = l->room;
	return OK;
}

static enum status have_block(struct unpack *u, struct legacy *l, struct fail *why)
{
	if (l->block == NULL)
		l->block = unpack_take(u, BLOCK);
	return l->block != NULL ? OK : unpack_no_memory(u, why);
}

/* The decoder wants a packed block in one run: it is read where the piece has it whole, else gathered. */
static enum status find_packed(struct unpack *u, struct legacy *l, const uint8_t **packed, struct fail *why)
{
	size_t wanted = l->packed - l->n_gathered, size = u->in.size < wanted ? u->in.size : wanted;

	*packed = NULL;
	if (l->n_gathered == 0 && size == wanted) {
		*packed = u->in.at;
		unpack_eat(u, size);
		return OK;
	}
	if (l->n_gathered == 0)
		TRY(have_gathered(u, l, why));
	memcpy(l->gathered + l->n_gathered, u->in.at, size);
	unpack_eat(u, size);
	l->n_gathered += (uint32_t)size;
	if (l->n_gathered == l->packed)
		*packed = l->gathered;
	return OK;
}

/*
 * Decodes a block's first part, where only the first bytes are wanted; false: the part is too small. A vmlinux needs
 * some KiB, because LZ4 counts the 2 MiB of zeros behind its headers with one byte for 255.
 */
static bool decode_head(struct unpack *u, const struct legacy *l, uint8_t *to, uint64_t size, uint64_t *got)
{
	size_t here = u->in.size < l->packed ? u->in.size : l->packed;

	if (!u->from.head_alone || l->n_gathered != 0 || size > UINT16_MAX ||
	    LZ4_decompress_safe_partial((const char *)u->in.at, (char *)to, (int)here, (int)size, (int)size) !=
		(int)size)
		return false;
	*got = size;
	return true;
}

/*
 * Straight to the reader's place when the block surely fits there, or is the last that it asks for. A block does not
 * say how long it is unpacked, and one that turned out not to fit would have to be decoded once more.
 */
static enum status decode(struct unpack *u, struct legacy *l, const uint8_t *packed, uint8_t *to, uint64_t size,
			  uint64_t *got, struct fail *why)
{
	int n = -1;

	if (size >= BLOCK || size == u->limit - u->unpacked)
		n = LZ4_decompress_safe((const char *)packed, (char *)to, (int)l->packed,
					size < BLOCK ? (int)size : (int)BLOCK);
	if (n >= 0) {
		*got = (uint64_t)n;
	} else if (size < BLOCK) {
		TRY(have_block(u, l, why));
		n = LZ4_decompress_safe((const char *)packed, (char *)l->block, (int)l->packed, (int)BLOCK);
	}
	if (n < 0)
		return unpack_broken(u, why, "a damaged block ends here");
	l->n_block = *got != 0 ? 0 : (uint32_t)n;
	l->handed_out = 0;
	l->packed = 0;
	l->n_gathered = 0;
	u->between = l->n_block == 0;
	return OK;
}

static void hand_out(struct unpack *u, struct legacy *l, uint8_t *to, uint64_t size, uint64_t *got)
{
	uint32_t left = l->n_block - l->handed_out;

	*got = size < left ? size : left;
	memcpy(to, l->block + l->handed_out, (size_t)*got);
	l->handed_out += (uint32_t)*got;
	u->between = l->handed_out == l->n_block;
}

static enum status legacy_step(struct unpack *u, uint8_t *to, uint64_t size, uint64_t *got, struct fail *why)
{
	struct legacy *l = u->state;
	const uint8_t *packed;

	if (l->handed_out < l->n_block) {
		hand_out(u, l, to, size, got);
		return OK;
	}
	if (l->padding)
		return pass_padding(u, why);
	if (l->packed == 0)
		return read_word(u, l, why);
	if (u->in.size == 0 || decode_head(u, l, to, size, got))
		return OK;
	TRY(find_packed(u, l, &packed, why));
	if (packed == NULL)
		return OK;
	TRY(decode(u, l, packed, to, size, got, why));
	if (l->n_block != 0)
		hand_out(u, l, to, size, got);
	return OK;
}

static void legacy_close(struct unpack *u)
{
	struct legacy *l = u->state;

	unpack_give(u, l->block);
	unpack_give(u, l->room);
}

const struct codec codec_lz4_legacy = {"LZ4 (legacy)", sizeof(struct legacy), legacy_open,
				       legacy_step,    legacy_close,	      NULL};
