/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF kernel that is no Linux goes where its headers and notes permit, is told by PVH's start_info what there is, or
 * is refused by name. All that is written goes into memory of exactly the measured size.
 * Source: Xen docs/misc/pvh.pandoc; xen/include/public/arch-x86/hvm/start_info.h; xen/include/public/elfnote.h.
 */
#include "elf_file.h"
#include "given.h"

#define AT	 UINT64_C(0x4000000) /* where the kernel is linked */
#define NOTES_AT 0x1f00		     /* behind what identify() sees */
#define BLOCK	 UINT64_C(0x7fe00000)
#define MODULE	 UINT64_C(0x70000000)

struct kernel {
	struct elf_file file;
	uint8_t note[256];
	size_t note_size;
	struct image image;
	struct fail why;
};

static void put(struct kernel *k, unsigned int width, uint64_t value)
{
	store_le(k->note + k->note_size, width, value);
	k->note_size += width;
}

static void add_note(struct kernel *k, uint32_t type, const uint32_t *value, size_t n)
{
	put(k, 4, 4);
	put(k, 4, 4 * n);
	put(k, 4, type);
	put(k, 4, 0x006e6558); /* "Xen" */
	for (size_t i = 0; i < n; i++)
		put(k, 4, value[i]);
}

/* One segment of 4 KiB that takes 3 pages, and a note that names its byte 0x30 as entry. */
static struct kernel given_elf(void)
{
	struct kernel k = {.file = elf_file_vmlinux()};
	uint32_t entry = (uint32_t)AT + 0x30;

	k.file.phnum = 2;
	k.file.entry = AT;
	k.file.header[0] = (struct elf_file_header){1, 7, 0x800, AT, AT, 0x1000, 0x3000, 0x1000};
	k.file.header[1] = (struct elf_file_header){4, 4, NOTES_AT, 0, 0, 0, 0, 4};
	add_note(&k, 18, &entry, 1);
	return k;
}

static enum status identify(struct kernel *k)
{
	uint8_t file[ELF_FILE_SIZE] = {0};
	enum status status;

	for (unsigned int i = 0; i < k->file.phnum; i++)
		if (k->file.header[i].type == 4 && k->file.header[i].filesz == 0)
			k->file.header[i].filesz = k->file.header[i].memsz = k->note_size;
	elf_file_write(&k->file, file);
	k->image = (struct image){.name = "kernel.elf", .file_size = k->file.size};
	status = formats_identify(&k->image, (struct bytes){file, IMAGE_HEAD}, false, &k->why);
	for (size_t i = 0; i < k->image.n_wants && status == OK; i++) {
		size_t size = (size_t)k->image.want[i].size;
		uint8_t *exact = malloc(size);

		assert_non_null(exact);
		assert_true(k->image.want[i].offset == NOTES_AT && size <= sizeof(k->note));
		memcpy(exact, k->note, size);
		status = k->image.protocol->learn(&k->image, i, (struct bytes){exact, size}, &k->why);
		free(exact);
	}
	return status;
}

static void expect_taken(struct kernel *k)
{
	if (identify(k) != OK)
		fail_msg("refused: %s", k->why.text);
	assert_true(k->image.entered_in_32_bits && !k->image.protocol->is_linux);
}

static void expect_wrong(struct kernel *k, const char *words)
{
	assert_int_equal(identify(k), BAD_INPUT);
	if (strstr(k->why.text, words) == NULL || strstr(k->why.text, "kernel.elf: ") != k->why.text)
		fail_msg("the message lacks \"%s\" or the image's name:\n%s", words, k->why.text);
}

/* ---- who is taken ---- */

