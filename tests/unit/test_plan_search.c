/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The planner finds a plan exactly when one exists, and every plan it gives is valid: held against brute force over
 * every place of every part in worlds of 24 pages. What it does on maps too large for brute force is told by its end.
 */
#include "given.h"

#define PAGES	  24
#define MAX_PARTS 4
#define CASES	  200000
#define SCALE	  100000 /* runs of a badly fragmented map */

/* A world of a few pages from @base; bit n of a mask is page n. */
struct small {
	uint64_t base;
	uint32_t free, reliable;
	struct request request[N_PARTS];
	struct range run[PAGES], reliable_run[PAGES];
	struct free_memory memory;
};

static uint32_t bits(unsigned int n)
{
	return (uint32_t)((UINT64_C(1) << n) - 1);
}

static size_t runs_of(uint64_t base, uint32_t mask, struct range *run)
{
	size_t n = 0;

	for (unsigned int page = 0; page < PAGES; page++) {
		uint64_t at = base + page * EFI_PAGE;

		if ((mask >> page & 1) == 0)
			continue;
		if (n != 0 && run[n - 1].end == at)
			run[n - 1].end += EFI_PAGE;
		else
			run[n++] = (struct range){at, at + EFI_PAGE};
	}
	return n;
}

static void lay_out(struct small *s)
{
	s->memory.all = (struct runs){s->run, runs_of(s->base, s->free, s->run), PAGES};
	s->memory.reliable = (struct runs){s->reliable_run, runs_of(s->base, s->reliable, s->reliable_run), PAGES};
}

/* ---- the oracle ---- */

/* May @r lie at @page by this choice, were it alone? From the meaning of the fields, not from the planner. */
static bool fits(const struct small *s, const struct request *r, const struct choice *c, uint32_t memory,
		 unsigned int page)
{
	uint64_t start = s->base + page * EFI_PAGE, end = start + r->size;
	unsigned int pages = (unsigned int)(r->size / EFI_PAGE);
	uint32_t mask = bits(pages) << page;

	return page + pages <= PAGES && (memory & mask) == mask && start % c->align == 0 && start >= r->min.value &&
	       end <= r->max.value && start >= c->window.start && end <= c->window.end;
}

static bool fits_by_any(const struct small *s, const struct request *r, unsigned int page)
{
	for (size_t i = 0; i < r->n_choices; i++)
		if (fits(s, r, &r->choice[i], s->free, page))
			return true;
	return false;
}

/* Every way to place the parts from @part on, optional ones left out: they are never a reason to refuse. */
static bool solvable(const struct small *s, unsigned int part, uint32_t taken)
{
	const struct request *r = &s->request[part];
	unsigned int pages;

	if (part == N_PARTS)
		return true;
	if (r->size == 0 || r->optional)
		return solvable(s, part + 1, taken);
	pages = (unsigned int)(r->size / EFI_PAGE);
	for (unsigned int page = 0; page + pages <= PAGES; page++) {
		uint32_t mask = bits(pages) << page;

		if ((taken & mask) == 0 && fits_by_any(s, r, page) && solvable(s, part + 1, taken | mask))
			return true;
	}
	return false;
}

/* A single part: the first choice that has a place, reliable memory first; its outermost place. */
static bool best_alone(const struct small *s, const struct request *r, unsigned int *best)
{
	for (unsigned int i = 0; i < 2 * r->n_choices; i++) {
		const struct choice *c = &r->choice[i % r->n_choices];
		uint32_t memory = i < r->n_choices ? s->reliable : s->free;

		for (unsigned int n = 0; n < PAGES; n++) {
			*best = c->from_top ? PAGES - 1 - n : n;
			if (fits(s, r, c, memory, *best))
				return true;
		}
	}
	return false;
}

/* ---- worlds ---- */

static uint64_t some_page(struct dice *dice, uint64_t base)
{
	return base + roll(dice, PAGES + 1) * EFI_PAGE;
}

static void make_request(struct dice *dice, const struct small *s, struct request *r)
{
	r->size = (1 + roll(dice, roll(dice, 2) == 0 ? 3 : 10)) * EFI_PAGE;
	r->optional = r->part != PART_KERNEL && roll(dice, 8) == 0;
	if (roll(dice, 3) == 0)
		at_least(&r->min, some_page(dice, s->base), X2);
	if (roll(dice, 3) == 0)
		at_most(&r->max, some_page(dice, s->base), X4);
	r->n_choices = 1 + roll(dice, 3);
	for (size_t i = 0; i < r->n_choices; i++) {
		struct choice *c = &r->choice[i];

		*c = (struct choice){{0, UINT64_MAX}, EFI_PAGE << roll(dice, 4), roll(dice, 2) == 0, C3};
		if (roll(dice, 2) == 0)
			c->window = (struct range){some_page(dice, s->base), some_page(dice, s->base)};
	}
}

static void make_world(struct dice *dice, struct small *s, unsigned int max_parts)
{
	static const uint64_t bases[] = {0, GIB(4) - 8 * EFI_PAGE, TIB(64), UINT64_MAX - 32 * EFI_PAGE + 1};
	unsigned int parts = 1 + roll(dice, max_parts);

	memset(s, 0, sizeof(*s));
	s->base = bases[roll(dice, COUNT_OF(bases))];
	s->free = bits(PAGES) & (uint32_t)(roll64(dice) | (roll(dice, 2) == 0 ? roll64(dice) : 0) |
					   (roll(dice, 2) == 0 ? roll64(dice) : 0));
	s->reliable = roll(dice, 3) == 0 ? s->free & (uint32_t)roll64(dice) : 0;
	lay_out(s);
	for (unsigned int i = 0; i < N_PARTS; i++) {
		request_init(&s->request[i], (enum part)i, 0);
		if (i < parts)
			make_request(dice, s, &s->request[i]);
	}
}

