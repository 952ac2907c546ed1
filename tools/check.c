/* SPDX-License-Identifier: BSD-2-Clause */
/* berth check: whether the boot entries of this machine, or of a copy of its partitions, will boot. */
#include <string.h>

#include "catalogue.h"
#include "report.h"
#include "site.h"
#include "sums_record.h"
#include "unfolded.h"
#include "verdict.h"
#include "volume_read.h"

/* Its lines, each under the entry. */
static void print_said(const struct said *said, const char *indent)
{
	for (const struct sentence *sentence = said->first; sentence != NULL; sentence = sentence->next) {
		print_lines(stdout, sentence->text, indent);
		putchar('\n');
	}
}

static void print_why(const struct fail *why)
{
	char line[FAIL_TEXT + 512];
	struct text text = TEXT(line);

	text_add(&text, "%s", why->text);
	if (why->rule != RULE_NONE)
		text_add(&text, "\n%s  %s", rule_row(why->rule)->id, rule_row(why->rule)->sentence);
	print_lines(stdout, line, "        ");
	putchar('\n');
}

static void print_list(const char *label, const struct said *said)
{
	if (said->first == NULL)
		return;
	printf("      %s\n", label);
	print_said(said, "        ");
}

static void print_verdict(const struct checked *checked)
{
	const struct verdict *verdict = &checked->verdict;
	char line[512];
	struct text text = TEXT(line);

	if (verdict->kind == VERDICT_UNKNOWN && verdict->doubts.n == 0)
		return;
	if (verdict->has_plan)
		verdict_places(&text, verdict);
	printf("      %s%s%s\n", verdict_words(verdict->kind), verdict->has_plan ? "; " : "",
	       verdict->has_plan ? line : "");
	if (verdict->why.text[0] != '\0' && !said_has(&checked->said, verdict->why.text))
		print_why(&verdict->why);
	print_list("it would boot", &verdict->ways);
	print_list("not known", &verdict->doubts);
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
	if (!checked->is_hidden)
		print_verdict(checked);
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

static void print_known(const struct known *known)
{
	if (known->has_map)
		printf("\nmemory of %s (%s)\n", known->name, known->map.kind);
	else
		putchar('\n');
	print_list("not known", &known->doubts);
}

static void print_text(const struct checked_tree *tree, const struct known *known)
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
	if (!known->is_silent)
		print_known(known);
}

static void json_sentences(struct json *json, const char *name, const struct said *said)
{
	json_array(json, name);
	for (const struct sentence *sentence = said->first; sentence != NULL; sentence = sentence->next)
		json_string(json, NULL, sentence->text);
	json_close(json, ']');
}

static void json_said(struct json *json, const struct said *said)
{
	json_bool(json, "wrong", said->is_wrong);
	json_sentences(json, "said", said);
}

static void json_word(struct json *json, const char *name, struct word word)
{
	char line[1024];
	struct text text = TEXT(line);

	text_add(&text, "%.*s", WORD(word));
	json_string(json, name, line);
}

static void json_verdict(struct json *json, const struct verdict *verdict)
{
	static const struct placement nowhere[N_PARTS];

	json_string(json, "verdict", verdict_words(verdict->kind));
	if (verdict->why.text[0] != '\0') {
		json_string(json, "reason", verdict->why.text);
		json_string(json, "rule", rule_row(verdict->why.rule)->id);
	} else {
		json_null(json, "reason");
	}
	json_bool(json, "random", verdict->is_random);
	json_places(json, verdict->has_plan && !verdict->is_random ? verdict->plan.part : nowhere);
	json_sentences(json, "would_boot", &verdict->ways);
	json_sentences(json, "unknown", &verdict->doubts);
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
	if (!checked->is_hidden)
		json_verdict(json, &checked->verdict);
	json_close(json, '}');
}

static void json_known(struct json *json, const struct known *known)
{
	json_object(json, "memory");
	if (known->has_map) {
		json_string(json, "source", known->name);
		json_string(json, "kind", known->map.kind);
	} else {
		json_null(json, "source");
	}
	json_bool(json, "exact", known->is_exact && known->doubts.n == 0);
	json_sentences(json, "unknown", &known->doubts);
	json_close(json, '}');
}

static void print_json(const struct checked_tree *tree, const struct known *known, bool is_good)
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
	json_known(&json, known);
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
	const char *esp, *xbootldr, *arch, *image;
	struct known_options known;
	bool json, certain;
};

/* What is certain is more than what is right: with --certain an entry that only likely boots is wrong, too. */
static bool is_certain(const struct checked_tree *tree)
{
	for (size_t i = 0; i < tree->n_shown; i++)
		if (checked_of(tree->shown[i])->verdict.kind != VERDICT_BOOTS)
			return false;
	return true;
}

static int judge(const struct options *options, const struct known *known, struct checked_tree *tree)
{
	const struct fw_volume esp = {options->esp, "esp"}, xbootldr = {options->xbootldr, "xbootldr"};
	struct fail why;
	bool good;

	if (checked_read(tree, &esp, options->xbootldr != NULL ? &xbootldr : NULL, &why) != OK)
		return complain("%s", why.text);
	verdicts_make(tree, known, &esp);
	sums_judge(tree, &esp);
	good = is_good(tree) && (!options->certain || is_certain(tree));
	if (options->json)
		print_json(tree, known, good);
	else
		print_text(tree, known);
	return good ? EXIT_YES : EXIT_NO;
}

