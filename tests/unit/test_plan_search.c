/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The planner finds a plan exactly when one exists, the first in order of preference where there is such a one, and
 * tells of every place that it did not take: held against brute force (oracle.h) in worlds of 24 cells, which are
 * pages or parts of huge pages. What it does on maps too large for brute force is told by its end.
 */
#include "oracle.h"

#define SCALE 100000 /* runs of a badly fragmented map */

/* ---- what a plan must be ---- */

static bool has_random(const struct small *s)
{
	for (unsigned int i = 0; i < N_PARTS; i++)
		for (size_t j = 0; j < s->request[i].n_choices; j++)
			if (s->request[i].choice[j].at_random)
				return true;
	return false;
}

static void expect_valid_part(const struct small *s, const struct oracle *o, const struct plan *plan, unsigned int part)
{
	const struct request *r = &s->request[part];
	const struct placement *p = &plan->part[part];
	uint64_t cell = (p->at.start - s->base) / s->cell;

	if (range_is_empty(p->at)) {
		assert_true(r->size == 0 || r->optional);
		return;
	}
	assert_true(range_size(p->at) == r->size);
	assert_true(p->at.start >= s->base && (p->at.start - s->base) % s->cell == 0 && cell < CELLS);
	assert_true((o->part[part].starts >> cell & 1) != 0);
	assert_true(p->align != 0 && p->at.start % p->align == 0);
	for (unsigned int i = 0; i < part; i++)
		assert_false(range_overlaps(plan->part[i].at, p->at));
}

static void expect_first(const struct small *s, const struct oracle_plan *first, const struct plan *plan)
{
	for (unsigned int i = 0; i < N_PARTS; i++) {
		const struct placement *p = &plan->part[i];

		if (first->cell[i] == NOWHERE) {
			assert_true(range_is_empty(p->at));
			continue;
		}
		assert_true(p->at.start == s->base + first->cell[i] * s->cell);
		assert_true(p->align == first->choice[i]->align);
		assert_int_equal(p->by, first->choice[i]->by);
	}
}

/* All choices of a part in the order in which they are tried, up to @taken (NULL: all of them). */
static void expect_part_refused(const struct small *s, const struct seen *seen, const struct oracle_part *p,
				unsigned int part, const struct oracle_choice *taken, struct range at)
{
	const struct request *r = &s->request[part];

	for (unsigned int j = 0; j < p->n; j++) {
		const struct choice *c = &r->choice[j % r->n_choices];
		const struct runs *runs =
		    p->n > r->n_choices && j < r->n_choices ? &s->memory.reliable : &s->memory.all;
		bool is_last = taken == &p->choice[j];

		if (!c->at_random && !(is_last && c->spares_huge_pages))
			expect_refusals(seen, r, c, runs, is_last ? at : (struct range){0, 0}, c->from_top);
		if (is_last)
			return;
	}
}

/* Returns whether there was a plan. */
static bool check_small(const struct small *s)
{
	static struct oracle oracle;
	static struct seen seen;
	struct plan_trace trace = {see_refusal, &seen};
	struct plan plan, again;
	struct plan_failure failure;
	struct oracle_plan first = {.cell = {0}};
	enum status status;
	unsigned int hopeless;

	oracle_of(s, &oracle);
	hopeless = oracle_alone(&oracle);
	seen.n = 0;
	seen.lost = false;
	status = plan_make(s->request, &s->memory, &plan, &failure, &trace);
	expect_true_refusals(&seen, s->request);
	if (hopeless != N_PARTS) {
		assert_int_equal(status, NO_PLACE);
		assert_int_equal(failure.part, hopeless);
		expect_part_refused(s, &seen, &oracle.part[hopeless], hopeless, NULL, (struct range){0, 0});
	} else if (!has_random(s) && oracle_first(&oracle, &first)) {
		assert_int_equal(status, OK);
		expect_first(s, &first, &plan);
		for (unsigned int i = 0; i < N_PARTS; i++)
			expect_part_refused(s, &seen, &oracle.part[i], i, first.choice[i], plan.part[i].at);
	} else {
		assert_int_equal(status, oracle_possible(&oracle) ? OK : NO_PLACE);
		assert_int_equal(failure.part, N_PARTS);
	}
	for (unsigned int i = 0; status == OK && i < N_PARTS; i++)
		expect_valid_part(s, &oracle, &plan, i);
	assert_int_equal(plan_make(s->request, &s->memory, &again, &failure, NULL), status);
	assert_memory_equal(&plan, &again, sizeof(plan));
	return status == OK;
}

/* ---- the tests ---- */

static void c8_a_plan_is_found_exactly_when_one_exists(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	unsigned long cases = cases_or(200000), found = 0;
	struct small s;

	(void)state;
	for (unsigned long i = 0; i < cases; i++) {
		make_small(&dice, &s, roll(&dice, 8) == 0 ? 4 : 3, true);
		found += check_small(&s);
	}
	print_message("plans found: %lu of %lu\n", found, cases);
	assert_in_range(found, cases / 10, cases - cases / 10); /* a world that decides nothing tests nothing */
}

