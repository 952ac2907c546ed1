/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel and its entry: what there is to write, and in which order, so that an entry never names half a file. */
#include "plan_kernel.h"
#include "site.h"

#include "../config/lines.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- adding ---- */

struct adding {
	struct medium *boot;
	const struct kernel_wish *wish;
	const struct kernel_list *list;
	struct steps *steps;
	bool has_changed; /* a file of the kernel's */
};

static void ignore_name(void *context, const char *name)
{
	(void)context;
	(void)name;
}

static enum status need_folder(struct adding *in, const char *path, struct fail *why)
{
	enum status status = in->boot->calls->list(in->boot, path, ignore_name, NULL, why);

	if (status == NOT_FOUND)
		steps_folder(in->steps, in->boot, path);
	return status == NOT_FOUND ? OK : status;
}

static enum status need_folders(struct adding *in, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);

	TRY(need_folder(in, "\\loader", why));
	TRY(need_folder(in, ENTRIES_PATH, why));
	text_add(&text, "\\%s", in->wish->token);
	TRY(need_folder(in, path, why));
	kernel_path(path, in->wish->token, in->wish->version, NULL);
	return need_folder(in, path, why);
}

static enum status source_size(const char *source, uint64_t *size, struct fail *why)
{
	FILE *file = fopen(source, "rb");
	long end = -1;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0)
		end = ftell(file);
	if (file != NULL)
		(void)fclose(file);
	if (end < 0 || end == LONG_MAX) /* a folder's */
		return fail(why, IO_ERROR, "%s: it cannot be read", source);
	*size = (uint64_t)end;
	return OK;
}

static const char *undo_of(const struct adding *in, bool is_there, char out[KERNEL_UNDO])
{
	kernel_undo(out, in->wish->version, "that were there before");
	return is_there ? out : NULL;
}

/* @data: its bytes, where it is not a file of this machine. */
static enum status add_file(struct adding *in, const char *what, const char *name, const char *source,
			    struct bytes data, struct fail *why)
{
	char path[MAX_PATH_TEXT], words[128], undo[KERNEL_UNDO];
	struct text text = TEXT(words);
	uint64_t size = data.size, old = 0;
	bool is_same = false;
	enum status status;

	kernel_path(path, in->wish->token, in->wish->version, name);
	if (source != NULL)
		TRY(source_size(source, &size, why));
	status = in->boot->calls->compare(in->boot, path, source, &old, &is_same, why);
	if (status != OK && status != NOT_FOUND)
		return status;
	if (is_same)
		return OK;
	in->has_changed = true;
	text_add(&text, "%s, %s", what, size_words(size).at);
	if (source != NULL)
		steps_copy(in->steps, in->boot, path, source, size, old, words, undo_of(in, status == OK, undo));
	else
		steps_file(in->steps, in->boot, path, data, old, words, undo_of(in, status == OK, undo));
	return OK;
}

/* What was made is the same each time, and in memory anyway. */
static enum status add_prepared(struct adding *in, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct bytes old = {NULL, 0};
	bool is_same = false;
	enum status status;
	uint64_t size;

	kernel_path(path, in->wish->token, in->wish->version, PREPARED_FILE);
	status = in->boot->calls->compare(in->boot, path, NULL, &size, &is_same, why);
	if (status == OK && size == in->wish->prepared.size && size <= MEDIUM_FILE)
		TRY(in->boot->calls->read(in->boot, path, &old, why));
	if (old.at != NULL)
		is_same = memcmp(old.at, in->wish->prepared.at, old.size) == 0;
	free((void *)(uintptr_t)old.at);
	return is_same ? OK : add_file(in, "the kernel, prepared", PREPARED_FILE, NULL, in->wish->prepared, why);
}

static enum status add_files(struct adding *in, struct fail *why)
{
	const struct kernel_wish *wish = in->wish;
	const struct bytes none = {NULL, 0};

	for (size_t i = 0; i < wish->n_initrds; i++)
		TRY(add_file(in, "an initrd", kernel_file_name(wish->initrd[i]), wish->initrd[i], none, why));
	if (wish->devicetree != NULL)
		TRY(add_file(in, "its device tree", kernel_file_name(wish->devicetree), wish->devicetree, none, why));
	TRY(add_file(in, "the kernel", KERNEL_NAME, wish->kernel, none, why));
	return wish->prepared.at != NULL ? add_prepared(in, why) : OK;
}

/* ---- its entry ---- */

static void add_line(struct text *text, const char *key, const char *value)
{
	if (value[0] != '\0')
		text_add(text, "%-10s %s\n", key, value);
}