static int check(const struct options *options)
{
	struct checked_tree tree = {.arch = checked_arch(options->arch != NULL ? options->arch : site_firmware_arch())};
	static struct known known;
	struct fail why;
	int status;

	if (tree.arch == NULL)
		return misused(&command_check, "--arch takes x64, ia32, aa64 or riscv64");
	if (known_open(&known, &options->known, &why) != OK) {
		status = complain("%s", why.text);
	} else {
		if (options->arch == NULL && known.map.has_facts && known.map.has_32_bits)
			tree.arch = &arch_ia32;
		status = judge(options, &known, &tree);
	}
	checked_free(&tree);
	known_close(&known);
	return status;
}

static int check_image(const struct options *given)
{
	struct options options = *given;
	struct unfolded unfolded;
	struct fail why;
	int status;

	if (unfolded_open(&unfolded, options.image, &why) == OK) {
		options.esp = unfolded.esp;
		options.xbootldr = unfolded.has_boot ? unfolded.boot : NULL;
		status = check(&options);
	} else {
		status = complain("%s", why.text);
	}
	unfolded_close(&unfolded);
	return status;
}

/* Those that have a value; false when it is none of them. */
static bool take_value(int argc, char **argv, int *i, struct options *options, const char **value)
{
	const struct {
		const char *name, **to;
	} row[] = {
	    {"--esp", &options->esp},
	    {"--esp-path", &options->esp},
	    {"--xbootldr", &options->xbootldr},
	    {"--boot-path", &options->xbootldr},
	    {"--image", &options->image},
	    {"--arch", &options->arch},
	    {"--memmap", &options->known.memmap},
	    {"--variables", &options->known.variables},
	};

	for (size_t n = 0; n < sizeof(row) / sizeof(row[0]); n++)
		if (option_value(argc, argv, i, row[n].name, value)) {
			*row[n].to = *value;
			return true;
		}
	return false;
}

static int take_words(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = "";

		if (strcmp(word, "--json") == 0)
			options->json = true;
		else if (strcmp(word, "--certain") == 0)
			options->certain = true;
		else if (!take_value(argc, argv, &i, options, &value))
			return misused(&command_check, "no option %s", word);
		if (value == NULL)
			return misused(&command_check, "%s needs a value", word);
	}
	if (options->image != NULL && (options->esp != NULL || options->xbootldr != NULL))
		return misused(&command_check, "--image goes with neither --esp nor --xbootldr");
	return EXIT_YES;
}

static int run(int argc, char **argv)
{
	struct options options = {.esp = NULL};
	char found[HOST_PATH];
	int status = take_words(argc, argv, &options);

	if (status != EXIT_YES)
		return status;
	options.known.is_elsewhere = options.image != NULL;
	if (options.image != NULL)
		return check_image(&options);
	status = volume_options(&options.esp, options.xbootldr, found);
	return status != 0 ? status : check(&options);
}

const struct command command_check = {
    .name = "check",
    .summary = "says whether the boot entries of this machine will boot, and where",
    .help =
	"usage: berth check [OPTION]...\n"
	"Reads loader.conf and all boot entries as the loader does, and prints them in the order of its menu, with\n"
	"a star before the one that boots by itself; what is wrong with each; and which are not shown, and why.\n"
	"Each kernel is booted by the loader's own code up to its first instruction, on this machine's memory: all\n"
	"files are read, unpacked and held against berth.sums, and every place is found. So it says\n\n"
	"  will boot      and where kernel and initrd will lie, by which rules: only by the log that Berth left\n"
	"                 when it booted this system (`berth log`), which has the memory that it planned on\n"
	"  likely boots   by a map that does not tell all, such as /sys/firmware/memmap; what is not known is named\n"
	"  will not boot  the loader's own sentence, and what would make it boot\n\n"
	"Not asked is what this machine's firmware may add: variables that choose another entry, strings in SMBIOS\n"
	"that add entries, and whether there are the entries that no file is there for, on which it says that the\n"
	"loader decides.\n\n"
	"  --esp DIR       where the EFI system partition is mounted; else /efi, /boot/efi or /boot\n"
	"  --xbootldr DIR  where the XBOOTLDR partition is, if there is one\n"
	"  --image FILE    a disk image instead, by mtools\n"
	"  --memmap MAP    the machine's memory, in any form that `berth plan` reads; else that of this machine, by\n"
	"                  Berth's log or /sys/firmware/memmap; none: it is not asked about\n"
	"  --variables DIR firmware's variables; else this machine's\n"
	"  --arch CPU      whose loader it is: x64, ia32, aa64 or riscv64; else this machine's\n"
	"  --certain       status 1 also where an entry only likely boots\n"
	"  --json          an object for machines\n\n"
	"Status: 0 nothing is wrong, 1 something is, 2 a wrong command, or folders or a map that cannot be read.\n\n"
	"examples:\n"
	"  berth check\n"
	"  berth check --esp /boot/efi --xbootldr /boot\n"
	"  berth check --certain && reboot\n"
	"  berth check --image disk.img --memmap console.log\n",
    .run = run,
};
