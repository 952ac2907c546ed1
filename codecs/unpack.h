/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unpacks what kernels, their payloads and initrds are packed with: a stream of packed bytes in, as many unpacked ones
 * out as the caller asks for, straight to where they stay. The decoders are upstream's (codecs/); what stands here
 * bounds them: input, output, memory and the end of the stream.
 *
 *	TRY(unpack_open(&u, packing_of(head), &from, limit, why));
 *	TRY(unpack_read(&u, to, size, &got, why));
 *	TRY(unpack_finish(&u, why));
 *	unpack_close(&u);
 */
#ifndef BERTH_UNPACK_H
#define BERTH_UNPACK_H

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

#define PACKING_HEAD 9 /* bytes of a file that tell them apart */

/*
 * A decoder may keep so many unpacked bytes to look back at. Linux packs kernels with `zstd -22 --ultra` and
 * `xz --lzma2=dict=128MiB` (scripts/Makefile.lib, scripts/xz_wrap.sh), both of which ask for just this much.
 */
#define UNPACK_WINDOW MIB(128)

/* By the magic number at the start of a file or payload. */
enum packing packing_of(struct bytes head);
const char *packing_name(enum packing packing);

/* Where packed bytes come from, and memory. Every pointer is kept until unpack_close. */
struct unpack_from {
	const char *name; /* of the file; messages begin with it */
	uint64_t start;	  /* where in the file the packed bytes start; messages count from the file's start */
	/*
	 * Of the packed bytes, how many stand before the 4-byte length that Linux's build appends to a payload
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
	uint64_t memory, held; /* bytes that were taken from from.take: at most at one time, and now */

	/* The stream's own. */
	struct unpack_from from;
	const struct codec *codec;
	void *state;	      /* of the codec */
	struct bytes in;      /* of the current piece, what the decoder has not read */
	uint64_t packed;      /* bytes of all pieces so far, without what follows size_at */
	uint64_t behind;      /* bytes behind size_at */
	uint8_t size_word[4]; /* the first of them */
	uint64_t refused;     /* how much memory was asked for when there was none */
	bool drained;	      /* there are no more pieces */
	bool between;	      /* a frame is complete: the input may end here */
	bool ended, failed;
};

/*
 * @limit: how many bytes may come out at most. On an error nothing is left to close.
 * BAD_INPUT: not packed, or packed with what is not supported; NO_PLACE: no memory.
 */
enum status unpack_open(struct unpack *u, enum packing packing, const struct unpack_from *from, uint64_t limit,
			struct fail *why) MUST_CHECK;

/*
 * Writes @size bytes to @to; *got is less only when the stream ended. BAD_INPUT names the file, what is wrong and
 * where: broken or truncated data, a wrong checksum, more than the limit, a window above UNPACK_WINDOW. NO_PLACE: no
 * memory for the decoder. Errors of from.more pass through. After an error only unpack_close makes sense; @to may hold
 * bytes of a stream whose checksum nobody saw until unpack_finish returned OK.
 *
 * A zstd frame names a window, for Linux's kernels 128 MiB. A first read of all @limit bytes needs no memory for it,
 * for what was written is the window then; until that read returns nobody else writes there.
 */
enum status unpack_read(struct unpack *u, void *to, uint64_t size, uint64_t *got, struct fail *why) MUST_CHECK;

/* The same, and the bytes are dropped. */
enum status unpack_skip(struct unpack *u, uint64_t size, uint64_t *got, struct fail *why) MUST_CHECK;

/*
 * Demands the end of the stream here: all checksums and lengths of the format, the length at size_at, and nothing
 * behind. PACKED_LZ4_LEGACY has neither checksum nor end mark: without size_at a stream cut between two blocks of
 * 8 MiB is not told from a shorter one.
 */
enum status unpack_finish(struct unpack *u, struct fail *why) MUST_CHECK;

/* Gives back all memory; also after an error. */
void unpack_close(struct unpack *u);

#endif
