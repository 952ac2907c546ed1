/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of relocations in PT_DYNAMIC and behind section headers are gone through, or what is wrong with them is named
 * before a byte of the image was changed.
 */
#include "given_elf.h"

/* ---- PT_DYNAMIC ---- */

/* An image with one good entry, in which one tag has another value. */
static void expect_tag_wrong(uint64_t tag, uint64_t value, const char *words)
{
	struct moved m;

	move_one(&m, &(struct one){62, 1, true, DEFINED, 0, 0, 0});
	put_tag(&m, tag, value); /* the last of a kind counts */
	expect_image_wrong(&m, DELTA, E2, words);
	free(m.image);
}

static void e2_tables_of_pt_dynamic_that_cannot_be_are_named(void **state)
{
	(void)state;
	expect_tag_wrong(9, 16, "DT_RELAENT is 16, and an entry has 24 bytes");
	expect_tag_wrong(9, 0, "DT_RELAENT is 0");
	expect_tag_wrong(8, 23, "DT_RELA: 23 bytes of relocations are not a multiple of 24");
	expect_tag_wrong(8, 24 * 129, "DT_RELA: 0x400 + 0xc18 bytes of relocations lie in no loaded segment");
	expect_tag_wrong(8, UINT64_MAX / 24 * 24, "bytes of relocations lie in no loaded segment");
	expect_tag_wrong(7, IMAGE - 23, "DT_RELA: 0xfe9 + 0x18 bytes of relocations lie in no loaded segment");
	expect_tag_wrong(7, UINT64_MAX, "DT_RELA: 0xffffffffffffffff");
	expect_tag_wrong(11, 16, "DT_SYMENT is 16, and a symbol has 24 bytes");
	expect_tag_wrong(6, IMAGE, "DT_SYMTAB 0x1000 lies in no loaded segment");
}

static void e2_the_other_tables_are_checked_alike(void **state)
{
	struct moved m;

	(void)state;
	move_one(&m, &(struct one){3, 1, false, DEFINED, 0, 0, 0});
	put_tag(&m, 19, 12);
	expect_image_wrong(&m, DELTA, E2, "DT_RELENT is 12, and an entry has 8 bytes");
	free(m.image);
	move_one(&m, &(struct one){62, 1, true, DEFINED, 0, 0, 0});
	put_tag(&m, 23, RELOCS);
	put_tag(&m, 2, 24);
	expect_image_wrong(&m, DELTA, E2, "DT_PLTREL is 0; it is DT_REL (17) or DT_RELA (7)");
	put_tag(&m, 20, 7);
	expect_moved(&m, DELTA, 1); /* told twice, done once */
	put_tag(&m, 2, 25);
	expect_image_wrong(&m, DELTA, E2, "DT_JMPREL: 25 bytes of relocations are not a multiple of 24");
	put_tag(&m, 2, 48);
	put_tag(&m, 23, IMAGE - 24);
	expect_image_wrong(&m, DELTA, E2, "DT_JMPREL: 0xfe8 + 0x30 bytes");
	put_tag(&m, 23, RELOCS + 24); /* of zeros: R_X86_64_NONE */
	expect_moved(&m, DELTA, 1);
	free(m.image);
}

static void e2_a_table_of_the_plt_has_the_form_that_it_tells(void **state)
{
	struct moved m;

	(void)state;
	move_one(&m, &(struct one){3, 8, false, NONE, 0, 0x456, 0});
	put_reloc(&m, false, FIELD + 4, DEFINED, 7, 0);
	put_tag(&m, 23, RELOCS + 8);
	put_tag(&m, 2, 8);
	put_tag(&m, 20, 17);
	expect_moved(&m, DELTA, 2);
	assert_true(load_le(m.image + FIELD, 4) == 0x40000456 && load_le(m.image + FIELD + 4, 4) == 0x40000900);
	put_tag(&m, 18, 16); /* DT_RELSZ now counts it in */
	expect_moved(&m, DELTA, 2);
	put_tag(&m, 18, 0); /* or there is nothing else */
	expect_moved(&m, DELTA, 1);
	free(m.image);
}

