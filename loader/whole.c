/* SPDX-License-Identifier: BSD-2-Clause */
#include "whole.h"

#include "../base/mem.h"

enum status whole_read_from(struct whole *whole, const struct source *source, uint64_t offset, uint64_t more,
			    struct loading *loading, struct fail *why)
{
	size_t size;

	if (checked_add(whole->size, more, &whole->room) || (whole->at = fw_take(whole->room)) == NULL)
		return fail(why, IO_ERROR, "%s: no memory to read it", source->name);
	/* Through the buffer below 4 GiB, because firmware chose the address [C7]. */
	for (uint64_t done = 0; done < whole->size; done += size) {
		size = whole->size - done < loading->bounce_size ? (size_t)(whole->size - done) : loading->bounce_size;
		TRY(source_read_all(source, offset + done, loading->bounce, size, why));
		memcpy(whole->at + done, loading->bounce, size);
	}
	loading->read += whole->size;
	return OK;
}

enum status whole_read(struct whole *whole, uint64_t more, struct loading *loading, struct fail *why)
{
	if (whole->file.handle == NULL)
		return OK;
	return whole_read_from(whole, &whole->file.source, 0, more, loading, why);
}

void whole_give_back(struct whole *whole)
{
	if (whole->at != NULL)
		fw_give(whole->at, whole->room);
	whole->at = NULL;
}
