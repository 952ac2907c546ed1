/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory_source.h"

#include <stdlib.h>
#include <string.h>

static enum status read_memory(void *context, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	struct memory_source *m = context;
	uint64_t left = offset < m->bytes.size ? m->bytes.size - offset : 0;

	*got = 0;
	m->went_back = m->went_back || offset < m->next;
	m->n_reads++;
	if (m->fail_at != 0 && m->n_reads >= m->fail_at && m->n_reads <= m->fail_at + m->fail_more)
		return fail(why, IO_ERROR, "%s: byte %" PRIu64 " cannot be read", m->source.name, offset);
	*got = size < left ? size : (size_t)left;
	if (*got != 0)
		memcpy(to, m->bytes.at + offset, *got);
	m->next = offset + *got;
	return OK;
}

void memory_source_init(struct memory_source *m, const char *name, struct bytes bytes)
{
	*m = (struct memory_source){
	    .source = {.name = name, .size = bytes.size, .read = read_memory, .context = m},
	    .bytes = bytes,
	};
}

static void *take(void *context, uint64_t size)
{
	(void)context;
	return malloc((size_t)size);
}

static void give(void *context, void *at, uint64_t size)
{
	(void)context;
	(void)size;
	free(at);
}

enum status identify_memory(struct image *image, struct memory_source *m, bool payload, struct fail *why)
{
	static uint8_t buffer[IMAGE_WANT_MOST];
	struct wanted wanted = {.payload = payload};
	struct packed packed = {
	    .file = &m->source,
	    .take = take,
	    .give = give,
	    .buffer = buffer,
	    .buffer_size = sizeof(buffer),
	};
	enum status status = identify(image, &packed, &wanted, &m->counted, why);

	packed_close(&packed);
	return status;
}
