/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an Image for arm64 goes, and what its /chosen tells: from a header as a file has it to places on a map and to
 * the bytes of a tree, which lies in memory of exactly the measured size.
 * Source: Linux Documentation/arch/arm64/booting.rst; Documentation/arch/arm/uefi.rst;
 * drivers/firmware/efi/fdtparams.c.
 */
#include "arm64_file.h"
#include "given.h"

#include "../../protocol/tree/tree.h"
#include "tree_file.h"

#define BLOCK UINT64_C(0x13ff00000)

#define given_arm64(...) given_arm64_file(&ARM64(__VA_ARGS__))

static enum status identify(struct image *image, const struct arm64_file *file, struct fail *why)
{
	uint8_t head[IMAGE_HEAD];

	arm64_head(file, head);
	*image = (struct image){.name = "Image", .file_size = file->file_size};
	return formats_identify(image, (struct bytes){head, sizeof(head)}, false, why);
}

static void given_arm64_file(const struct arm64_file *file)
{
	if (identify(&world.image, file, &world.why) != OK)
		fail_msg("a test's kernel is refused: %s", world.why.text);
	assert_ptr_equal(world.image.protocol, &arm64_protocol);
	world.planned = false;
}

static void expect_wrong(const struct arm64_file *file, enum rule rule, const char *words)
{
	struct image image;
	struct fail why;

	assert_int_equal(identify(&image, file, &why), BAD_INPUT);
	if (why.rule != rule || strstr(why.text, words) == NULL)
		fail_msg("the message lacks \"%s\" or rule %s:\n%s", words, rule_row(rule)->id, why.text);
}

/* ---- places ---- */

static void a1_an_image_takes_image_size_bytes_from_text_offset_above_a_2_mib_base(void **state)
{
	(void)state;
	given_map("1G-4G free, 4G-6G free");
	given_arm64(.text_offset = 0x80000, .image_size = MIB(30));
	expect_place(PART_KERNEL, GIB(6) - MIB(32));
	assert_true(world.request[PART_KERNEL].size == MIB(30) + 0x80000);
	assert_true(world.image.entry_at == 0x80000 && world.image.piece[0].at == 0x80000);
	assert_true(world.image.piece[0].memory == MIB(30) && world.image.piece[0].size == 0x1d80000);
	assert_true(world.image.image_end == world.image.file_size && world.image.image_end != 0);
	expect_bound("align", world.request[PART_KERNEL].align, MIB(2), A1);
	given_placement(PLACE_EXACT, GIB(5) + MIB(1));
	expect_refused(BAD_INPUT, A1);
}

static void a1_a_header_from_before_3_17_keeps_16_mib_behind_the_file(void **state)
{
	(void)state;
	given_map("1G-2G free");
	given_arm64(.text_offset = 0x8000000000000, .image_size = 0, .flags = 8, .file_size = MIB(8));
	expect_place(PART_KERNEL, GIB(1)); /* flags were reserved: as close to the start of memory as possible */
	expect_rule(PART_KERNEL, A2);
	assert_true(world.request[PART_KERNEL].size == 0x80000 + MIB(24) && world.image.entry_at == 0x80000);
	assert_true(world.image.piece[0].size == MIB(8));
	expect_wrong(&ARM64(.image_size = 0, .file_size = SIZE_UNKNOWN), A1, "image_size is 0");
}

/* The head as a PE file's: two sections, the second with this many bytes from 64 KiB on, and one without any behind. */
static enum status identify_as_pe(struct image *image, const struct arm64_file *file, uint32_t raw, struct fail *why)
{
	uint8_t head[IMAGE_HEAD], *table = head + 0x40 + 24 + 0xa0;

	arm64_head(file, head);
	store_le(head + 0x3c, 4, 0x40);
	store_le(head + 0x40, 4, 0x4550);
	store_le(head + 0x46, 2, 3);
	store_le(head + 0x54, 2, 0xa0);
	store_le(table + 16, 4, KIB(32));
	store_le(table + 20, 4, KIB(32));
	store_le(table + 40 + 16, 4, raw);
	store_le(table + 40 + 20, 4, KIB(64));
	store_le(table + 80 + 20, 4, UINT32_MAX);
	*image = (struct image){.name = "Image", .file_size = file->file_size};
	return formats_identify(image, (struct bytes){head, sizeof(head)}, false, why);
}

