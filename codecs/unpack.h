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

#include "stream.h"

/* By the magic number at the start of a file or payload. */
enum packing packing_of(struct bytes head);
const char *packing_name(enum packing packing);

/*
 * How many bytes come out by what the format's own header says, of which UNPACK_HEAD bytes are enough; 0: it does not
 * say. Of several frames it is the first one's.
 */
uint64_t packing_told(struct bytes head);

/*
 * @limit: how many bytes may come out at most. On an error nothing is left to close.
 * BAD_INPUT: not packed, or packed with what is not supported; NO_PLACE: no memory.
 */
enum status unpack_open(struct unpack *u, enum packing packing, const struct unpack_from *from, uint64_t limit,
			struct fail *why) MUST_CHECK;

/*
 * Writes @size bytes to @to; *got is less only when the stream ended, and then the rest of them may hold anything.
 * BAD_INPUT names the file, what is wrong and where: broken or truncated data, a wrong checksum, more than the limit, a
 * window above UNPACK_WINDOW. NO_PLACE: no memory for the decoder. Errors of from.more pass through. After an error
 * only unpack_close makes sense; @to may hold bytes of a stream whose checksum is not verified until unpack_finish
 * returns OK.
 *
 * A zstd frame names a window, for Linux's kernels 128 MiB, and LZ4's frames have one of 64 KiB. A first read of all
 * @limit bytes needs no memory for it, because what was written is then the window; until that read returns nothing
 * else may write there.
 */
enum status unpack_read(struct unpack *u, void *to, uint64_t size, uint64_t *got, struct fail *why) MUST_CHECK;

/* The same, and the bytes are dropped. */
enum status unpack_skip(struct unpack *u, uint64_t size, uint64_t *got, struct fail *why) MUST_CHECK;

/*
 * Demands the end of the stream here: all checksums and lengths of the format, the length at size_at, and nothing
 * behind. PACKED_LZ4_LEGACY has neither checksum nor end mark: without size_at a stream cut between two blocks of
 * 8 MiB looks like a shorter one.
 */
enum status unpack_finish(struct unpack *u, struct fail *why) MUST_CHECK;

/* Gives back all memory; also after an error. */
void unpack_close(struct unpack *u);

#endif
