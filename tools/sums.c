/* SPDX-License-Identifier: BSD-2-Clause */
/* berth sums: records of entries for berth.sums (config/sums.h), in the file that is to be signed, or is signed here.
 */
#include "../config/sums.h"
#include "beside.h"
#include "catalogue.h"
#include "sums_file.h"
#include "sums_record.h"
#include "volume_read.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct options {
	const char *esp, *xbootldr, *arch, *out, *key, *certificate, *version, *least;
	bool clears;
	char **entry; /* the words that name some */
	int n_entries;
};

/* Those that are named, or all that have a kernel. */
static enum status add_records(FILE *out, const struct options *o, const struct checked_tree *tree,
			       const struct fw_volume *esp, struct fail *why)
{
	size_t index;

	for (int i = 0; i < o->n_entries; i++) {
		if (!entries_named(tree->shown, tree->n_shown, word_of(o->entry[i]), &index))
			return fail(why, NOT_FOUND, "no entry %s\n  try: berth check, which lists them", o->entry[i]);
		TRY(sums_add_record(out, tree->shown[index], esp, why));
	}
	for (size_t i = 0; o->n_entries == 0 && i < tree->n_shown; i++)
		if (tree->shown[i]->kind == ENTRY_LINUX)
			TRY(sums_add_record(out, tree->shown[i], esp, why));
	return OK;
}

static enum status compose(FILE *out, const struct options *o, const struct checked_tree *tree,
			   const struct fw_volume *esp, struct fail *why)
{
	fprintf(out, "berth-sums 1\nversion %s\n", o->version);
	if (o->clears)
		fputs("clear\n", out);
	else if (o->least != NULL)
		fprintf(out, "least %s\n", o->least);
	return add_records(out, o, tree, esp, why);
}

/* By sbsign, which reads the key wherever it is. */
static enum status sign(const struct options *o, const char *path, struct fail *why)
{
	const char *const words[] = {"sbsign", "--key", o->key, "--cert", o->certificate, "--output", path, path, NULL};
	pid_t process;
	int state = 1;

	if (posix_spawnp(&process, words[0], NULL, NULL, (char *const *)(uintptr_t)words, environ) != 0)
		return fail(why, NOT_FOUND,
			    "sbsign cannot be run; %s was not written\n  try: apt-get install sbsigntool", o->out);
	if (waitpid(process, &state, 0) != process || state != 0)
		return fail(why, IO_ERROR, "sbsign failed; %s was not written", o->out);
	return OK;
}

/*
 * A machine that demands a berth.sums starts nothing by one that is cut or not signed yet: the file has its name when
 * it is neither.
 */
static enum status write_whole(const struct options *o, const char *beside, enum elf_machine machine, struct word text,
			       struct fail *why)
{
	TRY(sums_file_write(beside, machine, text.at, text.length, why));
	if (o->key != NULL)
		TRY(sign(o, beside, why));
	return beside_take(beside, o->out, why);
}

/* What the loader will read is read here once. */
static enum status write_sums(const struct options *o, const struct checked_tree *tree, struct word text,
			      struct fail *why)
{
	char beside[HOST_PATH];
	enum status status;
	struct sums sums;

	TRY(sums_parse(&sums, o->out, text, why));
	TRY(beside_name(o->out, beside, why));
	status = write_whole(o, beside, tree->arch->enters[0], text, why);
	if (status != OK)
		(void)unlink(beside);
	return status;
}

static int sums(const struct options *o)
{
	const struct fw_volume esp = {o->esp, "esp"}, xbootldr = {o->xbootldr, "xbootldr"};
	struct checked_tree tree = {.arch = checked_arch(o->arch)};
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	enum status status;
	struct fail why;

	if (tree.arch == NULL)
		return misused(&command_sums, "--arch takes x64, ia32, aa64 or riscv64");
	out = open_memstream(&text, &size);
	if (out == NULL)
		return complain("no memory");
	status = checked_read(&tree, &esp, o->xbootldr != NULL ? &xbootldr : NULL, &why);
	if (status == OK)
		status = compose(out, o, &tree, &esp, &why);
	fclose(out);
	if (status == OK)
		status = write_sums(o, &tree, (struct word){text, size}, &why);
	checked_free(&tree);
	free(text);
	return status == OK ? EXIT_YES : complain("%s", why.text);
}

