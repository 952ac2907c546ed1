/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device tree for what firmware starts: it is firmware's table while the program runs, with overlays and with what
 * firmware adds, and the one before is there again afterwards. Sources: UEFI 2.10, 4.6.1.3 and 7.5.6; U-Boot's
 * doc/develop/uefi/uefi.rst, "Device-tree fix-up protocol".
 */
#include "../sim/bench.h"
#include "../unit/pe_file.h"
#include "../unit/tree_file.h"
#include "scene.h"
#include "local.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

#define STUB "title S\nlinux /kernel\nhandoff stub\n"
#define TREE "devicetree /dtb\n"
#define OVER "devicetree-overlay /over\n"

static uint8_t firmwares[TREE_FILE_SIZE] __attribute__((aligned(8))), named[TREE_FILE_SIZE], over[TREE_FILE_SIZE];
static struct pe_file kernel;

/* What the program found. */
static struct {
	const void *tree;
	uint8_t bytes[2 * TREE_FILE_SIZE];
	size_t size;
} found;

static void find_tree(void *image)
{
	const uint8_t *tree = uefi_tree();

	(void)image;
	found.tree = tree;
	found.size = 0;
	if (tree == NULL)
		return;
	found.size = (size_t)tree[6] << 8 | tree[7];
	found.size = found.size < sizeof(found.bytes) ? found.size : sizeof(found.bytes);
	memcpy(found.bytes, tree, found.size);
}

static size_t make_overlay(void)
{
	struct tree_file file = {0};

	tree_file_node(&file, "");
	tree_file_node(&file, "fragment@0");
	tree_file_property(&file, "target-path", "/chosen", 8);
	tree_file_node(&file, "__overlay__");
	tree_file_property(&file, "told", "by the overlay", 15);
	for (int i = 0; i < 3; i++)
		tree_file_end(&file);
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	return tree_file_write(&file, over);
}

static void given(const char *text, bool firmware_has_one)
{
	struct tree_file file = tree_file_machine();
	size_t size = tree_file_write(&file, named), overlay = make_overlay();

	memset(&bench, 0, sizeof(bench));
	memset(&found, 0, sizeof(found));
	bench_set_up("1M-512M free, 4G-5G free", LINUX, "", &debian);
	sim.arch = &arch_aarch64;
	uefi = (struct uefi_setup){.program = find_tree, .keys = "\rQQQQ"};
	scene_put_text("\\loader\\loader.conf", "timeout menu-force\nlog normal\n");
	scene_put_text("\\loader\\entries\\s.conf", text);
	pe_file_begin(&kernel, PE_X64, 1);
	sim.file[sim.n_files++] = (struct sim_file){"\\kernel", kernel.size, kernel.bytes, kernel.size};
	sim.file[sim.n_files++] = (struct sim_file){"\\dtb", size, named, size};
	sim.file[sim.n_files++] = (struct sim_file){"\\over", overlay, over, overlay};
	if (firmware_has_one)
		sim.machine.tree = (struct bytes){firmwares, tree_file_write(&file, firmwares)};
}

static bool has(const char *words)
{
	for (size_t i = 0; i + strlen(words) <= found.size; i++)
		if (memcmp(found.bytes + i, words, strlen(words)) == 0)
			return true;
	return false;
}

static const void *before(void)
{
	return sim.machine.tree.at;
}

static void a_program_finds_the_entrys_tree_and_firmware_has_its_own_again(void **state)
{
	static const char *const text[] = {STUB TREE, "title E\nefi /kernel\n" TREE, "title U\nuki /kernel\n" TREE};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(text); i++) {
		given(text[i / 2], i % 2 == 1);
		scene_run(text[i / 2]);
		assert_int_equal(uefi_report.starts, 1);
		assert_true(found.tree != NULL && found.tree != before() && has("berth,test"));
		assert_int_equal(found.bytes[27], 16);
		assert_ptr_equal(uefi_tree(), before());
		assert_int_equal(uefi_report.tree_tables, 2);
	}
}

static void firmware_completes_it(void **state)
{
	(void)state;
	given(STUB TREE, true);
	uefi.fixes_trees = true;
	scene_run("completed");
	assert_int_equal(found.bytes[27], 2);
	given(STUB TREE, true);
	uefi.fixes_trees = uefi.tree_breaks = true;
	scene_run("broken");
	assert_int_equal(uefi_report.starts, 0);
	assert_ptr_equal(uefi_tree(), before());
	scene_expect("\nberth: the device tree, as firmware has completed it,: not a device tree", 1);
}

static void overlays_are_in_it(void **state)
{
	(void)state;
	given(STUB TREE OVER, false);
	scene_run("the entry's");
	assert_true(has("berth,test") && has("by the overlay"));
	given(STUB OVER, true);
	scene_run("firmware's");
	assert_true(found.tree != before() && has("berth,test") && has("by the overlay"));
	given(STUB OVER, false);
	scene_run("none");
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("\nberth: `devicetree-overlay`: there is no device tree to merge it into", 1);
}

static void without_a_wish_nothing_is_done(void **state)
{
	(void)state;
	given(STUB, true);
	scene_run("none");
	assert_ptr_equal(found.tree, before());
	assert_int_equal(uefi_report.tree_tables, 0);
}

