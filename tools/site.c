/* SPDX-License-Identifier: BSD-2-Clause */
#include "site.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../install/shell.h"
#include "catalogue.h"

#define USUAL_LOADERS "/usr/lib/berth"
#define FIRMWARE_BITS "/sys/firmware/efi/fw_platform_size"

/* ---- words ---- */

/* Those that have a value; false when it is none of them. */
static bool take_value(int argc, char **argv, int *i, struct site_options *options, const char **value)
{
	const struct {
		const char *name, **to;
	} row[] = {
	    {"--esp-path", &options->esp},	  {"--boot-path", &options->boot},  {"--image", &options->image},
	    {"--root", &options->root},		  {"--loaders", &options->loaders}, {"--arch", &options->arch},
	    {"--variables", &options->variables}, {"--udev", &options->udev},	    {"--token", &options->token},
	    {"--prepare", &options->prepare},	  {"--memmap", &options->memmap},
	};

	for (size_t n = 0; n < sizeof(row) / sizeof(row[0]); n++)
		if (option_value(argc, argv, i, row[n].name, value)) {
			*row[n].to = *value;
			return true;
		}
	return false;
}

static bool take_flag(const char *word, struct site_options *options)
{
	const struct {
		const char *name;
		bool *to;
	} row[] = {
	    {"--no-variables", &options->no_variables}, {"--default", &options->is_first},
	    {"--no-removable", &options->no_removable}, {"--dry-run", &options->dry_run},
	    {"--refresh", &options->refresh},		{"--json", &options->json},
	};

	for (size_t n = 0; n < sizeof(row) / sizeof(row[0]); n++)
		if (strcmp(word, row[n].name) == 0) {
			*row[n].to = true;
			return true;
		}
	return false;
}

/* The options of a command are those that its help names. */
static bool has_option(const struct command *command, const char *word)
{
	size_t length = strcspn(word, "=");

	for (const char *at = command->help; (at = strstr(at, "  --")) != NULL; at += 4)
		if (strncmp(at + 2, word, length) == 0 && (at[2 + length] == ' ' || at[2 + length] == '\n'))
			return true;
	return false;
}

int site_options(int argc, char **argv, const struct command *command, struct site_options *options)
{
	*options = (struct site_options){.command = command, .udev = UDEV_FOLDER};
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = "";

		if (word[0] != '-' && command == &command_kernel && options->n_operands < OPERANDS_MOST) {
			options->operand[options->n_operands++] = word;
			continue;
		}
		if (!has_option(command, word) ||
		    (!take_value(argc, argv, &i, options, &value) && !take_flag(word, options)))
			return misused(command, "no option %s", word);
		if (value == NULL)
			return misused(command, "%s needs a value", word);
	}
	/* A kernel is of a system, and that may be below --root. */
	if (options->image != NULL &&
	    (options->esp != NULL || options->boot != NULL || (options->root != NULL && command != &command_kernel)))
		return misused(command, "--image goes with none of --esp-path, --boot-path and --root");
	if (options->variables != NULL && options->no_variables)
		return misused(command, "--variables and --no-variables at once");
	return EXIT_YES;
}

/* ---- CPUs ---- */

const char *site_firmware_arch(void)
{
	const struct arch *arch = checked_arch(NULL);
	FILE *in = fopen(FIRMWARE_BITS, "r");
	char bits[8] = "";

	if (in != NULL) {
		if (fgets(bits, sizeof(bits), in) == NULL)
			bits[0] = '\0';
		(void)fclose(in);
	}
	if (arch == NULL)
		return "";
	return strcmp(bits, "32\n") == 0 && strcmp(arch->bls, "x64") == 0 ? "ia32" : arch->bls;
}

