/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an x86-64 CPU is entered with: its GDT, the levels of its page tables, and the code below 4 GiB that changes
 * them or leaves long mode. Read from the block's bytes as the CPU would read them, by the Intel SDM.
 */
#include "page_walk.h"

#include "../../arch/arch.h"
#include "../../arch/x86/entry.h"
#include "../../policy/linux_words.h"

struct prepared {
	struct handoff handoff;
	struct cpu cpu;
	uint64_t size;
};

/* As policy has the kernel of the world entered on @cpu. */
static struct entrance entrance(const struct cpu *cpu)
{
	return (struct entrance){
	    .name = world.image.name,
	    .in_32_bits = world.image.entered_in_32_bits,
	    .argument_in_ebx = world.image.argument_in_ebx,
	    .five_levels = linux_words_five_levels(cpu, &world.image, world.cargo.command_line),
	};
}

/* On p->cpu. */
static void prepare_on(struct prepared *p)
{
	struct entrance how = entrance(&p->cpu);

	p->handoff = (struct handoff){.block = {NULL, TABLES_AT, 24}};
	arch_x86_64.prepare(&p->cpu, &how, &world.map, &p->handoff);
	p->size = p->handoff.block.used;
	p->handoff = (struct handoff){.block = {calloc(1, (size_t)p->size), TABLES_AT, 24},
				      .entry = UINT64_C(0x17cc00200),
				      .argument = UINT64_C(0x17c000000)};
	assert_non_null(p->handoff.block.at);
	arch_x86_64.prepare(&p->cpu, &how, &world.map, &p->handoff);
	assert_true(p->handoff.block.used == p->size);
}

static void prepare(struct prepared *p, bool five_levels)
{
	p->cpu = (struct cpu){.gib_pages = true, .five_levels = five_levels};
	prepare_on(p);
}

static const uint8_t *prepared_at(const struct prepared *p, uint64_t address, uint64_t size)
{
	assert_true(address >= TABLES_AT + 24 && address - TABLES_AT + size <= p->size);
	return p->handoff.block.at + (address - TABLES_AT);
}

/* SDM 3.4.5, figure 3-8: present, of code or data, ring 0, base 0, limit 4 GiB; @type and @flags as expected. */
static void expect_descriptor(const uint8_t *d, uint8_t type, uint8_t flags)
{
	assert_true(get_le(d, 2) == 0xffff && (d[6] & 0x0f) == 0x0f);  /* limit */
	assert_true(d[2] == 0 && d[3] == 0 && d[4] == 0 && d[7] == 0); /* base */
	assert_int_equal(d[5] & 0xfe, 0x90 | type);		       /* P, DPL 0, S; the accessed bit is anyone's */
	assert_int_equal(d[6] >> 4, flags);			       /* G, D/B, L, AVL */
}

static void x8_the_gdt_is_the_one_of_the_64_bit_boot_protocol(void **state)
{
	struct prepared p;
	const uint8_t *gdt;

	(void)state;
	given_map("1M-3G free, 4G-8G free");
	prepare(&p, false);
	gdt = prepared_at(&p, p.handoff.gdt, 0x28);
	assert_true(p.handoff.gdt % 16 == 0);
	assert_true(get_le(gdt, 8) == 0);
	expect_descriptor(gdt + 0x10, 0xa, 0xa); /* __BOOT_CS: execute and read, 64 bits */
	expect_descriptor(gdt + 0x18, 0x2, 0xc); /* __BOOT_DS: read and write */
	assert_true(get_le(gdt + 0x08, 8) == 0);
	assert_true(get_le(gdt + 0x20, 8) == 0);
	assert_true(p.handoff.trampoline == 0);
	prepared_at(&p, p.handoff.table_root, 4096);
	free(p.handoff.block.at);
}

static void x8_five_levels_are_kept_when_the_image_takes_them(void **state)
{
	struct entrance how;
	struct prepared p;
	struct request handoff;

	(void)state;
	given_map("1M-3G free, 4G-8G free");
	prepare(&p, true);
	assert_true(p.handoff.trampoline == 0);
	request_init(&handoff, PART_HANDOFF, 1);
	how = entrance(&p.cpu);
	assert_int_equal(arch_x86_64.demand(&p.cpu, &how, &handoff, &world.why), OK);
	expect_bound("max", handoff.max, UINT64_MAX, RULE_NONE);
	free(p.handoff.block.at);
}

