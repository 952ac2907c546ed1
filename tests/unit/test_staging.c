/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rule C6: a kernel whose one place boot services hold waits elsewhere and is copied there after exit. Each test draws
 * the memory, and says where the bytes wait; a random one holds every plan to what must be true of it.
 */
#include "../../policy/placing.h"
#include "../../policy/staging.h"
#include "../../protocol/x86/pvh.h"
#include "given.h"

#define PREF  MIB(16)
#define FILE_ MIB(1) /* bytes of the protected-mode part */

static const struct kernel_fields fixed = {DEBIAN_12, .relocatable_kernel = 0, .init_size = MIB(4),
					   .syssize = FILE_ / 16, .file_size = FILE_ + 40 * 512};

static struct situation p;
static enum status status;
static struct fail why;

static void given(const char *map)
{
	given_map(map);
	given_kernel_fields(&fixed);
	p = (struct situation){
	    .conf = &world.conf,
	    .image = world.image,
	    .cargo = {.command_line = ""},
	    .arch = &arch_x86_64,
	    .cpu = {.gib_pages = true},
	    .survey = {.map = world.map, .free = world.free, .descriptors = 8, .final_room = 40, .desc_size = 48},
	};
}

static void plan(void)
{
	status = situation_demand(&p, &why);
	if (status == OK)
		status = placing_make(&p, NULL, &why);
}

static void expect_copies(size_t n)
{
	if (status != OK)
		fail_msg("no plan: %s", why.text);
	assert_int_equal(p.plan.copies.n, n);
}

static void expect_copy(size_t which, uint64_t from, uint64_t to, uint64_t size)
{
	const struct copy *c = &p.plan.copies.copy[which];

	if (c->from != from || c->to != to || c->size != size)
		fail_msg("copy %zu is %#" PRIx64 " to %#" PRIx64 " size %#" PRIx64 "; expected %#" PRIx64
			 " to %#" PRIx64 " size %#" PRIx64,
			 which, c->from, c->to, c->size, from, to, size);
}

static void c6_what_is_free_is_loaded_in_place(void **state)
{
	(void)state;
	given("1M-64M free");
	plan();
	expect_copies(0);
	assert_int_equal(p.plan.part[PART_KERNEL].at.start, PREF);
	assert_int_equal(p.plan.part[PART_KERNEL].by, X3);
	assert_int_equal(p.moves.n, 0);
}

static void c7_below_4_gib_nothing_goes_by_a_buffer(void **state)
{
	(void)state;
	given("1M-64M free");
	p.cargo.initrd_size = MIB(40);
	plan();
	expect_copies(0);
	assert_true(p.plan.part[PART_INITRD].at.end <= GIB(4) && range_is_empty(p.plan.part[PART_BOUNCE].at));
	given("1M-64M free, 4G-5G free");
	p.cargo.initrd_size = MIB(80);
	plan();
	expect_copies(0);
	assert_true(p.plan.part[PART_INITRD].at.end > GIB(4) && !range_is_empty(p.plan.part[PART_BOUNCE].at));
}

static void the_facts_are_those_of_the_cpu_and_its_firmware(void **state)
{
	static const struct {
		const struct arch *arch;
		bool five;
		const char *words;
	} row[] = {{&arch_x86_64, false, " bits 64 levels 4 la57 0 "},
		   {&arch_x86_64, true, " bits 64 levels 5 la57 0 "},
		   {&arch_ia32, false, " bits 32 levels 4 la57 0 "},
		   {&arch_riscv64, true, " bits 64 levels 3 la57 0 "}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		char line[256];
		struct text text = TEXT(line);

		given("1M-64M free");
		p.arch = row[i].arch;
		p.cpu.five_levels = row[i].five;
		p.found.levels = 3;
		situation_facts(&text, &p, true);
		if (strstr(line, row[i].words) == NULL)
			fail_msg("row %zu: %s", i, line);
	}
}

