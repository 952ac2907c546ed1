/* SPDX-License-Identifier: BSD-2-Clause */
#include "measured.h"

#include "../base/machine.h"
#include "../base/pe.h"
#include "../base/utf16.h"
#include "../config/driver_name.h"
#include "../config/extra.h"
#include "../config/smbios.h"
#include "../config/sums.h"
#include "../policy/linux_words.h"
#include "authenticode.h"
#include "dropped.h"
#include "kernel.h"
#include "volume_read.h"

#include <stdlib.h>
#include <string.h>

static enum status add_sum(struct measurements *m, enum measured what, uint64_t size, struct sha256 *sum,
			   struct fail *why)
{
	struct measurement *at = &m->at[m->n];

	if (m->n == MOST_MEASUREMENTS)
		return fail(why, BAD_INPUT, "more than %u measurements", MOST_MEASUREMENTS);
	m->n++;
	at->what = what;
	at->size = size;
	sha256_end(sum, at->sum);
	return OK;
}

static enum status add(struct measurements *m, enum measured what, struct bytes bytes, struct fail *why)
{
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, bytes);
	return add_sum(m, what, bytes.size, &sum, why);
}

/* efi/measure.c, measure_smbios. */
static enum status add_structures(struct measurements *m, struct bytes structures, struct fail *why)
{
	const uint8_t zero = 0;
	struct bytes structure;
	struct sha256 sum;
	enum measured what;

	while (smbios_next(&structures, &structure)) {
		size_t cut = smbios_tells_wake_up(structure) ? SMBIOS_WAKE_UP : structure.size;

		if (!measured_structure(structure, &what))
			continue;
		sha256_start(&sum);
		sha256_add(&sum, (struct bytes){structure.at, cut});
		if (cut != structure.size) {
			sha256_add(&sum, (struct bytes){&zero, 1});
			sha256_add(&sum, (struct bytes){structure.at + cut + 1, structure.size - cut - 1});
		}
		TRY(add_sum(m, what, structure.size, &sum, why));
	}
	return OK;
}

static void drop(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.at);
}

/* ---- the command line: loader/files.c ---- */

static enum status kernel_line(struct measurements *m, struct entry *entry, const struct fw_volume *esp,
			       struct fail *why)
{
	static struct image image;
	bool added;

	TRY(dropped_command_line(entry, esp, m->text, MAX_COMMAND_LINE, why));
	if (entry->by_stub)
		return OK;
	TRY(kernel_identify(&image, m->path, entry->loader_unpacks, why));
	return image.moves_itself ? linux_words_keep_in_place(entry, m->text, MAX_COMMAND_LINE, &added, why) : OK;
}

/* A kernel's stub, or Berth in its stead, measures the same bytes once more. */
static enum status add_text(struct measurements *m, const struct entry *entry, struct fail *why)
{
	uint16_t *units = calloc(strlen(m->text) + 1, sizeof(*units));
	bool is_own = entry->kind == ENTRY_LINUX && !entry->by_stub;
	struct bytes bytes = {(const uint8_t *)units, 0};
	enum status status = OK;

	if (units == NULL)
		return fail(why, IO_ERROR, "no memory for the command line");
	if (is_own)
		(void)utf16_from_any(units, strlen(m->text) + 1, m->text);
	else
		(void)utf16_from_utf8(units, strlen(m->text) + 1, m->text);
	while (units[bytes.size / sizeof(*units)] != 0)
		bytes.size += sizeof(*units);
	bytes.size += sizeof(*units);
	if (m->text[0] != '\0')
		status = add(m, MEASURED_TEXT, bytes, why);
	if (status == OK && m->text[0] != '\0' && entry->kind == ENTRY_LINUX)
		status = add(m, MEASURED_OPTIONS, bytes, why);
	free(units);
	return status;
}

/* ---- initrds: loader/load.c ---- */

static enum status add_initrds(struct measurements *m, const struct entry *entry, struct fail *why)
{
	static const uint8_t zeros[4];
	uint64_t start, end = 0;
	struct sha256 sum;

	sha256_start(&sum);
	for (size_t i = 0; i < entry->n_initrds; i++) {
		char path[MAX_PATH_TEXT];
		struct bytes bytes;
		uint64_t before = end;

		TRY(entry_path(entry->initrd[i], path, sizeof(path), why));
		TRY(volume_read(entry->volume, path, &bytes, why));
		if (initrd_join(end, bytes.size, &start, &end)) {
			drop(bytes);
			return fail(why, BAD_INPUT, "%s: too large", path);
		}
		sha256_add(&sum, (struct bytes){zeros, (size_t)(start - before)});
		sha256_add(&sum, bytes);
		drop(bytes);
	}
	return end == 0 ? OK : add_sum(m, MEASURED_INITRD, end, &sum, why);
}