/* Readers take a pair of quotes around a whole value away (lines.c), and the kernel's are not meant. */
static void add_options(struct text *text, const char *options)
{
	if (options[0] == '"' || options[0] == '\'')
		text_add(text, "%-10s \"%s\"\n", "options", options);
	else
		add_line(text, "options", options);
}

static void add_path(struct text *text, const char *key, const struct kernel_wish *wish, const char *name)
{
	text_add(text, "%-10s /%s/%s/%s\n", key, wish->token, wish->version, name);
}

static enum status put_entry(const struct kernel_wish *wish, char out[MAX_CONFIG_FILE], struct fail *why)
{
	struct text text = {out, MAX_CONFIG_FILE, 0};

	text_add(&text, "# Boot Loader Specification type #1 entry, written by `berth kernel add`\n");
	add_line(&text, "title", wish->title);
	add_line(&text, "version", wish->version);
	add_line(&text, "machine-id", wish->machine_id);
	add_line(&text, "sort-key", wish->sort_key);
	add_options(&text, wish->options);
	add_path(&text, "linux", wish, wish->prepared.at != NULL ? PREPARED_FILE : KERNEL_NAME);
	if (wish->devicetree != NULL)
		add_path(&text, "devicetree", wish, kernel_file_name(wish->devicetree));
	for (size_t i = 0; i < wish->n_initrds; i++)
		add_path(&text, "initrd", wish, kernel_file_name(wish->initrd[i]));
	return text_cut(&text) ? fail(why, BAD_INPUT, "the entry would have more than %d bytes", MAX_CONFIG_FILE) : OK;
}

/* What is there of its entry already. */
struct said_entry {
	bool is_same;	 /* one says the same: it names no file that is yet to come */
	bool needs_none; /* and may yet be tried, and is the only one */
};

static enum status look_at_entry(struct adding *in, const char *text, struct said_entry *said, struct fail *why)
{
	bool is_exhausted = false;
	size_t n = 0;

	*said = (struct said_entry){.is_same = false};
	for (size_t i = 0; i < in->list->n; i++) {
		const struct kernel_entry *entry = &in->list->at[i];
		char path[MAX_PATH_TEXT];
		struct found found;

		if (!kernel_is_same(entry->version, in->wish->version))
			continue;
		kernel_entry_path(path, entry->file);
		TRY(site_read(in->boot, path, &found, why));
		said->is_same = said->is_same ||
				(found.data.size == strlen(text) && memcmp(found.data.at, text, found.data.size) == 0);
		found_free(&found);
		is_exhausted = is_exhausted || entry->is_exhausted;
		n++;
	}
	said->needs_none = said->is_same && n == 1 && !is_exhausted;
	return OK;
}

/* Under its new name first: of two files of one id the loader takes the one with more tries left (UAPI.1). */
static enum status add_entry(struct adding *in, const char *text, struct fail *why)
{
	char file[MAX_ENTRY_ID], path[MAX_PATH_TEXT], undo[KERNEL_UNDO];
	const char *there = undo_of(in, kernel_list_has(in->list, in->wish->version), undo);
	struct text name = TEXT(file);
	struct found old;

	text_add(&name, "%s-%s", in->wish->token, in->wish->version);
	if (in->wish->tries != NULL)
		text_add(&name, "+%s", in->wish->tries);
	text_add(&name, ".conf");
	kernel_entry_path(path, file);
	TRY(site_read(in->boot, path, &old, why));
	if (old.data.size != strlen(text) || memcmp(old.data.at, text, old.data.size) != 0)
		steps_file(in->steps, in->boot, path, text_bytes(text), old.data.size, "its entry", there);
	found_free(&old);
	return kernel_remove_entries(in->boot, in->list, in->wish->version, file, undo, in->steps, why);
}

/*
 * The entry comes behind the files that it names. Where it names what is there already, and one of these changes, it
 * comes before them: a cut between would else leave the new file without its tries, and nobody would notice.
 */
static enum status add_in_order(struct adding *in, struct steps *files, const char *text, const struct said_entry *said,
				struct fail *why)
{
	if (!said->is_same)
		steps_append(in->steps, files);
	if (in->has_changed || !said->needs_none)
		TRY(add_entry(in, text, why));
	else
		steps_note(in->steps, "%s has kernel %s as it is already", in->boot->name, in->wish->version);
	if (said->is_same)
		steps_append(in->steps, files);
	return kernel_remove_left(in->boot, in->wish, in->steps, why);
}

static enum status add_all(struct adding *in, struct fail *why)
{
	static char text[MAX_CONFIG_FILE];
	static struct steps files;
	struct steps *all = in->steps;
	struct said_entry said;
	enum status status;

