/* SPDX-License-Identifier: BSD-2-Clause */
#include "uki.h"

#include "scan.h"

/* UAPI.5, "Multi-Profile UKIs": before the first `.profile` is what all share; from the n-th on, what the n-th has. */
#define SHARED 0

/* The first section of this name behind the @zone-th `.profile`, and before the next. */
static bool find(struct bytes head, const struct pe *pe, const char *name, unsigned int zone,
		 struct pe_section *section)
{
	unsigned int at = SHARED;

	for (unsigned int i = 0; at <= zone && pe_section_at(head, pe, i, section); i++) {
		at += word_is(word_of(section->name), ".profile");
		if (at == zone && word_is(word_of(section->name), name))
			return true;
	}
	*section = (struct pe_section){.name = ""};
	return false;
}

bool uki_is_one(struct bytes head, const struct pe *pe)
{
	struct pe_section section;

	return pe_section_named(head, pe, ".linux", &section) && pe_section_named(head, pe, ".osrel", &section);
}

/* The @n-th profile's own, or else the one that all share. */
static void find_own(struct bytes head, const struct pe *pe, const char *name, unsigned int n,
		     struct pe_section *section)
{
	if (!find(head, pe, name, n + 1, section))
		(void)find(head, pe, name, SHARED, section);
}

bool uki_profile(struct bytes head, const struct pe *pe, unsigned int n, struct uki_parts *parts)
{
	bool is_there = find(head, pe, ".profile", n + 1, &parts->profile);

	if (n >= UKI_MOST_PROFILES || (n != 0 && !is_there))
		return false;
	find_own(head, pe, ".osrel", n, &parts->osrel);
	find_own(head, pe, ".cmdline", n, &parts->cmdline);
	return true;
}

static struct word trimmed(struct word word)
{
	while (is_blank(first(word)))
		skip(&word, 1);
	while (word.length != 0 && is_blank(word.at[word.length - 1]))
		word.length--;
	return word;
}

/* os-release(5): values may stand in a pair of quotes. What a shell would make of `\` in them is not undone. */
static struct word unquoted(struct word value)
{
	char quote = first(value);

	if (value.length >= 2 && (quote == '"' || quote == '\'') && value.at[value.length - 1] == quote)
		return (struct word){value.at + 1, value.length - 2};
	return value;
}

/* Takes a line off the front of @text, without its end. */
static struct word next_line(struct word *text)
{
	struct word line = {text->at, 0};

	while (line.length < text->length && text->at[line.length] != '\n' && text->at[line.length] != '\r' &&
	       text->at[line.length] != '\0')
		line.length++;
	skip(text, line.length < text->length ? line.length + 1 : line.length);
	return line;
}

/* The value of KEY=VALUE; of several lines the last counts. Absent when there is none, or when it is empty. */
static struct word value_of(struct word text, const char *key)
{
	struct word found = {NULL, 0};

	while (text.length != 0) {
		struct word line = trimmed(next_line(&text)), name = {line.at, 0}, value;

		while (name.length < line.length && line.at[name.length] != '=')
			name.length++;
		if (name.length == line.length || !word_is(trimmed(name), key))
			continue;
		skip(&line, name.length + 1);
		value = unquoted(trimmed(line));
		found = value.length != 0 ? value : (struct word){NULL, 0};
	}
	return found;
}

/* The first of these keys, of which the list ends in NULL, that has a value. */
static struct word first_value(struct word text, const char *const *key)
{
	struct word value = {NULL, 0};

	for (; *key != NULL && value.length == 0; key++)
		value = value_of(text, *key);
	return value;
}

static void set_title(struct entry *entry, struct word name, struct word profile, struct text *title)
{
	struct word own = value_of(profile, "TITLE"), id = value_of(profile, "ID");

	text_add(title, "%.*s", WORD(name));
	if (own.length != 0)
		text_add(title, " (%.*s)", WORD(own));
	else if (entry->profile != 0 && id.length != 0)
		text_add(title, " (%.*s)", WORD(id));
	else if (entry->profile != 0)
		text_add(title, " (Profile #%u)", (unsigned int)entry->profile + 1);
	entry->title = word_of(title->at);
}

/* systemd: "@" and the profile's id behind the file's, for all but the first. */
static void add_profile_to_id(struct entry *entry, struct word profile)
{
	struct text id = {entry->id, sizeof(entry->id), word_of(entry->id).length};
	struct word own = value_of(profile, "ID");

	entry->plain_id = id.used;
	if (own.length != 0)
		text_add(&id, "@%.*s", WORD(own));
	else
		text_add(&id, "@%u", (unsigned int)entry->profile);
}

enum status uki_entry(struct entry *entry, const char *file_name, unsigned int n, struct word osrel,
		      struct word profile, struct text *title, struct fail *why)
{
	static const char *const names[] = {"PRETTY_NAME", "IMAGE_ID", "NAME", "ID", NULL};
	static const char *const versions[] = {"IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID", NULL};
	static const char *const sort_keys[] = {"IMAGE_ID", "ID", NULL};
	struct word name = first_value(osrel, names);

	*entry = (struct entry){.file_name = file_name,
				.kind = ENTRY_UKI,
				.profile = n,
				.version = first_value(osrel, versions),
				.sort_key = first_value(osrel, sort_keys)};
	if (name.length == 0)
		return fail(why, NOT_FOUND, "%s: its section .osrel has no line PRETTY_NAME, IMAGE_ID, NAME or ID",
			    file_name);
	set_id(entry, file_name, ".efi");
	if (n != 0)
		add_profile_to_id(entry, profile);
	set_title(entry, name, profile, title);
	return OK;
}

/* systemd, src/boot/util.c, mangle_stub_cmdline. */
void uki_command_line(struct word text, char *out)
{
	size_t used = 0, end = 0;

	for (size_t i = 0; i < text.length && text.at[i] != '\0'; i++) {
		char c = (unsigned char)text.at[i] < ' ' ? ' ' : text.at[i];

		if (c != ' ' || used != 0)
			out[used++] = c;
		if (c != ' ')
			end = used;
	}
	out[end] = '\0';
}
