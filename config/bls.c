/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot Loader Specification (UAPI.1), type #1: one text file an entry. */
#include "lines.h"
#include "scan.h"

#include "../protocol/base/range.h"

/* What a message says the trouble is in, and where the message goes. */
struct place {
	const char *file;
	unsigned int line;
	struct fail *why;
};

static size_t count_digits(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && is_digit(text[n]))
		n++;
	return n;
}

/* UAPI.1, "Boot counting": ID+LEFT.conf or ID+LEFT-DONE.conf. Returns the length of ID; no match: it is all ID. */
static size_t cut_counters(const char *name, size_t length, bool *exhausted)
{
	size_t plus = length, left, at;

	while (plus > 0 && name[plus - 1] != '+')
		plus--;
	left = count_digits(name + plus, length - plus);
	at = plus + left;
	if (plus < 2 || left == 0)
		return length;
	if (at < length) {
		size_t done = count_digits(name + at + 1, length - at - 1);

		if (name[at] != '-' || done == 0 || at + 1 + done != length)
			return length;
	}
	*exhausted = true;
	for (at = plus; at < plus + left; at++)
		*exhausted = *exhausted && name[at] == '0';
	return plus - 1;
}

static void set_id(struct entry *entry, const char *file_name)
{
	struct word name = word_without_conf(word_of(file_name));
	size_t length = cut_counters(file_name, name.length, &entry->tries_exhausted);

	if (length >= sizeof(entry->id))
		length = sizeof(entry->id) - 1;
	for (size_t i = 0; i < length; i++)
		entry->id[i] = file_name[i];
	entry->id[length] = '\0';
}

/* Berth's own key: where the kernel goes, rule C3. */
static enum status set_placement(struct entry *entry, struct word value, struct place at)
{
	struct fail wrong;

	if (wish_parse(&entry->wish, value, &wrong) == OK)
		return OK;
	return fail(at.why, BAD_INPUT, "%s line %u: %s", at.file, at.line, wrong.text);
}

static enum status set_decompress(struct entry *entry, struct word value, struct place at)
{
	if (!word_is(value, "kernel") && !word_is(value, "loader"))
		return fail(at.why, BAD_INPUT,
			    "%s line %u: decompress \"%s\" is neither kernel nor loader\n"
			    "  try: decompress loader, or leave it out",
			    at.file, at.line, word_shown(value).at);
	entry->loader_unpacks = word_is(value, "loader");
	return OK;
}

static enum status add_word(struct word *list, size_t *n, size_t room, const struct line *line, struct place at)
{
	if (*n == room)
		return fail(at.why, BAD_INPUT, "%s line %u: more than %zu lines of %.*s", at.file, at.line, room,
			    WORD(line->key));
	list[(*n)++] = line->value;
	return OK;
}

static enum status take_line(struct entry *entry, const struct line *line, struct place at)
{
	const struct {
		const char *key;
		struct word *value;
	} plain[] = {
	    {"title", &entry->title},		{"version", &entry->version},  {"sort-key", &entry->sort_key},
	    {"machine-id", &entry->machine_id}, {"linux", &entry->linux_path}, {"architecture", &entry->architecture},
	    {"devicetree", &entry->devicetree},
	};

	if (word_is(line->key, "placement"))
		return set_placement(entry, line->value, at);
	if (word_is(line->key, "decompress"))
		return set_decompress(entry, line->value, at);
	if (line->value.length == 0)
		return OK; /* generators write `initrd` alone where there is none, and other loaders skip that */
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (word_is(line->key, plain[i].key))
			*plain[i].value = line->value;
	if (word_is(line->key, "devicetree-overlay"))
		return fail(at.why, BAD_INPUT,
			    "%s line %u: overlays of a device tree are not supported\n"
			    "  try: `devicetree` with a tree that they were merged into by fdtoverlay(1)",
			    at.file, at.line);
	if (word_is(line->key, "initrd"))
		return add_word(entry->initrd, &entry->n_initrds, MAX_INITRDS, line, at);
	if (word_is(line->key, "options"))
		return add_word(entry->options, &entry->n_options, MAX_OPTIONS, line, at);
	return OK; /* keys that are not known are for other loaders, or of a later UAPI.1 */
}

