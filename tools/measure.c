/* SPDX-License-Identifier: BSD-2-Clause */
/* berth measure: what will be measured when an entry boots, and what a TPM's registers hold then. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "measured.h"
#include "volume_read.h"

struct options {
	const char *esp, *xbootldr, *arch, *log, *smbios, *entry;
	bool json;
};

/* In small letters, as Linux tells registers, and others their sums. */
struct hex {
	char at[2 * SHA256_SIZE + 1];
};

static struct hex hex(const uint8_t sum[SHA256_SIZE])
{
	struct hex out;

	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(out.at + 2 * i, 3, "%02x", sum[i]);
	return out;
}

static const char *words_of(enum measured what)
{
	const struct measured_as *as = measured_as(what);

	return as->words[0] == '\0' ? "command line" : as->words;
}

static void print_text(const struct measurements *m, uint8_t (*pcr)[SHA256_SIZE])
{
	if (m->has_program)
		printf("program %s  %s\n", hex(m->program).at, m->path);
	for (size_t i = 0; i < m->n; i++)
		printf("PCR %2u  %s  %s, %" PRIu64 " bytes\n", (unsigned int)measured_as(m->at[i].what)->pcr,
		       hex(m->at[i].sum).at, words_of(m->at[i].what), m->at[i].size);
	if (pcr == NULL)
		return;
	puts("\nregisters when it has booted, before the system measures; 4 is the log's, of the programs that it "
	     "tells of");
	for (unsigned int i = 0; i < 16; i++)
		printf("PCR %2u  %s\n", i, hex(pcr[i]).at);
}

static void print_json(const struct measurements *m, uint8_t (*pcr)[SHA256_SIZE])
{
	struct json json = {.out = stdout};
	char name[4];

	json_object(&json, NULL);
	json_string(&json, "command-line", m->text);
	if (m->has_program)
		json_string(&json, "authenticode", hex(m->program).at);
	else
		json_null(&json, "authenticode");
	json_array(&json, "events");
	for (size_t i = 0; i < m->n; i++) {
		const struct measured_as *as = measured_as(m->at[i].what);

		json_object(&json, NULL);
		json_number(&json, "pcr", as->pcr);
		json_number(&json, "type", as->type);
		if (as->tag != 0)
			json_number(&json, "tag", as->tag);
		json_string(&json, "what", words_of(m->at[i].what));
		json_number(&json, "size", m->at[i].size);
		json_string(&json, "sha256", hex(m->at[i].sum).at);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	if (pcr != NULL) {
		json_object(&json, "registers");
		for (unsigned int i = 0; i < PCRS; i++) {
			snprintf(name, sizeof(name), "%u", i);
			json_string(&json, name, hex(pcr[i]).at);
		}
		json_close(&json, '}');
	}
	json_close(&json, '}');
	putchar('\n');
}

/* Reads a file that an option names; none: no bytes, and OK. */
static enum status read_option(const char *path, struct bytes *bytes, struct fail *why)
{
	uint64_t size;

	*bytes = (struct bytes){NULL, 0};
	return path == NULL ? OK : file_head(path, SIZE_MAX - 1, bytes, &size, why);
}

static enum status tell(const struct options *o, const struct checked_tree *tree, const struct fw_volume *esp,
			struct measurements *m, struct bytes structures, struct bytes log, struct fail *why)
{
	uint8_t pcr[PCRS][SHA256_SIZE];
	size_t index = tree->chosen;
	struct entry *entry;

	if (o->entry != NULL && !entries_named(tree->shown, tree->n_shown, word_of(o->entry), &index))
		return fail(why, NOT_FOUND, "no entry %s\n  try: berth check, which lists them", o->entry);
	if (index >= tree->n_shown)
		return fail(why, NOT_FOUND, "no entry boots by itself\n  try: berth measure ENTRY");
	entry = tree->shown[index];
	if (entry->broken && entry->broken_why.text[0] != '\0') {
		*why = entry->broken_why;
		return BAD_INPUT;
	}
	if (o->log != NULL && (entry->kind != ENTRY_LINUX || entry->by_stub))
		return fail(why, BAD_INPUT,
			    "%s: what starts there measures itself, so the registers after it are not known\n"
			    "  try: without --log",
			    word_shown(word_of(entry->id)).at);
	TRY(measured_entry(m, entry, esp, structures, why));
	if (entry->n_extras != 0)
		fputs("berth: what `extra` names is measured into registers 12 and 13, and is not computed here\n",
		      stderr);
	if (o->log != NULL)
		TRY(measured_replay(m, log, pcr, why));
	(o->json ? print_json : print_text)(m, o->log != NULL ? pcr : NULL);
	return OK;
}

static int measure(const struct options *o)
{
	const struct fw_volume esp = {o->esp, "esp"}, xbootldr = {o->xbootldr, "xbootldr"};
	struct checked_tree tree = {.arch = checked_arch(o->arch)};
	struct bytes structures = {NULL, 0}, log = {NULL, 0};
	static struct measurements m;
	struct fail why;
	enum status status;

	if (tree.arch == NULL)
		return misused(&command_measure, "--arch takes x64, ia32, aa64 or riscv64");
	status = read_option(o->smbios, &structures, &why);
	if (status == OK)
		status = read_option(o->log, &log, &why);
	if (status == OK)
		status = checked_read(&tree, &esp, o->xbootldr != NULL ? &xbootldr : NULL, &why);
	if (status == OK)
		status = tell(o, &tree, &esp, &m, structures, log, &why);
	checked_free(&tree);
	free(m.text);
	free((void *)(uintptr_t)structures.at);
	free((void *)(uintptr_t)log.at);
	return status == OK ? EXIT_YES : complain("%s", why.text);
}

static int run(int argc, char **argv)
{
	struct options o = {.esp = NULL};
	char found[HOST_PATH];
	int status;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = "";

		if (option_value(argc, argv, &i, "--esp", &value))
			o.esp = value;
		else if (option_value(argc, argv, &i, "--xbootldr", &value))
			o.xbootldr = value;
		else if (option_value(argc, argv, &i, "--arch", &value))
			o.arch = value;
		else if (option_value(argc, argv, &i, "--log", &value))
			o.log = value;
		else if (option_value(argc, argv, &i, "--smbios", &value))
			o.smbios = value;
		else if (strcmp(word, "--json") == 0)
			o.json = true;
		else if (word[0] != '-' && o.entry == NULL)
			o.entry = word;
		else
			return misused(&command_measure, "no option %s", word);
		if (value == NULL)
			return misused(&command_measure, "%s needs a value", word);
	}
	status = volume_options(&o.esp, o.xbootldr, found);
	return status != 0 ? status : measure(&o);
}

