/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sources: TCG PC Client Platform Firmware Profile 1.05, 3.3.4 (what is measured into which register), 10.2 and 10.4
 * (events); EDK2, SecurityPkg/Library/DxeTpm2MeasureBootLib, which has drivers in register 2 and programs in 4.
 */
#include "registers.h"

#include "../base/utf16.h"
#include "../config/driver_name.h"
#include "../config/load_option.h"
#include "../config/sums.h"
#include "../install/loader.h"
#include "authenticode.h"
#include "volume_read.h"

#include <stdlib.h>
#include <string.h>

#define NO_ACTION	3u		  /* EV_NO_ACTION */
#define VARIABLE_CONFIG 0x80000001u	  /* EV_EFI_VARIABLE_DRIVER_CONFIG */
#define EFI_PROGRAM	0x80000003u	  /* EV_EFI_BOOT_SERVICES_APPLICATION */
#define EFI_ACTION	0x80000007u	  /* EV_EFI_ACTION */
#define LOCALITY	"StartupLocality" /* 10.4.5.3: what register 0 begins with, in the byte behind the NUL */
#define EXIT_BEGINS	"Exit Boot Services Invocation"

#define PCR_DRIVERS  2
#define PCR_PROGRAMS 4
#define PCR_SECURE   7
/* 3.3.4, table 1: firmware measures into those before; these are the loader's, and of what it starts. */
#define PCR_LOADERS 8
#define PCR_LAST    15

/* In UEFI_IMAGE_LOAD_EVENT (10.2.3), behind place, size and link time. */
#define IMAGE_PATH_SIZE 24
#define IMAGE_PATH	32

#define UNKNOWN_LOADER	"the log tells of no start of a Berth that is on the system partition"
#define UNKNOWN_STARTED "what is started there measures, and Berth cannot tell what"
#define UNKNOWN_STUB	"the kernel's EFI stub measures, each version something else"
#define UNKNOWN_DRIVERS "the drivers beside the loader are others than at the boot of the log"
#define UNKNOWN_SUMS                                                                                                   \
	"the log does not tell whether firmware trusts " SUMS_PATH ", which the boot of the log did not have"
#define UNKNOWN_TRUST	"a kernel that berth.sums names is measured only where firmware trusts it by itself"
#define UNKNOWN_FOREIGN "firmware may not measure a kernel that is for another CPU than it is itself"
#define UNKNOWN_SUM	"the kernel's headers do not tell which bytes firmware sums up"

struct replay {
	const struct measurements *m;
	const struct fw_volume *esp;
	struct bytes log;
	struct registers *registers;
	bool has_start;
	size_t start;		     /* the number of the event that tells of the loader's start, and */
	uint8_t loader[SHA256_SIZE]; /* the sum of that file as it is now */
	bool secure_boot_is_off;     /* as the log has it */
	uint32_t done;		     /* a bit for each kind that is extended */
};

static void extend(struct replay *r, unsigned int number, const uint8_t sum[SHA256_SIZE])
{
	uint8_t *pcr = r->registers->pcr[number];
	struct sha256 both;

	sha256_start(&both);
	sha256_add(&both, (struct bytes){pcr, SHA256_SIZE});
	sha256_add(&both, (struct bytes){sum, SHA256_SIZE});
	sha256_end(&both, pcr);
}

/* The first reason is told. */
static void leave_unknown(struct replay *r, unsigned int first, unsigned int last, const char *reason)
{
	for (unsigned int i = first; i <= last; i++)
		if (r->registers->unknown[i] == NULL)
			r->registers->unknown[i] = reason;
}

static bool begins_with(struct bytes data, const char *words)
{
	return data.size >= strlen(words) && memcmp(data.at, words, strlen(words)) == 0;
}

static bool has_sum(const struct event *event, const uint8_t sum[SHA256_SIZE])
{
	return event->sha256.size == SHA256_SIZE && memcmp(event->sha256.at, sum, SHA256_SIZE) == 0;
}

/* ---- which program an event tells of ---- */

