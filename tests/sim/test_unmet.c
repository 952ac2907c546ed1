/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wish that cannot be met says so, in the quiet log too: what was wished, who is in the way, and what was done
 * instead. One that is met says nothing.
 */
#include "bench.h"

static const struct kernel_fields debian = {DEBIAN_12, SMALL_KERNEL};

static void boot_quietly(const char *map, const char *entry, const struct kernel_fields *kernel)
{
	memset(&bench, 0, sizeof(bench));
	bench_set_up(map, entry, "", kernel);
	snprintf(bench.name, sizeof(bench.name), "%s", entry);
}

static void expect_said(const char *words)
{
	bench_run();
	if (!outcome.entered)
		fail_msg("%s: %s", bench.name, outcome.why.text);
	if (words == NULL ? strstr(sim_quiet_log(), "not met") != NULL : strstr(sim_quiet_log(), words) == NULL)
		fail_msg("%s: the quiet log does not say \"%s\", or says too much:\n%s", bench.name,
			 words == NULL ? "nothing" : words, sim_quiet_log());
}

#define PREFERRED LINUX INITRD "placement preferred\n"
#define MAP	  "1M-1G free, 4G-5G free"

static void x2_a_preferred_place_that_somebody_holds_is_told(void **state)
{
	(void)state;
	boot_quietly("1M-16M free, 16M-24M boot, 24M-1G free, 4G-5G free", PREFERRED, &debian);
	expect_said(
	    "placement preferred is not met: 0x1000000-0x1200000 is held by 0x1000000-0x1800000 boot services data; "
	    "the kernel lies at 0x13fe00000 instead [C3]");
	boot_quietly("1M-17M free, 24M-1G free", PREFERRED, &debian);
	expect_said("0x1000000-0x1200000 is not entirely free, or firmware does not give it");
	boot_quietly(MAP, LINUX "placement preferred\noptions memmap=1M$17M\n", &debian);
	expect_said("0x1000000-0x1200000 is held by 0x1100000-0x1200000 kept out by memmap=");
	boot_quietly(MAP, PREFERRED, &KERNEL(SMALL_KERNEL, .pref_address = 0));
	expect_said("0x0-0x200000 begins below 0x100000 [C1]");
	boot_quietly(MAP, PREFERRED, &KERNEL(SMALL_KERNEL, .kernel_alignment = 0x4000000));
	expect_said("0x1000000-0x1200000 is not a multiple of 0x4000000 [X1]");
	boot_quietly(MAP, PREFERRED, &debian);
	expect_said(NULL);
}

static void c12_a_random_place_that_cannot_be_drawn_is_told(void **state)
{
	(void)state;
	boot_quietly(MAP, LINUX "placement random\n", &debian);
	sim.no_entropy = true;
	expect_said(
	    "placement random is not met: neither firmware nor the CPU has entropy, and nothing is randomised [C12]; "
	    "the kernel lies at 0x13fe00000 instead [C3]");
	boot_quietly("1M-16M free", LINUX "placement random\noptions nokaslr\n",
		     &KERNEL(SMALL_KERNEL, .pref_address = MIB(2)));
	expect_said("placement random is not met: no free memory from 16 MiB on");
	boot_quietly("1M-1G free", LINUX "placement random\n", &KERNEL(SMALL_KERNEL, .relocatable_kernel = 0));
	expect_said("placement random is not met: the kernel may not lie just anywhere [X3]; it lies at 0x1000000");
	boot_quietly(MAP, LINUX "placement random\n", &debian);
	expect_said(NULL);
}

static void c4_low_below_16_mib_is_told(void **state)
{
	(void)state;
	boot_quietly("1M-16M free", LINUX "placement low\n", &KERNEL(SMALL_KERNEL, .pref_address = MIB(2)));
	expect_said("placement low is not met: no free memory from 16 MiB on holds the kernel; it lies at 0x");
	boot_quietly("1M-10M free, 18M-20M free", LINUX INITRD "placement low\n",
		     &KERNEL(SMALL_KERNEL, .pref_address = MIB(2)));
	expect_said("placement low is not met: no free memory from 16 MiB on holds the initrd; it lies at 0x");
	boot_quietly("1M-64M free", LINUX "placement low\n",
		     &KERNEL(SMALL_KERNEL, .pref_address = MIB(32), .relocatable_kernel = 0));
	expect_said("placement low is not met: the kernel can run at one place only; the kernel lies at 0x2000000 "
		    "instead [X3]");
	boot_quietly(MAP, LINUX "placement low\n", &debian);
	expect_said(NULL);
}

static void c3_high_is_met_by_what_there_is_and_told_where_the_kernel_has_no_choice(void **state)
{
	(void)state;
	boot_quietly("1M-1G free", LINUX "placement high\n", &debian);
	expect_said(NULL);
	boot_quietly("1M-1G free", LINUX "placement high\n", &KERNEL(SMALL_KERNEL, .relocatable_kernel = 0));
	expect_said("placement high is not met: the kernel may not lie just anywhere [X3]; it lies at 0x1000000");
	boot_quietly("1M-1G free", LINUX, &KERNEL(SMALL_KERNEL, .relocatable_kernel = 0));
	expect_said(NULL); /* nobody wished anything */
	boot_quietly("1M-1G free", LINUX "placement high\n", &KERNEL(SMALL_KERNEL, .xloadflags = 0, .version = 0x20b));
	expect_said(
	    "placement high is not met: a 32-bit kernel without nokaslr moves itself upwards from where it lies [X11]");
}

static void x1_an_alignment_that_cannot_be_kept_is_told(void **state)
{
	(void)state;
	boot_quietly("1M-17M free, 18M-60M free", LINUX,
		     &KERNEL(SMALL_KERNEL, .init_size = MIB(32), .kernel_alignment = MIB(32)));
	expect_said("kernel_alignment 0x2000000 is not met: no free memory within the kernel's limits fits it; it "
		    "lies at 0x1");
}

static void c9_memory_beyond_mem_is_told_on_arm64(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	bench_set_up_arm64("1G-2G free, 6G-8G free", LINUX INITRD "options mem=1M\nplacement preferred\n",
			   &ARM64(.image_size = MIB(1), .file_size = 70000));
	expect_said(
	    "mem= is not met: the memory that it leaves, which ends at 0x400ff000, does not hold kernel, initrd and "
	    "device tree; the kernel lies at 0x1ffe00000 instead [C3]");
	assert_non_null(
	    strstr(sim_quiet_log(), "placement preferred is not met: this kernel's header names no preferred place"));
}

static void a_device_tree_that_the_kernel_does_not_read_is_told(void **state)
{
	(void)state;
	boot_quietly(MAP, LINUX "devicetree /one\n", &debian);
	expect_said("devicetree ignored: this kernel does not use one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x2_a_preferred_place_that_somebody_holds_is_told),
	    cmocka_unit_test(c12_a_random_place_that_cannot_be_drawn_is_told),
	    cmocka_unit_test(c4_low_below_16_mib_is_told),
	    cmocka_unit_test(c3_high_is_met_by_what_there_is_and_told_where_the_kernel_has_no_choice),
	    cmocka_unit_test(x1_an_alignment_that_cannot_be_kept_is_told),
	    cmocka_unit_test(c9_memory_beyond_mem_is_told_on_arm64),
	    cmocka_unit_test(a_device_tree_that_the_kernel_does_not_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
