/* SPDX-License-Identifier: BSD-2-Clause */
#include "other_disks.h"

#include "automatic.h"
#include "catalogue.h"
#include "disks.h"

/*
 * The first digits of its partition's GUID; of a disk with the older table, which has none, those by which firmware and
 * Linux name the disk. A second system partition of such a disk is not told from the first, and not read.
 */
static bool tag_of(EFI_HANDLE device, char tag[DISK_TAG])
{
	struct text text = {tag, DISK_TAG, 0};
	uint32_t digits;

	if (!efi_partition_digits(device, &digits))
		return false;
	text_add(&text, "%08x", (unsigned int)digits);
	return true;
}

static bool has_tag(EFI_HANDLE device, const char tag[DISK_TAG])
{
	char own[DISK_TAG];

	return tag_of(device, own) && word_is(word_of(own), tag);
}

/* One that was read before, or a copy of another, whose entries would have the same ids. */
static bool is_known(const char tag[DISK_TAG])
{
	if (has_tag(efi_device_of(NULL), tag))
		return true;
	for (const struct fw_volume *volume = efi.volumes; volume != NULL; volume = volume->next)
		if (has_tag(volume->device, tag))
			return true;
	return false;
}

static void mark(struct catalogue *c, size_t from, const char tag[DISK_TAG], const char *kind)
{
	size_t kept = from;

	for (size_t i = from; i < c->n; i++) {
		struct listed *listed = (struct listed *)(void *)c->sorted[i];
		struct text title = {NULL, DISK_TITLE_ROOM(&listed->entry), 0};

		title.at = listed->title = efi_alloc(title.size);
		if (title.at == NULL) {
			fw_log(LOG_QUIET, "no memory for the entry %s of disk %s", listed->entry.id, tag);
			listed_drop(listed);
			continue;
		}
		entry_moves_elsewhere(&listed->entry, tag, kind, &title);
		c->sorted[kept++] = &listed->entry;
	}
	c->n = kept;
}

static void read_disk(struct catalogue *c, EFI_HANDLE device)
{
	char tag[DISK_TAG], words[DISK_TAG + 8];
	struct text text = TEXT(words);
	struct fw_volume *volume;
	size_t from = c->n;
	enum status status;
	struct fail why;

	if (!tag_of(device, tag))
		return;
	text_add(&text, "disk %s", tag);
	if (is_known(tag))
		return;
	volume = efi_volume(device, words);
	if (volume == NULL)
		return;
	status = catalogue_read_volume(c, volume, &why);
	efi_say_unless_missing(status, &why);
	entries_sort(c->sorted + from, c->n - from);
	if (c->conf.auto_entries)
		automatic_windows(c, volume);
	mark(c, from, tag, efi_disk_kind(device));
}

/* Firmware's actions stay last. */
static void move_before_actions(struct catalogue *c, size_t from, size_t *index)
{
	if (*index >= c->actions)
		*index += c->n - from;
	for (; from < c->n; from++) {
		struct entry *entry = c->sorted[from];

		for (size_t at = from; at > c->actions; at--)
			c->sorted[at] = c->sorted[at - 1];
		c->sorted[c->actions++] = entry;
	}
}

bool other_disks_read(struct catalogue *c, size_t *index, bool connects)
{
	EFI_HANDLE *handle;
	size_t from = c->n;
	UINTN n;

	if (!c->conf.other_disks)
		return false;
	if (connects && !c->disks_connected)
		disks_connect();
	c->disks_connected = c->disks_connected || connects;
	n = efi_handles_with(&efi_esp_guid, &handle);
	for (UINTN i = 0; i < n; i++) {
		void *files = NULL;

		if (!EFI_ERROR(efi.boot->HandleProtocol(handle[i], &efi_file_system_guid, &files)))
			read_disk(c, handle[i]);
	}
	efi_free(handle);
	if (c->n == from)
		return false;
	move_before_actions(c, from, index);
	return true;
}
