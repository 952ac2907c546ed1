/* SPDX-License-Identifier: BSD-2-Clause */
/* The planner: whatever the requests and the memory, a plan lies in free memory, within limits, without overlaps. */
#include "fuzz.h"

#include "../../plan/search.h"

#define RUNS 8

static size_t take_runs(struct bytes *input, struct range *run)
{
	uint64_t at = take_number(input, 1) * MIB(256);
	size_t n = take_number(input, 1) % RUNS;

	for (size_t i = 0; i < n; i++) {
		at += (1 + take_number(input, 2)) * EFI_PAGE;
		run[i].start = at;
		at += (1 + take_number(input, 2)) * EFI_PAGE;
		run[i].end = at;
	}
	return n;
}

static void take_request(struct bytes *input, struct request *r, enum part part)
{
	request_init(r, part, take_number(input, 2) * EFI_PAGE);
	r->optional = part == PART_BOUNCE;
	at_least(&r->min, take_number(input, 3) * EFI_PAGE, X2);
	if (take_number(input, 1) % 2 == 0)
		at_most(&r->max, take_number(input, 4) * EFI_PAGE, X4);
	r->n_choices = 1 + take_number(input, 1) % 3;
	for (size_t i = 0; i < r->n_choices; i++) {
		uint64_t flags = take_number(input, 1);

		r->choice[i] = (struct choice){.window = {0, UINT64_MAX},
					       .align = EFI_PAGE << flags % 16,
					       .from_top = (flags & 16) != 0,
					       .by = C3,
					       .spares_huge_pages = (flags & 32) != 0,
					       .at_random = (flags & 64) != 0,
					       .entropy = flags * 77};
		if ((flags & 128) != 0)
			r->choice[i].window =
			    (struct range){take_number(input, 3) * EFI_PAGE, take_number(input, 4) * EFI_PAGE};
	}
}

static void check_part(const struct request *r, const struct placement *p, const struct runs *runs)
{
	bool free = false, chosen = false;

	if (range_is_empty(p->at)) {
		REQUIRE(r->size == 0 || r->optional);
		return;
	}
	for (size_t i = 0; i < runs->count; i++)
		free |= range_contains(runs->run[i], p->at);
	for (size_t i = 0; i < r->n_choices; i++)
		chosen |= range_contains(r->choice[i].window, p->at) && p->at.start % r->choice[i].align == 0 &&
			  p->align == r->choice[i].align;
	REQUIRE(free && chosen && range_size(p->at) == r->size);
	REQUIRE(p->at.start >= r->min.value && p->at.end <= r->max.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct range run[RUNS + 8];
	struct free_memory memory = {.reliable = {run, 0, 0}, .all = {run, 0, RUNS + 8}};
	static struct request request[N_PARTS];
	struct plan_failure failure;
	struct plan plan;
	enum status status;

	memory.all.count = take_runs(&input, run);
	/* Three parts at most: what more of them cost is the budget's business, and known. */
	for (size_t i = 0; i < N_PARTS; i++) {
		take_request(&input, &request[i], (enum part)i);
		if (i == PART_HANDOFF || i == PART_KEPT)
			request[i].size = 0;
	}
	status = plan_make(request, &memory, &plan, &failure, NULL);
	REQUIRE(status == OK || status == NO_PLACE || status == GAVE_UP);
	for (size_t i = 0; status == OK && i < N_PARTS; i++) {
		check_part(&request[i], &plan.part[i], &memory.all);
		for (size_t j = 0; j < i; j++)
			REQUIRE(!range_overlaps(plan.part[i].at, plan.part[j].at));
	}
	return 0;
}