static void an_elf_file_that_does_not_say_how_it_is_entered_is_refused(void **state)
{
	struct kernel k = given_elf();

	(void)state;
	expect_taken(&k);
	assert_true(k.image.entry_at == 0x30 && k.image.n_pieces == 1);
	k.file.phnum = 1;
	expect_wrong(&k, "has no PVH note");
	k = given_elf();
	store_le(k.note + 8, 4, 17); /* of another type */
	expect_wrong(&k, "has no PVH note");
	k = given_elf();
	k.note[12] = 'x'; /* of another owner */
	expect_wrong(&k, "has no PVH note");
	k = given_elf();
	k.file.header[1].filesz = 16; /* cut */
	expect_wrong(&k, "runs past its end");
	k = given_elf();
	k.file.header[1].filesz = IMAGE_WANT_MOST + 1;
	k.file.header[1].offset = 0;
	k.file.size = MIB(1);
	expect_wrong(&k, "notes of kernels have up to 65536");
	k = given_elf();
	store_le(k.note + 16, 4, AT + 0x1000); /* zeros of the segment's: no code */
	expect_wrong(&k, "lies in no segment");
}

static void only_what_an_x86_64_can_run_is_taken(void **state)
{
	struct kernel k = given_elf();

	(void)state;
	k.file.machine = 183;
	expect_wrong(&k, "an ELF file for arm64");
	k.file.machine = 243;
	expect_wrong(&k, "an ELF file for RISC-V");
	k = given_elf();
	k.file.class = 1;
	k.file.machine = 3;
	k.file.ehsize = 52;
	k.file.phoff = 52;
	k.file.phentsize = 32;
	expect_taken(&k);
}

/* ---- places ---- */

static void demand(struct kernel *k, struct request request[N_PARTS])
{
	struct cargo cargo = {.command_line = "", .initrd_size = MIB(3)};

	expect_taken(k);
	assert_int_equal(k->image.protocol->demand(&k->image, &cargo, &(struct findings){0}, request, &k->why), OK);
}

static void e3_kernel_initrd_and_handoff_lie_below_4_gib(void **state)
{
	struct kernel k = given_elf();
	struct request request[N_PARTS];

	(void)state;
	demand(&k, request);
	for (size_t i = PART_KERNEL; i <= PART_HANDOFF; i++)
		expect_bound("max", request[i].max, GIB(4), E3);
	expect_bound("exact", request[PART_KERNEL].exact, AT, E1);
	assert_true(request[PART_KERNEL].size == 0x3000 && request[PART_INITRD].size == MIB(3));
}

static void e4_a_note_lets_the_kernel_be_moved_within_its_limits(void **state)
{
	static const uint32_t limits[] = {MIB(2), MIB(256), MIB(512) - 1};
	struct kernel k = given_elf();
	struct request request[N_PARTS];

	(void)state;
	add_note(&k, 19, limits, 3);
	demand(&k, request);
	expect_bound("exact", request[PART_KERNEL].exact, 0, RULE_NONE);
	expect_bound("min", request[PART_KERNEL].min, MIB(256), E4);
	expect_bound("max", request[PART_KERNEL].max, MIB(512), E4);
	expect_bound("align", request[PART_KERNEL].align, MIB(2), E4);
	expect_bound("least_align", request[PART_KERNEL].least_align, MIB(2), E4);
	expect_bound("max", request[PART_INITRD].max, GIB(4), E3);
}

static void e1_a_movable_kernel_is_aligned_as_its_segments_are(void **state)
{
	struct kernel k = given_elf();
	struct request request[N_PARTS];

	(void)state;
	k.file.type = 3;
	k.file.header[0].align = MIB(4);
	demand(&k, request);
	expect_bound("exact", request[PART_KERNEL].exact, 0, RULE_NONE);
	expect_bound("align", request[PART_KERNEL].align, MIB(4), E1);
	expect_bound("max", request[PART_KERNEL].max, GIB(4), E3);
}

