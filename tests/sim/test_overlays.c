/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Overlays on a simulated firmware: they are in the tree that the kernel is entered with, in their order and before
 * what Berth itself tells; one that does not fit the tree is left out, and what is none refuses the boot. With a fault
 * at every call it is a whole handoff or nothing.
 */
#include "bench.h"

#include "../probe/clauses_tree.h"
#include "../unit/tree_file.h"

#define MACHINE	    "1G-0x40100000 boot, 0x40100000-2G free, 6G-8G free"
#define KERNEL_FILE ARM64(.image_size = MIB(1), .file_size = 70000)
#define TREE	    "devicetree /dtb\n"

enum { FIRST, SECOND, ELSEWHERE, N_OVERLAYS };

static uint8_t firmwares_tree[TREE_FILE_SIZE] __attribute__((aligned(8))), overlay[N_OVERLAYS][TREE_FILE_SIZE];
static const char *const path[N_OVERLAYS] = {"\\first", "\\second", "\\elsewhere"};

/* Puts "told" and "bootargs" into the node at @target. */
static size_t make_overlay(uint8_t *to, const char *target, const char *told)
{
	struct tree_file file = {0};

	tree_file_node(&file, "");
	tree_file_node(&file, "fragment@0");
	tree_file_property(&file, "target-path", target, strlen(target) + 1);
	tree_file_node(&file, "__overlay__");
	tree_file_property(&file, "told", told, strlen(told) + 1);
	tree_file_property(&file, "bootargs", "the overlay's", 14);
	tree_file_node(&file, told);
	for (int i = 0; i < 4; i++)
		tree_file_end(&file);
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	return tree_file_write(&file, to);
}

static void given(const char *entry, bool firmware_has_one)
{
	struct tree_file file = tree_file_machine();
	size_t size[N_OVERLAYS] = {
	    [FIRST] = make_overlay(overlay[FIRST], "/chosen", "one"),
	    [SECOND] = make_overlay(overlay[SECOND], "/chosen", "two"),
	    [ELSEWHERE] = make_overlay(overlay[ELSEWHERE], "/nowhere", "three"),
	};

	snprintf(bench.name, sizeof(bench.name), "%s", entry);
	bench_set_up_arm64(MACHINE, entry, &KERNEL_FILE);
	for (size_t i = 0; i < N_OVERLAYS; i++)
		sim.file[sim.n_files++] = (struct sim_file){path[i], size[i], overlay[i], size[i]};
	if (firmware_has_one)
		sim.machine.tree = (struct bytes){firmwares_tree, tree_file_write(&file, firmwares_tree)};
}

static const uint8_t *memory(void *context, uint64_t address, uint64_t size)
{
	(void)context;
	return sim_memory(address, size);
}

/* What the kernel is told by a property of /chosen; "" when it is not there. */
static const char *told(const char *name)
{
	struct told_by_tree tree = {.looking = {.memory = memory}};
	struct property value;

	tree_look(&tree, outcome.handoff.argument);
	assert_true(dtb_node(&tree.tree, "/cpus") != 0);
	value = dtb_property(&tree.tree, tree.chosen, name);
	return value.at == NULL ? "" : (const char *)value.at;
}

static void expect_entered(void)
{
	bench_run_kept();
	if (!outcome.entered)
		fail_msg("%s: refused: %s", bench.name, outcome.why.text);
}

static void c11_overlays_are_merged_in_their_order_into_either_tree(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		given(i == 0 ? LINUX TREE "devicetree-overlay /first /second\n"
			     : LINUX "devicetree-overlay /first  second\n",
		      i == 1);
		expect_entered();
		assert_string_equal(told("told"), "two");
		assert_string_equal(told("bootargs"), "console=ttyS0");
		assert_non_null(strstr(sim_log(), "merged \\first into the device tree"));
		assert_null(strstr(sim_quiet_log(), "merged"));
		sim_end();
	}
	assert_memory_equal(firmwares_tree, "\xd0\x0d\xfe\xed", 4);
}

static void c11_one_that_does_not_fit_the_tree_is_left_out(void **state)
{
	(void)state;
	given(LINUX "devicetree-overlay /elsewhere /first /elsewhere\n", true);
	expect_entered();
	assert_string_equal(told("told"), "one");
	assert_non_null(strstr(sim_quiet_log(), "\\elsewhere: cannot be merged into the device tree"));
	assert_non_null(strstr(sim_quiet_log(), "it is left out: the kernel is given the device tree without it"));
	sim_end();
}

static void expect_not_entered(const char *entry, bool firmware_has_one, enum status status, const char *words)
{
	given(entry, firmware_has_one);
	bench_run();
	if (outcome.entered || outcome.status != status || strstr(outcome.why.text, words) == NULL)
		fail_msg("%s: status %d, and the message lacks \"%s\":\n%s", entry, (int)outcome.status, words,
			 outcome.entered ? "entered" : outcome.why.text);
}

