/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include "check_arm64.h"

#include "../unit/tree_file.h"

#define SYSTEM_TABLE 0xfff00000
#define ROOT_POINTER 0xe0000

struct bench bench;

void bench_set_up(const char *map, const char *entry, const char *conf, const struct kernel_fields *kernel)
{
	struct fail why;

	sim_reset();
	bench.n = raw_map(map, bench.raw);
	/* The system table and ACPI's root pointer, wherever the map has them or not. */
	put_descriptor(bench.raw + bench.n++ * DESC_SIZE, 6, SYSTEM_TABLE, 1, UINT64_C(0x800000000000000f));
	put_descriptor(bench.raw + bench.n++ * DESC_SIZE, 9, ROOT_POINTER, 1, 0xf);
	kernel_head(kernel, bench.head);
	assert_int_equal(entry_parse(&bench.entry, "t.conf", entry, strlen(entry), &why), OK);
	assert_int_equal(loader_conf_parse(&bench.conf, conf, strlen(conf), &why), OK);
	bench.entry.volume = sim.volume =
	    (struct fw_volume *)(void *)&bench; /* not the loader's own, and all files are there */
	sim.descriptors = bench.raw;
	sim.descriptors_size = bench.n * DESC_SIZE;
	sim.desc_size = DESC_SIZE;
	sim.machine =
	    (struct machine){.system_table = SYSTEM_TABLE, .rsdp = ROOT_POINTER, .secure_boot = SECURE_BOOT_DISABLED};
	sim.file[0] = (struct sim_file){"\\vmlinuz", kernel->file_size, bench.head, sizeof(bench.head)};
	sim.file[1] = (struct sim_file){"\\one", 70001, NULL, 0};
	sim.file[2] = (struct sim_file){"\\empty", 0, NULL, 0};
	sim.file[3] = (struct sim_file){"\\two", 333, NULL, 0};
	sim.n_files = 4;
}

void bench_set_up_arm64(const char *map, const char *entry, const struct arm64_file *kernel)
{
	static uint8_t tree[TREE_FILE_SIZE];
	struct tree_file file = tree_file_machine();
	size_t size = tree_file_write(&file, tree);

	bench_set_up(map, entry, "", &KERNEL(SMALL_KERNEL));
	arm64_head(kernel, bench.head);
	sim.arch = &arch_aarch64;
	sim.check_entered = check_arm64;
	sim.cpu = (struct cpu){.page_sizes = 4096 | 65536};
	sim.file[0].size = kernel->file_size;
	sim.file[sim.n_files++] = (struct sim_file){"\\dtb", size, tree, size};
}

/* Microsoft PE Format: where the headers are stands at 0x3c. */
void bench_sign(uint8_t *head)
{
	store_le(head, 2, 0x5a4d);
	store_le(head + 0x3c, 4, 0x80);
	store_le(head + 0x80, 4, 0x4550);
	sim.machine.secure_boot = SECURE_BOOT_ENABLED;
}

void bench_run_kept(void)
{
	sim_boot(&bench.entry, &bench.conf);
	check_outcome(&bench.entry, bench.name);
	bench.runs++;
	bench.faults += sim.fail_call != 0 && outcome.calls >= sim.fail_call;
	*(outcome.entered ? &bench.entered : &bench.refused) += 1;
}

void bench_run(void)
{
	bench_run_kept();
	sim_end();
}

void bench_fail_each_call(void)
{
	static const enum status way[] = {IO_ERROR, NOT_FOUND, TAKEN, NO_PLACE, BAD_INPUT};
	unsigned int calls;

	sim.fail_call = 0;
	bench_run();
	calls = outcome.calls;
	for (unsigned int k = 1; k <= calls; k++)
		for (size_t w = 0; w < 2 * COUNT_OF(way); w++) {
			if (!in_sample())
				continue;
			sim.fail_call = k;
			sim.fail_status = way[w / 2];
			sim.fails_twice = w % 2 != 0;
			bench_run();
		}
	sim.fail_call = 0;
	sim.fails_twice = false;
}

void bench_expect_runs(uint64_t least)
{
	static uint64_t told; /* of the clauses, in the tests before */

	print_message("simulated boots: %" PRIu64 ", faults injected: %" PRIu64 ", entered %" PRIu64
		      ", refused %" PRIu64 ", clauses checked %" PRIu64 "\n",
		      bench.runs, bench.faults, bench.entered, bench.refused, clauses_checked - told);
	told = clauses_checked;
	least /= share() + share() / 2; /* a sample is as large as chance has it */
	assert_true(bench.runs >= least && bench.entered > least / 20 && bench.refused > least / 20);
}
