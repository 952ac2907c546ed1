/* SPDX-License-Identifier: BSD-2-Clause */
#include "pages.h"

#include "interface.h"
#include "screen.h"
#include "stub.h"

#include "../base/version.h"
#include "../loader/boot.h"

static void add_word(struct text *out, const char *name, struct word word)
{
	unsigned int columns = MOST_COLUMNS;

	if (word.length == 0)
		return;
	text_add(out, "%-15s ", name);
	(void)word_show(out, word, &columns);
	text_add(out, "\n");
}

static void add_text(struct text *out, const char *name, const char *text)
{
	add_word(out, name, word_of(text));
}

static void add_firmware(struct text *out)
{
	char line[512];
	struct text text = TEXT(line);
	char path[MAX_PATH_TEXT], partition[EFI_GUID_TEXT];

	interface_firmware_words(&text);
	add_text(out, "firmware", line);
	add_text(out, "Secure Boot",
		 efi_secure_boot() == SECURE_BOOT_DISABLED  ? "off"
		 : efi_secure_boot() == SECURE_BOOT_ENABLED ? "on"
							    : "firmware does not report it");
	if (efi_own_path(path, sizeof(path)))
		add_text(out, "loader", path);
	if (efi_partition(partition))
		add_text(out, "partition", partition);
}

static void add_timeout(struct text *out, const struct loader_conf *conf)
{
	if (conf->timeout_seconds == TIMEOUT_FOREVER)
		add_text(out, "timeout", "the menu waits for a key");
	else if (conf->timeout_seconds == TIMEOUT_NONE)
		add_text(out, "timeout",
			 conf->menu_disabled ? "no menu, whatever is pressed" : "no menu unless a key is held");
	else
		text_add(out, "%-15s %u s\n", "timeout", (unsigned int)conf->timeout_seconds);
}

/* By variables of the Boot Loader Interface. */
static void add_asked(struct text *out, const struct asked *asked)
{
	add_word(out, "OneShot", asked->one_shot);
	add_word(out, "Preferred", asked->preferred);
	add_word(out, "Default", asked->standard);
	add_word(out, "LastBooted", asked->last_booted);
}

static void add_configuration(struct text *out, const struct catalogue *c)
{
	unsigned int columns, rows;

	console_size(&columns, &rows);
	text_add(out, "%-15s %u of %ux%u\n", "console mode", (unsigned int)console_mode(), columns, rows);
	add_timeout(out, &c->conf);
	add_word(out, "default", c->conf.default_pattern);
	add_word(out, "preferred", c->conf.preferred_pattern);
	add_asked(out, interface_asked());
	text_add(out, "%-15s %zu, and %zu that are not shown\n", "entries", c->n, c->hidden);
	if (c->boots_unasked != NULL)
		add_text(out, "boots unasked", c->boots_unasked->id);
}

static void add_entry(struct text *out, const struct entry *entry)
{
	add_text(out, "id", entry->id);
	add_word(out, "title", entry->title);
	add_word(out, "version", entry->version);
	add_word(out, "sort-key", entry->sort_key);
	add_word(out, "machine-id", entry->machine_id);
	if (entry->folder != NULL)
		text_add(out, "%-15s %s\\%s\n", "file", entry->folder, word_shown(word_of(entry->file_name)).at);
	add_word(out, entry->kind == ENTRY_LINUX ? "linux" : "program", entry->program);
	for (size_t i = 0; i < entry->n_initrds; i++)
		add_word(out, "initrd", entry->initrd[i]);
	add_word(out, "devicetree", entry->devicetree);
	add_word(out, "overlays", entry->overlays);
	for (size_t i = 0; i < entry->n_options; i++)
		add_word(out, "options", entry->options[i]);
	add_word(out, "cmdline.d", entry->dropins);
	add_word(out, "SMBIOS", entry->added);
	if (entry->tries_exhausted)
		add_text(out, "boot counting", "its tries are used up");
	if (entry->broken)
		add_text(out, "broken", entry->broken_why.text);
}

void status_page(const struct catalogue *catalogue, const struct entry *entry, struct text *out)
{
	add_text(out, "version", BERTH_NAME);
	add_firmware(out);
	text_add(out, "\n");
	add_configuration(out, catalogue);
	text_add(out, "\n");
	add_entry(out, entry);
}

void plan_page(struct boot *attempt, const struct catalogue *catalogue, const struct entry *entry, unsigned int columns,
	       struct text *out)
{
	if (entry->broken)
		text_add(out, "%s\n", entry->broken_why.text);
	else if (entry->kind >= ENTRY_SETUP)
		text_add(out, "Firmware does it; nothing is loaded.\n");
	else if (entry->kind != ENTRY_LINUX || efi_goes_by_stub(entry))
		text_add(out, "Firmware loads it, where firmware likes%s.\n",
			 entry->kind == ENTRY_LINUX ? ", and its EFI stub places the kernel" : "");
	else
		boot_foresee(attempt, entry, &catalogue->conf, columns, out);
}