/* The file on its volume, with backslashes: UEFI 2.10, 10.3.5.4, has it in one node or in several. */
static bool program_path(const struct event *event, char path[MAX_PATH_TEXT])
{
	struct text text = {path, MAX_PATH_TEXT, 0};
	struct bytes nodes = event->data;
	struct path_node node;
	uint64_t size;
	size_t at = IMAGE_PATH;

	path[0] = '\0';
	if (!bytes_get(event->data, IMAGE_PATH_SIZE, 8, &size) || event->data.size < IMAGE_PATH ||
	    size > event->data.size - IMAGE_PATH)
		return false;
	nodes.size = IMAGE_PATH + (size_t)size;
	while (path_next(nodes, &at, &node)) {
		uint16_t units[MAX_PATH_TEXT];
		char piece[MAX_PATH_TEXT];

		if (node.type != PATH_MEDIA || node.subtype != PATH_FILE || node.body.size > sizeof(units))
			continue;
		memcpy(units, node.body.at, node.body.size);
		if (!utf8_from_utf16(piece, sizeof(piece), units, node.body.size / 2))
			return false;
		text_add(&text, "%s%s", piece[0] == '\\' ? "" : "\\", piece);
	}
	return text.used != 0 && !text_cut(&text);
}

/* Whether the file is a Berth; its sum. */
static bool berth_at(const struct fw_volume *esp, const char *path, uint8_t sum[SHA256_SIZE])
{
	struct loader loader;
	struct bytes file;
	struct fail ignored;
	bool is_one;

	if (volume_read(esp, path, &file, &ignored) != OK)
		return false;
	is_one = loader_read(file, &loader) && loader.is_berth && authenticode_sum(file, sum);
	free((void *)(uintptr_t)file.at);
	return is_one;
}

struct look {
	const struct fw_volume *esp;
	const struct event *event;
	const char *folder;
	uint8_t *sum;
	bool is_found;
};

static void look_at(void *context, const char *name)
{
	struct look *look = context;
	char path[MAX_PATH_TEXT];
	struct text text = TEXT(path);
	uint8_t sum[SHA256_SIZE];

	text_add(&text, "%s\\%s", look->folder, name);
	if (look->is_found || text_cut(&text) || !berth_at(look->esp, path, sum) || !has_sum(look->event, sum))
		return;
	memcpy(look->sum, sum, SHA256_SIZE);
	look->is_found = true;
}

/*
 * By its path, for then it may have been updated since; or, as shim before 16 names itself in the place of what it
 * starts (shim.c, handle_image), by its sum, in shim's folder.
 */
static bool is_start(const struct fw_volume *esp, const struct event *event, uint8_t sum[SHA256_SIZE])
{
	char path[MAX_PATH_TEXT];
	struct look look = {.esp = esp, .event = event, .folder = path, .sum = sum};

	if (event->pcr != PCR_PROGRAMS || event->type != EFI_PROGRAM || !program_path(event, path))
		return false;
	if (berth_at(esp, path, sum))
		return true;
	*strrchr(path, '\\') = '\0';
	(void)volume_list(esp, path, look_at, &look);
	return look.is_found;
}

/* ---- what the log tells, before anything is extended ---- */

/* UEFI_VARIABLE_DATA, 10.2.6: a GUID, how many units the name has, how many bytes the value, and both. */
static bool tells_that_secure_boot_is_off(const struct event *event)
{
	static const uint8_t name[] = "S\0e\0c\0u\0r\0e\0B\0o\0o\0t"; /* the last unit's second byte is the NUL */
	uint64_t units, size, value = 0;

	return event->pcr == PCR_SECURE && event->type == VARIABLE_CONFIG && bytes_get(event->data, 16, 8, &units) &&
	       bytes_get(event->data, 24, 8, &size) && units == sizeof(name) / 2 &&
	       event->data.size >= 32 + sizeof(name) && memcmp(event->data.at + 32, name, sizeof(name)) == 0 &&
	       (size == 0 || (bytes_get(event->data, 32 + sizeof(name), 1, &value) && value == 0));
}

static void find_out(struct replay *r, struct eventlog walk)
{
	struct event event;

	for (size_t n = 0; eventlog_next(&walk, &event); n++) {
		if (tells_that_secure_boot_is_off(&event))
			r->secure_boot_is_off = true;
		if (!r->has_start && is_start(r->esp, &event, r->loader)) {
			r->has_start = true;
			r->start = n;
		}
	}
}

/* The next program that firmware loaded once the loader ran, in either register; @n counts events. */
static bool next_program(const struct replay *r, struct eventlog *walk, size_t *n, struct event *event)
{
	while (eventlog_next(walk, event)) {
		bool is_later = r->has_start && (*n)++ > r->start;

		if (is_later && (event->pcr == PCR_DRIVERS || event->pcr == PCR_PROGRAMS))
			return true;
	}
	return false;
}