const struct command command_measure = {
    .name = "measure",
    .summary = "says what a TPM will hold when an entry has booted",
    .help =
	"usage: berth measure [--esp DIR] [--xbootldr DIR] [--arch CPU] [--smbios FILE] [--log FILE] [--json] [ENTRY]\n"
	"Prints what is measured into a TPM when ENTRY boots, or the entry that boots by itself: the register and the\n"
	"SHA-256 of each, and the Authenticode hash of the program or kernel, which firmware measures into PCR 4 when\n"
	"it loads that. For a kernel that is started by its EFI stub, what the stub measures is among it.\n\n"
	"  --esp DIR       where the EFI system partition is mounted; else /efi, /boot/efi or /boot\n"
	"  --xbootldr DIR  where the XBOOTLDR partition is, if there is one\n"
	"  --arch CPU      whose loader it is: x64, ia32, aa64 or riscv64; else this machine's\n"
	"  --smbios FILE   the machine's structures, as in /sys/firmware/dmi/tables/DMI: PCR 1, and options from "
	"there\n"
	"  --log FILE      a log of the machine, as in /sys/kernel/security/tpm0/binary_bios_measurements: the\n"
	"                  registers of such a boot, but with what is measured for this entry instead\n"
	"  --json          an object for machines\n\n"
	"Status: 0 told, 2 a wrong command, or files that cannot be read.\n\n"
	"examples:\n"
	"  berth measure debian\n"
	"  berth measure --log /sys/kernel/security/tpm0/binary_bios_measurements --json debian\n",
    .operands = "ENTRY",
    .run = run,
};
