/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images for RISC-V on a simulated firmware: a fault at every call, every header field at every extreme, device trees
 * cut and damaged anywhere, and trees that change. Each boot ends with every clause of the protocol kept, or in an
 * error with a reason and nothing left behind.
 */
#define _GNU_SOURCE /* memmem */
#include "bench.h"

#include "../probe/clauses_riscv.h"
#include "../unit/tree_file.h"

#define FILE_SIZE  UINT64_C(0x30005)
#define IMAGE_SIZE UINT64_C(0x2c1234)
#define SBI_END	   UINT64_C(0x80080000)

/* SBI firmware's memory as U-Boot 2023.01 tells of it, runtime memory in the middle, and firmware's above 4 GiB. */
static const char *const maps[] = {
    "2G-0x80080000 boot, 0x80080000-0x88000000 free, 0x88000000-0x88010000 acpi, 0x88010000-0xfe000000 free",
    ("2G-0x80080000 boot, 0x80080000-0xc0000000 free, 0xc0000000-0xc0100000 runtime, 0xc0100000-0xf0000000 free, "
     "4G-6G boot"),
    "2G-0x80080000 reserved, 0x80080000-0x81000000 free, 4G-6G free, 200G-201G free",
    "4G-5G free, 140G-141G free",
};

static const char *const entries[] = {
    LINUX,
    LINUX INITRDS,
    LINUX INITRD "placement low\n",
    LINUX INITRD "devicetree /dtb\n",
    LINUX INITRD "placement 0x120000000\n",
    LINUX INITRD "placement 0x90000000-0xa0000000\n",
    LINUX "options no4lvl\ndevicetree /dtb\n",
};

enum kind { NO_TREE, FULL, WITH_RANGES, N_TREES };

static _Alignas(8) uint8_t firmwares[TREE_FILE_SIZE], named[TREE_FILE_SIZE];
static uint8_t head[IMAGE_HEAD];

/* ---- what firmware has ---- */

static void cells(struct tree_file *file, const char *name, const uint32_t *value, size_t n)
{
	uint8_t bytes[64];

	for (size_t i = 0; i < n; i++)
		tree_file_set(bytes, 4 * i, value[i]);
	tree_file_property(file, name, bytes, 4 * n);
}

