/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads \loader\loader.conf and \loader\entries\*.conf from the volume that the loader came from. */
#include "catalogue.h"

#include "../arch/arch.h"

#define ENTRIES_FOLDER "\\loader\\entries"
#define LOADER_CONF    "\\loader\\loader.conf"

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

/* A broken file is no reason to lose the others: it stays in the menu, and says why when it is chosen. */
static enum status add_entry(void *context, const char *name, struct fail *why)
{
	struct catalogue *c = context;
	struct entry *entry = &c->entry[c->n];
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	size_t size;

	if (!ends_with_conf(name))
		return OK;
	if (c->n == MAX_ENTRIES) {
		fw_log(LOG_QUIET, "%s: more than %u entries; this one is left out", name, MAX_ENTRIES);
		return OK;
	}
	text_add(&text, ENTRIES_FOLDER "\\%s", name);
	if (efi_read_file(path, MAX_CONFIG_FILE, &c->text[c->n], &size, why) != OK) {
		fw_log(LOG_QUIET, "%s", why->text);
		return OK;
	}
	(void)entry_parse(entry, name, c->text[c->n], size, why); /* entry->broken keeps the reason */
	if (!entry_is_for_cpu(entry, arch_here()->bls)) {
		efi_free(c->text[c->n]);
		c->text[c->n] = NULL;
		return OK;
	}
	c->sorted[c->n] = entry;
	c->n++;
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
	for (size_t i = 0; i < MAX_ENTRIES; i++) {
		efi_free(c->text[i]);
		c->text[i] = NULL;
	}
	efi_free(c->conf_text);
	c->conf_text = NULL;
	c->n = 0;
}
