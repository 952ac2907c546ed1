/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain.h"

void explain_placement(struct text *text, enum part part, const struct placement *placement, bool hidden)
{
	text_add(text, "place %s ", part_name(part));
	if (hidden)
		text_add(text, "hidden");
	else
		text_add(text, "%#" PRIx64, placement->at.start);
	text_add(text, " size %#" PRIx64 " align %#" PRIx64 " rule %s", range_size(placement->at), placement->align,
		 rule_row(placement->by)->id);
}

void explain_copy(struct text *text, const struct copy *copy)
{
	text_add(text, "copy kernel %#" PRIx64 " to %#" PRIx64 " size %#" PRIx64 " after exit rule %s", copy->from,
		 copy->to, copy->size, rule_row(C6)->id);
}

void explain_refusal(struct text *text, const struct refusal *refusal)
{
	const struct choice *c = refusal->choice;
	bool whole = refusal->run.start == c->window.start && refusal->run.end == c->window.end;

	text_add(text, "refuse %s in %#" PRIx64 "-%#" PRIx64, part_name(refusal->part), refusal->run.start,
		 refusal->run.end);
	if (whole && refusal->by == C1)
		text_add(text, " (no free memory)");
	else
		text_add(text, " (%s)", size_words(range_size(refusal->run)).at);
	text_add(text, " for %s from %#" PRIx64 " align %#" PRIx64 ": rule %s",
		 c->at_random  ? "a random slot"
		 : c->from_top ? "the highest"
			       : "the lowest",
		 c->window.start, c->align, rule_row(refusal->by)->id);
}

static void say_limits(const struct request *r, struct fail *why)
{
	if (r->max.by != RULE_NONE)
		fail_add(why, "  limits    at or above %#" PRIx64 " [%s], end at or below %#" PRIx64 " [%s]",
			 r->min.value, rule_row(r->min.by)->id, r->max.value, rule_row(r->max.by)->id);
	else
		fail_add(why, "  limits    at or above %#" PRIx64 " [%s]", r->min.value, rule_row(r->min.by)->id);
}

/* Why this memory, which may even be called free, cannot be a place (rule C1). */
static const char *owner_name(const struct memory *owner)
{
	if (owner->type != MEMORY_CONVENTIONAL)
		return memory_type_name(owner->type);
	return (owner->attribute & ATTRIBUTE_SOFT_RESERVED) != 0 ? "soft-reserved, kept for a driver" : "hot-pluggable";
}

static enum status explain_exact(const struct request *r, const struct memmap *map, struct fail *why)
{
	struct range place = {r->exact.value, r->exact.value + r->size};
	const struct memory *owner;

	/* What stays after exit is in the way; boot services are not (rule C6). */
	if (memmap_is_free_after_exit(map, place, false, &owner))
		owner = memmap_owner(map, place);
	(void)fail_by(why, NO_PLACE, r->exact.by, "the %s cannot lie at %#" PRIx64 ", and it may lie nowhere else",
		      part_name(r->part), place.start);
	fail_add(why, "  needs     %#" PRIx64 "-%#" PRIx64 "   %s", place.start, place.end, size_words(r->size).at);
	if (owner != NULL)
		fail_add(why, "  held by   %#" PRIx64 "-%#" PRIx64 "   %s", owner->at.start, owner->at.end,
			 owner_name(owner));
	else
		fail_add(why, "  but part of that is not memory, or firmware does not give it");
	fail_add(why, "  try: another placement, or none; nothing was changed");
	return NO_PLACE;
}

/* What else is in a window that the user named (rule C5); the first few are enough. */
static void say_owners(const struct request *r, const struct memmap *map, struct fail *why)
{
	struct range window = {r->min.value, r->max.value};

	for (unsigned int i = 0; i < 3 && !range_is_empty(window); i++) {
		const struct memory *owner = memmap_owner(map, window);

		if (owner == NULL)
			return;
		fail_add(why, "  held by   %#" PRIx64 "-%#" PRIx64 "   %s", owner->at.start, owner->at.end,
			 owner_name(owner));
		window.start = owner->at.end;
	}
}

/* What to try before buying memory: the command line may hold some back (rules C9 and C13). */
static const char *less_of_the_line(const struct memmap *map, enum rule by)
{
	if (by == C9)
		return "a larger mem= on the command line, ";
	for (size_t i = 0; i < map->count; i++)
		if (map->entry[i].type == MEMORY_KEPT_OUT)
			return "less of memmap= or crashkernel= on the command line, ";
	return "";
}

static enum status explain_alone(const struct request *r, const struct free_memory *free, const struct memmap *map,
				 struct fail *why)
{
	struct range within = {r->min.value, r->max.value};
	struct range best = largest_run(&free->all, within);
	struct range any = largest_run(&free->all, (struct range){0, UINT64_MAX});
	enum rule by = C1;

	/* The rule that decided: a limit, where memory beyond it would do; the alignment, where only that is not met.
	 */
	if (range_size(best) >= r->size && r->align.by != RULE_NONE)
		by = r->align.by;
	else if (range_size(best) < r->size && range_size(any) >= r->size)
		by = range_size(largest_run(&free->all, (struct range){0, r->max.value})) >= r->size ? r->min.by
												     : r->max.by;
	(void)fail_by(why, NO_PLACE, by, "no free memory holds the %s", part_name(r->part));
	fail_add(why, "  needs     %#" PRIx64 " bytes in one piece (%s), aligned to %#" PRIx64, r->size,
		 size_words(r->size).at, r->least_align.value);
	if (range_is_empty(best))
		fail_add(why, "  largest   no free run within the limits");
	else
		fail_add(why,
			 "  largest   free run within the limits has %#" PRIx64 " bytes (%s), at %#" PRIx64
			 "-%#" PRIx64,
			 range_size(best), size_words(range_size(best)).at, best.start, best.end);
	say_limits(r, why);
	if (r->min.by == C5 || r->max.by == C5)
		say_owners(r, map, why);
	if (r->min.by == C5 || r->max.by == C5)
		fail_add(why, "  try: another window, or none; nothing was changed");
	else
		fail_add(why, "  try: %smore memory or a smaller %s; nothing was changed",
			 less_of_the_line(map, r->max.by), part_name(r->part));
	return NO_PLACE;
}

enum status explain_failure(enum status status, const struct request request[N_PARTS], const struct free_memory *free,
			    const struct memmap *map, const struct plan_failure *failure, struct fail *why)
{
	struct range best = largest_run(&free->all, (struct range){0, UINT64_MAX});

	if (status == GAVE_UP)
		return fail_by(
		    why, GAVE_UP, C8,
		    "gave up looking for places: the search budget ended before all arrangements were tried");
	if (failure->part != N_PARTS) {
		const struct request *r = &request[failure->part];

		return r->exact.by != RULE_NONE ? explain_exact(r, map, why) : explain_alone(r, free, map, why);
	}
	(void)fail_by(why, NO_PLACE, C8, "each part fits alone, but no arrangement holds them together");
	for (size_t i = 0; i < N_PARTS; i++)
		if ((failure->parts >> i & 1) != 0)
			fail_add(why, "  %-8s  needs %#" PRIx64 " bytes (%s), aligned to %#" PRIx64,
				 part_name(request[i].part), request[i].size, size_words(request[i].size).at,
				 request[i].least_align.value);
	fail_add(why, "  largest   free run has %#" PRIx64 " bytes (%s)", range_size(best),
		 size_words(range_size(best)).at);
	fail_add(why, "  try: %smore memory or smaller files; nothing was changed", less_of_the_line(map, RULE_NONE));
	return NO_PLACE;
}