#define CELLS(file, name, ...)                                                                                         \
	cells(file, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void add_harts(struct tree_file *file)
{
	static const char *const name[] = {"cpu@0", "cpu@5"};

	tree_file_node(file, "cpus");
	CELLS(file, "#address-cells", 1);
	for (uint32_t i = 0; i < 2; i++) {
		tree_file_node(file, name[i]);
		tree_file_property(file, "device_type", "cpu", 4);
		CELLS(file, "reg", 5 * i);
		tree_file_property(file, "mmu-type", i == 0 ? "riscv,sv57" : "riscv,sv48", 11);
		tree_file_end(file);
	}
	tree_file_end(file);
}

static void add_reserved(struct tree_file *file, enum kind kind)
{
	tree_file_node(file, "reserved-memory");
	CELLS(file, "#address-cells", 2);
	CELLS(file, "#size-cells", 2);
	tree_file_node(file, "mmode_resv0@80000000");
	CELLS(file, "reg", 0, 0x80000000, 0, 0x80000);
	tree_file_end(file);
	if (kind == WITH_RANGES) { /* where the highest and the lowest places would be */
		tree_file_node(file, "pool@fdf00000");
		CELLS(file, "reg", 0, 0xfdf00000, 0, 0x100000, 0, 0x80300000, 0, 0x1000, 1, 0x20100000, 0, 0x1000);
		tree_file_property(file, "no-map", "", 0);
		tree_file_end(file);
	}
	tree_file_end(file);
}

/* Returns its size; 0 for no tree. */
static size_t make_tree(enum kind kind, uint8_t to[TREE_FILE_SIZE])
{
	struct tree_file file = {.reservations = 1, .padding = kind == FULL ? 100 : 0};

	if (kind == NO_TREE)
		return 0;
	tree_file_node(&file, "");
	add_harts(&file);
	add_reserved(&file, kind);
	tree_file_node(&file, "chosen");
	CELLS(&file, "boot-hartid", 0, 5);
	CELLS(&file, "linux,initrd-start", 0xdead);
	tree_file_property(&file, "rng-seed", "firmware's own", 15);
	tree_file_end(&file);
	tree_file_end(&file);
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	return tree_file_write(&file, to);
}

/* ---- what must hold ---- */

/* Nobody can be asked of harts here; the tree has two, and without a tree there is none to name. */
static uint32_t hart_state(void *context, uint64_t hart)
{
	(void)context;
	(void)hart;
	return HART_NOBODY_KNOWS;
}

static void say_unless_no_tree(void *context, unsigned int number, const char *sentence, const char *source,
			       const struct finding *finding)
{
	if (strcmp(sentence, "a0 is the number of one of the device tree's harts") == 0 &&
	    outcome.situation->cargo.tree.size == 0)
		return;
	check_say(context, number, sentence, source, finding);
}

static void check_riscv(const struct entry *entry, const char *scenario)
{
	const struct sim_file *kernel = check_file_named(entry->program);
	struct riscv_facts facts = {.image_size = load_le(kernel->head + 16, 8)};
	struct clause_report report = {.say = say_unless_no_tree, .context = (void *)(uintptr_t)scenario};
	struct found_riscv found = {
	    .load = outcome.handoff.entry,
	    .a0 = outcome.handoff.hart,
	    .a1 = outcome.handoff.argument,
	    .hart_state = hart_state,
	    .facts = &facts,
	    .looking = {check_memory, (void *)(uintptr_t)scenario},
	};
	struct told_by_tree told = {.looking = found.looking};
	uint64_t size;

	check_bytes(kernel, 0, found.load, scenario);
	tree_look(&told, found.a1);
	check_initrds(entry, told.initrd.start, scenario);
	if (outcome.handoff.hart != 5 || outcome.runtime_maps != 1)
		fail_msg("%s: hart %" PRIu64 ", %u maps of runtime memory", scenario, outcome.handoff.hart,
			 outcome.runtime_maps);
	riscv_check(&found, &report);
	size = (report.window_end - report.window_start + MIB(2) - 1) & ~(MIB(2) - 1);
	if (sim_memory(report.window_start, size) == NULL)
		fail_msg("%s: the window is not claimed", scenario);
	memset(fw_memory_at(report.window_start), 0xa5, (size_t)size);
	riscv_check_unchanged(&found, &report, true);
}

static void make_head(void)
{
	memset(head, 0x13, sizeof(head));
	store_le(head + 8, 8, 0x200000);
	store_le(head + 16, 8, IMAGE_SIZE);
	store_le(head + 24, 8, 0);
	store_le(head + 32, 4, 2);
	store_le(head + 48, 8, 0x5643534952);
	store_le(head + 56, 4, 0x05435352);
}

static void set_up(size_t m, size_t e, enum kind kind)
{
	bench_set_up(maps[m], entries[e], "", &KERNEL(SMALL_KERNEL));
	sim.descriptors_size -= DESC_SIZE; /* without ACPI's root pointer, where RISC-V has no memory */
	sim.machine.rsdp = 0;
	make_head();
	sim.file[0] = (struct sim_file){"\\vmlinuz", FILE_SIZE, head, sizeof(head)};
	sim.machine.tree = (struct bytes){firmwares, make_tree(kind, firmwares)};
	if (kind == NO_TREE)
		sim.machine.tree.at = NULL;
	sim.file[sim.n_files++] = (struct sim_file){"\\dtb", make_tree(WITH_RANGES, named), named, sizeof(named)};
	sim.machine.has_hart = kind != FULL;
	sim.machine.hart = 5;
	sim.arch = &arch_riscv64;
	sim.check_entered = check_riscv;
	snprintf(bench.name, sizeof(bench.name), "map %zu, entry %zu, tree %d", m, e, (int)kind);
}

/* ---- tests ---- */

static void r1_r2_r3_a_fault_at_every_call_keeps_every_clause_or_leaves_nothing(void **state)
{
	unsigned int calls;

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t m = 0; m < COUNT_OF(maps); m++)
		for (size_t e = 0; e < COUNT_OF(entries); e++)
			for (int kind = 0; kind < N_TREES; kind++) {
				set_up(m, e, (enum kind)kind);
				bench_fail_each_call();
				bench_run();
				calls = outcome.calls;
				for (sim.short_read_call = 1; sim.short_read_call <= calls; sim.short_read_call++)
					if (in_sample())
						bench_run();
			}
	bench_expect_runs(8000);
}

/* Two of the maps, with and without a tree of the entry's; dirty memory, firmware that reads wrongly, refuses, changes.
 */
static void firmware_that_lies_is_found_out_or_does_no_harm(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t e = 0; e < COUNT_OF(entries); e++)
		for (unsigned int lie = 0; lie < 6; lie++) {
			set_up(2, e, WITH_RANGES);
			sim.dirty = lie == 0;
			sim.no_entropy = lie == 1;
			sim.unreadable_above = lie == 2 ? GIB(4) : 0;
			sim.gives_nothing = lie == 3;
			sim.grows = lie == 4 ? "\\dtb" : NULL;
			sim.final_extra = lie == 5 ? 20 : 0;
			bench_fail_each_call();
		}
	bench_expect_runs(1000);
}

