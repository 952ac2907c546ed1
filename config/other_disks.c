/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries on other disks: names that tell them apart from those beside the loader, and from each other. */
#include "interface.h"
#include "scan.h"

/*
 * Nobody's file has such a name (config/bls.c, entry_is_named), and systemd takes only what begins so for an entry of
 * the loader's own that logind may be asked for: src/shared/bootspec.c, boot_config_augment_from_loader, "auto-".
 */
#define PREFIX	      "auto-disk-"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)
#define MARK_LENGTH   (PREFIX_LENGTH + DISK_TAG) /* with the "-" behind the tag */

bool entry_is_automatic(const struct entry *entry, const char *id)
{
	struct word own = word_of(entry->id), wanted = word_of(id);

	if (own.length < wanted.length)
		return false;
	skip(&own, own.length - wanted.length);
	return word_is(own, id);
}

bool names_other_disk(struct word name)
{
	if (name.length <= MARK_LENGTH || !word_is_ascii_case((struct word){name.at, PREFIX_LENGTH}, PREFIX) ||
	    name.at[MARK_LENGTH - 1] != '-')
		return false;
	for (size_t i = PREFIX_LENGTH; i < MARK_LENGTH - 1; i++)
		if (digit_value(name.at[i]) > 15)
			return false;
	for (size_t i = MARK_LENGTH; i < name.length; i++)
		if (name.at[i] == '*' || name.at[i] == '?' || name.at[i] == '[')
			return false;
	return true;
}

void entry_moves_elsewhere(struct entry *entry, const char tag[DISK_TAG], const char *kind, struct text *title)
{
	char id[MAX_ENTRY_ID];
	struct text before = TEXT(id), after = TEXT(entry->id);

	text_add(title, "%.*s (%sdisk %s)", WORD(entry_title(entry)), kind, tag);
	entry->title = word_of(title->at);
	text_add(&before, "%s", entry->id);
	text_add(&after, PREFIX "%s-%s", tag, id);
	if (entry->plain_id != 0)
		entry->plain_id += MARK_LENGTH;
	if (entry->plain_id > word_of(entry->id).length) /* cut */
		entry->plain_id = 0;
	entry->elsewhere = true;
}

bool asks_for_other_disk(struct entry *const *entries, size_t n, const struct loader_conf *conf,
			 const struct asked *asked)
{
	size_t index;

	for (enum chooser by = BY_SYS_FAIL; by < BY_NOBODY; by++) {
		struct word pattern = chooser_pattern(by, conf, asked);

		if (is_saved(pattern))
			pattern = asked->last_booted;
		if (names_other_disk(pattern) && !entries_named(entries, n, pattern, &index))
			return true;
	}
	return false;
}
