/* SPDX-License-Identifier: BSD-2-Clause */
/* Packed data of LZ4, drawn block by block as lz4_Block_format.md and lz4_Frame_format.md have it; without LZ4's code.
 */
#ifndef BERTH_TESTS_LZ4_DRAWN_H
#define BERTH_TESTS_LZ4_DRAWN_H

#include "packed.h"

/* ---- packed blocks, each behind a word with its size ---- */

/* Nothing but literals, 15 or more; @extra: how many more than there are it says it has. The data is freed. */
struct blob lz4_literals(struct blob data, uint64_t extra);
/* One zero, a match of @size - 6 bytes with what lies @offset before it, and five zeros, as the format wants them. */
struct blob lz4_match(uint64_t size, uint16_t offset);
/* As many bytes that no decoder takes: the literals end before the block does. */
struct blob lz4_nonsense(uint64_t size);

/* ---- frames ---- */

#define LZ4_INDEPENDENT 0x20 /* bits of FLG */
#define LZ4_BLOCK_SUMS	0x10
#define LZ4_SIZE	0x08
#define LZ4_SUM		0x04
#define LZ4_VERSION_1	0x40
#define LZ4_64K		0x40 /* of BD */
#define LZ4_4M		0x70

/* Magic number and descriptor, its checksum right. */
struct blob lz4_head(uint8_t flags, uint8_t bd, uint64_t content);
/* A block that is not packed. The data is freed. */
struct blob lz4_stored(struct blob data);
/* With the checksum of a block behind it. */
struct blob lz4_summed(struct blob block);
/* The end mark; @content's checksum behind it unless that is NULL. */
struct blob lz4_end(const struct blob *content);
struct blob lz4_skippable(uint32_t size);

#endif
