/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * berth(1): asks on the workstation what the loader will do in firmware. The answers come from the same objects.
 */
#include "../base/version.h"
#include "complete.h"

#include <string.h>

static const struct command *const commands[] = {
    &command_plan,   &command_explain, &command_log,	 &command_check,   &command_measure,
    &command_sums,   &command_inspect, &command_prepare, &command_install, &command_update,
    &command_remove, &command_status,  &command_kernel,	 &command_rules,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fputs("usage: berth COMMAND [OPTION]... [FILE]...\n"
	      "Where a kernel goes in a machine's memory, and why: what the Berth boot loader decides, told before a\n"
	      "reboot and by the same code.\n\n",
	      out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`berth COMMAND --help` has the options of one, with examples; berth(1) is the manual.\n"
	      "Status: 0 yes, 1 the plan is impossible or an entry is wrong, 2 a wrong command or input that cannot be "
	      "read.\n",
	      out);
}

static int run(const struct command *command, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(command->help, stdout);
			return EXIT_YES;
		}
	return command->run(argc, argv);
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return EXIT_YES;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("berth " BERTH_VERSION);
		return EXIT_YES;
	}
	if (strcmp(argv[1], "--complete") == 0)
		return complete(commands, N_COMMANDS, argc - 2, argv + 2);
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(argv[1], commands[i]->name) == 0)
			return run(commands[i], argc - 1, argv + 1);
	return complain("no command `%s`\n  try: berth --help", argv[1]);
}

int main(int argc, char **argv)
{
	int status = dispatch(argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout))
		return complain("standard output: not all of the output could be written");
	return status;
}
