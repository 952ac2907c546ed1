/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a boot would do, told before it: the places that it then has, or the reason why it would not; and nothing is
 * taken, counted or left, whatever goes wrong.
 */
#include "bench.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static char told[16384];

static void foresee(const char *map, const char *entry, const struct kernel_fields *kernel)
{
	struct text text = TEXT(told);

	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, "", kernel);
	snprintf(bench.name, sizeof(bench.name), "%s", entry);
	told[0] = '\0';
	sim_foresee(&bench.entry, &bench.conf, 79, &text);
	assert_false(text_cut(&text) || outcome.entered);
	assert_true(outcome.claims_left == 0 && outcome.files_left == 0 && outcome.surveys_left == 0 &&
		    outcome.takes_left == 0);
	assert_int_equal(outcome.exits, 0);
}

static void expect_told(const char *words)
{
	if (strstr(told, words) == NULL)
		fail_msg("%s: no \"%s\" in\n%s", bench.name, words, told);
}

/* The lines of a boot's log and those of the page name the same places. */
static void the_places_are_those_of_the_boot(void **state)
{
	static const char *const entries[] = {LINUX, LINUX INITRDS, LINUX INITRD "placement low\n",
					      LINUX INITRD "placement preferred\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		char place[64];
		const char *at;

		foresee("1M-1G free, 4G-5G free", entries[i], &debian);
		sim_end();
		bench_run();
		assert_true(outcome.entered);
		for (const char *part = "kernel\0initrd\0handoff\0"; *part != '\0'; part += strlen(part) + 1) {
			snprintf(place, sizeof(place), "place %s 0x", part);
			at = strstr(sim_log(), place);
			if (at == NULL && strcmp(part, "initrd") == 0 && i == 0)
				continue;
			assert_non_null(at);
			snprintf(place, sizeof(place), "%-9s %.*s-0x", part, (int)strcspn(at + 7 + strlen(part), " "),
				 at + 7 + strlen(part));
			expect_told(place);
		}
	}
}

static void files_rules_and_memory_are_told(void **state)
{
	(void)state;
	foresee("1M-1G free, 4G-5G free", LINUX INITRD, &debian);
	expect_told("linux     \\vmlinuz  ");
	expect_told("\ninitrd    \\one  ");
	expect_told("[C3]\n  C3  high: the highest aligned address");
	assert_null(strstr(strstr(told, "  C3  ") + 1, "  C3  ")); /* once for all parts */
	expect_told("one is ");
	sim_end();
	foresee("1M-8M free, 8M-17M boot, 17M-1G free, 4G-5G free", LINUX INITRD,
		&KERNEL(SMALL_KERNEL, .relocatable_kernel = 0));
	expect_told("copy kernel 0x");
	sim_end();
	foresee("1M-16M free, 16M-24M boot, 24M-1G free, 4G-5G free", LINUX INITRD "placement preferred\n", &debian);
	expect_told("placement preferred is not met");
	sim_end();
}

static void the_reason_is_told_with_its_rule(void **state)
{
	(void)state;
	foresee("1M-1G free", LINUX "placement 0x4000\n", &debian);
	expect_told("\\vmlinuz cannot run at 0x4000: ");
	expect_told("\n  X1  A relocatable kernel lies at a multiple of kernel_alignment");
	sim_end();
	foresee("1M-1G free", "title T\nlinux /none\n", &debian);
	expect_told("\\none: no such file");
	assert_null(strstr(told, "\n:"));
	sim_end();
	foresee("1M-2M free", LINUX, &debian);
	expect_told("0x");
	sim_end();
}

static void a_call_that_fails_is_told_and_leaves_nothing(void **state)
{
	unsigned int calls;

	(void)state;
	foresee("1M-1G free, 4G-5G free", LINUX INITRDS, &debian);
	calls = outcome.calls;
	sim_end();
	assert_true(calls > 5);
	for (unsigned int k = 1; k <= calls; k++) {
		struct text text = TEXT(told);

		memset(&bench, 0, sizeof(bench));
		bench_set_up("1M-1G free, 4G-5G free", LINUX INITRDS, "", &debian);
		sim.fail_call = k;
		sim.fail_status = IO_ERROR;
		told[0] = '\0';
		sim_foresee(&bench.entry, &bench.conf, 79, &text);
		assert_true(told[0] != '\0' && outcome.claims_left == 0 && outcome.files_left == 0 &&
			    outcome.surveys_left == 0 && outcome.takes_left == 0);
		sim_end();
	}
	sim.fail_call = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_places_are_those_of_the_boot),
	    cmocka_unit_test(files_rules_and_memory_are_told),
	    cmocka_unit_test(the_reason_is_told_with_its_rule),
	    cmocka_unit_test(a_call_that_fails_is_told_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
