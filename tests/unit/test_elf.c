/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF file is refused by the field that is wrong, or its segments, window and entry fit each other and the file.
 * The numbers are the gABI's; heads end where the test says, so that AddressSanitizer sees a read past them.
 */
#include "given_elf.h"

#include "../../protocol/elf/elf_fields.h"

/* ---- a good file ---- */

static void expect_segment(const struct elf_segment *s, uint64_t place, uint64_t offset, uint64_t filesz,
			   uint64_t memsz)
{
	assert_true(s->place == place && s->offset == offset && s->filesz == filesz && s->memsz == memsz);
}

static void expect_vmlinux(const struct parsed *p)
{
	assert_true(p->elf.window.start == 0x1000000 && p->elf.window.end == 0x1004000);
	assert_int_equal(p->elf.n_segments, 3);
	expect_segment(&p->elf.segment[0], 0, 0x1000, 0x800, 0x800);
	expect_segment(&p->elf.segment[1], 0x1000, 0x1800, 0x100, 0x400);
	expect_segment(&p->elf.segment[2], 0x2000, 0x1900, 0x700, 0x2000);
	assert_true(p->elf.entry == 0x40 && p->elf.align == 0x200000 && !p->elf.movable);
	assert_true(p->elf.file_end == 0x2000);
}

static void e1_a_vmlinux_is_read(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	expect_elf(&p, &f);
	expect_vmlinux(&p);
	assert_true(p.elf.is_64 && p.elf.machine == ELF_X86_64);
	assert_true(p.elf.virtual_base == 0xffffffff81000000);
	f = elf_file_386();
	expect_elf(&p, &f);
	expect_vmlinux(&p);
	assert_true(!p.elf.is_64 && p.elf.machine == ELF_I386);
	assert_true(p.elf.virtual_base == 0xc1000000);
}

static void e1_segments_in_any_order_are_sorted_by_place_and_by_offset(void **state)
{
	static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct elf_file mixed = f;

		mixed.size = 0x4000;
		for (unsigned int n = 0; n < 3; n++) {
			mixed.header[n] = f.header[orders[i][n]];
			mixed.header[n].offset = 0x1000 + 0x800 * n; /* in the file as they are told */
		}
		expect_elf(&p, &mixed);
		for (unsigned int n = 0; n < 3; n++) {
			assert_true(p.elf.segment[n].place == 0x1000 * n);
			assert_true(p.elf.segment[p.elf.in_file[n]].offset == 0x1000 + 0x800 * n);
		}
	}
}

/* A vmlinux of riscv64 has p_paddr from 0 on, of arm64 p_paddr equal to p_vaddr, and some linkers write none. */
static void e1_without_physical_addresses_the_virtual_ones_count(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	f.header[1].vaddr = 0xffffffff81001000;
	f.header[0].paddr = f.header[1].paddr = f.header[2].paddr = 0;
	f.entry = 0xffffffff81000040;
	expect_elf(&p, &f);
	assert_true(p.elf.window.start == 0xffffffff81000000 && p.elf.window.end == 0xffffffff81004000);
	assert_true(p.elf.entry == 0x40);
	f.header[1].paddr = 0x1000;
	f.header[2].paddr = 0x2000;
	expect_elf(&p, &f);
	assert_true(p.elf.window.start == 0 && p.elf.window.end == 0x4000 && p.elf.entry == 0x40);
	assert_true(p.elf.virtual_base == 0xffffffff81000000);
}

static void e1_the_window_of_a_movable_image_begins_at_a_multiple_of_its_alignment(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct request kernel;
	struct parsed p;

	(void)state;
	f.header[0].paddr = 0x1000100;
	f.header[0].memsz = f.header[0].filesz = 0x700;
	f.entry = 0x1000140;
	expect_elf(&p, &f); /* ET_EXEC: on a page edge */
	assert_true(p.elf.window.start == 0x1000000 && p.elf.segment[0].place == 0x100 && p.elf.entry == 0x140);
	elf_demand(&p.elf, &kernel);
	expect_bound("exact", kernel.exact, 0x1000000, E1);
	assert_true(kernel.size == 0x4000);
	f.type = 3;
	f.header[0].align = MIB(32);
	expect_elf(&p, &f);
	assert_true(p.elf.window.start == 0 && p.elf.segment[0].place == 0x1000100 && p.elf.movable);
	elf_demand(&p.elf, &kernel);
	expect_bound("align", kernel.align, MIB(32), E1);
	expect_bound("least_align", kernel.least_align, MIB(32), E1);
	assert_int_equal(kernel.exact.by, RULE_NONE);
	assert_true(kernel.size == 0x1004000);
}