static void e2_pt_dynamic_ends_and_lies_in_a_segment(void **state)
{
	struct moved m;

	(void)state;
	move_one(&m, &(struct one){62, 1, true, DEFINED, 0, 0, 0});
	m.f.header[1].filesz = 16 * m.n_tags;
	expect_image_wrong(&m, DELTA, E2, "PT_DYNAMIC: no DT_NULL in its 112 bytes");
	m.f.header[1].filesz = 16 * m.n_tags + 15;
	expect_image_wrong(&m, DELTA, E2, "no DT_NULL");
	m.f.header[1].filesz = 16 * m.n_tags + 16;
	expect_moved(&m, DELTA, 1);
	m.f.header[1].vaddr = IMAGE - 0x10;
	expect_image_wrong(&m, DELTA, E2, "PT_DYNAMIC: 0xff0 + 0x80 lies in no loaded segment");
	free(m.image);
}

static void e2_packed_relative_relocations_are_addresses_and_bitmaps(void **state)
{
	struct moved m;

	(void)state;
	given_elf_image(&m, 62);
	for (unsigned int i = 0; i < 80; i++)
		put(&m, 0xa00 + 8 * (size_t)i, 1, i);
	put(&m, RELOCS, 1, 0xa00);
	put(&m, RELOCS + 8, 1, 0x8000000000000005); /* the 2nd word behind 0xa00, and the 63rd */
	put(&m, RELOCS + 16, 1, 3);		    /* the 64th */
	put(&m, RELOCS + 24, 1, 0xa08 + 8 * 70);
	put_tag(&m, 36, RELOCS);
	put_tag(&m, 35, 32);
	put_tag(&m, 37, 8);
	expect_moved(&m, DELTA, 5);
	for (unsigned int i = 0; i < 80; i++) {
		bool is_moved = i == 0 || i == 2 || i == 63 || i == 64 || i == 71;

		assert_true(load_le(m.image + 0xa00 + 8 * (size_t)i, 8) == (is_moved ? DELTA + i : i));
	}
	put(&m, RELOCS + 24, 1, IMAGE - 6);
	expect_image_wrong(&m, DELTA, E2, "relocation 3 of DT_RELR: the field, 8 bytes at 0xffa");
	put(&m, RELOCS + 16, 1, IMAGE - 8);
	put(&m, RELOCS + 24, 1, 3);
	expect_image_wrong(&m, DELTA, E2, "relocation 3 of DT_RELR: the field, 8 bytes at 0x1000");
	put(&m, RELOCS, 1, 1);
	expect_image_wrong(&m, DELTA, E2, "relocation 0 of DT_RELR: a bitmap before any address");
	put_tag(&m, 37, 4);
	expect_image_wrong(&m, DELTA, E2, "DT_RELRENT is 4");
	free(m.image);
}

static void e2_packed_relocations_of_32_bits_have_31_to_a_bitmap(void **state)
{
	struct moved m;

	(void)state;
	given_elf_image(&m, 3);
	for (unsigned int i = 0; i < 40; i++)
		put(&m, 0xa00 + 4 * (size_t)i, 1, i);
	put(&m, RELOCS, 1, 0xa00);
	put(&m, RELOCS + 4, 1, 0x80000001);
	put(&m, RELOCS + 8, 1, 3);
	put_tag(&m, 36, RELOCS);
	put_tag(&m, 35, 12);
	put_tag(&m, 37, 4);
	expect_moved(&m, DELTA, 3);
	for (unsigned int i = 0; i < 40; i++)
		assert_true(load_le(m.image + 0xa00 + 4 * (size_t)i, 4) ==
			    (i == 0 || i == 31 || i == 32 ? (uint32_t)DELTA + i : i));
	free(m.image);
}

