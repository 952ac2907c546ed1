/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that Berth enters without their decompressor, of the shapes that builds leave: the relocation table beside
 * vmlinux, or nowhere; a small segment in the file's first bytes; section headers at its end. And tables that are none.
 */
#include "bench.h"
#include "expect.h"
#include "vmlinux.h"

#define MAP    "1M-1G free, 4G-5G free"
#define DIRECT LINUX INITRD "decompress loader\n"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct {
	struct vmlinux vmlinux;
	struct blob file, table;
} given;

static int give_back(void **state)
{
	(void)state;
	vmlinux_drop(&given.vmlinux);
	drop(&given.file);
	drop(&given.table);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	memset(&given, 0, sizeof(given));
	return 0;
}

/* The kernel's file is @file; beside it lies given.table, if there is one. */
static void set_up(struct blob file)
{
	drop(&given.file);
	given.file = file;
	bench_set_up(MAP, DIRECT, "", &debian);
	sim.file[0] = (struct sim_file){"\\vmlinuz", file.size, file.at, file.size};
	if (given.table.at != NULL)
		sim.file[sim.n_files++] =
		    (struct sim_file){"\\vmlinuz.relocs", given.table.size, given.table.at, given.table.size};
	sim.vmlinux = &given.vmlinux;
	sim.no_clauses = true; /* they are held against a bzImage's header */
	snprintf(bench.name, sizeof(bench.name), "%s", "a kernel entered directly");
}

static struct blob plain(void)
{
	return blob_copy(given.vmlinux.file.at, given.vmlinux.file.size);
}

static struct sim_file *relocs(void)
{
	return &sim.file[sim.n_files - 1];
}

/* ---- levels of page tables ---- */

/* Of the kernel in a bzImage: its flags are the header's. */
static void x8_the_levels_are_the_kernels_where_berth_enters_it(void **state)
{
	static const struct {
		uint16_t xloadflags;
		const char *entry;
		bool now, can, then;
	} row[] = {
	    {0x7f, DIRECT, false, true, true},	 {0x7f, DIRECT, true, true, true},
	    {0x7f, DIRECT, false, false, false}, {0x7f, DIRECT "options no5lvl\n", false, true, false},
	    {0x3f, DIRECT, true, true, false},	 {0x7f, DIRECT "options no5lvl\n", true, true, false},
	    {0x3f, DIRECT, false, true, false},	 {0x5f, DIRECT, false, true, false},
	};

	(void)state;
	given.vmlinux = vmlinux_made(true);
	given.vmlinux.moves = true;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct kernel_fields fields = {DEBIAN_12, SMALL_KERNEL, .xloadflags = row[i].xloadflags};
		struct blob packed = packed_as(&kinds[0], given.vmlinux.file);
		size_t at;

		set_up(vmlinux_in_bzimage(fields, packed, &at));
		drop(&packed);
		bench_set_up(MAP, row[i].entry, "", &fields);
		sim.file[0] = (struct sim_file){"\\vmlinuz", given.file.size, given.file.at, given.file.size};
		sim.vmlinux = &given.vmlinux;
		sim.no_clauses = true;
		sim.five_levels = row[i].now;
		sim.la57 = row[i].can;
		expect_the_kernel();
		if ((outcome.trampoline != 0) != (row[i].now != row[i].then) ||
		    (outcome.trampoline != 0 && outcome.five_levels != row[i].then))
			fail_msg("row %zu: trampoline %#" PRIx64 ", five levels %d", i, outcome.trampoline,
				 (int)outcome.five_levels);
	}
}

/* ---- the table beside the kernel ---- */

static void given_table_beside(void)
{
	given.vmlinux = vmlinux_made(false);
	given.vmlinux.moves = true;
	given.table = vmlinux_table();
}

static void x10_the_table_beside_vmlinux_lets_it_move(void **state)
{
	(void)state;
	given_table_beside();
	set_up(plain());
	expect_the_kernel();
	/* Packed as a whole, too: what was asked for is the file of that name beside it. */
	set_up(packed_as(&kinds[0], given.vmlinux.file));
	expect_the_kernel();
	drop(&given.table);
	given.vmlinux.moves = false;
	set_up(plain());
	expect_the_kernel();
}