/* On x86 no kernel takes one, however it is started. */
static void c11_where_none_is_taken_or_may_be_it_is_said(void **state)
{
	(void)state;
	given(STUB "devicetree /none\n", false);
	sim.arch = NULL;
	scene_run("x86");
	assert_int_equal(uefi_report.starts, 1);
	scene_expect("berth: devicetree ignored: this kernel does not use one\n", 1);
	given(STUB TREE, false);
	uefi.secure_boot = 1;
	scene_run("Secure Boot");
	assert_int_equal(uefi_report.starts + uefi_report.tree_tables, 0);
	scene_expect("\nberth: s.conf: unless Secure Boot is known to be off no device tree of a file is given", 1);
	given(STUB "devicetree /none\n", false);
	scene_run("missing");
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("\nberth: \\none: no such file", 1);
	given(STUB "devicetree /one\n", false);
	scene_run("something else");
	assert_int_equal(uefi_report.starts, 0);
	scene_expect("\nberth: \\one: not a device tree", 1);
}

static void where_records_are_demanded_that_is_told_and_not_that_a_tree_is_not_signed(void **state)
{
	static const uint8_t least[8] = {1};

	(void)state;
	given(STUB TREE, false);
	uefi.secure_boot = 1;
	uefi_variable_put_as("BerthSums", least, sizeof(least), 3); /* which a system cannot have written */
	scene_run("a record is demanded");
	assert_int_equal(uefi_report.starts + uefi_report.tree_tables, 0);
	scene_expect("this machine starts nothing without the records of ", 1);
}

static void run_counted(const char *text, unsigned int starts, unsigned int renames)
{
	for (size_t i = 0; i < sim.n_files; i++)
		if (strcmp(sim.file[i].path, "\\loader\\entries\\s.conf") == 0)
			sim.file[i].path = "\\loader\\entries\\s+3.conf";
	scene_run(text);
	if (uefi_report.starts != starts || uefi_report.renames != renames)
		fail_msg("%s: started %u times, counted %u times", text, uefi_report.starts, uefi_report.renames);
}

/* UAPI.1, "Boot counting": what hangs while the tree is read or completed has had its try, and none has two. */
static void a_try_is_counted_before_the_tree_is_read(void **state)
{
	static const char *const text[] = {STUB TREE, "title U\nuki /kernel\n" TREE};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(text); i++) {
		given(text[i], false);
		run_counted(text[i], 1, 1);
		given(text[i], false);
		named[0] = 0;
		run_counted("no tree", 0, 1);
	}
	/* What has no program has none: nothing is read for it. */
	given("title S\nlinux /nowhere\nhandoff stub\n" TREE, true);
	run_counted("no program", 0, 0);
	assert_int_equal(uefi_report.tree_tables, 0);
	/* And what is any program's is not counted. */
	given("title E\nefi /kernel\n" TREE, false);
	run_counted("any program", 1, 0);
}

/* The table is put back for who got another, and once. */
static void the_next_program_has_what_firmware_has(void **state)
{
	(void)state;
	given(STUB TREE, true);
	scene_put_text("\\loader\\entries\\r.conf", STUB);
	uefi.keys = "\r\033[B\rQQQQ";
	scene_run("one after the other");
	assert_int_equal(uefi_report.starts, 2);
	assert_int_equal(uefi_report.tree_tables, 2);
	assert_ptr_equal(uefi_tree(), before());
}

static void given_tree_and_overlay(void)
{
	given(STUB TREE OVER, true);
	uefi.fixes_trees = true;
}

/* Firmware that says it has the table, and has not, is not found out. */
static bool is_started_with_tree(unsigned int call, uint64_t fault)
{
	if (uefi_report.starts == 1 && (fault & LIE) == 0 && sim.machine.tree.at == found.tree)
		fail_msg("call %u: started without its tree", call);
	return uefi_report.starts != 0;
}

/* Firmware fails at each call in turn, in each way: a program runs with the tree, or none does. */
static void every_call_goes_wrong_in_every_way(void **state)
{
	static const uint64_t faults[] = {EFIERR(1), EFIERR(2), EFIERR(9), EFIERR(14), LIE_NOTHING, LIE_TOO_MUCH};
	struct scene_sweep sweep = scene_sweep(faults, COUNT_OF(faults), given_tree_and_overlay, is_started_with_tree);

	(void)state;
	assert_true(sweep.calls > 60 && sweep.well > 60 / share() && sweep.not_well > 60 / share());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_program_finds_the_entrys_tree_and_firmware_has_its_own_again),
	    cmocka_unit_test(firmware_completes_it),
	    cmocka_unit_test(overlays_are_in_it),
	    cmocka_unit_test(without_a_wish_nothing_is_done),
	    cmocka_unit_test(c11_where_none_is_taken_or_may_be_it_is_said),
	    cmocka_unit_test(where_records_are_demanded_that_is_told_and_not_that_a_tree_is_not_signed),
	    cmocka_unit_test(a_try_is_counted_before_the_tree_is_read),
	    cmocka_unit_test(the_next_program_has_what_firmware_has),
	    cmocka_unit_test(every_call_goes_wrong_in_every_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
