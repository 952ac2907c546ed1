/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernels.h"

#include "shell.h"
#include "site.h"

#include "../config/counting.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- names ---- */

/* What FAT, UEFI 2.10 (13.3.1.1) or an entry's line would take for something else. */
static bool is_name(const char *name)
{
	if (name[0] == '\0' || name[0] == '.')
		return false;
	for (const char *at = name; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || strchr("\\/:*?\"<>|", *at) != NULL)
			return false;
	return name[strlen(name) - 1] != '.';
}

bool kernel_is_same(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

void kernel_id(const char *token, const char *version, char out[MAX_ENTRY_ID])
{
	struct text text = {out, MAX_ENTRY_ID, 0};

	text_add(&text, "%s-%s.conf", token, version);
}

const char *kernel_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Another file of the kernel's folder than those before it. */
static enum status file_fits(const struct kernel_wish *wish, const char *path, size_t n_before, struct fail *why)
{
	const char *name = kernel_file_name(path);
	bool is_taken = kernel_is_same(name, KERNEL_NAME) || kernel_is_same(name, PREPARED_FILE);

	for (size_t i = 0; i < n_before; i++)
		is_taken = is_taken || kernel_is_same(name, kernel_file_name(wish->initrd[i]));
	if (!is_name(name))
		return fail(why, BAD_INPUT, "%s: not a name for a file on a FAT\n  try: another name", path);
	if (is_taken)
		return fail(why, BAD_INPUT, "%s: two files of kernel %s would have the name %s\n  try: another name",
			    path, wish->version, name);
	return OK;
}

static enum status files_fit(const struct kernel_wish *wish, struct fail *why)
{
	for (size_t i = 0; i < wish->n_initrds; i++)
		TRY(file_fits(wish, wish->initrd[i], i, why));
	return wish->devicetree != NULL ? file_fits(wish, wish->devicetree, wish->n_initrds, why) : OK;
}

/* Kernels' folders may be removed with all that is in them, and firmware's and loaders' files are no kernel's. */
static bool is_loaders(const char *token)
{
	return kernel_is_same(token, "EFI") || kernel_is_same(token, "loader");
}

enum status kernel_names_fit(const struct kernel_wish *wish, struct fail *why)
{
	size_t tries = wish->tries != NULL ? 1 + strlen(wish->tries) : 0;
	size_t length = strlen(wish->token) + 1 + strlen(wish->version) + tries + strlen(".conf");

	if (!is_name(wish->token))
		return fail(why, BAD_INPUT, "token \"%s\": not a name for a folder on a FAT",
			    word_shown(word_of(wish->token)).at);
	if (is_loaders(wish->token))
		return fail(why, BAD_INPUT,
			    "token \"%s\": the folder of that name has loaders and their files\n"
			    "  try: another name in /etc/kernel/entry-token, or --token",
			    wish->token);
	if (!is_name(wish->version))
		return fail(why, BAD_INPUT, "version \"%s\": not a name for a folder on a FAT",
			    word_shown(word_of(wish->version)).at);
	if (length >= MAX_ENTRY_ID)
		return fail(why, BAD_INPUT, "the name of the entry would have %zu bytes, and may have %d [UAPI.1]",
			    length, MAX_ENTRY_ID - 1);
	if (counters_of(word_of(wish->version)).left != 0)
		return fail(why, BAD_INPUT, "version \"%s\" ends as boot counters do: the entry would be counted by it",
			    word_shown(word_of(wish->version)).at);
	return files_fit(wish, why);
}

void kernel_path(char out[MAX_PATH_TEXT], const char *token, const char *version, const char *name)
{
	struct text text = {out, MAX_PATH_TEXT, 0};

	text_add(&text, "\\%s\\%s%s%s", token, version, name != NULL ? "\\" : "", name != NULL ? name : "");
}

void kernel_entry_path(char out[MAX_PATH_TEXT], const char *file)
{
	struct text text = {out, MAX_PATH_TEXT, 0};

	text_add(&text, "%s\\%s", ENTRIES_PATH, file);
}

void kernel_undo(char out[KERNEL_UNDO], const char *version, const char *which)
{
	struct text text = {out, KERNEL_UNDO, 0};

	text_add(&text, "berth kernel add");
	shell_word(&text, version);
	text_add(&text, " KERNEL INITRD, those %s", which);
}

/* ---- what is there ---- */

struct listing {
	struct kernel_list *list;
	const char *token;
	bool has_no_memory;
};

/* Those whose names have the token in front. */
static void take_name(void *context, const char *name)
{
	struct listing *listing = context;
	size_t token = strlen(listing->token);
	struct word stem = word_without_conf(word_of(name));
	struct counters counters = counters_of(stem);
	struct kernel_entry *grown, *entry;
	struct text text;

	if (stem.length == strlen(name) || strlen(name) >= MAX_ENTRY_ID || counters.id <= token + 1 ||
	    strncasecmp(name, listing->token, token) != 0 || name[token] != '-')
		return;
	grown = realloc(listing->list->at, (listing->list->n + 1) * sizeof(*grown));
	if (grown == NULL) {
		listing->has_no_memory = true;
		return;
	}
	listing->list->at = grown;
	entry = &grown[listing->list->n++];
	*entry = (struct kernel_entry){.is_exhausted = counters.left != 0 && counters.exhausted};
	text = TEXT(entry->file);
	text_add(&text, "%s", name);
	text = TEXT(entry->version);
	text_add(&text, "%.*s", (int)(counters.id - token - 1), name + token + 1);
}

/* Another program may have an entry of such a name for what lies elsewhere. */
static enum status look_into(struct medium *boot, const char *token, struct kernel_entry *entry, struct fail *why)
{
	char path[MAX_PATH_TEXT], folder[MAX_PATH_TEXT];
	struct text text = TEXT(path), wanted = TEXT(folder);
	struct entry parsed;
	struct found found;
	enum status status;
	struct fail none;

	text_add(&text, "%s\\%s", ENTRIES_PATH, entry->file);
	text_add(&wanted, "\\%s\\%s\\", token, entry->version);
	status = site_read(boot, path, &found, why);
	if (status == BAD_INPUT)
		return OK; /* a folder, say */
	TRY(status);
	if (found.data.size != 0 && found.data.size <= MAX_CONFIG_FILE) {
		(void)entry_parse(&parsed, entry->file, (const char *)found.data.at, found.data.size, &none);
		entry->is_ours = parsed.kind == ENTRY_LINUX && parsed.program.length != 0 &&
				 entry_path(parsed.program, path, sizeof(path), &none) == OK &&
				 strncasecmp(path, folder, strlen(folder)) == 0 &&
				 !kernel_is_same(entry->version, RESCUE_VERSION);
	}
	found_free(&found);
	return OK;
}

enum status kernel_list(struct medium *boot, const char *token, struct kernel_list *list, struct fail *why)
{
	struct listing listing = {.list = list, .token = token};
	enum status status;

	*list = (struct kernel_list){.n = 0};
	status = boot->calls->list(boot, ENTRIES_PATH, take_name, &listing, why);
	if (status != OK && status != NOT_FOUND)
		return status;
	if (listing.has_no_memory)
		return fail(why, IO_ERROR, "no memory for the names of all entries");
	for (size_t i = 0; i < list->n; i++)
		TRY(look_into(boot, token, &list->at[i], why));
	return OK;
}

void kernel_list_free(struct kernel_list *list)
{
	free(list->at);
	*list = (struct kernel_list){.n = 0};
}

/* ---- what names a folder ---- */

struct names_of {
	char **at;
	size_t n;
	bool has_no_memory;
};

static void keep_name(void *context, const char *name)
{
	struct names_of *names = context;
	char **grown = realloc(names->at, (names->n + 1) * sizeof(*grown));

	names->has_no_memory = names->has_no_memory || grown == NULL;
	if (grown == NULL)
		return;
	names->at = grown;
	grown[names->n] = strdup(name);
	names->has_no_memory = names->has_no_memory || grown[names->n] == NULL;
	names->n += grown[names->n] != NULL;
}

static void free_names(struct names_of *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i]);
	free(names->at);
}

