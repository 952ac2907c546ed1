/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of relocations in PT_DYNAMIC are gone through, or what is wrong with them is named before a byte of the image
 * was changed.
 */
#include "given_elf.h"

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
	move_image(&m, DELTA);
	assert_int_equal(m.status, BAD_INPUT);
	assert_int_equal(m.why.rule, E2);
	assert_non_null(strstr(m.why.text, "relocation 1 of DT_RELA: type 1073741977"));
	assert_non_null(strstr(m.why.text, "cannot be used any more"));
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
		uint8_t *old = m.image;

		move_one(&m, &(struct one){62, 1, true, DEFINED, 0, 0, 0});
		m.image = old;
		for (uint32_t n = roll(&dice, 4); n > 0; n--) {
			static const size_t parts[] = {DYNAMIC, RELOCS, SYMBOLS};
			size_t at = parts[roll(&dice, COUNT_OF(parts))] + 8 * (size_t)roll(&dice, 24);

			store_le(m.file + at, roll(&dice, 2) == 0 ? 8 : 4, roll_extreme(&dice));
		}
		move_image(&m, DELTA);
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
	    cmocka_unit_test(e2_any_image_is_moved_or_refused_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