static void c3_a_single_part_takes_the_outermost_place_of_its_first_choice(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	unsigned long cases = cases_or(200000);
	struct small s;

	(void)state;
	for (unsigned long i = 0; i < cases; i++) {
		make_small(&dice, &s, 1, false);
		(void)check_small(&s);
	}
}

/* ---- scale: 100,000 runs of 64 KiB with 64 KiB between them ---- */

struct large {
	struct range run[SCALE];
	struct free_memory memory;
	struct request request[N_PARTS];
};

static struct large large;

static void want(struct large *l, enum part part, uint64_t size, bool from_top)
{
	request_init(&l->request[part], part, size);
	l->request[part].choice[0] =
	    (struct choice){.window = {0, UINT64_MAX}, .align = EFI_PAGE, .from_top = from_top, .by = C3};
	l->request[part].n_choices = size == 0 ? 0 : 1;
}

static void make_large(struct large *l)
{
	for (size_t i = 0; i < SCALE; i++)
		l->run[i] = (struct range){GIB(1) + i * KIB(128), GIB(1) + i * KIB(128) + KIB(64)};
	l->memory = (struct free_memory){.all = {l->run, SCALE, SCALE}};
	for (unsigned int i = 0; i < N_PARTS; i++)
		want(l, (enum part)i, i == PART_BOUNCE ? 0 : KIB(64), true);
}

/*
 * Pages 3-24 are free. The kernel, 8 pages below page 20 from the top, would lie at 12-20, the initrd, 10 pages from
 * the bottom, at 3-13: whoever comes first leaves the other too little, in either order. With both from the top it
 * goes.
 */
static void c8_parts_from_both_ends_may_have_to_share_one_side(void **state)
{
	struct range run[] = {{3 * EFI_PAGE, 24 * EFI_PAGE}};
	struct free_memory memory = {.all = {run, 1, 1}};
	struct request request[N_PARTS];
	struct plan plan;
	struct plan_failure failure;

	(void)state;
	for (unsigned int i = 0; i < N_PARTS; i++) {
		request_init(&request[i], (enum part)i,
			     i > PART_INITRD	? 0
			     : i == PART_KERNEL ? 8 * EFI_PAGE
						: 10 * EFI_PAGE);
		request[i].choice[0] = (struct choice){
		    .window = {0, UINT64_MAX}, .align = EFI_PAGE, .from_top = i == PART_KERNEL, .by = C3};
		request[i].n_choices = 1;
	}
	at_most(&request[PART_KERNEL].max, 20 * EFI_PAGE, X4);
	assert_int_equal(plan_make(request, &memory, &plan, &failure, NULL), OK);
	assert_true(plan.part[PART_KERNEL].at.start == 6 * EFI_PAGE);
	assert_true(plan.part[PART_INITRD].at.start == 14 * EFI_PAGE);
	/* And one that may be missing has its place all the same: the last. */
	request[PART_BOUNCE].size = 2 * EFI_PAGE;
	request[PART_BOUNCE].optional = true;
	assert_int_equal(plan_make(request, &memory, &plan, &failure, NULL), OK);
	assert_true(plan.part[PART_KERNEL].at.start == 6 * EFI_PAGE);
	assert_true(plan.part[PART_INITRD].at.start == 14 * EFI_PAGE);
	assert_true(plan.part[PART_BOUNCE].at.start == 4 * EFI_PAGE);
}

static void c8_a_fragmented_map_is_planned(void **state)
{
	struct large *l = &large;
	struct plan plan;
	struct plan_failure failure;

	(void)state;
	make_large(l);
	assert_int_equal(plan_make(l->request, &l->memory, &plan, &failure, NULL), OK);
	assert_true(plan.part[PART_KERNEL].at.start == l->run[SCALE - 1].start);
	assert_true(plan.part[PART_INITRD].at.start == l->run[SCALE - 2].start);
	assert_true(plan.part[PART_HANDOFF].at.start == l->run[SCALE - 3].start);
}

/* Whichever part it is, it is named: not searched for among all places of the others until the budget ends. */
static void c8_one_hopeless_part_on_a_fragmented_map_is_named(void **state)
{
	struct large *l = &large;
	struct plan plan;
	struct plan_failure failure;

	(void)state;
	make_large(l);
	for (unsigned int part = 0; part < PART_BOUNCE; part++) {
		want(l, (enum part)part, KIB(68), true);
		assert_int_equal(plan_make(l->request, &l->memory, &plan, &failure, NULL), NO_PLACE);
		assert_int_equal(failure.part, part);
		want(l, (enum part)part, KIB(64), true);
	}
}

