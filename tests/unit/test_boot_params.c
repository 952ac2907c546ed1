/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel is told is what boot.rst and zero-page.rst say, byte by byte: every field that is documented as the
 * loader's has its value, and every other byte is zero. The block is malloc'ed at the measured size, so that one byte
 * more is an error of AddressSanitizer.
 */
#include "given.h"

/* ---- what is at all written ---- */

struct allowed {
	unsigned int from, to;
};

/* zero-page.rst: what the boot loader fills, beside the header's copy. */
static const struct allowed documented[] = {
    {0x000, 0x040},			 /* screen_info */
    {0x070, 0x078},			 /* acpi_rsdp_addr */
    {0x0c0, 0x0cc},			 /* ext_ramdisk_image, ext_ramdisk_size, ext_cmd_line_ptr */
    {0x1c0, 0x1e0},			 /* efi_info */
    {0x1e8, 0x1e9},			 /* e820_entries */
    {0x1ec, 0x1ed},			 /* secure_boot */
    {0x1f1, HEADER_END}, {0x2d0, 0xcd0}, /* e820_table */
};

static bool is_documented(unsigned int at)
{
	for (size_t i = 0; i < COUNT_OF(documented); i++)
		if (at >= documented[i].from && at < documented[i].to)
			return true;
	return false;
}

static void x1f1_the_header_is_copied_to_its_end_and_the_rest_is_zero(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	t.found.has_seed = true;
	tell(&t);
	finish_with_pages(&t, 200);
	for (unsigned int at = 0; at < BOOT_PARAMS_SIZE; at++)
		if (t.bp[at] != 0 && !is_documented(at))
			fail_msg("boot_params[%#x] is %#x; nothing is documented there", at, (unsigned int)t.bp[at]);
	expect_field(&t, 0x1ef, 1, 0); /* sentinel: else the kernel takes the page for garbage and clears it */
	forget(&t);
}

static void x1f1_a_header_of_any_length_is_copied_to_its_end(void **state)
{
	struct told t;

	(void)state;
	for (unsigned int end = 0x264; end <= 0x290; end++) {
		given_told(&t, &KERNEL(.jump = (uint8_t)(end - 0x202)));
		x86_own(&t.image)->setup.header[end - 1 - 0x1f1] = 0x5a; /* the last byte of the header */
		tell(&t);
		if (end > 0x264)
			expect_field(&t, end - 1, 1, 0x5a);
		for (unsigned int at = end; at < 0x2d0; at++)
			expect_field(&t, at, 1, 0);
		forget(&t);
	}
}

static void x1f1_fields_that_are_not_the_loaders_are_the_files(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	tell(&t);
	expect_field(&t, 0x1f1, 1, 39);
	expect_field(&t, 0x1fe, 2, 0xaa55);
	expect_field(&t, 0x202, 4, 0x53726448);
	expect_field(&t, 0x206, 2, 0x020f);
	expect_field(&t, 0x22c, 4, 0x7fffffff);
	expect_field(&t, 0x234, 1, 1);
	expect_field(&t, 0x235, 1, 21);
	expect_field(&t, 0x236, 2, 0x7f);
	expect_field(&t, 0x238, 4, 2047);
	expect_field(&t, 0x258, 8, 0x1000000);
	expect_field(&t, 0x260, 4, 0x3378000);
	forget(&t);
}

/* ---- the loader's fields of the header ---- */

static void x1f1_the_loader_says_who_it_is_and_where_the_kernel_lies(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	tell(&t);
	expect_field(&t, 0x210, 1, 0xff);
	expect_field(&t, 0x214, 4, 0); /* code32_start has 32 bits; the kernel lies above */
	assert_true(t.handoff.entry == KERNEL_AT + 0x200);
	assert_true(t.handoff.argument == t.handoff.boot_params.address);
	assert_true(t.handoff.argument % EFI_PAGE == 0);
	forget(&t);

	given_told(&t, &KERNEL());
	t.plan.part[PART_KERNEL].at = (struct range){MIB(64), MIB(116)};
	tell(&t);
	expect_field(&t, 0x214, 4, MIB(64));
	forget(&t);
}

/*
 * arch/x86/boot/startup/sme.c, sme_enable: a kernel that is entered itself encrypts memory by this flag alone; of
 * several options the last counts, as for its stub.
 */
