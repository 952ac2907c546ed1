/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow of a boot, from an entry to the kernel's first instruction. Two laws stand in boot_through(): everything
 * that may fail happens before fw_exit(), and what comes after it returns void.
 */
#include "boot.h"

#include "files.h"

#include "../base/mem.h"
#include "../plan/aftermath.h"
#include "../plan/explain.h"
#include "../policy/placing.h"
#include "../policy/policy.h"
#include "../policy/staging.h"
#include "../policy/unmet.h"
#include "../protocol/x86/vmlinux.h"

static enum status check_secure_boot(const struct machine *machine, struct fail *why)
{
	if (machine->secure_boot == SECURE_BOOT_DISABLED)
		return OK;
	return fail(why, REFUSED,
		    "Secure Boot is %s: a kernel that nobody verified must not be started this way\n"
		    "  try: turn Secure Boot off in the firmware's setup, or start a signed kernel from the firmware",
		    machine->secure_boot == SECURE_BOOT_ENABLED ? "on" : "in a state that firmware does not tell");
}

static void draw_entropy(struct situation *p)
{
	p->machine.has_seed = fw_random(p->machine.seed, sizeof(p->machine.seed));
	if (p->wish.policy != PLACE_RANDOM)
		return;
	p->has_entropy = fw_random(&p->entropy, sizeof(p->entropy)) || arch_random(&p->entropy);
}

/* All that a plan depends on, for the debug log: `berth plan` makes the same plan of it. */
static void log_survey(const struct boot *b)
{
	const struct memmap *map = &b->situation.survey.map;
	char line[160];
	struct text text = TEXT(line);

	if (!fw_log_wants(LOG_DEBUG))
		return;
	situation_facts(&text, &b->situation);
	fw_log(LOG_DEBUG, "%s", line);
	for (size_t i = 0; i < map->count; i++)
		fw_log(LOG_DEBUG, "memory %#" PRIx64 "-%#" PRIx64 " type %u attribute %#" PRIx64 " %s",
		       map->entry[i].at.start, map->entry[i].at.end, (unsigned int)map->entry[i].type,
		       map->entry[i].attribute, memory_type_name(map->entry[i].type));
	for (size_t i = 0; i < b->n_refused; i++)
		fw_log(LOG_DEBUG, "refused %#" PRIx64 "-%#" PRIx64, b->refused[i].start, b->refused[i].end);
}

static void log_kept_out(const struct situation *p)
{
	for (size_t i = 0; i < p->kept_out.n; i++)
		fw_log(LOG_DEBUG, "the command line keeps out %#" PRIx64 "-%#" PRIx64 " [C13]", p->kept_out.at[i].start,
		       p->kept_out.at[i].end);
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

	return placing_make(&b->situation, &trace, why);
}

static void release_claims(struct boot *b)
{
	for (size_t i = 0; i < N_PARTS; i++)
		if (!range_is_empty(b->claimed[i]))
			fw_release(b->claimed[i]);
	memset(b->claimed, 0, sizeof(b->claimed));
	while (b->n_staged != 0)
		fw_release(b->staged[--b->n_staged]);
}

/*
 * Firmware refused a place. Either its map changed since it was read, and a new look shows who has the memory; or it
 * lies, and the place is remembered as one not to be asked for again.
 */
static enum status look_again(struct boot *b, struct range refused, struct fail *why)
{
	struct survey *survey = &b->situation.survey;

	if (b->n_looks++ == MAX_REFUSED)
		return fail(why, GAVE_UP, "firmware refused %u places in turn", MAX_REFUSED);
	fw_forget(survey);
	TRY(fw_survey(survey, why));
	TRY(situation_survey(&b->situation, why));
	if (memmap_owner(&survey->map, refused) == NULL) {
		/* Firmware that gives nothing above 4 GiB is not asked for every address there. */
		if (b->n_refused >= 3 && refused.start >= GIB(4))
			refused = (struct range){GIB(4), UINT64_MAX};
		b->refused[b->n_refused++] = refused;
	}
	for (size_t i = 0; i < b->n_refused; i++)
		TRY(free_memory_remove(&survey->free, b->refused[i], why));
	log_survey(b);
	TRY(situation_keep_out(&b->situation, why));
	TRY(situation_measure(&b->situation, why)); /* tables and map room follow the map */
	return TAKEN;
}

