/* SPDX-License-Identifier: BSD-2-Clause */
/* berth check: what the loader will make of the boot entries of this machine, or of a copy of its partitions. */
#include <string.h>

#include "catalogue.h"
#include "json.h"
#include "sums_record.h"
#include "volume_read.h"

/* Its lines, each under the entry. */
static void print_said(const struct said *said, const char *indent)
{
	for (const struct sentence *sentence = said->first; sentence != NULL; sentence = sentence->next) {
		print_lines(stdout, sentence->text, indent);
		putchar('\n');
	}
}

static const struct checked *checked_of(const struct entry *entry)
{
	return (const struct checked *)(const void *)entry;
}

static void print_entry(const struct checked *checked, char mark)
{
	if (checked->is_hidden) {
		printf("%c %s", mark, word_shown(word_of(checked->name)).at);
	} else {
		printf("%c %-32s ", mark, word_shown(word_of(checked->entry.id)).at);
		print_word(stdout, entry_title(&checked->entry));
	}
	putchar('\n');
	print_said(&checked->said, "      ");
}

static void print_hidden(const struct checked_tree *tree)
{
	size_t n = 0;

	for (const struct checked *c = tree->first; c != NULL; c = c->next)
		if (c->is_hidden) {
			if (n++ == 0)
				puts("\nnot shown in the menu");
			print_entry(c, ' ');
		}
}

static void print_text(const struct checked_tree *tree)
{
	for (size_t i = 0; i < tree->n_shown; i++)
		print_entry(checked_of(tree->shown[i]), i == tree->chosen ? '*' : ' ');
	print_hidden(tree);
	if (tree->said.first != NULL)
		putchar('\n');
	print_said(&tree->said, "");
	if (tree->chosen < tree->n_shown)
		printf("\n%s boots when nobody chooses another\n",
		       word_shown(word_of(tree->shown[tree->chosen]->id)).at);
}

static void json_said(struct json *json, const struct said *said)
{
	json_bool(json, "wrong", said->is_wrong);
	json_array(json, "said");
	for (const struct sentence *sentence = said->first; sentence != NULL; sentence = sentence->next)
		json_string(json, NULL, sentence->text);
	json_close(json, ']');
}

static void json_word(struct json *json, const char *name, struct word word)
{
	char line[1024];
	struct text text = TEXT(line);

	text_add(&text, "%.*s", WORD(word));
	json_string(json, name, line);
}

static void json_entry(struct json *json, const struct checked *checked)
{
	json_object(json, NULL);
	json_string(json, "file", checked->name);
	if (!checked->is_hidden) {
		json_string(json, "id", checked->entry.id);
		json_word(json, "title", entry_title(&checked->entry));
		json_string(json, "volume", checked->entry.volume->name);
	}
	json_bool(json, "shown", !checked->is_hidden);
	json_said(json, &checked->said);
	json_close(json, '}');
}

static void print_json(const struct checked_tree *tree, bool is_good)
{
	struct json json = {.out = stdout};

	json_object(&json, NULL);
	json_bool(&json, "good", is_good);
	if (tree->chosen < tree->n_shown)
		json_string(&json, "default", tree->shown[tree->chosen]->id);
	else
		json_null(&json, "default");
	json_array(&json, "entries");
	for (size_t i = 0; i < tree->n_shown; i++)
		json_entry(&json, checked_of(tree->shown[i]));
	for (const struct checked *c = tree->first; c != NULL; c = c->next)
		if (c->is_hidden)
			json_entry(&json, c);
	json_close(&json, ']');
	json_said(&json, &tree->said);
	json_close(&json, '}');
	putchar('\n');
}

static bool is_good(const struct checked_tree *tree)
{
	bool is_wrong = tree->said.is_wrong;

	for (const struct checked *c = tree->first; c != NULL; c = c->next)
		is_wrong = is_wrong || c->said.is_wrong;
	return !is_wrong;
}

struct options {
	const char *esp, *xbootldr, *arch;
	bool json;
};

static int check(const struct options *options)
{
	const struct fw_volume esp = {options->esp, "esp"}, xbootldr = {options->xbootldr, "xbootldr"};
	struct checked_tree tree = {.arch = checked_arch(options->arch)};
	struct fail why;
	bool is_read, good;

	if (tree.arch == NULL)
		return misused(&command_check, "--arch takes x64, ia32, aa64 or riscv64");
	is_read = checked_read(&tree, &esp, options->xbootldr != NULL ? &xbootldr : NULL, &why) == OK;
	if (is_read)
		sums_judge(&tree, &esp);
	good = is_read && is_good(&tree);
	if (is_read && options->json)
		print_json(&tree, good);
	else if (is_read)
		print_text(&tree);
	checked_free(&tree);
	return !is_read ? complain("%s", why.text) : good ? EXIT_YES : EXIT_NO;
}

static int run(int argc, char **argv)
{
	struct options options = {.esp = NULL};
	char found[HOST_PATH];
	int status;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = "";

		if (option_value(argc, argv, &i, "--esp", &value))
			options.esp = value;
		else if (option_value(argc, argv, &i, "--xbootldr", &value))
			options.xbootldr = value;
		else if (option_value(argc, argv, &i, "--arch", &value))
			options.arch = value;
		else if (strcmp(word, "--json") == 0)
			options.json = true;
		else
			return misused(&command_check, "no option %s", word);
		if (value == NULL)
			return misused(&command_check, "%s needs a value", word);
	}
	status = volume_options(&options.esp, options.xbootldr, found);
	return status != 0 ? status : check(&options);
}

const struct command command_check = {
    .name = "check",
    .summary = "says what the loader makes of the boot entries of this machine",
    .help =
	"usage: berth check [--esp DIR] [--xbootldr DIR] [--arch CPU] [--json]\n"
	"Reads loader.conf and all boot entries as the loader does, and prints them in the order of its menu, with\n"
	"a star before the one that boots by itself; what is wrong with each, such as a file that is not there or\n"
	"a kernel that Berth does not know, or a part that differs from its sum in berth.sums (whose signature is\n"
	"not checked); and which are not shown, and why. It does not see what this machine's firmware may add:\n"
	"variables that choose another entry, strings in SMBIOS that add entries, and entries without a file, for\n"
	"which it says that the loader decides.\n\n"
	"  --esp DIR       where the EFI system partition is mounted; else /efi, /boot/efi or /boot\n"
	"  --xbootldr DIR  where the XBOOTLDR partition is, if there is one\n"
	"  --arch CPU      whose loader it is: x64, ia32, aa64 or riscv64; else this machine's\n"
	"  --json          an object for machines\n\n"
	"Status: 0 all is well, 1 something is wrong, 2 a wrong command, or folders that cannot be read.\n\n"
	"examples:\n"
	"  berth check\n"
	"  berth check --esp /boot/efi --xbootldr /boot\n",
    .run = run,
};