/* False when the word is none of the options that have a value. */
static bool take_option(struct options *o, int argc, char **argv, int *i, const char **value)
{
	const struct {
		const char *name;
		const char **to;
	} rows[] = {{"--esp", &o->esp}, {"--xbootldr", &o->xbootldr}, {"--arch", &o->arch},
		    {"-o", &o->out},	{"--version", &o->version},   {"--least", &o->least}};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
		if (option_value(argc, argv, i, rows[row].name, value)) {
			*rows[row].to = *value;
			return true;
		}
	return false;
}

static int run(int argc, char **argv)
{
	struct options o = {.entry = argv};
	char found[HOST_PATH];
	int status;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = "";

		if (take_option(&o, argc, argv, &i, &value)) {
			if (value == NULL)
				return misused(&command_sums, "%s needs a value", word);
		} else if (strcmp(word, "--sign") == 0 && argc - i > 2) {
			o.key = argv[++i];
			o.certificate = argv[++i];
		} else if (strcmp(word, "--clear") == 0) {
			o.clears = true;
		} else if (word[0] != '-') {
			o.entry[o.n_entries++] = argv[i];
		} else {
			return misused(
			    &command_sums,
			    strcmp(word, "--sign") == 0 ? "%s needs a key and a certificate" : "no option %s", word);
		}
	}
	if (o.out == NULL || o.version == NULL)
		return misused(&command_sums, "-o FILE and --version NUMBER are needed");
	if (o.clears && o.least != NULL)
		return misused(&command_sums, "--clear and --least do not go together");
	status = volume_options(&o.esp, o.xbootldr, found);
	return status != 0 ? status : sums(&o);
}

const struct command command_sums = {
    .name = "sums",
    .summary = "binds entries to their files, for a signature (berth.sums)",
    .help = "usage: berth sums --version N [--least N | --clear] [--esp DIR] [--xbootldr DIR] [--arch CPU]\n"
	    "                  [--sign KEY CERT] -o FILE [ENTRY]...\n"
	    "Writes a file with the SHA-256 of each part of each ENTRY, or of all that have a kernel: the kernel, the "
	    "command\n"
	    "line with the drop-ins, the initrds, the device tree with its overlays, and the relocation table. As\n"
	    "\\loader\\berth.sums, and signed with a key that firmware knows, it is what these entries may consist of "
	    "when\n"
	    "Secure Boot is on. berth(7) has what the loader makes of it.\n\n"
	    "  --version N      1 or more; each that is signed has a larger one than those before\n"
	    "  --least N        from the first start on, the machine starts nothing without a record, and takes no "
	    "file of\n"
	    "                   a smaller version than N, which is at most the own one\n"
	    "  --clear          from the first start on, the machine does not demand that any more\n"
	    "  --sign KEY CERT  signs it, by sbsign; else others can\n"
	    "  -o FILE          where it is written\n"
	    "  --esp DIR        where the EFI system partition is mounted; else /efi, /boot/efi or /boot\n"
	    "  --xbootldr DIR   where the XBOOTLDR partition is, if there is one\n"
	    "  --arch CPU       whose loader reads it: x64, ia32, aa64 or riscv64; else this machine's\n\n"
	    "Status: 0 written, 2 a wrong command, or files that cannot be read.\n\n"
	    "example:\n"
	    "  berth sums --version 7 --least 7 --sign db.key db.crt -o /boot/efi/loader/berth.sums debian\n",
    .operands = "ENTRY",
    .run = run,
};
