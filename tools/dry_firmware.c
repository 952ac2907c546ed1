/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The body of loader/firmware.h for a boot that is only tried: files come from folders, memory is what a map says, and
 * the way out of boot services is where it ends. Physical memory is a range of addresses of which only claimed parts
 * can be touched. Nothing of the machine is changed.
 */
#define _GNU_SOURCE /* MAP_NORESERVE */

#include "dry.h"

#include "../config/sums.h"
#include "../loader/firmware.h"
#include "surveyed.h"
#include "volume_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_SIZE (UINT64_C(1) << 44) /* 16 TiB of addresses */
/* A larger file is not read behind its first pieces: this machine may not have the memory. */
#define MOST_READ GIB(1)

struct dry dry;

static uint8_t *arena; /* NULL: not there yet */

static struct claims {
	struct range *at;
	size_t n, room;
} claims;

/* ---- files ---- */

struct fw_file {
	int handle;
	uint64_t size;
	char path[HOST_PATH];
};

/* This machine has failed, and not the one that is asked about. */
static enum status own(enum status status)
{
	dry.is_own = true;
	return status;
}

static uint64_t size_of(const char *path, uint64_t size)
{
	const struct dry_machine *machine = dry.machine;

	if (machine->cut_file == NULL || strcmp(machine->cut_file, path) != 0)
		return size;
	return size < machine->cut ? 0 : size - machine->cut;
}

enum status fw_open(struct fw_volume *volume, const char *path, struct fw_file **file, uint64_t *size, struct fail *why)
{
	struct stat found;
	char at[HOST_PATH];
	int handle;

	*file = NULL;
	if (!volume_path(volume, path, at))
		return fail(why, NOT_FOUND, "%s: no such file", path);
	if (!volume_has(volume, path, at))
		return fail(why, BAD_INPUT, "%s: is a folder", path);
	handle = open(at, O_RDONLY | O_CLOEXEC);
	if (handle < 0 || fstat(handle, &found) != 0 || (*file = calloc(1, sizeof(**file))) == NULL) {
		(void)own(fail(why, IO_ERROR, "%s: %s", at, strerror(errno)));
		if (handle >= 0)
			close(handle);
		return IO_ERROR;
	}
	(*file)->handle = handle;
	(*file)->size = *size = size_of(path, (uint64_t)found.st_size);
	memcpy((*file)->path, at, sizeof(at));
	return OK;
}

void fw_close(struct fw_file *file)
{
	if (file == NULL)
		return;
	close(file->handle);
	free(file);
}

static bool is_skipped(const struct fw_file *file, const uint8_t *to, size_t size)
{
	return file->size > MOST_READ && size > MIB(1) && arena != NULL && to >= arena && to < arena + ARENA_SIZE;
}

enum status fw_read(struct fw_file *file, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	uint64_t left = offset < file->size ? file->size - offset : 0;

	*got = 0;
	if (dry.machine->plan_only && dry.is_planned) {
		dry.is_through = true;
		return fail(why, GAVE_UP, "there is a plan, and no more was asked for");
	}
	if (size > left)
		size = (size_t)left;
	if (is_skipped(file, to, size)) {
		*got = size;
		return OK;
	}
	while (*got < size) {
		ssize_t more = pread(file->handle, (uint8_t *)to + *got, size - *got, (off_t)(offset + *got));

		if (more < 0)
			return own(fail(why, IO_ERROR, "%s: %s", file->path, strerror(errno)));
		if (more == 0)
			break;
		*got += (size_t)more;
	}
	return OK;
}

/* ---- Secure Boot ---- */

bool fw_measures(void)
{
	return dry.machine->measures;
}

enum status fw_verify(struct fw_volume *volume, const char *path, void *bytes, uint64_t size, struct fail *why)
{
	(void)volume;
	if (dry.machine->secure_boot == SECURE_BOOT_DISABLED ||
	    dry.machine->may_be_trusted(dry.machine->context, (struct bytes){bytes, (size_t)size}))
		return OK;
	return fail(why, REFUSED,
		    "%s: firmware does not trust it: nobody has signed it\n"
		    "  try: a file signed with a key that the firmware knows",
		    path);
}

/*
 * The records that count; none when nobody has signed the file, or it is broken, with which the loader goes on. Their
 * words stay as long as the command runs: there is one berth.sums.
 */
static bool read_sums(struct sums *sums)
{
	static struct bytes file;
	struct word text;
	struct fail why;

	if (file.at == NULL && volume_read(dry.machine->esp, SUMS_PATH, &file, &why) != OK)
		return false;
	return sums_in_file(file, SUMS_PATH, &text, &why) == OK &&
	       dry.machine->may_be_trusted(dry.machine->context, file) && sums_parse(sums, SUMS_PATH, text, &why) == OK;
}

enum status fw_record(const struct entry *entry, struct word *record, struct fail *why)
{
	struct sums sums;

	*record = (struct word){NULL, 0};
	if (dry.machine->secure_boot == SECURE_BOOT_DISABLED || !read_sums(&sums))
		return OK;
	if (sums_record(&sums, entry->id, record) || sums.least == 0)
		return OK;
	return sums_missing(entry->id, why);
}

/* ---- memory ---- */

