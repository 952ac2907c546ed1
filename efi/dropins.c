/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the drop-ins for command lines, when the first kernel is about to boot. */
#include "dropins.h"

#include "../config/dropins.h"

#define FOLDER "\\loader\\cmdline.d"

static struct {
	bool are_read;
	char *name[MOST_DROPINS]; /* pools, in their order */
	size_t n;
	char line[MAX_COMMAND_LINE]; /* of all */
	size_t used;
} dropins;

static enum status add_name(void *context, const char *name, struct fail *why)
{
	struct word word = word_of(name);
	size_t at;
	char *copy;

	(void)context;
	if (!dropin_is_named(name))
		return OK;
	if (dropins.n == MOST_DROPINS)
		return fail(why, BAD_INPUT,
			    FOLDER ": has more than %u files; some are ignored\n  try: fewer, longer ones",
			    MOST_DROPINS);
	copy = efi_alloc(word.length + 1);
	if (copy == NULL)
		return fail(why, IO_ERROR, FOLDER "\\%s: no memory to read it", name);
	for (size_t i = 0; i <= word.length; i++)
		copy[i] = name[i];
	at = dropin_place((const char *const *)dropins.name, dropins.n, name);
	for (size_t i = dropins.n++; i > at; i--)
		dropins.name[i] = dropins.name[i - 1];
	dropins.name[at] = copy;
	return OK;
}

static enum status append(const char *name, struct fail *why)
{
	char path[MAX_PATH_TEXT], *bytes;
	struct text text = TEXT(path);
	enum status status;
	size_t size;

	text_add(&text, FOLDER "\\%s", name);
	TRY(efi_read_file(NULL, path, MAX_CONFIG_FILE, &bytes, &size, why));
	status =
	    dropin_append(dropins.line, sizeof(dropins.line), &dropins.used, path, (struct word){bytes, size}, why);
	efi_free(bytes);
	return status;
}

static void read_all(void)
{
	struct fail why;
	enum status status = efi_list_folder(NULL, FOLDER, add_name, NULL, &why);

	dropins.are_read = true;
	efi_say_unless_missing(status, &why);
	for (size_t i = 0; i < dropins.n; i++) {
		if (append(dropins.name[i], &why) != OK)
			fw_log(LOG_QUIET, "%s; the file is ignored", why.text);
		efi_free(dropins.name[i]);
	}
	dropins.n = 0;
}

bool dropins_for(struct entry *entry)
{
	bool reads = !dropins.are_read;

	if (entry->kind != ENTRY_LINUX || entry->broken || entry->is_edited)
		return false;
	if (reads)
		read_all();
	entry->dropins = (struct word){dropins.line, dropins.used};
	return reads;
}
