/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments lie in the file and in the addresses, apart from each other, or the program header that is wrong is named.
 * The numbers are the gABI's, each at its limit and one past it.
 */
#include "given_elf.h"

/* ---- segments ---- */

static void e1_a_segment_lies_in_the_file(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	expect_field_wrong(
	    f, size, 0x1fff, E1,
	    "program header 2: p_offset 0x1900 + p_filesz 0x700 is past the end of the file (8191 bytes)");
	expect_field_wrong(f, header[2].offset, 0x1901, E1, "program header 2: p_offset 0x1901");
	expect_field_wrong(f, header[2].offset, UINT64_MAX, E1, "program header 2: p_offset 0xffffffffffffffff");
	expect_field_wrong(f, header[2].offset, UINT64_MAX - 0x700 + 1, E1, "program header 2");
	f.size = SIZE_UNKNOWN;
	expect_field_wrong(f, header[2].offset, UINT64_MAX - 0x700 + 1, E1, "program header 2");
	f.header[2].offset = UINT64_MAX - 0x700;
	expect_elf(&p, &f);
}

static void e1_a_segment_has_no_more_in_the_file_than_in_memory(void **state)
{
	struct elf_file f = elf_file_vmlinux();

	(void)state;
	expect_field_wrong(f, header[1].memsz, 0xff, E1, "program header 1: p_filesz 0x100 is more than p_memsz 0xff");
	expect_field_wrong(f, header[1].memsz, 0, E1, "program header 1: p_filesz 0x100 is more than p_memsz 0");
}

static void e1_a_segment_ends_within_the_addresses(void **state)
{
	struct elf_file f = elf_file_vmlinux(), narrow = elf_file_386();
	struct parsed p;

	(void)state;
	expect_field_wrong(f, header[2].vaddr, UINT64_MAX - 0x2000 + 1, E1, "program header 2: p_vaddr");
	expect_field_wrong(f, header[2].paddr, UINT64_MAX - 0x2000 + 1, E1, "program header 2: p_paddr");
	expect_field_wrong(f, header[2].memsz, UINT64_MAX, E1, "past the end of 64-bit addresses");
	f.header[2].vaddr = UINT64_MAX - 0x2000;
	expect_elf(&p, &f);
	narrow.header[2].vaddr = narrow.header[2].paddr = 0xffffe000;
	expect_elf(&p, &narrow);
	assert_true(p.elf.window.end == GIB(4));
	expect_field_wrong(narrow, header[2].vaddr, 0xffffe001, E1, "program header 2: p_vaddr 0xffffe001");
	expect_field_wrong(narrow, header[2].paddr, 0xffffe001, E1, "past the end of 32-bit addresses");
}

static void e1_an_alignment_is_a_power_of_two_or_none(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	expect_field_wrong(f, header[1].align, 3, E1, "program header 1: p_align 0x3 ");
	expect_field_wrong(f, header[1].align, UINT64_MAX, E1, "p_align 0xffffffffffffffff");
	f.header[1].align = UINT64_C(1) << 63;
	expect_elf(&p, &f);
	f.header[1].align = 1;
	expect_elf(&p, &f);
}

static void e1_two_segments_never_share_memory(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	f.header[0].memsz = 0x1000; /* up to the next */
	expect_elf(&p, &f);
	expect_field_wrong(
	    f, header[0].memsz, 0x1001, E1,
	    "program headers 0 and 1 overlap in memory: 0x1000000 + p_memsz 0x1001 reaches past 0x1001000");
	expect_field_wrong(f, header[2].paddr, 0x1001000, E1, "program headers 1 and 2 overlap in memory");
	expect_field_wrong(f, header[2].paddr, 0xffe001, E1, "program headers 2 and 0 overlap in memory");
	f.header[2].paddr = 0xffe000;
	expect_elf(&p, &f);
	/* Virtual addresses may: vmlinux's per-CPU data is a template. */
	f.header[1].vaddr = f.header[0].vaddr;
	expect_elf(&p, &f);
}

