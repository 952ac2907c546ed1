/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's vmlinux, entered without its decompressor: what of an ELF file goes where, the header that it gets, and its
 * move to random virtual addresses, as arch/x86/boot/compressed does it.
 */
#include "given.h"

#include "../../policy/policy.h"
#include "../../protocol/x86/vmlinux.h"
#include "elf_file.h"

#define LINKED	   UINT64_C(0xffffffff81000000)
#define KERNEL_MAP UINT64_C(0xffffffff80000000)

static struct image image;
static struct fail why;

static enum status take(const struct elf_file *f, const struct bzimage *header)
{
	uint8_t file[ELF_FILE_SIZE] = {0};

	elf_file_write(f, file);
	image = (struct image){.name = "vmlinux", .file_size = f->size};
	if (header != NULL)
		x86_own(&image)->setup = *header;
	why.text[0] = '\0';
	return vmlinux_take(&image, (struct bytes){file, sizeof(file)}, &why);
}

static void e1_each_segment_goes_where_it_was_linked_from_the_lowest(void **state)
{
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	assert_int_equal(take(&f, NULL), OK);
	assert_ptr_equal(image.protocol, &vmlinux_protocol);
	assert_int_equal(image.n_pieces, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(image.piece[i].offset == f.header[i].offset && image.piece[i].size == f.header[i].filesz);
		assert_true(image.piece[i].at == f.header[i].paddr - 0x1000000);
		assert_true(image.piece[i].memory == f.header[i].memsz);
	}
	assert_true(image.entry_at == 0x40 && x86_of(&image)->virtual_base == LINKED);
	assert_false(image.moves_itself);
	assert_false(image.takes_five_levels);
}

static void e1_pieces_ascend_in_the_file_whatever_memory_says(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct elf_file_header swap = f.header[0];

	(void)state;
	f.header[0].offset = 0x1900;
	f.header[0].filesz = f.header[0].memsz = 0x600;
	f.header[2].offset = swap.offset;
	assert_int_equal(take(&f, NULL), OK);
	for (size_t i = 1; i < image.n_pieces; i++)
		assert_true(image.piece[i - 1].offset + image.piece[i - 1].size <= image.piece[i].offset);
	assert_true(image.piece[0].at == 0x2000 && image.piece[2].at == 0);
}

/* A field of it, at its offset in a bzImage. */
static uint64_t field(const struct bzimage *k, size_t offset, unsigned int size)
{
	return load_le(k->header + (offset - BZIMAGE_HEADER_AT), size);
}

static void x1_a_vmlinux_alone_gets_the_header_that_a_bzimage_would_bring(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	const struct bzimage *k = &x86_of(&image)->setup;

	(void)state;
	assert_int_equal(take(&f, NULL), OK);
	assert_true(k->relocatable && bzimage_can_load_above_4g(k));
	assert_true(k->kernel_alignment == MIB(2) && k->least_alignment == MIB(2));
	assert_true(k->window_size == 0x4000 && k->pref_address == MIB(16));
	assert_true(k->cmdline_size == 2047 && k->initrd_addr_max == 0x7fffffff);
	/* The kernel checks these two of a header before it believes it. */
	assert_true(field(k, 0x1fe, 2) == 0xaa55 && field(k, 0x202, 4) == 0x53726448);
	assert_true(field(k, 0x206, 2) == 0x20c);
	assert_true(BZIMAGE_HEADER_AT + k->header_size == field(k, 0x201, 1) + 0x202);
	assert_true(field(k, 0x236, 2) == (XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G));
	assert_true(field(k, 0x250, 8) == 0);
	/* The kernel moves in steps of 2 MiB, whatever its segments ask for; 16 MiB alignment is kept where it is asked
	 * for. */
	for (size_t i = 0; i < 3; i++)
		f.header[i].align = EFI_PAGE;
	assert_int_equal(take(&f, NULL), OK);
	assert_true(k->kernel_alignment == MIB(2) && k->least_alignment == MIB(2));
	f.header[0].align = MIB(16);
	assert_int_equal(take(&f, NULL), OK);
	assert_true(k->kernel_alignment == MIB(16) && k->least_alignment == MIB(2));
}

