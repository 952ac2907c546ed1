/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Planning on 100,000 descriptors costs no worse than n log n, and where the search cannot end it gives up and says so.
 * Work is counted, not timed: gcc's -fsanitize-coverage=trace-pc calls the counter below at each basic block of
 * memmap.c, plan.c, candidates.c and fit.c (Makefile).
 */
#include <math.h>

#include "large.h"

static uint64_t blocks;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

static struct large large;

static void count_refusal(void *count, const struct refusal *refusal)
{
	(void)refusal;
	++*(uint64_t *)count;
}

static uint64_t blocks_of(enum large_case which, size_t n, enum status status, uint64_t *refusals)
{
	struct plan_trace trace = {count_refusal, refusals};

	large_make(&large, which, n);
	blocks = 0;
	assert_int_equal(large_run(&large, which, refusals == NULL ? NULL : &trace), status);
	assert_in_range(blocks, 1, UINT64_MAX);
	return blocks;
}

/* From 1,000 descriptors to 100,000 the work may grow by 100 * log 100,000 / log 1,000, and a tenth for luck. */
static void expect_n_log_n(enum large_case which, enum status status)
{
	uint64_t few = blocks_of(which, LARGE / 100, status, NULL), many = blocks_of(which, LARGE, status, NULL);
	double bound = 100 * log(LARGE) / log(LARGE / 100);

	print_message("%s: %" PRIu64 " basic blocks for 1,000 descriptors, %" PRIu64 " for 100,000\n",
		      large_case_name[which], few, many);
	if ((double)many > 1.1 * bound * (double)few)
		fail_msg("grew %d times; n log n grows %d times", (int)(many / few), (int)bound);
}

static void c3_sorting_100000_descriptors_is_n_log_n(void **state)
{
	(void)state;
	expect_n_log_n(LARGE_SORT, OK);
	for (size_t i = 1; i < large.map.count; i++)
		assert_true(large.map.entry[i - 1].at.start < large.map.entry[i].at.start);
	assert_int_equal(large.memory.all.count, LARGE / 2);
}

static void c3_planning_on_100000_descriptors_is_n_log_n(void **state)
{
	(void)state;
	expect_n_log_n(LARGE_AT_ONCE, OK);
	expect_n_log_n(LARGE_LAST_RUN, OK);
	assert_true(large.plan.part[PART_INITRD].at.end <= MIB(132));
	expect_n_log_n(LARGE_NOWHERE, NO_PLACE);
	assert_int_equal(large.failure.part, PART_INITRD);
}

/* Each run is refused once by each choice of the part that fits nowhere: no more, however many others there are. */
static void c3_refusals_grow_with_the_map_and_no_faster(void **state)
{
	uint64_t few = 0, many = 0;

	(void)state;
	(void)blocks_of(LARGE_NOWHERE, LARGE / 10, NO_PLACE, &few);
	(void)blocks_of(LARGE_NOWHERE, LARGE, NO_PLACE, &many);
	assert_in_range(few, LARGE / 20, 3 * LARGE / 20);
	assert_in_range(many, 9 * few, 11 * few);
}

static void c8_a_search_past_its_budget_gives_up_and_never_says_impossible(void **state)
{
	uint64_t work = blocks_of(LARGE_BUDGET, LARGE, GAVE_UP, NULL);

	(void)state;
	assert_in_range(work, 1000000, UINT64_C(20000000000)); /* three passes of 20 million runs, and some: it ends */
	assert_int_equal(explain_failure(GAVE_UP, large.request, &large.memory, &large.map, &large.failure, &large.why),
			 GAVE_UP);
	assert_int_equal(large.why.status, GAVE_UP);
	assert_int_equal(large.why.rule, C8);
	assert_non_null(strstr(large.why.text, "gave up"));
	assert_null(strstr(large.why.text, "impossible"));
	assert_null(strstr(large.why.text, "no arrangement"));
	assert_null(strstr(large.why.text, "no free memory"));
	for (unsigned int part = 0; part < N_PARTS; part++)
		assert_true(range_is_empty(large.plan.part[part].at));
}

/* The same demands with fewer ways, which the search can end: then it knows, and says, that they cannot be met. */
static void c8_a_search_that_ends_says_that_no_arrangement_holds_all(void **state)
{
	(void)state;
	(void)blocks_of(LARGE_BUDGET, 1, NO_PLACE, NULL);
	assert_int_equal(large.failure.part, N_PARTS);
	(void)explain_failure(NO_PLACE, large.request, &large.memory, &large.map, &large.failure, &large.why);
	assert_non_null(strstr(large.why.text, "no arrangement"));
	assert_null(strstr(large.why.text, "gave up"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c3_sorting_100000_descriptors_is_n_log_n),
	    cmocka_unit_test(c3_planning_on_100000_descriptors_is_n_log_n),
	    cmocka_unit_test(c3_refusals_grow_with_the_map_and_no_faster),
	    cmocka_unit_test(c8_a_search_past_its_budget_gives_up_and_never_says_impossible),
	    cmocka_unit_test(c8_a_search_that_ends_says_that_no_arrangement_holds_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