/* Its file has the 3rd page's word 0x20 hold 0x1234 and a relocation that adds the base to it. */
static void e2_a_movable_kernel_is_relocated_to_its_place(void **state)
{
	struct kernel k = given_elf();
	uint8_t *window = calloc(1, 0x3000);

	(void)state;
	assert_non_null(window);
	k.file.type = 3;
	k.file.phnum = 3;
	k.file.header[2] = (struct elf_file_header){2, 6, 0x900, AT + 0x100, AT + 0x100, 64, 64, 8};
	expect_taken(&k);
	for (unsigned int i = 0; i < 3; i++) { /* DT_RELA, DT_RELASZ, DT_RELAENT */
		store_le(window + 0x100 + 16 * i, 8, 7 + i);
		store_le(window + 0x108 + 16 * i, 8, i == 0 ? AT + 0x200 : 24);
	}
	store_le(window + 0x200, 8, AT + 0x20);
	store_le(window + 0x208, 8, 8); /* R_X86_64_RELATIVE */
	store_le(window + 0x210, 8, AT + 0x1234);
	assert_int_equal(k.image.protocol->relocate(&k.image, window, MIB(256), &k.why), OK);
	assert_true(get_le(window + 0x20, 8) == MIB(256) + 0x1234);
	store_le(window + 0x208, 8, 99);
	assert_int_equal(k.image.protocol->relocate(&k.image, window, MIB(256), &k.why), BAD_INPUT);
	assert_int_equal(k.why.rule, E2);

	/* An ET_EXEC that may be moved does it itself. */
	k.file.type = 2;
	expect_taken(&k);
	store_le(window + 0x20, 8, 77);
	assert_int_equal(k.image.protocol->relocate(&k.image, window, MIB(256), &k.why), OK);
	assert_true(get_le(window + 0x20, 8) == 77);
	free(window);
}

/* ---- what it is told ---- */

struct handed {
	struct kernel kernel;
	struct cargo cargo;
	struct machine machine;
	struct findings found;
	struct plan plan;
	struct handoff handoff;
	uint64_t size;
	const uint8_t *info;
};

static void describe(struct handed *t, uint8_t *at)
{
	t->handoff = (struct handoff){.block = {at, BLOCK, 0}};
	t->kernel.image.protocol->describe(&t->kernel.image, &t->cargo, &t->plan, &t->machine, &t->found, &t->handoff);
}

static const uint8_t *at_physical(const struct handed *t, uint64_t address, uint64_t size)
{
	assert_true(address >= BLOCK && size <= t->size && address - BLOCK <= t->size - size);
	return t->handoff.block.at + (address - BLOCK);
}

static void hand(struct handed *t, uint64_t initrd_size, size_t room)
{
	uint8_t *memory;

	*t = (struct handed){.kernel = given_elf(),
			     .cargo = {.command_line = "root=\xc3\xbc quiet", .initrd_size = initrd_size}};
	expect_taken(&t->kernel);
	t->machine = (struct machine){.rsdp = 0xbfb7e014};
	t->found = (struct findings){.map_room = room, .map_desc_size = DESC_SIZE};
	t->plan.part[PART_KERNEL].at = (struct range){AT, AT + 0x3000};
	if (initrd_size != 0)
		t->plan.part[PART_INITRD].at = (struct range){MODULE, MODULE + MIB(1)};
	describe(t, NULL);
	t->size = t->handoff.block.used;
	memory = calloc(1, (size_t)t->size);
	assert_non_null(memory);
	describe(t, memory);
	assert_true(t->handoff.block.used == t->size);
	t->info = at_physical(t, t->handoff.argument, 56);
}

static void finish(struct handed *t, size_t n)
{
	struct final_map *final = &t->handoff.final;

	final->desc_size = DESC_SIZE;
	final->desc_version = 1;
	final->size = n * DESC_SIZE;
	assert_true(final->size <= final->room);
	t->kernel.image.protocol->finish(&t->handoff, final);
}

static void e3_start_info_tells_of_all_that_is_handed_over(void **state)
{
	struct handed t;
	const uint8_t *module;

	(void)state;
	hand(&t, 0x54321, 10);
	assert_true(t.handoff.entry == AT + 0x30 && t.handoff.argument % 8 == 0);
	assert_true(get_le(t.info, 4) == 0x336ec578 && get_le(t.info + 4, 4) == 1 && get_le(t.info + 8, 4) == 0);
	assert_true(get_le(t.info + 12, 4) == 1);
	module = at_physical(&t, get_le(t.info + 16, 8), 32);
	assert_true(get_le(module, 8) == MODULE && get_le(module + 8, 8) == 0x54321);
	assert_true(get_le(module + 16, 8) == 0 && get_le(module + 24, 8) == 0);
	assert_string_equal((const char *)at_physical(&t, get_le(t.info + 24, 8), 14), "root=\xc3\xbc quiet");
	assert_true(get_le(t.info + 32, 8) == 0xbfb7e014);
	free(t.handoff.block.at);

	hand(&t, 0, 10);
	assert_true(get_le(t.info + 12, 4) == 0 && get_le(t.info + 16, 8) == 0);
	free(t.handoff.block.at);
}

