/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every limit that an x86 image sets on its places decides what it says it decides, on a map checked by hand.
 * The sister of test_plan.c, which has the common rules.
 */
#include "given.h"
#include "memory_source.h"

static void x1_an_alignment_that_fits_nowhere_is_halved_and_told(void **state)
{
	(void)state;
	/* 51.5 MiB in 34M-90M: a multiple of 16 and of 8 MiB leaves too little, of 4 MiB there is one. */
	given_map("34M-90M free");
	given_kernel(.kernel_alignment = MIB(16));
	expect_place(PART_KERNEL, MIB(36));
	expect_align(PART_KERNEL, MIB(4));
	expect_rule(PART_KERNEL, X1);
}

static void x1_the_alignment_is_given_up_last(void **state)
{
	(void)state;
	/* Above 4 GiB only a multiple of 2 MiB would fit. */
	given_map("32M-96M free, 4098M-4150M free");
	given_kernel(.kernel_alignment = MIB(16));
	expect_place(PART_KERNEL, MIB(32));
	expect_align(PART_KERNEL, MIB(16));
}

static void x1_the_alignment_is_never_below_min_alignment(void **state)
{
	(void)state;
	given_map("34M-90M free");
	given_kernel(.kernel_alignment = MIB(16), .min_alignment = 23);
	expect_refused(NO_PLACE, X1);
	expect_words("aligned to 0x800000");
}

static void x1_a_64_bit_kernel_is_never_off_2_mib(void **state)
{
	(void)state;
	given_map("17M-69M free");
	given_kernel(.kernel_alignment = KIB(4), .min_alignment = 12);
	expect_refused(NO_PLACE, X1);
	expect_words("aligned to 0x200000");
}

static void x2_nothing_below_pref_address(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.pref_address = MIB(64));
	given_placement(PLACE_LOW, 0);
	expect_place(PART_KERNEL, MIB(64));
	expect_limit(PART_KERNEL, min, MIB(64), X2);
}

static void x2_no_room_above_pref_address_is_no_room(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.pref_address = GIB(3) - MIB(32));
	expect_refused(NO_PLACE, X2);
	expect_words("[X2]");
}

static void x2_preferred_takes_pref_address_when_it_is_free(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_placement(PLACE_PREFERRED, 0);
	expect_place(PART_KERNEL, MIB(16));
	expect_rule(PART_KERNEL, X2);
}

static void x2_preferred_goes_high_when_pref_address_is_taken(void **state)
{
	(void)state;
	given_map("1M-67M free, 67M-68M nvs, 68M-3G free, 4G-6G free");
	given_placement(PLACE_PREFERRED, 0);
	expect_place(PART_KERNEL, 0x17cc00000);
	expect_rule(PART_KERNEL, C3);
}

/* Its run-time start is where it was loaded; what lies between pref_address and there is nobody's. */
static void x2_pref_address_below_the_load_address_moves_the_run_time_start_up_to_it(void **state)
{
	(void)state;
	given_map("16M-136M free");
	given_kernel(.init_size = MIB(60));
	given_placement(PLACE_EXACT, MIB(64));
	given_initrd(MIB(48));
	expect_place(PART_KERNEL, MIB(64));
	expect_place(PART_INITRD, MIB(16));
	given_initrd(MIB(12) + KIB(4)); /* the window is 64M-124M: the 12M above it are too few */
	expect_place(PART_INITRD, MIB(52) - KIB(4));
}

/* Loaded lower it would move itself up to pref_address, over memory that nobody reserved. */
static void x2_a_load_address_below_pref_address_is_refused_and_the_run_time_start_named(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.pref_address = MIB(64));
	given_placement(PLACE_EXACT, MIB(32));
	expect_refused(BAD_INPUT, X2);
	expect_words("0x4000000");
}

static void x2_a_run_time_start_off_the_alignment_is_the_next_multiple(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.pref_address = MIB(17));
	given_placement(PLACE_LOW, 0);
	expect_place(PART_KERNEL, MIB(18));
	given_placement(PLACE_PREFERRED, 0); /* not itself a multiple */
	expect_place(PART_KERNEL, 0xbcc00000);
}

