/* SPDX-License-Identifier: BSD-2-Clause */
/* berth install, update and remove: a plan of steps is made, and then told, or done and told. */
#include <string.h>

#include "json.h"
#include "site.h"

typedef enum status planner(struct site *site, struct steps *steps, struct fail *why);

/* ---- what is told ---- */

static const struct action {
	const char *did, *would, *word;
} actions[] = {
    [STEP_FOLDER] = {"made", "would make", "make-folder"},
    [STEP_FILE] = {"wrote", "would write", "write"},
    [STEP_REMOVE] = {"removed", "would remove", "remove"},
    [STEP_REMOVE_FOLDER] = {"removed", "would remove", "remove-folder"},
    [STEP_VARIABLE] = {"set", "would set", "set-variable"},
    [STEP_REMOVE_VARIABLE] = {"deleted", "would delete", "delete-variable"},
};

/* A variable by its name alone, without the GUID behind. */
static void show_target(const struct step *step, char out[MEDIUM_PATH])
{
	if (step->medium != NULL)
		medium_shown(step->medium, step->target, out);
	else
		snprintf(out, MEDIUM_PATH, "%.*s", (int)strcspn(step->target, "-"), step->target);
}

struct telling {
	struct json *json; /* NULL: text */
	bool dry_run;
};

static void tell_step(void *context, const struct step *step)
{
	const struct telling *telling = context;
	const struct action *action = &actions[step->kind];
	char target[MEDIUM_PATH];

	show_target(step, target);
	if (telling->json == NULL) {
		printf("%s %s: %s\n  undo: %s\n", telling->dry_run ? action->would : action->did, target, step->what,
		       step->undo);
		return;
	}
	json_object(telling->json, NULL);
	json_string(telling->json, "action", action->word);
	json_string(telling->json, "target", target);
	json_string(telling->json, "what", step->what);
	json_string(telling->json, "undo", step->undo);
	json_close(telling->json, '}');
}

static void tell_notes(const struct telling *telling, const struct steps *steps, const char *more)
{
	if (telling->json != NULL) {
		json_array(telling->json, "notes");
		for (size_t i = 0; i < steps->n_notes; i++)
			json_string(telling->json, NULL, steps->note[i]);
		if (more != NULL)
			json_string(telling->json, NULL, more);
		json_close(telling->json, ']');
		return;
	}
	for (size_t i = 0; i < steps->n_notes; i++)
		printf("%s\n", steps->note[i]);
	if (more != NULL)
		printf("%s\n", more);
}

/* The steps and notes; an error after some of the steps does not take them back. */
static enum status tell_or_do(const struct steps *steps, const struct telling *telling, const char *more,
			      struct fail *why)
{
	enum status status = OK;

	if (telling->json != NULL) {
		json_object(telling->json, NULL);
		json_bool(telling->json, "dry_run", telling->dry_run);
		json_array(telling->json, "steps");
	}
	if (!telling->dry_run)
		status = steps_do(steps, tell_step, (void *)(uintptr_t)telling, why);
	for (size_t i = 0; telling->dry_run && i < steps->n; i++)
		tell_step((void *)(uintptr_t)telling, &steps->step[i]);
	if (telling->json != NULL)
		json_close(telling->json, ']');
	tell_notes(telling, steps, more);
	if (telling->json != NULL) {
		if (status != OK)
			json_string(telling->json, "error", why->text);
		json_close(telling->json, '}');
	} else if (telling->dry_run) {
		puts("nothing was changed (--dry-run)");
	}
	return status;
}

static enum status carry_out(struct opened_site *opened, const struct site_options *options, planner *planner,
			     struct fail *why)
{
	static struct steps steps;
	struct json json = {.out = stdout};
	const struct telling telling = {options->json ? &json : NULL, options->dry_run};
	bool wants_option = strcmp(options->command->name, "update") != 0;
	enum status status;

	memset(&steps, 0, sizeof(steps));
	steps.variables = opened->site.variables;
	status = planner(&opened->site, &steps, why);
	if (status == OK)
		status = steps_fit(&steps, why);
	if (status == OK)
		status = tell_or_do(&steps, &telling, wants_option ? opened->why_no_variables : NULL, why);
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
	if (status == OK)
		return EXIT_YES;
	(void)complain("%s", why.text);
	return status == NO_PLACE || status == REFUSED ? EXIT_NO : EXIT_USAGE;
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

#define WHERE_HELP                                                                                                     \
	"  --esp-path DIR   the EFI system partition; else $SYSTEMD_ESP_PATH, /efi, /boot/efi or /boot\n"              \
	"  --boot-path DIR  the XBOOTLDR partition; else $SYSTEMD_XBOOTLDR_PATH, or /boot if it is one\n"              \
	"  --root DIR       looks for both below DIR, and leaves firmware's variables alone\n"                         \
	"  --image FILE     the partitions in a disk image, without root (mtools); not its firmware\n"                 \
	"  --udev DIR       another folder than /run/udev/data, which tells of partitions\n"

#define VARIABLES_HELP                                                                                                 \
	"  --no-variables   leaves firmware's variables alone\n"                                                       \
	"  --variables DIR  another folder than /sys/firmware/efi/efivars\n"

#define SHOW_HELP                                                                                                      \
	"  --dry-run        tells what would be done, and does nothing\n"                                              \
	"  --json           an object for machines\n\n"

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