static void x236_memory_is_encrypted_where_the_command_line_says_so(void **state)
{
	static const struct {
		const char *line;
		bool on;
	} row[] = {{"mem_encrypt=on", true},
		   {"quiet mem_encrypt=off mem_encrypt=on", true},
		   {"mem_encrypt=on mem_encrypt=off", false},
		   {"quiet", false},
		   {"mem_encrypt=only", false},
		   {"xmem_encrypt=on", false},
		   {"mem_encrypt", false},
		   {"init -- mem_encrypt=on", false}};
	struct told t;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_told(&t, &KERNEL());
		t.cargo.command_line = row[i].line;
		tell(&t);
		expect_field(&t, 0x236, 2, (x86_of(&t.image)->setup.xloadflags & ~0x80u) | (row[i].on ? 0x80 : 0));
		forget(&t);
	}
	/* Before 2.12 the field is pad2, and no kernel so old knows the flag. */
	given_told(&t, &KERNEL(.version = 0x020b, .xloadflags = 0));
	t.cargo.command_line = "mem_encrypt=on";
	tell(&t);
	expect_field(&t, 0x236, 2, 0);
	forget(&t);
}

static void x1_the_alignment_used_is_written_back(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL(.kernel_alignment = MIB(16)));
	t.plan.part[PART_KERNEL].align = MIB(4);
	tell(&t);
	expect_field(&t, 0x230, 4, MIB(4));
	expect_field(&t, 0x234, 1, 1); /* relocatable_kernel, right behind it */
	forget(&t);

	/* A higher one, which the kernel did not offer, is not. */
	given_told(&t, &KERNEL(.kernel_alignment = KIB(4), .min_alignment = 12));
	t.plan.part[PART_KERNEL].align = MIB(2);
	tell(&t);
	expect_field(&t, 0x230, 4, KIB(4));
	forget(&t);
}

static void x3_the_alignment_of_a_kernel_that_does_not_move_stays_the_files(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL(.kernel_alignment = MIB(16), .relocatable_kernel = 0));
	t.plan.part[PART_KERNEL].align = EFI_PAGE;
	tell(&t);
	expect_field(&t, 0x230, 4, MIB(16));
	forget(&t);
}

static void x4_initrd_and_command_line_above_4_gib_have_both_halves(void **state)
{
	struct told t;
	uint64_t line;

	(void)state;
	given_told(&t, &KERNEL());
	tell(&t);
	expect_field(&t, 0x218, 4, 0x74c00000);
	expect_field(&t, 0x0c0, 4, 1);
	expect_field(&t, 0x21c, 4, 0x23456789);
	expect_field(&t, 0x0c4, 4, 1);
	line = get_le(t.bp + 0x228, 4) | get_le(t.bp + 0x0c8, 4) << 32;
	assert_true(line >= BLOCK_AT && line < BLOCK_AT + t.size);
	assert_string_equal((const char *)t.handoff.block.at + (line - BLOCK_AT), "root=/dev/vda1 quiet");
	forget(&t);
}

static void c11_without_an_initrd_the_kernel_is_told_of_none(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	t.cargo.initrd_size = 0;
	t.plan.part[PART_INITRD] = (struct placement){.align = 0};
	x86_own(&t.image)->setup.header[0x218 - 0x1f1] =
	    0x77; /* boot.rst, ramdisk_image: the loader's field, not the file's */
	x86_own(&t.image)->setup.header[0x21c - 0x1f1] = 0x77;
	tell(&t);
	expect_field(&t, 0x218, 4, 0);
	expect_field(&t, 0x21c, 4, 0);
	expect_field(&t, 0x0c0, 4, 0);
	expect_field(&t, 0x0c4, 4, 0);
	forget(&t);
}

/* ---- facts of the machine ---- */

/* Linux include/linux/efi.h: how to read the system table, which is firmware's width, whatever the kernel's. */
static void x1c0_the_signature_has_firmwares_width(void **state)
{
	struct told t;

	(void)state;
	for (int narrow_kernel = 0; narrow_kernel <= 1; narrow_kernel++)
		for (int narrow_firmware = 0; narrow_firmware <= 1; narrow_firmware++) {
			given_told(&t, &KERNEL(.xloadflags = narrow_kernel ? 0 : 0x7f));
			t.machine.efi_32_bits = narrow_firmware != 0;
			tell(&t);
			assert_memory_equal(t.bp + 0x1c0, narrow_firmware ? "EL32" : "EL64", 4);
			forget(&t);
		}
}

