/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads \loader\loader.conf, and entries from the volumes of the disk that the loader came from. */
#include "catalogue.h"

#include "automatic.h"
#include "drivers.h"
#include "enroll.h"
#include "measure.h"
#include "oem.h"
#include "programs.h"
#include "start.h"
#include "unified.h"
#include "xbootldr.h"

#include "../arch/arch.h"
#include "../base/mem.h"

#define ENTRIES_FOLDER "\\loader\\entries"
#define LOADER_CONF    "\\loader\\loader.conf"

/* entry->broken keeps the reason when there is something wrong with it */
static void parse(struct listed *listed, size_t size)
{
	struct fail why;

	(void)entry_parse(&listed->entry, listed->name, listed->text, size, &why);
	if (listed->entry.kind == ENTRY_LINUX)
		listed->entry.added = oem_asked()->options;
}

static enum status read_entry(struct listed *listed, struct fail *why)
{
	struct fw_volume *volume = listed->catalogue->volume;
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	size_t size;

	text_add(&text, ENTRIES_FOLDER "\\%s", listed->name);
	TRY(efi_read_file(volume, path, MAX_CONFIG_FILE, &listed->text, &size, why));
	parse(listed, size);
	listed->entry.volume = volume;
	listed->entry.folder = ENTRIES_FOLDER;
	return OK;
}

/* Whether there is the program that an entry names, as far as that is known, and it is not the loader itself, which
 * would offer itself for ever.
 */
static bool can_start(const struct entry *entry)
{
	static struct program_file program; /* its path is too large to be added to those on the stack */
	enum status status;
	struct fail why;
	bool is_berth;

	program.file.volume = entry->volume;
	status = efi_path_of(entry, program.file.path, &why);
	/* What is wrong with firmware, and with its network, is said when it is started. */
	if (status == OK && entry->kind == ENTRY_UKI_URL)
		return true;
	if (status == OK)
		status = entry->kind == ENTRY_UKI ? file_open(&program.file, &why) : program_open(&program, &why);
	if (status == NOT_FOUND)
		fw_log(LOG_DEBUG, "%s: not shown: %s", entry->file_name, why.text);
	if (status != OK)
		return status != NOT_FOUND;
	is_berth = entry->kind == ENTRY_EFI && program_is_berth(&program);
	if (is_berth)
		fw_log(LOG_DEBUG, "%s: not shown: %s is Berth", entry->file_name, program.file.path);
	program_close(&program);
	return !is_berth;
}

/* UAPI.1, "Boot Loader Entries": entries for another CPU, or that this loader cannot start, are hidden. */
static bool is_hidden(const struct entry *entry)
{
	if (!entry_is_for_cpu(entry, arch_here()->bls)) {
		fw_log(LOG_DEBUG, "%s: not shown: for another CPU (architecture %s)", entry->file_name,
		       word_shown(entry->architecture).at);
		return true;
	}
	return !entry->broken && entry->kind != ENTRY_LINUX && !can_start(entry);
}

static void keep_unless_hidden(struct catalogue *c, struct listed *listed)
{
	if (is_hidden(&listed->entry)) {
		c->hidden++;
		listed_drop(listed);
	} else {
		listed_keep(c, listed);
	}
}

/* A broken file must not cost the others: it stays in the menu, and says why it is broken when it is chosen. */
static enum status add_entry(void *context, const char *name, struct fail *why)
{
	struct catalogue *c = context;
	struct listed *listed;

	if (!entry_is_named(name, ".conf"))
		return OK;
	TRY(listed_new(c, name, &listed, why));
	if (read_entry(listed, why) != OK) {
		fw_log(LOG_QUIET, "%s", why->text);
		listed_drop(listed);
	} else {
		keep_unless_hidden(c, listed);
	}
	return OK;
}

/* An entry that the machine hands over, without a file. */
static enum status add_text(struct catalogue *c, const char *name, struct word text, struct fail *why)
{
	struct listed *listed;

	if (text.length > MAX_CONFIG_FILE)
		return fail(why, BAD_INPUT, "%s has %zu bytes; at most %u are read", name, text.length,
			    MAX_CONFIG_FILE);
	TRY(listed_new(c, name, &listed, why));
	listed->text = efi_alloc(text.length + 1);
	if (listed->text == NULL) {
		listed_drop(listed);
		return fail(why, IO_ERROR, "no memory for the entry %s", name);
	}
	memcpy(listed->text, text.at, text.length);
	parse(listed, text.length);
	keep_unless_hidden(c, listed);
	return OK;
}

