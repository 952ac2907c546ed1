/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include "../plan/aftermath.h"
#include "../plan/explain.h"
#include "../plan/mapline.h"
#include "../policy/linux_words.h"
#include "../policy/policy.h"
#include "../policy/unmet.h"

/*
 * Everybody on the booted system may read what is kept. Where Berth chose the kernel's place at random, which is a part
 * of KASLR, that place is not kept, nor is what would reveal it: the number drawn, and where the others lie.
 */
static bool hides_places(const struct situation *p)
{
	return p->has_entropy;
}

static void keep_survey(const struct boot *b)
{
	const struct situation *p = &b->situation;
	char line[MAPLINE_ROOM];
	struct text text = TEXT(line);

	fw_keep_anew();
	situation_facts(&text, p, hides_places(p));
	fw_keep(KEPT_MAP, "%s", line);
	for (size_t next = 0; mapline_write(line, &p->survey.map, &next);)
		fw_keep(KEPT_MAP, "%s", line);
	for (size_t i = 0; i < b->n_refused && !hides_places(p); i++)
		fw_keep(KEPT_MAP, "refused %#" PRIx64 "-%#" PRIx64, b->refused[i].start, b->refused[i].end);
}

void report_survey(const struct boot *b)
{
	const struct memmap *map = &b->situation.survey.map;
	char line[160];
	struct text text = TEXT(line);

	keep_survey(b);
	if (!fw_log_wants(LOG_DEBUG))
		return;
	situation_facts(&text, &b->situation, false);
	fw_show(LOG_DEBUG, "%s", line);
	for (size_t i = 0; i < map->count; i++)
		fw_show(LOG_DEBUG, "memory %#" PRIx64 "-%#" PRIx64 " type %u attribute %#" PRIx64 " %s",
			map->entry[i].at.start, map->entry[i].at.end, (unsigned int)map->entry[i].type,
			map->entry[i].attribute, memory_type_name(map->entry[i].type));
	for (size_t i = 0; i < b->n_refused; i++)
		fw_show(LOG_DEBUG, "refused %#" PRIx64 "-%#" PRIx64, b->refused[i].start, b->refused[i].end);
}

void report_kept_out(const struct situation *p)
{
	for (size_t i = 0; i < p->kept_out.n; i++)
		fw_log(LOG_DEBUG, "the command line keeps out %#" PRIx64 "-%#" PRIx64 " [C13]", p->kept_out.at[i].start,
		       p->kept_out.at[i].end);
}

/* A line that may name a place. */
static void tell(const struct situation *p, enum kept kept, enum log_level level, const char *line)
{
	fw_show(level, "%s", line);
	if (!hides_places(p))
		fw_keep(kept, "%s", line);
}

void report_refused(const struct situation *p, enum part part, struct range at)
{
	char line[128];
	struct text text = TEXT(line);

	text_add(&text, "firmware does not give %s %#" PRIx64 ": planning again", part_name(part), at.start);
	tell(p, KEPT_SAID, LOG_DEBUG, line);
}

static void refused(void *context, const struct refusal *refusal)
{
	const struct boot *b = context;
	char line[256];
	struct text text = TEXT(line);

	explain_refusal(&text, refusal);
	tell(&b->situation, KEPT_CANDIDATE, LOG_DEBUG, line);
}

/* They follow from the map, and writing them down costs as much as planning: only a debug log has them. */
struct plan_trace report_refusals(struct boot *b)
{
	return (struct plan_trace){fw_log_wants(LOG_DEBUG) ? refused : NULL, b};
}

static void tell_aftermath(const struct boot *b)
{
	const struct image *image = &b->situation.image;
	char line[512];
	struct aftermath aftermath = {.kernel_may_move = linux_words_may_move(image, b->command_line)};
	struct text text = TEXT(line);

	if (image->protocol->estimate != NULL && image->protocol->estimate(image, &text))
		fw_log(LOG_NORMAL, "%s", line);
	if (aftermath.kernel_may_move || fw_log_wants(LOG_DEBUG)) {
		text = TEXT(line);
		aftermath_moves(&text, &aftermath);
		fw_log(LOG_NORMAL, "%s", line);
	}
	if (!fw_log_wants(LOG_DEBUG))
		return;
	/* Not kept: it follows from the map and the places. */
	aftermath_of(&b->situation.plan, &b->situation.survey.free.all, aftermath.kernel_may_move, &aftermath);
	text = TEXT(line);
	aftermath_left(&text, &aftermath);
	fw_show(LOG_DEBUG, "%s", line);
}

static void tell_unmet(void *context, const char *sentence)
{
	tell(context, KEPT_SAID, LOG_QUIET, sentence);
}

static void tell_placement(const struct situation *p, enum part part)
{
	const struct placement *placement = &p->plan.part[part];
	char line[256];
	struct text text = TEXT(line);

	explain_placement(&text, part, placement, false);
	tell(p, KEPT_PLAN, LOG_NORMAL, line);
	if (!hides_places(p))
		return;
	text = TEXT(line);
	explain_placement(&text, part, placement, true);
	fw_keep(KEPT_PLAN, "%s", line);
}

void report_plan(struct boot *b)
{
	struct situation *p = &b->situation;
	char line[256];

	unmet_wishes(p, tell_unmet, p);
	for (size_t i = 0; i < N_PARTS; i++)
		if (!range_is_empty(p->plan.part[i].at))
			tell_placement(p, (enum part)i);
	for (size_t i = 0; i < p->plan.copies.n; i++) {
		const struct copy *copy = &p->plan.copies.copy[i];
		struct text text = TEXT(line);

		if (!copy_moves(copy))
			continue;
		explain_copy(&text, copy);
		tell(p, KEPT_PLAN, LOG_NORMAL, line);
	}
	tell_aftermath(b);
}