static void x8_five_levels_are_left_by_a_trampoline_below_4_gib(void **state)
{
	struct entrance how;
	size_t code = (size_t)(x86_trampoline_end - x86_trampoline);
	struct prepared p;
	struct request handoff;
	struct built b;
	const uint8_t *page;

	(void)state;
	given_map("1M-3G free, 4G-8G free");
	given_kernel(.xloadflags = 0x1f);
	prepare(&p, true);
	request_init(&handoff, PART_HANDOFF, 1);
	how = entrance(&p.cpu);
	assert_int_equal(arch_x86_64.demand(&p.cpu, &how, &handoff, &world.why), OK);
	expect_bound("max", handoff.max, GIB(4), X8);

	page = prepared_at(&p, p.handoff.trampoline, 4096);
	assert_true(p.handoff.trampoline % 4096 == 0);
	assert_true(code != 0 && code < 0xf00); /* and a stack up to 0xfe0 */
	assert_memory_equal(page, x86_trampoline, code);
	assert_int_equal(page[code], 0);
	assert_true(get_le(page + 0xfe8, 8) == UINT64_C(0x17cc00200));
	assert_true(get_le(page + 0xff0, 8) == UINT64_C(0x17c000000));
	expect_descriptor(prepared_at(&p, p.handoff.gdt, 0x20) + 0x08, 0xa, 0xc); /* 32 bits, for the switch */

	/* The root for 4 levels leads to memory as the one for 5 does. */
	b = (struct built){.block = p.handoff.block, .from = TABLES_AT + 24};
	assert_true(walk(&b, get_le(page + 0xfe0, 8), 4, GIB(5)) == GIB(5));
	assert_true(walk(&b, p.handoff.table_root, 5, GIB(5)) == GIB(5));
	free(p.handoff.block.at);
}

static void x8_no5lvl_has_them_left_although_the_image_takes_them(void **state)
{
	struct prepared p;

	(void)state;
	given_map("1M-3G free, 4G-8G free");
	given_command_line("quiet no5lvl");
	prepare(&p, true);
	assert_true(p.handoff.trampoline != 0);
	assert_int_equal(get_le(prepared_at(&p, p.handoff.trampoline, 4096) + 0xfe0, 8) % 4096, 0);
	free(p.handoff.block.at);
}

/* Intel SDM volume 3, 4.1.1: LA57 changes with paging off; until then the tables are those of 4 levels. */
static void x8_five_levels_are_turned_on_by_a_trampoline_below_4_gib(void **state)
{
	struct entrance how;
	struct prepared p;
	struct request handoff;
	struct built b;
	uint64_t root;

	(void)state;
	given_map("1M-3G free, 4G-8G free");
	world.image.keeps_levels = true; /* a vmlinux */
	p.cpu = (struct cpu){.has_la57 = true};
	assert_true(linux_words_five_levels(&p.cpu, &world.image, "quiet no5lvl2"));
	assert_false(linux_words_five_levels(&p.cpu, &world.image, "quiet no5lvl"));
	assert_false(linux_words_five_levels(&(struct cpu){.gib_pages = true}, &world.image, ""));
	prepare(&p, false);
	assert_true(p.handoff.trampoline == 0); /* the CPU does not have them */
	free(p.handoff.block.at);
	p.cpu.has_la57 = true;
	prepare_on(&p);
	request_init(&handoff, PART_HANDOFF, 1);
	how = entrance(&p.cpu);
	assert_int_equal(arch_x86_64.demand(&p.cpu, &how, &handoff, &world.why), OK);
	expect_bound("max", handoff.max, GIB(4), X8);
	root = get_le(prepared_at(&p, p.handoff.trampoline, 4096) + 0xfe0, 8);
	assert_int_equal(root % 4096, 1); /* the flag: five levels */
	expect_descriptor(prepared_at(&p, p.handoff.gdt, 0x20) + 0x08, 0xa, 0xc);
	b = (struct built){.block = p.handoff.block, .from = TABLES_AT + 24};
	assert_true(walk(&b, root - 1, 5, GIB(5)) == GIB(5));
	assert_true(walk(&b, p.handoff.table_root, 4, GIB(5)) == GIB(5));
	free(p.handoff.block.at);
}

