/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A million random machines, kernels and wishes, through all the pure code from descriptors to the plan: the places are
 * those that the sentences of rules.def name, and a refusal means that brute force finds none either.
 * What the rules say is oracle_rules.c's.
 */
#include "oracle_rules.h"

/* ---- memory ---- */

static void stretch(struct machine_world *w, uint64_t from, unsigned int cells)
{
	for (unsigned int i = 0; i < cells; i++)
		w->at[w->cells++] = from + i * CELL;
}

static void make_place(struct dice *dice, struct machine_world *w)
{
	static const struct {
		uint64_t low, high; /* starts of two stretches of 16 cells; high is 0: one of 32 */
	} places[] = {
	    {0, 0},
	    {GIB(4) - MIB(16), 0},
	    {TIB(64) - MIB(16), 0},
	    {MIB(8), GIB(4) - MIB(8)},
	    {MIB(0), TIB(64) - MIB(8)},
	    {GIB(4) - MIB(8), TIB(64) - MIB(8)},
	};
	unsigned int n = roll(dice, COUNT_OF(places));

	w->cells = 0;
	w->gap = 0;
	stretch(w, places[n].low, places[n].high == 0 ? 32 : 16);
	if (places[n].high == 0)
		return;
	w->gap = UINT64_C(3) << w->cells; /* two, so that 2 MiB pages begin at even cells in both */
	w->at[w->cells++] = UINT64_MAX;
	w->at[w->cells++] = UINT64_MAX;
	stretch(w, places[n].high, 16);
}

/* Cells [*first, *first + n) of one stretch. */
static unsigned int some_cells(struct dice *dice, const struct machine_world *w, unsigned int *first)
{
	unsigned int begin = 0, end = w->cells, n;

	if (w->gap != 0) {
		unsigned int middle = (unsigned int)__builtin_ctzll(w->gap);

		if (roll(dice, 2) == 0)
			end = middle;
		else
			begin = middle + 2;
	}
	*first = begin + roll(dice, end - begin);
	n = 1 + roll(dice, 12);
	return n < end - *first ? n : end - *first;
}

static void add_descriptor(struct machine_world *w, uint32_t type, uint64_t attribute, unsigned int first,
			   unsigned int n)
{
	put_descriptor((uint8_t *)w->raw + w->descriptors++ * DESC_SIZE, type, w->at[first], n * (CELL / EFI_PAGE),
		       attribute);
}

/*
 * Descriptors in any order, of any kind, over each other. Free by rule C1: conventional, neither soft-reserved nor
 * hot-pluggable, and nobody else's.
 */
static void make_memory(struct dice *dice, struct machine_world *w)
{
	static const uint32_t types[] = {0, 2, 4, 6, 8, 9, 10, 11, 14, 15};
	uint64_t busy = 0, count = 6 + roll(dice, DESCRIPTORS - 5);

	w->free = w->reliable = 0;
	w->descriptors = 0;
	while (w->descriptors < count) {
		unsigned int first, n = some_cells(dice, w, &first), kind = roll(dice, 16);
		uint64_t attribute = 0xf;

		if (kind < 10) {
			w->free |= low_bits(n) << first;
		} else if (kind < 12) {
			w->reliable |= low_bits(n) << first;
			attribute |= ATTRIBUTE_MORE_RELIABLE;
		} else {
			busy |= low_bits(n) << first;
			attribute |= kind == 12 ? ATTRIBUTE_SOFT_RESERVED : kind == 13 ? ATTRIBUTE_HOT_PLUGGABLE : 0;
		}
		add_descriptor(w, kind < 14 ? 7 : types[roll(dice, COUNT_OF(types))], attribute, first, n);
	}
	w->free = (w->free | w->reliable) & ~busy;
	w->reliable &= ~busy;
}

/* ---- kernels and wishes ---- */

static uint64_t some_address(struct dice *dice, const struct machine_world *w)
{
	unsigned int cell = roll(dice, w->cells);

	return w->at[cell] == UINT64_MAX ? 0 : w->at[cell];
}

static void make_kernel(struct dice *dice, struct machine_world *w)
{
	unsigned int align = roll(dice, 3) != 0 ? 21 : 20 + roll(dice, 5);
	struct kernel_fields *k = &w->kernel;

	w->cells_of[PART_KERNEL] = 1 + roll(dice, roll(dice, 4) == 0 ? 12 : 4);
	*k = KERNEL(.syssize = 0x800, .file_size = 0x800 * 16 + 40 * 512, .pref_address = 0);
	k->init_size = (uint32_t)(w->cells_of[PART_KERNEL] * CELL);
	k->kernel_alignment = 1u << align;
	k->min_alignment = (uint8_t)(roll(dice, 4) == 0 ? 0 : align - roll(dice, 4));
	k->relocatable_kernel = roll(dice, 8) != 0;
	k->xloadflags = roll(dice, 3) == 0 ? XLF_KERNEL_64 : 0x7f;
	if (roll(dice, 2) == 0 || !k->relocatable_kernel)
		k->pref_address = roll(dice, 3) == 0 ? MIB(16) : some_address(dice, w);
	if (k->pref_address + k->init_size > TIB(64))
		k->pref_address = TIB(64) - k->init_size;
	k->initrd_addr_max = roll(dice, 2) == 0 ? 0x7fffffff : (uint32_t)some_address(dice, w) - 1;
}