static void expect_entry(const uint8_t *entry, uint64_t start, uint64_t size, uint32_t type)
{
	assert_true(get_le(entry, 8) == start && get_le(entry + 8, 8) == size);
	assert_true(get_le(entry + 16, 4) == type && get_le(entry + 20, 4) == 0);
}

static void e3_the_map_has_acpis_types_alone(void **state)
{
	struct handed t;
	const uint8_t *map;

	(void)state;
	hand(&t, 0, 10);
	put_descriptor(t.handoff.final.descriptors, 7, MIB(16), 256, ATTRIBUTE_SOFT_RESERVED);
	put_descriptor(t.handoff.final.descriptors + DESC_SIZE, 7, MIB(1), 256, 0xf);
	put_descriptor(t.handoff.final.descriptors + (size_t)2 * DESC_SIZE, 9, MIB(8), 1, 0xf);
	finish(&t, 3);
	assert_true(get_le(t.info + 48, 4) == 3 && get_le(t.info + 52, 4) == 0);
	map = at_physical(&t, get_le(t.info + 40, 8), 72);
	expect_entry(map, MIB(1), MIB(1), 1);
	expect_entry(map + 24, MIB(8), EFI_PAGE, 3);
	expect_entry(map + 48, MIB(16), MIB(1), 2);
	free(t.handoff.block.at);
}

static void e3_the_map_has_as_many_entries_as_the_machines(void **state)
{
	struct handed t;
	const uint8_t *map;

	(void)state;
	hand(&t, 0, 300);
	for (size_t i = 0; i < 300; i++)
		put_descriptor(t.handoff.final.descriptors + i * DESC_SIZE, 7, MIB(1) + i * 2 * EFI_PAGE, 1, 0xf);
	finish(&t, 300);
	assert_true(get_le(t.info + 48, 4) == 300);
	map = at_physical(&t, get_le(t.info + 40, 8), (uint64_t)300 * 24);
	for (size_t i = 0; i < 300; i++)
		expect_entry(map + i * 24, MIB(1) + i * 2 * EFI_PAGE, EFI_PAGE, 1);
	free(t.handoff.block.at);
}

/* Whatever the words mean to it, they are not Linux's. */
static void c9_c13_linuxs_words_mean_nothing_to_another_kernel(void **state)
{
	static struct kernel k;

	(void)state;
	k = given_elf();
	assert_int_equal(identify(&k), OK);
	given_map("1M-1G free");
	world.image = k.image;
	given_command_line("mem=1M memmap=1G$0 crashkernel=16M@64M");
	expect_place(PART_KERNEL, AT);
	expect_limit(PART_INITRD, max, GIB(4), E3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(c9_c13_linuxs_words_mean_nothing_to_another_kernel),
	    cmocka_unit_test(an_elf_file_that_does_not_say_how_it_is_entered_is_refused),
	    cmocka_unit_test(only_what_an_x86_64_can_run_is_taken),
	    cmocka_unit_test(e3_kernel_initrd_and_handoff_lie_below_4_gib),
	    cmocka_unit_test(e4_a_note_lets_the_kernel_be_moved_within_its_limits),
	    cmocka_unit_test(e1_a_movable_kernel_is_aligned_as_its_segments_are),
	    cmocka_unit_test(e2_a_movable_kernel_is_relocated_to_its_place),
	    cmocka_unit_test(e3_start_info_tells_of_all_that_is_handed_over),
	    cmocka_unit_test(e3_the_map_has_acpis_types_alone),
	    cmocka_unit_test(e3_the_map_has_as_many_entries_as_the_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