static void e1_small_alignments_become_pages(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct request kernel;
	struct parsed p;

	(void)state;
	f.type = 3;
	f.header[0].align = f.header[1].align = f.header[2].align = 0;
	expect_elf(&p, &f);
	assert_true(p.elf.align == 1);
	elf_demand(&p.elf, &kernel);
	expect_bound("align", kernel.align, EFI_PAGE, E1);
}

static void e1_segments_without_memory_are_nowhere(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	f.header[1] = (struct elf_file_header){1, 6, UINT64_MAX, 0, 0x1000000, 0, 0, 0x1000};
	expect_elf(&p, &f);
	assert_int_equal(p.elf.n_segments, 2);
	f.header[1].memsz = 8; /* of zeros alone, wherever the file says that they were */
	f.header[1].paddr = 0x1001000;
	expect_elf(&p, &f);
	assert_int_equal(p.elf.n_segments, 3);
	assert_true(p.elf.segment[1].memsz == 8 && p.elf.segment[1].offset == 0 && p.elf.in_file[0] == 1);
	f.header[1] = (struct elf_file_header){4, 4, UINT64_MAX, 0, 0, 0, 0, 4}; /* nor are notes of nothing */
	expect_elf(&p, &f);
	assert_int_equal(p.elf.n_notes, 0);
	f.header[1].type = 2;
	expect_elf(&p, &f);
	assert_true(p.elf.dynamic.size == 0);
}

/* ---- the ELF header ---- */

static void e1_what_does_not_begin_with_elf_is_none(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	for (unsigned int bit = 0; bit < 32; bit++) {
		f.magic = UINT32_C(0x464c457f) ^ UINT32_C(1) << bit;
		parse_elf(&p, &f);
		assert_int_equal(p.status, NOT_FOUND);
		assert_non_null(strstr(p.why.text, "ELF"));
	}
}

static void e1_each_field_of_the_header_that_cannot_be_is_named(void **state)
{
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	expect_field_wrong(f, class, 0, RULE_NONE, "EI_CLASS is 0");
	expect_field_wrong(f, class, 3, RULE_NONE, "EI_CLASS is 3");
	expect_field_wrong(f, data, 2, RULE_NONE, "EI_DATA is 2");
	expect_field_wrong(f, data, 0, RULE_NONE, "EI_DATA is 0");
	expect_field_wrong(f, ident_version, 0, RULE_NONE, "EI_VERSION is 0");
	expect_field_wrong(f, version, 2, RULE_NONE, "e_version is 2");
	expect_field_wrong(f, type, 0, E1, "e_type is 0");
	expect_field_wrong(f, type, 1, E1, "e_type is 1");
	expect_field_wrong(f, type, 4, E1, "e_type is 4");
	expect_field_wrong(f, ehsize, 63, RULE_NONE, "e_ehsize is 63");
	expect_field_wrong(f, ehsize, 52, RULE_NONE, "e_ehsize is 52");
	expect_field_wrong(f, phentsize, 0, RULE_NONE, "e_phentsize is 0");
	expect_field_wrong(f, phentsize, 55, RULE_NONE, "e_phentsize is 55");
	expect_field_wrong(f, phentsize, 57, RULE_NONE, "e_phentsize is 57");
	expect_field_wrong(f, phnum, 0, E1, "e_phnum is 0");
	expect_field_wrong(f, phnum, 0xffff, RULE_NONE, "PN_XNUM");
}

