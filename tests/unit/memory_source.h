/* SPDX-License-Identifier: BSD-2-Clause */
/* A file in memory, as a source; one that can be read in order alone, or whose reads fail. */
#ifndef BERTH_TESTS_MEMORY_SOURCE_H
#define BERTH_TESTS_MEMORY_SOURCE_H

#include "../../kernel/identify.h"

struct memory_source {
	struct source source;
	struct bytes bytes;
	uint64_t next;		/* where the last read ended */
	unsigned int n_reads;	/* since it was made */
	unsigned int fail_at;	/* which of them fails with IO_ERROR, from 1; 0: none */
	unsigned int fail_more; /* and how many after it */
	uint64_t counted;	/* bytes that identify() says it has read */
	bool went_back;		/* a read began before the end of the one before */
};

void memory_source_init(struct memory_source *memory, const char *name, struct bytes bytes);

/* As the loader identifies a file: for a kernel of any CPU. All memory is given back. */
enum status identify_memory(struct image *image, struct memory_source *memory, bool payload, struct fail *why);

#endif
