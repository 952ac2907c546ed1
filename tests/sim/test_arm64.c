/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole flow for arm64 on a simulated firmware: an Image is placed, told by a device tree and entered, or refused
 * by name, and with a fault at every call it is a whole handoff or nothing. Every boot is held to the stand-in's
 * clauses.
 */
#include "bench.h"

#include "../probe/clauses_tree.h"
#include "../unit/packed.h"
#include "../unit/tree_file.h"

#define MACHINE "1G-0x40100000 boot, 0x40100000-2G free, 6G-8G free"
#define IMAGE	.image_size = MIB(1), .file_size = 70000
#define TREE	"devicetree /dtb\n"

static uint8_t firmwares_tree[TREE_FILE_SIZE] __attribute__((aligned(8)));

static void given(const char *name, const char *map, const char *entry, const struct arm64_file *kernel)
{
	snprintf(bench.name, sizeof(bench.name), "%s", name);
	bench_set_up_arm64(map, entry, kernel);
}

static void given_firmwares_tree(void)
{
	struct tree_file file = tree_file_machine();

	sim.machine.tree = (struct bytes){firmwares_tree, tree_file_write(&file, firmwares_tree)};
}

static void expect_entered(void)
{
	bench_run_kept();
	if (!outcome.entered)
		fail_msg("%s: refused: %s", bench.name, outcome.why.text);
}

static uint8_t *given_image; /* unpacked */

static void expect_refused_with(enum status status, const char *words)
{
	bench_run();
	if (outcome.entered || outcome.status != status || strstr(outcome.why.text, words) == NULL)
		fail_msg("%s: status %d, and the message lacks \"%s\":\n%s", bench.name, (int)outcome.status, words,
			 outcome.entered ? "entered" : outcome.why.text);
}

/* ---- every fault ---- */