/* Linux's stub makes it one: where its last section ends, so does the kernel. */
static void an_image_that_ends_before_its_last_section_was_cut(void **state)
{
	struct image image;
	struct fail why;

	(void)state;
	assert_int_equal(identify_as_pe(&image, &ARM64(.file_size = MIB(1)), (uint32_t)(MIB(1) - KIB(64)), &why), OK);
	assert_true(image.image_end == MIB(1));
	assert_int_equal(identify_as_pe(&image, &ARM64(.file_size = MIB(1) - 1), (uint32_t)(MIB(1) - KIB(64)), &why),
			 BAD_INPUT);
	assert_non_null(strstr(why.text, "its sections reach to byte 1048576, and it has 1048575"));
	assert_non_null(strstr(why.text, "try: copy the Image again"));
	/* Of a stream, whose length nobody tells, so much has to come. */
	assert_int_equal(identify_as_pe(&image, &ARM64(.file_size = SIZE_UNKNOWN), (uint32_t)MIB(2), &why), OK);
	assert_true(image.image_end == MIB(2) + KIB(64) && image.piece[0].size == 0x1e60000);
	assert_int_equal(identify(&image, &ARM64(.file_size = SIZE_UNKNOWN), &why), OK);
	assert_true(image.image_end == 0);
}

static void a1_what_stands_behind_image_size_in_the_file_is_not_loaded(void **state)
{
	(void)state;
	given_map("1G-2G free");
	given_arm64(.image_size = MIB(4), .file_size = MIB(4) + 2048);
	assert_true(world.image.piece[0].size == MIB(4) && world.image.piece[0].memory == MIB(4));
}

static void a1_numbers_past_48_bits_are_refused(void **state)
{
	(void)state;
	expect_wrong(&ARM64(.image_size = TIB(256) + 1), A1, "48 bits");
	expect_wrong(&ARM64(.text_offset = UINT64_MAX), A1, "48 bits");
	expect_wrong(&ARM64(.text_offset = TIB(256) - MIB(1)), A1, "48 bits");
	expect_wrong(&ARM64(.text_offset = UINT64_C(1) << 56), A1, "48 bits");
	expect_wrong(&ARM64(.image_size = (UINT64_C(1) << 56) + MIB(30)), A1, "48 bits");
}

static void a2_without_bit_3_the_kernel_lies_as_low_as_it_can(void **state)
{
	static const enum placement_policy policies[] = {PLACE_HIGH, PLACE_PREFERRED, PLACE_RANDOM, PLACE_LOW};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(policies); i++) {
		given_map("1G-0x40010000 boot, 0x40010000-4G free, 4G-6G free");
		given_arm64(.flags = 0x2);
		given_placement(policies[i], 0);
		given_entropy(7);
		expect_place(PART_KERNEL, GIB(1) + MIB(2));
		expect_rule(PART_KERNEL, A2);
	}
	given_placement(PLACE_EXACT, GIB(5)); /* an exact place is the user's business */
	expect_place(PART_KERNEL, GIB(5));
}

static void a2_with_bit_3_the_kernel_lies_below_48_bits(void **state)
{
	(void)state;
	given_map("1G-2G free, 256T-257T free");
	given_arm64();
	expect_place(PART_KERNEL, GIB(2) - MIB(32));
	given_map("256T-257T free");
	given_arm64();
	expect_refused(NO_PLACE, A2);
}

static void a2_the_page_size_is_that_of_the_flags_and_big_endian_kernels_are_refused(void **state)
{
	static const uint32_t page_size[] = {0, 4096, 16384, 65536};

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		given_map("1G-2G free");
		given_arm64(.flags = i << 1 | 8);
		assert_int_equal(world.image.page_size, page_size[i]);
		assert_int_equal(world.image.machine, ELF_AARCH64);
	}
	expect_wrong(&ARM64(.flags = 0xb), A2, "big-endian");
}

static void a3_kernel_and_initrd_lie_in_one_window_of_32_gib(void **state)
{
	(void)state;
	/* The kernel could lie higher, but then the initrd would be too far away. */
	given_map("1G-4G free, 100G-0x1904000000 free");
	given_arm64();
	given_initrd(GIB(1));
	expect_place(PART_KERNEL, GIB(4) - MIB(32));
	expect_place(PART_INITRD, GIB(3) - MIB(32));
	/* Just near enough: the window ends where the kernel's memory does. */
	given_map("8G-10G free, 39G-0x9c4000000 free");
	given_arm64();
	given_initrd(GIB(1));
	expect_place(PART_KERNEL, GIB(39) + MIB(32));
	expect_place(PART_INITRD, GIB(9));
	/* And a byte too far. */
	given_map("6G-0x1ffffe000 free, 39G-0x9c4000000 free");
	given_arm64();
	given_initrd(GIB(1));
	expect_place(PART_KERNEL, 0x1fe000000);
	/* A window begins at a multiple of 1 GiB, and has no 33. */
	given_map("6G-7G free, 38G-0x984000000 free");
	given_arm64();
	given_initrd(GIB(1));
	expect_refused(NO_PLACE, C8);
	given_map("1G-0x44000000 free, 100G-102G free");
	given_arm64();
	given_initrd(GIB(1));
	given_placement(PLACE_EXACT, GIB(1));
	expect_refused(NO_PLACE, C8);
}