static void make_wish(struct dice *dice, struct machine_world *w)
{
	static const enum placement_policy policies[] = {PLACE_HIGH,	  PLACE_HIGH,  PLACE_LOW,    PLACE_LOW,
							 PLACE_PREFERRED, PLACE_EXACT, PLACE_WITHIN, PLACE_RANDOM};

	w->wish = (struct wish){policies[roll(dice, COUNT_OF(policies))], true, 0, 0};
	if (w->wish.policy == PLACE_EXACT)
		w->wish.at = roll(dice, 4) == 0 ? w->kernel.pref_address : some_address(dice, w);
	if (w->wish.policy == PLACE_WITHIN) {
		w->wish.at = some_address(dice, w);
		w->wish.end = some_address(dice, w) + CELL;
	}
	w->has_entropy = roll(dice, 4) != 0;
	w->mem = roll(dice, 8) == 0 ? some_address(dice, w) : 0;
	w->line[0] = '\0';
	if (w->mem != 0)
		(void)snprintf(w->line, sizeof(w->line), "mem=%" PRIu64, w->mem);
}

/* Few parts in most worlds: what does not fit together is searched for in every order of the parts. */
static void make_sizes(struct dice *dice, struct machine_world *w)
{
	unsigned int parts = roll(dice, 3), more = roll(dice, 32);

	w->cells_of[PART_INITRD] = parts > 0 ? 1 + roll(dice, 6) : 0;
	w->cells_of[PART_HANDOFF] = parts > 1 ? 1 + roll(dice, 2) : 0;
	w->cells_of[PART_KEPT] = more < 2 ? 1 + roll(dice, 4) : 0;
	w->cells_of[PART_BOUNCE] = more > 0 && more < 4; /* MIB(1), rule C7 */
}

static void make_world(struct dice *dice, struct machine_world *w)
{
	make_place(dice, w);
	make_memory(dice, w);
	make_kernel(dice, w);
	make_sizes(dice, w);
	make_wish(dice, w);
}

/* ---- what the loader makes of it ---- */

static enum status ask(struct machine_world *w, struct fail *why)
{
	struct cargo cargo = {.command_line = w->line, .initrd_size = w->cells_of[PART_INITRD] * CELL};
	struct loader_conf conf = {.keep_free_below_4g = w->cells_of[PART_KEPT] * CELL};
	uint64_t entropy = 0x5eed ^ w->free;
	uint8_t head[IMAGE_HEAD];

	w->map = (struct memmap){w->entry, 0, DESCRIPTORS};
	assert_int_equal(memmap_parse(&w->map, (uint8_t *)w->raw, w->descriptors * DESC_SIZE, DESC_SIZE, why), OK);
	w->memory.all = (struct runs){w->run, memmap_free_runs(&w->map, false, w->run, COUNT_OF(w->run)), 0};
	w->memory.reliable = (struct runs){
	    w->reliable_run, memmap_free_runs(&w->map, true, w->reliable_run, COUNT_OF(w->reliable_run)), 0};
	kernel_head(&w->kernel, head);
	w->image = (struct image){.name = w->kernel.name, .file_size = w->kernel.file_size};
	assert_int_equal(formats_identify(&w->image, (struct bytes){head, sizeof(head)}, false, why), OK);
	assert_int_equal(w->image.protocol->demand(&w->image, &cargo, &(struct findings){0}, w->request, why), OK);
	policy_own_parts(&conf, w->request);
	w->request[PART_HANDOFF].size = w->cells_of[PART_HANDOFF] * CELL;
	if (w->cells_of[PART_BOUNCE] == 0)
		w->request[PART_BOUNCE].size = 0;
	return policy_apply(&w->wish, w->has_entropy ? &entropy : NULL, &w->image, w->line, w->request, why);
}

/* ---- both ---- */

static void expect_runs(const struct machine_world *w, const struct runs *runs, uint64_t mask)
{
	uint64_t seen = 0;

	for (unsigned int i = 0; i < w->cells; i++)
		for (size_t j = 0; j < runs->count; j++)
			if (w->at[i] >= runs->run[j].start && w->at[i] < runs->run[j].end)
				seen |= UINT64_C(1) << i;
	assert_true(seen == mask);
}

static void expect_valid(const struct machine_world *w, const struct oracle *o, const struct plan *plan)
{
	uint64_t taken = 0;

	for (unsigned int part = 0; part < N_PARTS; part++) {
		struct range at = plan->part[part].at;
		unsigned int cell = 0;

		if (range_is_empty(at)) {
			assert_true(o->part[part].cells == 0 || o->part[part].optional);
			continue;
		}
		while (cell < w->cells && w->at[cell] != at.start)
			cell++;
		assert_true(cell < w->cells && range_size(at) == o->part[part].cells * CELL);
		assert_true((o->part[part].starts >> cell & 1) != 0);
		assert_true((taken & low_bits(o->part[part].cells) << cell) == 0);
		assert_true(at.start % plan->part[part].align == 0);
		taken |= low_bits(o->part[part].cells) << cell;
	}
}