static void x10_a_table_that_is_none_is_refused_by_name(void **state)
{
	(void)state;
	given_table_beside();
	set_up(plain());
	relocs()->size = 0;
	expect_refusal("\\vmlinuz.relocs: 0 bytes cannot be a relocation table");
	relocs()->size = MIB(64) + 1;
	expect_refusal("at most 67108864 are read");
	relocs()->size = 4 * KIB(1); /* its end is noise */
	expect_refusal("\\vmlinuz.relocs: ");
	relocs()->size = given.table.size;
	expect_the_kernel();
}

static void the_table_beside_survives_a_fault_at_every_call(void **state)
{
	unsigned int calls;

	(void)state;
	given_table_beside();
	set_up(plain());
	bench_fail_each_call();
	bench_run();
	calls = outcome.calls;
	for (sim.short_read_call = 1; sim.short_read_call <= calls; sim.short_read_call++)
		bench_run();
	bench_expect_runs(100);
}

/* Firmware puts it where its own drivers cannot reach. */
static void c7_the_table_beside_is_read_below_4_gib(void **state)
{
	(void)state;
	given_table_beside();
	set_up(plain());
	sim.unreadable_above = GIB(4);
	expect_the_kernel();
	sim.reads_fail_above = true;
	expect_the_kernel();
}

static void x10_without_entropy_it_stays_and_that_is_told(void **state)
{
	(void)state;
	given_table_beside();
	set_up(plain());
	sim.no_entropy = true;
	given.vmlinux.moves = false;
	expect_through("no entropy: the kernel keeps the virtual addresses that it was linked for [X10]");
	sim.cpu_has_entropy = true;
	given.vmlinux.moves = true;
	expect_the_kernel();
}

/* A path so long that the table's has no room is a kernel without one. */
static void the_longest_path_has_no_table_beside(void **state)
{
	static char entry[MAX_PATH_TEXT + 32], path[MAX_PATH_TEXT];

	(void)state;
	given.vmlinux = vmlinux_made(false);
	set_up(plain());
	memset(path, 'k', sizeof(path) - 1);
	path[0] = '/';
	snprintf(entry, sizeof(entry), "title T\nlinux %s\n", path);
	path[0] = '\\';
	sim.file[0].path = path;
	assert_int_equal(entry_parse(&bench.entry, "t.conf", entry, strlen(entry), &outcome.why), OK);
	bench.entry.volume = sim.volume;
	expect_the_kernel();
}

/* ---- shapes ---- */

/* CONFIG_RELOCATABLE off: the payload ends where the ELF file does. */
static void x10_a_bzimage_without_a_table_stays_as_linked(void **state)
{
	size_t payload_at;
	struct blob packed;

	(void)state;
	given.vmlinux = vmlinux_made(false);
	for (size_t k = 0; k < n_kinds; k++) {
		if (!kinds[k].sized)
			continue;
		packed = packed_as(&kinds[k], given.vmlinux.file);
		set_up(vmlinux_in_bzimage(debian, packed, &payload_at));
		drop(&packed);
		expect_the_kernel();
	}
}

static void e1_a_segment_in_the_first_bytes_of_the_file_arrives(void **state)
{
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	f.header[1].offset = 0x280;
	given.vmlinux = vmlinux_made_of(&f, false);
	set_up(plain());
	expect_the_kernel();
	for (size_t k = 0; k < n_kinds; k++) {
		if (kinds[k].sized)
			continue;
		set_up(packed_as(&kinds[k], given.vmlinux.file));
		expect_the_kernel();
	}
}

/* gABI: p_offset of a segment without bytes of the file means nothing. */
static void e1_a_segment_of_zeros_alone_is_none_of_the_file(void **state)
{
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	f.header[0].offset = 0;
	f.phnum = 4;
	f.header[3] = (struct elf_file_header){1, 6, 0, 0xffffffff81004000, 0x1004000, 0, 0x1000, 0x1000};
	given.vmlinux = vmlinux_made_of(&f, false);
	set_up(plain());
	expect_the_kernel();
	for (size_t k = 0; k < n_kinds; k++) {
		if (kinds[k].sized)
			continue;
		set_up(packed_as(&kinds[k], given.vmlinux.file));
		expect_the_kernel();
	}
}