static bool was_loaded(const struct replay *r, const uint8_t sum[SHA256_SIZE])
{
	struct eventlog walk;
	struct event event;
	size_t n = 0;

	(void)eventlog_start(&walk, r->log, EVENTLOG_ANY);
	while (next_program(r, &walk, &n, &event))
		if (has_sum(&event, sum))
			return true;
	return false;
}

/* ---- drivers ---- */

static bool is_a_drivers(const struct replay *r, const struct event *event)
{
	for (size_t i = 0; i < r->m->n_programs; i++)
		if (r->m->program[i].kind == PROGRAM_DRIVER && r->m->program[i].has_sum &&
		    has_sum(event, r->m->program[i].sum))
			return true;
	return false;
}

/* In one of the folders. */
static bool lies_among_drivers(const struct event *event)
{
	char path[MAX_PATH_TEXT];

	if (!program_path(event, path))
		return false;
	*strrchr(path, '\\') = '\0';
	for (size_t i = 0; i < N_DRIVER_FOLDERS; i++)
		if (word_is_ascii_case(word_of(path), driver_folders[i]))
			return true;
	return false;
}

/*
 * They are loaded in the order in which firmware's file system lists them, which a folder here need not have: known is
 * what the log has of the same files. What is there and is no driver counts as a program.
 */
static void look_at_drivers(struct replay *r)
{
	struct eventlog walk;
	struct event event;
	size_t n = 0;

	for (size_t i = 0; i < r->m->n_programs; i++) {
		const struct measured_program *program = &r->m->program[i];
		unsigned int number = program->is_driver ? PCR_DRIVERS : PCR_PROGRAMS;

		if (program->kind == PROGRAM_DRIVER && program->is_one &&
		    (!program->has_sum || !was_loaded(r, program->sum)))
			leave_unknown(r, number, number, UNKNOWN_DRIVERS);
	}
	(void)eventlog_start(&walk, r->log, EVENTLOG_ANY);
	while (next_program(r, &walk, &n, &event))
		if (lies_among_drivers(&event) && !is_a_drivers(r, &event))
			leave_unknown(r, event.pcr, event.pcr, UNKNOWN_DRIVERS);
}

/* ---- programs ---- */

/* Why it cannot be told whether firmware measures it; NULL: it does, or for a file that is no program does not. */
static const char *doubt(const struct replay *r, const struct measured_program *program, const struct arch *arch)
{
	if (!program->is_one)
		return NULL;
	if (!program->has_sum)
		return UNKNOWN_SUM;
	if (was_loaded(r, program->sum))
		return NULL;
	if (program->kind == PROGRAM_SUMS)
		return UNKNOWN_SUMS;
	if (r->m->has_record && !r->secure_boot_is_off)
		return UNKNOWN_TRUST;
	return program->machine == arch->enters[0] ? NULL : UNKNOWN_FOREIGN;
}

static void extend_programs(struct replay *r, const struct arch *arch)
{
	for (size_t i = 0; i < r->m->n_programs; i++) {
		const struct measured_program *program = &r->m->program[i];
		const char *reason = doubt(r, program, arch);

		if (program->kind == PROGRAM_DRIVER || (program->kind == PROGRAM_SUMS && r->secure_boot_is_off))
			continue;
		if (reason != NULL)
			leave_unknown(r, PCR_PROGRAMS, PCR_PROGRAMS, reason);
		else if (program->is_one)
			extend(r, PCR_PROGRAMS, program->sum);
	}
}

/* ---- the log ---- */

/* All of a kind, once. */
static void extend_kind(struct replay *r, enum measured what)
{
	if ((r->done >> what & 1) != 0)
		return;
	r->done |= UINT32_C(1) << what;
	for (size_t i = 0; i < r->m->n; i++)
		if (r->m->at[i].what == what)
			extend(r, measured_as(what)->pcr, r->m->at[i].sum);
}

/* An event of the loader's among firmware's that is made anew; false: it stays as it is. */
static bool replace(struct replay *r, const struct event *event)
{
	static const enum measured among[] = {MEASURED_CONF, MEASURED_SMBIOS_1, MEASURED_SMBIOS_2, MEASURED_SMBIOS_11};

	for (size_t i = 0; i < sizeof(among) / sizeof(among[0]); i++) {
		if (!event_is(event, among[i]) || (among[i] != MEASURED_CONF && !r->m->has_structures))
			continue;
		extend_kind(r, among[i]);
		return true;
	}
	return false;
}