/* A bzImage's decompressor does it by itself. */
static void x8_a_bzimage_is_entered_with_the_levels_that_firmware_has(void **state)
{
	struct cpu cpu = {.has_la57 = true};

	(void)state;
	given_map("1M-3G free, 4G-8G free");
	assert_false(linux_words_five_levels(&cpu, &world.image, ""));
	cpu.five_levels = true;
	assert_true(linux_words_five_levels(&cpu, &world.image, ""));
	assert_false(linux_words_five_levels(&cpu, &world.image, "no5lvl"));
	given_kernel(.xloadflags = 0);
	assert_false(linux_words_five_levels(&cpu, &world.image, ""));
	given_kernel(.xloadflags = 0x1f);
	assert_false(linux_words_five_levels(&cpu, &world.image, ""));
}

/* Xen docs/misc/pvh.pandoc: flat segments of 32 bits, an available TSS of base 0 and limit 0x67 that the code loads. */
static void e3_long_mode_is_left_by_a_trampoline_below_4_gib_from_4_and_from_5_levels(void **state)
{
	struct entrance how;
	(void)state;
	for (int five = 0; five <= 1; five++) {
		struct prepared p;
		struct request handoff;
		const uint8_t *gdt, *page;

		given_map("1M-3G free, 4G-8G free");
		world.image.entered_in_32_bits = true;
		prepare(&p, five != 0);
		request_init(&handoff, PART_HANDOFF, 1);
		how = entrance(&p.cpu);
		assert_int_equal(arch_x86_64.demand(&p.cpu, &how, &handoff, &world.why), OK);
		expect_bound("max", handoff.max, GIB(4), E3);
		page = prepared_at(&p, p.handoff.trampoline, 4096);
		assert_memory_equal(page, x86_trampoline, (size_t)(x86_trampoline_end - x86_trampoline));
		assert_true(get_le(page + 0xfe0, 8) == 0); /* no tables: paging stays off */
		gdt = prepared_at(&p, p.handoff.gdt, 0x28);
		expect_descriptor(gdt + 0x08, 0xa, 0xc);
		expect_descriptor(gdt + 0x10, 0xa, 0xc);
		expect_descriptor(gdt + 0x18, 0x2, 0xc);
		assert_true(get_le(gdt + 0x20, 8) == UINT64_C(0x0000890000000067));
		free(p.handoff.block.at);
	}
}

/* Intel SDM volume 1, 3.3.7.1: of 48 or 57 bits the highest decides all above; memory is mapped to itself below it. */
static void x8_what_firmwares_mode_does_not_map_is_out_of_reach(void **state)
{
	struct cpu cpu = {.has_la57 = true};

	(void)state;
	expect_bound("reach", arch_x86_64.reach(&cpu), TIB(128), X8);
	cpu.five_levels = true;
	expect_bound("reach", arch_x86_64.reach(&cpu), TIB(65536), X8);
	expect_bound("reach", arch_ia32.reach(&cpu), GIB(4), X12);
}

