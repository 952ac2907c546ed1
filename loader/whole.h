/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that is read as a whole, to memory that firmware chooses, once all places are claimed. */
#ifndef BERTH_WHOLE_H
#define BERTH_WHOLE_H

#include "load.h"

struct whole {
	struct file file;
	uint64_t size; /* bytes of it that are read */
	uint8_t *at;   /* NULL: there is none, or it is not read yet */
	uint64_t room; /* bytes there; the file takes the first ones */
};

/*
 * Reads the first whole->size bytes, by the buffer of @loading; @more: bytes behind them for additions. A file that is
 * not open is none, and OK.
 */
enum status whole_read(struct whole *whole, uint64_t more, struct loading *loading, struct fail *why) MUST_CHECK;

/* The same of @source from @offset on, in place of a file of its own. */
enum status whole_read_from(struct whole *whole, const struct source *source, uint64_t offset, uint64_t more,
			    struct loading *loading, struct fail *why) MUST_CHECK;

void whole_give_back(struct whole *whole);

#endif
