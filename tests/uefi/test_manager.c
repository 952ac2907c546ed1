/* SPDX-License-Identifier: BSD-2-Clause */
/* What efi/manager.c does around each entry that is about to boot: each boot is one of all the loader, in short. */
#include "scene.h"

#include "../sim/bench.h"
#include "../unit/pe_file.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define ONE "title One\nlinux /vmlinuz\noptions one\n"

static struct pe_file program;

static void given(const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-512M free", entry, "", &debian);
	uefi = (struct uefi_setup){.nobody = true};
}

static void expect_entered(const char *name)
{
	scene_run(name);
	if (!outcome.entered)
		fail_msg("%s: %s", name, uefi_report.console);
}

static unsigned int kept(const char *words)
{
	const struct uefi_variable *log = uefi_variable("BerthLog");
	static char text[sizeof(log->value) + 1];
	unsigned int n = 0;

	assert_non_null(log);
	memcpy(text, log->value, log->size);
	text[log->size] = '\0';
	for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
		n++;
	return n;
}

/* A file of options lies beside the entries, for all of them. */
static void each_kernel_is_told_what_drop_ins_add(void **state)
{
	(void)state;
	given(ONE);
	scene_put_text("\\loader\\entries\\one.conf", ONE);
	scene_put_text("\\loader\\cmdline.d\\a.conf", "ten");
	sim.other_line = true;
	scene_expect_told("one ten");
}

/* What an attempt before has said stays, but not its plan: the log has that of the system that runs. */
static void the_plan_that_is_kept_is_the_last_ones(void **state)
{
	(void)state;
	given(ONE);
	scene_put_text("\\loader\\loader.conf", "default awful.conf\n");
	scene_put_text("\\loader\\entries\\one.conf", ONE);
	scene_put_text("\\loader\\entries\\awful.conf", "title Awful\nlinux /vmlinuz\nplacement 0x4000\n");
	expect_entered("the second");
	assert_int_equal(kept("berth: awful.conf does not boot\n"), 1);
	assert_int_equal(kept("berth: boots one.conf\n"), 1);
	assert_int_equal(kept("berth: facts descriptors "), 1);
	/* And of a program there is none. */
	given(ONE);
	scene_put_text("\\loader\\loader.conf", "default awful.conf\n");
	scene_put_text("\\loader\\entries\\awful.conf", "title Awful\nlinux /vmlinuz\nplacement 0x4000\n");
	pe_file_begin(&program, PE_X64, 0);
	scene_put("\\p.efi", program.bytes, program.size);
	scene_put_text("\\loader\\entries\\p.conf", "title P\nefi /p.efi\n");
	scene_run("a program");
	assert_int_equal(uefi_report.starts, 1);
	assert_int_equal(kept("berth: awful.conf does not boot\n"), 1);
	assert_int_equal(kept("berth: boots p.conf\n"), 1);
	assert_int_equal(kept("berth: facts descriptors "), 0);
}

/*
 * It is passed over for the next; but where there is no other the boot fails by what it lacks, and nothing is read of
 * its kernel before.
 */
static void an_entry_without_its_kernel_is_no_default_where_there_is_another(void **state)
{
	static char broken[2000] = "title Z\nversion 9\nlinux /none\n";

	(void)state;
	given(ONE);
	scene_put_text("\\loader\\entries\\zz.conf", "title Z\nversion 9\nlinux /none\n");
	scene_put_text("\\loader\\entries\\one.conf", ONE);
	expect_entered("two");
	scene_expect("berth: zz.conf is passed over: \\none: no such file", 1);
	scene_expect("zz.conf does not boot", 0);
	given(ONE);
	scene_put_text("\\loader\\entries\\zz.conf", "title Z\nversion 9\nlinux /none\n");
	scene_run("alone");
	assert_false(outcome.entered);
	scene_expect("is passed over", 0);
	scene_expect("\\none: no such file", 1);
	/* What firmware can do is no entry that could boot instead. */
	given(ONE);
	scene_put_text("\\loader\\loader.conf", "auto-reboot yes\nauto-poweroff yes\n");
	scene_put_text("\\loader\\entries\\zz.conf", "title Z\nversion 9\nlinux /none\n");
	scene_run("with actions");
	assert_false(outcome.entered);
	scene_expect("is passed over", 0);
	/* Where none can be read at all, what is wrong with the first is told. */
	given(ONE);
	for (unsigned int i = 0; i < 100; i++)
		strcat(broken, "initrd /one\n");
	scene_put_text("\\loader\\entries\\zb.conf", broken);
	scene_put_text("\\loader\\entries\\zc.conf", broken);
	scene_run("broken");
	assert_false(outcome.entered);
	scene_expect("is passed over", 0);
	scene_expect("zc.conf line 20: more than 16 lines of initrd", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kernel_is_told_what_drop_ins_add),
	    cmocka_unit_test(the_plan_that_is_kept_is_the_last_ones),
	    cmocka_unit_test(an_entry_without_its_kernel_is_no_default_where_there_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