static void a4_the_handoff_block_keeps_the_tree_inside_2_mib(void **state)
{
	(void)state;
	given_map("1G-2G free");
	given_arm64();
	world.cargo.tree.size = 300000;
	expect_bound("align", requests_now()[PART_HANDOFF].align, KIB(512), A4);
	given_map("1G-2G free");
	given_arm64();
	world.cargo.tree.size = MIB(2) - 100;
	expect_refused(BAD_INPUT, A4);
	given_map("1G-2G free");
	given_arm64();
	world.cargo.tree.size = MIB(2) - 1024;
	expect_bound("align", requests_now()[PART_HANDOFF].align, MIB(2), A4);
}

/* ---- what the kernel is told ---- */

struct letter {
	struct image image;
	struct cargo cargo;
	struct plan plan;
	struct machine machine;
	struct findings found;
	struct handoff handoff;
	uint8_t file[TREE_FILE_SIZE] __attribute__((aligned(8)));
	uint8_t *memory;
};

static struct letter *given_letter(bool with_tree)
{
	static struct letter l;
	struct tree_file file = tree_file_machine();
	size_t size = tree_file_write(&file, l.file);
	struct fail why;

	assert_int_equal(identify(&l.image, &ARM64(.text_offset = 0x80000), &why), OK);
	l.cargo = (struct cargo){.command_line = "root=/dev/vda quiet", .initrd_size = 0x123456};
	if (with_tree)
		assert_int_equal(tree_check(&l.cargo.tree, "dtb", (struct bytes){l.file, size}, &why), OK);
	l.plan.part[PART_KERNEL] = (struct placement){{GIB(4), GIB(4) + MIB(32)}, MIB(2), C3};
	l.plan.part[PART_INITRD] = (struct placement){{GIB(5), GIB(5) + MIB(2)}, EFI_PAGE, C3};
	l.machine = (struct machine){.system_table = UINT64_C(0x13f7b0018), .secure_boot = SECURE_BOOT_DISABLED};
	l.found = (struct findings){.seed = "0123456789abcdef0123456789abcdef\1\2\3\4\5\6\7\10",
				    .has_seed = true,
				    .map_room = 70,
				    .map_desc_size = DESC_SIZE};
	return &l;
}

static void describe(struct letter *l)
{
	uint64_t size;

	l->handoff = (struct handoff){.block = {NULL, BLOCK, 0}};
	arm64_protocol.describe(&l->image, &l->cargo, &l->plan, &l->machine, &l->found, &l->handoff);
	size = l->handoff.block.used;
	l->memory = calloc(1, (size_t)size);
	assert_non_null(l->memory);
	l->handoff = (struct handoff){.block = {l->memory, BLOCK, 0}};
	arm64_protocol.describe(&l->image, &l->cargo, &l->plan, &l->machine, &l->found, &l->handoff);
	assert_true(l->handoff.block.used == size && l->handoff.tree_error == 0);
	assert_true(l->handoff.entry == GIB(4) + 0x80000 && l->handoff.argument == BLOCK);
	assert_ptr_equal(l->handoff.tree.at, l->memory);
	l->handoff.final.desc_size = DESC_SIZE;
	l->handoff.final.desc_version = 1;
	l->handoff.final.size = 33ul * DESC_SIZE;
	arm64_protocol.finish(&l->handoff, &l->handoff.final);
}

static void a4_a_tree_that_cannot_be_written_is_told(void **state)
{
	struct letter *l = given_letter(true);

	(void)state;
	l->file[0] ^= 1; /* after it was checked */
	l->memory = calloc(1, MIB(1));
	assert_non_null(l->memory);
	l->handoff = (struct handoff){.block = {l->memory, BLOCK, 0}};
	arm64_protocol.describe(&l->image, &l->cargo, &l->plan, &l->machine, &l->found, &l->handoff);
	assert_true(l->handoff.tree_error != 0);
	free(l->memory);
}

static void expect_told(const struct letter *l, const char *name, unsigned int width, uint64_t value)
{
	struct bytes told = tree_get(l->memory, "chosen", name);
	uint64_t got = 0;

	if (told.size != width)
		fail_msg("%s has %zu bytes; expected %u", name, told.size, width);
	for (unsigned int i = 0; i < width; i++)
		got = got << 8 | told.at[i];
	if (got != value)
		fail_msg("%s is %#" PRIx64 "; expected %#" PRIx64, name, got, value);
}

