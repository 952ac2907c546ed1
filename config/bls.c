/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot Loader Specification (UAPI.1), type #1: one text file per entry. */
#include "counting.h"
#include "extra.h"
#include "lines.h"
#include "scan.h"
#include "url.h"

#include "../base/range.h"

/* Where a mistake is, and where the message about it goes. */
struct place {
	const char *file;
	unsigned int line;
	const struct remarks *remarks; /* NULL: not wanted */
	struct fail *why;
};

/* systemd-boot (src/boot/boot.c, boot_entry_add_type1) and its tools: with the suffix, in small letters. */
void set_id(struct entry *entry, const char *file_name, const char *ending)
{
	struct word name = word_of(file_name);
	size_t suffix = word_without(name, ending).length;
	struct counters counters = counters_of((struct word){file_name, suffix});
	size_t length = counters.id, used = 0;

	entry->tries_exhausted = counters.exhausted;
	name.length -= suffix;
	for (size_t i = 0; i < length + name.length && used + 1 < sizeof(entry->id); i++)
		entry->id[used++] = ascii_lower(file_name[i < length ? i : suffix + i - length]);
	entry->id[used] = '\0';
}

/*
 * Berth's own key: where the kernel goes, rule C3. A number demands a place, and the kernel must not go to another; an
 * unknown word is only a wish that is not understood.
 */
static enum status set_placement(struct entry *entry, struct word value, struct place at)
{
	struct fail wrong;

	if (wish_parse(&entry->wish, value, &wrong) == OK)
		return OK;
	if (is_digit(first(value)))
		return fail(at.why, BAD_INPUT, "%s line %u: %s", at.file, at.line, wrong.text);
	remark(at.remarks, LOG_QUIET, "%s line %u: the line is ignored: %s", at.file, at.line, wrong.text);
	return OK;
}

static void set_decompress(struct entry *entry, struct word value, struct place at)
{
	if (word_is(value, "kernel") || word_is(value, "loader"))
		entry->loader_unpacks = word_is(value, "loader");
	else
		remark(at.remarks, LOG_QUIET,
		       "%s line %u: decompress \"%s\" is neither kernel nor loader; the line is ignored", at.file,
		       at.line, word_shown(value).at);
}

static void set_handoff(struct entry *entry, struct word value, struct place at)
{
	if (word_is(value, "own") || word_is(value, "stub"))
		entry->by_stub = word_is(value, "stub");
	else
		remark(at.remarks, LOG_QUIET, "%s line %u: handoff \"%s\" is neither own nor stub; the line is ignored",
		       at.file, at.line, word_shown(value).at);
}

static void say_variable(struct word variable, const struct line *line, struct place at)
{
	remark(at.remarks, LOG_NORMAL, "%s line %u: %s behind `%.*s` is a variable of another loader, and is left out",
	       at.file, at.line, word_shown(variable).at, WORD(line->key));
}

/* A path may hold blanks, so only the end of the line can be a variable. */
static void drop_variables_behind(struct line *line, struct place at)
{
	struct word *value = &line->value, variable;
	size_t from = 0;

	while (variable_next(*value, &from, &variable))
		if (from == value->length) {
			say_variable(variable, line, at);
			value->length -= variable.length;
			while (value->length > 0 && is_blank(value->at[value->length - 1]))
				value->length--;
			from = 0;
		}
}

static void say_variables(const struct line *line, struct place at)
{
	struct word variable;
	size_t from = 0;

	while (variable_next(line->value, &from, &variable))
		say_variable(variable, line, at);
}

static enum status add_word(struct word *list, size_t *n, size_t room, const struct line *line, struct place at)
{
	if (*n == room)
		return fail(at.why, BAD_INPUT, "%s line %u: more than %zu lines of %.*s", at.file, at.line, room,
			    WORD(line->key));
	list[(*n)++] = line->value;
	return OK;
}

static enum status add_initrd(struct entry *entry, struct line line, struct place at)
{
	drop_variables_behind(&line, at);
	if (line.value.length == 0)
		return OK;
	return add_word(entry->initrd, &entry->n_initrds, MAX_INITRDS, &line, at);
}

/* UAPI.1, "Type #1": there may be files of a later kind. */
static enum status add_extra(struct entry *entry, const struct line *line, struct place at)
{
	char name[EXTRA_NAME];
	enum extra which;

	if (extra_read(line->value, &which, name))
		return add_word(entry->extra, &entry->n_extras, MAX_EXTRAS, line, at);
	remark(at.remarks, LOG_QUIET, "%s line %u: extra \"%s\" is not " EXTRA_VALUES "; the line is ignored", at.file,
	       at.line, word_shown(line->value).at);
	return OK;
}

