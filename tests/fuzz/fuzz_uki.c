/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PE files and what unified kernel images say of themselves: every section that is found is a row of the table, and
 * lies in the head; each profile has an id of its file, a title of one line's text within its room, and words that are
 * pieces of the texts; and whatever comes, the same is found twice.
 */
#include "fuzz.h"

#include "../../config/uki.h"

static bool is_same(const struct pe_section *a, const struct pe_section *b)
{
	return strcmp(a->name, b->name) == 0 && a->virtual_size == b->virtual_size && a->address == b->address &&
	       a->size == b->size && a->offset == b->offset && a->flags == b->flags;
}

static bool is_row(struct bytes head, const struct pe *pe, const struct pe_section *wanted)
{
	struct pe_section section;

	for (unsigned int n = 0; pe_section_at(head, pe, n, &section); n++)
		if (is_same(&section, wanted))
			return true;
	return false;
}

static bool is_within(struct word part, struct word whole)
{
	return part.length == 0 || (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

/* A section's text, in a buffer of its size; none when it is not all in the file. */
static struct word text_of(struct bytes file, const struct pe_section *section)
{
	uint64_t size = pe_section_contents(section);
	char *text;

	if (size > UKI_MOST_TEXT || section->offset > file.size || file.size - section->offset < size)
		size = 0;
	text = malloc((size_t)size + 1);
	if (size != 0)
		memcpy(text, file.at + section->offset, (size_t)size);
	text = realloc(text, size == 0 ? 1 : (size_t)size);
	return (struct word){text, (size_t)size};
}

static void use_entry(const struct entry *entry, struct word osrel, const struct text *title)
{
	size_t length = strlen(entry->id);

	REQUIRE(!text_cut(title) && entry->title.at == title->at && strlen(title->at) == title->used);
	REQUIRE(entry->title.length == title->used && title->used != 0);
	REQUIRE(memchr(title->at, '\n', title->used) == NULL && memchr(title->at, '\r', title->used) == NULL);
	REQUIRE(length < sizeof(entry->id) && entry->plain_id <= length &&
		(entry->plain_id != 0) == (entry->profile != 0));
	REQUIRE(strncmp(entry->id, "image.efi", entry->plain_id != 0 ? entry->plain_id : length) == 0);
	REQUIRE(is_within(entry->version, osrel) && is_within(entry->sort_key, osrel));
	REQUIRE(entry_is_meant(entry, word_of(entry->id)));
}

static void use_profile(struct bytes file, const struct uki_parts *parts, unsigned int n)
{
	struct word osrel = text_of(file, &parts->osrel), profile = text_of(file, &parts->profile);
	size_t room = UKI_TITLE_ROOM(osrel.length, profile.length);
	char *at = malloc(room);
	struct text title = {at, room, 0};
	struct entry entry;
	struct fail why;

	if (uki_entry(&entry, "Image+3.EFI", n, osrel, profile, &title, &why) == OK)
		use_entry(&entry, osrel, &title);
	else
		REQUIRE(why.status == NOT_FOUND && why.text[0] != '\0');
	free(at);
	free((char *)(uintptr_t)osrel.at);
	free((char *)(uintptr_t)profile.at);
}

/* No longer than the section, in one line, without blanks at its ends, and itself again when it is taken once more. */
static void check_line(struct word text)
{
	char *line = malloc(text.length + 1), *again = malloc(text.length + 1);
	size_t length;

	uki_command_line(text, line);
	length = strlen(line);
	REQUIRE(length <= text.length && (length == 0 || (line[0] != ' ' && line[length - 1] != ' ')));
	for (size_t i = 0; i < length; i++)
		REQUIRE((unsigned char)line[i] >= ' ');
	uki_command_line((struct word){line, length}, again);
	REQUIRE(strcmp(line, again) == 0);
	free(line);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = {data, size}, head = file;
	struct uki_parts parts, again;
	struct pe_section section;
	struct pe pe;

	check_line((struct word){(const char *)data, size});
	if (head.size > PE_HEAD_MOST)
		head.size = PE_HEAD_MOST;
	if (!pe_read(head, &pe))
		return 0;
	REQUIRE(pe.head_end >= pe.table && pe.head_end - pe.table == (uint64_t)pe.n_sections * PE_SECTION);
	REQUIRE(pe_compat_entry(file, &pe, 0x14c) < (file.size == 0 ? 1 : file.size));
	if (pe_section_named(head, &pe, ".linux", &section))
		REQUIRE(strcmp(section.name, ".linux") == 0 && is_row(head, &pe, &section));
	for (unsigned int n = 0; uki_profile(head, &pe, n, &parts); n++) {
		REQUIRE(n < UKI_MOST_PROFILES && n <= pe.n_sections);
		REQUIRE(parts.osrel.name[0] == '\0' || is_row(head, &pe, &parts.osrel));
		REQUIRE(parts.profile.name[0] == '\0' ? n == 0 : is_row(head, &pe, &parts.profile));
		REQUIRE(uki_profile(head, &pe, n, &again) && is_same(&again.osrel, &parts.osrel) &&
			is_same(&again.profile, &parts.profile));
		REQUIRE(parts.cmdline.name[0] == '\0' || is_row(head, &pe, &parts.cmdline));
		if (n < 8)
			use_profile(file, &parts, n);
	}
	return 0;
}
