/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads \loader\loader.conf and \loader\entries\*.conf from the volume that the loader came from. */
#include "catalogue.h"

#include "../arch/arch.h"
#include "../base/mem.h"

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
	char name[]; /* of the file */
};

static struct listed *new_listed(const char *name)
{
	size_t size = 1;
	struct listed *listed;

	while (name[size - 1] != '\0')
		size++;
	listed = efi_alloc(sizeof(*listed) + size);
	if (listed == NULL)
		return NULL;
	listed->text = NULL;
	memcpy(listed->name, name, size);
	return listed;
}

static void drop(struct listed *listed)
{
	efi_free(listed->text);
	efi_free(listed);
}

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

static enum status read_entry(struct listed *listed, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	size_t size;

	text_add(&text, ENTRIES_FOLDER "\\%s", listed->name);
	TRY(efi_read_file(path, MAX_CONFIG_FILE, &listed->text, &size, why));
	/* entry->broken keeps the reason */
	(void)entry_parse(&listed->entry, listed->name, listed->text, size, why);
	listed->entry.folder = ENTRIES_FOLDER;
	return OK;
}

/* UAPI.1, "Boot Loader Entries": entries for another CPU, or of a type that this loader cannot start, are hidden. */
static bool is_hidden(const struct entry *entry)
{
	if (!entry_is_for_cpu(entry, arch_here()->bls))
		fw_log(LOG_DEBUG, "%s: for another CPU (architecture %s), so not shown", entry->file_name,
		       word_shown(entry->architecture).at);
	else if (entry->needs != NULL)
		fw_log(LOG_DEBUG, "%s: an entry of type `%s`, which is not supported yet, so not shown",
		       entry->file_name, entry->needs);
	else
		return false;
	return true;
}

/* A broken file must not cost the others: it stays in the menu, and says why it is broken when it is chosen. */
static enum status add_entry(void *context, const char *name, struct fail *why)
{
	struct catalogue *c = context;
	struct listed *listed;

	if (!ends_with_conf(name))
		return OK;
	listed = make_room(c) ? new_listed(name) : NULL;
	if (listed == NULL)
		return fail(why, IO_ERROR, "no memory for the entry %s: the %zu read before it are all that is offered",
			    name, c->n);
	if (read_entry(listed, why) != OK) {
		fw_log(LOG_QUIET, "%s", why->text);
		drop(listed);
	} else if (is_hidden(&listed->entry)) {
		c->hidden++;
		drop(listed);
	} else {
		c->sorted[c->n++] = &listed->entry;
	}
	return OK;
}

static void say(void *context, enum log_level level, const char *sentence)
{
	(void)context;
	fw_log(level, "%s", sentence);
}

const struct remarks catalogue_remarks = {say, NULL};

static void read_loader_conf(struct catalogue *c)
{
	struct fail why;
	size_t size;
	enum status status = efi_read_file(LOADER_CONF, MAX_CONFIG_FILE, &c->conf_text, &size, &why);

	c->conf = (struct loader_conf){.log = LOG_NORMAL};
	if (status == OK)
		(void)loader_conf_parse(&c->conf, c->conf_text, size, &why);
	efi.log = c->conf.log;
	if (status == OK)
		loader_conf_remarks(c->conf_text, size, &catalogue_remarks);
	else if (status != NOT_FOUND)
		fw_log(LOG_QUIET, "%s", why.text);
}

static enum status nothing_to_start(const struct catalogue *c, struct fail *why)
{
	if (c->hidden != 0)
		return fail(why, NOT_FOUND,
			    "no boot entries: none of the %zu in %s is for this CPU (%s) and names a kernel\n"
			    "  try: a file " ENTRIES_FOLDER "\\linux.conf with a line `linux`",
			    c->hidden, ENTRIES_FOLDER, arch_here()->bls);
	return fail(why, NOT_FOUND,
		    "no boot entries: there is no file in %s on the volume that Berth was started from\n"
		    "  try: a file " ENTRIES_FOLDER "\\linux.conf with the lines\n"
		    "    title Linux\n    linux /vmlinuz\n    initrd /initrd.img\n    options root=/dev/sda2",
		    ENTRIES_FOLDER);
}

enum status catalogue_read(struct catalogue *c, struct fail *why)
{
	enum status status;

	read_loader_conf(c);
	status = efi_list_folder(ENTRIES_FOLDER, add_entry, c, why);
	if (status == NOT_FOUND || (status == OK && c->n == 0))
		return nothing_to_start(c, why);
	if (status != OK && c->n == 0)
		return status;
	if (status != OK) /* what was read before the folder failed is better than nothing */
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
