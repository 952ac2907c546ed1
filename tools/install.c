/* SPDX-License-Identifier: BSD-2-Clause */
/* berth install, update and remove: a plan of steps is made, and then told, or done and told. */
#include <string.h>

#include "site.h"
#include "told.h"

typedef enum status planner(struct site *site, struct steps *steps, struct fail *why);

static enum status carry_out(struct opened_site *opened, const struct site_options *options, planner *planner,
			     struct fail *why)
{
	static struct steps steps;
	bool wants_option = strcmp(options->command->name, "update") != 0;
	const struct telling telling = {
	    .is_json = options->json,
	    .dry_run = options->dry_run,
	    .note = wants_option ? opened->why_no_variables : NULL,
	};
	enum status status;

	memset(&steps, 0, sizeof(steps));
	steps.variables = opened->site.variables;
	status = planner(&opened->site, &steps, why);
	if (status == OK)
		status = tell_or_do(&steps, &telling, why);
	steps_free(&steps);
	return status;
}

static int run_planner(int argc, char **argv, const struct command *command, planner *planner)
{
	static struct opened_site opened;
	struct site_options options;
	enum status status;
	struct fail why;
	int wrong = site_options(argc, argv, command, &options);

	if (wrong != EXIT_YES)
		return wrong;
	status = site_open(&opened, &options, &why);
	if (status == OK)
		status = carry_out(&opened, &options, planner, &why);
	site_close(&opened);
	return told_status(status, &why);
}

static int run_install(int argc, char **argv)
{
	return run_planner(argc, argv, &command_install, plan_install);
}

static int run_update(int argc, char **argv)
{
	return run_planner(argc, argv, &command_update, plan_update);
}

static int run_remove(int argc, char **argv)
{
	return run_planner(argc, argv, &command_remove, plan_removal);
}

#define VARIABLES_HELP                                                                                                 \
	"  --no-variables   leaves firmware's variables alone\n"                                                       \
	"  --variables DIR  another folder than /sys/firmware/efi/efivars\n"

const struct command command_install = {
    .name = "install",
    .summary = "makes a machine, or a disk image, boot by Berth",
    .help =
	"usage: berth install [OPTION]...\n"
	"Writes the loader to the EFI system partition, as \\EFI\\berth\\berth<cpu>.efi and on the removable path,\n"
	"\\EFI\\BOOT\\BOOT<CPU>.EFI; a loader.conf, a folder for entries, a random seed and a boot option of\n"
	"firmware's where there is none. Another loader on the removable path is kept, for `berth remove` to put\n"
	"back. What boots by default does not change, unless --default asks for it. Each step is told, and the\n"
	"line that undoes it. Interrupted at any moment, or when a partition is full, what booted before "
	"boots.\n\n" WHERE_HELP
	"  --loaders DIR    where the loaders are; else lib/berth beside this command, or /usr/lib/berth\n"
	"  --arch CPU,...   whose: x64, ia32, aa64, riscv64, or all; else this machine's\n"
	"  --default        firmware tries Berth first, before all other options\n"
	"  --no-removable   leaves the removable path alone\n" VARIABLES_HELP SHOW_HELP
	"Status: 0 done, 1 there is no room, or Secure Boot forbids it, 2 a wrong command, or something failed.\n\n"
	"examples:\n"
	"  berth install --dry-run\n"
	"  berth install --image disk.img --arch x64,aa64\n",
    .run = run_install,
};

const struct command command_update = {
    .name = "update",
    .summary = "replaces the loaders that install has written by newer ones",
    .help = "usage: berth update [OPTION]...\n"
	    "Replaces each loader of Berth's, in its own place and on the removable path, of every CPU, when the one\n"
	    "at hand has a higher version. Nothing else is made or changed.\n\n" WHERE_HELP
	    "  --loaders DIR    where the loaders are; else lib/berth beside this command, or /usr/lib/berth\n"
	    "  --variables DIR  another folder than /sys/firmware/efi/efivars, which tells of Secure Boot\n" SHOW_HELP
	    "Status: 0 done, or nothing to do, 1 there is no room, 2 a wrong command, or something failed.\n\n"
	    "example:\n"
	    "  berth update\n",
    .run = run_update,
};

const struct command command_remove = {
    .name = "remove",
    .summary = "takes away what install has written, and puts back what it kept",
    .help =
	"usage: berth remove [OPTION]...\n"
	"Takes away the boot options that start Berth from this partition, its loaders, and what `berth install`\n"
	"has made beside them and nobody has changed. The loader that stood on the removable path before is put\n"
	"back, unless another one than Berth's is there now. Entries and kernels stay.\n\n" WHERE_HELP VARIABLES_HELP
	    SHOW_HELP
	"Status: 0 done, or nothing to do, 1 there is no room, 2 a wrong command, or something failed.\n\n"
	"example:\n"
	"  berth remove --dry-run\n",
    .run = run_remove,
};