static void x1c0_efi_info_names_the_system_table_and_the_final_map(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	tell(&t);
	finish_with_pages(&t, 3);
	assert_memory_equal(t.bp + 0x1c0, "EL64", 4);
	expect_field(&t, 0x1c4, 4, 0xbf123018);
	expect_field(&t, 0x1d8, 4, 0x2);
	expect_field(&t, 0x1c8, 4, DESC_SIZE);
	expect_field(&t, 0x1cc, 4, 1);
	expect_field(&t, 0x1d0, 4, (uint32_t)t.handoff.final.address);
	expect_field(&t, 0x1dc, 4, t.handoff.final.address >> 32);
	expect_field(&t, 0x1d4, 4, 3 * DESC_SIZE);
	assert_true(t.handoff.final.address - BLOCK_AT == (uint64_t)(t.handoff.final.descriptors - t.handoff.block.at));
	forget(&t);
}

static void x070_rsdp_and_secure_boot_are_passed(void **state)
{
	static const uint8_t mode[] = {0, 1, 2, 3}; /* include/linux/efi.h: unset, unknown, disabled, enabled */

	(void)state;
	for (size_t i = 0; i < COUNT_OF(mode); i++) {
		struct told t;

		given_told(&t, &KERNEL());
		t.machine.secure_boot = (enum secure_boot)i;
		tell(&t);
		expect_field(&t, 0x070, 8, UINT64_C(0x1bfb7e014));
		expect_field(&t, 0x1ec, 1, mode[i]);
		forget(&t);
	}
}

/* 1280x800, 32 bits a pixel, blue in the lowest byte: what OVMF has. */
static struct screen bgrx(uint64_t base)
{
	return (struct screen){.width = 1280,
			       .height = 800,
			       .line_bytes = 5120,
			       .base = base,
			       .red = {8, 16},
			       .green = {8, 8},
			       .blue = {8, 0},
			       .reserved = {8, 24}};
}

static void x000_a_framebuffer_is_described(void **state)
{
	static const uint8_t colours[] = {8, 16, 8, 8, 8, 0, 8, 24}; /* red_size, red_pos, green_size … rsvd_pos */
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	t.machine.screen = bgrx(0x80000000);
	tell(&t);
	expect_field(&t, 0x00f, 1, 0x70); /* VIDEO_TYPE_EFI */
	expect_field(&t, 0x012, 2, 1280);
	expect_field(&t, 0x014, 2, 800);
	expect_field(&t, 0x016, 2, 32);
	expect_field(&t, 0x018, 4, 0x80000000);
	expect_field(&t, 0x01c, 4, 5120 * 800);
	expect_field(&t, 0x024, 2, 5120);
	assert_memory_equal(t.bp + 0x026, colours, sizeof(colours));
	expect_field(&t, 0x036, 4, 0);
	expect_field(&t, 0x03a, 4, 0);
	forget(&t);
}

static void x000_a_framebuffer_above_4_gib_says_so(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	t.machine.screen = bgrx(UINT64_C(0x4080000000));
	tell(&t);
	expect_field(&t, 0x018, 4, 0x80000000);
	expect_field(&t, 0x03a, 4, 0x40);
	expect_field(&t, 0x036, 4, 2); /* VIDEO_CAPABILITY_64BIT_BASE */
	forget(&t);
}

static void x000_no_framebuffer_is_all_zero(void **state)
{
	struct told t;

	(void)state;
	given_told(&t, &KERNEL());
	tell(&t);
	for (unsigned int at = 0; at < 0x40; at++)
		expect_field(&t, at, 1, 0);
	forget(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x1f1_the_header_is_copied_to_its_end_and_the_rest_is_zero),
	    cmocka_unit_test(x1f1_a_header_of_any_length_is_copied_to_its_end),
	    cmocka_unit_test(x1f1_fields_that_are_not_the_loaders_are_the_files),
	    cmocka_unit_test(x1f1_the_loader_says_who_it_is_and_where_the_kernel_lies),
	    cmocka_unit_test(x236_memory_is_encrypted_where_the_command_line_says_so),
	    cmocka_unit_test(x1_the_alignment_used_is_written_back),
	    cmocka_unit_test(x3_the_alignment_of_a_kernel_that_does_not_move_stays_the_files),
	    cmocka_unit_test(x4_initrd_and_command_line_above_4_gib_have_both_halves),
	    cmocka_unit_test(c11_without_an_initrd_the_kernel_is_told_of_none),
	    cmocka_unit_test(x1c0_the_signature_has_firmwares_width),
	    cmocka_unit_test(x1c0_efi_info_names_the_system_table_and_the_final_map),
	    cmocka_unit_test(x070_rsdp_and_secure_boot_are_passed),
	    cmocka_unit_test(x000_a_framebuffer_is_described),
	    cmocka_unit_test(x000_a_framebuffer_above_4_gib_says_so),
	    cmocka_unit_test(x000_no_framebuffer_is_all_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
