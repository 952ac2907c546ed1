/* SPDX-License-Identifier: BSD-2-Clause */
#include "source.h"

enum status source_needs_any_order(const struct source *source, struct fail *why)
{
	if (!source->in_order)
		return OK;
	return fail(
	    why, BAD_INPUT,
	    "%s: comes byte after byte, and what tells of this kernel has to be read from several places of it\n"
	    "  try: the kernel on a disk, or a bzImage or Image",
	    source->name);
}

enum status source_read(const struct source *source, uint64_t offset, void *to, size_t size, size_t *got,
			struct fail *why)
{
	enum status status = source->read(source->context, offset, to, size, got, why);

	return status == IO_ERROR ? source->read(source->context, offset, to, size, got, why) : status;
}

enum status source_read_all(const struct source *source, uint64_t offset, void *to, size_t size, struct fail *why)
{
	size_t got = 0;

	TRY(source_read(source, offset, to, size, &got, why));
	if (got != size)
		return fail(why, BAD_INPUT, "%s%s ends at byte %" PRIu64, source->name,
			    source->is_unpacked ? ": unpacked it" : "", offset + got);
	return OK;
}
