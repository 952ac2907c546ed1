/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An Image for RISC-V is known by its header, goes where Linux's linear map and its 2 MiB pages reach it, or is refused
 * by name. The limits are those of Linux's documents, on maps checked by hand.
 * Source: Linux Documentation/arch/riscv/boot.rst, boot-image-header.rst, vm-layout.rst; arch/riscv/mm/init.c.
 */
#include "given.h"

#include "../../protocol/riscv/riscv.h"

struct riscv_fields {
	uint64_t text_offset, image_size, flags, file_size;
	uint32_t magic2;
};

/* As Debian 13's kernel has it, but for what a test names. */
#define RISCV(...)                                                                                                     \
	((struct riscv_fields){.text_offset = 0x200000,                                                                \
			       .image_size = 0x1e6b000,                                                                \
			       .file_size = 31165952,                                                                  \
			       .magic2 = 0x05435352,                                                                   \
			       __VA_ARGS__})

static enum status identify(struct riscv_fields fields, size_t head_size)
{
	uint8_t *head = calloc(1, head_size);
	enum status status;

	assert_non_null(head);
	if (head_size >= 64) {
		store_le(head + 8, 8, fields.text_offset);
		store_le(head + 16, 8, fields.image_size);
		store_le(head + 24, 8, fields.flags);
		store_le(head + 32, 4, 2);
		store_le(head + 48, 8, 0x5643534952);
		store_le(head + 56, 4, fields.magic2);
	}
	world.image = (struct image){.name = "Image", .file_size = fields.file_size};
	status = formats_identify(&world.image, (struct bytes){head, head_size}, false, &world.why);
	free(head);
	world.planned = false;
	return status;
}

static void given_riscv(const char *map, struct riscv_fields fields)
{
	given_map(map);
	world.found.has_hart = true;
	if (identify(fields, IMAGE_HEAD) != OK)
		fail_msg("refused: %s", world.why.text);
	assert_ptr_equal(world.image.protocol, &riscv_protocol);
}

static void an_image_for_riscv_is_known_by_its_second_magic(void **state)
{
	(void)state;
	given_riscv("2G-4G free", RISCV());
	assert_int_equal(world.image.machine, ELF_RISCV);
	assert_int_equal(world.image.entry_at, 0);
	assert_int_equal(world.image.n_pieces, 1);
	assert_int_equal(world.image.piece[0].size, 31165952);
	assert_int_equal(identify(RISCV(.magic2 = 0x06435352), IMAGE_HEAD), NOT_FOUND);
	assert_non_null(strstr(world.why.text, "not a kernel that Berth knows"));
}

static void a_header_that_ends_before_its_magic_is_none(void **state)
{
	(void)state;
	given_map("2G-4G free");
	assert_int_equal(identify(RISCV(.file_size = 64), 64), OK);
	for (size_t size = 1; size < 64; size++)
		assert_int_equal(identify(RISCV(.file_size = size), size), NOT_FOUND);
}

static void a_big_endian_kernel_is_refused_by_name(void **state)
{
	(void)state;
	given_map("2G-4G free");
	assert_int_equal(identify(RISCV(.flags = 1), IMAGE_HEAD), BAD_INPUT);
	assert_ptr_not_equal(strstr(world.why.text, "big-endian"), NULL);
	assert_int_equal(identify(RISCV(.flags = 2), IMAGE_HEAD), OK); /* bits that may get a meaning yet */
}

static void r1_an_image_that_does_not_tell_its_size_is_refused(void **state)
{
	(void)state;
	given_map("2G-4G free");
	assert_int_equal(identify(RISCV(.image_size = 0), IMAGE_HEAD), BAD_INPUT);
	assert_int_equal(world.why.rule, R1);
	assert_int_equal(identify(RISCV(.image_size = UINT64_MAX), IMAGE_HEAD), BAD_INPUT);
	assert_int_equal(world.why.rule, R1);
	assert_int_equal(identify(RISCV(.image_size = UINT64_MAX - MIB(2) + 2), IMAGE_HEAD), BAD_INPUT);
	assert_int_equal(identify(RISCV(.image_size = UINT64_MAX - MIB(2) + 1), IMAGE_HEAD), OK);
}

