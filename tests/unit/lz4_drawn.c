/* SPDX-License-Identifier: BSD-2-Clause */
#include "lz4_drawn.h"

/* ---- sequences of a token, literals and a match; the last has no match ---- */

static void put(struct blob *to, uint8_t byte)
{
	to->at[to->size++] = byte;
}

/* What of a length does not fit the token's four bits. */
static void put_length(struct blob *to, uint64_t left)
{
	for (; left >= 255; left -= 255)
		put(to, 255);
	put(to, (uint8_t)left);
}

/* Room for a block of @size packed bytes at most; the word for its own size comes first. */
static struct blob begun_block(uint64_t size)
{
	struct blob block = {malloc(4 + size), 4};

	assert_non_null(block.at);
	return block;
}

static struct blob ended_block(struct blob block)
{
	store_le(block.at, 4, block.size - 4);
	return block;
}

struct blob lz4_literals(struct blob data, uint64_t extra)
{
	struct blob block = begun_block(1 + data.size / 255 + 1 + data.size);

	put(&block, 0xf0);
	put_length(&block, data.size - 15 + extra);
	memcpy(block.at + block.size, data.at, data.size);
	block.size += data.size;
	drop(&data);
	return ended_block(block);
}

struct blob lz4_match(uint64_t size, uint16_t offset)
{
	struct blob block = begun_block(16 + size / 255);

	put(&block, 0x1f);
	put(&block, 0);
	put(&block, (uint8_t)offset);
	put(&block, (uint8_t)(offset >> 8));
	put_length(&block, size - 6 - 4 - 15);
	put(&block, 0x50);
	for (unsigned int i = 0; i < 5; i++)
		put(&block, 0);
	return ended_block(block);
}

struct blob lz4_nonsense(uint64_t size)
{
	struct blob block = begun_block(size);

	memset(block.at + 4, 0, size);
	block.size += size;
	return ended_block(block);
}

/* ---- xxhash_spec.md, "XXH32 Algorithm Description", with a seed of 0 ---- */

#define PRIME_1 0x9e3779b1u
#define PRIME_2 0x85ebca77u
#define PRIME_3 0xc2b2ae3du
#define PRIME_4 0x27d4eb2fu
#define PRIME_5 0x165667b1u

static uint32_t turned(uint32_t word, unsigned int left)
{
	return word << left | word >> (32 - left);
}

static uint32_t xxh32(const uint8_t *at, size_t size)
{
	uint32_t lane[4] = {PRIME_1 + PRIME_2, PRIME_2, 0, 0u - PRIME_1}, sum = PRIME_5;
	size_t i = 0;

	for (; size - i >= 16; i += 16)
		for (size_t k = 0; k < 4; k++)
			lane[k] = turned(lane[k] + (uint32_t)load_le(at + i + 4 * k, 4) * PRIME_2, 13) * PRIME_1;
	if (size >= 16)
		sum = turned(lane[0], 1) + turned(lane[1], 7) + turned(lane[2], 12) + turned(lane[3], 18);
	sum += (uint32_t)size;
	for (; size - i >= 4; i += 4)
		sum = turned(sum + (uint32_t)load_le(at + i, 4) * PRIME_3, 17) * PRIME_4;
	for (; i < size; i++)
		sum = turned(sum + at[i] * PRIME_5, 11) * PRIME_1;
	sum = (sum ^ sum >> 15) * PRIME_2;
	sum = (sum ^ sum >> 13) * PRIME_3;
	return sum ^ sum >> 16;
}

/* ---- frames ---- */

static struct blob word(uint32_t value)
{
	uint8_t bytes[4];

	store_le(bytes, sizeof(bytes), value);
	return blob_copy(bytes, sizeof(bytes));
}

struct blob lz4_head(uint8_t flags, uint8_t bd, uint64_t content)
{
	uint8_t head[19] = {0x04, 0x22, 0x4d, 0x18, flags, bd};
	size_t size = 6;

	if ((flags & LZ4_SIZE) != 0) {
		store_le(head + size, 8, content);
		size += 8;
	}
	if ((flags & 1) != 0) /* the identifier of a dictionary */
		size += 4;
	head[size] = (uint8_t)(xxh32(head + 4, size - 4) >> 8);
	return blob_copy(head, size + 1);
}

struct blob lz4_stored(struct blob data)
{
	return joined(word((uint32_t)data.size | 0x80000000), data);
}

struct blob lz4_summed(struct blob block)
{
	return joined(block, word(xxh32(block.at + 4, block.size - 4)));
}

struct blob lz4_end(const struct blob *content)
{
	return content != NULL ? joined(word(0), word(xxh32(content->at, content->size))) : word(0);
}

struct blob lz4_skippable(uint32_t size)
{
	return joined(joined(word(0x184d2a57), word(size)), given_data(LOOK_NOISE, size));
}
