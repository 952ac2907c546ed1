/* SPDX-License-Identifier: BSD-2-Clause */
/* A part of an entry, held against its sum in a record of berth.sums (bound.h). */
#ifndef BERTH_SUMMED_H
#define BERTH_SUMMED_H

#include "../config/sums.h"

/* REFUSED when the @n-th sum of its kind in @record is not that of the @bytes that were read. No record: OK. */
enum status summed_check(struct word record, enum sums_part part, unsigned int n, const char *path, struct bytes bytes,
			 struct fail *why) MUST_CHECK;

/* What an entry with another part can do: a line that ends each message of that. */
extern const char sums_way_out[];

#endif