/* Its last 2 MiB page is the kernel's as a whole: an initrd that begins in it is dropped by Linux. */
static void r1_the_kernels_place_ends_at_a_2_mib_edge(void **state)
{
	(void)state;
	given_riscv("2G-0x84000000 free", RISCV(.image_size = MIB(10) + 1, .file_size = MIB(9)));
	given_initrd(MIB(1));
	given_placement(PLACE_LOW, 0);
	expect_place(PART_KERNEL, GIB(2));
	expect_place(PART_INITRD, GIB(2) + MIB(12));
	assert_int_equal(requests_now()[PART_KERNEL].size, MIB(12));
}

static void r1_a_file_that_is_longer_than_image_size_has_room(void **state)
{
	(void)state;
	given_riscv("2G-4G free", RISCV(.image_size = MIB(4), .file_size = MIB(6) + 5));
	expect_place(PART_KERNEL, GIB(4) - MIB(8));
}

static void r1_a_kernel_lies_at_a_multiple_of_2_mib(void **state)
{
	(void)state;
	given_riscv("0x80080000-0x82500000 free", RISCV(.image_size = MIB(32)));
	expect_place(PART_KERNEL, GIB(2) + MIB(4));
	expect_align(PART_KERNEL, MIB(2));
	given_placement(PLACE_EXACT, GIB(2) + MIB(1));
	expect_refused(BAD_INPUT, R1);
	given_riscv("0x80080000-0x82100000 free", RISCV(.image_size = MIB(32)));
	expect_refused(NO_PLACE, R1);
}