/* When firmware refuses one place, gives back the others and looks at the memory again. */
static enum status refused(struct boot *b, enum part part, struct range at, enum status status, struct fail *why)
{
	fw_log(LOG_DEBUG, "firmware does not give %s %#" PRIx64 ": planning again", part_name(part), at.start);
	release_claims(b);
	return status == TAKEN ? look_again(b, at, why) : status;
}

/* Of a kernel that is copied after exit: where its bytes wait, and what of its place is free already. */
static enum status claim_staged(struct boot *b, struct fail *why)
{
	struct range want[MAX_STAGED];
	size_t n = staging_claims(&b->situation, want);

	for (size_t i = 0; i < n; i++) {
		enum status status = fw_claim(want[i], why);

		if (status != OK)
			return refused(b, PART_KERNEL, want[i], status, why);
		b->staged[b->n_staged++] = want[i];
	}
	return OK;
}

static enum status claim(struct boot *b, struct fail *why)
{
	if (b->situation.plan.copies.n != 0)
		TRY(claim_staged(b, why));
	for (size_t i = 0; i < N_PARTS; i++) {
		struct range at = b->situation.plan.part[i].at;
		enum status status;

		if (range_is_empty(at) || i == PART_KEPT || (i == PART_KERNEL && b->n_staged != 0))
			continue;
		status = fw_claim(at, why);
		if (status == OK) {
			b->claimed[i] = at;
			continue;
		}
		if (i != PART_BOUNCE || status != TAKEN)
			return refused(b, (enum part)i, at, status, why);
		fw_log(LOG_DEBUG, "firmware does not give bounce %#" PRIx64 ": a plan without it is a plan", at.start);
		b->situation.plan.part[i].at = (struct range){0, 0};
	}
	return OK;
}

static void log_aftermath(const struct boot *b)
{
	const struct image *image = &b->situation.image;
	char line[512];
	struct aftermath aftermath;
	struct text text = TEXT(line);

	if (image->protocol->estimate != NULL && image->protocol->estimate(image, &text))
		fw_log(LOG_NORMAL, "%s", line);
	aftermath_of(&b->situation.plan, &b->situation.survey.free.all, policy_kernel_may_move(image, b->command_line),
		     &aftermath);
	if (aftermath.kernel_may_move || fw_log_wants(LOG_DEBUG)) {
		text = TEXT(line);
		aftermath_moves(&text, &aftermath);
		fw_log(LOG_NORMAL, "%s", line);
	}
	if (fw_log_wants(LOG_DEBUG)) {
		text = TEXT(line);
		aftermath_left(&text, &aftermath);
		fw_log(LOG_DEBUG, "%s", line);
	}
}

static void log_unmet(void *context, const char *sentence)
{
	(void)context;
	fw_log(LOG_QUIET, "%s", sentence);
}

static void log_plan(const struct boot *b)
{
	char line[512];

	unmet_wishes(&b->situation, log_unmet, NULL);
	for (size_t i = 0; i < N_PARTS; i++) {
		const struct placement *placement = &b->situation.plan.part[i];
		struct text text = TEXT(line);

		if (range_is_empty(placement->at))
			continue;
		explain_placement(&text, (enum part)i, placement);
		fw_log(LOG_NORMAL, "%s", line);
	}
	for (size_t i = 0; i < b->situation.plan.copies.n; i++) {
		const struct copy *copy = &b->situation.plan.copies.copy[i];
		struct text text = TEXT(line);

		if (copy->from == copy->to)
			continue;
		explain_copy(&text, copy);
		fw_log(LOG_NORMAL, "%s", line);
	}
	log_aftermath(b);
}

/* Where the kernel's first byte lies until exit; where somebody writes to all of it, all others follow. */
static uint8_t *kernel_now(const struct boot *b)
{
	const struct plan *plan = &b->situation.plan;
	uint64_t run;

	return fw_memory_at(copies_now(&plan->copies, plan->part[PART_KERNEL].at.start, &run));
}

static uint64_t all_memory(const struct memmap *map)
{
	uint64_t size = 0;

	for (size_t i = 0; i < map->count; i++)
		if (checked_add(size, range_size(map->entry[i].at), &size))
			return UINT64_MAX;
	return size;
}