static void e2_an_image_that_rewrites_its_own_table_is_of_no_use(void **state)
{
	struct moved m;

	(void)state;
	given_elf_image(&m, 62);
	put_reloc(&m, true, RELOCS + 24 + 8, 0, 8, 0x99); /* the next one's r_info becomes 0x40000099 */
	put_reloc(&m, true, FIELD, 0, 8, 0x99);
	given_tables(&m, true);
	move_image(&m, DELTA, 0);
	assert_int_equal(m.status, BAD_INPUT);
	assert_int_equal(m.why.rule, E2);
	assert_non_null(strstr(m.why.text, "relocation 1 of DT_RELA: type 1073741977"));
	assert_non_null(strstr(m.why.text, "cannot be used any more"));
	free(m.image);
}

/* ---- section headers ---- */

#define HEADERS 0x1800u

enum { S_NULL, S_DATA, S_RELOCS, S_SYMBOLS, S_NAMES, N_SECTIONS };

struct section {
	uint64_t type, flags, offset, size, link, info, entry_size;
};

static void put_section(struct moved *m, size_t number, const struct section *s)
{
	uint8_t *at = m->file + HEADERS + number * 64;

	store_le(at + 4, 4, s->type);
	store_le(at + 8, 8, s->flags);
	store_le(at + 24, 8, s->offset);
	store_le(at + 32, 8, s->size);
	store_le(at + 40, 4, s->link);
	store_le(at + 44, 4, s->info);
	store_le(at + 56, 8, s->entry_size);
}

static const struct section good_relocs = {4, 0x40, RELOCS, 24, S_SYMBOLS, S_DATA, 24};

/* ET_EXEC with what --emit-relocs keeps: one entry for FIELD, which holds @held. */
static void given_kept(struct moved *m, uint16_t type, uint64_t symbol, uint64_t held)
{
	given_elf_image(m, 62);
	m->f.type = 2;
	m->f.phnum = 1;
	m->f.shoff = HEADERS;
	m->f.shnum = N_SECTIONS;
	m->f.shentsize = 64;
	put(m, FIELD, 1, held);
	put_reloc(m, true, FIELD, symbol, type, 0x99);
	put_section(m, S_DATA, &(struct section){1, 2, 0, IMAGE, 0, 0, 0});
	put_section(m, S_RELOCS, &good_relocs);
	put_section(m, S_SYMBOLS, &(struct section){2, 0, SYMBOLS, 24 * N_SYMBOLS, S_NAMES, 1, 24});
	put_section(m, S_NAMES, &(struct section){3, 0, NAMES, NAMES_SIZE, 0, 0, 0});
}

static void expect_kept(uint16_t type, uint64_t symbol, uint64_t held, uint64_t delta, unsigned int width,
			uint64_t value)
{
	struct moved m;

	given_kept(&m, type, symbol, held);
	move_image(&m, delta, ELF_FILE_SIZE);
	if (m.status != OK)
		fail_msg("refused: %s", m.why.text);
	assert_true(m.n == 1 && load_le(m.image + FIELD, width) == value);
	free(m.image);
}

static void expect_kept_wrong(uint16_t type, uint64_t symbol, uint64_t held, uint64_t delta, const char *words)
{
	struct moved m;

	given_kept(&m, type, symbol, held);
	move_image(&m, delta, ELF_FILE_SIZE);
	expect_told(&m, E2, words);
	free(m.image);
}

