/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow of a boot, from an entry to the kernel's first instruction. Two laws stand in boot_through(): everything
 * that may fail happens before fw_exit(), and what comes after it returns void.
 */
#include "boot.h"

#include "bound.h"
#include "claim.h"
#include "files.h"
#include "foresee.h"
#include "relocations.h"
#include "report.h"
#include "tree.h"
#include "unpack.h"
#include "verify.h"

#include "../base/mem.h"
#include "../plan/copies.h"
#include "../policy/placing.h"
#include "../policy/policy.h"

static void draw_entropy(struct situation *p)
{
	p->found.has_seed = fw_random(p->found.seed, sizeof(p->found.seed));
	if (p->wish.policy != PLACE_RANDOM)
		return;
	p->has_entropy = fw_random(&p->entropy, sizeof(p->entropy)) || arch_random(&p->entropy);
}

static enum status make_plan(struct boot *b, struct fail *why)
{
	struct plan_trace trace = report_refusals(b);

	return placing_make(&b->situation, &trace, why);
}

static enum status load_all(struct boot *b, struct fail *why)
{
	const struct situation *p = &b->situation;

	if (b->packed.found)
		TRY(boot_unpack(b, why));
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
 * Loads again when firmware was caught lying (rule C7) after something had been loaded. What else its device overwrote
 * cannot be known.
 */
static enum status load(struct boot *b, struct fail *why)
{
	struct range bounce = b->claimed[PART_BOUNCE];
	struct loading before;

	/* Without free memory below 4 GiB the loader's own buffer serves; only on odd machines does it lie higher. */
	b->loading.bounce = range_is_empty(bounce) ? b->spare : fw_memory_at(bounce.start);
	b->loading.bounce_size = range_is_empty(bounce) ? sizeof(b->spare) : (size_t)range_size(bounce);
	TRY(boot_verify_placed(b, why));
	before = b->loading;
	TRY(load_all(b, why));
	if (!b->loading.spoilt)
		return boot_check_initrds(b, b->situation.plan.part[PART_INITRD].at, why);
	fw_log(LOG_QUIET, "what was loaded before may be wrong, and is loaded again [C7]");
	boot_give_back(b);
	b->loading = before;
	b->loading.distrust_high = true;
	TRY(boot_verify_again(b, why));
	TRY(load_all(b, why));
	return boot_check_initrds(b, b->situation.plan.part[PART_INITRD].at, why);
}

static enum status prepare_handoff(struct boot *b, struct fail *why)
{
	const struct protocol *protocol = b->situation.image.protocol;
	struct range place = b->situation.plan.part[PART_HANDOFF].at;
	struct bytes payload = {boot_kernel_now(b), (size_t)b->situation.image.piece[0].size};

	/* In pieces it cannot be read what the kernel says of itself: no seed, then. */
	if (b->situation.plan.copies.n > 1 ||
	    (protocol->takes_seed != NULL && !protocol->takes_seed(&b->situation.image, payload)))
		b->situation.found.has_seed = false;
	TRY(situation_measure(&b->situation, why));
	if (b->situation.request[PART_HANDOFF].size > range_size(place))
		return fail(why, IO_ERROR, "the handoff block needs more than was planned; please report this");
	b->handoff = (struct handoff){.block = {fw_memory_at(place.start), place.start, 0}};
	memset(b->handoff.block.at, 0, (size_t)range_size(place));
	situation_describe(&b->situation, &b->handoff);
	if (b->handoff.tree_error != 0)
		return fail(why, IO_ERROR, "the device tree cannot be written (%s); please report this",
			    protocol_trees(protocol)->error(b->handoff.tree_error));
	memset(b->situation.found.seed, 0, sizeof(b->situation.found.seed));
	return OK;
}

static void stand_in(const struct boot *b)
{
	struct range initrd = b->situation.plan.part[PART_INITRD].at;

	initrd.end = initrd.start + b->situation.cargo.initrd_size; /* it has no more, and its place may */
	fw_stand_in(b->command_line, initrd, b->situation.image.protocol->is_linux);
}

/* Meanwhile firmware may have given away memory that must be free after exit (rule C6). */
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
		       "  try: again, or a relocatable kernel",
		       target.start, target.end,
		       stays == NULL ? "something that is not memory" : memory_type_name(stays->type));
}