static enum status load_packed(struct boot *b, struct fail *why)
{
	struct packed *packed = &b->packed;
	enum status status;

	packed->memory = all_memory(&b->situation.survey.map);
	packed->buffer = b->loading.bounce;
	packed->buffer_size = b->loading.bounce_size;
	status = packed_load(packed, &b->situation.image, kernel_now(b), why);
	fw_progress(b->kernel.path, 0, 0);
	TRY(status);
	b->loading.read += packed->read_bytes;
	fw_log(LOG_NORMAL, "unpacked %s, %s, %" PRIu64 " bytes from %" PRIu64 ", decoder %s", b->kernel.path,
	       packing_name(packed->packing), packed->unpack.unpacked, packed->read_bytes,
	       size_words(packed->unpack.memory).at);
	return OK;
}

static enum status load_all(struct boot *b, struct fail *why)
{
	const struct situation *p = &b->situation;

	if (b->packed.found)
		TRY(load_packed(b, why));
	else
		TRY(load_image(&b->loading, &b->kernel, &p->image, &p->plan, why));
	b->loading.holds = true;
	TRY(boot_read_relocs(b, why));
	TRY(boot_read_tree(b, why));
	if (p->cargo.initrd_size != 0)
		TRY(load_initrds(&b->loading, b->initrd, b->n_initrds, p->plan.part[PART_INITRD].at, why));
	return OK;
}

/*
 * Once more when firmware was found to lie (rule C7) after something had been loaded. What else its device wrote over
 * nobody can tell.
 */
static enum status load(struct boot *b, struct fail *why)
{
	struct range bounce = b->claimed[PART_BOUNCE];
	struct loading before;

	/* Without free memory below 4 GiB the loader's own serves, which lies there on all but the oddest machines. */
	b->loading.bounce = range_is_empty(bounce) ? b->spare : fw_memory_at(bounce.start);
	b->loading.bounce_size = range_is_empty(bounce) ? sizeof(b->spare) : (size_t)range_size(bounce);
	before = b->loading;
	TRY(load_all(b, why));
	if (!b->loading.spoilt)
		return OK;
	fw_log(LOG_QUIET, "what was loaded before that may be wrong, and is loaded again [C7]");
	boot_give_back(b);
	b->loading = before;
	b->loading.distrust_high = true;
	return load_all(b, why);
}

/* What a bzImage's decompressor does as well, unless nokaslr forbids it. */
static enum status randomise(struct boot *b, struct fail *why)
{
	struct image *image = &b->situation.image;
	uint64_t entropy, delta;

	if (!policy_randomises(image, b->command_line))
		return OK;
	if (!fw_random(&entropy, sizeof(entropy)) && !arch_random(&entropy)) {
		fw_log(LOG_QUIET, "no entropy: the kernel's virtual addresses are those that it was linked for [X10]");
		return OK;
	}
	TRY(vmlinux_randomise(image, kernel_now(b), boot_relocations(b), boot_relocations_in(b), entropy, &delta, why));
	fw_log(LOG_DEBUG, "virtual %#" PRIx64 " moved by %#" PRIx64 " [X10]", image->virtual_base + delta, delta);
	return OK;
}

static enum status relocate(struct boot *b, struct fail *why)
{
	const struct image *image = &b->situation.image;
	uint64_t start = b->situation.plan.part[PART_KERNEL].at.start;

	TRY(randomise(b, why));
	return image->protocol->relocate == NULL ? OK : image->protocol->relocate(image, kernel_now(b), start, why);
}

static enum status prepare_handoff(struct boot *b, struct fail *why)
{
	struct range place = b->situation.plan.part[PART_HANDOFF].at;
	struct bytes payload = {kernel_now(b), (size_t)b->situation.image.piece[0].size};