static void x2_in_a_bzimage_the_window_is_init_size_or_the_kernel_if_that_is_more(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct bzimage header = {.version = 0x20f,
				 .window_size = MIB(50),
				 .kernel_alignment = (uint32_t)MIB(2),
				 .header_size = 0x77,
				 .relocatable = true,
				 .pref_address = MIB(16)};

	(void)state;
	assert_int_equal(take(&f, &header), OK);
	assert_true(x86_own(&image)->setup.window_size == MIB(50) && x86_own(&image)->setup.version == 0x20f);
	header.window_size = 0x1000;
	assert_int_equal(take(&f, &header), OK);
	assert_true(x86_own(&image)->setup.window_size == 0x4000);
	/* The header says how the kernel may be placed: an ELF file that wants more contradicts it. */
	f.header[0].align = MIB(4);
	assert_int_equal(take(&f, &header), BAD_INPUT);
	assert_int_equal(why.rule, E1);
	/* One that cannot be moved lies where it is linked: its header's alignment is of no account. */
	header.relocatable = false;
	assert_int_equal(take(&f, &header), OK);
}

/* boot_params has 32 bits for the window and its alignment. */
static void e1_no_kernel_is_larger_than_its_header_can_tell(void **state)
{
	const struct {
		uint64_t memsz, align;
	} row[] = {
	    {0x700, GIB(2)},
	    {GIB(4) - 0x2000, 0x200000},
	    {UINT64_MAX - 0x1002000, 0x200000},
	};
	struct bzimage header = {
	    .version = 0x20f, .kernel_alignment = 1u << 31, .relocatable = true, .header_size = 0x77};
	struct elf_file f;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		f = elf_file_vmlinux();
		f.header[2].vaddr = row[i].memsz > GIB(2) ? 0 : f.header[2].vaddr; /* it would wrap */
		f.header[2].memsz = row[i].memsz;
		f.header[2].align = row[i].align;
		assert_int_equal(take(&f, NULL), BAD_INPUT);
		assert_non_null(strstr(why.text, "no Linux kernel is that large"));
		assert_int_equal(why.rule, E1);
	}
	/* In a bzImage, too, when the size in whole pages has no number. */
	f = elf_file_vmlinux();
	for (size_t i = 0; i < 3; i++) {
		f.header[i].paddr -= MIB(16);
		f.header[i].vaddr = i < 2 ? KERNEL_MAP + f.header[i].paddr : 0;
	}
	f.header[2].filesz = 0;
	f.header[2].memsz = UINT64_MAX - f.header[2].paddr;
	f.entry = 0x40;
	assert_int_equal(take(&f, &header), BAD_INPUT);
	assert_non_null(strstr(why.text, "the kernel inside is aligned to"));
	assert_int_equal(why.rule, E1);
}

static void e1_what_is_no_linux_is_told_so_by_name(void **state)
{
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	f.header[0].vaddr += 0x1000; /* not linked where Linux is */
	assert_int_equal(take(&f, NULL), NOT_FOUND);
	assert_non_null(strstr(why.text, "not a Linux kernel for x86-64"));
	f = elf_file_386();
	assert_int_equal(take(&f, NULL), NOT_FOUND);
	f = elf_file_pie(62);
	assert_int_equal(take(&f, NULL), NOT_FOUND);
	f = elf_file_vmlinux();
	f.machine = 183;
	assert_int_equal(take(&f, NULL), NOT_FOUND);
}

/* ---- X10 ---- */

#define WINDOW 0x4000

/* One field of each list: 32 bits, inverse, 64 bits, as arch/x86/tools/relocs.c writes them. */
static const uint32_t table[] = {0, 0x81000200, 0, 0x81000100, 0, 0x81000080};

static void given_loaded(uint8_t *window)
{
	memset(window, 0, WINDOW);
	store_le(window + 0x80, 4, 0x81000040);
	store_le(window + 0x100, 4, 0x1000);
	store_le(window + 0x200, 8, LINKED + 0x123);
}

static uint64_t randomised(uint64_t entropy, uint8_t window[WINDOW])
{
	struct elf_file f = elf_file_vmlinux();
	struct virtual_move move = {0, 1};

	assert_int_equal(take(&f, NULL), OK);
	given_loaded(window);
	assert_int_equal(vmlinux_randomise(&image, window, (struct bytes){(const uint8_t *)table, sizeof(table)},
					   "vmlinux", entropy, &move, &why),
			 OK);
	assert_true(move.from == LINKED);
	return move.by;
}

