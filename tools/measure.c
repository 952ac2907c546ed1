/* SPDX-License-Identifier: BSD-2-Clause */
/* berth measure: what will be measured when an entry boots, and what a TPM's registers hold then. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "registers.h"
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

static const char *where_of(const struct measurements *m, const struct measured_program *program)
{
	return program->kind == PROGRAM_STARTED ? m->path : program->path;
}

static void print_text(const struct measurements *m, const struct registers *registers)
{
	for (size_t i = 0; i < m->n_programs; i++)
		if (m->program[i].has_sum)
			printf("program %s  %s%s\n", hex(m->program[i].sum).at, where_of(m, &m->program[i]),
			       m->program[i].kind == PROGRAM_SUMS ? ", with Secure Boot" : "");
	for (size_t i = 0; i < m->n; i++)
		printf("PCR %2u  %s  %s, %" PRIu64 " bytes\n", (unsigned int)measured_as(m->at[i].what)->pcr,
		       hex(m->at[i].sum).at, words_of(m->at[i].what), m->at[i].size);
	if (registers == NULL)
		return;
	puts("\nregisters when it has booted, before the system measures");
	for (unsigned int i = 0; i < 16; i++)
		if (registers->unknown[i] != NULL)
			printf("PCR %2u  not known: %s\n", i, registers->unknown[i]);
		else
			printf("PCR %2u  %s\n", i, hex(registers->pcr[i]).at);
}

static void print_programs(struct json *json, const struct measurements *m)
{
	json_array(json, "programs");
	for (size_t i = 0; i < m->n_programs; i++) {
		if (!m->program[i].has_sum)
			continue;
		json_object(json, NULL);
		json_string(json, "path", m->program[i].path);
		json_string(json, "authenticode", hex(m->program[i].sum).at);
		json_bool(json, "secure-boot-only", m->program[i].kind == PROGRAM_SUMS);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void print_events(struct json *json, const struct measurements *m)
{
	json_array(json, "events");
	for (size_t i = 0; i < m->n; i++) {
		const struct measured_as *as = measured_as(m->at[i].what);

		json_object(json, NULL);
		json_number(json, "pcr", as->pcr);
		json_number(json, "type", as->type);
		if (as->tag != 0)
			json_number(json, "tag", as->tag);
		json_string(json, "what", words_of(m->at[i].what));
		json_number(json, "size", m->at[i].size);
		json_string(json, "sha256", hex(m->at[i].sum).at);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void print_registers(struct json *json, const struct registers *registers)
{
	char name[4];

	json_object(json, "registers");
	for (unsigned int i = 0; i < PCRS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (registers->unknown[i] != NULL)
			json_null(json, name);
		else
			json_string(json, name, hex(registers->pcr[i]).at);
	}
	json_close(json, '}');
	json_object(json, "unknown");
	for (unsigned int i = 0; i < PCRS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (registers->unknown[i] != NULL)
			json_string(json, name, registers->unknown[i]);
	}
	json_close(json, '}');
}

static void print_json(const struct measurements *m, const struct registers *registers)
{
	const struct measured_program *started = measured_started(m);
	struct json json = {.out = stdout};

	json_object(&json, NULL);
	json_string(&json, "command-line", m->text);
	if (started != NULL && started->has_sum)
		json_string(&json, "authenticode", hex(started->sum).at);
	else
		json_null(&json, "authenticode");
	print_programs(&json, m);
	print_events(&json, m);
	if (registers != NULL)
		print_registers(&json, registers);
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
	struct registers registers;
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
	TRY(measured_entry(m, entry, tree->arch, esp, structures, why));
	if (o->log != NULL)
		TRY(registers_foresee(&registers, m, entry, tree->arch, esp, log, why));
	(o->json ? print_json : print_text)(m, o->log != NULL ? &registers : NULL);
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
	"SHA-256 of each, and the Authenticode hashes of what firmware loads, which it measures into PCR 4: the "
	"program\n"
	"or kernel, drivers, berth.sums. For a kernel that is started by its EFI stub, what the stub measures is "
	"among\n"
	"it.\n\n"
	"  --esp DIR       where the EFI system partition is mounted; else /efi, /boot/efi or /boot\n"
	"  --xbootldr DIR  where the XBOOTLDR partition is, if there is one\n"
	"  --arch CPU      whose loader it is: x64, ia32, aa64 or riscv64; else this machine's\n"
	"  --smbios FILE   the machine's structures, as in /sys/firmware/dmi/tables/DMI: PCR 1, and options from "
	"there\n"
	"  --log FILE      firmware's log of an earlier boot of the machine by Berth, such as\n"
	"                  /sys/kernel/security/tpm0/binary_bios_measurements: the registers when ENTRY has booted, "
	"or\n"
	"                  why one of them cannot be told\n"
	"  --json          an object for machines\n\n"
	"Status: 0 told, 2 a wrong command, or files that cannot be read.\n\n"
	"examples:\n"
	"  berth measure debian\n"
	"  berth measure --log /sys/kernel/security/tpm0/binary_bios_measurements --json debian\n",
    .operands = "ENTRY",
    .run = run,
};
