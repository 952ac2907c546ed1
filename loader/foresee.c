/* SPDX-License-Identifier: BSD-2-Clause */
#include "foresee.h"

#include "../plan/explain.h"
#include "../plan/sketch.h"
#include "../policy/unmet.h"

static void tell_file(struct text *out, const char *what, const struct file *file)
{
	text_add(out, "%-9s %s  %s, %" PRIu64 " bytes\n", what, file->path, size_words(file->size).at, file->size);
}

static void tell_place(struct text *out, enum part part, const struct placement *placement)
{
	text_add(out, "%-9s %#" PRIx64 "-%#" PRIx64 "  %s, a multiple of %#" PRIx64 "  [%s]\n", part_name(part),
		 placement->at.start, placement->at.end, size_words(range_size(placement->at)).at, placement->align,
		 rule_row(placement->by)->id);
}

/* The sentence of each rule that decided a place, once. */
static void tell_rules(struct text *out, const struct plan *plan)
{
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++) {
		enum rule by = plan->part[i].by;
		bool told = range_is_empty(plan->part[i].at);

		for (size_t before = PART_KERNEL; before < i; before++)
			told |= !range_is_empty(plan->part[before].at) && plan->part[before].by == by;
		if (!told)
			text_add(out, "  %s  %s\n", rule_row(by)->id, rule_row(by)->sentence);
	}
}

static void tell_unmet(void *context, const char *sentence)
{
	text_add(context, "%s\n", sentence);
}

void foresee_tell(struct text *out, const struct boot *b, unsigned int columns)
{
	const struct situation *p = &b->situation;

	tell_file(out, "linux", &b->kernel);
	for (size_t i = 0; i < b->n_initrds; i++)
		tell_file(out, "initrd", &b->initrd[i]);
	text_add(out, "\n");
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		if (!range_is_empty(p->plan.part[i].at))
			tell_place(out, (enum part)i, &p->plan.part[i]);
	tell_rules(out, &p->plan);
	for (size_t i = 0; i < p->plan.copies.n; i++) {
		const struct copy *copy = &p->plan.copies.copy[i];

		if (!copy_moves(copy))
			continue;
		explain_copy(out, copy);
		text_add(out, "\n");
	}
	unmet_wishes(p, tell_unmet, out);
	text_add(out, "\n");
	sketch_memory(out, &p->survey.map, &p->plan, columns);
}

void foresee_refusal(struct text *out, const struct fail *why)
{
	const struct rule_row *rule = rule_row(why->rule);

	text_add(out, "%s\n", why->text);
	if (rule->id[0] != '\0')
		text_add(out, "  %s  %s\n", rule->id, rule->sentence);
}