static const uint64_t extremes[] = {0,
				    1,
				    2,
				    63,
				    0xfff,
				    0x1fffff,
				    0x200000,
				    0x200001,
				    INT32_MAX,
				    UINT32_MAX,
				    GIB(4),
				    INT64_MAX,
				    UINT64_MAX - MIB(2),
				    UINT64_MAX};

static void r1_every_header_field_at_every_extreme(void **state)
{
	static const struct {
		size_t at;
		unsigned int width;
	} field[] = {{0, 8}, {8, 8}, {16, 8}, {24, 8}, {32, 4}, {36, 4}, {40, 8}, {48, 8}, {56, 4}, {60, 4}};

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t f = 0; f < COUNT_OF(field); f++)
		for (size_t x = 0; x < COUNT_OF(extremes); x++) {
			set_up(0, 1, FULL);
			store_le(head + field[f].at, field[f].width, extremes[x]);
			snprintf(bench.name, sizeof(bench.name), "field %#zx is %#" PRIx64, field[f].at, extremes[x]);
			bench_run();
		}
	for (uint64_t size = 0; size < 80; size++) {
		set_up(0, 1, FULL);
		sim.file[0].size = size;
		snprintf(bench.name, sizeof(bench.name), "cut at %" PRIu64, size);
		bench_run();
	}
	assert_true(bench.entered > 100 && bench.refused > 80);
}

/* The kernel is entered only with a tree that a kernel can read, and with what it told of memory kept. */
static void r3_trees_that_are_cut_or_damaged_anywhere(void **state)
{
	size_t size = make_tree(WITH_RANGES, firmwares);

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t at = 0; at < size; at++)
		for (unsigned int way = 0; way < 4; way++) {
			if (!in_sample())
				continue;
			set_up(0, 3, WITH_RANGES);
			if (way == 0)
				sim.file[sim.n_files - 1].size = at;
			else
				named[at] = (uint8_t)(way == 1 ? named[at] + 1 : way == 2 ? 0xff : ~named[at]);
			snprintf(bench.name, sizeof(bench.name), "byte %zu of the tree, way %u", at, way);
			sim.check_entered = NULL; /* what it tells of harts and memory may be anything now */
			sim.no_clauses = true;
			sim_boot(&bench.entry, &bench.conf);
			if (outcome.entered) {
				struct told_by_tree told = {.looking = {check_memory, bench.name}};

				tree_look(&told, outcome.handoff.argument);
				if (told.tree.at == NULL || told.tree.broken != NULL || told.chosen == 0)
					fail_msg("%s: %s at %#" PRIx64, bench.name, told.tree.broken, told.tree.where);
				bench.entered++;
			} else {
				check_outcome(&bench.entry, bench.name);
				bench.refused++;
			}
			sim_end();
		}
	size = share() == 1 ? size : size / share() / 2;
	assert_true(bench.entered > size && bench.refused > size);
}

/* U-Boot adds what it keeps to a tree that is not its own: then nothing lies there, and the kernel is told. */
static void r3_what_firmware_adds_to_a_tree_is_kept(void **state)
{
	static _Alignas(8) uint8_t fixed[TREE_FILE_SIZE];
	static const size_t chosen[] = {3, 6};

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t m = 0; m < COUNT_OF(maps); m++)
		for (size_t e = 0; e < COUNT_OF(chosen); e++) {
			set_up(m, chosen[e], WITH_RANGES);
			sim.file[sim.n_files - 1].size = make_tree(FULL, named);
			make_tree(WITH_RANGES, fixed);
			sim.fixed_tree = fixed;
			sim_boot(&bench.entry, &bench.conf);
			assert_true(outcome.entered);
			assert_int_equal(outcome.situation->found.n_reserved, 4);
			check_outcome(&bench.entry, "a tree that firmware adds to");
			sim_end();
			bench_fail_each_call();
		}
	bench_expect_runs(1000);
}

/* An overlay may keep memory for a device: nothing lies there, and of the tree without it nothing is named. */
static void r3_what_an_overlay_reserves_is_kept(void **state)
{
	static const char entry[] = LINUX INITRD "devicetree /dtb\ndevicetree-overlay /over\n";
	static uint8_t over[TREE_FILE_SIZE];
	struct tree_file file = {0};
	struct fail why;
	size_t size;

	(void)state;
	tree_file_node(&file, "");
	tree_file_node(&file, "fragment@0");
	tree_file_property(&file, "target-path", "/reserved-memory", 17);
	tree_file_node(&file, "__overlay__");
	tree_file_node(&file, "camera@87000000");
	CELLS(&file, "reg", 0, 0x87000000, 0, 0x800000);
	for (int i = 0; i < 4; i++)
		tree_file_end(&file);
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	size = tree_file_write(&file, over);
	set_up(0, 3, WITH_RANGES);
	sim.file[sim.n_files++] = (struct sim_file){"\\over", size, over, size};
	assert_int_equal(entry_parse(&bench.entry, "t.conf", entry, sizeof(entry) - 1, &why), OK);
	bench.entry.volume = sim.volume;
	sim_boot(&bench.entry, &bench.conf);
	if (!outcome.entered)
		fail_msg("%s", outcome.why.text);
	assert_int_equal(outcome.situation->found.n_reserved, 5);
	check_outcome(&bench.entry, "an overlay that reserves memory");
	sim_end();
	bench_fail_each_call();
}

