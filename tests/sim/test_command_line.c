/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boots whose command line takes memory from the kernel: nothing is placed in it, whatever firmware refuses or fails
 * at, and mem= bounds what the kernel of that CPU means by it.
 */
#include "bench.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};
static const struct kernel_fields fixed = {DEBIAN_12, SMALL_KERNEL, .relocatable_kernel = 0};

static void begin(const char *name, const char *map, const char *entry, const char *conf,
		  const struct kernel_fields *kernel)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, conf, kernel);
	snprintf(bench.name, sizeof(bench.name), "%s", name);
}

static struct range place(enum part part)
{
	return outcome.situation->plan.part[part].at;
}

/* Boots; kernel, initrd and handoff lie outside of @kept. */
static void expect_outside(struct range kept)
{
	bench_run_kept();
	if (!outcome.entered)
		fail_msg("%s: %s", bench.name, outcome.why.text);
	for (unsigned int i = PART_KERNEL; i <= PART_HANDOFF; i++)
		if (range_overlaps(place(i), kept) || range_is_empty(place(i)))
			fail_msg("%s: %s at %#" PRIx64, bench.name, part_name(i), place(i).start);
	sim_end();
}

#define MAP "1M-2G free, 4G-6G free"

static void c13_what_memmap_reserves_is_left_alone(void **state)
{
	(void)state;
	begin("reserved", MAP, LINUX INITRD "options memmap=2G$4G\n", "log debug\n", &debian);
	expect_outside((struct range){GIB(4), GIB(6)});
	assert_non_null(strstr(sim_log(), "the command line keeps out 0x100000000-0x180000000 [C13]"));
	/* The map in the log is firmware's, for any command line to be tried on. */
	assert_null(strstr(sim_log(), "type 2147486739"));
	begin("pmem", MAP, LINUX INITRD "options memmap=1G!5G,1G#4G\n", "", &debian);
	expect_outside((struct range){GIB(4), GIB(6)});
	begin("exactmap", MAP, LINUX INITRD "options memmap=exactmap memmap=640K@0 memmap=1G@1M\n", "", &debian);
	expect_outside((struct range){GIB(1) + MIB(1), GIB(6)});
	begin("crash kernel", "1M-512M free", LINUX INITRD "options crashkernel=256M@256M\n", "", &debian);
	expect_outside((struct range){MIB(256), MIB(512)});
}

/* A new look at memory, after a refusal, must not forget what is kept out. */
static void c13_what_firmware_refuses_changes_nothing_of_it(void **state)
{
	(void)state;
	begin("refused", MAP, LINUX INITRD "options memmap=1G$5G\n", "", &debian);
	sim.refused[sim.n_refused++] = (struct range){GIB(4) + MIB(512), GIB(5)};
	expect_outside((struct range){GIB(5), GIB(6)});
	begin("all refused", MAP, LINUX INITRD "options memmap=1G$5G\n", "", &debian);
	sim.refused[sim.n_refused++] = (struct range){GIB(4), GIB(6)};
	expect_outside((struct range){GIB(4), GIB(6)});
}

static void c13_a_fault_at_every_call_is_a_whole_boot_or_nothing(void **state)
{
	(void)state;
	begin("faults", MAP, LINUX INITRD "options memmap=1G$5G,1M$64M crashkernel=64M@16M\n", "", &debian);
	bench_fail_each_call();
	bench_expect_runs(50);
}

/* Rule C6 moves a kernel to where boot services were; not to where the command line lets nobody be. */
static void c13_nothing_is_copied_to_what_is_kept_out(void **state)
{
	(void)state;
	begin("staged", "1M-8M free, 8M-17M boot, 17M-1G free", LINUX INITRD "options memmap=1M$16M\n", "", &fixed);
	bench_run();
	assert_false(outcome.entered);
	assert_int_equal(outcome.status, NO_PLACE);
	assert_non_null(strstr(outcome.why.text, "kept out by memmap= or crashkernel="));
}

static void begin_arm64(const char *name, const char *entry)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up_arm64("1G-2G free, 6G-8G free", entry, &ARM64(.image_size = MIB(1), .file_size = 70000));
	snprintf(bench.name, sizeof(bench.name), "%s", name);
}

/* arch/arm64/mm/init.c: an amount, and kernel and initrd are added back when they lie beyond it. */
static void c9_mem_is_an_amount_on_arm64_and_gives_way(void **state)
{
	(void)state;
	begin_arm64("arm64, mem=512M", LINUX INITRD "options mem=512M\n");
	expect_outside((struct range){GIB(1) + MIB(512), GIB(8)});
	begin_arm64("arm64, more than the first run", LINUX INITRD "options mem=1280M\n");
	expect_outside((struct range){GIB(6) + MIB(256), GIB(8)});
	begin_arm64("arm64, less than the kernel", LINUX INITRD "options mem=1M\n");
	expect_outside((struct range){0, GIB(1)});
	assert_true(place(PART_KERNEL).start > GIB(6));
	/* memmap= is no word of arm64's kernel. */
	begin_arm64("arm64, memmap", LINUX INITRD "options memmap=2G$6G crashkernel=256M@0x1f0000000\n");
	expect_outside((struct range){UINT64_C(0x1f0000000), GIB(8)});
	assert_true(place(PART_KERNEL).start > GIB(6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c13_what_memmap_reserves_is_left_alone),
	    cmocka_unit_test(c13_what_firmware_refuses_changes_nothing_of_it),
	    cmocka_unit_test(c13_a_fault_at_every_call_is_a_whole_boot_or_nothing),
	    cmocka_unit_test(c13_nothing_is_copied_to_what_is_kept_out),
	    cmocka_unit_test(c9_mem_is_an_amount_on_arm64_and_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