static void e2_what_the_linker_computed_is_moved_once(void **state)
{
	(void)state;
	expect_kept(1, DEFINED, 0x908, DELTA, 8, 0x40000908);
	expect_kept(1, ABSOLUTE, 0x1234, DELTA, 8, 0x1234);
	expect_kept(1, WEAK, 8, DELTA, 8, 8);
	expect_kept(1, NONE, 8, DELTA, 8, 8);
	expect_kept(2, DEFINED, 0xfffffef4, DELTA, 4, 0xfffffef4);
	expect_kept(2, ABSOLUTE, 0x1234, DELTA, 4, 0xc0001234);
	expect_kept(4, WEAK, 0x40001234, DELTA, 4, 0x1234);
	expect_kept(24, ABSOLUTE, 0x1234, DELTA, 8, 0x1234 - DELTA);
	expect_kept(10, DEFINED, 0xffffffff - DELTA, DELTA, 4, 0xffffffff);
	expect_kept_wrong(10, DEFINED, 0x100000000 - DELTA, DELTA, "(R_X86_64_32): 0x100000000 does not fit");
	expect_kept(11, DEFINED, 0x7fffffff - DELTA, DELTA, 4, 0x7fffffff);
	expect_kept_wrong(11, DEFINED, 0x80000000 - DELTA, DELTA, "(R_X86_64_32S): 0x80000000 does not fit");
	expect_kept_wrong(2, ABSOLUTE, 0x80000000 + DELTA - 1, DELTA,
			  "(R_X86_64_PC32): 0xffffffff7fffffff does not fit");
	expect_kept_wrong(1, UNDEFINED, 0, DELTA, "relocation 0 of section 2: the symbol undefined is undefined");
	expect_kept_wrong(1, N_SYMBOLS, 0, DELTA, "symbol 8 lies behind the symbol table");
	expect_kept_wrong(9, DEFINED, 0, DELTA, "type 9 is not known");
	expect_kept_wrong(8, NONE, 0, DELTA, "type 8, R_X86_64_RELATIVE is not known");
	expect_kept_wrong(6, DEFINED, 0, DELTA, "type 6, R_X86_64_GLOB_DAT is not known");
}

static void expect_section_wrong(size_t number, struct section s, const char *words)
{
	struct moved m;

	given_kept(&m, 1, DEFINED, 0x908);
	put_section(&m, number, &s);
	move_image(&m, DELTA, ELF_FILE_SIZE);
	expect_told(&m, E2, words);
	free(m.image);
}

static void e2_section_headers_that_cannot_be_are_named(void **state)
{
	struct section s = good_relocs;

	(void)state;
	s.entry_size = 16;
	expect_section_wrong(S_RELOCS, s, "section 2: 24 bytes of relocations of 16 each; an entry has 24");
	s = good_relocs;
	s.size = 25;
	expect_section_wrong(S_RELOCS, s, "section 2: 25 bytes of relocations");
	s = good_relocs;
	s.offset = ELF_FILE_SIZE - 23;
	expect_section_wrong(S_RELOCS, s, "section 2: sh_offset 0x1fe9 + sh_size 0x18 is past the end of the file");
	s.offset = UINT64_MAX - 8;
	expect_section_wrong(S_RELOCS, s, "is past the end of the file (8192 bytes)");
	s = good_relocs;
	s.link = S_NAMES;
	expect_section_wrong(S_RELOCS, s, "section 2: sh_link 4 is not a symbol table");
	s.link = N_SECTIONS;
	expect_section_wrong(S_RELOCS, s, "section 2: sh_link 5 is not a symbol table");
	expect_section_wrong(S_SYMBOLS, (struct section){2, 0, SYMBOLS, ELF_FILE_SIZE, S_NAMES, 1, 24}, "sh_link 3");
	expect_section_wrong(S_SYMBOLS, (struct section){2, 0, SYMBOLS, 24, S_NAMES, 1, 16}, "sh_link 3");
	expect_section_wrong(S_SYMBOLS, (struct section){2, 0, SYMBOLS, 24, S_NAMES, 1, 24}, "symbol 1 lies behind");
}

