/* SPDX-License-Identifier: BSD-2-Clause */
#include "large.h"

#define RUN MIB(4)

const char *const large_case_name[LARGE_CASES] = {
    "sort descriptors in no order", "each part fits into any run", "only the last run fits",
    "one part fits nowhere",	    "the search budget ends",
};

/* What policy makes of kernel, initrd, handoff block and kept-free memory of these sizes. */
static void ask(struct large *large, uint64_t kernel, uint64_t initrd, uint64_t handoff, uint64_t kept)
{
	given_map("1M-2M free");
	given_kernel(.syssize = 0x1000, .file_size = 0x1000 * 16 + 40 * 512, .init_size = (uint32_t)kernel);
	given_initrd(initrd);
	given_handoff(handoff);
	given_kept_free(kept);
	memcpy(large->request, requests_now(), sizeof(large->request));
}

static void parse(struct large *large)
{
	large->map = (struct memmap){large->entry, 0, LARGE};
	if (memmap_parse(&large->map, large->raw, large->n * DESC_SIZE, DESC_SIZE, &large->why) != OK)
		fail_msg("%s", large->why.text);
	large->memory.all.run = large->run;
	large->memory.all.room = large->memory.all.count = memmap_free_runs(&large->map, false, large->run, LARGE);
	large->memory.reliable.run = large->reliable_run;
	large->memory.reliable.count = memmap_free_runs(&large->map, true, large->reliable_run, 1);
}

/*
 * One part more than there are runs for, and each may be placed in @choices ways that come to the same: all of them
 * have to be tried before it is known that there is none.
 */
static void make_pigeonholes(struct large *large, size_t choices)
{
	large->n = N_PARTS - 1;
	for (size_t i = 0; i < large->n; i++)
		put_descriptor(large->raw + i * DESC_SIZE, 7, MIB(16) + i * MIB(1), 1, 0xf);
	parse(large);
	for (size_t i = 0; i < N_PARTS; i++) {
		struct request *r = &large->request[i];

		request_init(r, (enum part)i, EFI_PAGE);
		for (r->n_choices = 0; r->n_choices < choices && r->n_choices < MAX_CHOICES; r->n_choices++)
			r->choice[r->n_choices] =
			    (struct choice){.window = {0, UINT64_MAX}, .align = EFI_PAGE, .from_top = true, .by = C3};
	}
}

void large_make(struct large *large, enum large_case which, size_t n)
{
	bool last_is_large = which == LARGE_LAST_RUN;
	struct dice dice = {0x8e57};

	memset(large, 0, sizeof(*large));
	if (which == LARGE_BUDGET) {
		make_pigeonholes(large, n);
		return;
	}
	large->n = n;
	for (size_t i = 0; i < n; i++)
		put_descriptor(large->raw + i * DESC_SIZE, i % 2 == 0 ? 7 : 0, MIB(128) + i * RUN, RUN / EFI_PAGE, 0xf);
	if (last_is_large) /* the last that is tried from the top is the first of the map */
		put_descriptor(large->raw, 7, MIB(16), MIB(116) / EFI_PAGE, 0xf);
	for (size_t i = n; which == LARGE_SORT && i > 1; i--) {
		uint8_t swap[DESC_SIZE], *a = large->raw + (i - 1) * DESC_SIZE;
		uint8_t *b = large->raw + roll(&dice, (uint32_t)i) * DESC_SIZE;

		memcpy(swap, a, DESC_SIZE);
		memmove(a, b, DESC_SIZE);
		memcpy(b, swap, DESC_SIZE);
	}
	parse(large);
	if (which == LARGE_LAST_RUN)
		ask(large, MIB(16), MIB(16), MIB(5), MIB(16));
	else
		ask(large, MIB(2), which == LARGE_NOWHERE ? MIB(5) : MIB(3), MIB(1), MIB(3));
}

enum status large_run(struct large *large, enum large_case which, const struct plan_trace *trace)
{
	if (which == LARGE_SORT) {
		parse(large);
		return OK;
	}
	return plan_make(large->request, &large->memory, &large->plan, &large->failure, trace);
}