static void c6_where_boot_services_are_a_kernel_is_copied_after_exit(void **state)
{
	(void)state;
	given("1M-9M free, 9M-21M boot, 21M-64M free, 4G-5G free");
	plan();
	expect_copies(1);
	expect_copy(0, GIB(5) - MIB(1), PREF, MIB(1)); /* C3, and no more than is in the file */
	assert_int_equal(p.plan.part[PART_KERNEL].at.start, PREF);
	assert_int_equal(p.plan.part[PART_KERNEL].at.end, PREF + MIB(4));
	assert_int_equal(p.plan.part[PART_KERNEL].by, C6);
	assert_int_equal(p.moves.n, 1);
}

static void c6_what_waits_elsewhere_is_among_what_was_written(void **state)
{
	struct handoff handoff = {.block = {NULL, MIB(1), 0}};
	bool waits = false;

	(void)state;
	given("1M-9M free, 9M-21M boot, 21M-64M free, 4G-5G free");
	plan();
	expect_copies(1);
	situation_describe(&p, &handoff);
	assert_true(handoff.copies_after_exit && handoff.copies.address != 0);
	for (size_t i = 0; i < handoff.n_written; i++) {
		waits = waits || (handoff.written[i].start == GIB(5) - MIB(1) && handoff.written[i].end == GIB(5));
		assert_false(range_overlaps(handoff.written[i], (struct range){PREF, PREF + MIB(4)}));
	}
	assert_true(waits);
}

/* The entry before may have been a Linux with memmap=. */
static void c13_nothing_is_kept_out_for_another_kernel(void **state)
{
	(void)state;
	given("1M-64M free");
	p.cargo.command_line = "memmap=1M$16M";
	assert_int_equal(situation_keep_out(&p, &why), OK);
	assert_int_equal(p.kept_out.n, 1);
	p.image.protocol = &pvh_protocol;
	assert_int_equal(situation_keep_out(&p, &why), OK);
	assert_int_equal(p.kept_out.n, 0);
}

static void c6_an_address_that_the_user_asks_for_is_kept_as_well(void **state)
{
	(void)state;
	given("1M-32M free, 32M-36M boot, 36M-64M free");
	given_kernel(.init_size = MIB(4), .syssize = FILE_ / 16, .file_size = FILE_ + 40 * 512);
	p.image = world.image;
	p.wish = (struct wish){PLACE_EXACT, true, MIB(32), 0};
	plan();
	expect_copies(1);
	assert_int_equal(p.plan.part[PART_KERNEL].at.start, MIB(32));
}

static void c6_nothing_lies_in_the_window_that_the_kernel_will_have(void **state)
{
	(void)state;
	given("1M-16M reserved, 16M-17M boot, 17M-22M free");
	p.cargo.initrd_size = MIB(1);
	plan();
	expect_copies(1);
	for (size_t i = 0; i < N_PARTS; i++)
		assert_true(i == PART_KERNEL ||
			    !range_overlaps(p.plan.part[i].at, (struct range){PREF, PREF + MIB(4)}));
}

static void c6_memory_that_stays_somebodys_is_no_target(void **state)
{
	(void)state;
	given("1M-9M free, 9M-17M boot, 17M-18M nvs, 18M-64M free");
	plan();
	assert_int_equal(status, NO_PLACE);
	assert_int_equal(why.rule, X3);
	assert_non_null(strstr(why.text, "0x1100000-0x1200000   ACPI non-volatile")); /* and not boot services */
	given("1M-9M free, 9M-17M boot, 18M-64M free");
	plan();
	assert_int_equal(status, NO_PLACE);
	given("1M-9M free, 9M-18M boot, 18M-19M loader, 19M-64M free");
	plan();
	assert_int_equal(status, NO_PLACE);
}

/* All that is free lies in the window: the bytes wait further up in it, and go down over themselves. */
static void c6_on_a_small_machine_the_bytes_wait_in_their_own_window(void **state)
{
	(void)state;
	given("1M-2M free, 16M-0x1010000 boot, 0x1010000-20M free");
	plan();
	expect_copies(1);
	expect_copy(0, MIB(19), PREF, MIB(1));
}