static void e1_a_machine_has_its_width(void **state)
{
	static const struct {
		uint16_t machine;
		unsigned int bits;
	} known[] = {{3, 32}, {62, 64}, {183, 64}, {243, 64}};

	(void)state;
	for (unsigned int machine = 0; machine < 300; machine++)
		for (unsigned int bits = 32; bits <= 64; bits += 32) {
			struct elf_file f = bits == 32 ? elf_file_386() : elf_file_vmlinux();
			bool is_known = false;
			struct parsed p;

			for (size_t i = 0; i < COUNT_OF(known); i++)
				is_known |= known[i].machine == machine && known[i].bits == bits;
			f.machine = (uint16_t)machine;
			parse_elf(&p, &f);
			assert_int_equal(p.status, is_known ? OK : BAD_INPUT);
			if (!is_known)
				expect_elf_wrong(&f, RULE_NONE, "e_machine");
		}
}

static void e1_a_file_that_ends_within_its_headers_is_never_read_past_its_end(void **state)
{
	uint8_t file[ELF_FILE_SIZE] = {0};
	struct parsed p;

	(void)state;
	for (unsigned int bits = 32; bits <= 64; bits += 32) {
		struct elf_file f = bits == 32 ? elf_file_386() : elf_file_vmlinux();
		size_t enough = bits == 32 ? 52 + 3 * 32 : 64 + 3 * 56;

		elf_file_write(&f, file);
		for (size_t size = 0; size < 512; size++) {
			parse_elf_cut(&p, file, size, size);
			assert_int_not_equal(p.status, OK);
			assert_true(p.why.text[0] != '\0');
			parse_elf_cut(&p, file, size, ELF_FILE_SIZE);
			assert_int_equal(p.status == OK, size >= enough);
			parse_elf_cut(&p, file, size, SIZE_UNKNOWN);
			assert_int_equal(p.status == OK, size >= enough);
		}
		for (size_t size = 0; size < ELF_FILE_SIZE; size++) { /* cut off on the disk */
			parse_elf_cut(&p, file, size < 512 ? size : 512, size);
			assert_int_not_equal(p.status, OK);
		}
	}
}

static void e1_program_headers_lie_in_the_head(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	expect_field_wrong(f, phoff, UINT64_MAX, RULE_NONE, "e_phoff 0xffffffffffffffff");
	expect_field_wrong(f, phoff, UINT64_MAX - 3 * 56 + 1, RULE_NONE, "truncated: 3 program headers");
	expect_field_wrong(f, phoff, UINT64_MAX - 3 * 56, RULE_NONE, "truncated: 3 program headers");
	expect_field_wrong(f, phoff, ELF_FILE_SIZE - 3 * 56 + 1, RULE_NONE, "truncated: 3 program headers");
	f.size = ELF_FILE_SIZE + 1;
	expect_field_wrong(f, phoff, ELF_FILE_SIZE - 3 * 56 + 1, RULE_NONE, "behind the first 8192 bytes");
	expect_field_wrong(f, phnum, 0xfffe, RULE_NONE, "truncated: 65534 program headers");
	f.size = SIZE_UNKNOWN;
	expect_field_wrong(f, phoff, UINT64_MAX, RULE_NONE, "e_phoff 0xffffffffffffffff");
	expect_field_wrong(f, phnum, 0xfffe, RULE_NONE, "behind the first 8192 bytes");
	expect_elf(&p, &f);
	expect_vmlinux(&p);
}

static void e1_section_headers_lie_in_the_file(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	f.size = 0x10000;
	f.shoff = 0x10000 - 10 * 64;
	f.shnum = 10;
	f.shentsize = 64;
	expect_elf(&p, &f);
	assert_true(p.elf.file_end == 0x10000);
	expect_field_wrong(f, shoff, f.shoff + 1, RULE_NONE, "truncated: 10 section headers");
	expect_field_wrong(f, shnum, 11, RULE_NONE, "truncated: 11 section headers");
	expect_field_wrong(f, shnum, 0, RULE_NONE, "e_shnum is 0");
	expect_field_wrong(f, shentsize, 40, RULE_NONE, "e_shentsize is 40");
	expect_field_wrong(f, shoff, UINT64_MAX - 10 * 64 + 1, RULE_NONE, "truncated");
	expect_field_wrong(f, shoff, UINT64_MAX, RULE_NONE, "truncated");
	f.shoff = 0;
	expect_elf(&p, &f);
	assert_true(p.elf.file_end == 0x2000);
}

/* ---- the entry ---- */