/* There is no line `linux`: says what there is instead. */
static enum status no_kernel(const char *name, const char *text, size_t size, struct fail *why)
{
	static const char *const kind[] = {"efi", "uki", "uki-url"};
	struct lines lines;
	struct line line;

	lines_open(&lines, text, size);
	while (lines_next(&lines, &line))
		for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++)
			if (word_is(line.key, kind[i]))
				return fail(why, BAD_INPUT,
					    "%s line %u: entries of type `%s` are not supported yet\n"
					    "  try: an entry that names a kernel by `linux`",
					    name, line.number, kind[i]);
	return fail(why, BAD_INPUT, "%s: no line `linux`: there is no kernel to boot", name);
}

static enum status take_all(struct entry *entry, const char *name, const char *text, size_t size, struct fail *why)
{
	unsigned int nul = lines_nul(text, size);
	enum status status = OK;
	struct lines lines;
	struct line line;

	if (nul != 0)
		status = fail(why, BAD_INPUT, "%s line %u: a NUL byte: this is no UTF-8 text", name, nul);
	lines_open(&lines, text, size);
	while (lines_next(&lines, &line)) {
		struct fail later;
		enum status this =
		    take_line(entry, &line, (struct place){name, line.number, status == OK ? why : &later});

		status = status == OK ? this : status;
	}
	if (status == OK && entry->linux_path.length == 0)
		return no_kernel(name, text, size, why);
	return status;
}

enum status entry_parse(struct entry *entry, const char *file_name, const char *text, size_t size, struct fail *why)
{
	enum status status;

	*entry = (struct entry){.wish = {.policy = PLACE_HIGH}};
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

/* Takes the next component, which may be empty, and its slash off the front of @path. */
static struct word next_component(struct word *path)
{
	struct word component = {path->at, 0};

	while (component.length < path->length && !is_slash(path->at[component.length]))
		component.length++;
	skip(path, component.length < path->length ? component.length + 1 : component.length);
	return component;
}

/* C0, DEL, and C1 (U+0080 to U+009F), which a terminal obeys as well. */
static bool has_control(struct word word)
{
	for (size_t i = 0; i < word.length; i++) {
		unsigned char c = (unsigned char)word.at[i],
			      next = i + 1 < word.length ? (unsigned char)word.at[i + 1] : 0;

		if (c < ' ' || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			return true;
	}
	return false;
}

/* UAPI.1, "Type #1": paths start at the root of the volume, with or without a slash, and should hold no "..". */
enum status entry_path(struct word value, char *out, size_t room, struct fail *why)
{
	size_t used = 0;

	if (has_control(value))
		return fail(why, BAD_INPUT, "the path %s has a control character in it", word_shown(value).at);
	for (struct word rest = value; rest.length > 0;) {
		struct word component = next_component(&rest);

		if (component.length == 0 || word_is(component, "."))
			continue;
		if (word_is(component, ".."))
			return fail(why, BAD_INPUT,
				    "the path %s goes up by \"..\"; write it from the root of the volume",
				    word_shown(value).at);
		if (component.length + 2 > room - used)
			return fail(why, BAD_INPUT, "the path %s has more than %zu bytes", word_shown(value).at,
				    room - 1);
		out[used++] = '\\';
		for (size_t i = 0; i < component.length; i++)
			out[used++] = component.at[i];
	}
	if (used == 0)
		return fail(why, BAD_INPUT, "the path \"%s\" names no file", word_shown(value).at);
	out[used] = '\0';
	return OK;
}

enum status entry_command_line(const struct entry *entry, char *out, size_t room, struct fail *why)
{
	size_t used = 0;

	for (size_t i = 0; i < entry->n_options; i++) {
		struct word option = entry->options[i];
		size_t space = used != 0 ? 1 : 0;

		if (space + option.length + 1 > room - used)
			return fail(why, BAD_INPUT, "%s: the options together have more than %zu bytes", entry->id,
				    room - 1);
		if (space != 0)
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