/* The seed is written to the disk before the kernel is read, and to memory before that is looked at. */
static enum status begin_try(struct boot *b, const struct entry *entry, struct fail *why)
{
	fw_trying(entry);
	fw_pass_seed();
	if (must_verify(&b->situation.machine))
		TRY(boot_bind(b, entry, why));
	return boot_verify(b, entry, why);
}

/* 1 to 3: where we are, what the user named, and what each part demands. @trying: a try is counted. */
static enum status find_out(struct boot *b, const struct entry *entry, bool trying, struct fail *why)
{
	struct situation *p = &b->situation;

	/* 1. Where we are. */
	fw_machine(&p->machine);
	p->arch = arch_here();
	arch_cpu(&p->cpu);

	/* 2. What the user named, whether it may be started, and what it is. */
	TRY(boot_open(b, entry, why));
	TRY(trying ? begin_try(b, entry, why) : boot_look_unverified(&p->machine, why));
	TRY(boot_identify(b, entry, why));
	TRY(boot_find_tree(b, entry, why));

	/* 3. What memory there is, and what each part demands of its place in it. */
	policy_default(&p->wish, &p->image, b->command_line);
	draw_entropy(p);
	TRY(fw_survey(&p->survey, why));
	TRY(situation_survey(p, why));
	TRY(boot_verify_keep(b, why));
	report_survey(b);
	TRY(situation_keep_out(p, why));
	report_kept_out(p);
	return situation_demand(p, why);
}

static enum status boot_through(struct boot *b, const struct entry *entry, struct fail *why)
{
	struct situation *p = &b->situation;
	enum status claimed;

	TRY(find_out(b, entry, true, why));

	/* 4. Where each part goes; what firmware refuses is planned again without that place. */
	do {
		TRY(make_plan(b, why));
		claimed = claim_places(b, why);
	} while (claimed == TAKEN);
	TRY(claimed);
	report_plan(b);

	/* 5. Read everything into place; write what the kernel is told and what the CPU is entered with. */
	TRY(load(b, why));
	TRY(boot_relocate(b, why));
	TRY(prepare_handoff(b, why));
	fw_log(LOG_NORMAL, "after exit copy %#" PRIx64 " bytes, tables %#" PRIx64 " bytes",
	       copies_bytes(&p->plan.copies), b->handoff.tables_size);
	fw_log(LOG_NORMAL, "read %" PRIu64 " copied %" PRIu64 " bytes", b->loading.read, b->loading.copied);
	stand_in(b);
	fw_leaving(entry); /* firmware may take memory for that: before the last look */
	TRY(check_target(b, why));
	boot_close(b); /* pages and pools stay: after exit they are the kernel's RAM */

	/* 6. No way back: fw_exit is the last call that can fail, and what follows returns void. */
	TRY(fw_exit(&b->handoff.final, why));
	if (protocol_trees(p->image.protocol) != NULL)
		fw_map_runtime(&b->handoff.final);
	p->image.protocol->finish(&b->handoff, &b->handoff.final);
	arch_enter(&b->handoff);
}

static void begin(struct boot *b, const struct entry *entry, const struct loader_conf *conf)
{
	boot_clear(b);
	b->situation.wish = entry->wish;
	b->situation.conf = conf;
}

static void end(struct boot *b)
{
	boot_close(b);
	boot_give_back(b);
	if (b->handoff.block.at != NULL) /* there is a seed in it */
		memset(fw_memory_at(b->claimed[PART_HANDOFF].start), 0, (size_t)range_size(b->claimed[PART_HANDOFF]));
	memset(b->situation.found.seed, 0, sizeof(b->situation.found.seed));
	claim_release(b);
	boot_verify_release(b);
	fw_forget(&b->situation.survey);
}

enum status boot(struct boot *b, const struct entry *entry, const struct loader_conf *conf, struct fail *why)
{
	enum status status;

	begin(b, entry, conf);
	status = boot_through(b, entry, why);
	end(b);
	return status;
}

void boot_foresee(struct boot *b, const struct entry *entry, const struct loader_conf *conf, unsigned int columns,
		  struct text *out)
{
	enum status status;
	struct fail why;

	begin(b, entry, conf);
	status = find_out(b, entry, false, &why);
	if (status == OK)
		status = make_plan(b, &why);
	if (status == OK)
		foresee_tell(out, b, columns);
	else
		foresee_refusal(out, &why);
	end(b);
}
