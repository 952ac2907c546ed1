/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include "../plan/aftermath.h"
#include "../plan/explain.h"
#include "../policy/linux_words.h"
#include "../policy/policy.h"
#include "../policy/unmet.h"

/* All that a plan depends on, for the debug log: `berth plan` makes the same plan from it. */
void report_survey(const struct boot *b)
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

void report_kept_out(const struct situation *p)
{
	for (size_t i = 0; i < p->kept_out.n; i++)
		fw_log(LOG_DEBUG, "the command line keeps out %#" PRIx64 "-%#" PRIx64 " [C13]", p->kept_out.at[i].start,
		       p->kept_out.at[i].end);
}

static void refused(void *context, const struct refusal *refusal)
{
	char line[256];
	struct text text = TEXT(line);

	(void)context;
	explain_refusal(&text, refusal);
	fw_log(LOG_DEBUG, "%s", line);
}

struct plan_trace report_refusals(void)
{
	return (struct plan_trace){fw_log_wants(LOG_DEBUG) ? refused : NULL, NULL};
}

static void tell_aftermath(const struct boot *b)
{
	const struct image *image = &b->situation.image;
	char line[512];
	struct aftermath aftermath;
	struct text text = TEXT(line);

	if (image->protocol->estimate != NULL && image->protocol->estimate(image, &text))
		fw_log(LOG_NORMAL, "%s", line);
	aftermath_of(&b->situation.plan, &b->situation.survey.free.all, linux_words_may_move(image, b->command_line),
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

static void tell_unmet(void *context, const char *sentence)
{
	(void)context;
	fw_log(LOG_QUIET, "%s", sentence);
}

void report_plan(const struct boot *b)
{
	char line[512];

	unmet_wishes(&b->situation, tell_unmet, NULL);
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
	tell_aftermath(b);
}