/* Once the loader runs. */
static void take_later(struct replay *r, const struct event *event)
{
	if (event->pcr == PCR_PROGRAMS && !is_a_drivers(r, event))
		return;
	if (event->pcr >= PCR_LOADERS && event->pcr <= PCR_LAST)
		return;
	if (event->pcr == measured_as(MEASURED_CONF)->pcr && event->type == EFI_ACTION &&
	    begins_with(event->data, EXIT_BEGINS))
		extend_kind(r, MEASURED_CONF);
	if (!replace(r, event))
		extend(r, event->pcr, event->sha256.at);
}

static enum status take_event(struct replay *r, const struct event *event, size_t n, struct fail *why)
{
	if (event->type == NO_ACTION) {
		if (begins_with(event->data, LOCALITY) && event->data.size > sizeof(LOCALITY))
			r->registers->pcr[0][SHA256_SIZE - 1] = event->data.at[sizeof(LOCALITY)];
		return OK;
	}
	if (event->pcr >= PCRS)
		return fail(why, BAD_INPUT, "the log has an event of register %u; there are %u", event->pcr, PCRS);
	if (event->sha256.size == 0)
		return fail(why, BAD_INPUT, "the log has an event without a sum of SHA-256");
	if (!r->has_start || n > r->start)
		take_later(r, event);
	else
		extend(r, event->pcr, n == r->start ? r->loader : event->sha256.at);
	return OK;
}

static void start_registers(struct registers *registers)
{
	for (size_t i = 0; i < PCRS; i++) { /* TCG PC Client Platform TPM Profile 1.05, 4.6.3 */
		memset(registers->pcr[i], i >= 17 && i <= 22 ? 0xff : 0, SHA256_SIZE);
		registers->unknown[i] = NULL;
	}
}

/* What nobody can tell by the files alone. */
static void leave_out(struct replay *r, const struct entry *entry, const struct arch *arch)
{
	unsigned int options = measured_as(MEASURED_OPTIONS)->pcr, conf = measured_as(MEASURED_CONF)->pcr;

	if (!r->has_start) {
		leave_unknown(r, PCR_PROGRAMS, PCR_PROGRAMS, UNKNOWN_LOADER);
		leave_unknown(r, PCR_LOADERS, PCR_LAST, UNKNOWN_LOADER);
	}
	if (entry->kind != ENTRY_LINUX) {
		leave_unknown(r, PCR_PROGRAMS, PCR_PROGRAMS, UNKNOWN_STARTED);
		leave_unknown(r, PCR_LOADERS, PCR_LAST, UNKNOWN_STARTED);
		if (!entry_is_image(entry)) /* another loader has a loader.conf, too */
			leave_unknown(r, conf, conf, UNKNOWN_STARTED);
	} else if (entry->by_stub) {
		leave_unknown(r, options, options, UNKNOWN_STUB);
		if (arch->enters[0] != ELF_X86_64 && arch->enters[0] != ELF_I386) /* zboot's may load what is in it */
			leave_unknown(r, PCR_PROGRAMS, PCR_PROGRAMS, UNKNOWN_STUB);
	}
}

enum status registers_foresee(struct registers *registers, const struct measurements *m, const struct entry *entry,
			      const struct arch *arch, const struct fw_volume *esp, struct bytes log, struct fail *why)
{
	struct replay r = {.m = m, .esp = esp, .log = log, .registers = registers};
	struct eventlog walk;
	struct event event;

	start_registers(registers);
	if (!eventlog_start(&walk, log, EVENTLOG_ANY))
		return fail(why, BAD_INPUT,
			    "no log of a TPM 2.0\n"
			    "  try: /sys/kernel/security/tpm0/binary_bios_measurements, as root");
	find_out(&r, walk);
	for (size_t n = 0; eventlog_next(&walk, &event); n++)
		TRY(take_event(&r, &event, n, why));
	if (walk.rest.size != 0)
		return fail(why, BAD_INPUT, "the log is damaged, or cut off, %zu bytes before its end", walk.rest.size);
	if (!r.has_start)
		leave_unknown(&r, PCR_DRIVERS, PCR_DRIVERS, UNKNOWN_LOADER);
	look_at_drivers(&r);
	extend_programs(&r, arch);
	for (size_t i = 0; i < m->n; i++)
		if ((r.done >> m->at[i].what & 1) == 0)
			extend(&r, measured_as(m->at[i].what)->pcr, m->at[i].sum);
	leave_out(&r, entry, arch);
	return OK;
}
