/* SPDX-License-Identifier: BSD-2-Clause */
/* A packed stream on its way through a decoder: where its bytes come from, what it may take, how far it is. */
#ifndef BERTH_STREAM_H
#define BERTH_STREAM_H

#include "../base/bytes.h"
#include "../base/fail.h"
#include "../base/range.h"

enum packing {
	PACKED_NOT,
	PACKED_GZIP,	   /* RFC 1952 */
	PACKED_LZ4_LEGACY, /* what `lz4 -l` writes and Linux packs kernels with: lz4_Frame_format.md, "Legacy frame" */
	PACKED_LZ4,	   /* lz4_Frame_format.md */
	PACKED_ZSTD,	   /* RFC 8878 */
	PACKED_XZ,	   /* xz-file-format.txt 1.2 */
	PACKED_BZIP2,	   /* this and what follows is known by name alone */
	PACKED_LZMA,
	PACKED_LZO,
	N_PACKINGS
};

#define PACKING_HEAD 9	/* bytes of a file that tell them apart */
#define UNPACK_HEAD  19 /* bytes of the longest header: LZ4's; zstd's has 18 */

/*
 * How many unpacked bytes a decoder may keep to look back at. Linux packs kernels with `zstd -22 --ultra` and
 * `xz --lzma2=dict=128MiB` (scripts/Makefile.lib, scripts/xz_wrap.sh), which both ask for just this much.
 */
#define UNPACK_WINDOW MIB(128)

/* Where packed bytes come from, and memory. Every pointer is kept until unpack_close. */
struct unpack_from {
	const char *name; /* of the file; messages begin with it */
	uint64_t start;	  /* where in the file the packed bytes start; messages count from the file's start */
	/*
	 * How many packed bytes stand before the 4-byte length that Linux's build appends to a payload
	 * (scripts/Makefile.lib, size_append), which unpack_finish then compares; 0: there is no such length. In gzip's
	 * own format the last four bytes are that length already, so with PACKED_GZIP it has no meaning.
	 */
	uint64_t size_at;
	/* Only the first bytes are wanted, in one read: a decoder may stop there without seeing the end of a block. */
	bool head_alone;
	void *context;
	/* The next piece, the larger the better, readable until the next call; none (size 0) at the end. */
	enum status (*more)(void *context, struct bytes *piece, struct fail *why);
	/* Memory aligned to 16 bytes; NULL when there is none. */
	void *(*take)(void *context, uint64_t size);
	void (*give)(void *context, void *at, uint64_t size);
};

struct codec;

struct unpack {
	uint64_t unpacked;     /* bytes that came out */
	uint64_t limit;	       /* and how many may */
	uint64_t memory, held; /* bytes taken from from.take: the most at one time, and now */

	/* The stream's own. */
	struct unpack_from from;
	const struct codec *codec;
	void *state;	      /* of the codec */
	struct bytes in;      /* what the decoder has not read of the current piece */
	uint64_t packed;      /* bytes of all pieces so far, without what follows size_at */
	uint64_t behind;      /* bytes behind size_at */
	uint8_t size_word[4]; /* the first of them */
	uint64_t refused;     /* how much memory was asked for and not given */
	bool drained;	      /* there are no more pieces */
	bool between;	      /* a frame is complete: the input may end here */
	bool ended, failed;
	uint8_t *whole; /* takes all that may come out by one read: a decoder looks back at what it wrote there */
};

#endif
