/* SPDX-License-Identifier: BSD-2-Clause */
/* UAPI.1, "Boot counting": the file of an entry is renamed before the entry is tried. */
#include "counting.h"
#include "listed.h"

#include "../config/counting.h"

static const struct entry *tried; /* the last entry that was */
static bool is_counted;		  /* its try is, and the system is told so */
static bool is_written;		  /* and that is on the disk */

static bool rename_file(const struct entry *entry, const char *name)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	struct fail why;

	text_add(&text, "%s\\%s", entry->folder, entry->file_name);
	if (efi_rename(entry->volume, path, name, &is_written, &why) == OK)
		return true;
	fw_log(LOG_NORMAL, "this try is not counted: %s", why.text);
	return false;
}

/* For systemd-bless-boot(8), which takes the counters away when the system has come up. */
static void tell_path(const struct entry *entry)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);

	text_add(&text, "%s\\%s", entry->folder, entry->file_name);
	efi_variable_write_text(L"LoaderBootCountPath", path, false);
	fw_log(LOG_NORMAL, "counted as %s", path);
}

void fw_trying(const struct entry *entry)
{
	char name[MAX_ENTRY_ID];
	enum counting counting =
	    entry->folder == NULL || entry->elsewhere ? COUNTING_OFF : counting_next(entry->file_name, name);

	/* A try has several beginnings: the first of them counts. */
	if (is_counted && tried == entry)
		return;
	tried = entry;
	is_counted = is_written = false;
	if (counting == COUNTING_OFF)
		return;
	if (counting == COUNTING_LONG) {
		fw_log(LOG_NORMAL, "this try is not counted: with it, the name of %s would be too long",
		       word_shown(word_of(entry->file_name)).at);
		return;
	}
	/* One that is tried again has the name already that counted its first try. */
	if (counting == COUNTING_SAME || entry->counted)
		is_counted = is_written = true;
	else if (rename_file(entry, name))
		is_counted = true, listed_renamed(entry, name);
	if (is_counted)
		tell_path(entry);
}

bool counting_failed(void)
{
	bool was_counted = is_counted;

	/* It would be the path of this entry that the system takes the counters of when another one has come up. */
	if (was_counted)
		efi_variable_remove(L"LoaderBootCountPath");
	is_counted = false;
	return was_counted && is_written;
}