static enum status list_names(struct medium *boot, const char *path, struct names_of *names, struct fail *why)
{
	enum status status;

	*names = (struct names_of){.n = 0};
	status = boot->calls->list(boot, path, keep_name, names, why);
	if (names->has_no_memory)
		return fail(why, IO_ERROR, "no memory for the names in %s", path);
	return status == NOT_FOUND ? OK : status;
}

/* The path stands somewhere in the text, in whatever key, with slashes of either kind. */
static bool has_path(struct bytes text, const char *path)
{
	size_t length = strlen(path);

	for (size_t i = 0; i + length <= text.size; i++) {
		size_t n = 0;

		while (n < length && (path[n] == '\\' ? text.at[i + n] == '\\' || text.at[i + n] == '/'
						      : tolower(text.at[i + n]) == tolower((unsigned char)path[n])))
			n++;
		if (n == length)
			return true;
	}
	return false;
}

static enum status is_named(struct medium *boot, const struct names_of *entries, const char *path, bool *is,
			    struct fail *why)
{
	char file[MAX_PATH_TEXT];
	struct found found;
	enum status status;

	*is = false;
	for (size_t i = 0; i < entries->n && !*is; i++) {
		kernel_entry_path(file, entries->at[i]);
		status = site_read(boot, file, &found, why);
		if (status == BAD_INPUT)
			continue; /* a folder of somebody's, say, which the loader does not read either */
		TRY(status);
		*is = has_path(found.data, path);
		found_free(&found);
	}
	return OK;
}

static enum status each_unnamed(struct medium *boot, const char *token, const struct names_of *entries,
				const struct names_of *folders,
				enum status (*each)(void *context, const char *version, struct fail *why),
				void *context, struct fail *why)
{
	for (size_t i = 0; i < folders->n; i++) {
		char path[MAX_PATH_TEXT];
		struct text text = TEXT(path);
		bool is;

		text_add(&text, "\\%s\\%s\\", token, folders->at[i]);
		TRY(is_named(boot, entries, path, &is, why));
		if (!is)
			TRY(each(context, folders->at[i], why));
	}
	return OK;
}

enum status kernel_each_unnamed(struct medium *boot, const char *token,
				enum status (*each)(void *context, const char *version, struct fail *why),
				void *context, struct fail *why)
{
	struct names_of entries, folders = {.n = 0};
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	enum status status = list_names(boot, ENTRIES_PATH, &entries, why);

	text_add(&text, "\\%s", token);
	if (status == OK)
		status = list_names(boot, path, &folders, why);
	if (status == OK)
		status = each_unnamed(boot, token, &entries, &folders, each, context, why);
	free_names(&entries);
	free_names(&folders);
	return status;
}

bool kernel_list_has(const struct kernel_list *list, const char *version)
{
	for (size_t i = 0; i < list->n; i++)
		if (kernel_is_same(list->at[i].version, version))
			return true;
	return false;
}