/* Without that service somebody must say so: the kernel would use SBI firmware's memory, and die without a word. */
static void r3_ranges_that_the_entrys_tree_leaves_out_are_named(void **state)
{
	(void)state;
	set_up(0, 3, WITH_RANGES);
	sim.file[sim.n_files - 1].size = make_tree(FULL, named);
	bench_run();
	assert_non_null(strstr(sim_log(), "does not reserve 0xfdf00000-0xfe000000, but firmware's own does"));
	assert_null(strstr(sim_log(), "does not reserve 0x80000000"));
	set_up(0, 3, FULL);
	bench_run();
	assert_null(strstr(sim_log(), "does not reserve"));
}

/* The range at 0x80300000 is at 0x80400000 now. */
static void move_range(uint8_t tree[TREE_FILE_SIZE])
{
	static const uint8_t before[4] = {0x80, 0x30, 0, 0};
	uint8_t *at = memmem(tree, TREE_FILE_SIZE, before, sizeof(before));

	assert_non_null(at);
	at[1] = 0x40;
}

/* What a tree tells before the plan is made it must tell when it is handed over. */
static void r3_a_tree_that_tells_other_memory_when_it_is_read_again_is_refused(void **state)
{
	(void)state;
	set_up(0, 3, FULL);
	memcpy(firmwares, named, sizeof(named));
	move_range(firmwares);
	sim.changes = "\\dtb";
	sim.changed_head = firmwares;
	sim.changes_at = 3; /* its head, all of it, and then other bytes */
	sim_boot(&bench.entry, &bench.conf);
	assert_false(outcome.entered);
	assert_ptr_not_equal(strstr(outcome.why.text, "changed while it was read"), NULL);
	check_outcome(&bench.entry, "a tree that changes");
	sim_end();
}

static uint64_t tree_bytes_read(void)
{
	uint64_t read = 0;

	for (size_t i = 0; i < outcome.n_reads; i++)
		read += outcome.read[i].in_place ? 0 : outcome.read[i].size;
	return read;
}

/* A tree that is too large by its own length is not read; of a file, only as much as the tree in it has. */
static void r2_a_trees_length_is_asked_before_it_is_read(void **state)
{
	uint64_t usual;

	(void)state;
	set_up(0, 3, FULL);
	bench_run();
	assert_true(outcome.entered);
	usual = tree_bytes_read();
	set_up(0, 3, FULL);
	sim.file[sim.n_files - 1].size = MIB(64);
	sim.file[sim.n_files - 1].head_size = sizeof(named);
	bench_run();
	assert_true(outcome.entered);
	assert_true(tree_bytes_read() == usual);
	for (uint32_t size = (uint32_t)MIB(2) + 1; size != 0; size <<= 1) {
		set_up(0, 3, FULL);
		tree_file_set(named, TREE_TOTALSIZE, size);
		sim.file[sim.n_files - 1].size = GIB(4);
		bench_run();
		assert_false(outcome.entered);
		if (outcome.why.rule != R2 || strstr(outcome.why.text, "the kernel takes at most 2097152") == NULL)
			fail_msg("%u bytes: %s", size, outcome.why.text);
		assert_true(tree_bytes_read() < 4096);
		if (size == (uint32_t)MIB(2) + 1)
			size--;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(r1_r2_r3_a_fault_at_every_call_keeps_every_clause_or_leaves_nothing),
	    cmocka_unit_test(firmware_that_lies_is_found_out_or_does_no_harm),
	    cmocka_unit_test(r1_every_header_field_at_every_extreme),
	    cmocka_unit_test(r3_trees_that_are_cut_or_damaged_anywhere),
	    cmocka_unit_test(r2_a_trees_length_is_asked_before_it_is_read),
	    cmocka_unit_test(r3_what_firmware_adds_to_a_tree_is_kept),
	    cmocka_unit_test(r3_what_an_overlay_reserves_is_kept),
	    cmocka_unit_test(r3_ranges_that_the_entrys_tree_leaves_out_are_named),
	    cmocka_unit_test(r3_a_tree_that_tells_other_memory_when_it_is_read_again_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
