/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries with a record in berth.sums: with Secure Boot on they boot when each part is the one of the record, whether a
 * kernel could be signed or not, and with any other part they do not, which is named. check.c holds what was entered
 * against the record after each boot.
 */
#include "bench.h"
#include "expect.h"
#include "record.h"
#include "vmlinux.h"

#include "../unit/tree_file.h"

#define LOW	"1M-512M free"
#define HIGH	"0x100000-0x101000 free, 4G-5G free"
#define MACHINE "1G-0x40100000 boot, 0x40100000-2G free, 6G-8G free"
#define TREE	"devicetree /dtb\n"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct vmlinux vmlinux;
static struct blob file, table;

static int give_back(void **state)
{
	(void)state;
	vmlinux_drop(&vmlinux);
	drop(&file);
	drop(&table);
	return 0;
}

static void named(const char *name)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	sim.record = record_of(&bench.entry);
}

/* A bzImage that nobody has signed. */
static void given(const char *map, const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, "", &debian);
	bench_sign(bench.head);
	sim.untrusted = "\\vmlinuz";
	named(entry);
}

/* A vmlinux with its table beside it, which cannot be signed. */
static void given_vmlinux(void)
{
	(void)give_back(NULL);
	vmlinux = vmlinux_made(false);
	vmlinux.moves = true;
	file = blob_copy(vmlinux.file.at, vmlinux.file.size);
	table = vmlinux_table();
	memset(&bench, 0, sizeof(bench));
	bench_set_up("1M-1G free, 4G-5G free", LINUX INITRD, "", &debian);
	sim.machine.secure_boot = SECURE_BOOT_ENABLED;
	sim.file[0] = (struct sim_file){"\\vmlinuz", file.size, file.at, file.size};
	sim.file[sim.n_files++] = (struct sim_file){"\\vmlinuz.relocs", table.size, table.at, table.size};
	sim.vmlinux = &vmlinux;
	sim.no_clauses = true; /* they are held against a bzImage's header */
	named("vmlinux");
}

static uint8_t overlay[TREE_FILE_SIZE];

/* An overlay that puts a word into /chosen. */
static size_t make_overlay(void)
{
	struct tree_file tree = {0};

	tree_file_node(&tree, "");
	tree_file_node(&tree, "fragment@0");
	tree_file_property(&tree, "target-path", "/chosen", 8);
	tree_file_node(&tree, "__overlay__");
	tree_file_property(&tree, "told", "one", 4);
	for (int i = 0; i < 3; i++)
		tree_file_end(&tree);
	tree_file_set(tree.structure, tree.structure_size, 9);
	tree.structure_size += 4;
	return tree_file_write(&tree, overlay);
}

static void given_tree(const char *entry)
{
	size_t size = make_overlay();

	memset(&bench, 0, sizeof(bench));
	bench_set_up_arm64(MACHINE, entry, &ARM64(.image_size = MIB(1), .file_size = 70000));
	sim.machine.secure_boot = SECURE_BOOT_ENABLED;
	sim.file[sim.n_files++] = (struct sim_file){"\\overlay", size, overlay, size};
	named(entry);
}

static void expect_back(enum status status, const char *words)
{
	bench_run();
	if (outcome.entered || outcome.status != status || strstr(outcome.why.text, words) == NULL)
		fail_msg("%s: %d, \"%s\" does not say \"%s\"", bench.name, (int)outcome.status,
			 outcome.entered ? "entered" : outcome.why.text, words);
}

static void what_its_record_names_boots_without_a_signature_and_is_read_once(void **state)
{
	char line[80];

	(void)state;
	given(LOW, LINUX INITRDS);
	snprintf(line, sizeof(line), "read %" PRIu64 " copied 0 bytes\n", debian.file_size + 70001 + 333);
	expect_through(line);
	assert_non_null(strstr(sim_log(), "verified \\vmlinuz, all of it, by berth.sums"));
	assert_int_equal(outcome.verifications, 0);
	given(HIGH, LINUX INITRDS);
	expect_through("by berth.sums");
	given_vmlinux();
	expect_through("by berth.sums");
	given_tree(LINUX INITRD TREE "devicetree-overlay /overlay\n");
	expect_through("merged \\overlay into the device tree");
	/* A state that firmware does not report is one in which all is verified. */
	given(LOW, LINUX);
	sim.machine.secure_boot = SECURE_BOOT_UNKNOWN;
	expect_through("by berth.sums");
}

/* The same without a record. */
static void without_a_record_all_is_as_before(void **state)
{
	(void)state;
	given(LOW, LINUX);
	sim.record = NULL;
	expect_back(REFUSED, "\\vmlinuz: not trusted");
	given_vmlinux();
	sim.record = NULL;
	expect_back(REFUSED, "\\vmlinuz is an ELF file: it cannot be signed, and Secure Boot is on");
	given_tree(LINUX TREE);
	bench_sign(bench.head);
	sim.record = NULL;
	expect_back(REFUSED, "no device tree of a file");
	given(LOW, LINUX);
	sim.record = NULL;
	sim.machine.secure_boot = SECURE_BOOT_DISABLED;
	expect_through("read ");
	assert_null(strstr(sim_log(), "berth.sums"));
}