enum status fw_survey(struct survey *survey, struct fail *why)
{
	*survey = (struct survey){.pool = NULL};
	if (dry.machine->memory == NULL)
		return own(fail(why, NOT_FOUND, "the machine's memory is not known"));
	if (!dry.is_planned)
		dry.held = dry.taken;
	if (surveyed_make(survey, dry.machine->memory, why) == OK)
		return OK;
	fw_forget(survey);
	return own(IO_ERROR);
}

void fw_forget(struct survey *survey)
{
	surveyed_free(survey);
}

static bool is_refused(struct range at)
{
	const struct map_source *memory = dry.machine->memory;

	for (size_t i = 0; i < memory->n_refused; i++)
		if (range_overlaps(memory->refused[i], at))
			return true;
	for (size_t i = 0; i < claims.n; i++)
		if (range_overlaps(claims.at[i], at))
			return true;
	return memmap_owner(&memory->map, at) != NULL;
}

static bool make_room(void)
{
	if (arena == NULL) {
		arena = mmap(NULL, ARENA_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (arena == MAP_FAILED)
			arena = NULL;
	}
	if (claims.n == claims.room) {
		size_t room = claims.room == 0 ? 16 : 2 * claims.room;
		struct range *grown = reallocarray(claims.at, room, sizeof(*grown));

		if (grown == NULL)
			return false;
		claims.at = grown;
		claims.room = room;
	}
	return arena != NULL;
}

enum status fw_claim(struct range at, struct fail *why)
{
	if (is_refused(at))
		return fail(why, TAKEN, "firmware does not give %#" PRIx64 "-%#" PRIx64, at.start, at.end);
	if (at.end > ARENA_SIZE || !make_room() ||
	    mprotect(arena + at.start, (size_t)range_size(at), PROT_READ | PROT_WRITE) != 0)
		return own(
		    fail(why, IO_ERROR, "%#" PRIx64 "-%#" PRIx64 " is more than can be tried here", at.start, at.end));
	claims.at[claims.n++] = at;
	dry.taken += range_size(at);
	return OK;
}

static void unclaim(size_t i)
{
	struct range at = claims.at[i];

	(void)madvise(arena + at.start, (size_t)range_size(at), MADV_DONTNEED);
	(void)mprotect(arena + at.start, (size_t)range_size(at), PROT_NONE);
	dry.taken -= range_size(at);
	claims.at[i] = claims.at[--claims.n];
}

void fw_release(struct range at)
{
	for (size_t i = 0; i < claims.n; i++)
		if (claims.at[i].start == at.start) {
			unclaim(i);
			return;
		}
}

void dry_forget(void)
{
	while (claims.n != 0)
		unclaim(0);
}

void *fw_take(uint64_t size)
{
	void *at = size > SIZE_MAX - EFI_PAGE
		       ? NULL
		       : aligned_alloc(EFI_PAGE, (size_t)align_down(size + EFI_PAGE - 1, EFI_PAGE));

	if (at == NULL)
		dry.is_own = true;
	else
		dry.taken += size;
	return at;
}

void fw_give(void *at, uint64_t size)
{
	dry.taken -= size;
	free(at);
}

void *fw_memory_at(uint64_t address)
{
	return arena + address;
}

/* ---- the machine ---- */

void fw_machine(struct machine *machine)
{
	*machine = (struct machine){
	    .efi_32_bits = dry.machine->arch == &arch_ia32,
	    .secure_boot = dry.machine->secure_boot,
	    .has_hart = true,
	};
}

/* Any number will do: what is drawn is drawn anew at a boot, and no place that depends on it is told. */
bool fw_random(void *to, size_t size)
{
	memset(to, 0x5a, size);
	return dry.machine->memory == NULL || surveyed_seed(dry.machine->memory);
}

bool fw_fix_tree(void *tree, uint64_t room)
{
	(void)tree;
	(void)room;
	return false;
}

/* ---- messages and time ---- */

static void tell(enum log_level level, const char *format, va_list args)
{
	char line[FAIL_TEXT];
	struct text text = TEXT(line);

	if (level != LOG_QUIET || dry.machine->say == NULL)
		return;
	text_vadd(&text, format, args);
	dry.machine->say(dry.machine->context, line);
}

void fw_log(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(level, format, args);
	va_end(args);
}

void fw_show(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(level, format, args);
	va_end(args);
}

void fw_keep(enum kept kept, const char *format, ...)
{
	(void)format;
	dry.is_planned = dry.is_planned || kept == KEPT_PLAN;
}

bool fw_log_wants(enum log_level level)
{
	return level == LOG_QUIET;
}

void fw_keep_anew(void)
{
}

void fw_progress(const char *name, uint64_t done, uint64_t of)
{
	(void)name;
	(void)done;
	(void)of;
}

bool fw_timer_start(unsigned int nth)
{
	(void)nth;
	return false;
}

bool fw_timer_is_over(void)
{
	return true;
}

uint64_t fw_microseconds(void)
{
	return 0;
}

/* ---- what is done for the system to come ---- */

void fw_trying(const struct entry *entry)
{
	(void)entry;
}

void fw_pass_seed(void)
{
}

void fw_stand_in(const char *command_line, struct range initrd, bool is_linux)
{
	(void)command_line;
	(void)initrd;
	(void)is_linux;
}

void fw_leaving(const struct entry *entry)
{
	(void)entry;
}

enum status fw_exit(struct final_map *final, struct fail *why)
{
	(void) final;
	dry.is_through = true;
	return fail(why, GAVE_UP, "here the kernel would be entered");
}

void fw_map_runtime(struct final_map *final)
{
	(void) final;
}