	memset(&files, 0, sizeof(files));
	TRY(need_folders(in, why));
	TRY(put_entry(in->wish, text, why));
	TRY(look_at_entry(in, text, &said, why));
	in->steps = &files;
	status = add_files(in, why);
	in->steps = all;
	if (status == OK)
		status = add_in_order(in, &files, text, &said, why);
	steps_free(&files);
	return status;
}

/* Without a prepared kernel, one that an earlier run has named is named no longer. */
static bool names_another(const struct kernel_wish *wish, struct word named)
{
	char path[MAX_PATH_TEXT], prepared[MAX_PATH_TEXT];
	struct fail none;

	kernel_path(prepared, wish->token, wish->version, PREPARED_FILE);
	return wish->prepared.at != NULL ||
	       (entry_path(named, path, sizeof(path), &none) == OK && kernel_is_same(path, prepared));
}

static void put_adopted(const struct kernel_wish *wish, struct bytes old, struct text *out)
{
	const char *name = wish->prepared.at != NULL ? PREPARED_FILE : KERNEL_NAME;
	const char *from = (const char *)old.at, *end = from + old.size;
	struct lines lines;
	struct line line;

	lines_open(&lines, from, old.size);
	while (lines_next(&lines, &line))
		if (word_is(line.key, "linux") && names_another(wish, line.value)) {
			text_add(out, "%.*s", (int)(line.value.at - from), from);
			text_add(out, "/%s/%s/%s", wish->token, wish->version, name);
			from = line.value.at + line.value.length;
		}
	text_add(out, "%.*s", (int)(end - from), from);
}

/* An entry that kernel-install has written, with another kernel, in its own file. */
static enum status adopt_entry(struct adding *in, const struct kernel_entry *entry, struct fail *why)
{
	static char text[MAX_CONFIG_FILE];
	char path[MAX_PATH_TEXT], undo[KERNEL_UNDO];
	struct text new = TEXT(text);
	struct found found;
	enum status status = OK;

	kernel_entry_path(path, entry->file);
	TRY(site_read(in->boot, path, &found, why));
	text[0] = '\0';
	put_adopted(in->wish, found.data, &new);
	if (text_cut(&new) || lines_nul((const char *)found.data.at, found.data.size) != 0)
		status = fail(why, BAD_INPUT, "%s: not a text of at most %d bytes", path, MAX_CONFIG_FILE);
	else if (new.used != found.data.size || memcmp(text, found.data.at, new.used) != 0)
		steps_file(in->steps, in->boot, path, text_bytes(text), found.data.size,
			   in->wish->prepared.at != NULL ? "its entry, with the prepared kernel"
							 : "its entry, with the kernel as it is",
			   undo_of(in, true, undo));
	found_free(&found);
	return status;
}

/* Of two files of one id the loader takes one, so each is to name what is there. */
static enum status adopt(struct adding *in, struct fail *why)
{
	if (in->wish->prepared.at != NULL)
		TRY(add_prepared(in, why));
	for (size_t i = 0; i < in->list->n; i++)
		if (kernel_is_same(in->list->at[i].version, in->wish->version))
			TRY(adopt_entry(in, &in->list->at[i], why));
	return kernel_remove_left(in->boot, in->wish, in->steps, why);
}

static enum status plan(struct medium *boot, const struct kernel_wish *wish, struct steps *steps,
			enum status (*make)(struct adding *in, struct fail *why), bool must_be_there, struct fail *why)
{
	static struct steps own;
	struct kernel_list list;
	struct adding in = {boot, wish, &list, &own, false};
	enum status status;

	memset(&own, 0, sizeof(own));
	status = kernel_list(boot, wish->token, &list, why);
	if (status == OK && must_be_there && !kernel_list_has(&list, wish->version))
		status = fail(why, NOT_FOUND, "%s has no entry %s-%s.conf", boot->name, wish->token, wish->version);
	if (status == OK)
		status = make(&in, why);
	if (status == OK)
		status = kernel_plan_around(boot, wish, &list, &own, steps, why);
	steps_free(&own);
	kernel_list_free(&list);
	return status;
}

enum status plan_kernel_add(struct medium *boot, const struct kernel_wish *wish, struct steps *steps, struct fail *why)
{
	return plan(boot, wish, steps, add_all, false, why);
}

enum status plan_kernel_adopt(struct medium *boot, const struct kernel_wish *wish, struct steps *steps,
			      struct fail *why)
{
	return plan(boot, wish, steps, adopt, true, why);
}