/* ---- what firmware loads for the loader, and measures ---- */

/* Microsoft PE Format, "Optional Header (Image Only)": the kind of program, where PE32 and PE32+ have it alike. */
#define SUBSYSTEM_AT	  (24 + 68)
#define PE_BOOT_DRIVER	  11
#define PE_RUNTIME_DRIVER 12

/* Adds a file that firmware is asked to load. One that is no program is not measured, and has no sum. */
static enum status add_program(struct measurements *m, enum measured_as_program kind, const char *path,
			       struct bytes file, struct fail *why)
{
	struct measured_program *program = &m->program[m->n_programs];
	struct text text = TEXT(program->path);
	uint64_t at, subsystem = 0;
	struct pe pe;

	if (m->n_programs == MOST_PROGRAMS)
		return fail(why, BAD_INPUT, "%s: more than %u programs", path, MOST_PROGRAMS);
	m->n_programs++;
	text_add(&text, "%s", path);
	program->kind = kind;
	program->is_one = pe_read(file, &pe);
	if (!program->is_one)
		return OK;
	program->machine = machine_of_pe(pe.machine);
	program->is_driver = pe_header(file, &at) && bytes_get(file, at + SUBSYSTEM_AT, 2, &subsystem) &&
			     (subsystem == PE_BOOT_DRIVER || subsystem == PE_RUNTIME_DRIVER);
	program->has_sum = authenticode_sum(file, program->sum);
	return OK;
}

struct drivers {
	struct measurements *m;
	const struct fw_volume *esp;
	const char *folder, *bls;
	enum status status;
	struct fail *why;
};

/* efi/drivers.c, start. */
static void add_driver(void *context, const char *name)
{
	struct drivers *drivers = context;
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	struct bytes file;

	if (drivers->status != OK || !is_driver_name(name, drivers->bls))
		return;
	text_add(&text, "%s\\%s", drivers->folder, name);
	drivers->status = volume_read(drivers->esp, path, &file, drivers->why);
	if (drivers->status != OK)
		return;
	drivers->status = add_program(drivers->m, PROGRAM_DRIVER, path, file, drivers->why);
	drop(file);
}

static enum status add_drivers(struct measurements *m, const struct arch *arch, const struct fw_volume *esp,
			       struct fail *why)
{
	for (size_t i = 0; i < N_DRIVER_FOLDERS; i++) {
		struct drivers drivers = {
		    .m = m, .esp = esp, .folder = driver_folders[i], .bls = arch->bls, .status = OK, .why = why};

		(void)volume_list(esp, drivers.folder, add_driver, &drivers);
		TRY(drivers.status);
	}
	return OK;
}

/* efi/sums.c: a file without records in the right place is not loaded. */
static enum status add_records(struct measurements *m, const struct entry *entry, const struct fw_volume *esp,
			       struct fail *why)
{
	enum status status = OK;
	struct word text, record;
	struct bytes file;
	struct sums sums;

	if (volume_read(esp, SUMS_PATH, &file, why) != OK)
		return OK;
	if (file.size <= SUMS_MOST_FILE && sums_in_file(file, SUMS_PATH, &text, why) == OK) {
		m->has_record = sums_parse(&sums, SUMS_PATH, text, why) == OK && sums_record(&sums, entry->id, &record);
		status = add_program(m, PROGRAM_SUMS, SUMS_PATH, file, why);
	}
	drop(file);
	return status;
}

static enum status add_own_program(struct measurements *m, const struct entry *entry, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	struct bytes file;
	enum status status;
	uint64_t size;

	if (entry->kind == ENTRY_UKI_URL) /* nothing of it is here */
		return OK;
	if (entry->program.length != 0)
		TRY(entry_path(entry->program, path, sizeof(path), why));
	else
		text_add(&text, "%s\\%s", entry->folder, entry->file_name);
	if (!volume_has(entry->volume, path, m->path))
		return fail(why, NOT_FOUND, "%s: no such file in %s", path, entry->volume->folder);
	TRY(file_head(m->path, SIZE_MAX - 1, &file, &size, why));
	status = add_program(m, PROGRAM_STARTED, path, file, why);
	drop(file);
	return status;
}

