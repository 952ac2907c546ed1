/* SPDX-License-Identifier: BSD-2-Clause */
#include "attempts.h"

uint32_t reason_seconds(const struct loader_conf *conf)
{
	bool is_time = conf->timeout_seconds != TIMEOUT_NONE && conf->timeout_seconds != TIMEOUT_FOREVER;

	return is_time ? conf->timeout_seconds : REASON_SECONDS;
}

/* The next that was not tried yet, in the order of the menu, whose end is followed by its beginning. */
static bool find_next(const struct attempts *a, size_t index, bool exhausted, size_t *next)
{
	for (size_t i = 1; i < a->n; i++) {
		size_t at = (index + i) % a->n;
		const struct entry *entry = a->entries[at];

		if (!entry->tried && entry->tries_exhausted == exhausted && !entry->broken &&
		    entry_starts_unasked(entry)) {
			*next = at;
			return true;
		}
	}
	return false;
}

void attempts_ended(struct attempts *a, size_t index, bool is_error)
{
	struct entry *entry = a->entries[index];

	entry->tried = true;
	a->is_error = is_error;
	if (!is_error)
		return;
	/* What is not written down would be tried again after a reboot, and after each further one. */
	a->counted = a->counted || (entry->counted && !entry->tries_exhausted);
}

struct follow attempts_follow(const struct attempts *a, size_t index, bool by_hand)
{
	struct follow follow = {NEXT_LEAVE, index, reason_seconds(a->conf)};

	if (a->is_error && a->conf->reboot_on_error == REBOOT_YES)
		return (struct follow){NEXT_REBOOT, index, 0};
	if (by_hand)
		follow.step = NEXT_MENU;
	else if (find_next(a, index, false, &follow.index) || find_next(a, index, true, &follow.index))
		follow.step = NEXT_ENTRY;
	else if (a->is_error && a->conf->reboot_on_error == REBOOT_AUTO && a->counted)
		follow.step = NEXT_REBOOT;
	return follow;
}