/* Nothing of them is loaded, and the stream's end is behind them. */
static void section_headers_at_the_end_are_unpacked_and_forgotten(void **state)
{
	static const uint8_t sections[3 * 64];
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	f.shoff = ELF_FILE_SIZE;
	f.shnum = 3;
	f.shentsize = 64;
	given.vmlinux = vmlinux_made_of(&f, false);
	given.vmlinux.file = joined(given.vmlinux.file, blob_copy(sections, sizeof(sections)));
	for (size_t k = 0; k < n_kinds; k++) {
		if (kinds[k].sized)
			continue;
		set_up(packed_as(&kinds[k], given.vmlinux.file));
		expect_the_kernel();
	}
	/* Old linkers wrote the symbols behind them. */
	given.vmlinux.file = joined(given.vmlinux.file, given_data(LOOK_NOISE, 5000));
	for (size_t k = 0; k < n_kinds; k++) {
		if (kinds[k].sized)
			continue;
		set_up(packed_as(&kinds[k], given.vmlinux.file));
		expect_the_kernel();
	}
	given.vmlinux.file.size -= 5000;
	/* One byte of them is missing before it was packed. */
	given.vmlinux.file.size--;
	set_up(packed_as(&kinds[0], given.vmlinux.file));
	expect_refusal("\\vmlinuz: unpacked it ends at byte 8383, but its headers describe 8384");
}

static void what_is_packed_and_no_kernel_is_refused_by_name(void **state)
{
	static const char *const contents[] = {"hi", "no ELF file, and long enough for one's magic number"};
	struct blob text;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(contents); i++) {
		given.vmlinux = (struct vmlinux){.moves = false};
		text = blob_copy(contents[i], strlen(contents[i]));
		set_up(packed_as(&kinds[0], text));
		drop(&text);
		expect_refusal("unpacks to is not an ELF file");
	}
}

static void what_is_packed_and_no_linux_for_this_cpu_is_refused_by_name(void **state)
{
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	f.machine = 183; /* aarch64 */
	given.vmlinux = vmlinux_made_of(&f, false);
	set_up(packed_as(&kinds[0], given.vmlinux.file));
	expect_refusal("a kernel for arm64, and this loader is one for x86-64");
}

static void a_payload_outside_the_file_is_refused(void **state)
{
	size_t payload_at;
	struct blob packed;

	(void)state;
	given.vmlinux = vmlinux_made(false);
	packed = packed_as(&kinds[0], given.vmlinux.file);
	set_up(vmlinux_in_bzimage(debian, packed, &payload_at));
	drop(&packed);
	store_le(given.file.at + 0x24c, 4, UINT32_MAX);
	expect_refusal("name no compressed kernel in the file");
	store_le(given.file.at + 0x248, 4, UINT32_MAX);
	store_le(given.file.at + 0x24c, 4, 100);
	expect_refusal("name no compressed kernel in the file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(x8_the_levels_are_the_kernels_where_berth_enters_it, begin, give_back),
	    cmocka_unit_test_setup_teardown(x10_the_table_beside_vmlinux_lets_it_move, begin, give_back),
	    cmocka_unit_test_setup_teardown(x10_a_table_that_is_none_is_refused_by_name, begin, give_back),
	    cmocka_unit_test_setup_teardown(the_table_beside_survives_a_fault_at_every_call, begin, give_back),
	    cmocka_unit_test_setup_teardown(c7_the_table_beside_is_read_below_4_gib, begin, give_back),
	    cmocka_unit_test_setup_teardown(x10_without_entropy_it_stays_and_that_is_told, begin, give_back),
	    cmocka_unit_test_setup_teardown(the_longest_path_has_no_table_beside, begin, give_back),
	    cmocka_unit_test_setup_teardown(x10_a_bzimage_without_a_table_stays_as_linked, begin, give_back),
	    cmocka_unit_test_setup_teardown(e1_a_segment_in_the_first_bytes_of_the_file_arrives, begin, give_back),
	    cmocka_unit_test_setup_teardown(e1_a_segment_of_zeros_alone_is_none_of_the_file, begin, give_back),
	    cmocka_unit_test_setup_teardown(section_headers_at_the_end_are_unpacked_and_forgotten, begin, give_back),
	    cmocka_unit_test_setup_teardown(what_is_packed_and_no_kernel_is_refused_by_name, begin, give_back),
	    cmocka_unit_test_setup_teardown(what_is_packed_and_no_linux_for_this_cpu_is_refused_by_name, begin,
					    give_back),
	    cmocka_unit_test_setup_teardown(a_payload_outside_the_file_is_refused, begin, give_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