/* ---- what a plan must be ---- */

static void expect_valid_part(const struct small *s, const struct plan *plan, unsigned int part)
{
	const struct request *r = &s->request[part];
	const struct placement *p = &plan->part[part];
	unsigned int page = (unsigned int)((p->at.start - s->base) / EFI_PAGE);

	if (range_is_empty(p->at)) {
		assert_true(r->size == 0 || r->optional);
		return;
	}
	assert_true(range_size(p->at) == r->size);
	assert_true(p->at.start >= s->base && p->at.start % EFI_PAGE == 0);
	assert_true(fits_by_any(s, r, page));
	assert_true(p->align != 0 && p->at.start % p->align == 0);
	for (unsigned int i = 0; i < part; i++)
		assert_false(range_overlaps(plan->part[i].at, p->at));
}

/* Returns whether there was a plan. */
static bool check_world(const struct small *s)
{
	struct plan plan, again;
	struct plan_failure failure;
	enum status status = plan_make(s->request, &s->memory, &plan, &failure, NULL);

	assert_int_equal(status, solvable(s, 0, 0) ? OK : NO_PLACE);
	if (status == OK)
		for (unsigned int i = 0; i < N_PARTS; i++)
			expect_valid_part(s, &plan, i);
	else if (failure.part != N_PARTS)
		for (unsigned int page = 0; page < PAGES; page++)
			assert_false(fits_by_any(s, &s->request[failure.part], page));
	assert_int_equal(plan_make(s->request, &s->memory, &again, &failure, NULL), status);
	for (unsigned int i = 0; status == OK && i < N_PARTS; i++)
		assert_true(plan.part[i].at.start == again.part[i].at.start);
	return status == OK;
}

static void check_single(const struct small *s)
{
	struct plan plan;
	struct plan_failure failure;
	unsigned int best;

	if (best_alone(s, &s->request[PART_KERNEL], &best)) {
		assert_int_equal(plan_make(s->request, &s->memory, &plan, &failure, NULL), OK);
		assert_true(plan.part[PART_KERNEL].at.start == s->base + best * EFI_PAGE);
	} else {
		assert_int_equal(plan_make(s->request, &s->memory, &plan, &failure, NULL), NO_PLACE);
		assert_int_equal(failure.part, PART_KERNEL);
	}
}

/* ---- the tests ---- */

static void c8_a_plan_is_found_exactly_when_one_exists(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	unsigned int found = 0;
	struct small s;

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		make_world(&dice, &s, MAX_PARTS);
		found += check_world(&s);
	}
	print_message("plans found: %u of %u\n", found, CASES);
	assert_in_range(found, CASES / 10, CASES - CASES / 10); /* a world that decides nothing tests nothing */
}

static void c3_a_single_part_takes_the_outermost_place_of_its_first_choice(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	struct small s;

	(void)state;
	for (unsigned int i = 0; i < CASES / 2; i++) {
		make_world(&dice, &s, 1);
		check_single(&s);
	}
}

/* Every free map of 14 pages, every size up to 6 pages, three alignments, both directions. */
static void c3_every_map_of_14_pages_agrees_with_brute_force(void **state)
{
	static struct small s;

	(void)state;
	request_init(&s.request[PART_KERNEL], PART_KERNEL, 0);
	s.request[PART_KERNEL].n_choices = 1;
	for (s.free = 0; s.free < 1u << 14; s.free++) {
		lay_out(&s);
		for (unsigned int n = 0; n < 6 * 3 * 2; n++) {
			s.request[PART_KERNEL].size = (1 + n % 6) * EFI_PAGE;
			s.request[PART_KERNEL].choice[0] =
			    (struct choice){{0, UINT64_MAX}, EFI_PAGE << n / 6 % 3, n / 18 == 0, C3};
			check_single(&s);
		}
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
	l->request[part].choice[0] = (struct choice){{0, UINT64_MAX}, EFI_PAGE, from_top, C3};
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
		unsigned int page = roll(&dice, PAGES), pages = 1 + roll(&dice, PAGES - page);
		uint64_t start;
		struct range left[PAGES];
		size_t n;

		make_world(&dice, &s, 1);
		start = s.base + page * EFI_PAGE;
		assert_int_equal(free_memory_remove(&s.memory, (struct range){start, start + pages * EFI_PAGE}, &why),
				 OK);
		n = runs_of(s.base, s.free & ~(bits(pages) << page), left);
		assert_int_equal(s.memory.all.count, n);
		assert_memory_equal(s.memory.all.run, left, n * sizeof(left[0]));
		n = runs_of(s.base, s.reliable & ~(bits(pages) << page), left);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c8_a_plan_is_found_exactly_when_one_exists),
	    cmocka_unit_test(c3_a_single_part_takes_the_outermost_place_of_its_first_choice),
	    cmocka_unit_test(c3_every_map_of_14_pages_agrees_with_brute_force),
	    cmocka_unit_test(c8_a_fragmented_map_is_planned),
	    cmocka_unit_test(c8_an_optional_part_that_fits_nowhere_is_left_out_of_a_fragmented_map),
	    cmocka_unit_test(c3_what_firmware_refuses_is_taken_out_and_nothing_else),
	    cmocka_unit_test(c3_more_refusals_than_there_is_room_for_are_told),
	    cmocka_unit_test(c8_one_hopeless_part_on_a_fragmented_map_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
