/* SPDX-License-Identifier: BSD-2-Clause */
#include "bound.h"

/* How many the entry has of what its record has so many lines of. */
static enum status check_count(const struct boot *b, const struct entry *entry, enum sums_part part, size_t n,
			       struct fail *why)
{
	unsigned int wanted = sums_count(b->record, part);

	if (n == wanted)
		return OK;
	return fail(why, REFUSED, "%s: has %zu of the kind `%s`, and berth.sums has %u for it%s",
		    word_shown(word_of(entry->id)).at, n, sums_part_name(part), wanted, sums_way_out);
}

static enum status check_line(const struct boot *b, const struct entry *entry, struct fail *why)
{
	struct bytes line = {(const uint8_t *)b->command_line, word_of(b->command_line).length};

	if (sums_match(b->record, SUMS_OPTIONS, 0, line))
		return OK;
	return fail(why, REFUSED, "%s: its command line is not the one that berth.sums has for it%s",
		    word_shown(word_of(entry->id)).at, sums_way_out);
}

enum status boot_bind(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct word overlays = entry->overlays, path;
	size_t n = 0;

	TRY(fw_record(entry, &b->record, why));
	if (!boot_is_bound(b))
		return OK;
	while (entry_next_path(&overlays, &path))
		n++;
	TRY(check_line(b, entry, why));
	TRY(check_count(b, entry, SUMS_INITRD, entry->n_initrds, why));
	TRY(check_count(b, entry, SUMS_TREE, entry->devicetree.length != 0, why));
	return check_count(b, entry, SUMS_OVERLAY, n, why);
}

enum status boot_check_initrds(const struct boot *b, struct range place, struct fail *why)
{
	uint64_t start, end = 0;

	for (unsigned int i = 0; i < b->n_initrds; i++) {
		const struct file *file = &b->initrd[i];

		if (initrd_join(end, file->size, &start, &end))
			return fail(why, BAD_INPUT, "%s: too large", file->path);
		TRY(summed_check(b->record, SUMS_INITRD, i, file->path,
				 (struct bytes){fw_memory_at(place.start + start), (size_t)file->size}, why));
	}
	return OK;
}