static void e1_the_entry_is_virtual_or_physical(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	f.entry = 0xffffffff810007ff; /* the last byte of code */
	expect_elf(&p, &f);
	assert_true(p.elf.entry == 0x7ff);
	f.entry = 0x10007ff;
	expect_elf(&p, &f);
	assert_true(p.elf.entry == 0x7ff);
	expect_field_wrong(f, entry, 0x1000800, E1, "e_entry 0x1000800 lies in no segment's bytes from the file");
	expect_field_wrong(f, entry, 0xffffff, E1, "e_entry 0xffffff lies");
	expect_field_wrong(f, entry, 0xffffffff81000800, E1, "e_entry 0xffffffff81000800 lies");
	expect_field_wrong(f, entry, 0x1002700, E1, "e_entry 0x1002700 lies"); /* zeros are no code */
	expect_field_wrong(f, entry, UINT64_MAX, E1, "e_entry");
	f.entry = 0; /* where per-CPU data has p_vaddr 0 */
	f.header[0].flags = f.header[2].flags = 4;
	expect_elf(&p, &f);
	assert_true(p.elf.entry == 0x1000);
}

static void e1_of_two_meanings_of_the_entry_the_executable_one_counts(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	f.header[1].vaddr = 0x1000000; /* not executable, and its virtual addresses are the code's physical ones */
	expect_elf(&p, &f);
	assert_true(p.elf.entry == 0x40);
	expect_field_wrong(f, header[1].flags, 7, E1, "e_entry 0x1000040 means several places");
	expect_field_wrong(f, header[0].flags, 6, E1, "e_entry 0x1000040 means several places");
	f.header[1].flags = 7;
	f.header[0].flags = 6;
	expect_elf(&p, &f);
	assert_true(p.elf.entry == 0x1040);
}

/* ---- addresses in the window ---- */

static void e2_a_virtual_range_lies_in_one_segment_or_nowhere(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;
	uint64_t at;

	(void)state;
	expect_elf(&p, &f);
	assert_true(elf_at_virtual(&p.elf, 0xffffffff81000000, 0x800, &at) && at == 0);
	assert_true(elf_at_virtual(&p.elf, 0xffffffff810007f8, 8, &at) && at == 0x7f8);
	assert_false(elf_at_virtual(&p.elf, 0xffffffff810007f9, 8, &at));
	assert_false(elf_at_virtual(&p.elf, 0xffffffff80ffffff, 1, &at));
	assert_false(elf_at_virtual(&p.elf, 0xffffffff81000000, 0x801, &at));
	assert_true(elf_at_virtual(&p.elf, 0x3fc, 4, &at) && at == 0x13fc); /* per-CPU, beyond what the file has */
	assert_false(elf_at_virtual(&p.elf, 0x3fd, 4, &at));
	assert_false(elf_at_virtual(&p.elf, UINT64_MAX, 1, &at));
	assert_false(elf_at_virtual(&p.elf, 8, UINT64_MAX, &at));
	assert_false(elf_at_virtual(&p.elf, 0x1000000, 1, &at)); /* that is a physical one */
	f.header[2].vaddr = 0x200;				 /* in two segments: nobody knows which */
	expect_elf(&p, &f);
	assert_true(elf_at_virtual(&p.elf, 0x1ff, 1, &at) && at == 0x11ff);
	assert_false(elf_at_virtual(&p.elf, 0x200, 1, &at));
	assert_true(elf_at_virtual(&p.elf, 0x400, 1, &at) && at == 0x2200);
}

/* ---- any file ---- */

static void expect_invariants(const struct parsed *p, uint64_t file_size)
{
	const struct elf *e = &p->elf;
	uint64_t entry = UINT64_MAX;

	assert_true(e->n_segments >= 1 && e->n_segments <= ELF_MAX_SEGMENTS && is_power_of_two(e->align));
	assert_true(e->window.start < e->window.end && e->file_end <= file_size);
	for (size_t i = 0; i < e->n_segments; i++) {
		const struct elf_segment *s = &e->segment[i], *f = &e->segment[e->in_file[i]];

		assert_true(s->memsz != 0 && s->filesz <= s->memsz);
		assert_true(s->filesz == 0 || (s->offset <= file_size && s->filesz <= file_size - s->offset));
		assert_true(s->place <= range_size(e->window) && s->memsz <= range_size(e->window) - s->place);
		assert_true(i == 0 || s[-1].place + s[-1].memsz <= s->place);
		assert_true(i == 0 || e->segment[e->in_file[i - 1]].offset <= f->offset);
		if (e->entry >= s->place && e->entry - s->place < s->filesz)
			entry = e->entry;
	}
	assert_true(entry == e->entry);
}