static void x2_a_kernel_that_must_not_go_below_16_mib_does_not(void **state)
{
	static const enum placement_policy policy[] = {PLACE_HIGH, PLACE_LOW, PLACE_PREFERRED};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(policy); i++) {
		given_map("1M-15M free, 16M-20M runtime, 20M-24M free");
		given_kernel(.init_size = MIB(4), .syssize = 0x1000, .file_size = 0x1000 * 16 + 40 * 512);
		given_placement(policy[i], 0);
		expect_place(PART_KERNEL, MIB(20));
		given_map("1M-15M free, 16M-20M runtime, 20M-23M free");
		given_kernel(.init_size = MIB(4), .syssize = 0x1000, .file_size = 0x1000 * 16 + 40 * 512);
		given_placement(policy[i], 0);
		expect_refused(NO_PLACE, X2);
	}
}

static void x3_a_kernel_that_is_not_relocatable_runs_at_pref_address(void **state)
{
	static const enum placement_policy policy[] = {PLACE_HIGH, PLACE_LOW, PLACE_PREFERRED};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(policy); i++) {
		given_map("1M-3G free, 4G-6G free");
		given_kernel(.relocatable_kernel = 0, .pref_address = 0x2345000);
		given_placement(policy[i], 0);
		expect_place(PART_KERNEL, 0x2345000);
		expect_rule(PART_KERNEL, X3);
	}
}

static void x3_taken_is_refused_and_the_owner_named(void **state)
{
	(void)state;
	given_map("1M-32M free, 32M-33M acpi, 33M-3G free, 4G-6G free");
	given_kernel(.relocatable_kernel = 0);
	expect_refused(NO_PLACE, X3);
	expect_words("0x2000000-0x2100000");
	expect_words("ACPI tables");
}

static void x3_another_exact_place_is_refused(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.relocatable_kernel = 0);
	given_placement(PLACE_EXACT, MIB(64));
	expect_refused(BAD_INPUT, X3);
	expect_words("0x1000000");
	given_placement(PLACE_EXACT, MIB(16));
	expect_place(PART_KERNEL, MIB(16));
}

static void x4_kernel_without_the_4g_flag_stays_below_4_gib(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_KERNEL_64, .init_size = MIB(50));
	given_handoff(KIB(64));
	expect_place(PART_KERNEL, GIB(3) - MIB(50));
	expect_limit(PART_KERNEL, max, GIB(4), X4);
	expect_limit(PART_HANDOFF, max, GIB(4), X4);
}

static void x5_a_bzimage_ends_by_64_tib(void **state)
{
	(void)state;
	given_map("1M-3G free, 63T-65T free");
	expect_place(PART_KERNEL, 0x3ffffcc00000);
	expect_limit(PART_KERNEL, max, TIB(64), X5);
}

/* Whatever the CPU's and the kernel's paging mode: the decompressor's limit is compiled in. */
static void x5_the_ceiling_is_64_tib_for_a_4_level_kernel_and_with_no5lvl(void **state)
{
	static const uint16_t flags[] = {XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G, 0x7f};
	static const char *const line[] = {"", "no5lvl"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(flags) * COUNT_OF(line); i++) {
		given_map("1M-3G free, 63T-65T free, 100T-101T free");
		given_kernel(.xloadflags = flags[i / 2]);
		given_command_line(line[i % 2]);
		given_initrd(MIB(10));
		given_handoff(KIB(64));
		expect_place(PART_KERNEL, TIB(64) - MIB(52));
		for (unsigned int part = PART_KERNEL; part <= PART_HANDOFF; part++)
			expect_limit(part, max, TIB(64), X5);
		given_map("64T-65T free");
		given_kernel(.xloadflags = flags[i / 2]);
		given_command_line(line[i % 2]);
		expect_refused(NO_PLACE, X5);
	}
}

/* Linux arch/x86/include/asm/sparsemem.h, MAX_PHYSMEM_BITS: 52 with five levels, and no decompressor looks. */
static void x5_a_vmlinux_entered_with_five_levels_reaches_2_to_the_52(void **state)
{
	(void)state;
	for (int five = 0; five <= 1; five++)
		for (int direct = 0; direct <= 1; direct++) {
			given_map("1M-3G free, 100T-101T free, 4095T-4097T free");
			world.cargo.five_levels = five != 0;
			world.image.keeps_levels = direct != 0;
			expect_limit(PART_KERNEL, max, five && direct ? TIB(4096) : TIB(64), X5);
			expect_limit(PART_INITRD, max, TIB(64), X5);
			expect_place(PART_KERNEL, (five && direct ? TIB(4096) : GIB(3)) - MIB(52));
		}
}

