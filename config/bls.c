/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot Loader Specification (UAPI.1), type #1: one text file an entry. */
#include "lines.h"

#include "../protocol/base/range.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* UAPI.1, "Boot counting": ID+LEFT.conf or ID+LEFT-DONE.conf. Returns the length of ID. */
static size_t cut_counters(const char *name, size_t length, bool *exhausted)
{
	size_t plus = length, at;
	bool zero = true;

	while (plus > 0 && name[plus - 1] != '+')
		plus--;
	at = plus;
	if (plus < 2 || at == length || !is_digit(name[at]))
		return length;
	for (; at < length && is_digit(name[at]); at++)
		zero = zero && name[at] == '0';
	if (at < length && (name[at] != '-' || at + 1 == length))
		return length;
	while (at < length && ++at < length)
		if (!is_digit(name[at]))
			return length;
	*exhausted = zero;
	return plus - 1;
}

static void set_id(struct entry *entry, const char *file_name)
{
	struct word name = word_of(file_name);
	size_t length = name.length;

	if (length > 5 && word_is_ascii_case((struct word){file_name + length - 5, 5}, ".conf"))
		length -= 5;
	length = cut_counters(file_name, length, &entry->tries_exhausted);
	if (length >= sizeof(entry->id))
		length = sizeof(entry->id) - 1;
	for (size_t i = 0; i < length; i++)
		entry->id[i] = file_name[i];
	entry->id[length] = '\0';
}

static enum status set_placement(struct entry *entry, const char *name, const struct line *line, struct fail *why)
{
	struct word value = line->value;

	if (word_is(value, "high")) {
		entry->placement = PLACE_HIGH;
	} else if (word_is(value, "low")) {
		entry->placement = PLACE_LOW;
	} else if (word_is(value, "preferred")) {
		entry->placement = PLACE_PREFERRED;
	} else {
		if (!word_number(value, &entry->place_at))
			return fail(why, BAD_INPUT,
				    "%s line %u: placement \"%.*s\" is no address\n"
				    "  try: high, low, preferred or 0xADDRESS",
				    name, line->number, WORD(value));
		if (entry->place_at % EFI_PAGE != 0)
			return fail(why, BAD_INPUT, "%s line %u: placement %#" PRIx64 " is no multiple of 4096", name,
				    line->number, entry->place_at);
		entry->placement = PLACE_EXACT;
	}
	return OK;
}

static enum status add_word(struct word *list, size_t *n, size_t room, const char *name, const struct line *line,
			    struct fail *why)
{
	if (*n == room)
		return fail(why, BAD_INPUT, "%s line %u: more than %zu lines of %.*s", name, line->number, room,
			    WORD(line->key));
	list[(*n)++] = line->value;
	return OK;
}

static enum status take_line(struct entry *entry, const char *name, const struct line *line, struct fail *why)
{
	static const struct {
		const char *key;
		size_t offset;
	} plain[] = {
		{"title", offsetof(struct entry, title)},
		{"version", offsetof(struct entry, version)},
		{"sort-key", offsetof(struct entry, sort_key)},
		{"machine-id", offsetof(struct entry, machine_id)},
		{"architecture", offsetof(struct entry, architecture)},
		{"linux", offsetof(struct entry, linux_path)},
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (word_is(line->key, plain[i].key))
			*(struct word *)(void *)((char *)entry + plain[i].offset) = line->value;
	if (word_is(line->key, "initrd"))
		return add_word(entry->initrd, &entry->n_initrds, MAX_INITRDS, name, line, why);
	if (word_is(line->key, "options"))
		return add_word(entry->options, &entry->n_options, MAX_OPTIONS, name, line, why);
	if (word_is(line->key, "placement"))
		return set_placement(entry, name, line, why);
	return OK; /* UAPI.1, "Type #1": a key that is not known is ignored */
}

static enum status take_all(struct entry *entry, const char *name, const char *text, size_t size, struct fail *why)
{
	enum status first = OK;
	struct lines lines;
	struct line line;

	lines_open(&lines, text, size);
	while (lines_next(&lines, &line)) {
		struct fail this;
		enum status status = OK;

		for (size_t i = 0; i < line.value.length; i++)
			if (line.value.at[i] == '\0')
				status = fail(&this, BAD_INPUT, "%s line %u: a NUL byte: this is no text", name,
					      line.number);
		if (status == OK)
			status = take_line(entry, name, &line, &this);
		if (status != OK && first == OK) {
			first = status;
			*why = this;
		}
	}
	if (first == OK && entry->linux_path.length == 0)
		return fail(why, BAD_INPUT,
			    "%s: no line `linux`: there is no kernel to boot\n"
			    "  Entries of other kinds (efi, uki) are not supported yet.",
			    name);
	return first;
}

enum status entry_parse(struct entry *entry, const char *file_name, const char *text, size_t size, struct fail *why)
{
	enum status status;

	*entry = (struct entry){.placement = PLACE_HIGH};
	set_id(entry, file_name);
	status = take_all(entry, file_name, text, size, why);
	if (status != OK) {
		entry->broken = true;
		entry->broken_why = *why;
	}
	return status;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

enum status entry_path(struct word value, char *out, size_t room, struct fail *why)
{
	size_t used = 0;

	for (size_t i = 0; i < value.length;) {
		size_t start = i, length;

		while (i < value.length && !is_slash(value.at[i]))
			i++;
		length = i++ - start;
		if (length == 0 || (length == 1 && value.at[start] == '.'))
			continue;
		if (length == 2 && value.at[start] == '.' && value.at[start + 1] == '.')
			return fail(why, BAD_INPUT, "the path %.*s goes up by \"..\"; write it from the root of the volume",
				    WORD(value));
		if (used + 1 + length >= room)
			return fail(why, BAD_INPUT, "the path %.40s… has more than %zu bytes", value.at, room - 1);
		out[used++] = '\\';
		for (size_t c = 0; c < length; c++) {
			if ((unsigned char)value.at[start + c] < ' ')
				return fail(why, BAD_INPUT, "a path has a control character in it");
			out[used++] = value.at[start + c];
		}
	}
	if (used == 0)
		return fail(why, BAD_INPUT, "the path \"%.*s\" names no file", WORD(value));
	out[used] = '\0';
	return OK;
}

enum status entry_command_line(const struct entry *entry, char *out, size_t room, struct fail *why)
{
	size_t used = 0;

	for (size_t i = 0; i < entry->n_options; i++) {
		struct word option = entry->options[i];

		if (option.length == 0)
			continue;
		if (option.length + 2 > room - used)
			return fail(why, BAD_INPUT, "%s: the options together have more than %zu bytes", entry->id, room - 1);
		if (used != 0)
			out[used++] = ' ';
		for (size_t c = 0; c < option.length; c++)
			out[used++] = option.at[c];
	}
	out[used] = '\0';
	return OK;
}

bool entry_is_for_cpu(const struct entry *entry, const char *architecture)
{
	return entry->architecture.length == 0 || word_is_ascii_case(entry->architecture, architecture);
}

struct word entry_title(const struct entry *entry)
{
	return entry->title.length != 0 ? entry->title : word_of(entry->id);
}
