/* SPDX-License-Identifier: BSD-2-Clause */
#include "measured.h"

#include "../base/utf16.h"
#include "../config/smbios.h"
#include "../policy/linux_words.h"
#include "authenticode.h"
#include "dropped.h"
#include "kernel.h"
#include "volume_read.h"

#include <stdlib.h>
#include <string.h>

#define EFI_ACTION  0x80000007u	      /* EV_EFI_ACTION, 10.4.1 */
#define NO_ACTION   3u		      /* EV_NO_ACTION */
#define LOCALITY    "StartupLocality" /* 10.4.5.3: what register 0 begins with, in the byte behind the NUL */
#define EXIT_BEGINS "Exit Boot Services Invocation"

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

/* ---- all of an entry ---- */

static enum status find_program(struct measurements *m, const struct entry *entry, struct fail *why)
{
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	struct bytes bytes;
	uint64_t size;

	if (entry->program.length != 0)
		TRY(entry_path(entry->program, path, sizeof(path), why));
	else
		text_add(&text, "%s\\%s", entry->folder, entry->file_name);
	if (!volume_has(entry->volume, path, m->path))
		return fail(why, NOT_FOUND, "%s: no such file in %s", path, entry->volume->folder);
	TRY(file_head(m->path, SIZE_MAX - 1, &bytes, &size, why));
	m->has_program = authenticode_sum(bytes, m->program);
	drop(bytes);
	return OK;
}

enum status measured_entry(struct measurements *m, struct entry *entry, const struct fw_volume *esp,
			   struct bytes structures, struct fail *why)
{
	struct oem oem;
	struct bytes conf;

	m->text = calloc(1, MAX_COMMAND_LINE);
	if (m->text == NULL)
		return fail(why, IO_ERROR, "no memory for a command line");
	TRY(find_program(m, entry, why));
	TRY(add_structures(m, structures, why));
	if (volume_read(esp, "\\loader\\loader.conf", &conf, why) == OK) {
		enum status status = conf.size <= MAX_CONFIG_FILE ? add(m, MEASURED_CONF, conf, why) : OK;

		drop(conf);
		TRY(status);
	}
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

/* ---- registers ---- */

static void extend(uint8_t pcr[SHA256_SIZE], const uint8_t sum[SHA256_SIZE])
{
	struct sha256 both;

	sha256_start(&both);
	sha256_add(&both, (struct bytes){pcr, SHA256_SIZE});
	sha256_add(&both, (struct bytes){sum, SHA256_SIZE});
	sha256_end(&both, pcr);
}

/* All of a kind, once. */
static void extend_kind(const struct measurements *m, enum measured what, uint32_t *done,
			uint8_t pcr[PCRS][SHA256_SIZE])
{
	if ((*done >> what & 1) != 0)
		return;
	*done |= UINT32_C(1) << what;
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].what == what)
			extend(pcr[measured_as(what)->pcr], m->at[i].sum);
}

static bool has_kind(const struct measurements *m, enum measured what)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].what == what)
			return true;
	return false;
}

/* An event of the log that is made anew; false: it stays as it is. */
static bool replace(const struct measurements *m, const struct event *event, uint32_t *done,
		    uint8_t pcr[PCRS][SHA256_SIZE])
{
	for (enum measured what = 0; what < N_MEASURED; what++) {
		if (!event_is(event, what) || (what >= MEASURED_SMBIOS_1 && !has_kind(m, what)))
			continue;
		extend_kind(m, what, done, pcr);
		return true;
	}
	return false;
}

static bool begins_with(struct bytes data, const char *words)
{
	return data.size >= strlen(words) && memcmp(data.at, words, strlen(words)) == 0;
}

static enum status take_event(const struct measurements *m, const struct event *event, uint32_t *done,
			      uint8_t pcr[PCRS][SHA256_SIZE], struct fail *why)
{
	if (event->type == NO_ACTION) {
		if (begins_with(event->data, LOCALITY) && event->data.size > sizeof(LOCALITY))
			pcr[0][SHA256_SIZE - 1] = event->data.at[sizeof(LOCALITY)];
		return OK;
	}
	if (event->pcr >= PCRS)
		return fail(why, BAD_INPUT, "the log has an event of register %u; there are %u", event->pcr, PCRS);
	if (event->sha256.size == 0)
		return fail(why, BAD_INPUT, "the log has an event without a sum of SHA-256");
	if (event->pcr == measured_as(MEASURED_CONF)->pcr && event->type == EFI_ACTION &&
	    begins_with(event->data, EXIT_BEGINS))
		extend_kind(m, MEASURED_CONF, done, pcr);
	if (!replace(m, event, done, pcr))
		extend(pcr[event->pcr], event->sha256.at);
	return OK;
}

enum status measured_replay(const struct measurements *m, struct bytes log, uint8_t pcr[PCRS][SHA256_SIZE],
			    struct fail *why)
{
	uint32_t done = 0;
	struct eventlog walk;
	struct event event;

	for (size_t i = 0; i < PCRS; i++) /* TCG PC Client Platform TPM Profile 1.05, 4.6.3 */
		memset(pcr[i], i >= 17 && i <= 22 ? 0xff : 0, SHA256_SIZE);
	if (!eventlog_start(&walk, log, EVENTLOG_ANY))
		return fail(why, BAD_INPUT,
			    "no log of a TPM 2.0\n"
			    "  try: /sys/kernel/security/tpm0/binary_bios_measurements, as root");
	while (eventlog_next(&walk, &event))
		TRY(take_event(m, &event, &done, pcr, why));
	if (walk.rest.size != 0)
		return fail(why, BAD_INPUT, "the log is damaged, or cut off, %zu bytes before its end", walk.rest.size);
	for (enum measured what = 0; what < N_MEASURED; what++)
		extend_kind(m, what, &done, pcr);
	return OK;
}