static void add_machines(struct catalogue *c)
{
	struct oem_strings walk = oem_strings();
	struct word string, text;
	char name[MAX_ENTRY_ID];
	struct fail why;

	while (oem_string_next(&walk, &string))
		if (oem_entry(string, name, &text) && add_text(c, name, text, &why) != OK)
			fw_log(LOG_QUIET, "SMBIOS: %s", why.text);
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
	enum status status = efi_read_file(NULL, LOADER_CONF, MAX_CONFIG_FILE, &c->conf_text, &size, &why);

	c->conf = LOADER_CONF_DEFAULT;
	if (status == OK) {
		measure_conf(c->conf_text, size);
		(void)loader_conf_parse(&c->conf, c->conf_text, size, &why);
	}
	if (c->conf.log_by == LOG_BY_NOBODY)
		(void)log_level_parse(oem_asked()->level, &c->conf.log);
	efi.log = c->conf.log;
	efi.log_file = c->conf.log_file;
	if (status == OK)
		loader_conf_remarks(c->conf_text, size, &catalogue_remarks);
	else if (status != NOT_FOUND)
		fw_log(LOG_QUIET, "%s", why.text);
	/* Whether it locks the editor is not known then. */
	if (status != OK && status != NOT_FOUND)
		c->conf.editor = false;
}

static enum status nothing_to_start(const struct catalogue *c, struct fail *why)
{
	if (c->hidden != 0)
		return fail(why, NOT_FOUND,
			    "no boot entries: none of the %zu on %s is for this CPU "
			    "(%s) and names what is there; `log debug` in loader.conf tells why\n"
			    "  try: a file " ENTRIES_FOLDER "\\linux.conf with a line `linux`",
			    c->hidden, efi_volume_words(NULL), arch_here()->bls);
	return fail(why, NOT_FOUND,
		    "no boot entries: there is no file in %s on %s\n"
		    "  try: a file " ENTRIES_FOLDER "\\linux.conf with the lines\n"
		    "    title Linux\n    linux /vmlinuz\n    initrd /initrd.img\n    options root=/dev/sda2",
		    ENTRIES_FOLDER, efi_volume_words(NULL));
}

/* Both kinds of entries of a volume. What was read before a folder failed is better than nothing. */
enum status catalogue_read_volume(struct catalogue *c, struct fw_volume *volume, struct fail *why)
{
	enum status status, unified;
	struct fail later;

	c->volume = volume;
	status = efi_list_folder(volume, ENTRIES_FOLDER, add_entry, c, why);
	unified = unified_read(c, &later);
	efi_say_unless_missing(unified, &later);
	c->volume = NULL;
	return status;
}

static void read_xbootldr(struct catalogue *c)
{
	struct fw_volume *volume = xbootldr_find(efi_device_of(NULL));
	struct fail why;

	if (volume != NULL)
		efi_say_unless_missing(catalogue_read_volume(c, volume, &why), &why);
}

enum status catalogue_read(struct catalogue *c, struct fail *why)
{
	enum status status;
	bool awaits_keys;

	read_loader_conf(c);
	awaits_keys = enroll_may(&c->conf);
	if (awaits_keys)
		enroll_unasked(&c->conf);
	drivers_start();
	status = catalogue_read_volume(c, NULL, why);
	read_xbootldr(c);
	add_machines(c);
	entries_sort(c->sorted, c->n);
	automatic_programs(c);
	if (c->n == 0)
		return status != OK && status != NOT_FOUND ? status : nothing_to_start(c, why);
	efi_say_unless_missing(status, why);
	c->actions = c->n;
	automatic_actions(c);
	if (awaits_keys)
		enroll_offer(c);
	return OK;
}

void catalogue_free(struct catalogue *c)
{
	while (c->n != 0)
		listed_drop((struct listed *)(void *)c->sorted[--c->n]);
	efi_free(c->sorted);
	efi_free(c->conf_text);
	efi_forget_volumes();
	*c = (struct catalogue){.n = 0};
}
