/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every free map of 14 pages with every size, every alignment, every window that could hold it, from either end: the
 * planner gives the outermost place that there is, and refuses exactly when there is none. The places are found by
 * shifting masks; built without sanitizers (Makefile), for there are 73 million cases.
 */
#include "oracle.h"

#define PAGES  14
#define ALIGNS 4 /* 1, 2, 4 and 8 pages */

static struct request request[N_PARTS];
static struct small world_of_pages;

/* 0: nowhere; else the page after the start. */
static unsigned int planned(const struct free_memory *memory)
{
	struct plan plan;
	struct plan_failure failure;

	if (plan_make(request, memory, &plan, &failure, NULL) != OK)
		return 0;
	if (range_size(plan.part[PART_KERNEL].at) != request[PART_KERNEL].size)
		return PAGES + 1;
	return (unsigned int)(plan.part[PART_KERNEL].at.start / EFI_PAGE) + 1;
}

/* All alignments and both directions of one size in one window of one map; returns how many disagree. */
static unsigned int wrong_cases(const struct small *s, unsigned int size, struct range window)
{
	static const uint64_t aligned[ALIGNS] = {0x3fff, 0x1555, 0x1111, 0x0101};
	uint64_t inside = low_bits((unsigned int)window.end) & ~low_bits((unsigned int)window.start);
	uint64_t anywhere = oracle_starts(s->free & inside, size);
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < 2 * ALIGNS; i++) {
		uint64_t starts = anywhere & aligned[i / 2];
		bool from_top = i % 2 == 0;
		unsigned int best = starts == 0 ? 0
				    : from_top	? 64 - (unsigned int)__builtin_clzll(starts)
						: 1 + (unsigned int)__builtin_ctzll(starts);

		request[PART_KERNEL].choice[0] =
		    (struct choice){.window = {window.start * EFI_PAGE, window.end * EFI_PAGE},
				    .align = EFI_PAGE << i / 2,
				    .from_top = from_top,
				    .by = C3};
		wrong += planned(&s->memory) != best;
	}
	return wrong;
}

static void c3_every_map_of_14_pages_agrees_with_brute_force(void **state)
{
	struct small *s = &world_of_pages;
	unsigned long maps = 0, cases = 0, wrong = 0;

	(void)state;
	for (unsigned int i = 0; i < N_PARTS; i++)
		request_init(&request[i], (enum part)i, 0);
	request[PART_KERNEL].n_choices = 1;
	s->cell = EFI_PAGE;
	for (s->free = 0; s->free < 1u << PAGES; s->free++) {
		if (!in_sample())
			continue;
		maps++;
		lay_out(s);
		for (unsigned int size = 1; size <= PAGES; size++) {
			request[PART_KERNEL].size = size * EFI_PAGE;
			for (unsigned int start = 0; start + size <= PAGES; start++)
				for (unsigned int end = start + size; end <= PAGES; end++) {
					wrong += wrong_cases(s, size, (struct range){start, end});
					cases += 2 * ALIGNS;
				}
		}
	}
	print_message("%lu cases, %lu wrong\n", cases, wrong);
	assert_true(maps >= 16384 / 2 / share() && (share() > 1 || maps == 16384));
	assert_int_equal(cases, maps * 560 * ALIGNS * 2); /* 560: windows of each size and longer */
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c3_every_map_of_14_pages_agrees_with_brute_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
