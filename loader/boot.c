/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow of a boot, from an entry to the kernel's first instruction. Two laws stand in boot_through(): everything
 * that may fail happens before fw_exit(), and what comes after it returns void.
 */
#include "boot.h"

#include "explain.h"
#include "mem.h"
#include "policy.h"

static enum status check_secure_boot(const struct machine *machine, struct fail *why)
{
	if (machine->secure_boot == SECURE_BOOT_DISABLED)
		return OK;
	return fail(why, REFUSED,
		    "Secure Boot is %s: a kernel that nobody verified must not be started this way\n"
		    "  try: turn Secure Boot off in the firmware's setup, or start a signed kernel from the firmware",
		    machine->secure_boot == SECURE_BOOT_ENABLED ? "on" : "in a state that firmware does not tell");
}

static enum status open_file(struct file *file, struct word path, struct fail *why)
{
	TRY(entry_path(path, file->path, sizeof(file->path), why));
	return fw_open(file->path, &file->handle, &file->size, why);
}

static enum status open_files(struct boot *b, const struct entry *entry, struct fail *why)
{
	bool added;

	TRY(entry_command_line(entry, b->command_line, sizeof(b->command_line), why));
	TRY(policy_command_line(entry, b->command_line, sizeof(b->command_line), &added, why));
	if (added)
		fw_log(LOG_NORMAL, "added nokaslr to the command line, for an exact place [X9]");
	TRY(open_file(&b->kernel, entry->linux_path, why));
	for (; b->n_initrds < entry->n_initrds; b->n_initrds++)
		TRY(open_file(&b->initrd[b->n_initrds], entry->initrd[b->n_initrds], why));
	TRY(initrds_size(b->initrd, b->n_initrds, &b->cargo.initrd_size, why));
	b->cargo.command_line = b->command_line;
	return OK;
}

static enum status identify(struct boot *b, struct fail *why)
{
	struct bytes head = {b->head, 0};

	b->image.name = b->kernel.path;
	b->image.file_size = b->kernel.size;
	if (b->kernel.size != 0)
		TRY(fw_read(b->kernel.handle, 0, b->head, sizeof(b->head), &head.size, why));
	TRY(image_identify(&b->image, head, why));
	/* They are not read again: a payload starts behind two sectors at the earliest, and only it is read from here
	 * on. */
	b->loading.read += head.size;
	return OK;
}

/* Writes what the kernel is told and what the CPU is entered with; or, with no block yet, measures both. */
static void describe(struct boot *b)
{
	b->image.protocol->describe(&b->image, &b->cargo, &b->plan, &b->machine, &b->handoff);
	arch_prepare(&b->cpu, &b->image, &b->memory.map, &b->handoff);
}

/* What the handoff block needs, for the memory map as it is now. */
static enum status measure_handoff(struct boot *b, struct fail *why)
{
	b->machine.map_room = b->memory.final_room;
	b->machine.map_desc_size = b->memory.desc_size;
	b->handoff = (struct handoff){.block = {NULL, 0, 0}};
	describe(b);
	if (checked_align_up(b->handoff.block.used, EFI_PAGE, &b->request[PART_HANDOFF].size))
		return fail(why, BAD_INPUT, "the handoff block is larger than any memory");
	return OK;
}

static enum status demand(struct boot *b, const struct entry *entry, struct fail *why)
{
	TRY(b->image.protocol->demand(&b->image, &b->cargo, b->request, why));
	arch_demand(&b->cpu, &b->image, &b->request[PART_HANDOFF]);
	policy_own_parts(b->conf, b->request);
	b->machine.has_seed = fw_random(b->machine.seed, sizeof(b->machine.seed));
	TRY(measure_handoff(b, why));
	for (size_t i = 0; i < N_PARTS; i++)
		if (checked_align_up(b->request[i].size, EFI_PAGE, &b->request[i].size))
			return fail(why, BAD_INPUT, "the %s is larger than any memory", part_name((enum part)i));
	return policy_apply(entry, &b->image, b->command_line, b->request, why);
}

