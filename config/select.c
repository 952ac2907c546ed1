/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of the menu, and which entry is meant. */
#include "counting.h"

/* UAPI.1, "Sorting", 2: both have a sort-key. */
static int compare_keys(const struct entry *a, const struct entry *b)
{
	int result = word_compare(a->sort_key, b->sort_key);

	if (result == 0)
		result = word_compare(a->machine_id, b->machine_id);
	if (result == 0)
		result = version_compare(b->version, a->version); /* the newest first */
	return result;
}

/* systemd, src/boot/boot.c, boot_entry_compare: profiles of an image stand as they do in it. */
static int compare_profiles(const struct entry *a, const struct entry *b)
{
	return a->profile == b->profile ? 0 : a->profile < b->profile ? -1 : 1;
}

static struct word plain_id(const struct entry *entry)
{
	return entry->plain_id != 0 ? (struct word){entry->id, entry->plain_id} : word_of(entry->id);
}

/* UAPI.1, "Sorting": negative when @a stands before @b in the menu. */
static int compare_entries(const struct entry *a, const struct entry *b)
{
	bool a_key = a->sort_key.length != 0, b_key = b->sort_key.length != 0;
	int result = 0;

	if (a->tries_exhausted != b->tries_exhausted)
		return a->tries_exhausted ? 1 : -1;
	if (a_key != b_key)
		return a_key ? -1 : 1;
	if (a_key)
		result = compare_keys(a, b);
	if (result == 0)
		result = version_compare(plain_id(b), plain_id(a));
	if (result == 0)
		result = compare_profiles(a, b);
	if (result == 0 && a->file_name != NULL && b->file_name != NULL)
		result = counting_compare(a->file_name, b->file_name);
	/* "a_1" and "a+1" are one version: the order must not depend on how the folder lists its files. */
	return result != 0 ? result : word_compare(word_of(b->id), word_of(a->id));
}

/* By insertion, which is stable and needs no memory, at a place found by halving: a few thousand comparisons. */
void entries_sort(struct entry **entries, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct entry *moving = entries[i];
		size_t low = 0, high = i;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (compare_entries(moving, entries[middle]) < 0)
				high = middle;
			else
				low = middle + 1;
		}
		for (size_t at = i; at > low; at--)
			entries[at] = entries[at - 1];
		entries[low] = moving;
	}
}

static void shorten(const struct entry *entry, char out[MAX_ENTRY_ID])
{
	struct word without = word_without_conf(word_of(entry->id));

	for (size_t i = 0; i < without.length; i++)
		out[i] = without.at[i];
	out[without.length] = '\0';
}

/* loader.conf(5), "default", means whole ids, as bootctl(1) lists them; people write them without the ".conf" too. */
bool entry_is_meant(const struct entry *entry, struct word pattern)
{
	char name[MAX_ENTRY_ID];

	shorten(entry, name);
	if (entry->elsewhere)
		return word_is_ascii_case(pattern, entry->id) || word_is_ascii_case(pattern, name);
	return word_is_ascii_case(pattern, entry->id) || glob_match(pattern, entry->id) || glob_match(pattern, name);
}

bool entries_named(struct entry *const *entries, size_t n, struct word name, size_t *index)
{
	name = word_without_conf(name);
	for (size_t i = 0; i < n; i++) {
		char id[MAX_ENTRY_ID];

		shorten(entries[i], id);
		if (word_is_ascii_case(name, id)) {
			*index = i;
			return true;
		}
	}
	return false;
}
