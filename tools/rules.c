/* SPDX-License-Identifier: BSD-2-Clause */
/* berth rules: every placement rule, with its source. docs/rules.md is what `berth rules --markdown` prints. */
#include "json.h"
#include "rule_source.h"
#include "tool.h"

#include <string.h>

static const char *kind_words(enum rule_kind kind)
{
	return kind == LIMIT ? "limit" : "duty";
}

static void print_text(enum rule rule)
{
	const struct rule_row *row = rule_row(rule);
	bool colour = wants_colour(stdout);

	printf("%s%s%s  (%s)\n", colour ? "\033[1m" : "", row->id, colour ? "\033[0m" : "", kind_words(row->kind));
	print_wrapped(stdout, "", "    ", row->sentence);
	printf("%s", colour ? "\033[2m" : "");
	print_wrapped(stdout, "    source:", "    ", rule_source(rule));
	printf("%s", colour ? "\033[0m" : "");
}

static void print_markdown(void)
{
	puts("# The placement rules\n\n"
	     "Made by `berth rules --markdown` from `base/rules.def`; edit that file.\n\n"
	     "A *limit* narrows where a part may lie or chooses among what is left, and is signed by the code that "
	     "sets\n"
	     "it: the log and `berth plan` show the signature. A *duty* is something that the loader does or never "
	     "does;\n"
	     "tests guard it.\n\n"
	     "| rule | kind | what it says | source |\n|---|---|---|---|");
	for (unsigned int i = RULE_NONE + 1; i < N_RULES; i++) {
		const struct rule_row *row = rule_row((enum rule)i);

		printf("| %s | %s | %s | %s |\n", row->id, kind_words(row->kind), row->sentence,
		       rule_source((enum rule)i));
	}
}

static void print_json(struct json *json)
{
	json_array(json, NULL);
	for (unsigned int i = RULE_NONE + 1; i < N_RULES; i++) {
		const struct rule_row *row = rule_row((enum rule)i);

		json_object(json, NULL);
		json_string(json, "id", row->id);
		json_string(json, "kind", kind_words(row->kind));
		json_string(json, "sentence", row->sentence);
		json_string(json, "source", rule_source((enum rule)i));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static int run(int argc, char **argv)
{
	bool any = false;

	if (argc == 2 && strcmp(argv[1], "--markdown") == 0) {
		print_markdown();
		return EXIT_YES;
	}
	if (argc == 2 && strcmp(argv[1], "--json") == 0) {
		print_json(&(struct json){.out = stdout});
		return EXIT_YES;
	}
	for (int i = 1; i < argc; i++) {
		enum rule rule;

		if (argv[i][0] == '-')
			return misused(&command_rules, "no option %s", argv[i]);
		if (!rule_named(argv[i], strlen(argv[i]), &rule))
			return misused(&command_rules, "no rule %s", argv[i]);
	}
	for (unsigned int i = RULE_NONE + 1; i < N_RULES; i++) {
		bool wanted = argc == 1;

		for (int j = 1; j < argc; j++) {
			enum rule rule;

			wanted |= rule_named(argv[j], strlen(argv[j]), &rule) && rule == i;
		}
		if (wanted && any)
			putchar('\n');
		if (wanted)
			print_text((enum rule)i);
		any |= wanted;
	}
	return EXIT_YES;
}

const struct command command_rules = {
    .name = "rules",
    .summary = "lists the placement rules, each with its source",
    .help = "usage: berth rules [--json | --markdown | RULE...]\n"
	    "Lists every placement rule: its id, what it says, and the document or source that it comes from.\n\n"
	    "  --json      for machines\n"
	    "  --markdown  as docs/rules.md\n\n"
	    "examples:\n"
	    "  berth rules         all of them\n"
	    "  berth rules C3 X2   why a kernel lies above 4 GiB, and what its window is\n",
    .operands = "RULE",
    .run = run,
};
