/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each type of relocation writes what its psABI says; what is wrong with a table, an entry or a symbol is named before
 * a byte of the image was changed. What linkers make of whole programs is tests/tools/test_relocate.py's.
 */
#include "given_elf.h"

/* ---- one entry ---- */

static void expect_one(const struct one *o, uint64_t delta, unsigned int width, uint64_t value)
{
	struct moved m;

	move_one(&m, o);
	expect_moved(&m, delta, 1);
	if (load_le(m.image + FIELD, width) != value)
		fail_msg("machine %u type %u: %#llx instead of %#llx", (unsigned int)o->machine, (unsigned int)o->type,
			 (unsigned long long)load_le(m.image + FIELD, width), (unsigned long long)value);
	memcpy(m.image + FIELD, m.before + FIELD, width);
	assert_memory_equal(m.image, m.before, IMAGE); /* and nothing beside it */
	free(m.image);
}

static void expect_one_wrong(const struct one *o, uint64_t delta, const char *words)
{
	struct moved m;

	move_one(&m, o);
	expect_image_wrong(&m, delta, E2, words);
	free(m.image);
}

static void e2_x86_64s_types_are_computed(void **state)
{
	static const struct {
		struct one one;
		uint64_t value;
		unsigned int width;
	} rows[] = {
	    {{62, 1, true, DEFINED, 8, 0x99, 0}, 0x40000908, 8},
	    {{62, 1, true, ABSOLUTE, 8, 0x99, 0}, 0x123c, 8},
	    {{62, 1, true, WEAK, 8, 0x99, 0}, 8, 8},
	    {{62, 1, true, NONE, 8, 0x99, 0}, 8, 8},
	    {{62, 1, false, DEFINED, 0, 0x10, 0}, 0x40000910, 8},
	    {{62, 2, true, DEFINED, (uint64_t)-4, 0x99, 0}, 0xfffffef4, 4}, /* 0x900 - 4 - 0xa08 */
	    {{62, 2, false, DEFINED, 0, 0xfffffffc, 0}, 0xfffffef4, 4},	    /* -4 in the field */
	    {{62, 24, true, DEFINED, 0, 0x99, 0}, (uint64_t)-0x108, 8},
	    {{62, 24, true, ABSOLUTE, 0, 0x99, 0}, UINT64_C(0x1234) - 0x40000a08, 8},
	    {{62, 6, true, DEFINED, 0, 0x99, 0}, 0x40000900, 8},
	    {{62, 7, true, DEFINED, 0, 0x99, 0}, 0x40000900, 8},
	    {{62, 7, false, DEFINED, 0, 0x99, 0}, 0x40000900, 8}, /* the field holds an address of the PLT */
	    {{62, 8, true, NONE, 0x456, 0x99, 0}, 0x40000456, 8},
	    {{62, 8, false, NONE, 0, 0x456, 0}, 0x40000456, 8},
	    {{62, 10, true, DEFINED, 8, 0x99, 0}, 0x40000908, 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_one(&rows[i].one, DELTA, rows[i].width, rows[i].value);
}

static void e2_i386s_types_are_computed(void **state)
{
	static const struct {
		struct one one;
		uint64_t value;
		unsigned int width;
	} rows[] = {
	    {{3, 1, false, DEFINED, 0, 8, 0}, 0x40000908, 4},
	    {{3, 1, false, DEFINED, 0, 0xfffffffc, 0}, 0x400008fc, 4},
	    {{3, 2, false, DEFINED, 0, 0xfffffffc, 0}, 0xfffffef4, 4},
	    {{3, 2, false, ABSOLUTE, 0, 0, 0}, 0x1234 - 0x40000a08 + 0x100000000, 4},
	    {{3, 6, false, DEFINED, 0, 0x99, 0}, 0x40000900, 4},
	    {{3, 7, false, DEFINED, 0, 0x99, 0}, 0x40000900, 4},
	    {{3, 8, false, NONE, 0, 0x456, 0}, 0x40000456, 4},
	    {{3, 8, true, NONE, 0x456, 0x99, 0}, 0x40000456, 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect_one(&rows[i].one, DELTA, rows[i].width, rows[i].value);
}

static void e2_none_is_nothing_wherever_it_points(void **state)
{
	static const uint16_t machines[] = {3, 62};
	struct moved m;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		move_one(&m, &(struct one){machines[i], 0, true, UNDEFINED, 0, 0x99, 0xfffffff0});
		expect_moved(&m, DELTA, 0);
		assert_memory_equal(m.image, m.before, IMAGE);
		free(m.image);
	}
}

static void e2_every_other_type_is_refused_by_its_number(void **state)
{
	static const struct {
		uint16_t machine, types[12];
	} known[] = {{3, {0, 1, 2, 6, 7, 8}}, {62, {0, 1, 2, 6, 7, 8, 10, 24}}};
	char words[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		for (uint16_t type = 0; type < (known[i].machine == 3 ? 256 : 1200); type++) {
			bool is_known = false;

			for (size_t n = 0; n < COUNT_OF(known[i].types); n++)
				is_known |= known[i].types[n] == type;
			if (is_known)
				continue;
			(void)snprintf(words, sizeof(words), "relocation 0 of DT_RELA: type %u is not known",
				       (unsigned int)type);
			expect_one_wrong(&(struct one){known[i].machine, type, true, DEFINED, 0, 0, 0}, DELTA, words);
		}
}

static void e2_types_of_cpus_whose_kernels_are_images_are_refused(void **state)
{
	(void)state;
	expect_one_wrong(&(struct one){183, 1027, true, NONE, 0x456, 0, 0}, DELTA,
			 "type 1027 is not known here for e_machine 183");
	expect_one_wrong(&(struct one){183, 1, true, DEFINED, 0, 0, 0}, DELTA, "type 1 is not known");
	expect_one_wrong(&(struct one){243, 3, true, NONE, 0x456, 0, 0}, DELTA,
			 "type 3 is not known here for e_machine 243");
	expect_one_wrong(&(struct one){243, 8, true, NONE, 0, 0, 0}, DELTA, "type 8 is not known");
}

static void e2_32_bits_hold_values_up_to_their_limits(void **state)
{
	/* 0x900 + addend + DELTA */
	static const uint64_t to = DELTA + 0x900;

	(void)state;
	expect_one(&(struct one){62, 10, true, DEFINED, 0xffffffff - to, 0, 0}, DELTA, 4, 0xffffffff);
	expect_one_wrong(&(struct one){62, 10, true, DEFINED, 0x100000000 - to, 0, 0}, DELTA,
			 "(R_X86_64_32): 0x100000000 does not fit into the 32 bits at 0xa08");
	expect_one(&(struct one){62, 10, true, DEFINED, 0 - to, 0, 0}, DELTA, 4, 0);
	expect_one_wrong(&(struct one){62, 10, true, DEFINED, 0 - to - 1, 0, 0}, DELTA, "0xffffffffffffffff");
	/* The distance from 0xa08 to 0x900 is -0x108. */
	expect_one(&(struct one){62, 2, true, DEFINED, UINT64_C(0x7fffffff) + 0x108, 0, 0}, DELTA, 4, 0x7fffffff);
	expect_one_wrong(&(struct one){62, 2, true, DEFINED, UINT64_C(0x80000000) + 0x108, 0, 0}, DELTA,
			 "(R_X86_64_PC32): 0x80000000 does not fit");
	expect_one(&(struct one){62, 2, true, DEFINED, 0xffffffff80000000 + 0x108, 0, 0}, DELTA, 4, 0x80000000);
	expect_one_wrong(&(struct one){62, 2, true, DEFINED, 0xffffffff7fffffff + 0x108, 0, 0}, DELTA,
			 "(R_X86_64_PC32): 0xffffffff7fffffff does not fit");
}

static void e2_a_field_outside_of_the_segments_is_refused(void **state)
{
	struct moved m;

	(void)state;
	for (uint64_t at = IMAGE - 8; at < IMAGE + 2; at++) {
		move_one(&m, &(struct one){62, 8, true, NONE, 0x456, 0, at});
		if (at == IMAGE - 8)
			expect_moved(&m, DELTA, 1);
		else
			expect_image_wrong(&m, DELTA, E2, "(R_X86_64_RELATIVE): the field, 8 bytes at 0x");
		free(m.image);
	}
	expect_one_wrong(&(struct one){62, 10, true, DEFINED, 0, 0, IMAGE - 3}, DELTA, "4 bytes at 0xffd");
	expect_one_wrong(&(struct one){62, 8, true, NONE, 0, 0, UINT64_MAX}, DELTA, "0xffffffffffffffff");
	expect_one_wrong(&(struct one){62, 8, true, NONE, 0, 0, UINT64_MAX - 7}, DELTA, "no loaded segment");
	expect_one_wrong(&(struct one){3, 8, false, NONE, 0, 0, 0xffffffff}, DELTA, "4 bytes at 0xffffffff");
}

static void e2_symbols_without_an_address_are_refused_by_name(void **state)
{
	(void)state;
	expect_one_wrong(&(struct one){62, 1, true, UNDEFINED, 0, 0, 0}, DELTA, "the symbol undefined is undefined");
	expect_one_wrong(&(struct one){3, 1, false, UNDEFINED, 0, 0, 0}, DELTA, "the symbol undefined is undefined");
	expect_one_wrong(&(struct one){62, 1, true, COMMON, 0, 0, 0}, DELTA,
			 "the symbol common (type 0, section 0xfff2)");
	expect_one_wrong(&(struct one){62, 1, true, TLS, 0, 0, 0}, DELTA, "the symbol tls (type 6");
	expect_one_wrong(&(struct one){62, 1, true, IFUNC, 0, 0, 0}, DELTA, "the symbol ifunc (type 10");
	/* The table ends with its segment: at 0x1000, from 0x600 on. */
	expect_one_wrong(&(struct one){62, 1, true, (IMAGE - SYMBOLS) / 24, 0, 0, 0}, DELTA, "symbol 106 lies behind");
	expect_one_wrong(&(struct one){62, 1, true, UINT32_MAX, 0, 0, 0}, DELTA, "symbol 4294967295 lies behind");
	expect_one_wrong(&(struct one){3, 1, false, 0xffffff, 0, 0, 0}, DELTA, "symbol 16777215 lies behind");
}

static void e2_names_of_symbols_are_told_as_far_as_they_can_be(void **state)
{
	struct moved m;

	(void)state;
	move_one(&m, &(struct one){62, 1, true, UNDEFINED, 0, 0, 0});
	m.file[NAMES + 25] = '\n';
	m.file[NAMES + 26] = 0xe4;
	expect_image_wrong(&m, DELTA, E2, "the symbol un??fined is undefined");
	put_symbol(&m, UNDEFINED, NAMES_SIZE, 0x10, 0, 0);
	expect_image_wrong(&m, DELTA, E2, "the symbol number 4 is undefined");
	put_symbol(&m, UNDEFINED, UINT32_MAX, 0x10, 0, 0);
	expect_image_wrong(&m, DELTA, E2, "the symbol number 4 is undefined");
	memset(m.file + NAMES, 'x', NAMES_SIZE);
	put_symbol(&m, UNDEFINED, NAMES_SIZE - 3, 0x10, 0, 0);
	expect_image_wrong(&m, DELTA, E2, "the symbol xxx is undefined");
	free(m.image);
}

/* ---- how far ---- */

static void e1_an_image_is_moved_by_its_alignment_and_within_its_addresses(void **state)
{
	struct moved m;

	(void)state;
	move_one(&m, &(struct one){62, 8, true, NONE, 0x456, 0, 0});
	expect_image_wrong(&m, 0x800, E1, "moved by 0x800, which is not a multiple of its alignment, 0x1000");
	expect_image_wrong(&m, UINT64_MAX, E1, "not a multiple of its alignment");
	expect_image_wrong(&m, UINT64_MAX - 0xfff, E1, "past the end of 64-bit addresses");
	expect_moved(&m, UINT64_MAX - 0x1fff, 1);
	expect_moved(&m, 0, 1);
	assert_true(load_le(m.image + FIELD, 8) == 0x456); /* where it was linked for, the field is to be filled too */
	free(m.image);
	move_one(&m, &(struct one){3, 8, false, NONE, 0, 0x456, 0});
	expect_moved(&m, GIB(4) - 0x1000, 1);
	expect_image_wrong(&m, GIB(4), E1, "past the end of 32-bit addresses");
	free(m.image);
}

static void e1_an_image_at_a_fixed_address_stays_there(void **state)
{
	struct moved m;

	(void)state;
	move_one(&m, &(struct one){62, 8, true, NONE, 0x456, 0, 0});
	m.f.type = 2;
	expect_image_wrong(&m, DELTA, E1, "linked for 0x0 (ET_EXEC): it runs nowhere else");
	expect_moved(&m, 0, 1);
	m.f.phnum = 1; /* without PT_DYNAMIC */
	expect_image_wrong(&m, DELTA, E1, "it runs nowhere else");
	expect_moved(&m, 0, 0);
	m.f.type = 3; /* ET_DYN without relocations: its code needs none */
	expect_moved(&m, DELTA, 0);
	m.f.header[0].vaddr = m.f.header[0].paddr = m.f.entry = MIB(1);
	expect_moved(&m, UINT64_MAX - 0xfff, 0); /* a page down */
	free(m.image);
}

static void e1_less_memory_than_the_window_is_refused(void **state)
{
	struct elf_file f = elf_file_pie(62);
	uint8_t file[ELF_FILE_SIZE] = {0}, less[1];
	struct fail why;
	struct elf elf;
	uint64_t n;

	(void)state;
	elf_file_write(&f, file);
	assert_int_equal(elf_parse(&elf, "image", (struct bytes){file, sizeof(file)}, sizeof(file), &why), OK);
	assert_int_equal(elf_relocate(&(struct elf_image){&elf, less, IMAGE - 1}, 0, &n, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "4095 bytes in memory, and the image has 4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e2_x86_64s_types_are_computed),
	    cmocka_unit_test(e2_i386s_types_are_computed),
	    cmocka_unit_test(e2_none_is_nothing_wherever_it_points),
	    cmocka_unit_test(e2_every_other_type_is_refused_by_its_number),
	    cmocka_unit_test(e2_types_of_cpus_whose_kernels_are_images_are_refused),
	    cmocka_unit_test(e2_32_bits_hold_values_up_to_their_limits),
	    cmocka_unit_test(e2_a_field_outside_of_the_segments_is_refused),
	    cmocka_unit_test(e2_symbols_without_an_address_are_refused_by_name),
	    cmocka_unit_test(e2_names_of_symbols_are_told_as_far_as_they_can_be),
	    cmocka_unit_test(e1_an_image_is_moved_by_its_alignment_and_within_its_addresses),
	    cmocka_unit_test(e1_an_image_at_a_fixed_address_stays_there),
	    cmocka_unit_test(e1_less_memory_than_the_window_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
