/* SPDX-License-Identifier: BSD-2-Clause */
#include "summed.h"

const char sums_way_out[] =
    "\n  try: what was there before; or, if the change is meant, `berth sums` and a signature once more";

enum status summed_check(struct word record, enum sums_part part, unsigned int n, const char *path, struct bytes bytes,
			 struct fail *why)
{
	if (record.at == NULL || sums_match(record, part, n, bytes))
		return OK;
	return fail(why, REFUSED, "%s: is not the %s that berth.sums has for this entry%s", path, sums_part_name(part),
		    sums_way_out);
}