static void x6_the_initrd_ends_at_initrd_addr_max(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_KERNEL_64, .initrd_addr_max = 0x37ffffff);
	given_initrd(MIB(10));
	expect_place(PART_INITRD, 0x38000000 - MIB(10));
	expect_limit(PART_INITRD, max, 0x38000000, X6);
}

static void x6_the_4g_flag_lifts_the_initrd_too(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.initrd_addr_max = 0x37ffffff);
	given_initrd(MIB(10));
	expect_place(PART_INITRD, 0x17cc00000 - MIB(10));
}

static void x6_the_initrd_is_page_aligned_whatever_its_size(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.xloadflags = XLF_KERNEL_64, .initrd_addr_max = 0x37fffabc);
	given_initrd(5001);
	expect_place(PART_INITRD, 0x37fff000 - 8192);
}

/* Linux arch/x86/boot/compressed/kaslr.c, process_mem_region: KERNEL_IMAGE_SIZE is 512 MiB on i386. */
static void x11_a_32_bit_kernel_lies_below_512_mib(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.xloadflags = 0, .kernel_alignment = MIB(16), .min_alignment = 13);
	given_initrd(MIB(1));
	given_command_line("nokaslr");
	expect_limit(PART_KERNEL, max, MIB(512), X11);
	expect_place(PART_KERNEL, MIB(448)); /* 51.5 MiB of 64 */
	expect_place(PART_INITRD, GIB(2) - MIB(1));
	given_map("512M-3G free");
	given_kernel(.xloadflags = 0);
	expect_refused(NO_PLACE, X11);
	given_map("1M-3G free");
	given_kernel(.version = 0x020b); /* a 64-bit one may be that old, and nothing tells */
	expect_limit(PART_KERNEL, max, MIB(512), X11);
	given_map("1M-3G free");
	given_kernel(.xloadflags = 0);
	given_placement(PLACE_EXACT, MIB(480));
	expect_refused(BAD_INPUT, X11);
}

static void x11_what_cannot_move_lies_where_it_is_linked(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.xloadflags = 0, .relocatable_kernel = 0, .pref_address = GIB(1));
	expect_place(PART_KERNEL, GIB(1));
	expect_rule(PART_KERNEL, X3);
	given_kernel(.xloadflags = 0, .relocatable_kernel = 0, .pref_address = GIB(4) - MIB(16));
	expect_refused(BAD_INPUT, X4);
}

static void x3_before_2_10_what_cannot_move_lies_at_1_mib(void **state)
{
	(void)state;
	given_map("1M-64M free");
	given_kernel(.version = 0x0209, .relocatable_kernel = 0, .pref_address = MIB(32));
	expect_place(PART_KERNEL, MIB(1));
	expect_rule(PART_KERNEL, X3);
}

/* choose_random_location: upwards from where it lies, so at the top of what it can reach nothing is random. */
static void x9_a_32_bit_kernel_that_randomises_itself_lies_low(void **state)
{
	(void)state;
	given_map("1M-3G free");
	given_kernel(.xloadflags = 0, .kernel_alignment = MIB(16), .min_alignment = 13);
	expect_place(PART_KERNEL, MIB(16));
	expect_rule(PART_KERNEL, C4);
}

static void x4_everything_of_a_32_bit_kernel_lies_below_4_gib(void **state)
{
	(void)state;
	given_map("1M-3G free, 4G-6G free");
	given_kernel(.xloadflags = XLF_CAN_BE_LOADED_ABOVE_4G, .initrd_addr_max = 0xffffffff);
	given_initrd(MIB(1));
	given_handoff(KIB(64));
	expect_limit(PART_HANDOFF, max, GIB(4), X4);
	expect_limit(PART_INITRD, max, GIB(4), X6);
	expect_place(PART_INITRD, GIB(3) - MIB(1));
}