/* Planned again after firmware had refused a place: the place itself is free now, and nobody copies any more. */
static void c6_a_plan_without_copies_is_measured_as_one(void **state)
{
	uint64_t copied, plain;

	(void)state;
	given("1M-9M free, 9M-21M boot, 21M-64M free");
	p.arch = &arch_aarch64; /* whose tables are for copies alone */
	p.cpu.page_sizes = 4096;
	plan();
	expect_copies(1);
	copied = p.request[PART_HANDOFF].size;
	given_map("1M-64M free");
	p.survey.map = world.map;
	p.survey.free = world.free;
	status = placing_make(&p, NULL, &why);
	expect_copies(0);
	plain = p.request[PART_HANDOFF].size;
	assert_false(p.copies_after_exit);
	assert_true(plain < copied);
	assert_int_equal(range_size(p.plan.part[PART_HANDOFF].at), plain);
}

/* The machine's and the user's limits hold for bytes that wait; the image's, of where it runs, do not. */
static void c6_what_waits_keeps_every_limit_of_the_machine(void **state)
{
	static const char map[] = "1M-9M free, 9M-21M boot, 21M-64M free, 2G-2049M free, 4G-5G free";
	struct request of, derived;

	(void)state;
	given(map);
	p.arch = &arch_ia32;
	plan();
	expect_copies(1);
	expect_copy(0, MIB(2049) - MIB(1), PREF, MIB(1)); /* X12 */
	given(map);
	p.cargo.command_line = "mem=1G";
	plan();
	expect_copies(1);
	expect_copy(0, MIB(64) - MIB(1), PREF, MIB(1)); /* C9 */
	given_map(map);
	request_init(&of, PART_KERNEL, MIB(4));
	reach_at_least(&of, MIB(2), R3);
	reach_at_most(&of, GIB(64), X8);
	at_least(&of.min, MIB(16), X2);
	at_most(&of.max, GIB(4), X4);
	policy_stage(&of, MIB(1), &derived);
	assert_int_equal(derived.part, PART_KERNEL);
	assert_int_equal(derived.size, MIB(1));
	assert_true(derived.min.value == MIB(2) && derived.min.by == R3);
	assert_true(derived.max.value == GIB(64) && derived.max.by == X8);
	request_derive(&of, &derived, EFI_PAGE);
	assert_true(of.min.by == R3 && of.max.by == X8 && of.n_choices == 0);
}

static struct bound below_512_mib(const struct cpu *cpu)
{
	(void)cpu;
	return (struct bound){MIB(512), X12};
}

/* What the loader wants for itself is asked of firmware as well, which reaches no further than its CPU. */
static void x12_the_loaders_own_parts_lie_where_the_cpu_reaches(void **state)
{
	struct arch narrow = arch_x86_64;

	(void)state;
	narrow.reach = below_512_mib;
	given("1M-9M free, 16M-64M free, 1G-2G free");
	world.conf.keep_free_below_4g = MIB(4);
	p.arch = &narrow;
	plan();
	world.conf.keep_free_below_4g = 0;
	assert_int_equal(status, OK);
	assert_true(p.request[PART_KEPT].max.value == MIB(512) && p.request[PART_KEPT].max.by == X12);
	assert_true(p.request[PART_BOUNCE].max.value == MIB(512) && p.request[PART_BOUNCE].max.by == X12);
	assert_false(range_is_empty(p.plan.part[PART_KEPT].at));
}

static void a2_arm64_reaches_48_bits(void **state)
{
	struct bound reach = arch_aarch64.reach(&(struct cpu){.page_sizes = 4096});

	(void)state;
	assert_int_equal(reach.value, UINT64_C(1) << 48);
	assert_int_equal(reach.by, A2);
}

static void c6_without_one_run_the_bytes_wait_in_pieces(void **state)
{
	(void)state;
	given("1M-0x180000 free, 0x200000-0x280000 free, 0x300000-0x320000 free, 16M-0x1090000 boot, "
	      "0x1090000-0x10b0000 free, 0x10b0000-20M boot");
	plan();
	expect_copies(4);
	assert_int_equal(copies_bytes(&p.plan.copies), MIB(1) - 0x20000);
	expect_copy(2, 0x1090000, 0x1090000, 0x20000); /* free of the place itself: loaded there at once */
}

