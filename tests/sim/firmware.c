/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* memmem */
#include "local.h"

#include "../../loader/tree.h"

#include <sys/mman.h>

struct sim_setup sim;
struct sim_outcome outcome;
struct sim_state fw;

void sim_die(const char *what)
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

bool sim_fails(enum service service)
{
	outcome.calls++;
	outcome.call_of[service]++;
	return sim.fail_call != 0 &&
	       (outcome.calls == sim.fail_call || (sim.fails_twice && outcome.calls == sim.fail_call + 1));
}

enum status sim_injected(struct fail *why)
{
	return fail(why, sim.fail_status, "injected: call %u failed", outcome.calls);
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
	sim_die("a file is verified that is none");
}

/* The bytes that were signed are those that the file has; whatever else firmware read, or was exchanged, is not. */
enum status fw_verify(struct fw_volume *volume, const char *path, void *bytes, uint64_t size, struct fail *why)
{
	const struct sim_file *file = file_at(path);

	if (volume != sim.volume || (sim.machine.secure_boot == SECURE_BOOT_DISABLED && !sim.measures))
		sim_die("what is verified is on another volume than its entry's, or need not be");
	if (sim_fails(SERVICE_VERIFY))
		return sim_injected(why);
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

enum status fw_record(const struct entry *entry, struct word *record, struct fail *why)
{
	(void)entry;
	*record = (struct word){NULL, 0};
	if (sim.machine.secure_boot == SECURE_BOOT_DISABLED || sim.record == NULL)
		return OK;
	if (sim_fails(SERVICE_RECORD))
		return sim_injected(why);
	*record = word_of(sim.record);
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
	if (sim_fails(SERVICE_SURVEY))
		return sim_injected(why);
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
		sim_die("a claim that is no range of pages");
	if (sim_fails(SERVICE_CLAIM))
		return sim_injected(why);
	if (sim.gives_nothing || is_refused(at) || !is_free(at))
		return fail(why, TAKEN, "not given");
	if (fw.n_claims == CLAIMS || at.end > ARENA_SIZE)
		sim_die("more claims than there is room for");
	fw.claim[fw.n_claims++] = at;
	if (mprotect(fw.arena + at.start, (size_t)range_size(at), PROT_READ | PROT_WRITE) != 0)
		sim_die("no memory");
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
		sim_die("memory with the seed in it was given back");
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
	sim_die("memory was released that was not claimed");
}

void *fw_take(uint64_t size)
{
	void *at;

	if (sim_fails(SERVICE_TAKE) || size > MIB(256) || fw.takes == TAKES ||
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
	sim_die("memory was given back that was not taken");
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
	if (sim_fails(SERVICE_RANDOM) || sim.no_entropy)
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
		sim_die("no room for what firmware adds to a tree");
	memcpy(tree, sim.fixed_tree, (size_t)size);
	return true;
}

void fw_progress(const char *name, uint64_t done, uint64_t of)
{
	if (done > of)
		sim_die("progress past the end");
	(void)name;
}

uint64_t fw_microseconds(void)
{
	return outcome.calls;
}

void fw_trying(const struct entry *entry)
{
	if (entry == NULL || entry->broken || outcome.tryings++ != 0 || outcome.n_reads != 0 || fw.n_claims != 0)
		sim_die("a try that is counted twice, too late, or for an entry that cannot be started");
	if (fw.n_handles == 0)
		sim_die("a try that is counted before the entry's files are known to be there");
}

void fw_pass_seed(void)
{
	if (outcome.tryings != 1 || outcome.seeds++ != 0 || outcome.n_reads != 0 ||
	    outcome.call_of[SERVICE_SURVEY] != 0)
		sim_die("a seed that is passed twice, or when the kernel was read or memory looked at");
}

void fw_stand_in(const char *command_line, struct range initrd, bool is_linux)
{
	if (command_line == NULL || outcome.leavings != 0 || outcome.stand_ins++ != 0)
		sim_die("the stub's duties were done twice, or too late");
	if (!range_is_empty(initrd) && sim_memory(initrd.start, (size_t)range_size(initrd)) == NULL)
		sim_die("an initrd is measured that is not there");
	outcome.is_linux = is_linux;
}

/* ---- leaving ---- */

void fw_leaving(const struct entry *entry)
{
	if (entry == NULL || entry->broken || outcome.exits != 0 || outcome.leavings++ != 0)
		sim_die("the loader told of its leaving twice, too late, or for an entry that cannot be started");
}

enum status fw_exit(struct final_map *final, struct fail *why)
{
	const uint8_t *raw = sim.final_map != NULL ? sim.final_map : sim.descriptors;
	size_t size = sim.final_map != NULL ? sim.final_map_size : sim.descriptors_size;

	if (outcome.tryings != 1)
		sim_die("ExitBootServices, and the try was not counted");
	if (outcome.seeds != 1)
		sim_die("ExitBootServices, and no seed was passed");
	if (outcome.leavings != 1)
		sim_die("ExitBootServices before the loader told of its leaving");
	if (outcome.stand_ins != 1)
		sim_die("ExitBootServices, and nobody stood in for the kernel's stub");
	if (sim_fails(SERVICE_EXIT))
		return sim_injected(why);
	if (fw.timer_ends != 0)
		sim_die("a timer that runs past boot services");
	if (fw.n_handles != 0)
		sim_die("a file is open at ExitBootServices");
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
		sim_die("the runtime services' addresses were set before exit, or twice");
	for (size_t at = 0; at + final->desc_size <= final->size; at += final->desc_size)
		if (load_le(final->descriptors + at + 32, 8) >> 63 != 0)
			store_le(final->descriptors + at + 16, 8, load_le(final->descriptors + at + 8, 8));
}

/* ---- after exit ---- */

void sim_hand_over(struct range at)
{
	if (fw.n_claims == CLAIMS || mprotect(fw.arena + at.start, (size_t)range_size(at), PROT_READ | PROT_WRITE) != 0)
		sim_die("no room for what is handed over");
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
			sim_die("no room for the arena");
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