static bool lists(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncasecmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

static size_t words_of_list(const char *list)
{
	size_t n = 1;

	for (; *list != '\0'; list++)
		n += *list == ',';
	return n;
}

/* The boot option is for the machine's own firmware, or for the first that is asked for. */
static enum status choose_machines(struct site *site, const struct site_options *options, struct fail *why)
{
	const char *list = options->arch;
	const char *own = site_firmware_arch();
	struct loader_names names;
	size_t n = 0;

	site->native = LOADER_MACHINES;
	for (size_t i = 0; loader_names(i, &names); i++) {
		site->wanted[i] = list == NULL		     ? strcmp(names.arch, own) == 0
				  : strcmp(list, "all") == 0 ? true
							     : lists(list, names.arch);
		n += site->wanted[i];
		if (site->wanted[i] && (site->native == LOADER_MACHINES || strcmp(names.arch, own) == 0))
			site->native = i;
	}
	if (n == 0 && options->command != &command_install)
		return OK; /* on a machine of another kind, which has an image, say */
	if (n == 0 || (list != NULL && strcmp(list, "all") != 0 && n != words_of_list(list)))
		return fail(why, BAD_INPUT, "--arch takes x64, ia32, aa64 and riscv64, with commas between, or all");
	return OK;
}

/* ---- places ---- */

/* The value of an option, or of a variable of systemd's, below --root. */
static const char *wish(const char *option, const char *variable, const char *root, char out[HOST_PATH])
{
	const char *path = option != NULL ? option : getenv(variable);

	if (option != NULL || path == NULL)
		return path;
	return snprintf(out, HOST_PATH, "%s%s", root, path) < HOST_PATH ? out : NULL;
}

static enum status open_folders(struct opened_site *opened, const struct site_options *options, struct fail *why)
{
	const char *root = options->root != NULL ? options->root : "";
	const char *esp = wish(options->esp, "SYSTEMD_ESP_PATH", root, opened->esp);
	const char *boot = wish(options->boot, "SYSTEMD_XBOOTLDR_PATH", root, opened->boot);
	struct site *site = &opened->site;

	if (esp == NULL && find_esp(root, options->udev, opened->esp))
		esp = opened->esp;
	if (esp == NULL && options->command == &command_kernel)
		esp = boot; /* nothing of what a kernel needs lies elsewhere */
	if (esp == NULL)
		return fail(why, NOT_FOUND,
			    "no EFI system partition is mounted at /efi, /boot/efi or /boot, or it cannot "
			    "be read\n  try: as root, or --esp-path DIR");
	TRY(folder_open(&site->esp, esp, options->udev, why));
	/* What is named by hand stands alone, unless its companion is named too. */
	if (boot == NULL && options->esp == NULL && find_xbootldr(root, options->udev, opened->boot))
		boot = opened->boot;
	if (boot == NULL)
		return OK;
	TRY(folder_open(&site->boot, boot, options->udev, why));
	site->has_boot = strcmp(site->boot.name, site->esp.name) != 0;
	return OK;
}

/* Beside the command, as `make install` puts both; else where distributions do. */
static const char *usual_loaders(char out[HOST_PATH])
{
	static const char beside[] = "/../lib/berth";
	ssize_t length = readlink("/proc/self/exe", out, HOST_PATH - sizeof(beside));

	if (length > 0) {
		char *folder;

		out[length] = '\0';
		folder = strrchr(out, '/');
		memcpy(folder, beside, sizeof(beside));
		if (volume_is_folder(out))
			return out;
	}
	return USUAL_LOADERS;
}

static void choose_variables(struct opened_site *opened, const struct site_options *options)
{
	bool is_here = options->image == NULL && options->root == NULL;
	const char *folder = options->variables != NULL ? options->variables : is_here ? EFIVARS_FOLDER : NULL;
	enum variables_access access = folder != NULL ? variables_access(folder) : VARIABLES_NONE;

	opened->secure_boot_folder = folder;
	if (folder != NULL)
		opened->site.secure_boot = variables_secure_boot(folder);
	if (folder == NULL)
		opened->why_no_variables = "firmware's variables stay as they are: they are this machine's";
	else if (options->no_variables)
		opened->why_no_variables = NULL;
	else if (access == VARIABLES_NONE)
		opened->why_no_variables =
		    "firmware's variables stay as they are: this system has none, or efivarfs is not "
		    "mounted";
	else if (access == VARIABLES_READ_ONLY)
		opened->why_no_variables =
		    "firmware's variables stay as they are: they cannot be written\n  try: as root";
	else
		opened->site.variables = folder;
}

static void add_option(struct text *line, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_add(line, " %s", name);
	shell_word(line, value);
}

/* The command with these options again: where things are, and not what is done there. */
static const char *command_line(char out[COMMAND_ROOM], const char *command, const struct site_options *options)
{
	struct text line = {out, COMMAND_ROOM, 0};

	text_add(&line, "berth %s", command);
	add_option(&line, "--image", options->image);
	add_option(&line, "--root", options->root);
	add_option(&line, "--esp-path", options->esp);
	add_option(&line, "--boot-path", options->boot);
	add_option(&line, "--variables", options->variables);
	if (strcmp(options->udev, UDEV_FOLDER) != 0)
		add_option(&line, "--udev", options->udev);
	if (options->no_variables)
		text_add(&line, " --no-variables");
	return out;
}

enum status site_open(struct opened_site *opened, const struct site_options *options, struct fail *why)
{
	struct site *site = &opened->site;

	memset(opened, 0, sizeof(*opened));
	site->is_first = options->is_first;
	site->no_removable = options->no_removable;
	site->no_seed = options->image != NULL || options->root != NULL;
	TRY(choose_machines(site, options, why));
	choose_variables(opened, options);
	site->remove_line = command_line(opened->remove_line, "remove", options);
	site->install_line = command_line(opened->install_line, "install", options);
	if (options->loaders != NULL || strcmp(options->command->name, "install") == 0 ||
	    strcmp(options->command->name, "update") == 0)
		TRY(folder_open(&site->loaders,
				options->loaders != NULL ? options->loaders : usual_loaders(opened->loaders),
				options->udev, why));
	return options->image != NULL ? image_open(&site->esp, &site->boot, &site->has_boot, options->image, why)
				      : open_folders(opened, options, why);
}

void site_close(struct opened_site *opened)
{
	if (opened->site.esp.calls != NULL)
		opened->site.esp.calls->close(&opened->site.esp);
}
