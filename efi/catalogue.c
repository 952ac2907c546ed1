/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads \loader\loader.conf and \loader\entries\*.conf from the volume that the loader came from. */
#include "catalogue.h"

#include "../arch/arch.h"

#define ENTRIES_FOLDER "\\loader\\entries"
#define LOADER_CONF    "\\loader\\loader.conf"
#define FIRST_ROOM     32 /* entries; doubled when they are more */

static bool ends_with_conf(const char *name)
{
	static const char suffix[] = ".conf";
	size_t length = 0;

	while (name[length] != '\0')
		length++;
	if (length < sizeof(suffix))
		return false;
	for (size_t i = 0; i < sizeof(suffix) - 1; i++)
		if ((name[length - (sizeof(suffix) - 1) + i] | 0x20) != (suffix[i] | 0x20))
			return false;
	return true;
}

/* An entry with what it points into. */
struct listed {
	struct entry entry; /* the first, by which catalogue->sorted knows it */
	char *text;
};

static void drop(struct listed *listed)
{
	efi_free(listed->text);
	efi_free(listed);
}

/* For one entry more; false when firmware has no memory for that. */
static bool make_room(struct catalogue *c)
{
	size_t room = c->room == 0 ? FIRST_ROOM : 2 * c->room;
	struct entry **sorted;

	if (c->n < c->room)
		return true;
	sorted = efi_alloc(room * sizeof(sorted[0]));
	if (sorted == NULL)
		return false;
	for (size_t i = 0; i < c->n; i++)
		sorted[i] = c->sorted[i];
	efi_free(c->sorted);
	c->sorted = sorted;
	c->room = room;
	return true;
}

static enum status read_entry(struct listed *listed, const char *name, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	size_t size;

	text_add(&text, ENTRIES_FOLDER "\\%s", name);
	TRY(efi_read_file(path, MAX_CONFIG_FILE, &listed->text, &size, why));
	(void)entry_parse(&listed->entry, name, listed->text, size, why); /* entry->broken keeps the reason */
	return OK;
}

/* A broken file is no reason to lose the others: it stays in the menu, and says why when it is chosen. */
static enum status add_entry(void *context, const char *name, struct fail *why)
{
	struct catalogue *c = context;
	struct listed *listed;

	if (!ends_with_conf(name))
		return OK;
	listed = make_room(c) ? efi_alloc(sizeof(*listed)) : NULL;
	if (listed == NULL)
		return fail(why, IO_ERROR, "no memory for the entry %s: the %zu read before it are all that is offered",
			    name, c->n);
	listed->text = NULL;
	if (read_entry(listed, name, why) != OK) {
		fw_log(LOG_QUIET, "%s", why->text);
		drop(listed);
	} else if (!entry_is_for_cpu(&listed->entry, arch_here()->bls)) {
		drop(listed);
	} else {
		c->sorted[c->n++] = &listed->entry;
	}
	return OK;
}

static void read_loader_conf(struct catalogue *c)
{
	struct fail why;
	size_t size;
	enum status status = efi_read_file(LOADER_CONF, MAX_CONFIG_FILE, &c->conf_text, &size, &why);

	c->conf = (struct loader_conf){.log = LOG_NORMAL};
	if (status == OK)
		status = loader_conf_parse(&c->conf, c->conf_text, size, &why);
	efi.log = c->conf.log;
	if (status != OK && status != NOT_FOUND)
		fw_log(LOG_QUIET, "%s", why.text);
}

enum status catalogue_read(struct catalogue *c, struct fail *why)
{
	enum status status;

	read_loader_conf(c);
	status = efi_list_folder(ENTRIES_FOLDER, add_entry, c, why);
	if (status == NOT_FOUND || (status == OK && c->n == 0))
		return fail(why, NOT_FOUND,
			    "no boot entries: there is no file in %s on the volume that Berth was started from\n"
			    "  try: a file " ENTRIES_FOLDER "\\linux.conf with the lines\n"
			    "    title Linux\n    linux /vmlinuz\n    initrd /initrd.img\n    options root=/dev/sda2",
			    ENTRIES_FOLDER);
	if (status != OK && c->n == 0)
		return status;
	if (status != OK) /* what was read before the folder broke off is better than nothing */
		fw_log(LOG_QUIET, "%s", why->text);
	entries_sort(c->sorted, c->n);
	return OK;
}

void catalogue_free(struct catalogue *c)
{
	while (c->n != 0)
		drop((struct listed *)(void *)c->sorted[--c->n]);
	efi_free(c->sorted);
	efi_free(c->conf_text);
	*c = (struct catalogue){.n = 0};
}