static void log_refusal(void *context, const struct refusal *refusal)
{
	char line[256];
	struct text text = TEXT(line);

	(void)context;
	explain_refusal(&text, refusal);
	fw_log(LOG_DEBUG, "%s", line);
}

static enum status make_plan(struct boot *b, struct fail *why)
{
	struct plan_trace trace = {fw_log_wants(LOG_DEBUG) ? log_refusal : NULL, NULL};
	struct plan_failure failure;
	enum status status = plan_make(b->request, &b->memory.free, &b->plan, &failure, &trace);

	if (status == OK)
		return OK;
	return explain_failure(status, b->request, &b->memory.free, &b->memory.map, &failure, why);
}

static bool is_claimed(const struct boot *b, enum part part)
{
	if (part != PART_BOUNCE)
		return part != PART_KEPT;
	return b->plan.part[PART_KERNEL].at.end > GIB(4) || b->plan.part[PART_INITRD].at.end > GIB(4);
}

static void release_claims(struct boot *b)
{
	for (size_t i = 0; i < N_PARTS; i++)
		if (!range_is_empty(b->claimed[i]))
			fw_release(b->claimed[i]);
	memset(b->claimed, 0, sizeof(b->claimed));
}

/*
 * Firmware refused a place. Either its map changed since it was read, and a new look shows who has the memory; or it
 * lies, and the place is remembered as one not to be asked for again.
 */
static enum status look_again(struct boot *b, struct range refused, struct fail *why)
{
	if (b->n_looks++ == MAX_REFUSED)
		return fail(why, GAVE_UP, "firmware refused %u places in turn", MAX_REFUSED);
	fw_free_memory_map(&b->memory);
	TRY(fw_memory_map(&b->memory, why));
	if (memmap_owner(&b->memory.map, refused) == NULL) {
		/* Firmware that gives nothing above 4 GiB is not asked for every address there. */
		if (b->n_refused >= 3 && refused.start >= GIB(4))
			refused = (struct range){GIB(4), UINT64_MAX};
		b->refused[b->n_refused++] = refused;
	}
	for (size_t i = 0; i < b->n_refused; i++)
		TRY(free_memory_remove(&b->memory.free, b->refused[i], why));
	TRY(measure_handoff(b, why)); /* tables and map room follow the map */
	return TAKEN;
}

/* Claims every part; when firmware refuses one, gives back the others and looks at the memory again. */
static enum status claim(struct boot *b, struct fail *why)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		struct range at = b->plan.part[i].at;
		enum status status;

		if (range_is_empty(at) || !is_claimed(b, (enum part)i))
			continue;
		status = fw_claim(at, why);
		if (status == OK) {
			b->claimed[i] = at;
			continue;
		}
		fw_log(LOG_DEBUG, "firmware does not give %s %#" PRIx64 ": planning again", part_name((enum part)i),
		       at.start);
		if (i == PART_BOUNCE && status == TAKEN) {
			b->plan.part[i].at = (struct range){0, 0}; /* a plan without it is a plan */
			continue;
		}
		release_claims(b);
		return status == TAKEN ? look_again(b, at, why) : status;
	}
	return OK;
}

static void log_memory_map(const struct boot *b)
{
	for (size_t i = 0; i < b->memory.map.count && fw_log_wants(LOG_DEBUG); i++) {
		const struct memory *m = &b->memory.map.entry[i];

		fw_log(LOG_DEBUG, "memory %#" PRIx64 "-%#" PRIx64 " type %u attribute %#" PRIx64 " %s", m->at.start,
		       m->at.end, (unsigned int)m->type, m->attribute, memory_type_name(m->type));
	}
}

static void log_plan(const struct boot *b)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		char line[160];
		struct text text = TEXT(line);

		if (range_is_empty(b->claimed[i]) && (i != PART_KEPT || b->request[i].size == 0))
			continue;
		explain_placement(&text, (enum part)i, &b->plan.part[i]);
		fw_log(LOG_NORMAL, "%s", line);
	}
	if (!command_line_has(b->command_line, "nokaslr"))
		fw_log(LOG_NORMAL, "no nokaslr on the command line: a kernel built with KASLR moves itself again, to a "
				   "random place [X9]");
}