static void e1_any_file_is_refused_by_name_or_checked_throughout(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	unsigned int accepted = 0;
	struct parsed p;

	(void)state;
	for (unsigned long round = 0; round < cases_or(200000); round++) {
		struct elf_file f = roll(&dice, 2) == 0 ? elf_file_vmlinux() : elf_file_386();
		struct elf_file_header *h = &f.header[roll(&dice, 3)];
		uint64_t *field[] = {&h->offset, &h->vaddr, &h->paddr, &h->filesz, &h->memsz,
				     &h->align,	 &f.entry,  &f.phoff,  &f.shoff,   &f.size};
		uint8_t file[ELF_FILE_SIZE] = {0};

		for (uint32_t n = roll(&dice, 3); n > 0; n--) {
			uint64_t *at = field[roll(&dice, COUNT_OF(field))];

			*at = roll(&dice, 2) == 0 ? roll_extreme(&dice) : *at + roll(&dice, 0x2000) - 0x1000;
		}
		elf_file_write(&f, file);
		for (uint32_t n = roll(&dice, 2); n > 0; n--)
			file[roll(&dice, 64 + 3 * 56)] = (uint8_t)roll(&dice, 256);
		parse_elf_cut(&p, file, 512, f.size);
		if (p.status == OK) {
			expect_invariants(&p, f.size);
			accepted++;
		} else {
			assert_true(p.why.text[0] != '\0');
		}
	}
	assert_true(accepted > 1000);
}

static void a_field_that_is_not_all_in_the_file_is_not_read(void **state)
{
	static const uint8_t bytes[64] = {0x7f, 'E', 'L', 'F', [16] = 2, [63] = 1};
	struct bytes file = {bytes, sizeof(bytes)};
	uint64_t value = 77;

	(void)state;
	for (int is_64 = 0; is_64 <= 1; is_64++) {
		assert_true(elf_get(file, is_64 != 0, 0, E_TYPE, &value) && value == 2);
		value = 77;
		assert_false(elf_get(file, is_64 != 0, 65, E_TYPE, &value));
		assert_false(elf_get(file, is_64 != 0, UINT64_MAX, E_TYPE, &value));
		assert_false(elf_get(file, is_64 != 0, 64, E_TYPE, &value));
		assert_false(elf_get(file, is_64 != 0, 47, E_TYPE, &value));
		assert_int_equal(value, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_field_that_is_not_all_in_the_file_is_not_read),
	    cmocka_unit_test(e1_a_vmlinux_is_read),
	    cmocka_unit_test(e1_segments_in_any_order_are_sorted_by_place_and_by_offset),
	    cmocka_unit_test(e1_without_physical_addresses_the_virtual_ones_count),
	    cmocka_unit_test(e1_the_window_of_a_movable_image_begins_at_a_multiple_of_its_alignment),
	    cmocka_unit_test(e1_small_alignments_become_pages),
	    cmocka_unit_test(e1_segments_without_memory_are_nowhere),
	    cmocka_unit_test(e1_what_does_not_begin_with_elf_is_none),
	    cmocka_unit_test(e1_each_field_of_the_header_that_cannot_be_is_named),
	    cmocka_unit_test(e1_a_machine_has_its_width),
	    cmocka_unit_test(e1_a_file_that_ends_within_its_headers_is_never_read_past_its_end),
	    cmocka_unit_test(e1_program_headers_lie_in_the_head),
	    cmocka_unit_test(e1_section_headers_lie_in_the_file),
	    cmocka_unit_test(e1_the_entry_is_virtual_or_physical),
	    cmocka_unit_test(e1_of_two_meanings_of_the_entry_the_executable_one_counts),
	    cmocka_unit_test(e2_a_virtual_range_lies_in_one_segment_or_nowhere),
	    cmocka_unit_test(e1_any_file_is_refused_by_name_or_checked_throughout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
