/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads files into their places: each byte once, straight to where it stays (rule C7). */
#ifndef BERTH_LOAD_H
#define BERTH_LOAD_H

#include "file.h"

#define CHECK_PIECE 65536 /* bytes of a file that rule C7 reads both ways */

struct loading {
	uint8_t *bounce;       /* below 4 GiB, where every firmware can read to */
	size_t bounce_size;    /* bytes, at least CHECK_PIECE */
	bool distrust_high;    /* firmware's reads above 4 GiB failed or came out wrong */
	bool holds;	       /* something lies in its place already */
	bool holds_high;       /* read straight to above 4 GiB */
	bool spoilt;	       /* and may be wrong, because firmware lied: all must be loaded again */
	uint64_t read, copied; /* bytes of files; what rule C7 reads a second time to compare is counted once; a file
				  that was in memory already is copied */
};

/*
 * Reads @size bytes of @file from @offset to physical address @to. The file is opened anew after a failed read.
 * IO_ERROR or BAD_INPUT (the file is shorter than it was) name the file and the offset.
 */
enum status load_file(struct loading *loading, struct file *file, uint64_t offset, uint64_t to, uint64_t size,
		      struct fail *why) MUST_CHECK;

/*
 * Loads every piece of @image to the kernel's place in @plan, or to where its bytes wait to be copied there (rule C6),
 * with zeros where the file has no bytes.
 */
enum status load_image(struct loading *loading, struct file *file, const struct image *image, const struct plan *plan,
		       struct fail *why) MUST_CHECK;

/* Joined as the kernel unpacks them: each begins on a 4-byte boundary. BAD_INPUT when the sum overflows. */
enum status initrds_size(const struct file *file, size_t n, uint64_t *size, struct fail *why) MUST_CHECK;

/* Reads them all to @place, with zeros between them and after the last to the end of @place. */
enum status load_initrds(struct loading *loading, struct file *file, size_t n, struct range place,
			 struct fail *why) MUST_CHECK;

#endif
