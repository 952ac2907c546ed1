/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* memmem */
#include "sim.h"

#include "../../loader/files.h"
#include "../../loader/tree.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_SIZE (UINT64_C(1) << 44) /* 16 TiB of addresses, of which a test touches a few MiB */
#define CLAIMS	   128
#define TAKES	   32
#define DIRT	   (UINT64_C(1) << 16) /* bytes of a claim that are full of something else */

struct fw_file {
	const struct sim_file *file;
	bool broken;
};

struct sim_setup sim;
struct sim_outcome outcome;

static struct {
	uint8_t *arena;
	struct range claim[CLAIMS];
	size_t n_claims;
	struct fw_file *handle[SIM_FILES * 4];
	size_t n_handles;
	uint64_t milliseconds, timer_ends; /* of the clock; 0: no timer is set */
	uint32_t opened;		   /* a bit for each file that was */
	jmp_buf left;			   /* where the kernel's entry leads */
	struct boot boot;
	unsigned int surveys, looks, takes, reads_of_changing;
	const struct sim_file *verified;
	struct {
		uint8_t *at;
		uint64_t size;
	} taken[TAKES];
} fw;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "simulated firmware: %s\n", what);
	abort();
}

/* What firmware's entropy is here. */
static void fill_random(uint8_t *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(i * 37 + 11);
}

/* ---- faults ---- */

/* Counts a call; true when it is the one that is to fail. */
static bool fails(enum service service)
{
	outcome.calls++;
	outcome.call_of[service]++;
	return sim.fail_call != 0 &&
	       (outcome.calls == sim.fail_call || (sim.fails_twice && outcome.calls == sim.fail_call + 1));
}

static enum status injected(struct fail *why)
{
	return fail(why, sim.fail_status, "injected: call %u failed", outcome.calls);
}

/* ---- files ---- */

uint8_t sim_byte(const struct sim_file *file, uint64_t offset)
{
	if (offset < file->head_size)
		return file->head[offset];
	return (uint8_t)((offset * UINT64_C(0x9e3779b97f4a7c15) + file->size) >> 56);
}

static bool opened_before(const struct sim_file *file)
{
	return (fw.opened & 1u << (file - sim.file)) != 0;
}

enum status fw_open(struct fw_volume *volume, const char *path, struct fw_file **file, uint64_t *size, struct fail *why)
{
	if (volume != sim.volume)
		die("a file on another volume than its entry's");
	*file = NULL;
	if (fails(SERVICE_OPEN))
		return injected(why);
	for (size_t i = 0; i < sim.n_files; i++) {
		if (strcmp(sim.file[i].path, path) != 0)
			continue;
		if (fw.n_handles == SIM_FILES * 4)
			die("too many open files");
		*file = calloc(1, sizeof(**file));
		(*file)->file = &sim.file[i];
		*size = sim.file[i].size + (sim.grows == sim.file[i].path && opened_before(&sim.file[i]) ? 1 : 0);
		fw.opened |= 1u << i;
		fw.handle[fw.n_handles++] = *file;
		return OK;
	}
	return fail(why, NOT_FOUND, "%s: no such file", path);
}

void fw_close(struct fw_file *file)
{
	if (file == NULL)
		return;
	for (size_t i = 0; i < fw.n_handles; i++)
		if (fw.handle[i] == file) {
			fw.handle[i] = fw.handle[--fw.n_handles];
			free(file);
			return;
		}
	die("a file was closed twice");
}

static void fill(const struct sim_file *file, uint64_t offset, uint8_t *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = sim_byte(file, offset + i);
}

static bool is_in_arena(const uint8_t *to)
{
	return to >= fw.arena && to < fw.arena + ARENA_SIZE;
}

/* What firmware chose the place of may lie anywhere. */
static bool is_taken(const uint8_t *to)
{
	for (unsigned int i = 0; i < fw.takes; i++)
		if (to >= fw.taken[i].at && to < fw.taken[i].at + fw.taken[i].size)
			return true;
	return false;
}

/* Whether a read to there is one that this firmware cannot do. */
static bool is_too_high(const struct sim_file *file, const uint8_t *to, size_t size)
{
	return sim.unreadable_above != 0 && (sim.lies_about == NULL || strcmp(sim.lies_about, file->path) == 0) &&
	       (is_taken(to) || (is_in_arena(to) && (uint64_t)(to - fw.arena) + size > sim.unreadable_above));
}

