/* SPDX-License-Identifier: BSD-2-Clause */
#include "claim.h"

#include "report.h"
#include "verify.h"

#include "../base/mem.h"
#include "../policy/staging.h"

void claim_release(struct boot *b)
{
	for (size_t i = 0; i < N_PARTS; i++)
		if (!range_is_empty(b->claimed[i]))
			fw_release(b->claimed[i]);
	memset(b->claimed, 0, sizeof(b->claimed));
	while (b->n_staged != 0)
		fw_release(b->staged[--b->n_staged]);
}

/*
 * Firmware refused a place. Either its map has changed, and a new survey shows who has the memory; or the map lies, and
 * the place is remembered so that it is not asked for again.
 */
static enum status look_again(struct boot *b, struct range refused, struct fail *why)
{
	struct survey *survey = &b->situation.survey;

	if (b->n_looks++ == MAX_REFUSED)
		return fail(why, GAVE_UP, "firmware refused %u places in turn", MAX_REFUSED);
	fw_forget(survey);
	TRY(fw_survey(survey, why));
	TRY(situation_survey(&b->situation, why));
	TRY(boot_verify_keep(b, why));
	if (memmap_owner(&survey->map, refused) == NULL) {
		/* Firmware that gives nothing above 4 GiB is not asked for every address there. */
		if (b->n_refused >= 3 && refused.start >= GIB(4))
			refused = (struct range){GIB(4), UINT64_MAX};
		b->refused[b->n_refused++] = refused;
	}
	for (size_t i = 0; i < b->n_refused; i++)
		TRY(free_memory_remove(&survey->free, b->refused[i], why));
	report_survey(b);
	TRY(situation_keep_out(&b->situation, why));
	TRY(situation_measure(&b->situation, why)); /* tables and map room follow the map */
	return TAKEN;
}

/* When firmware refuses one place, gives back the others and looks at the memory again. */
static enum status refused(struct boot *b, enum part part, struct range at, enum status status, struct fail *why)
{
	report_refused(&b->situation, part, at);
	claim_release(b);
	return status == TAKEN ? look_again(b, at, why) : status;
}

/* For a kernel copied after exit, claims its staging memory and the free parts of its target. */
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

enum status claim_places(struct boot *b, struct fail *why)
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
		fw_log(LOG_DEBUG, "firmware does not give bounce memory: going on without it");
		b->situation.plan.part[i].at = (struct range){0, 0};
	}
	return OK;
}