static void c6_what_is_written_as_a_whole_waits_in_one_run_or_is_refused(void **state)
{
	(void)state;
	given("1M-0x180000 free, 0x200000-0x280000 free, 0x300000-0x320000 free, 16M-20M boot");
	p.image.in_one_piece = true;
	plan();
	assert_int_equal(status, NO_PLACE);
	assert_int_equal(why.rule, C6);
	assert_non_null(strstr(why.text, "no free memory can hold its 0x400000 bytes (4.0 MiB) meanwhile"));
	given("1M-2M free, 16M-20M boot, 32M-37M free");
	p.image.in_one_piece = true;
	plan();
	expect_copies(1);
	assert_int_equal(p.plan.copies.copy[0].size, MIB(4)); /* the whole window */
}

static void c6_mem_bounds_where_the_bytes_wait(void **state)
{
	(void)state;
	given("1M-9M free, 9M-21M boot, 21M-64M free, 4G-5G free");
	p.cargo.command_line = "mem=64M";
	plan();
	expect_copies(1);
	expect_copy(0, MIB(63), PREF, MIB(1));
}

static void c6_a_place_that_becomes_free_is_taken_without_a_copy(void **state)
{
	struct survey free_now;

	(void)state;
	given("1M-64M free");
	free_now = p.survey;
	free_now.free.all.run = memcpy(calloc(4, sizeof(struct range)), world.free.all.run, sizeof(struct range));
	free_now.map.entry = memcpy(calloc(4, sizeof(struct memory)), world.map.entry, sizeof(struct memory));
	given("1M-9M free, 9M-21M boot, 21M-64M free");
	plan();
	expect_copies(1);
	p.survey.map = free_now.map;
	p.survey.free = free_now.free;
	status = placing_make(&p, NULL, &why);
	expect_copies(0);
	assert_int_equal(p.moves.n, 0);
	assert_int_equal(p.plan.part[PART_KERNEL].by, X3);
	free(free_now.free.all.run);
	free(free_now.map.entry);
}

/* ---- any memory ---- */

#define CELL  KIB(64)
#define CELLS 128 /* from 16 MiB - 32 cells */
#define BASE  (PREF - 32 * CELL)

/* Cells of one kind, several in a row; the window's are free or boot services'. */
static void draw(struct dice *dice)
{
	static const char *const kind[] = {"free", "boot", "reserved", "free"};
	static char map[GIVEN_ENTRIES * 40];
	struct text text = TEXT(map);
	uint64_t at = BASE;

	text_add(&text, "1M-0x110000 free");
	while (at < BASE + CELLS * CELL) {
		uint64_t end = at + (1 + roll(dice, 12)) * CELL;
		bool in_window = end > PREF && at < PREF + MIB(4);

		text_add(&text, ", %#" PRIx64 "-%#" PRIx64 " %s", at, end, kind[roll(dice, in_window ? 2 : 4)]);
		at = end;
	}
	given(map);
}

static bool is_free(struct range at)
{
	for (size_t i = 0; i < world.free.all.count; i++)
		if (range_contains(world.free.all.run[i], at))
			return true;
	return false;
}

static void check_sources(void)
{
	struct range window = p.plan.part[PART_KERNEL].at;
	uint64_t to = window.start;

	for (size_t i = 0; i < p.plan.copies.n; i++) {
		const struct copy *c = &p.plan.copies.copy[i];
		struct range from = {c->from, c->from + c->size};

		assert_int_equal(c->to, to); /* they cover the file's bytes, from the first to the last */
		to += c->size;
		assert_true(is_free(from));
		for (size_t part = 0; part < N_PARTS; part++)
			assert_true(part == PART_KERNEL || !range_overlaps(from, p.plan.part[part].at));
		for (size_t j = 0; j < i; j++) {
			const struct copy *other = &p.plan.copies.copy[j];

			assert_false(range_overlaps(from, (struct range){other->from, other->from + other->size}));
		}
	}
	assert_int_equal(to, window.start + (p.image.in_one_piece ? MIB(4) : MIB(1)));
	for (size_t part = 0; part < N_PARTS; part++)
		assert_true(part == PART_KERNEL || !range_overlaps(window, p.plan.part[part].at));
}

