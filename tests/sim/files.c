/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated firmware's files, with the faults that disks and their drivers have, and the time that reading takes.
 */
#include "local.h"

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
		sim_die("a file on another volume than its entry's");
	*file = NULL;
	if (sim_fails(SERVICE_OPEN))
		return sim_injected(why);
	for (size_t i = 0; i < sim.n_files; i++) {
		if (strcmp(sim.file[i].path, path) != 0)
			continue;
		if (fw.n_handles == SIM_FILES * 4)
			sim_die("too many open files");
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
	sim_die("a file was closed twice");
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
	bool failing = sim_fails(SERVICE_READ);
	uint64_t rest = offset < file->file->size ? file->file->size - offset : 0;

	if (outcome.exits != 0)
		sim_die("a read after ExitBootServices");
	outcome.reads_after += file->file == fw.verified;
	if (outcome.n_reads < SIM_READS)
		outcome.read[outcome.n_reads++] = (struct sim_read){offset, size, is_in_arena(to)};
	fw.milliseconds += sim.disk_speed != 0 ? size * 1000 / sim.disk_speed : 0;
	if (failing || file->broken) {
		file->broken = sim.handle_breaks;
		return failing ? sim_injected(why) : fail(why, IO_ERROR, "%s: the handle is broken", file->file->path);
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

/* ---- time ---- */

bool fw_timer_start(unsigned int nth)
{
	fw.timer_ends = nth != 0 ? fw.milliseconds + 1000 / nth : 0;
	return nth != 0 && !sim.no_timer;
}

bool fw_timer_is_over(void)
{
	if (fw.timer_ends == 0)
		sim_die("a timer that was not started");
	return fw.milliseconds >= fw.timer_ends;
}