static void x10_every_slot_of_the_1_gib_is_taken_and_no_other(void **state)
{
	static unsigned int hits[512];
	uint8_t window[WINDOW];
	uint64_t first = KERNEL_MAP + MIB(16), slots = 1 + (GIB(1) - MIB(16) - WINDOW) / MIB(2);
	struct dice dice = dice_from_seed("x10");

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		uint64_t base = LINKED + randomised(roll64(&dice), window);

		assert_true(base >= first && base + WINDOW <= KERNEL_MAP + GIB(1) && base % MIB(2) == 0);
		hits[(base - first) / MIB(2)]++;
	}
	/* Expected 198 each; 60 off is more than four standard deviations. */
	for (uint64_t slot = 0; slot < slots; slot++)
		assert_true(hits[slot] > 130 && hits[slot] < 270);
	assert_true(slots < 512 && hits[slots] == 0);
}

/* Linux maps 1 GiB for itself: a kernel that has no second slot in it stays as linked. */
static void x10_a_kernel_without_a_slot_in_the_1_gib_stays(void **state)
{
	const struct {
		uint64_t pref, window;
	} row[] = {{MIB(16), GIB(1)}, {GIB(1) + 1, WINDOW}, {UINT64_MAX - 5, WINDOW}, {GIB(1) - MIB(2), MIB(4)}};
	struct elf_file f = elf_file_vmlinux();
	struct virtual_move move;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		uint8_t *window = calloc(1, row[i].window);

		assert_int_equal(take(&f, NULL), OK);
		x86_own(&image)->setup.pref_address = row[i].pref;
		x86_own(&image)->setup.window_size = row[i].window;
		given_loaded(window);
		assert_int_equal(vmlinux_randomise(&image, window,
						   (struct bytes){(const uint8_t *)table, sizeof(table)}, "vmlinux", 77,
						   &move, &why),
				 OK);
		assert_true(move.by == 0 && load_le(window + 0x80, 4) == 0x81000040);
		free(window);
	}
}

static void x10_fields_move_with_the_kernel(void **state)
{
	uint8_t window[WINDOW];
	uint64_t delta = randomised(77, window);

	(void)state;
	assert_true(delta != 0);
	assert_true(load_le(window + 0x80, 4) == ((0x81000040 + delta) & UINT32_MAX));
	assert_true(load_le(window + 0x100, 4) == ((0x1000 - delta) & UINT32_MAX));
	assert_true(load_le(window + 0x200, 8) == LINKED + 0x123 + delta);
}

static void x10_a_kernel_without_a_table_stays(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	uint8_t window[WINDOW];
	struct virtual_move move;

	(void)state;
	assert_int_equal(take(&f, NULL), OK);
	given_loaded(window);
	assert_int_equal(vmlinux_randomise(&image, window, (struct bytes){NULL, 0}, "vmlinux", 77, &move, &why),
			 NOT_FOUND);
	assert_true(move.by == 0 && load_le(window + 0x80, 4) == 0x81000040);
}

static void x10_random_is_the_default_where_the_decompressor_would_have_done_it(void **state)
{
	static const struct {
		bool said, has_table;
		const char *line;
		enum placement_policy policy;
	} row[] = {
	    {false, true, "quiet", PLACE_RANDOM},
	    {false, true, "quiet nokaslr", PLACE_HIGH},
	    {false, false, "quiet", PLACE_HIGH},
	    {true, true, "quiet", PLACE_LOW},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct wish wish = {.policy = row[i].said ? PLACE_LOW : PLACE_HIGH, .said = row[i].said};
		struct image kernel = {.has_table = row[i].has_table};

		policy_default(&wish, &kernel, row[i].line);
		assert_int_equal(wish.policy, row[i].policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e1_each_segment_goes_where_it_was_linked_from_the_lowest),
	    cmocka_unit_test(e1_pieces_ascend_in_the_file_whatever_memory_says),
	    cmocka_unit_test(x1_a_vmlinux_alone_gets_the_header_that_a_bzimage_would_bring),
	    cmocka_unit_test(x2_in_a_bzimage_the_window_is_init_size_or_the_kernel_if_that_is_more),
	    cmocka_unit_test(e1_no_kernel_is_larger_than_its_header_can_tell),
	    cmocka_unit_test(e1_what_is_no_linux_is_told_so_by_name),
	    cmocka_unit_test(x10_every_slot_of_the_1_gib_is_taken_and_no_other),
	    cmocka_unit_test(x10_a_kernel_without_a_slot_in_the_1_gib_stays),
	    cmocka_unit_test(x10_fields_move_with_the_kernel),
	    cmocka_unit_test(x10_a_kernel_without_a_table_stays),
	    cmocka_unit_test(x10_random_is_the_default_where_the_decompressor_would_have_done_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