static void expect_the_first(const struct machine_world *w, const struct oracle_plan *first, const struct plan *plan)
{
	for (unsigned int part = 0; part < N_PARTS; part++) {
		const struct placement *p = &plan->part[part];

		if (first->cell[part] == NOWHERE) {
			assert_true(range_is_empty(p->at));
			continue;
		}
		if (p->at.start != w->at[first->cell[part]])
			fail_msg("the %s lies at %#" PRIx64 "; the rules say %#" PRIx64, part_name(part), p->at.start,
				 w->at[first->cell[part]]);
		assert_true(p->align == first->choice[part]->align);
		assert_int_equal(p->by, first->choice[part]->by);
	}
}

static bool is_random(const struct oracle *o)
{
	for (unsigned int i = 0; i < o->part[PART_KERNEL].n; i++)
		if (o->part[PART_KERNEL].choice[i].random)
			return true;
	return false;
}

/* C12: one of the slots that there are; the kernel alone, with no mirrored memory to prefer, takes no other place. */
static void expect_random(const struct machine_world *w, const struct oracle *o, const struct plan *plan)
{
	const struct oracle_part *kernel = &o->part[PART_KERNEL];
	const struct placement *p = &plan->part[PART_KERNEL];
	bool is_alone = w->reliable == 0;
	uint64_t slots = 0;

	for (unsigned int i = 0; i < kernel->n; i++)
		if (kernel->choice[i].random)
			slots |= oracle_starts(kernel->choice[i].memory, kernel->cells) & kernel->choice[i].aligned;
	for (unsigned int part = PART_INITRD; part < N_PARTS; part++)
		is_alone = is_alone && w->cells_of[part] == 0;
	assert_true(p->by == C12 || slots == 0 || !is_alone);
	for (unsigned int i = 0; i < w->cells && p->by == C12; i++)
		assert_true(w->at[i] != p->at.start || (slots >> i & 1) != 0);
}

struct tally {
	unsigned long placed, wrong, alone, together, first, not_first;
};

static void check_plan(struct machine_world *w, struct tally *tally)
{
	static struct oracle o;
	static struct oracle_plan first;
	struct plan_failure failure;
	struct plan plan, again;
	struct fail why;
	enum status status = plan_make(w->request, &w->memory, &plan, &failure, NULL);
	unsigned int hopeless;

	oracle_of_rules(w, &o);
	hopeless = oracle_alone(&o);
	if (hopeless != N_PARTS) {
		assert_int_equal(status, NO_PLACE);
		assert_int_equal(failure.part, hopeless);
		tally->alone++;
	} else if (!is_random(&o) && oracle_first(&o, &first)) {
		assert_int_equal(status, OK);
		expect_the_first(w, &first, &plan);
		tally->first++;
	} else {
		assert_int_equal(status, oracle_possible(&o) ? OK : NO_PLACE);
		assert_int_equal(failure.part, N_PARTS);
		if (status == OK && is_random(&o))
			expect_random(w, &o, &plan);
		tally->together += status != OK;
		tally->not_first += status == OK && !is_random(&o);
	}
	if (status == OK) {
		expect_valid(w, &o, &plan);
		tally->placed++;
	} else {
		why.text[0] = '\0';
		assert_int_equal(explain_failure(status, w->request, &w->memory, &w->map, &failure, &why), status);
		assert_true(why.rule != RULE_NONE && why.text[0] != '\0');
	}
	if (status == OK) {
		assert_int_equal(plan_make(w->request, &w->memory, &again, &failure, NULL), OK);
		assert_memory_equal(&plan, &again, sizeof(plan));
	}
}

static void c8_a_million_plans_are_what_the_sentences_of_the_rules_say(void **state)
{
	static struct machine_world w;
	struct dice dice = dice_from_seed("test_plan_oracle");
	unsigned long cases = cases_or(1000000);
	struct tally tally = {0};
	struct fail why;

	(void)state;
	for (unsigned long i = 0; i < cases; i++) {
		make_world(&dice, &w);
		if (ask(&w, &why) == OK) {
			assert_false(exact_is_wrong(&w));
			expect_runs(&w, &w.memory.all, w.free);
			expect_runs(&w, &w.memory.reliable, w.reliable);
			check_plan(&w, &tally);
		} else {
			assert_true(exact_is_wrong(&w));
			tally.wrong++;
		}
	}
	print_message("%lu cases: %lu placed (%lu the first by the rules, %lu another), %lu exact places refused, "
		      "%lu with a part that fits nowhere, %lu that do not fit together\n",
		      cases, tally.placed, tally.first, tally.not_first, tally.wrong, tally.alone, tally.together);
	assert_true(tally.placed > cases / 5 && tally.wrong > cases / 50 && tally.alone > cases / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c8_a_million_plans_are_what_the_sentences_of_the_rules_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
