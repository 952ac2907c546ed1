/* SPDX-License-Identifier: BSD-2-Clause */
#include "attempts.h"

uint32_t reason_seconds(const struct loader_conf *conf)
{
	bool is_time = conf->timeout_seconds != TIMEOUT_NONE && conf->timeout_seconds != TIMEOUT_FOREVER;

	return is_time ? conf->timeout_seconds : REASON_SECONDS;
}

static bool has_suffix(struct word id, const char *suffix)
{
	return word_without(id, suffix).length != id.length;
}

/*
 * An entry that is a file has its suffix at the end of its id. What the loader adds by itself has none, or begins with
 * "auto-", and behind a suffix stands the profile of an image that is not the one it has by itself (systemd-boot,
 * src/boot/boot.c): none of these is ever booted unasked.
 */
static bool starts_unasked(const struct entry *entry)
{
	struct word id = word_of(entry->id);

	return !entry->broken && !glob_match(word_of("auto-*"), entry->id) &&
	       (has_suffix(id, ".conf") || has_suffix(id, ".efi"));
}

/* The next that was not tried yet, in the order of the menu, whose end is followed by its beginning. */
static bool find_next(const struct attempts *a, size_t index, bool exhausted, size_t *next)
{
	for (size_t i = 1; i < a->n; i++) {
		size_t at = (index + i) % a->n;
		const struct entry *entry = a->entries[at];

		if (!entry->tried && entry->tries_exhausted == exhausted && starts_unasked(entry)) {
			*next = at;
			return true;
		}
	}
	return false;
}

void attempts_failed(struct attempts *a, size_t index)
{
	struct entry *entry = a->entries[index];

	entry->tried = true;
	/* What is not written down would be tried again after a reboot, and after each further one. */
	a->counted = a->counted || (entry->counted && !entry->tries_exhausted);
}

struct follow attempts_follow(const struct attempts *a, size_t index, bool by_hand)
{
	struct follow follow = {NEXT_LEAVE, index, reason_seconds(a->conf)};

	if (a->conf->reboot_on_error == REBOOT_YES)
		return (struct follow){NEXT_REBOOT, index, 0};
	if (by_hand)
		follow.step = NEXT_MENU;
	else if (find_next(a, index, false, &follow.index) || find_next(a, index, true, &follow.index))
		follow.step = NEXT_ENTRY;
	else if (a->conf->reboot_on_error == REBOOT_AUTO && a->counted)
		follow.step = NEXT_REBOOT;
	return follow;
}
