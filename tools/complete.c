/* SPDX-License-Identifier: BSD-2-Clause */
#include "complete.h"

#include "../base/rule.h"
#include "../config/scan.h"
#include "catalogue.h"
#include "volume_read.h"

#include <string.h>

/* ---- options, as the help has them ---- */

/* "  --sign KEY CERT  signs it, by sbsign; else others can": of "-o DIR, -o FILE" the last form counts. */
struct row {
	struct word name, takes, text; /* takes: names of its values, with blanks between; text: the line's rest */
};

static struct word until(struct word *line, const char *end)
{
	struct word part = {line->at, 0};
	size_t length = strlen(end);

	while (part.length < line->length && strncmp(line->at + part.length, end, length) != 0)
		part.length++;
	skip(line, part.length);
	return part;
}

static void skip_blanks(struct word *line)
{
	while (is_blank(first(*line)))
		skip(line, 1);
}

static struct row row_of(struct word line)
{
	struct word forms = until(&line, "  "), form;
	struct row row;

	skip_blanks(&line);
	do {
		form = until(&forms, ", ");
		while (first(forms) == ',' || is_blank(first(forms)))
			skip(&forms, 1);
	} while (forms.length != 0);
	row.name = until(&form, " ");
	skip_blanks(&form);
	row.takes = form;
	row.text = line;
	return row;
}

/* The next option of a help; *at moves behind its line. */
static bool next_row(const char **at, struct row *row)
{
	while (**at != '\0') {
		struct word line = {*at, strcspn(*at, "\n")};

		*at += line.length + ((*at)[line.length] == '\n');
		if (line.length > 3 && strncmp(line.at, "  -", 3) == 0) {
			*row = row_of((struct word){line.at + 2, line.length - 2});
			return true;
		}
	}
	return false;
}

static bool find_row(const struct command *command, const char *name, struct row *row)
{
	const char *at = command->help;

	while (next_row(&at, row))
		if (word_is(row->name, name))
			return true;
	return false;
}

/* The name of the value that is the @nth, from 0 on; the last one for all behind it where @repeats. */
static bool nth_name(struct word names, size_t nth, bool repeats, struct word *name)
{
	bool found = false;

	for (size_t i = 0; names.length != 0 && (i <= nth || repeats) && !(found && i > nth); i++) {
		*name = until(&names, " ");
		skip_blanks(&names);
		found = i == nth || (repeats && names.length == 0);
	}
	return found;
}

static size_t count_names(struct word names)
{
	struct word name;
	size_t n = 0;

	while (nth_name(names, n, false, &name))
		n++;
	return n;
}

/* ---- what a value may be ---- */

static void offer(struct word word, struct word text)
{
	print_word(stdout, word);
	if (text.length != 0) {
		putchar('\t');
		print_word(stdout, text);
	}
	putchar('\n');
}

/* Of an id what no shell has a meaning for: others have to be written by hand. */
static bool is_plain(struct word word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._+@";

	return word.length != 0 && word.at[0] != '-' && word.at[0] != ':' && strspn(word.at, plain) >= word.length;
}

/* Of the partitions that the words before name; none where they cannot be read. */
static void offer_entries(int argc, char **argv)
{
	struct fw_volume esp = {NULL, "esp"}, xbootldr = {NULL, "xbootldr"};
	struct checked_tree tree = {.arch = checked_arch(NULL)};
	char found[HOST_PATH];
	struct fail why;

	for (int i = 1; i < argc; i++)
		if (!option_value(argc, argv, &i, "--esp", &esp.folder))
			(void)option_value(argc, argv, &i, "--xbootldr", &xbootldr.folder);
	if (volume_options(&esp.folder, xbootldr.folder, found) != 0)
		return;
	if (checked_read(&tree, &esp, xbootldr.folder != NULL ? &xbootldr : NULL, &why) == OK)
		for (size_t i = 0; i < tree.n_shown; i++) {
			struct word id = word_of(tree.shown[i]->id);

			if (is_plain(id))
				offer(id, tree.shown[i]->title);
		}
	checked_free(&tree);
}

static void offer_rules(void)
{
	for (unsigned int i = RULE_NONE + 1; i < N_RULES; i++) {
		const struct rule_row *row = rule_row((enum rule)i);

		offer(word_of(row->id), word_of(row->sentence));
	}
}

/* By the name that the help has for a value; a name without a line here takes what no list has, such as a number. */
static const struct value {
	const char *name, *words;
} values[] = {
    {"DIR", ":directories"},
    {"FILE", ":files"},
    {"FILE|SIZE", ":files"},
    {"MAP", ":files"},
    {"LOG", ":files"},
    {"KERNEL", ":files"},
    {"INITRD", ":files"},
    {"ORIGINAL", ":files"},
    {"KEY", ":files"},
    {"CERT", ":files"},
    {"CPU", "x64 ia32 aa64 riscv64"},
    {"CPU,...", "x64 ia32 aa64 riscv64 all"},
    {"P", "high low preferred random"},
    {"WHO", "kernel loader"},
    {"F", "vmlinux lz4 zstd"},
    {"FORM", "no vmlinux lz4 zstd"},
    {"WHAT", "add adopt remove"},
};

static void offer_value(struct word name, int argc, char **argv)
{
	if (word_is(name, "ENTRY"))
		offer_entries(argc, argv);
	if (word_is(name, "RULE"))
		offer_rules();
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct word words = word_of(values[i].words);

		while (word_is(name, values[i].name) && words.length != 0) {
			offer(until(&words, " "), (struct word){"", 0});
			skip_blanks(&words);
		}
	}
}

/* ---- what may stand at the last word ---- */

static void offer_options(const struct command *command)
{
	const char *at = command->help;
	struct row row;

	while (next_row(&at, &row))
		offer(row.name, row.text);
	offer(word_of("--help"), word_of("how it is used"));
}

static void offer_behind(const struct command *command, int argc, char **argv)
{
	const char *last = argv[argc - 1];
	size_t operands = 0;
	struct word name;

	for (int i = 1; i < argc - 1; i++) {
		struct row row;
		size_t takes;

		if (!find_row(command, argv[i], &row)) {
			operands += argv[i][0] != '-';
			continue;
		}
		takes = count_names(row.takes);
		if ((size_t)(argc - 1 - i) <= takes) {
			if (nth_name(row.takes, (size_t)(argc - 2 - i), false, &name))
				offer_value(name, argc - 1, argv);
			return;
		}
		i += (int)takes;
	}
	if (last[0] == '-' || command->operands == NULL)
		offer_options(command);
	else if (nth_name(word_of(command->operands), operands, true, &name))
		offer_value(name, argc - 1, argv);
}

int complete(const struct command *const *commands, size_t n, int argc, char **argv)
{
	for (size_t i = 0; i < n && argc != 0; i++)
		if (argc == 1)
			offer(word_of(commands[i]->name), word_of(commands[i]->summary));
		else if (strcmp(argv[0], commands[i]->name) == 0)
			offer_behind(commands[i], argc, argv);
	if (argc == 1) {
		offer(word_of("--help"), word_of("which commands there are"));
		offer(word_of("--version"), word_of("the version"));
	}
	return EXIT_YES;
}
