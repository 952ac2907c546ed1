/* SPDX-License-Identifier: BSD-2-Clause */
#include "aftermath.h"

/* The parts that take memory from the booted kernel. */
static bool takes_memory(enum part part)
{
	return part != PART_KEPT && part != PART_BOUNCE;
}

static uint64_t free_below(const struct runs *free, uint64_t limit)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < free->count; i++) {
		struct range part = range_common(free->run[i], (struct range){0, limit});

		sum += range_is_empty(part) ? 0 : range_size(part);
	}
	return sum;
}

/* Counts free memory only: boot-services memory (C6) was not free before. */
static uint64_t taken_below(const struct plan *plan, const struct runs *free, uint64_t limit)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < N_PARTS; i++) {
		struct range part = range_common(plan->part[i].at, (struct range){0, limit});

		for (size_t r = 0; takes_memory((enum part)i) && !range_is_empty(part) && r < free->count; r++) {
			struct range both = range_common(free->run[r], part);

			sum += range_is_empty(both) ? 0 : range_size(both);
		}
	}
	return sum;
}

static struct before_after free_bytes(const struct plan *plan, const struct runs *free, uint64_t limit)
{
	uint64_t before = free_below(free, limit);

	return (struct before_after){before, before - taken_below(plan, free, limit)};
}

/* The lowest place that reaches into @run at or above @from; NULL when there is none. */
static const struct range *next_taken(const struct plan *plan, struct range run, uint64_t from)
{
	const struct range *next = NULL;

	for (size_t i = 0; i < N_PARTS; i++) {
		const struct range *at = &plan->part[i].at;

		if (takes_memory((enum part)i) && range_overlaps(*at, (struct range){from, run.end}) &&
		    (next == NULL || at->start < next->start))
			next = at;
	}
	return next;
}

static uint64_t whole_pages(struct range piece)
{
	uint64_t first;

	if (checked_align_up(piece.start, GIB(1), &first) || first >= piece.end)
		return 0;
	return (piece.end - first) / GIB(1);
}

/* Walks what is left of each run between the places in it. */
static void look_at_rest(const struct plan *plan, const struct runs *free, struct aftermath *aftermath)
{
	for (size_t i = 0; i < free->count; i++) {
		struct range run = free->run[i], piece = {run.start, run.end};

		aftermath->gib_pages.before += whole_pages(run);
		while (piece.start < run.end) {
			const struct range *next = next_taken(plan, run, piece.start);

			piece.end = next == NULL ? run.end : next->start < piece.start ? piece.start : next->start;
			aftermath->gib_pages.after += whole_pages(piece);
			if (range_size(piece) > range_size(aftermath->largest_left))
				aftermath->largest_left = piece;
			piece.start = next == NULL ? run.end : next->end;
		}
	}
}

void aftermath_of(const struct plan *plan, const struct runs *free, bool kernel_may_move, struct aftermath *aftermath)
{
	*aftermath = (struct aftermath){
	    .below_16m = free_bytes(plan, free, MIB(16)),
	    .below_4g = free_bytes(plan, free, GIB(4)),
	    .kernel_may_move = kernel_may_move,
	};
	look_at_rest(plan, free, aftermath);
}

void aftermath_left(struct text *text, const struct aftermath *o)
{
	text_add(text, "left %s of %s below 16 MiB, ", size_words(o->below_16m.after).at,
		 size_words(o->below_16m.before).at);
	text_add(text, "%s of %s below 4 GiB, ", size_words(o->below_4g.after).at, size_words(o->below_4g.before).at);
	text_add(text, "%" PRIu64 " of %" PRIu64 " whole 1 GiB pages; ", o->gib_pages.after, o->gib_pages.before);
	text_add(text, "the largest run has %s at %#" PRIx64, size_words(range_size(o->largest_left)).at,
		 o->largest_left.start);
}

void aftermath_moves(struct text *text, const struct aftermath *o)
{
	text_add(text,
		 o->kernel_may_move
		     ? "no nokaslr on the command line: a kernel built with KASLR moves itself again, to a random "
		       "place [X9]"
		     : "the kernel stays where it is put [X9]");
}
