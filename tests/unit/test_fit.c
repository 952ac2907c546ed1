/* SPDX-License-Identifier: BSD-2-Clause */
/* The search of free runs at its edges: exactly the runs that are looked at, and places at the end of 64 bits. */
#include "given.h"

#include "../../plan/fit.h"

static const struct range run[] = {{0x1000, 0x2000}, {0x3000, 0x5000}, {0x8000, 0x9000}, {0xa000, 0xb000}};

static void expect_span(uint64_t start, uint64_t end, size_t low, size_t high)
{
	struct fit_span span = fit_runs_in(run, COUNT_OF(run), (struct range){start, end});

	assert_int_equal(span.low, low);
	assert_int_equal(span.high, high);
}

static void c1_the_runs_that_overlap_a_window_are_found_exactly(void **state)
{
	(void)state;
	expect_span(0, UINT64_MAX, 0, 4);
	expect_span(0x2000, 0x3000, 1, 1);
	expect_span(0x1fff, 0x3001, 0, 2);
	expect_span(0x2000, 0x3001, 1, 2);
	expect_span(0x4000, 0x8000, 1, 2);
	expect_span(0x5000, 0x8001, 2, 3);
	expect_span(0x9000, 0xa000, 3, 3);
	expect_span(0xb000, UINT64_MAX, 4, 4);
	expect_span(0, 0x1000, 0, 0);
}

static void c1_no_place_goes_around_the_end_of_64_bits(void **state)
{
	static const struct range last = {UINT64_MAX - 0xfff, UINT64_MAX};
	struct fit fit = {.size = 1, .align = 0x1000, .limits = {0, UINT64_MAX}};
	struct range at = fit_in_run(&fit, last);

	(void)state;
	assert_true(at.start == last.start && at.end == last.start + 1);
	fit.align = 0x10000;
	assert_true(range_is_empty(fit_in_run(&fit, last)));
	fit.from_top = true;
	assert_true(range_is_empty(fit_in_run(&fit, last)));
	/* A place at 0 would be taken for one that is free. */
	fit.from_top = false;
	assert_int_equal(fit_in_runs(&fit, &last, 1).run, 1);
	assert_true(range_is_empty(fit_in_runs(&fit, &last, 1).at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c1_the_runs_that_overlap_a_window_are_found_exactly),
	    cmocka_unit_test(c1_no_place_goes_around_the_end_of_64_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