/* Where a device writes that takes the low 32 bits of an address; elsewhere than in claimed memory nobody looks. */
static void fill_wrapped(const struct sim_file *file, uint64_t offset, const uint8_t *to, size_t size)
{
	uint64_t at = is_in_arena(to) ? (uint64_t)(to - fw.arena) & UINT32_MAX : 0;

	for (size_t i = 0; i < size; i += EFI_PAGE) {
		size_t rest = size - i < EFI_PAGE ? size - i : EFI_PAGE;

		if (sim_memory(at + i, rest) != NULL)
			fill(file, offset + i, fw.arena + at + i, rest);
	}
}

/* A read that firmware cannot do, in the way that it does it. */
static enum status read_wrongly(struct fw_file *file, uint64_t offset, uint8_t *to, size_t *got, struct fail *why)
{
	if (sim.reads_fail_above) {
		if (sim.reads_wrap)
			fill_wrapped(file->file, offset, to, *got);
		file->broken = sim.handle_breaks;
		return fail(why, IO_ERROR, "%s: device error", file->file->path);
	}
	if (sim.reads_short_above)
		*got /= 2;
	if (sim.reads_wrap)
		fill_wrapped(file->file, offset, to, *got);
	else
		memset(to, 0, *got);
	return OK;
}

enum status fw_read(struct fw_file *file, uint64_t offset, void *to, size_t size, size_t *got, struct fail *why)
{
	bool failing = fails(SERVICE_READ);
	uint64_t rest = offset < file->file->size ? file->file->size - offset : 0;

	if (outcome.exits != 0)
		die("a read after ExitBootServices");
	outcome.reads_after += file->file == fw.verified;
	if (outcome.n_reads < SIM_READS)
		outcome.read[outcome.n_reads++] = (struct sim_read){offset, size, is_in_arena(to)};
	fw.milliseconds += sim.disk_speed != 0 ? size * 1000 / sim.disk_speed : 0;
	if (failing || file->broken) {
		file->broken = sim.handle_breaks;
		return failing ? injected(why) : fail(why, IO_ERROR, "%s: the handle is broken", file->file->path);
	}
	*got = size < rest ? size : (size_t)rest;
	if (outcome.calls == sim.short_read_call)
		*got /= 2;
	if (is_too_high(file->file, to, *got))
		return read_wrongly(file, offset, to, got, why);
	if (sim.changes != NULL && strcmp(sim.changes, file->file->path) == 0 &&
	    ++fw.reads_of_changing >= sim.changes_at) {
		struct sim_file changed = *file->file;

		changed.head = sim.changed_head;
		fill(&changed, offset, to, *got);
		return OK;
	}
	fill(file->file, offset, to, *got);
	return OK;
}

/* ---- Secure Boot ---- */

bool fw_measures(void)
{
	return sim.measures;
}

static const struct sim_file *file_at(const char *path)
{
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, path) == 0)
			return &sim.file[i];
	die("a file is verified that is none");
}

/* The bytes that were signed are those that the file has; whatever else firmware read, or was exchanged, is not. */
enum status fw_verify(struct fw_volume *volume, const char *path, void *bytes, uint64_t size, struct fail *why)
{
	const struct sim_file *file = file_at(path);

	if (volume != sim.volume || (sim.machine.secure_boot == SECURE_BOOT_DISABLED && !sim.measures))
		die("what is verified is on another volume than its entry's, or need not be");
	if (fails(SERVICE_VERIFY))
		return injected(why);
	if (sim.untrusted != NULL && strcmp(sim.untrusted, path) == 0)
		return fail(why, sim.untrusted_status != OK ? sim.untrusted_status : REFUSED, "%s: not trusted", path);
	for (uint64_t i = 0; i < size; i++)
		if (size != file->size || ((const uint8_t *)bytes)[i] != sim_byte(file, i))
			return fail(why, REFUSED, "%s: byte %" PRIu64 " is not the one that was signed", path, i);
	outcome.verifications++;
	outcome.verified.start = (uint64_t)((uint8_t *)bytes - fw.arena);
	outcome.verified.end = outcome.verified.start + size;
	outcome.reads_after = 0;
	fw.verified = file;
	return OK;
}

/* ---- memory ---- */

static enum status parse_map(struct survey *survey, const uint8_t *raw, size_t size, struct fail *why)
{
	size_t n = sim.desc_size == 0 ? 0 : size / sim.desc_size, entries = n + MAX_RESERVED + MAX_KEPT_OUT,
	       runs = 2 * entries + 64 + MAX_KEPT_OUT;
	struct {
		struct memory *entry;
		struct range *all, *reliable;
	} room;
	uint8_t *pool = malloc(entries * sizeof(*room.entry) + 2 * runs * sizeof(*room.all) + 1);