/* From firmware of 32 bits: whatever the kernel, its page says what it is entered with; UEFI 2.10, 2.3.2. */
static void x12_firmware_of_32_bits_enters_every_kernel_by_the_trampoline(void **state)
{
	struct entrance how;

	(void)state;
	for (int narrow = 0; narrow <= 1; narrow++) {
		struct handoff handoff = {.block = {NULL, TABLES_AT, 24}};
		struct cpu cpu = {.gib_pages = true};
		struct prepared p = {.handoff = handoff};
		struct request request;
		const uint8_t *page;
		uint64_t root;

		given_map("1M-3G free, 4G-8G free");
		world.image.entered_in_32_bits = narrow != 0;
		how = entrance(&cpu);
		arch_ia32.prepare(&cpu, &how, &world.map, &p.handoff);
		p.size = p.handoff.block.used;
		p.handoff = (struct handoff){
		    .block = {calloc(1, (size_t)p.size), TABLES_AT, 24}, .entry = 0x2000000, .argument = 0x1ff0000};
		arch_ia32.prepare(&cpu, &how, &world.map, &p.handoff);
		assert_true(p.handoff.block.used == p.size);
		page = prepared_at(&p, p.handoff.trampoline, 4096);
		root = get_le(page + 0xfe0, 8);
		assert_memory_equal(page, x86_trampoline, (size_t)(x86_trampoline_end - x86_trampoline));
		assert_int_equal(get_le(page + 0xfe8, 8), 0x2000000);
		assert_int_equal(get_le(page + 0xff0, 8), 0x1ff0000);
		assert_true(root == p.handoff.table_root && (root == 0) == (narrow != 0));
		expect_descriptor(prepared_at(&p, p.handoff.gdt, 0x20) + 0x08, 0xa, 0xc);
		expect_descriptor(prepared_at(&p, p.handoff.gdt, 0x20) + 0x10, 0xa, narrow != 0 ? 0xc : 0xa);
		if (root != 0) {
			struct built b = {.block = p.handoff.block, .from = TABLES_AT + 24};

			assert_true(walk(&b, root, 4, GIB(5)) == GIB(5)); /* all RAM, and not what it can reach alone */
		}
		request_init(&request, PART_HANDOFF, 1);
		how = entrance(&cpu);
		assert_int_equal(arch_ia32.demand(&cpu, &how, &request, &world.why), OK);
		expect_bound("max", request.max, GIB(4), narrow != 0 ? E3 : X12);
		free(p.handoff.block.at);
	}
}

/* Five levels have one table more. */
static void x8_firmware_of_32_bits_makes_tables_of_five_levels(void **state)
{
	struct entrance how = {.name = "kernel"};
	struct cpu cpu = {.gib_pages = true, .has_la57 = true};
	struct handoff four = {.block = {NULL, TABLES_AT, 0}}, five = four;

	(void)state;
	given_map("1M-3G free, 4G-8G free");
	arch_ia32.prepare(&cpu, &how, &world.map, &four);
	how.five_levels = true;
	arch_ia32.prepare(&cpu, &how, &world.map, &five);
	assert_int_equal(five.tables_size, four.tables_size + 4096);
}

static void x8_four_levels_need_no_trampoline_whatever_the_image_takes(void **state)
{
	struct entrance how;
	struct prepared p;
	struct request handoff;

	(void)state;
	given_map("1M-3G free");
	given_kernel(.xloadflags = 0x1f);
	prepare(&p, false);
	assert_true(p.handoff.trampoline == 0);
	request_init(&handoff, PART_HANDOFF, 1);
	how = entrance(&p.cpu);
	assert_int_equal(arch_x86_64.demand(&p.cpu, &how, &handoff, &world.why), OK);
	expect_bound("max", handoff.max, UINT64_MAX, RULE_NONE);
	free(p.handoff.block.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x8_the_gdt_is_the_one_of_the_64_bit_boot_protocol),
	    cmocka_unit_test(x8_five_levels_are_kept_when_the_image_takes_them),
	    cmocka_unit_test(x8_five_levels_are_left_by_a_trampoline_below_4_gib),
	    cmocka_unit_test(x8_no5lvl_has_them_left_although_the_image_takes_them),
	    cmocka_unit_test(x8_five_levels_are_turned_on_by_a_trampoline_below_4_gib),
	    cmocka_unit_test(x8_a_bzimage_is_entered_with_the_levels_that_firmware_has),
	    cmocka_unit_test(e3_long_mode_is_left_by_a_trampoline_below_4_gib_from_4_and_from_5_levels),
	    cmocka_unit_test(x8_what_firmwares_mode_does_not_map_is_out_of_reach),
	    cmocka_unit_test(x12_firmware_of_32_bits_enters_every_kernel_by_the_trampoline),
	    cmocka_unit_test(x8_firmware_of_32_bits_makes_tables_of_five_levels),
	    cmocka_unit_test(x8_four_levels_need_no_trampoline_whatever_the_image_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