/* Of keys that count once, the last line counts. */
static void set_word(struct entry *entry, const struct line *line)
{
	const struct {
		const char *key;
		struct word *value;
	} plain[] = {
	    {"title", &entry->title},
	    {"version", &entry->version},
	    {"sort-key", &entry->sort_key},
	    {"machine-id", &entry->machine_id},
	    {"devicetree", &entry->devicetree},
	    {"architecture", &entry->architecture},
	    {"devicetree-overlay", &entry->overlays},
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (word_is(line->key, plain[i].key))
			*plain[i].value = line->value;
}

/* UAPI.1, "Type #1": an entry starts one thing. Two lines of one kind are like two of any key. */
static enum status set_program(struct entry *entry, const struct line *line, struct place at)
{
	static const char *const key[] = {
	    [ENTRY_LINUX] = "linux", [ENTRY_EFI] = "efi", [ENTRY_UKI] = "uki", [ENTRY_UKI_URL] = "uki-url"};

	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++) {
		if (!word_is(line->key, key[i]))
			continue;
		if (entry->program.length != 0 && entry->kind != (enum entry_kind)i)
			return fail(at.why, BAD_INPUT,
				    "%s line %u: a line `%s`, and one `%s` before it: an entry starts one thing\n"
				    "  try: two entries",
				    at.file, at.line, key[i], key[entry->kind]);
		entry->kind = (enum entry_kind)i;
		entry->program = line->value;
	}
	return OK;
}

static void set_profile(struct entry *entry, struct word value, struct place at)
{
	uint64_t number;

	if (word_number(value, &number) && number <= UINT32_MAX)
		entry->profile = (uint32_t)number;
	else
		remark(at.remarks, LOG_QUIET, "%s line %u: profile \"%s\" is not a number; the line is ignored",
		       at.file, at.line, word_shown(value).at);
}

static enum status take_line(struct entry *entry, const struct line *line, struct place at)
{
	if (word_is(line->key, "placement"))
		return set_placement(entry, line->value, at);
	if (word_is(line->key, "decompress"))
		set_decompress(entry, line->value, at);
	if (word_is(line->key, "handoff"))
		set_handoff(entry, line->value, at);
	if (line->value.length == 0)
		return OK; /* generators write a bare `initrd` where there is none, and other loaders skip that */
	set_word(entry, line);
	TRY(set_program(entry, line, at));
	if (word_is(line->key, "profile"))
		set_profile(entry, line->value, at);
	if (word_is(line->key, "initrd"))
		return add_initrd(entry, *line, at);
	if (word_is(line->key, "extra"))
		return add_extra(entry, line, at);
	if (word_is(line->key, "options")) {
		say_variables(line, at);
		return add_word(entry->options, &entry->n_options, MAX_OPTIONS, line, at);
	}
	return OK; /* unknown keys are for other loaders, or from a later UAPI.1 */
}

/* UAPI.1, "Type #1": initrds belong to a kernel; a unified kernel image has its own, and takes other files beside it.
 */
static void drop_what_is_another_kinds(struct entry *entry, const struct remarks *remarks)
{
	if (entry->kind != ENTRY_LINUX && entry->n_initrds != 0) {
		entry->n_initrds = 0;
		remark(remarks, LOG_QUIET, "%s: `initrd` is for a kernel that `linux` names, and is ignored",
		       entry->file_name);
	}
	if (!entry_is_image(entry) && entry->n_extras != 0) {
		entry->n_extras = 0;
		remark(remarks, LOG_QUIET, "%s: `extra` is for an image that `uki` or `uki-url` names, and is ignored",
		       entry->file_name);
	}
}

/* No volume has a file of another path, and no network one of another URL: that is the entry's mistake, wherever it is
 * read. */
static enum status check_program(const struct entry *entry, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct fail what;
	enum status status = entry->kind == ENTRY_UKI_URL ? url_meant(entry->program, NULL, path, sizeof(path), &what)
							  : entry_path(entry->program, path, sizeof(path), &what);

	if (status == BAD_INPUT)
		return fail(why, BAD_INPUT, "%s: %s", entry->file_name, what.text);
	return OK;
}

static enum status take_all(struct entry *entry, const struct remarks *remarks, struct fail *why)
{
	unsigned int nul = lines_nul(entry->source.at, entry->source.length);
	const char *name = entry->file_name;
	enum status status = OK;
	struct lines lines;
	struct line line;

	if (nul != 0)
		status = fail(why, BAD_INPUT, "%s line %u: a NUL byte: this is not UTF-8 text", name, nul);
	lines_open(&lines, entry->source.at, entry->source.length);
	while (lines_next(&lines, &line)) {
		struct fail later;
		enum status this =
		    take_line(entry, &line, (struct place){name, line.number, remarks, status == OK ? why : &later});

		status = status == OK ? this : status;
	}
	drop_what_is_another_kinds(entry, remarks);
	if (status == OK && entry->program.length == 0)
		return fail(why, BAD_INPUT, "%s: no line `linux`, `efi` or `uki`: there is nothing to start", name);
	return status == OK ? check_program(entry, why) : status;
}