	survey->pool = pool;
	fw.surveys++;
	room.entry = (struct memory *)(void *)pool;
	room.all = (struct range *)(void *)(pool + entries * sizeof(*room.entry));
	room.reliable = room.all + runs;
	survey->map = (struct memmap){room.entry, 0, entries};
	TRY(memmap_parse(&survey->map, raw, size, sim.desc_size, why));
	survey->free.all = (struct runs){room.all, memmap_free_runs(&survey->map, false, room.all, runs), runs};
	survey->free.reliable =
	    (struct runs){room.reliable, memmap_free_runs(&survey->map, true, room.reliable, runs), runs};
	survey->descriptors = n;
	survey->final_room = n + SPARE_DESCRIPTORS;
	survey->desc_size = sim.desc_size;
	return OK;
}

enum status fw_survey(struct survey *survey, struct fail *why)
{
	bool changed = fw.looks++ != 0 && sim.next_map != NULL;
	enum status status;

	/* While places are claimed nobody plans: the look before exit is at what firmware took meanwhile. */
	if (fw.n_claims == 0 && outcome.takes_at_look < fw.takes)
		outcome.takes_at_look = fw.takes;
	*survey = (struct survey){.pool = NULL};
	if (fails(SERVICE_SURVEY))
		return injected(why);
	status = parse_map(survey, changed ? sim.next_map : sim.descriptors,
			   changed ? sim.next_map_size : sim.descriptors_size, why);
	if (status != OK)
		fw_forget(survey);
	return status;
}

void fw_forget(struct survey *survey)
{
	if (survey->pool != NULL)
		fw.surveys--;
	free(survey->pool);
	*survey = (struct survey){.pool = NULL};
}

static bool is_refused(struct range at)
{
	for (size_t i = 0; i < sim.n_refused; i++)
		if (range_overlaps(sim.refused[i], at))
			return true;
	return false;
}

/* Firmware gives only what its own map calls free, whatever the loader asks for. */
static bool is_free(struct range at)
{
	for (size_t i = 0; i < fw.n_claims; i++)
		if (range_overlaps(fw.claim[i], at))
			return false;
	for (uint64_t page = at.start; page < at.end;) {
		bool found = false;

		for (size_t d = 0; d + sim.desc_size <= sim.descriptors_size; d += sim.desc_size) {
			const uint8_t *raw = sim.descriptors + d;
			uint64_t start = load_le(raw + 8, 8), pages = load_le(raw + 24, 8);

			if (load_le(raw, 4) != 7 || start > page || (page - start) / EFI_PAGE >= pages)
				continue;
			page = start + pages * EFI_PAGE;
			found = true;
			break;
		}
		if (!found)
			return false;
	}
	return true;
}

enum status fw_claim(struct range at, struct fail *why)
{
	if (at.start % EFI_PAGE != 0 || at.end % EFI_PAGE != 0 || at.end <= at.start)
		die("a claim that is no range of pages");
	if (fails(SERVICE_CLAIM))
		return injected(why);
	if (sim.gives_nothing || is_refused(at) || !is_free(at))
		return fail(why, TAKEN, "not given");
	if (fw.n_claims == CLAIMS || at.end > ARENA_SIZE)
		die("more claims than there is room for");
	fw.claim[fw.n_claims++] = at;
	if (mprotect(fw.arena + at.start, (size_t)range_size(at), PROT_READ | PROT_WRITE) != 0)
		die("no memory");
	if (sim.dirty)
		memset(fw.arena + at.start, 0xa5, (size_t)(range_size(at) < DIRT ? range_size(at) : DIRT));
	return OK;
}

/* What is given back may be read by whoever gets it next. */
static void expect_no_seed_in(struct range at)
{
	uint8_t seed[SEED_SIZE];

	fill_random(seed, sizeof(seed));
	if (sim.dirty && range_size(at) <= DIRT &&
	    memmem(fw.arena + at.start, (size_t)range_size(at), seed, sizeof(seed)) != NULL)
		die("memory with the seed in it was given back");
}

static void unclaim(size_t i)
{
	struct range at = fw.claim[i];

	madvise(fw.arena + at.start, (size_t)range_size(at), MADV_DONTNEED);
	mprotect(fw.arena + at.start, (size_t)range_size(at), PROT_NONE);
	fw.claim[i] = fw.claim[--fw.n_claims];
}

