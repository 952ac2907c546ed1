/* SPDX-License-Identifier: BSD-2-Clause */
/* Drop-ins for command lines over a whole boot: the kernel is told them, and nothing that is wrong with one stops it.
 */
#include "../sim/bench.h"
#include "scene.h"

#include "../../config/dropins.h"

#include <efi.h>

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ONE "title One\nlinux /vmlinuz\ninitrd /one\noptions one\n"

static void given(void)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", ONE, "", &debian);
	sim.other_line = true;
	uefi = (struct uefi_setup){.fault = 0};
	scene_put_text("\\loader\\entries\\one.conf", ONE);
}

static void a_kernel_is_told_them_in_the_order_of_their_names(void **state)
{
	(void)state;
	given();
	scene_put_text("\\loader\\cmdline.d\\20-b.conf", "# more\ntwenty\n");
	scene_put_text("\\loader\\cmdline.d\\README", "no options");
	scene_put_text("\\loader\\cmdline.d\\10-a.conf", "ten\neleven\n");
	scene_expect_told("one ten eleven twenty");
	given();
	scene_expect_told("one");
}

/* They stand in the line that a person edits, and are not behind it again; not after a second edit either. */
static void an_edited_line_has_them_once(void **state)
{
	(void)state;
	given();
	scene_put_text("\\loader\\loader.conf", "timeout menu-force\n");
	scene_put_text("\\loader\\cmdline.d\\a.conf", "ten");
	uefi.keys = "e x\r";
	scene_expect_told("one ten x");
	given();
	scene_put_text("\\loader\\loader.conf", "timeout menu-force\n");
	scene_put_text("\\loader\\cmdline.d\\a.conf", "ten");
	uefi.keys = "e mem=1M\r|xe\x17x\r"; /* it cannot boot so, and is edited again */
	scene_expect_told("one ten x");
}

static void a_bad_file_is_told_and_costs_no_other(void **state)
{
	static char large[MAX_CONFIG_FILE + 2];

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	given();
	scene_put("\\loader\\cmdline.d\\a.conf", (const uint8_t *)"b\0d", 3);
	scene_put_text("\\loader\\cmdline.d\\b.conf", large);
	scene_put_text("\\loader\\cmdline.d\\c.conf", "good");
	scene_expect_told("one good");
	scene_expect("\\loader\\cmdline.d\\a.conf line 1: a NUL byte: this is not UTF-8 text; the file is ignored\n",
		     1);
	scene_expect("\\loader\\cmdline.d\\b.conf: has 65537 bytes; at most 65536 are read; the file is ignored\n", 1);
}

/* They are read when the first kernel is about to boot, edited or not, and for nothing else. */
static void a_bad_file_is_told_once_and_to_kernels_alone(void **state)
{
	(void)state;
	given();
	scene_put_text("\\loader\\loader.conf", "timeout menu-force\n");
	scene_put("\\loader\\cmdline.d\\a.conf", (const uint8_t *)"b\0d", 3);
	uefi.keys = "e\x03|e x\r";
	scene_expect_told("one x");
	scene_expect("a.conf line 1: a NUL byte", 1);
	given();
	scene_put_text("\\loader\\loader.conf", "default program.conf\n");
	scene_put_text("\\loader\\entries\\program.conf", "efi /vmlinuz\noptions own\n");
	scene_put("\\loader\\cmdline.d\\a.conf", (const uint8_t *)"b\0d", 3);
	scene_run("a program");
	assert_string_equal(uefi_report.options, "own");
	scene_expect("a.conf line 1: a NUL byte", 0);
}

static void of_too_many_the_first_count(void **state)
{
	static char path[MOST_DROPINS + 1][40];

	(void)state;
	for (unsigned int n = MOST_DROPINS; n <= MOST_DROPINS + 1; n++) {
		given();
		for (unsigned int i = 0; i < n; i++) {
			snprintf(path[i], sizeof(path[i]), "\\loader\\cmdline.d\\%u.conf", i);
			scene_put_text(path[i], "");
		}
		scene_expect_told("one");
		scene_expect("berth: \\loader\\cmdline.d: has more than ", n > MOST_DROPINS);
	}
}

static void given_readme(void)
{
	given();
	scene_put_text("\\loader\\cmdline.d\\README", "no options");
}

static void a_failing_call_that_lists_them_is_told(void **state)
{
	(void)state;
	/* Reads of the folder: the file, and that there is no other. */
	assert_int_equal(
	    scene_said_at_failing_calls(given_readme, "berth: \\loader\\cmdline.d: cannot be listed: device error\n"),
	    2);
}

/* X7: what is too long for the kernel ends the attempt by name. */
static void x7_a_line_that_the_kernel_cannot_take_is_refused(void **state)
{
	static char longer[3000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	given();
	scene_put_text("\\loader\\cmdline.d\\a.conf", longer);
	uefi.nobody = true;
	scene_run("too long");
	assert_false(outcome.entered);
	scene_expect("(cmdline_size)", 1);
}

/* A call that fails costs a file or all of them, never the boot; what is there is whole. */
static void each_call_fails_in_turn(void **state)
{
	static const uint64_t faults[] = {EFIERR(7), EFIERR(9), EFIERR(14), LIE_NOTHING, LIE_TOO_MUCH};
	unsigned int calls = 1000, entered = 0, told = 0;

	(void)state;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t f = 0; f < COUNT_OF(faults); f++) {
			given();
			scene_put_text("\\loader\\cmdline.d\\b.conf", "b");
			scene_put_text("\\loader\\cmdline.d\\a.conf", "a");
			sim.fail_call = k;
			uefi.fault = faults[f];
			scene_run("a call fails");
			calls = k == 1 && f == 0 ? outcome.calls : calls;
			entered += outcome.entered;
			told += outcome.entered && scene_said("cmdline.d") != 0;
		}
	assert_true(entered > 100 && told > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kernel_is_told_them_in_the_order_of_their_names),
	    cmocka_unit_test(an_edited_line_has_them_once),
	    cmocka_unit_test(a_bad_file_is_told_and_costs_no_other),
	    cmocka_unit_test(a_bad_file_is_told_once_and_to_kernels_alone),
	    cmocka_unit_test(of_too_many_the_first_count),
	    cmocka_unit_test(a_failing_call_that_lists_them_is_told),
	    cmocka_unit_test(x7_a_line_that_the_kernel_cannot_take_is_refused),
	    cmocka_unit_test(each_call_fails_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