/* vm-layout.rst: the direct mapping of all physical memory has 124 GB or so of sv39's 256, 64 TB of sv48's 128. */
static void r2_parts_lie_within_reach_of_the_linear_map(void **state)
{
	static const struct {
		unsigned int levels;
		const char *options;
		uint64_t reach;
	} rows[] = {
	    {0, "", GIB(128)},
	    {3, "", GIB(128)},
	    {4, "", TIB(64)},
	    {5, "", TIB(32768)},
	    {5, "no5lvl", TIB(64)},
	    {5, "no4lvl", GIB(128)},
	    {4, "no5lvl", TIB(64)},
	    {4, "quiet no4lvl", GIB(128)},
	    {3, "no5lvl", GIB(128)},
	    {5, "no5lvl no4lvl", GIB(128)},
	    {2, "", GIB(128)},
	    {6, "", GIB(128)},
	    {5, "ro quiet", TIB(32768)},
	    {5, "xno4lvly", GIB(128)}, /* Linux looks for the letters */
	    {5, "no4lv", TIB(32768)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		given_riscv("2G-4G free", RISCV());
		given_initrd(MIB(1));
		given_handoff(KIB(4));
		given_command_line(rows[i].options);
		world.found.levels = rows[i].levels;
		for (enum part part = PART_KERNEL; part <= PART_HANDOFF; part++)
			expect_limit(part, max, GIB(2) + rows[i].reach, R2);
	}
}

static void r2_memory_behind_sv39_is_left_alone(void **state)
{
	(void)state;
	given_riscv("2G-4G free, 127G-140G free", RISCV(.image_size = MIB(32)));
	given_initrd(GIB(1));
	expect_place(PART_KERNEL, GIB(130) - MIB(32));
	expect_place(PART_INITRD, GIB(129) - MIB(32));
	world.found.levels = 4;
	world.planned = false;
	expect_place(PART_KERNEL, GIB(140) - MIB(32));
	given_placement(PLACE_EXACT, GIB(130));
	world.found.levels = 3;
	world.planned = false;
	expect_refused(BAD_INPUT, R2);
}

/* setup_bootmem: the map begins at a multiple of 2 MiB, at the first memory, be it firmware's. */
static void r2_is_counted_from_the_start_of_memory(void **state)
{
	(void)state;
	given_riscv("0x80080000-4G free, 127G-140G free", RISCV());
	expect_limit(PART_KERNEL, max, GIB(130), R2);
	given_riscv("0x80280000-4G free", RISCV());
	expect_limit(PART_KERNEL, max, GIB(130) + MIB(2), R2);
	assert_true(riscv_reach(UINT64_MAX - GIB(1), 3, "") == UINT64_MAX);
}

/* OpenSBI has two ranges, code and data; U-Boot tells of them as boot services data as well. */
static void r3_nothing_lies_below_what_sbi_firmware_keeps(void **state)
{
	(void)state;
	given_riscv("2G-0x80080000 boot, 2G-0x80040000 reserved, 0x80040000-0x80080000 reserved, 0x80080000-4G free",
		    RISCV(.image_size = MIB(16)));
	given_initrd(MIB(1));
	given_placement(PLACE_LOW, 0);
	expect_limit(PART_KERNEL, min, 0x80080000, R3);
	expect_place(PART_KERNEL, 0x80200000);
	expect_place(PART_INITRD, 0x80080000);
	given_placement(PLACE_EXACT, 0x80000000);
	expect_refused(BAD_INPUT, R3);
	given_riscv("2G-0x90000000 free, 0x90000000-0x90001000 reserved, 0x90001000-4G free", RISCV());
	expect_limit(PART_KERNEL, min, MIB(1), C1); /* a hole of somebody's own, with memory before it */
}

static void a_machine_that_does_not_tell_its_hart_is_refused(void **state)
{
	(void)state;
	given_riscv("2G-4G free", RISCV());
	world.found.has_hart = false;
	world.planned = false;
	expect_refused(IO_ERROR, RULE_NONE);
	expect_words("RISCV_EFI_BOOT_PROTOCOL");
}

static void memory_starts_where_it_can_be_cached_or_is_free(void **state)
{
	struct memory entries[] = {
	    {{0, EFI_PAGE}, MEMORY_RESERVED, 1},	  /* EFI_MEMORY_UC alone: no memory to Linux */
	    {{MIB(1), MIB(2)}, MEMORY_RUNTIME_DATA, 0x8}, /* EFI_MEMORY_WB */
	    {{MIB(4), MIB(8)}, MEMORY_CONVENTIONAL, 0x8},
	};
	struct memmap map = {entries, 3, 3};

	(void)state;
	assert_int_equal(memmap_ram_start(&map), MIB(1));
	entries[1].attribute = 0;
	assert_int_equal(memmap_ram_start(&map), MIB(4));
	entries[2].attribute = 0; /* a map of another kind, without attributes */
	assert_int_equal(memmap_ram_start(&map), MIB(4));
	map.count = 2;
	assert_int_equal(memmap_ram_start(&map), 0);
}

/* arch/riscv/include/uapi/asm/setup.h: COMMAND_LINE_SIZE is 1024, the NUL included. */
static void x7_a_command_line_that_riscv_would_cut_is_refused(void **state)
{
	char line[1025];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[1023] = '\0';
	given_riscv("2G-4G free", RISCV());
	given_command_line(line);
	expect_rule(PART_KERNEL, C3);
	line[1023] = 'a';
	line[1024] = '\0';
	given_command_line(line);
	expect_refused(BAD_INPUT, X7);
	expect_words("the command line has 1024 bytes; this kernel takes at most 1023");
}

/* arch/riscv/mm/init.c, setup_bootmem: memblock_enforce_memory_limit, before the kernel's own memory is reserved. */
static void c9_mem_is_an_amount_from_the_start_of_memory(void **state)
{
	(void)state;
	given_riscv("2G-4G free", RISCV());
	given_command_line("mem=1G");
	expect_place(PART_KERNEL, GIB(3) - requests_now()[PART_KERNEL].size);
	expect_limit(PART_KERNEL, max, GIB(3), C9);
	expect_limit(PART_HANDOFF, max, GIB(3), C9);
	given_command_line("mem=2G mem=512M memmap=1G$2G");
	expect_limit(PART_KERNEL, max, GIB(2) + MIB(512), C9);
	given_command_line("mem=16M");
	expect_refused(NO_PLACE, C9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_image_for_riscv_is_known_by_its_second_magic),
	    cmocka_unit_test(a_header_that_ends_before_its_magic_is_none),
	    cmocka_unit_test(a_big_endian_kernel_is_refused_by_name),
	    cmocka_unit_test(r1_an_image_that_does_not_tell_its_size_is_refused),
	    cmocka_unit_test(r1_the_kernels_place_ends_at_a_2_mib_edge),
	    cmocka_unit_test(r1_a_file_that_is_longer_than_image_size_has_room),
	    cmocka_unit_test(r1_a_kernel_lies_at_a_multiple_of_2_mib),
	    cmocka_unit_test(r2_parts_lie_within_reach_of_the_linear_map),
	    cmocka_unit_test(r2_memory_behind_sv39_is_left_alone),
	    cmocka_unit_test(r2_is_counted_from_the_start_of_memory),
	    cmocka_unit_test(r3_nothing_lies_below_what_sbi_firmware_keeps),
	    cmocka_unit_test(a_machine_that_does_not_tell_its_hart_is_refused),
	    cmocka_unit_test(x7_a_command_line_that_riscv_would_cut_is_refused),
	    cmocka_unit_test(c9_mem_is_an_amount_from_the_start_of_memory),
	    cmocka_unit_test(memory_starts_where_it_can_be_cached_or_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
