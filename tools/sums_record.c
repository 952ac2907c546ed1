/* SPDX-License-Identifier: BSD-2-Clause */
#include "sums_record.h"

#include "../config/sums.h"
#include "../protocol/device_tree.h"
#include "dropped.h"
#include "volume_read.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.at);
}

static void add_sum(FILE *out, enum sums_part part, struct bytes bytes)
{
	uint8_t sum[SHA256_SIZE];

	sha256_of(bytes, sum);
	fprintf(out, "%s ", sums_part_name(part));
	for (size_t i = 0; i < SHA256_SIZE; i++)
		fprintf(out, "%02x", sum[i]);
	fputc('\n', out);
}

/* The loader reads no more of a tree than its header says. */
static bool cut_to_tree(struct bytes *file)
{
	uint64_t size = file->size >= TREE_HEADER ? tree_total_size(file->at) : 0;

	if (size < TREE_HEADER || size > file->size)
		return false;
	file->size = (size_t)size;
	return true;
}

static enum status add_file(FILE *out, enum sums_part part, const struct entry *entry, struct word value,
			    const char *suffix, struct fail *why)
{
	bool is_tree = part == SUMS_TREE || part == SUMS_OVERLAY;
	char path[MAX_PATH_TEXT + sizeof(".relocs")];
	enum status status = OK;
	struct bytes file;
	struct text text;

	TRY(entry_path(value, path, MAX_PATH_TEXT, why));
	text = (struct text){path, sizeof(path), strlen(path)};
	text_add(&text, "%s", suffix);
	TRY(volume_read(entry->volume, path, &file, why));
	if (is_tree && !cut_to_tree(&file))
		status = fail(why, BAD_INPUT, "%s: not a device tree, or not all of one", path);
	else
		add_sum(out, part, file);
	drop(file);
	return status;
}

/* One that the loader would not look for does no harm. */
static enum status add_relocs(FILE *out, const struct entry *entry, struct fail *why)
{
	enum status status = add_file(out, SUMS_RELOCS, entry, entry->program, ".relocs", why);

	return status == NOT_FOUND ? OK : status;
}

enum status sums_add_record(FILE *out, struct entry *entry, const struct fw_volume *esp, struct fail *why)
{
	static char line[MAX_COMMAND_LINE];
	struct word overlays = entry->overlays, path;

	if (entry->broken && entry->broken_why.text[0] != '\0') {
		*why = entry->broken_why;
		return BAD_INPUT;
	}
	if (entry->kind != ENTRY_LINUX)
		return fail(why, BAD_INPUT, "%s: has no kernel (`linux`), and what else starts has no records",
			    word_shown(word_of(entry->id)).at);
	TRY(dropped_command_line(entry, esp, line, sizeof(line), why));
	fprintf(out, "entry %s\n", entry->id);
	TRY(add_file(out, SUMS_KERNEL, entry, entry->program, "", why));
	add_sum(out, SUMS_OPTIONS, (struct bytes){(const uint8_t *)line, strlen(line)});
	for (size_t i = 0; i < entry->n_initrds; i++)
		TRY(add_file(out, SUMS_INITRD, entry, entry->initrd[i], "", why));
	if (entry->devicetree.length != 0)
		TRY(add_file(out, SUMS_TREE, entry, entry->devicetree, "", why));
	while (entry_next_path(&overlays, &path))
		TRY(add_file(out, SUMS_OVERLAY, entry, path, "", why));
	return add_relocs(out, entry, why);
}

/* The part whose line is not the same in both; all of @own when it is the rest of @record. */
static const char *first_difference(struct word own, struct word record)
{
	size_t at = 0;

	while (at < own.length && at < record.length && own.at[at] == record.at[at])
		at++;
	if (at == own.length && at == record.length)
		return NULL;
	own = at < own.length ? own : record;
	while (at != 0 && own.at[at - 1] != '\n')
		at--;
	for (enum sums_part part = N_SUMS_PARTS; part-- > 0;) {
		const char *name = sums_part_name(part);
		size_t length = strlen(name);

		if (own.length - at > length && memcmp(own.at + at, name, length) == 0 && own.at[at + length] == ' ')
			return name;
	}
	return "";
}

static void judge(struct checked *checked, const struct sums *sums, const struct fw_volume *esp)
{
	struct entry *entry = &checked->entry;
	char *text = NULL;
	size_t size = 0;
	struct word record;
	struct fail why;
	const char *part;
	FILE *out;

	if (checked->is_hidden || entry->broken || entry->kind != ENTRY_LINUX)
		return;
	if (!sums_record(sums, entry->id, &record)) {
		checked_say(&checked->said, sums->least != 0, "it has no record in berth.sums");
		return;
	}
	out = open_memstream(&text, &size);
	if (out == NULL)
		return;
	/* Its first line names the entry. What is not there is said already. */
	if (sums_add_record(out, entry, esp, &why) == OK && fflush(out) == 0) {
		const char *own = strchr(text, '\n') + 1;

		part = first_difference((struct word){own, size - (size_t)(own - text)}, record);
		if (part != NULL)
			checked_say(&checked->said, true,
				    "it is not as berth.sums has it: %s; with Secure Boot on it does not boot", part);
	}
	fclose(out);
	free(text);
}

void sums_judge(struct checked_tree *tree, const struct fw_volume *esp)
{
	struct bytes file;
	struct word text;
	struct sums sums;
	struct fail why;

	if (volume_read(esp, SUMS_PATH, &file, &why) != OK)
		return;
	if (sums_in_file(file, "berth.sums", &text, &why) == OK && sums_parse(&sums, "berth.sums", text, &why) == OK)
		for (struct checked *c = tree->first; c != NULL; c = c->next)
			judge(c, &sums, esp);
	else
		checked_say(&tree->said, true, "%s", why.text);
	drop(file);
}