static void c11_what_is_none_refuses_the_boot(void **state)
{
	(void)state;
	expect_not_entered(LINUX "devicetree-overlay /first /none\n", true, NOT_FOUND, "\\none: no such file");
	expect_not_entered(LINUX "devicetree-overlay /one\n", true, BAD_INPUT,
			   "\\one: not an overlay of a device tree, or not all of one, in 70001 bytes");
	expect_not_entered(LINUX "devicetree-overlay /empty\n", true, BAD_INPUT, "not all of one, in 0 bytes");
	expect_not_entered(LINUX "devicetree-overlay /first\n", false, BAD_INPUT,
			   "there is no device tree to merge it into");
	expect_not_entered(LINUX "devicetree-overlay ..\n", true, BAD_INPUT, "goes up with");
	expect_not_entered(LINUX TREE "devicetree-overlay first first first first first first first first first first "
				      "first first first first first first first\n",
			   false, BAD_INPUT, "more than 16 overlays");
	given(LINUX "devicetree-overlay /first\n", true);
	tree_file_set(overlay[FIRST], TREE_TOTALSIZE, 262145);
	sim.file[sim.n_files - N_OVERLAYS].size = MIB(1);
	bench_run();
	assert_non_null(strstr(outcome.why.text, "\\first: has 262145 bytes; an overlay has at most 262144"));
}

static bool program_is_told(const char *value)
{
	static uint8_t tree[4 * TREE_FILE_SIZE];

	memset(tree, 0, sizeof(tree));
	if (sim_program_tree(&bench.entry, tree, sizeof(tree)) != OK)
		fail_msg("%s: %s", bench.name, outcome.why.text);
	assert_true(outcome.claims_left == 0 && outcome.files_left == 0 && outcome.takes_left == 0);
	for (size_t i = 0; i + strlen(value) < sizeof(tree); i++)
		if (memcmp(tree + i, value, strlen(value) + 1) == 0)
			return true;
	return false;
}

/* A program that firmware starts has the tree that a kernel has, and is refused for what a kernel is. */
static void c11_a_program_is_given_the_same_tree(void **state)
{
	uint8_t none[1];

	(void)state;
	given(LINUX TREE "devicetree-overlay /first /second\n", true);
	assert_true(program_is_told("two"));
	sim_end();
	given(LINUX "devicetree-overlay /first\n", true);
	assert_true(program_is_told("one"));
	sim_end();
	given(LINUX TREE, false);
	assert_false(program_is_told("one"));
	sim_end();
	given(LINUX, false);
	assert_false(program_is_told("one"));
	sim_end();
	given(LINUX "devicetree /none\n", true);
	assert_int_equal(sim_program_tree(&bench.entry, none, sizeof(none)), NOT_FOUND);
	sim_end();
	given(LINUX "devicetree-overlay /none\n", true);
	assert_int_equal(sim_program_tree(&bench.entry, none, sizeof(none)), NOT_FOUND);
	sim_end();
	given(LINUX "devicetree /one\n", true);
	assert_int_equal(sim_program_tree(&bench.entry, none, sizeof(none)), BAD_INPUT);
	assert_true(outcome.claims_left == 0 && outcome.files_left == 0 && outcome.takes_left == 0);
	sim_end();
}

static void c11_one_that_changes_while_it_is_read_refuses_the_boot(void **state)
{
	static uint8_t changed[TREE_FILE_SIZE];

	(void)state;
	given(LINUX "devicetree-overlay /first\n", true);
	(void)make_overlay(changed, "/chosem", "one");
	sim.changes = "\\first";
	sim.changed_head = changed;
	sim.changes_at = 4; /* its head, its head and all of it, and then other bytes */
	bench_run();
	assert_true(!outcome.entered && strstr(outcome.why.text, "\\first changed while it was read") != NULL);
}

/* Nothing of x86 reads a device tree. */
static void a_kernel_without_a_tree_is_entered_without_overlays(void **state)
{
	(void)state;
	bench_set_up(MACHINE, LINUX "devicetree-overlay /none\n", "", &KERNEL(SMALL_KERNEL));
	bench_run();
	assert_true(outcome.entered);
	assert_non_null(strstr(sim_log(), "devicetree ignored: this kernel does not use one"));
}

static void every_call_fails_once_and_twice(void **state)
{
	static const char *const entry[] = {
	    LINUX INITRD "devicetree-overlay /first /elsewhere\n",
	    LINUX TREE "devicetree-overlay /first /second\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(entry); i++) {
		given(entry[i], true);
		bench_fail_each_call();
	}
	bench_expect_runs(300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c11_overlays_are_merged_in_their_order_into_either_tree),
	    cmocka_unit_test(c11_one_that_does_not_fit_the_tree_is_left_out),
	    cmocka_unit_test(c11_what_is_none_refuses_the_boot),
	    cmocka_unit_test(c11_a_program_is_given_the_same_tree),
	    cmocka_unit_test(c11_one_that_changes_while_it_is_read_refuses_the_boot),
	    cmocka_unit_test(a_kernel_without_a_tree_is_entered_without_overlays),
	    cmocka_unit_test(every_call_fails_once_and_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
