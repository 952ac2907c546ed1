/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware that does not read to above 4 GiB, and says so or not: what it reads arrives as zeros, at the address's low
 * 32 bits, by half, or as an error; from the first read on or from any later one (rule C7). Every kernel is entered
 * with every byte in its place, or there is a reason.
 */
#include "bench.h"
#include "vmlinux.h"

static const char *const about[] = {NULL, "\\vmlinuz", "\\one", "\\two"};

static const struct kernel_fields small = {DEBIAN_12, SMALL_KERNEL};
static const struct kernel_fields fixed = {DEBIAN_12, SMALL_KERNEL, .relocatable_kernel = 0};
static const struct kernel_fields long_one = {DEBIAN_12, .init_size = MIB(6), .syssize = MIB(3) / 16,
					      .file_size = MIB(3) + 40 * 512};

#define SYSTEM_TABLE 0xf0000

/* What a device does with an address above 4 GiB. */
enum way { ZEROS, WRAPS, HALF, FAILS, N_WAYS };

static const struct scenario {
	const char *map, *entry;
	const struct kernel_fields *kernel;
	uint64_t initrd_size; /* 0: as it is */
	enum { PLAIN, PACKED, BESIDE, ARM64 } kind;
} scenarios[] = {
    {"1M-1G free, 4G-5G free", LINUX INITRDS, &small, 0, PLAIN},
    /* Across 4 GiB: the initrd, the kernel. */
    {"1M-3M free, 4093M-4102M free", LINUX INITRD, &small, MIB(5), PLAIN},
    {"1M-3M free, 4094M-4100M free", LINUX INITRD, &long_one, 0, PLAIN},
    /* The low 32 bits of the initrd's address are the kernel's. */
    {"1M-64M free, 0x101000000-0x101012000 free", LINUX INITRD, &fixed, 0, PLAIN},
    {"1M-15M free, 15M-17M boot, 17M-64M free, 0x101000000-0x101012000 free", LINUX INITRD, &fixed, 0, PLAIN},
    {"1M-1G free, 4G-5G free", LINUX INITRDS "decompress loader\n", &small, 0, PACKED},
    {"1M-64M free, 0x101000000-0x101012000 free", LINUX INITRD "decompress loader\nplacement 0x1000000\n", &small, 0,
     PACKED},
    {"1M-64M free, 4G-5G free", LINUX INITRD "placement 0x1000000\n", &small, 0, BESIDE},
    {"1G-2G free, 4G-5G free", LINUX INITRDS "devicetree /dtb\n", &small, 0, ARM64},
    {"1G-0x40400000 free, 0x140000000-0x140200000 free", LINUX INITRD "devicetree /dtb\n", &small, 0, ARM64},
};

static struct vmlinux vmlinux;
static struct blob file, table;

/* A vmlinux that moves itself nowhere: where it lies is looked at, and only there can a device have written over it. */
static void given_vmlinux(bool in_bzimage)
{
	struct blob packed;
	size_t at;

	vmlinux_drop(&vmlinux);
	drop(&file);
	drop(&table);
	vmlinux = vmlinux_made(in_bzimage);
	vmlinux.moves = strstr(bench.name, "nokaslr") == NULL;
	if (in_bzimage) {
		packed = packed_as(&kinds[0], vmlinux.file);
		file = vmlinux_in_bzimage(small, packed, &at);
		drop(&packed);
	} else {
		file = blob_copy(vmlinux.file.at, vmlinux.file.size);
		table = vmlinux_table();
		sim.file[sim.n_files++] = (struct sim_file){"\\vmlinuz.relocs", table.size, table.at, table.size};
	}
	sim.file[0] = (struct sim_file){"\\vmlinuz", file.size, file.at, file.size};
	sim.vmlinux = &vmlinux;
	sim.no_clauses = !in_bzimage;
}

static void set_up(const struct scenario *s)
{
	if (s->kind == ARM64)
		bench_set_up_arm64(s->map, s->entry, &ARM64(.image_size = MIB(1), .file_size = 70000));
	else
		bench_set_up(s->map, s->entry, "", s->kernel);
	/* Out of the way of what lies across 4 GiB. */
	put_descriptor(bench.raw + (bench.n - 2) * DESC_SIZE, 6, SYSTEM_TABLE, 1, UINT64_C(0x800000000000000f));
	sim.machine.system_table = SYSTEM_TABLE;
	if (s->initrd_size != 0)
		sim.file[1].size = s->initrd_size;
	sim.dirty = true;
	sim.unreadable_above = GIB(4);
	if (s->kind == PACKED || s->kind == BESIDE)
		given_vmlinux(s->kind == PACKED);
}

static void lie(enum way way, const char *path)
{
	sim.reads_wrap = way == WRAPS;
	sim.reads_short_above = way == HALF;
	sim.reads_fail_above = sim.handle_breaks = way == FAILS;
	sim.lies_about = path;
}

static void c7_every_byte_arrives_whatever_firmware_does_above_4_gib(void **state)
{
	unsigned int again = 0;

	(void)state;
	memset(&bench, 0, sizeof(bench));
	for (size_t s = 0; s < COUNT_OF(scenarios); s++)
		for (enum way way = 0; way < N_WAYS; way++)
			for (size_t i = 0; i < COUNT_OF(about); i++) {
				set_up(&scenarios[s]);
				lie(way, about[i]);
				snprintf(bench.name, sizeof(bench.name), "scenario %zu, way %d, about %s", s, (int)way,
					 about[i] == NULL ? "all files" : about[i]);
				bench_run();
				if (!outcome.entered)
					fail_msg("%s: %s", bench.name, outcome.why.text);
				again += strstr(sim_log(), "is loaded again [C7]") != NULL;
			}
	print_message("loaded again: %u of %" PRIu64 "\n", again, bench.runs);
	assert_true(again >= 10 && again < bench.runs / 2);
}

/* Each file has its own look, so an honest one costs one read of 64 KiB more. */
static void c7_firmware_that_reads_everywhere_is_asked_once_more_a_file(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	set_up(&scenarios[1]);
	sim.unreadable_above = 0;
	bench_run();
	assert_true(outcome.entered);
	assert_true(outcome.situation->plan.part[PART_INITRD].at.start < GIB(4));
	/* The head; the kernel, and its look; the initrd below, its look, which is two, and what is left. */
	assert_int_equal(outcome.n_reads, 1 + 2 + 4);
	assert_null(strstr(sim_log(), "[C7]"));
	assert_non_null(strstr(sim_log(), " copied 0 bytes"));
}

static void c7_what_was_loaded_again_is_counted_once(void **state)
{
	char line[80];

	(void)state;
	memset(&bench, 0, sizeof(bench));
	set_up(&scenarios[3]);
	lie(WRAPS, NULL);
	bench_run();
	snprintf(line, sizeof(line), "read %" PRIu64 " copied %u bytes\n",
		 IMAGE_HEAD + small.file_size - 40 * 512 + 70001, 70001u);
	if (strstr(sim_log(), line) == NULL)
		fail_msg("the log does not say \"%s\":\n%s", line, sim_log());
	assert_non_null(strstr(sim_log(), "is loaded again [C7]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c7_every_byte_arrives_whatever_firmware_does_above_4_gib),
	    cmocka_unit_test(c7_firmware_that_reads_everywhere_is_asked_once_more_a_file),
	    cmocka_unit_test(c7_what_was_loaded_again_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
