/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An entry that is bound to its parts by a record of berth.sums (config/sums.h): each part is held against its sum
 * where it stays, after it was read and before it is used. So type #1 entries are authenticated whole, and what cannot
 * carry a signature may be started under Secure Boot all the same.
 */
#ifndef BERTH_BOUND_H
#define BERTH_BOUND_H

#include "attempt.h"
#include "summed.h"

/*
 * Finds the record of @entry, whose files are open and whose command line is made, and holds the command line against
 * it, and how many parts there are. OK as well when it has none and needs none: b->record is absent then. REFUSED when
 * the entry is not as its record says, or may not be started without one.
 */
enum status boot_bind(struct boot *b, const struct entry *entry, struct fail *why) MUST_CHECK;

static inline bool boot_is_bound(const struct boot *b)
{
	return b->record.at != NULL;
}

/* summed_check() of all initrds, which lie joined at @place. */
enum status boot_check_initrds(const struct boot *b, struct range place, struct fail *why) MUST_CHECK;

#endif