void fw_release(struct range at)
{
	for (size_t i = 0; i < fw.n_claims; i++)
		if (fw.claim[i].start == at.start && fw.claim[i].end == at.end) {
			expect_no_seed_in(at);
			unclaim(i);
			return;
		}
	die("memory was released that was not claimed");
}

void *fw_take(uint64_t size)
{
	void *at;

	if (fails(SERVICE_TAKE) || size > MIB(256) || fw.takes == TAKES ||
	    posix_memalign(&at, EFI_PAGE, (size_t)size) != 0)
		return NULL;
	fw.taken[fw.takes].at = at;
	fw.taken[fw.takes++].size = size;
	memset(at, 0xcd, size < KIB(64) ? (size_t)size : KIB(64)); /* nobody promises zeros */
	return at;
}

void fw_give(void *at, uint64_t size)
{
	(void)size;
	for (unsigned int i = 0; i < fw.takes; i++)
		if (fw.taken[i].at == at) {
			fw.taken[i] = fw.taken[--fw.takes];
			free(at);
			return;
		}
	die("memory was given back that was not taken");
}

void *fw_memory_at(uint64_t address)
{
	return fw.arena + address;
}

const uint8_t *sim_memory(uint64_t address, uint64_t size)
{
	struct range want;

	if (checked_range(address, size, &want))
		return NULL;
	for (size_t i = 0; i < fw.n_claims; i++)
		if (range_contains(fw.claim[i], want))
			return fw.arena + address;
	return NULL;
}

/* ---- the machine ---- */

void fw_machine(struct machine *machine)
{
	*machine = sim.machine;
}

bool fw_random(void *to, size_t size)
{
	if (fails(SERVICE_RANDOM) || sim.no_entropy)
		return false;
	fill_random(to, size);
	return true;
}

bool fw_fix_tree(void *tree, uint64_t room)
{
	uint64_t size = 0;

	if (sim.fixed_tree == NULL)
		return false;
	for (unsigned int i = 4; i < 8; i++) /* totalsize */
		size = size << 8 | sim.fixed_tree[i];
	if (size > room)
		die("no room for what firmware adds to a tree");
	memcpy(tree, sim.fixed_tree, (size_t)size);
	return true;
}

void fw_progress(const char *name, uint64_t done, uint64_t of)
{
	if (done > of)
		die("progress past the end");
	(void)name;
}

bool fw_timer_start(unsigned int nth)
{
	fw.timer_ends = nth != 0 ? fw.milliseconds + 1000 / nth : 0;
	return nth != 0 && !sim.no_timer;
}

bool fw_timer_is_over(void)
{
	if (fw.timer_ends == 0)
		die("a timer that was not started");
	return fw.milliseconds >= fw.timer_ends;
}

uint64_t fw_microseconds(void)
{
	return outcome.calls;
}

void fw_trying(const struct entry *entry)
{
	if (entry == NULL || entry->broken || outcome.tryings++ != 0 || outcome.n_reads != 0 || fw.n_claims != 0)
		die("a try that is counted twice, too late, or for an entry that cannot be started");
	if (fw.n_handles == 0)
		die("a try that is counted before the entry's files are known to be there");
}

void fw_pass_seed(void)
{
	if (outcome.tryings != 1 || outcome.seeds++ != 0 || outcome.n_reads != 0 ||
	    outcome.call_of[SERVICE_SURVEY] != 0)
		die("a seed that is passed twice, or when the kernel was read or memory looked at");
}

void fw_stand_in(const char *command_line, struct range initrd, bool is_linux)
{
	if (command_line == NULL || outcome.leavings != 0 || outcome.stand_ins++ != 0)
		die("the stub's duties were done twice, or too late");
	if (!range_is_empty(initrd) && sim_memory(initrd.start, (size_t)range_size(initrd)) == NULL)
		die("an initrd is measured that is not there");
	outcome.is_linux = is_linux;
}

/* ---- leaving ---- */

void fw_leaving(const struct entry *entry)
{
	if (entry == NULL || entry->broken || outcome.exits != 0 || outcome.leavings++ != 0)
		die("the loader told of its leaving twice, too late, or for an entry that cannot be started");
}

enum status fw_exit(struct final_map *final, struct fail *why)
{
	const uint8_t *raw = sim.final_map != NULL ? sim.final_map : sim.descriptors;
	size_t size = sim.final_map != NULL ? sim.final_map_size : sim.descriptors_size;