static void expect_uefi(const struct letter *l)
{
	expect_told(l, "linux,uefi-system-table", 8, UINT64_C(0x13f7b0018));
	expect_told(l, "linux,uefi-mmap-start", 8, l->handoff.final.address);
	expect_told(l, "linux,uefi-mmap-size", 4, 33ul * DESC_SIZE);
	expect_told(l, "linux,uefi-mmap-desc-size", 4, DESC_SIZE);
	expect_told(l, "linux,uefi-mmap-desc-ver", 4, 1);
	expect_told(l, "linux,uefi-secure-boot", 4, 2);
	assert_true(l->handoff.final.address > BLOCK && l->handoff.final.room == 70ul * DESC_SIZE);
}

static void a4_chosen_tells_the_command_line_the_initrd_and_uefi(void **state)
{
	(void)state;
	for (int with_tree = 0; with_tree < 2; with_tree++) {
		struct letter *l = given_letter(with_tree == 1);

		describe(l);
		assert_string_equal((const char *)tree_get(l->memory, "chosen", "bootargs").at, "root=/dev/vda quiet");
		expect_told(l, "linux,initrd-start", 8, GIB(5));
		expect_told(l, "linux,initrd-end", 8, GIB(5) + 0x123456);
		expect_told(l, "kaslr-seed", 8, UINT64_C(0x0102030405060708));
		assert_int_equal(tree_get(l->memory, "chosen", "rng-seed").size, 32);
		assert_memory_equal(tree_get(l->memory, "chosen", "rng-seed").at, "0123456789abcdef0123456789abcdef",
				    32);
		expect_uefi(l);
		assert_true((tree_get(l->memory, "", "model").at != NULL) == (with_tree == 1));
		free(l->memory);
	}
}

static void a4_without_initrd_or_entropy_nothing_stale_is_told(void **state)
{
	struct letter *l = given_letter(true);

	(void)state;
	l->cargo.initrd_size = 0;
	l->cargo.command_line = "";
	l->found.has_seed = false;
	describe(l);
	assert_null(tree_get(l->memory, "chosen", "linux,initrd-start").at);
	assert_null(tree_get(l->memory, "chosen", "linux,initrd-end").at);
	assert_string_equal((const char *)tree_get(l->memory, "chosen", "bootargs").at, "");
	assert_null(tree_get(l->memory, "chosen", "rng-seed").at);
	expect_told(l, "kaslr-seed", 8, UINT64_C(0xdead000000000000)); /* firmware's own */
	expect_uefi(l);
	free(l->memory);
}

/* arch/arm64/include/uapi/asm/setup.h: COMMAND_LINE_SIZE is 2048, the NUL included. */
static void x7_a_command_line_that_arm64_would_cut_is_refused(void **state)
{
	char line[2049];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[2047] = '\0';
	given_map("1G-4G free");
	given_arm64();
	given_command_line(line);
	expect_rule(PART_KERNEL, C3);
	line[2047] = 'a';
	line[2048] = '\0';
	given_command_line(line);
	expect_refused(BAD_INPUT, X7);
	expect_words("the command line has 2048 bytes; this kernel takes at most 2047");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a1_an_image_takes_image_size_bytes_from_text_offset_above_a_2_mib_base),
	    cmocka_unit_test(a1_a_header_from_before_3_17_keeps_16_mib_behind_the_file),
	    cmocka_unit_test(an_image_that_ends_before_its_last_section_was_cut),
	    cmocka_unit_test(a1_what_stands_behind_image_size_in_the_file_is_not_loaded),
	    cmocka_unit_test(a1_numbers_past_48_bits_are_refused),
	    cmocka_unit_test(a2_without_bit_3_the_kernel_lies_as_low_as_it_can),
	    cmocka_unit_test(a2_with_bit_3_the_kernel_lies_below_48_bits),
	    cmocka_unit_test(a2_the_page_size_is_that_of_the_flags_and_big_endian_kernels_are_refused),
	    cmocka_unit_test(a3_kernel_and_initrd_lie_in_one_window_of_32_gib),
	    cmocka_unit_test(a4_the_handoff_block_keeps_the_tree_inside_2_mib),
	    cmocka_unit_test(x7_a_command_line_that_arm64_would_cut_is_refused),
	    cmocka_unit_test(a4_chosen_tells_the_command_line_the_initrd_and_uefi),
	    cmocka_unit_test(a4_a_tree_that_cannot_be_written_is_told),
	    cmocka_unit_test(a4_without_initrd_or_entropy_nothing_stale_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
