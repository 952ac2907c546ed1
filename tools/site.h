/* SPDX-License-Identifier: BSD-2-Clause */
/* Where install, update, remove, status and kernel look: what their command lines and this machine say. */
#ifndef BERTH_TOOL_SITE_H
#define BERTH_TOOL_SITE_H

#include "../install/find.h"
#include "../install/site.h"
#include "tool.h"

#define COMMAND_ROOM 8192u /* bytes of a command with its options */

#define OPERANDS_MOST 24

struct site_options {
	const struct command *command;
	const char *esp, *boot, *image, *root, *loaders, *variables, *udev;
	const char *arch;		      /* "x64,aa64", or "all" */
	const char *token, *prepare, *memmap; /* of berth kernel */
	const char *operand[OPERANDS_MOST];   /* words that are no options, for commands that take some */
	size_t n_operands;
	bool refresh, no_variables, is_first, no_removable, dry_run, json;
};

/* What stays at its place as long as the site is open. */
struct opened_site {
	struct site site;
	char esp[HOST_PATH], boot[HOST_PATH], loaders[HOST_PATH];
	char remove_line[COMMAND_ROOM], install_line[COMMAND_ROOM];
	const char *why_no_variables; /* NULL: they can be changed, or nobody asked for that */
	const char *secure_boot_folder;
};

/* What helps say of these options; a command has those that its help names. */
#define WHERE_HELP                                                                                                     \
	"  --esp-path DIR   the EFI system partition; else $SYSTEMD_ESP_PATH, /efi, /boot/efi or /boot\n"              \
	"  --boot-path DIR  the XBOOTLDR partition; else $SYSTEMD_XBOOTLDR_PATH, or /boot if it is one\n"              \
	"  --root DIR       looks for both below DIR, and leaves firmware's variables alone\n"                         \
	"  --image FILE     the partitions in a disk image, without root (mtools); not its firmware\n"                 \
	"  --udev DIR       another folder than /run/udev/data, which tells of partitions\n"

#define SHOW_HELP                                                                                                      \
	"  --dry-run        tells what would be done, and does nothing\n"                                              \
	"  --json           an object for machines\n\n"

/* EXIT_YES, or EXIT_USAGE when the words are wrong, which has been said then. */
int site_options(int argc, char **argv, const struct command *command, struct site_options *options);

/*
 * The CPU of this machine's firmware, as entries call it: one with 64 bits may have firmware of 32, and then the loader
 * has 32. Empty: there is no loader for it.
 */
const char *site_firmware_arch(void);

/* IO_ERROR, NOT_FOUND or BAD_INPUT: a partition that cannot be had, or a CPU that there is not. */
enum status site_open(struct opened_site *opened, const struct site_options *options, struct fail *why) MUST_CHECK;
void site_close(struct opened_site *opened);

#endif
