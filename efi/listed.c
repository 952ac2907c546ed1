/* SPDX-License-Identifier: BSD-2-Clause */
#include "listed.h"

#include "../base/mem.h"

#define FIRST_ROOM 32 /* entries; doubled when they are more */

/* Room for one more entry; false when firmware has no memory for that. */
static bool make_room(struct catalogue *c)
{
	size_t room = c->room == 0 ? FIRST_ROOM : 2 * c->room;
	struct entry **sorted;

	if (c->n < c->room)
		return true;
	sorted = efi_alloc(room * sizeof(struct entry *));
	if (sorted == NULL)
		return false;
	for (size_t i = 0; i < c->n; i++)
		sorted[i] = c->sorted[i];
	efi_free(c->sorted);
	c->sorted = sorted;
	c->room = room;
	return true;
}

enum status listed_new(struct catalogue *c, const char *name, struct listed **listed, struct fail *why)
{
	size_t size = word_of(name).length + 1;

	*listed = make_room(c) ? efi_alloc(sizeof(**listed) + size + COUNTER_ROOM) : NULL;
	if (*listed == NULL)
		return fail(why, IO_ERROR, "no memory for the entry %s: the %zu read before it are all that is offered",
			    name, c->n);
	(*listed)->catalogue = c;
	(*listed)->text = (*listed)->edited = (*listed)->title = NULL;
	memcpy((*listed)->name, name, size);
	return OK;
}

void listed_keep(struct catalogue *c, struct listed *listed)
{
	c->sorted[c->n++] = &listed->entry;
}

void listed_drop(struct listed *listed)
{
	efi_free(listed->text);
	efi_free(listed->edited);
	efi_free(listed->title);
	efi_free(listed);
}

void listed_renamed(const struct entry *entry, const char *name)
{
	struct catalogue *c = ((const struct listed *)(const void *)entry)->catalogue;
	char before[MAX_ENTRY_ID];
	struct text text = TEXT(before);
	size_t size = word_of(name).length + 1;

	text_add(&text, "%s", entry->file_name);
	for (size_t i = 0; i < c->n; i++) {
		struct listed *listed = (struct listed *)(void *)c->sorted[i];

		if (listed->entry.volume == entry->volume && listed->entry.folder == entry->folder &&
		    word_is(word_of(listed->name), before))
			memcpy(listed->name, name, size);
	}
}

void listed_edited(struct entry *entry, char *options)
{
	struct listed *listed = (struct listed *)(void *)entry;

	efi_free(listed->edited);
	listed->edited = options;
	entry->options[0] = word_of(options);
	entry->n_options = 1;
	entry->is_edited = true;
	entry->dropins = entry->added = (struct word){NULL, 0}; /* they were in the line that was edited */
}
