/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader's own pages: nothing of it can be written to and run while it runs, where firmware has a protocol for
 * that, and firmware gets them back as they were. What must hold is looked at by attributes.c in each boot.
 */
#include "../sim/bench.h"
#include "local.h"
#include "scene.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static void given(const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", LINUX, "", &debian);
	uefi = (struct uefi_setup){.nobody = true, .keeps_code = true};
	scene_put_text("\\loader\\entries\\t.conf", entry);
}

static void expect(const char *name, bool enters)
{
	scene_run(name);
	if (outcome.entered != enters)
		fail_msg("%s: %s", name, outcome.entered ? "entered" : outcome.why.text);
}

static void nothing_of_the_loader_can_be_written_to_and_run(void **state)
{
	(void)state;
	given(LINUX);
	expect("kernel", true);
	given(LINUX);
	uefi.keeps_all = true; /* by firmware itself: there is nothing to set, and nothing to take back */
	expect("kept by firmware", true);
	given(LINUX);
	uefi.keeps_partly = true;
	expect("kept in part", true);
	given(LINUX);
	uefi.keeps_code = false;
	expect("no protocol", true);
}

static void firmware_gets_its_pages_back_as_they_were(void **state)
{
	(void)state;
	for (int all = 0; all < 2; all++) {
		given("title T\nlinux /nowhere\n");
		uefi.keeps_all = all == 1;
		expect("back", false);
	}
}

/* The loader does not depend on any of these calls; it boots, or comes back, whatever they answer. */
static void each_call_may_fail_in_each_way(void **state)
{
	static const uint64_t faults[] = {EFI_UNSUPPORTED,	EFI_INVALID_PARAMETER, EFI_NO_MAPPING,
					  EFI_OUT_OF_RESOURCES, EFI_ACCESS_DENIED,     LIE_NOTHING,
					  LIE_TOO_MUCH};
	unsigned int failed[3] = {0};

	(void)state;
	for (int enters = 0; enters < 2; enters++)
		for (unsigned int k = 1; k < 24; k++)
			for (size_t f = 0; f < 2 * COUNT_OF(faults); f++) {
				given(enters == 1 ? LINUX : "title T\nlinux /nowhere\n");
				sim.fail_call = k;
				uefi.fault = faults[f / 2];
				uefi.for_ever = f % 2 == 1;
				scene_run("fault");
				if (scene_failed_in("GetMemoryAttributes"))
					failed[0]++;
				else if (scene_failed_in("SetMemoryAttributes"))
					failed[1]++;
				else
					continue;
				assert_int_equal(outcome.entered, enters);
			}
	for (unsigned int k = 1; k <= 100000; k++) { /* the last calls of all */
		given("title T\nlinux /nowhere\n");
		sim.fail_call = k;
		uefi.fault = EFI_UNSUPPORTED;
		scene_run("clear");
		failed[2] += scene_failed_in("ClearMemoryAttributes");
		if (sim.fail_call > outcome.calls)
			break;
	}
	assert_true(failed[0] >= 5 * 2 * COUNT_OF(faults) && failed[1] >= 5 * 2 * COUNT_OF(faults));
	assert_int_equal(failed[2], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_of_the_loader_can_be_written_to_and_run),
	    cmocka_unit_test(firmware_gets_its_pages_back_as_they_were),
	    cmocka_unit_test(each_call_may_fail_in_each_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