static bool is_claimed(const struct range *claim, size_t n, uint64_t page)
{
	for (size_t i = 0; i < n; i++)
		if (page >= claim[i].start && page < claim[i].end)
			return true;
	return false;
}

static void check_claims(void)
{
	struct range window = p.plan.part[PART_KERNEL].at, claim[MAX_STAGED];
	size_t n = staging_claims(&p, claim);

	for (size_t i = 0; i < n; i++) {
		assert_true(is_free(claim[i]));
		assert_true(i == 0 || claim[i].start > claim[i - 1].end);
		for (size_t part = 0; part < N_PARTS; part++)
			assert_true(part == PART_KERNEL || !range_overlaps(claim[i], p.plan.part[part].at));
	}
	for (size_t i = 0; i < p.plan.copies.n; i++)
		for (uint64_t at = 0; at < p.plan.copies.copy[i].size; at += EFI_PAGE)
			assert_true(is_claimed(claim, n, p.plan.copies.copy[i].from + at));
	for (uint64_t page = window.start; page < window.end; page += EFI_PAGE)
		if (is_free((struct range){page, page + EFI_PAGE}))
			assert_true(is_claimed(claim, n, page));
}

/* arm64's initrd lies within 32 GiB of its kernel: of where that runs, and not of where it waits. */
static void a3_what_must_be_near_the_kernel_is_near_its_final_place(void **state)
{
	(void)state;
	given("1M-9M free, 9M-21M boot, 21M-64M free, 70G-71G free");
	p.cargo.initrd_size = MIB(1);
	status = situation_demand(&p, &why);
	assert_int_equal(status, OK);
	p.request[PART_INITRD].near = (struct reach){PART_KERNEL, GIB(32), GIB(1), A3};
	status = placing_make(&p, NULL, &why);
	expect_copies(1);
	expect_copy(0, GIB(71) - MIB(1), PREF, MIB(1));
	assert_int_equal(p.plan.part[PART_INITRD].at.end, MIB(64));
	/* And the next plan may use the window: the kernel of another entry, say. */
	assert_true(range_is_empty(p.survey.free.reserved));
}

/* The first run of all may reach into the window. */
static void c6_what_is_free_in_the_window_is_claimed_from_its_first_byte_on(void **state)
{
	struct range claim[MAX_STAGED];

	(void)state;
	given("15M-17M free, 17M-21M boot, 4G-5G free");
	plan();
	expect_copies(1);
	/* What is behind the last run is none of them. */
	assert_true(p.survey.free.all.count < p.survey.free.all.room);
	p.survey.free.all.run[p.survey.free.all.count] = (struct range){MIB(18), MIB(19)};
	assert_int_equal(staging_claims(&p, claim), 2);
	assert_int_equal(claim[0].start, PREF);
	assert_int_equal(claim[0].end, MIB(17));
	assert_int_equal(claim[1].end, GIB(5));
	check_claims();
}

/* Of more pieces than there is room for the first are claimed, and nothing is written behind them. */
static void c6_of_many_free_pieces_of_the_window_as_many_are_claimed_as_there_is_room_for(void **state)
{
	struct {
		struct range claim[MAX_STAGED], behind;
	} of = {.behind = {1, 2}};
	struct range run[2 * MAX_STAGED];

	(void)state;
	given("1M-9M free, 9M-21M boot, 21M-64M free, 4G-5G free");
	plan();
	expect_copies(1);
	for (size_t i = 0; i < COUNT_OF(run); i++)
		run[i] = (struct range){PREF + i * 0x8000, PREF + i * 0x8000 + 0x4000};
	p.survey.free.all = (struct runs){run, COUNT_OF(run), COUNT_OF(run)};
	assert_int_equal(staging_claims(&p, of.claim), MAX_STAGED);
	assert_int_equal(of.claim[0].start, PREF);
	assert_int_equal(of.claim[MAX_STAGED - 2].start, PREF + (MAX_STAGED - 2) * 0x8000u);
	assert_int_equal(of.claim[MAX_STAGED - 1].end, GIB(5));
	assert_true(of.behind.start == 1 && of.behind.end == 2);
}