static enum status parse(struct entry *entry, const char *file_name, struct word text, const struct remarks *remarks,
			 struct fail *why)
{
	*entry = (struct entry){.file_name = file_name, .source = text, .wish = {.policy = PLACE_HIGH}};
	set_id(entry, file_name, ".conf");
	return take_all(entry, remarks, why);
}

enum status entry_parse(struct entry *entry, const char *file_name, const char *text, size_t size, struct fail *why)
{
	enum status status = parse(entry, file_name, (struct word){text, size}, NULL, why);

	if (status != OK) {
		entry->broken = true;
		entry->broken_why = *why;
	}
	return status;
}

void entry_remarks(const struct entry *entry, const struct remarks *remarks)
{
	struct entry again;
	struct fail why;

	if (entry->source.at == NULL) /* nobody wrote it */
		return;
	(void)parse(&again, entry->file_name, entry->source, remarks, &why);
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
				    "the path %s goes up with \"..\"; write it from the root of the volume",
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

bool entry_next_path(struct word *paths, struct word *path)
{
	while (is_blank(first(*paths)))
		skip(paths, 1);
	*path = (struct word){paths->at, 0};
	while (path->length < paths->length && !is_blank(paths->at[path->length]))
		path->length++;
	skip(paths, path->length);
	return path->length != 0;
}

/* The blanks before a variable are dropped with it. Returns how many bytes are left. */
static size_t copy_without_variables(struct word option, char *out)
{
	size_t used = 0, copied = 0, at = 0;
	struct word variable;

	while (variable_next(option, &at, &variable)) {
		for (; copied < at - variable.length; copied++)
			out[used++] = option.at[copied];
		while (used > 0 && is_blank(out[used - 1]))
			used--;
		copied = at;
		while (used == 0 && copied < option.length && is_blank(option.at[copied]))
			copied++;
	}
	for (; copied < option.length; copied++)
		out[used++] = option.at[copied];
	return used;
}

static enum status too_long(const struct entry *entry, size_t room, struct fail *why)
{
	return fail(why, BAD_INPUT, "%s: the options together have more than %zu bytes", entry->id, room - 1);
}

/* @used: bytes of @room; one more is kept for the NUL. */
static enum status add_added(const struct entry *entry, char *out, size_t room, size_t *used, struct fail *why)
{
	struct word added = entry->added;
	size_t space = *used != 0 ? 1 : 0;

	if (added.length == 0)
		return OK;
	if (space + added.length + 1 > room - *used)
		return too_long(entry, room, why);
	if (space != 0)
		out[(*used)++] = ' ';
	for (size_t i = 0; i < added.length; i++)
		out[(*used)++] = (unsigned char)added.at[i] < 0x20 ? ' ' : added.at[i];
	return OK;
}

enum status entry_command_line(const struct entry *entry, char *out, size_t room, struct fail *why)
{
	size_t used = 0, has_dropins = entry->dropins.length != 0;

	for (size_t i = 0; i < entry->n_options + has_dropins; i++) {
		struct word option = i < entry->n_options ? entry->options[i] : entry->dropins;
		size_t space = used != 0 ? 1 : 0, length;

		if (space + option.length + 1 > room - used)
			return too_long(entry, room, why);
		length = copy_without_variables(option, out + used + space);
		if (length == 0)
			continue;
		if (space != 0)
			out[used] = ' ';
		used += space + length;
	}
	TRY(add_added(entry, out, room, &used, why));
	out[used] = '\0';
	return OK;
}

enum status entry_load_options(const struct entry *entry, char *out, size_t room, struct fail *why)
{
	struct text text = {out, room, 0};

	if (!entry_is_image(entry) || entry->profile == 0)
		return entry_command_line(entry, out, room, why);
	text_add(&text, "@%u ", (unsigned int)entry->profile);
	TRY(entry_command_line(entry, out + text.used, room - text.used, why));
	if (out[text.used] == '\0') /* as systemd-boot passes it, for it is measured */
		out[text.used - 1] = '\0';
	return OK;
}

bool entry_is_named(const char *file_name, const char *suffix)
{
	struct word name = word_of(file_name);
	bool is_automatic = name.length > 5 && word_is_ascii_case((struct word){name.at, 5}, "auto-");

	return first(name) != '.' && !is_automatic && word_without(name, suffix).length != name.length;
}

bool entry_is_for_cpu(const struct entry *entry, const char *architecture)
{
	return entry->architecture.length == 0 || word_is_ascii_case(entry->architecture, architecture);
}

struct word entry_title(const struct entry *entry)
{
	return entry->title.length != 0 ? entry->title : word_of(entry->id);
}