static void e1_two_segments_never_share_bytes_of_the_file(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	expect_field_wrong(f, header[1].offset, 0x17ff, E1, "program headers 0 and 1 share bytes of the file");
	expect_field_wrong(f, header[2].offset, 0x18ff, E1, "program headers 1 and 2 share bytes of the file");
	expect_field_wrong(f, header[2].offset, 0x1000, E1, "share bytes of the file");
	f.header[1].filesz = 0; /* zeros alone: from nowhere in the file */
	f.header[1].offset = 0x1400;
	expect_elf(&p, &f);
}

static void e1_an_image_has_1_to_16_segments(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	for (unsigned int n = 1; n <= 17; n++) {
		f.phnum = (uint16_t)n;
		for (unsigned int i = 0; i < n; i++)
			f.header[i] = (struct elf_file_header){
			    1,	  5,	 0x1000 + 0x10 * i, 0x1000000 + 0x1000 * i, 0x1000000 + 0x1000 * i, 0x10,
			    0x10, 0x1000};
		f.entry = 0x1000000;
		if (n <= 16)
			expect_elf(&p, &f);
		else
			expect_elf_wrong(&f, E1, "program header 16: more than 16 PT_LOAD");
	}
	f = elf_file_vmlinux();
	f.header[0].type = f.header[1].type = f.header[2].type = 0;
	expect_elf_wrong(&f, E1, "none of 3 program headers is a PT_LOAD");
	f = elf_file_vmlinux();
	f.header[0].memsz = f.header[0].filesz = f.header[1].memsz = f.header[1].filesz = f.header[2].memsz =
	    f.header[2].filesz = 0;
	expect_elf_wrong(&f, E1, "nothing to load");
}

static void e2_other_program_headers_are_told_or_refused(void **state)
{
	struct elf_file f = elf_file_vmlinux();
	struct parsed p;

	(void)state;
	f.phnum = 5;
	f.header[3] = (struct elf_file_header){4, 4, 0x1a00, 0xffffffff81002100, 0x1002100, 0x40, 0x40, 4};
	f.header[4] = (struct elf_file_header){2, 6, 0x1b00, 0xffffffff81002200, 0x1002200, 0x80, 0x80, 8};
	expect_elf(&p, &f);
	assert_int_equal(p.elf.n_notes, 1);
	assert_true(p.elf.note[0].offset == 0x1a00 && p.elf.note[0].size == 0x40 && p.elf.note[0].align == 4);
	assert_true(p.elf.dynamic.vaddr == 0xffffffff81002200 && p.elf.dynamic.size == 0x80);
	expect_field_wrong(f, header[3].type, 2, E2, "program header 4: a second PT_DYNAMIC");
	expect_field_wrong(f, header[3].type, 3, RULE_NONE, "program header 3: PT_INTERP");
	expect_field_wrong(f, header[3].offset, 0x1fc1, E1, "program header 3: p_offset 0x1fc1");
	expect_field_wrong(f, header[4].offset, 0x1f81, E1, "program header 4: p_offset 0x1f81");
	f.phnum = 12;
	for (unsigned int i = 3; i < 12; i++)
		f.header[i] = (struct elf_file_header){4, 4, 0x1a00, 0, 0, 0x40, 0x40, 4};
	expect_elf_wrong(&f, RULE_NONE, "program header 11: more than 8 PT_NOTE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e1_a_segment_lies_in_the_file),
	    cmocka_unit_test(e1_a_segment_has_no_more_in_the_file_than_in_memory),
	    cmocka_unit_test(e1_a_segment_ends_within_the_addresses),
	    cmocka_unit_test(e1_an_alignment_is_a_power_of_two_or_none),
	    cmocka_unit_test(e1_two_segments_never_share_memory),
	    cmocka_unit_test(e1_two_segments_never_share_bytes_of_the_file),
	    cmocka_unit_test(e1_an_image_has_1_to_16_segments),
	    cmocka_unit_test(e2_other_program_headers_are_told_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