/* Free bytes at or above 1 MiB, outside of the window or not. */
static uint64_t free_bytes(bool in_window)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < world.free.all.count; i++) {
		struct range run = world.free.all.run[i], in = range_common(run, (struct range){PREF, PREF + MIB(4)});

		sum += in_window ? (range_is_empty(in) ? 0 : range_size(in))
				 : range_size(run) - (range_is_empty(in) ? 0 : range_size(in));
	}
	return sum;
}

static void c6_any_memory_gives_a_plan_that_is_true_or_has_too_little(void **state)
{
	struct dice dice = dice_from_seed("staging");
	unsigned long n = cases_or(20000), copied = 0, pieces = 0, refused = 0;

	(void)state;
	for (unsigned long i = 0; i < n; i++) {
		draw(&dice);
		p.image.in_one_piece = roll(&dice, 4) == 0;
		plan();
		if (status == OK && p.plan.copies.n != 0) {
			check_sources();
			check_claims();
			copied++;
			pieces += p.plan.copies.n > 1;
		} else if (status != OK && why.rule == C6 && !p.image.in_one_piece) {
			/* Of free memory the file and the other parts would have needed more than there is. */
			assert_true(free_bytes(false) + free_bytes(true) <
				    MIB(1) + 2 * p.request[PART_HANDOFF].size + MIB(1));
			refused++;
		}
	}
	print_message("copied %lu, in pieces %lu, refused %lu of %lu\n", copied, pieces, refused, n);
	assert_true(copied > n / 4 && pieces > 10 && pieces < copied);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c6_what_is_free_is_loaded_in_place),
	    cmocka_unit_test(c6_what_waits_elsewhere_is_among_what_was_written),
	    cmocka_unit_test(c13_nothing_is_kept_out_for_another_kernel),
	    cmocka_unit_test(c7_below_4_gib_nothing_goes_by_a_buffer),
	    cmocka_unit_test(the_facts_are_those_of_the_cpu_and_its_firmware),
	    cmocka_unit_test(c6_where_boot_services_are_a_kernel_is_copied_after_exit),
	    cmocka_unit_test(c6_an_address_that_the_user_asks_for_is_kept_as_well),
	    cmocka_unit_test(c6_nothing_lies_in_the_window_that_the_kernel_will_have),
	    cmocka_unit_test(c6_memory_that_stays_somebodys_is_no_target),
	    cmocka_unit_test(c6_on_a_small_machine_the_bytes_wait_in_their_own_window),
	    cmocka_unit_test(c6_a_plan_without_copies_is_measured_as_one),
	    cmocka_unit_test(c6_what_waits_keeps_every_limit_of_the_machine),
	    cmocka_unit_test(x12_the_loaders_own_parts_lie_where_the_cpu_reaches),
	    cmocka_unit_test(a2_arm64_reaches_48_bits),
	    cmocka_unit_test(c6_without_one_run_the_bytes_wait_in_pieces),
	    cmocka_unit_test(c6_what_is_written_as_a_whole_waits_in_one_run_or_is_refused),
	    cmocka_unit_test(c6_mem_bounds_where_the_bytes_wait),
	    cmocka_unit_test(c6_a_place_that_becomes_free_is_taken_without_a_copy),
	    cmocka_unit_test(c6_any_memory_gives_a_plan_that_is_true_or_has_too_little),
	    cmocka_unit_test(a3_what_must_be_near_the_kernel_is_near_its_final_place),
	    cmocka_unit_test(c6_what_is_free_in_the_window_is_claimed_from_its_first_byte_on),
	    cmocka_unit_test(c6_of_many_free_pieces_of_the_window_as_many_are_claimed_as_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