/* ---- archives of files beside an image: efi/extras.c ---- */

struct archives {
	struct bytes file[MAX_EXTRAS];
	uint32_t size[MAX_EXTRAS];
	uint64_t at[MAX_EXTRAS], end[N_EXTRAS];
};

static void pack(const struct entry *entry, struct archives *archives, uint8_t *to)
{
	struct cpio cpio = {.at = to};

	for (unsigned int which = 0; which < N_EXTRAS; which++) {
		extra_pack(entry, (enum extra)which, archives->size, &cpio, archives->at);
		archives->end[which] = cpio.used;
	}
}

static enum status read_extras(const struct entry *entry, struct archives *archives, struct fail *why)
{
	for (size_t i = 0; i < entry->n_extras; i++) {
		char path[MAX_PATH_TEXT];

		TRY(entry_path(entry->extra[i], path, sizeof(path), why));
		TRY(volume_read(entry->volume, path, &archives->file[i], why));
		if (archives->file[i].size > EXTRA_MOST)
			return fail(why, BAD_INPUT, "%s: has %zu bytes; at most %" PRIu64 " are handed over", path,
				    archives->file[i].size, (uint64_t)EXTRA_MOST);
		archives->size[i] = (uint32_t)archives->file[i].size;
	}
	return OK;
}

static enum status add_archives(struct measurements *m, const struct entry *entry, struct archives *archives,
				struct fail *why)
{
	enum status status = OK;
	uint64_t start = 0;
	uint8_t *packed;

	pack(entry, archives, NULL);
	packed = calloc(1, archives->end[N_EXTRAS - 1] + 1);
	if (packed == NULL)
		return fail(why, IO_ERROR, "no memory for the files of `extra`");
	pack(entry, archives, packed);
	for (size_t i = 0; i < entry->n_extras; i++)
		if (archives->size[i] != 0)
			memcpy(packed + archives->at[i], archives->file[i].at, archives->size[i]);
	for (unsigned int which = 0; which < N_EXTRAS; start = archives->end[which++])
		if (status == OK && archives->end[which] != start)
			status = add(m, extra_measured((enum extra)which),
				     (struct bytes){packed + start, (size_t)(archives->end[which] - start)}, why);
	free(packed);
	return status;
}

static enum status add_extras(struct measurements *m, const struct entry *entry, struct fail *why)
{
	struct archives archives = {.end = {0}};
	enum status status = read_extras(entry, &archives, why);

	if (status == OK && entry->n_extras != 0)
		status = add_archives(m, entry, &archives, why);
	for (size_t i = 0; i < entry->n_extras; i++)
		drop(archives.file[i]);
	return status;
}

/* ---- all of an entry ---- */

static enum status add_programs(struct measurements *m, const struct entry *entry, const struct arch *arch,
				const struct fw_volume *esp, struct fail *why)
{
	TRY(add_drivers(m, arch, esp, why));
	TRY(add_records(m, entry, esp, why));
	return add_own_program(m, entry, why);
}

enum status measured_entry(struct measurements *m, struct entry *entry, const struct arch *arch,
			   const struct fw_volume *esp, struct bytes structures, struct fail *why)
{
	struct oem oem;
	struct bytes conf;

	m->text = calloc(1, MAX_COMMAND_LINE);
	if (m->text == NULL)
		return fail(why, IO_ERROR, "no memory for a command line");
	m->has_structures = structures.at != NULL;
	TRY(add_programs(m, entry, arch, esp, why));
	TRY(add_structures(m, structures, why));
	if (volume_read(esp, "\\loader\\loader.conf", &conf, why) == OK) {
		enum status status = conf.size <= MAX_CONFIG_FILE ? add(m, MEASURED_CONF, conf, why) : OK;

		drop(conf);
		TRY(status);
	}
	TRY(add_extras(m, entry, why));
	oem_read(structures, &oem);
	if (entry->kind == ENTRY_LINUX) {
		entry->added = oem.options;
		TRY(kernel_line(m, entry, esp, why));
	} else {
		TRY(entry_load_options(entry, m->text, MAX_COMMAND_LINE, why));
	}
	TRY(add_text(m, entry, why));
	return entry->kind == ENTRY_LINUX ? add_initrds(m, entry, why) : OK;
}

const struct measured_program *measured_started(const struct measurements *m)
{
	for (size_t i = 0; i < m->n_programs; i++)
		if (m->program[i].kind == PROGRAM_STARTED)
			return &m->program[i];
	return NULL;
}