/* The same file but for one byte, its last or one that is not among those that tell what it is. */
static void exchange(const char *path)
{
	static uint8_t other[256 * 1024];

	for (size_t i = 0; i < sim.n_files; i++) {
		struct sim_file *one = &sim.file[i];

		if (strcmp(one->path, path) != 0)
			continue;
		assert_true(one->size <= sizeof(other));
		for (size_t at = 0; at < one->size; at++)
			other[at] = sim_byte(one, at);
		other[one->size - 1] ^= 1;
		one->head = other;
		one->head_size = (size_t)one->size;
	}
}

static void each_part_that_was_exchanged_is_named(void **state)
{
	(void)state;
	given(LOW, LINUX INITRDS);
	exchange("\\vmlinuz");
	expect_back(REFUSED, "\\vmlinuz: is not the kernel that berth.sums has for this entry");
	given(LOW, LINUX INITRDS);
	exchange("\\one");
	expect_back(REFUSED, "\\one: is not the initrd that berth.sums has for this entry");
	given(LOW, LINUX INITRDS);
	exchange("\\two");
	expect_back(REFUSED, "\\two: is not the initrd that berth.sums has for this entry");
	given_vmlinux();
	exchange("\\vmlinuz.relocs");
	expect_back(REFUSED, "\\vmlinuz.relocs: is not the relocs that berth.sums has for this entry");
	given_tree(LINUX TREE "devicetree-overlay /overlay\n");
	exchange("\\dtb");
	expect_back(REFUSED, "\\dtb: is not the devicetree that berth.sums has for this entry");
	given_tree(LINUX TREE "devicetree-overlay /overlay\n");
	exchange("\\overlay");
	expect_back(REFUSED, "\\overlay: is not the devicetree-overlay that berth.sums has for this entry");
}

/* Each of its parts is the right one, and the entry is another. */
static void an_entry_that_is_another_is_refused(void **state)
{
	static const struct {
		const char *entry, *words;
	} rows[] = {
	    {"linux /vmlinuz\noptions console=ttyS1\ninitrd /one\ninitrd /two\n",
	     "t.conf: its command line is not the one"},
	    {"linux /vmlinuz\ninitrd /one\ninitrd /two\n", "t.conf: its command line is not the one"},
	    {LINUX INITRD, "t.conf: has 1 of the kind `initrd`, and berth.sums has 2 for it"},
	    {LINUX INITRD "initrd /two\ninitrd /empty\n",
	     "t.conf: has 3 of the kind `initrd`, and berth.sums has 2 for it"},
	    {LINUX "initrd /two\ninitrd /one\n", "\\two: is not the initrd"},
	    {LINUX INITRD "initrd /two\n" TREE, "t.conf: has 1 of the kind `devicetree`, and berth.sums has 0 for it"},
	    {LINUX INITRD "initrd /two\ndevicetree-overlay /a /b\n",
	     "t.conf: has 2 of the kind `devicetree-overlay`, and berth.sums has 0 for it"},
	};
	static char kept[2000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given(LOW, LINUX INITRD "initrd /two\n");
		snprintf(kept, sizeof(kept), "%s", sim.record);
		given(LOW, rows[i].entry);
		sim.record = kept;
		expect_back(REFUSED, rows[i].words);
		assert_int_equal(outcome.tryings, 1);
	}
	given_tree(LINUX TREE);
	snprintf(kept, sizeof(kept), "%s", sim.record);
	given_tree(LINUX);
	sim.record = kept;
	expect_back(REFUSED, "t.conf: has 0 of the kind `devicetree`, and berth.sums has 1 for it");
}

/* An exact place adds nokaslr, by a line that no record has. */
static void x9_a_placement_does_not_switch_kaslr_off(void **state)
{
	(void)state;
	given(LOW, LINUX "placement 0x10000000\n");
	expect_back(REFUSED, "t.conf: its `placement` adds nokaslr to a command line that berth.sums has without it");
	given(LOW, "linux /vmlinuz\noptions quiet nokaslr\nplacement 0x10000000\n");
	expect_through("by berth.sums");
	given(LOW, LINUX "placement low\n");
	expect_through("by berth.sums");
}

static void a_table_that_the_record_has_is_there_and_another_is_not_looked_at(void **state)
{
	static char without[2000];

	(void)state;
	given_vmlinux();
	snprintf(without, sizeof(without), "%s", sim.record);
	sim.n_files--;
	expect_back(NOT_FOUND, "\\vmlinuz.relocs: no such file");
	given_vmlinux();
	*strstr(without, "relocs") = '\0';
	sim.record = without;
	vmlinux.moves = false;
	expect_through("by berth.sums");
}