/* 2 GiB of alignment down to a page: 20 steps, of three tiers each. */
static void x1_every_alignment_down_to_a_page_is_tried(void **state)
{
	(void)state;
	given_map("17M-31M free, 0x2101000-0x5479000 free");
	given_kernel(.xloadflags = 0, .kernel_alignment = 0x80000000, .min_alignment = 12, .pref_address = MIB(32));
	given_command_line("nokaslr");
	expect_place(PART_KERNEL, 0x2101000);
	expect_align(PART_KERNEL, KIB(4));
}

static void x7_a_command_line_is_taken_up_to_cmdline_size(void **state)
{
	char line[64];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[63] = '\0';
	given_map("1M-3G free");
	given_kernel(.cmdline_size = 63);
	given_command_line(line);
	expect_place(PART_KERNEL, 0xbcc00000);
	given_kernel(.cmdline_size = 62);
	expect_refused(BAD_INPUT, X7);
	expect_words("63 bytes");
	expect_words("62");
	given_kernel(.cmdline_size = 0);
	given_command_line("");
	expect_place(PART_KERNEL, 0xbcc00000);
}

static void x2_an_unknown_file_is_refused_with_a_way_out(void **state)
{
	struct memory_source file;
	struct image image;
	struct fail why;

	(void)state;
	memory_source_init(&file, "readme.txt", (struct bytes){(const uint8_t *)"hello", 5});
	assert_int_equal(identify_memory(&image, &file, false, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "readme.txt"));
	assert_non_null(strstr(why.text, "try:"));
	memory_source_init(&file, "readme.txt", (struct bytes){NULL, 0});
	assert_int_equal(identify_memory(&image, &file, false, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "empty"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x7_a_command_line_is_taken_up_to_cmdline_size),
	    cmocka_unit_test(x2_an_unknown_file_is_refused_with_a_way_out),
	    cmocka_unit_test(x11_a_32_bit_kernel_lies_below_512_mib),
	    cmocka_unit_test(x11_what_cannot_move_lies_where_it_is_linked),
	    cmocka_unit_test(x3_before_2_10_what_cannot_move_lies_at_1_mib),
	    cmocka_unit_test(x9_a_32_bit_kernel_that_randomises_itself_lies_low),
	    cmocka_unit_test(x4_everything_of_a_32_bit_kernel_lies_below_4_gib),
	    cmocka_unit_test(x1_every_alignment_down_to_a_page_is_tried),
	    cmocka_unit_test(x1_an_alignment_that_fits_nowhere_is_halved_and_told),
	    cmocka_unit_test(x1_the_alignment_is_given_up_last),
	    cmocka_unit_test(x1_the_alignment_is_never_below_min_alignment),
	    cmocka_unit_test(x1_a_64_bit_kernel_is_never_off_2_mib),
	    cmocka_unit_test(x2_nothing_below_pref_address),
	    cmocka_unit_test(x2_no_room_above_pref_address_is_no_room),
	    cmocka_unit_test(x2_preferred_takes_pref_address_when_it_is_free),
	    cmocka_unit_test(x2_preferred_goes_high_when_pref_address_is_taken),
	    cmocka_unit_test(x2_pref_address_below_the_load_address_moves_the_run_time_start_up_to_it),
	    cmocka_unit_test(x2_a_load_address_below_pref_address_is_refused_and_the_run_time_start_named),
	    cmocka_unit_test(x2_a_run_time_start_off_the_alignment_is_the_next_multiple),
	    cmocka_unit_test(x2_a_kernel_that_must_not_go_below_16_mib_does_not),
	    cmocka_unit_test(x3_a_kernel_that_is_not_relocatable_runs_at_pref_address),
	    cmocka_unit_test(x3_taken_is_refused_and_the_owner_named),
	    cmocka_unit_test(x3_another_exact_place_is_refused),
	    cmocka_unit_test(x4_kernel_without_the_4g_flag_stays_below_4_gib),
	    cmocka_unit_test(x5_a_bzimage_ends_by_64_tib),
	    cmocka_unit_test(x5_a_vmlinux_entered_with_five_levels_reaches_2_to_the_52),
	    cmocka_unit_test(x5_the_ceiling_is_64_tib_for_a_4_level_kernel_and_with_no5lvl),
	    cmocka_unit_test(x6_the_initrd_ends_at_initrd_addr_max),
	    cmocka_unit_test(x6_the_4g_flag_lifts_the_initrd_too),
	    cmocka_unit_test(x6_the_initrd_is_page_aligned_whatever_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
