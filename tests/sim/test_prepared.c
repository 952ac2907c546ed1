/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels that `berth prepare` has made, entered by the loader: moved by the table behind them, packed or not, whatever
 * call fails; and refused when the table is another kernel's, or the file was cut.
 */
#include "bench.h"
#include "expect.h"
#include "vmlinux.h"

#include "../../tools/prepare.h"

#define MAP   "1M-1G free, 4G-5G free"
#define ENTRY LINUX INITRD

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static struct {
	struct vmlinux vmlinux;
	struct blob bzimage;
	struct prepared_kernel made;
	struct blob file; /* what the loader is given: made.file, or that with a fault */
} given;

static int give_back(void **state)
{
	(void)state;
	vmlinux_drop(&given.vmlinux);
	drop(&given.bzimage);
	drop(&given.file);
	prepared_kernel_free(&given.made);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	memset(&given, 0, sizeof(given));
	return 0;
}

static void set_up(const char *entry)
{
	bench_set_up(MAP, entry, "", &debian);
	sim.file[0] = (struct sim_file){"\\vmlinuz", given.file.size, given.file.at, given.file.size};
	sim.vmlinux = &given.vmlinux;
	sim.no_clauses = true; /* they are held against a bzImage's own bytes */
	snprintf(bench.name, sizeof(bench.name), "%s", "a prepared kernel");
}

/* Of a bzImage with this kernel, with its table or without. */
static void given_prepared(bool with_table, enum prepare_form form)
{
	struct fail why = {.text = ""};
	struct blob packed;
	size_t at;

	(void)give_back(NULL);
	given.vmlinux = vmlinux_made(with_table);
	packed = packed_as(&kinds[0], given.vmlinux.file);
	given.bzimage = vmlinux_in_bzimage(debian, packed, &at);
	drop(&packed);
	if (prepare_make(&given.made, "/boot/vmlinuz", "vmlinuz", (struct bytes){given.bzimage.at, given.bzimage.size},
			 form, &why) != OK)
		fail_msg("not prepared: %s", why.text);
	given.file = blob_copy(given.made.file.at, given.made.file.size);
	set_up(ENTRY);
}

static void x10_a_prepared_kernel_is_moved_by_the_table_behind_it(void **state)
{
	(void)state;
	for (unsigned int form = 0; form < N_PREPARE_FORMS; form++) {
		given_prepared(true, (enum prepare_form)form);
		expect_the_kernel();
		assert_true(outcome.situation->image.table_size != 0);
		given_prepared(false, (enum prepare_form)form);
		expect_the_kernel();
	}
}

/* It lies as it was linked, and of what is not packed the table is not read. */
static void x10_with_nokaslr_it_stays_and_the_table_is_not_read(void **state)
{
	(void)state;
	given_prepared(true, PREPARE_PLAIN);
	given.vmlinux.moves = false;
	set_up(ENTRY "options nokaslr\n");
	expect_the_kernel();
	for (size_t i = 0; i < outcome.n_reads; i++)
		assert_true(outcome.read[i].size != given.made.kernel.table.size ||
			    outcome.read[i].offset != given.file.size - given.made.kernel.table.size);
}

/* The levels are the header's that was recorded. */
static void x8_a_prepared_kernel_is_entered_with_the_levels_that_it_takes(void **state)
{
	(void)state;
	given_prepared(true, PREPARE_PLAIN);
	sim.la57 = true;
	expect_the_kernel();
	assert_true(outcome.trampoline != 0 && outcome.five_levels);
	set_up(ENTRY "options no5lvl\n");
	sim.la57 = true;
	expect_the_kernel();
	assert_true(outcome.trampoline == 0);
}

/* One byte of the table, or of a field that it names, is another kernel's. */
static void e2_a_table_of_another_kernel_is_refused(void **state)
{
	size_t table;

	(void)state;
	given_prepared(true, PREPARE_PLAIN);
	table = given.file.size - (size_t)given.made.kernel.table.size;
	given.file.at[table + 4] ^= 8; /* its first field, 8 bytes further */
	expect_refusal("\\vmlinuz: its relocation table is not this kernel's");
	given.file.at[table + 4] ^= 8;
	expect_the_kernel();
	given.file.at[given.file.size - 1] ^= 0x40; /* its last, a GiB away */
	expect_refusal("lies outside of the image");
}

static void a_prepared_kernel_that_was_cut_is_refused(void **state)
{
	(void)state;
	given_prepared(true, PREPARE_PLAIN);
	for (size_t size = given.file.size - 1; size > given.file.size - 9; size--) {
		sim.file[0].size = sim.file[0].head_size = size;
		expect_refusal("copy the file again");
	}
	/* Packed, whether in the middle of a block or behind what is in its last one. */
	given_prepared(true, PREPARE_LZ4);
	sim.file[0].size--;
	sim.file[0].head_size--;
	expect_refusal("\\vmlinuz is broken");
}

/* A block that ends early is a block: what is missing shows by the record. */
static void a_packed_one_that_unpacks_to_less_is_refused(void **state)
{
	struct blob less, packed;

	(void)state;
	given_prepared(true, PREPARE_PLAIN);
	for (size_t cut = 1; cut <= given.made.kernel.table.size + 1; cut += given.made.kernel.table.size) {
		less = blob_copy(given.file.at, given.file.size - cut);
		packed = through("lz4 -q -l -c", less);
		sim.file[0] = (struct sim_file){"\\vmlinuz", packed.size, packed.at, packed.size};
		expect_refusal("unpacked it ends at byte");
		drop(&less);
		drop(&packed);
	}
}

static void a_prepared_kernel_survives_a_fault_at_every_call(void **state)
{
	unsigned int calls;

	(void)state;
	for (unsigned int form = 0; form < PREPARE_ZSTD; form++) {
		given_prepared(true, (enum prepare_form)form);
		bench_fail_each_call();
		bench_run();
		calls = outcome.calls;
		for (sim.short_read_call = 1; sim.short_read_call <= calls; sim.short_read_call++)
			bench_run();
	}
	bench_expect_runs(100);
}

/* What was loaded above 4 GiB is loaded again, and the table with it. */
static void c7_its_table_is_read_below_4_gib(void **state)
{
	(void)state;
	given_prepared(true, PREPARE_PLAIN);
	sim.unreadable_above = GIB(4);
	expect_the_kernel();
	sim.reads_fail_above = true;
	expect_the_kernel();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(x10_a_prepared_kernel_is_moved_by_the_table_behind_it, begin, give_back),
	    cmocka_unit_test_setup_teardown(x10_with_nokaslr_it_stays_and_the_table_is_not_read, begin, give_back),
	    cmocka_unit_test_setup_teardown(x8_a_prepared_kernel_is_entered_with_the_levels_that_it_takes, begin,
					    give_back),
	    cmocka_unit_test_setup_teardown(e2_a_table_of_another_kernel_is_refused, begin, give_back),
	    cmocka_unit_test_setup_teardown(a_prepared_kernel_that_was_cut_is_refused, begin, give_back),
	    cmocka_unit_test_setup_teardown(a_packed_one_that_unpacks_to_less_is_refused, begin, give_back),
	    cmocka_unit_test_setup_teardown(a_prepared_kernel_survives_a_fault_at_every_call, begin, give_back),
	    cmocka_unit_test_setup_teardown(c7_its_table_is_read_below_4_gib, begin, give_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
