/* SPDX-License-Identifier: BSD-2-Clause */
/* berth log: prints the log that the loader left for the system that it booted. */
#include <stdlib.h>

#include "../base/utf8.h"
#include "known.h"
#include "logtext.h"
#include "tool.h"

#define LARGEST_LOG 65536 /* the loader leaves 16 KiB at most */
#define VARIABLE    EFIVARS_FOLDER "/" BERTH_LOG

/* A variable may hold anything, and the log goes to a terminal. */
static void print(struct bytes text)
{
	for (size_t i = 0, size; i < text.size; i += size) {
		const char *at = (const char *)text.at + i;
		uint32_t code = 0;

		size = utf8_next(at, text.size - i, &code);
		if (size != 0 && utf8_is_shown(code))
			fwrite(at, 1, size, stdout);
		else
			putchar('?');
		size += size == 0;
	}
}

static int print_log(const char *path)
{
	struct bytes bytes, text;
	struct fail why;

	if (file_head(path, LARGEST_LOG, &bytes, NULL, &why) != OK)
		return complain("%s\n  try: on a system that Berth has booted, with efivarfs mounted", why.text);
	text = bytes;
	skip_attributes(&text);
	print(text);
	free((void *)(uintptr_t)bytes.at);
	return EXIT_YES;
}

static int run(int argc, char **argv)
{
	const char *path = VARIABLE;

	for (int i = 1; i < argc; i++) {
		if (!option_value(argc, argv, &i, "--file", &path))
			return misused(&command_log, "no option %s", argv[i]);
		if (path == NULL)
			return misused(&command_log, "--file needs a value");
	}
	return print_log(path);
}

const struct command command_log = {
    .name = "log",
    .summary = "prints the log that the loader left for this system",
    .help = "usage: berth log [--file FILE]\n"
	    "Prints the log of the boot of this machine, which Berth leaves in the variable BerthLog: its messages,\n"
	    "whatever the screen showed of them, the memory map, and where each part was put. A place drawn at\n"
	    "random is left out.\n\n"
	    "  --file FILE  reads FILE, such as a copy of the variable, or \\loader\\berth.log\n\n"
	    "examples:\n"
	    "  berth log\n"
	    "  berth log | berth explain -\n"
	    "  berth log | berth plan vmlinuz --memmap - --initrd 50M\n",
    .run = run,
};