	if (outcome.tryings != 1)
		die("ExitBootServices, and the try was not counted");
	if (outcome.seeds != 1)
		die("ExitBootServices, and no seed was passed");
	if (outcome.leavings != 1)
		die("ExitBootServices before the loader told of its leaving");
	if (outcome.stand_ins != 1)
		die("ExitBootServices, and nobody stood in for the kernel's stub");
	if (fails(SERVICE_EXIT))
		return injected(why);
	if (fw.timer_ends != 0)
		die("a timer that runs past boot services");
	if (fw.n_handles != 0)
		die("a file is open at ExitBootServices");
	if (size + sim.final_extra * sim.desc_size > final->room)
		return fail(why, IO_ERROR, "the last memory map does not fit");
	memcpy(final->descriptors, raw, size);
	for (size_t i = 0; i < sim.final_extra; i++, size += sim.desc_size) {
		uint8_t *more = final->descriptors + size;

		memset(more, 0, sim.desc_size); /* a reserved page that was not told of before */
		store_le(more + 8, 8, UINT64_C(0xd0000000) + i * 2 * EFI_PAGE);
		store_le(more + 24, 8, 1);
	}
	final->size = size;
	final->desc_size = sim.desc_size;
	final->desc_version = 1;
	outcome.exits++;
	return OK;
}

/* UEFI 2.10, 8.4.1: at runtime alone, and once; of the runtime services' memory every page has its address then. */
void fw_map_runtime(struct final_map *final)
{
	if (outcome.exits == 0 || outcome.runtime_maps++ != 0)
		die("the runtime services' addresses were set before exit, or twice");
	for (size_t at = 0; at + final->desc_size <= final->size; at += final->desc_size)
		if (load_le(final->descriptors + at + 32, 8) >> 63 != 0)
			store_le(final->descriptors + at + 16, 8, load_le(final->descriptors + at + 8, 8));
}

/* ---- after exit ---- */

void sim_hand_over(struct range at)
{
	if (fw.n_claims == CLAIMS || mprotect(fw.arena + at.start, (size_t)range_size(at), PROT_READ | PROT_WRITE) != 0)
		die("no room for what is handed over");
	fw.claim[fw.n_claims++] = at;
}

struct range sim_window(void)
{
	return fw.boot.situation.plan.part[PART_KERNEL].at;
}

void sim_leave(void)
{
	longjmp(fw.left, 1);
}

/* ---- a boot ---- */

void sim_reset(void)
{
	if (fw.arena == NULL) {
		fw.arena = mmap(NULL, ARENA_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (fw.arena == MAP_FAILED)
			die("no room for the arena");
	}
	sim_end();
	sim = (struct sim_setup){.desc_size = 48};
}

void sim_end(void)
{
	while (fw.n_claims != 0)
		unclaim(0);
	while (fw.n_handles != 0)
		free(fw.handle[--fw.n_handles]);
	while (fw.takes != 0)
		free(fw.taken[--fw.takes].at);
	if (fw.surveys != 0 && fw.boot.situation.survey.pool != NULL)
		fw_forget(&fw.boot.situation.survey);
	fw.surveys = 0;
}

void sim_begin(void)
{
	outcome = (struct sim_outcome){.entered = false};
	sim_log_begin();
	fw.n_handles = 0;
	fw.opened = 0;
	fw.looks = 0;
	fw.takes = 0;
	fw.reads_of_changing = 0;
	fw.verified = NULL;
}

static void count_what_is_left(void)
{
	outcome.situation = &fw.boot.situation;
	outcome.claims_left = fw.n_claims;
	outcome.files_left = fw.n_handles;
	outcome.surveys_left = fw.surveys;
	outcome.takes_left = fw.takes;
}

void sim_boot(const struct entry *entry, const struct loader_conf *conf)
{
	sim_begin();
	if (setjmp(fw.left) == 0)
		outcome.status = boot(&fw.boot, entry, conf, &outcome.why);
	count_what_is_left();
}

enum status sim_program_tree(const struct entry *entry, uint8_t *to, size_t room)
{
	const struct tree_reader *reader = NULL;
	struct tree tree = {NULL, 0};

	sim_begin();
	boot_clear(&fw.boot);
	outcome.status = boot_program_tree(&fw.boot, entry, &reader, &tree, &outcome.why);
	if (outcome.status == OK && tree.at != NULL)
		memcpy(to, tree.at, tree_total_size(tree.at) < room ? tree_total_size(tree.at) : room);
	boot_close(&fw.boot);
	boot_give_back(&fw.boot);
	count_what_is_left();
	return outcome.status;
}

void sim_foresee(const struct entry *entry, const struct loader_conf *conf, unsigned int columns, struct text *out)
{
	sim_begin();
	boot_foresee(&fw.boot, entry, conf, columns, out);
	count_what_is_left();
}