static void e2_only_relocations_of_what_is_loaded_count(void **state)
{
	struct section s = good_relocs;
	struct moved m;

	(void)state;
	given_kept(&m, 99, DEFINED, 0x908); /* of a type that nobody knows */
	put_section(&m, S_DATA, &(struct section){1, 0, 0, IMAGE, 0, 0, 0});
	move_image(&m, DELTA, ELF_FILE_SIZE);
	expect_told(&m, E1, "keeps no relocations");
	put_section(&m, S_DATA, &(struct section){1, 2, 0, IMAGE, 0, 0, 0});
	s.flags = 2; /* loaded itself: for who looks at PT_DYNAMIC */
	put_section(&m, S_RELOCS, &s);
	move_image(&m, DELTA, ELF_FILE_SIZE);
	expect_told(&m, E1, "keeps no relocations");
	put_section(&m, S_RELOCS, &good_relocs);
	move_image(&m, DELTA, ELF_FILE_SIZE);
	expect_told(&m, E2, "type 99");
	free(m.image);
}

static void e2_a_file_that_was_read_in_part_is_never_read_past_its_end(void **state)
{
	struct moved m;

	(void)state;
	given_kept(&m, 1, DEFINED, 0x908);
	for (size_t size = 1; size < HEADERS + 64 * (size_t)N_SECTIONS; size += size < HEADERS - 8 ? 61 : 1) {
		move_image(&m, DELTA, size);
		expect_told(&m, E2, "section");
	}
	move_image(&m, DELTA, HEADERS + 64 * (size_t)N_SECTIONS);
	assert_int_equal(m.status, OK);
	free(m.image);
}

/* ---- any image ---- */

static void e2_any_image_is_moved_or_refused_unchanged(void **state)
{
	struct dice dice = dice_from_seed(__func__);
	unsigned int moved = 0;
	struct moved m = {.image = NULL};

	(void)state;
	for (unsigned long round = 0; round < cases_or(30000); round++) {
		bool kept = roll(&dice, 2) == 0;
		uint8_t *old = m.image;

		if (kept)
			given_kept(&m, 1, DEFINED, 0x908);
		else
			move_one(&m, &(struct one){62, 1, true, DEFINED, 0, 0, 0});
		m.image = old;
		for (uint32_t n = roll(&dice, 4); n > 0; n--) {
			static const size_t parts[] = {DYNAMIC, RELOCS, SYMBOLS, HEADERS + 64};
			size_t at = parts[roll(&dice, COUNT_OF(parts))] + 8 * (size_t)roll(&dice, 24);

			store_le(m.file + at, roll(&dice, 2) == 0 ? 8 : 4, roll_extreme(&dice));
		}
		move_image(&m, DELTA, kept ? ELF_FILE_SIZE : 0);
		moved += m.status == OK;
		if (m.status != OK && strstr(m.why.text, "cannot be used") == NULL)
			assert_memory_equal(m.image, m.before, IMAGE);
	}
	assert_true(moved > 1000);
	free(m.image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e2_tables_of_pt_dynamic_that_cannot_be_are_named),
	    cmocka_unit_test(e2_the_other_tables_are_checked_alike),
	    cmocka_unit_test(e2_a_table_of_the_plt_has_the_form_that_it_tells),
	    cmocka_unit_test(e2_pt_dynamic_ends_and_lies_in_a_segment),
	    cmocka_unit_test(e2_packed_relative_relocations_are_addresses_and_bitmaps),
	    cmocka_unit_test(e2_packed_relocations_of_32_bits_have_31_to_a_bitmap),
	    cmocka_unit_test(e2_an_image_that_rewrites_its_own_table_is_of_no_use),
	    cmocka_unit_test(e2_what_the_linker_computed_is_moved_once),
	    cmocka_unit_test(e2_section_headers_that_cannot_be_are_named),
	    cmocka_unit_test(e2_only_relocations_of_what_is_loaded_count),
	    cmocka_unit_test(e2_a_file_that_was_read_in_part_is_never_read_past_its_end),
	    cmocka_unit_test(e2_any_image_is_moved_or_refused_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