static void c8_an_optional_part_that_fits_nowhere_is_left_out_of_a_fragmented_map(void **state)
{
	struct large *l = &large;
	struct plan plan;
	struct plan_failure failure;

	(void)state;
	make_large(l);
	want(l, PART_BOUNCE, MIB(1), true);
	l->request[PART_BOUNCE].optional = true;
	assert_int_equal(plan_make(l->request, &l->memory, &plan, &failure, NULL), OK);
	assert_true(range_is_empty(plan.part[PART_BOUNCE].at));
}

/* ---- what firmware would not give ---- */

static void c3_what_firmware_refuses_is_taken_out_and_nothing_else(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	struct fail why;
	struct small s;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int page = roll(&dice, CELLS), pages = 1 + roll(&dice, CELLS - page);
		uint64_t start;
		struct range left[CELLS];
		size_t n;

		make_small(&dice, &s, 1, false);
		start = s.base + page * s.cell;
		assert_int_equal(free_memory_remove(&s.memory, (struct range){start, start + pages * s.cell}, &why),
				 OK);
		n = runs_of(&s, s.free & ~(low_bits(pages) << page), left);
		assert_int_equal(s.memory.all.count, n);
		assert_memory_equal(s.memory.all.run, left, n * sizeof(left[0]));
		n = runs_of(&s, s.reliable & ~(low_bits(pages) << page), left);
		assert_int_equal(s.memory.reliable.count, n);
		assert_memory_equal(s.memory.reliable.run, left, n * sizeof(left[0]));
	}
}

static void c3_more_refusals_than_there_is_room_for_are_told(void **state)
{
	struct range run[1] = {{MIB(16), MIB(32)}};
	struct free_memory memory = {.all = {run, 1, 1}};
	struct fail why;

	(void)state;
	assert_int_equal(free_memory_remove(&memory, (struct range){MIB(20), MIB(21)}, &why), GAVE_UP);
	assert_true(why.text[0] != '\0');
}

/* Each run is in a buffer of exactly the room that there is. */
static void c3_a_run_that_is_taken_whole_is_gone(void **state)
{
	struct range *run = malloc(2 * sizeof(*run));
	struct free_memory memory = {.all = {run, 2, 2}};
	struct fail why;

	(void)state;
	run[0] = (struct range){MIB(16), MIB(32)};
	run[1] = (struct range){MIB(48), MIB(64)};
	assert_int_equal(free_memory_remove(&memory, (struct range){MIB(16), MIB(32)}, &why), OK);
	assert_int_equal(memory.all.count, 1);
	assert_true(run[0].start == MIB(48) && run[0].end == MIB(64));
	free(run);
}

/* The only run that is large enough lies below more of them than are looked at: that is no proof that there is none. */
static void c8_a_search_that_ends_with_its_budget_proves_nothing(void **state)
{
	const size_t n = 1300000;
	struct range *run = malloc(n * sizeof(*run));
	struct free_memory memory = {.all = {run, n, n}};
	struct request request[N_PARTS] = {0};
	struct plan_failure failure;
	struct plan plan;

	(void)state;
	assert_non_null(run);
	run[0] = (struct range){MIB(16), MIB(32)};
	for (size_t i = 1; i < n; i++)
		run[i] = (struct range){MIB(64) + i * 8192, MIB(64) + i * 8192 + 4096};
	request_init(&request[PART_KERNEL], PART_KERNEL, MIB(1));
	request[PART_KERNEL].choice[0] = (struct choice){.window = {0, UINT64_MAX}, .align = 4096, .by = C3};
	request[PART_KERNEL].n_choices = 1;
	assert_int_equal(plan_make(request, &memory, &plan, &failure, NULL), GAVE_UP);
	memory.all.count = memory.all.room = 1000000;
	assert_int_equal(plan_make(request, &memory, &plan, &failure, NULL), OK);
	assert_int_equal(plan.part[PART_KERNEL].at.start, MIB(16));
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c8_a_plan_is_found_exactly_when_one_exists),
	    cmocka_unit_test(c3_a_single_part_takes_the_outermost_place_of_its_first_choice),
	    cmocka_unit_test(c8_parts_from_both_ends_may_have_to_share_one_side),
	    cmocka_unit_test(c8_a_fragmented_map_is_planned),
	    cmocka_unit_test(c8_an_optional_part_that_fits_nowhere_is_left_out_of_a_fragmented_map),
	    cmocka_unit_test(c3_what_firmware_refuses_is_taken_out_and_nothing_else),
	    cmocka_unit_test(c3_more_refusals_than_there_is_room_for_are_told),
	    cmocka_unit_test(c3_a_run_that_is_taken_whole_is_gone),
	    cmocka_unit_test(c8_a_search_that_ends_with_its_budget_proves_nothing),
	    cmocka_unit_test(c8_one_hopeless_part_on_a_fragmented_map_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