static void every_call_fails_once_and_twice(void **state)
{
	static const struct {
		const char *name, *map, *entry;
		bool tree;
		struct arm64_file kernel;
	} row[] = {
	    {"ACPI alone", MACHINE, LINUX INITRD, false, {DEBIAN_13_ARM64, IMAGE}},
	    {"firmware's tree", MACHINE, LINUX INITRDS, true, {DEBIAN_13_ARM64, IMAGE}},
	    {"the entry's tree", MACHINE, LINUX INITRD TREE, true, {DEBIAN_13_ARM64, IMAGE}},
	    {"as low as it can", MACHINE, LINUX INITRD, true, {DEBIAN_13_ARM64, IMAGE, .flags = 2}},
	    {"before 3.17", MACHINE, LINUX, false, {DEBIAN_13_ARM64, .image_size = 0, .file_size = 70000}},
	    {"a text_offset", MACHINE, LINUX INITRD, true, {DEBIAN_13_ARM64, IMAGE, .text_offset = 0x80000}},
	    {"where boot services were", MACHINE, LINUX INITRD "placement 1G\n", true, {DEBIAN_13_ARM64, IMAGE}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given(row[i].name, row[i].map, row[i].entry, &row[i].kernel);
		sim.dirty = i % 2 == 0;
		if (row[i].tree)
			given_firmwares_tree();
		expect_entered();
		sim_end();
		bench_fail_each_call();
	}
	bench_expect_runs(500);
}

/* ---- packed ---- */

enum packing_of_file { WHOLE, ZBOOT };

/* An Image with noise behind its header, packed; as zboot padded to image_size as Linux's build does it. */
static struct blob given_packed(const struct kind *kind, enum packing_of_file how, const struct arm64_file *kernel)
{
	struct blob image = given_data(LOOK_NOISE, (size_t)(how == ZBOOT ? kernel->image_size : kernel->file_size)),
		    packed;
	uint8_t head[IMAGE_HEAD], front[512] = "MZ\0\0zimg";

	arm64_head(kernel, head);
	memcpy(image.at, head, sizeof(head));
	free(given_image);
	given_image = image.at;
	packed = packed_as(kind, image);
	if (how == WHOLE)
		return packed;
	store_le(front + 8, 4, sizeof(front));
	store_le(front + 12, 4, packed.size - (kind->sized ? 4 : 0));
	return joined(blob_copy(front, sizeof(front)), packed);
}

static void given_file(struct blob file)
{
	sim.file[0].size = sim.file[0].head_size = file.size;
	sim.file[0].head = file.at;
	sim.packed_image = given_image;
	sim.packed_size = 70000; /* of all kernels here; the rest of a zboot's is padding */
}

static bool is_zboots(const struct kind *kind)
{
	return kind->sized || kind->packing == PACKED_GZIP;
}

static void a1_an_image_is_entered_out_of_each_packing(void **state)
{
	const struct arm64_file kernel = ARM64(.image_size = MIB(1), .file_size = 70000);

	(void)state;
	for (size_t k = 0; k < n_kinds; k++)
		for (int how = WHOLE; how <= ZBOOT; how++) {
			struct blob file;

			if (how == ZBOOT ? !is_zboots(&kinds[k]) : kinds[k].sized)
				continue;
			given(kinds[k].command, MACHINE, LINUX INITRD, &kernel);
			file = given_packed(&kinds[k], (enum packing_of_file)how, &kernel);
			given_file(file);
			expect_entered();
			sim_end();
			bench_fail_each_call();
			drop(&file);
		}
	free(given_image);
	given_image = NULL;
}

static void a1_a_zboot_file_cut_or_with_a_wrong_header_is_refused(void **state)
{
	const struct arm64_file kernel = ARM64(.image_size = KIB(128), .file_size = 70000);
	static const uint32_t wrong[] = {0, 4, 63, 0x7fffffff, 0xffffffff};
	struct blob file = given_packed(&kinds[0], ZBOOT, &kernel);

	(void)state;
	for (size_t cut = 1; cut < file.size; cut += cut < 600 ? 1 : 997) {
		given("cut", MACHINE, LINUX, &kernel);
		given_file(file);
		sim.file[0].size = cut;
		bench_run();
		assert_false(outcome.entered);
	}
	for (size_t field = 8; field <= 12; field += 4)
		for (size_t i = 0; i < COUNT_OF(wrong); i++) {
			struct blob changed = blob_copy(file.at, file.size);

			given("a wrong header", MACHINE, LINUX, &kernel);
			store_le(changed.at + field, 4, wrong[i]);
			given_file(changed);
			bench_run();
			assert_false(outcome.entered);
			drop(&changed);
		}
	drop(&file);
	free(given_image);
	given_image = NULL;
}

/* ---- what the kernel is told ---- */

static const uint8_t *memory(void *context, uint64_t address, uint64_t size)
{
	(void)context;
	return sim_memory(address, size);
}

static struct told_by_tree look(void)
{
	struct told_by_tree told = {.looking = {.memory = memory}};

	tree_look(&told, outcome.handoff.argument);
	return told;
}

static bool tells_of_the_machine(void)
{
	struct told_by_tree told = look();

	return dtb_node(&told.tree, "/cpus") != 0;
}

static void a4_the_tree_is_the_entrys_else_firmwares_else_an_empty_one(void **state)
{
	struct told_by_tree told;

	(void)state;
	given("ACPI alone", MACHINE, LINUX, &ARM64(IMAGE));
	expect_entered();
	assert_false(tells_of_the_machine());
	sim_end();
	given("firmware's tree", MACHINE, LINUX, &ARM64(IMAGE));
	given_firmwares_tree();
	expect_entered();
	assert_true(tells_of_the_machine());
	sim_end();
	given("the entry's tree", MACHINE, LINUX TREE, &ARM64(IMAGE));
	expect_entered();
	assert_true(tells_of_the_machine());
	told = look();
	assert_string_equal((const char *)dtb_property(&told.tree, told.chosen, "bootargs").at, "console=ttyS0");
	sim_end();
}

static void a2_the_lowest_place_is_the_start_of_memory_once_boot_services_are_gone_or_the_next(void **state)
{
	(void)state;
	given("low", MACHINE, LINUX, &ARM64(IMAGE, .flags = 2));
	expect_entered();
	assert_true(outcome.handoff.entry == GIB(1) + MIB(2));
	sim_end();
	given("low, wished for elsewhere", MACHINE, LINUX "placement high\n", &ARM64(IMAGE, .flags = 2));
	expect_entered();
	assert_true(outcome.handoff.entry == GIB(1) + MIB(2));
	sim_end();
}

static void a3_what_is_copied_to_its_place_has_its_initrd_near_it(void **state)
{
	(void)state;
	given("far from where it waits", "1G-0x40100000 boot, 0x40100000-2G free, 100G-102G free",
	      LINUX INITRD "placement 1G\n", &ARM64(IMAGE));
	expect_entered();
	assert_true(outcome.handoff.entry == GIB(1));
	sim_end();
}

/* ---- what is refused ---- */

static void a2_a_page_size_that_the_cpu_lacks_is_refused_by_name(void **state)
{
	(void)state;
	given("16 KiB", MACHINE, LINUX, &ARM64(IMAGE, .flags = 0xc));
	expect_refused_with(BAD_INPUT, "pages of 16 KiB, which this CPU does not have");
	given("64 KiB", MACHINE, LINUX, &ARM64(IMAGE, .flags = 0xe));
	expect_entered();
	sim_end();
	given("unspecified", MACHINE, LINUX, &ARM64(IMAGE, .flags = 0x8));
	expect_entered();
	sim_end();
}

static void a_kernel_for_another_cpu_is_refused_by_name(void **state)
{
	(void)state;
	given("x86", MACHINE, LINUX, &ARM64(IMAGE));
	kernel_head(&KERNEL(SMALL_KERNEL), bench.head);
	sim.file[0].size = KERNEL(SMALL_KERNEL).file_size;
	expect_refused_with(BAD_INPUT, "a kernel for x86-64, and this loader is one for arm64");
	bench_set_up(MACHINE, LINUX, "", &KERNEL(SMALL_KERNEL));
	arm64_head(&ARM64(IMAGE), bench.head);
	expect_refused_with(BAD_INPUT, "a kernel for arm64, and this loader is one for x86-64");
}

static void c11_a_tree_that_is_none_is_refused_and_never_done_without(void **state)
{
	struct sim_file *dtb;

	(void)state;
	given("none", MACHINE, LINUX "devicetree /nowhere\n", &ARM64(IMAGE));
	expect_refused_with(NOT_FOUND, "\\nowhere: no such file");
	given("something else", MACHINE, LINUX "devicetree /one\n", &ARM64(IMAGE));
	expect_refused_with(BAD_INPUT, "\\one: not a device tree");
	given("empty", MACHINE, LINUX "devicetree /empty\n", &ARM64(IMAGE));
	expect_refused_with(BAD_INPUT, "\\empty: not a device tree");
	given("cut", MACHINE, LINUX TREE, &ARM64(IMAGE));
	dtb = &sim.file[sim.n_files - 1];
	dtb->size--;
	expect_refused_with(BAD_INPUT, "\\dtb: not a device tree, or not all of one");
	given("broken behind its head", MACHINE, LINUX TREE, &ARM64(IMAGE));
	dtb = &sim.file[sim.n_files - 1];
	dtb->head_size = 200;
	expect_refused_with(BAD_INPUT, "\\dtb: a broken device tree");
	given("firmware's broken", MACHINE, LINUX, &ARM64(IMAGE));
	given_firmwares_tree();
	firmwares_tree[60]++;
	tree_file_set(firmwares_tree, TREE_OFF_STRUCT, 0x7ffffff0);
	expect_refused_with(BAD_INPUT, "firmware's device tree: a broken device tree");
}

static void a4_a_tree_above_2_mib_is_refused(void **state)
{
	static uint8_t head[64];

	(void)state;
	given("too large", MACHINE, LINUX "devicetree /large\n", &ARM64(IMAGE));
	tree_file_set(head, 0, 0xd00dfeed);
	tree_file_set(head, TREE_TOTALSIZE, 0x1ffffc);
	sim.file[sim.n_files++] = (struct sim_file){"\\large", MIB(2), head, sizeof(head)};
	bench_run();
	assert_true(!outcome.entered && outcome.why.rule == A4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_call_fails_once_and_twice),
	    cmocka_unit_test(a1_an_image_is_entered_out_of_each_packing),
	    cmocka_unit_test(a1_a_zboot_file_cut_or_with_a_wrong_header_is_refused),
	    cmocka_unit_test(a4_the_tree_is_the_entrys_else_firmwares_else_an_empty_one),
	    cmocka_unit_test(a2_the_lowest_place_is_the_start_of_memory_once_boot_services_are_gone_or_the_next),
	    cmocka_unit_test(a3_what_is_copied_to_its_place_has_its_initrd_near_it),
	    cmocka_unit_test(a2_a_page_size_that_the_cpu_lacks_is_refused_by_name),
	    cmocka_unit_test(a_kernel_for_another_cpu_is_refused_by_name),
	    cmocka_unit_test(c11_a_tree_that_is_none_is_refused_and_never_done_without),
	    cmocka_unit_test(a4_a_tree_above_2_mib_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