/* A disk driver that writes elsewhere is nobody's attack: what it read wrongly is read once more. */
static void c7_what_arrives_wrongly_is_read_again_before_it_is_refused(void **state)
{
	(void)state;
	for (int way = 0; way < 3; way++) {
		given(HIGH, LINUX INITRDS);
		sim.dirty = true;
		sim.unreadable_above = GIB(4);
		sim.reads_fail_above = way == 1;
		sim.reads_wrap = way == 2;
		expect_through("[C7]");
	}
	given("1M-64M free, 4G-5G free", LINUX INITRD);
	sim.dirty = sim.reads_wrap = true;
	sim.unreadable_above = GIB(4);
	sim.lies_about = "\\one";
	expect_through("is loaded again [C7]");
	/* One that is exchanged meanwhile is another, whenever it was read. */
	for (unsigned int k = 1; k <= 3; k++) {
		given("1M-64M free, 4G-5G free", LINUX INITRD);
		sim.changes = "\\one";
		sim.changed_head = (const uint8_t *)"";
		sim.file[1].head = (const uint8_t *)"\xff";
		sim.file[1].head_size = 1;
		named("exchanged");
		sim.changes_at = k;
		bench_run();
		assert_int_equal(outcome.entered, k > 2);
		if (k == 1)
			assert_non_null(strstr(outcome.why.text, "\\one: is not the initrd"));
	}
}

/* A TPM gets the sum of what firmware takes for a program; what it does not is trusted by the record alone. */
static void a_kernel_with_a_record_is_measured_where_it_can_be(void **state)
{
	(void)state;
	given(LOW, LINUX INITRDS);
	sim.measures = true;
	sim.untrusted = NULL;
	expect_through("measured \\vmlinuz, all of it");
	assert_int_equal(outcome.verifications, 1);
	given(LOW, LINUX INITRDS);
	sim.measures = true;
	expect_through("\\vmlinuz: not trusted\n  it is not measured");
	given_vmlinux();
	sim.measures = true;
	expect_through("\\vmlinuz is an ELF file: it cannot be signed\n");
	assert_non_null(strstr(sim_log(), "it is not measured"));
}

static void no_failing_call_lets_another_part_through(void **state)
{
	(void)state;
	given(LOW, LINUX INITRDS);
	bench_fail_each_call();
	given(HIGH, LINUX INITRD "decompress kernel\n");
	bench_fail_each_call();
	given_vmlinux();
	bench_fail_each_call();
	given_tree(LINUX INITRD TREE "devicetree-overlay /overlay\n");
	bench_fail_each_call();
	given(LOW, LINUX INITRDS);
	exchange("\\two");
	bench_fail_each_call();
	assert_true(bench.entered == 0 && bench.refused != 0);
}

/* Whether firmware finds the record or not, a kernel that is signed does not boot with another initrd. */
static void a_record_that_cannot_be_asked_for_is_not_one_that_is_missing(void **state)
{
	(void)state;
	given(LOW, LINUX INITRDS);
	sim.untrusted = NULL;
	exchange("\\two");
	bench_fail_each_call();
	assert_true(bench.entered == 0 && bench.refused != 0);
	sim.fail_call = 0;
	expect_back(REFUSED, "\\two: is not the initrd that berth.sums has for this entry");
}

static void given_initrds(void)
{
	given(LOW, LINUX INITRDS);
}

static void given_overlay(void)
{
	given_tree(LINUX INITRD TREE "devicetree-overlay /overlay\n");
}

/* Who is told that a file was exchanged looks for an attacker, or for a copy: not for what failed. */
static void a_disk_that_fails_is_not_told_as_another_file(void **state)
{
	static void (*const scene[])(void) = {given_initrds, given_vmlinux, given_overlay};
	unsigned int refused = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(scene); i++)
		for (unsigned int k = 0, calls = 0; k <= calls; k++) {
			scene[i]();
			sim.fail_call = k;
			sim.fail_status = IO_ERROR;
			sim.fails_twice = true;
			bench_run();
			calls = k == 0 ? outcome.calls : calls;
			refused += !outcome.entered;
			if (!outcome.entered && strstr(outcome.why.text, "injected: call ") == NULL &&
			    strstr(outcome.why.text, "no memory ") == NULL)
				fail_msg("scene %zu, call %u: %s", i, k, outcome.why.text);
		}
	assert_true(refused > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(what_its_record_names_boots_without_a_signature_and_is_read_once, give_back),
	    cmocka_unit_test_teardown(without_a_record_all_is_as_before, give_back),
	    cmocka_unit_test_teardown(each_part_that_was_exchanged_is_named, give_back),
	    cmocka_unit_test(an_entry_that_is_another_is_refused),
	    cmocka_unit_test(x9_a_placement_does_not_switch_kaslr_off),
	    cmocka_unit_test_teardown(a_table_that_the_record_has_is_there_and_another_is_not_looked_at, give_back),
	    cmocka_unit_test(c7_what_arrives_wrongly_is_read_again_before_it_is_refused),
	    cmocka_unit_test_teardown(a_kernel_with_a_record_is_measured_where_it_can_be, give_back),
	    cmocka_unit_test_teardown(no_failing_call_lets_another_part_through, give_back),
	    cmocka_unit_test(a_record_that_cannot_be_asked_for_is_not_one_that_is_missing),
	    cmocka_unit_test_teardown(a_disk_that_fails_is_not_told_as_another_file, give_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
