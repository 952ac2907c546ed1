/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the bytes of a file come from: firmware's volume, memory, a file of the host, what a packed file unpacks to.
 * Each byte of a kernel that is parsed, unpacked or placed comes through one of these, so that here is where bytes are
 * verified.
 */
#ifndef BERTH_SOURCE_H
#define BERTH_SOURCE_H

#include "bytes.h"
#include "fail.h"

/* The size of what comes from a stream, whose end is not known yet. */
#define SIZE_UNKNOWN UINT64_MAX

struct source {
	const char *name; /* for messages */
	uint64_t size;	  /* bytes, or SIZE_UNKNOWN */
	bool in_order;	  /* no read may start before the end of the one before: a download */
	bool is_unpacked; /* what a packed file unpacks to, of which messages say so */
	/*
	 * Up to @size bytes at @offset to @to; *got is less only at the end. After an error the same or another read
	 * may be tried again.
	 */
	enum status (*read)(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why);
	void *context;
};

/* What a reader that goes back and forth asks first: BAD_INPUT when @source can only be read in order. */
enum status source_needs_any_order(const struct source *source, struct fail *why) MUST_CHECK;

/* One read, and after IO_ERROR once more: a file that firmware gave up on is opened anew for that. */
enum status source_read(const struct source *source, uint64_t offset, void *to, size_t size, size_t *got,
			struct fail *why) MUST_CHECK;

/* The same; BAD_INPUT when not all of them are there. */
enum status source_read_all(const struct source *source, uint64_t offset, void *to, size_t size,
			    struct fail *why) MUST_CHECK;

#endif