static enum status load(struct boot *b, struct fail *why)
{
	struct range initrd = b->plan.part[PART_INITRD].at;

	if (!range_is_empty(b->claimed[PART_BOUNCE]))
		b->loading.bounce = b->claimed[PART_BOUNCE];
	else if (is_claimed(b, PART_BOUNCE))
		fw_log(LOG_NORMAL, "no memory below 4 GiB to compare reads with: those above are not checked [C7]");
	TRY(load_file(&b->loading, &b->kernel, b->image.payload_at, b->plan.part[PART_KERNEL].at.start,
		      b->kernel.size - b->image.payload_at, why));
	if (b->cargo.initrd_size != 0)
		TRY(load_initrds(&b->loading, b->initrd, b->n_initrds, initrd, why));
	return OK;
}

static enum status prepare_handoff(struct boot *b, struct fail *why)
{
	struct range place = b->plan.part[PART_HANDOFF].at;

	TRY(measure_handoff(b, why));
	if (b->handoff.block.used > range_size(place))
		return fail(why, IO_ERROR, "the handoff block needs more than was planned; please report this");
	b->handoff = (struct handoff){.block = {fw_memory_at(place.start), place.start, 0}};
	memset(b->handoff.block.at, 0, (size_t)range_size(place));
	describe(b);
	memset(b->machine.seed, 0, sizeof(b->machine.seed));
	return OK;
}

static void close_files(struct boot *b)
{
	for (size_t i = 0; i < MAX_INITRDS; i++) {
		fw_close(b->initrd[i].handle);
		b->initrd[i].handle = NULL;
	}
	fw_close(b->kernel.handle);
	b->kernel.handle = NULL;
}

static enum status boot_through(struct boot *b, const struct entry *entry, struct fail *why)
{
	enum status claimed;

	/* 1. Where we are, and whether we may. */
	fw_machine(&b->machine);
	arch_cpu(&b->cpu);
	TRY(check_secure_boot(&b->machine, why));

	/* 2. What the user named, and what it is. */
	TRY(open_files(b, entry, why));
	TRY(identify(b, why));

	/* 3. What memory there is, and what each part demands of its place in it. */
	TRY(fw_memory_map(&b->memory, why));
	log_memory_map(b);
	TRY(demand(b, entry, why));

	/* 4. Where each part goes; what firmware refuses is planned again without that place. */
	do {
		TRY(make_plan(b, why));
		claimed = claim(b, why);
	} while (claimed == TAKEN);
	TRY(claimed);
	log_plan(b);

	/* 5. Read into place, and write what the kernel is told and the CPU entered with. */
	TRY(load(b, why));
	TRY(prepare_handoff(b, why));
	close_files(b); /* pages and pools stay: after exit they are the kernel's RAM */

	/* 6. No way back. What follows returns void: nothing can fail now. */
	fw_log(LOG_QUIET, "read %" PRIu64 " copied %" PRIu64 " bytes", b->loading.read, b->loading.copied);
	TRY(fw_exit(&b->handoff.final, why));
	b->image.protocol->finish(&b->handoff, &b->handoff.final);
	arch_enter(&b->handoff);
}

enum status boot(struct boot *b, const struct entry *entry, const struct loader_conf *conf, struct fail *why)
{
	enum status status;

	memset(b, 0, offsetof(struct boot, head));
	b->conf = conf;
	status = boot_through(b, entry, why);
	close_files(b);
	if (b->handoff.seed.at != NULL && !range_is_empty(b->claimed[PART_HANDOFF]))
		memset(fw_memory_at(b->claimed[PART_HANDOFF].start), 0, (size_t)range_size(b->claimed[PART_HANDOFF]));
	memset(b->machine.seed, 0, sizeof(b->machine.seed));
	release_claims(b);
	fw_free_memory_map(&b->memory);
	return status;
}
