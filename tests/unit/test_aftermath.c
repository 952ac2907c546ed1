/* SPDX-License-Identifier: BSD-2-Clause */
/* What a plan leaves of memory, counted by hand on one machine whose runs lie across every border that is told. */
#include "given.h"

#include "../../plan/aftermath.h"

static void c10_what_is_left_is_counted_to_the_byte(void **state)
{
	static const struct range run[] = {
	    {0, 4096},
	    {MIB(1), MIB(17)},
	    {GIB(3), GIB(5)},
	    {GIB(8), GIB(11)},
	    {GIB(20), GIB(23)},			   /* as large as the one before, which is told */
	    {UINT64_MAX - MIB(2), UINT64_MAX - 1}, /* no GiB begins behind it */
	};
	/* Of exactly their size, so that the sanitizers see one too many. */
	struct plan *plan = calloc(1, sizeof(*plan));
	struct range *exact = malloc(sizeof(run));
	struct runs runs = {memcpy(exact, run, sizeof(run)), COUNT_OF(run), COUNT_OF(run)};
	struct aftermath o;

	(void)state;
	plan->part[PART_HANDOFF].at = run[0];
	plan->part[PART_INITRD].at = (struct range){MIB(16) - KIB(512), MIB(16) + KIB(512)};
	plan->part[PART_KERNEL].at = (struct range){GIB(4) - MIB(512), GIB(4) - MIB(256)};
	/* Neither is taken when the kernel runs. */
	plan->part[PART_BOUNCE].at = (struct range){MIB(2), MIB(3)};
	plan->part[PART_KEPT].at = (struct range){MIB(5), MIB(6)};
	aftermath_of(plan, &runs, false, &o);
	assert_true(o.below_16m.before == MIB(15) + 4096);
	assert_true(o.below_16m.after == MIB(15) - KIB(512));
	assert_true(o.below_4g.before == GIB(1) + MIB(16) + 4096);
	assert_true(o.below_4g.after == GIB(1) + MIB(16) - MIB(1) - MIB(256));
	assert_true(o.gib_pages.before == 2 + 3 + 3);
	assert_true(o.gib_pages.after == 1 + 3 + 3);
	assert_true(o.largest_left.start == GIB(8) && o.largest_left.end == GIB(11));
	assert_false(o.kernel_may_move);
	/* Two places in one run: the pieces between them count. */
	plan->part[PART_INITRD].at = (struct range){GIB(8) + MIB(1), GIB(8) + MIB(2)};
	plan->part[PART_HANDOFF].at = (struct range){GIB(10) - MIB(2), GIB(10) - MIB(1)};
	aftermath_of(plan, &runs, true, &o);
	assert_true(o.gib_pages.after == 1 + 1 + 3);
	assert_true(o.largest_left.start == GIB(20) && o.largest_left.end == GIB(23));
	assert_true(o.kernel_may_move);
	free(exact);
	free(plan);
}

static void c6_what_boot_services_held_was_not_free_before(void **state)
{
	struct range run[] = {{MIB(1), MIB(9)}, {MIB(18), MIB(64)}};
	struct runs runs = {run, COUNT_OF(run), COUNT_OF(run)};
	struct plan plan = {.part[PART_KERNEL].at = {MIB(8), MIB(20)}};
	struct aftermath o;

	(void)state;
	aftermath_of(&plan, &runs, false, &o);
	assert_true(o.below_16m.before == MIB(8) && o.below_16m.after == MIB(7));
	assert_true(o.below_4g.before == MIB(54) && o.below_4g.after == MIB(54 - 3));
	assert_true(o.largest_left.start == MIB(20) && o.largest_left.end == MIB(64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c6_what_boot_services_held_was_not_free_before),
	    cmocka_unit_test(c10_what_is_left_is_counted_to_the_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