	if (b->situation.plan.copies.n >
	    1) /* in pieces nobody can read what the kernel says of itself: no seed, then */
		b->situation.machine.has_seed = false;
	else
		b->situation.image.protocol->inspect(&b->situation.image, payload, &b->situation.machine);
	TRY(situation_measure(&b->situation, why));
	if (b->situation.request[PART_HANDOFF].size > range_size(place))
		return fail(why, IO_ERROR, "the handoff block needs more than was planned; please report this");
	b->handoff = (struct handoff){.block = {fw_memory_at(place.start), place.start, 0}};
	memset(b->handoff.block.at, 0, (size_t)range_size(place));
	situation_describe(&b->situation, &b->handoff);
	if (b->handoff.tree_error != 0)
		return fail(why, IO_ERROR, "the device tree cannot be written (%s); please report this",
			    tree_error(b->handoff.tree_error));
	memset(b->situation.machine.seed, 0, sizeof(b->situation.machine.seed));
	return OK;
}

/* Firmware had time to give away what was to be free after exit (rule C6). */
static enum status check_target(struct boot *b, struct fail *why)
{
	struct survey *survey = &b->situation.survey;
	struct range target = b->situation.plan.part[PART_KERNEL].at;
	const struct memory *stays;

	if (b->situation.plan.copies.n == 0)
		return OK;
	fw_forget(survey);
	TRY(fw_survey(survey, why));
	if (memmap_is_free_after_exit(&survey->map, target, true, &stays))
		return OK;
	return fail_by(why, NO_PLACE, C6,
		       "firmware took a part of %#" PRIx64 "-%#" PRIx64 " for %s while the kernel was loaded\n"
		       "  try: the same once more, or a relocatable kernel",
		       target.start, target.end,
		       stays == NULL ? "something that is no memory" : memory_type_name(stays->type));
}

static enum status boot_through(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct situation *p = &b->situation;
	enum status claimed;

	/* 1. Where we are, and whether we may. */
	fw_machine(&p->machine);
	p->arch = arch_here();
	arch_cpu(&p->cpu);
	TRY(check_secure_boot(&p->machine, why));

	/* 2. What the user named, and what it is. */
	TRY(boot_open(b, entry, why));
	TRY(boot_identify(b, entry, why));
	TRY(boot_find_tree(b, entry, why));

	/* 3. What memory there is, and what each part demands of its place in it. */
	policy_default(&p->wish, &p->image, b->command_line);
	draw_entropy(p);
	TRY(fw_survey(&p->survey, why));
	TRY(situation_survey(p, why));
	log_survey(b);
	TRY(situation_keep_out(p, why));
	log_kept_out(p);
	TRY(situation_demand(p, why));

	/* 4. Where each part goes; what firmware refuses is planned again without that place. */
	do {
		TRY(make_plan(b, why));
		claimed = claim(b, why);
	} while (claimed == TAKEN);
	TRY(claimed);
	log_plan(b);

	/* 5. Read into place, and write what the kernel is told and the CPU entered with. */
	TRY(load(b, why));
	TRY(relocate(b, why));
	TRY(prepare_handoff(b, why));
	TRY(check_target(b, why));
	boot_close(b); /* pages and pools stay: after exit they are the kernel's RAM */

	/* 6. No way back. What follows returns void: nothing can fail now. */
	fw_log(LOG_NORMAL, "after exit copy %#" PRIx64 " bytes, tables %#" PRIx64 " bytes",
	       copies_bytes(&p->plan.copies), b->handoff.tables_size);
	fw_log(LOG_QUIET, "read %" PRIu64 " copied %" PRIu64 " bytes", b->loading.read, b->loading.copied);
	TRY(fw_exit(&b->handoff.final, why));
	if (p->image.protocol->told_by_tree)
		fw_map_runtime(&b->handoff.final);
	p->image.protocol->finish(&b->handoff, &b->handoff.final);
	arch_enter(&b->handoff);
}

enum status boot(struct boot *b, const struct entry *entry, const struct loader_conf *conf, struct fail *why)
{
	enum status status;

	memset(b, 0, offsetof(struct boot, head));
	b->situation.wish = entry->wish;
	b->situation.conf = conf;
	status = boot_through(b, entry, why);
	boot_close(b);
	boot_give_back(b);
	if (b->handoff.block.at != NULL) /* there is a seed in it */
		memset(fw_memory_at(b->claimed[PART_HANDOFF].start), 0, (size_t)range_size(b->claimed[PART_HANDOFF]));
	memset(b->situation.machine.seed, 0, sizeof(b->situation.machine.seed));
	release_claims(b);
	fw_forget(&b->situation.survey);
	return status;
}
