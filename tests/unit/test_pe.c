/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers of PE files are read as Microsoft's PE Format has them, and no further than the head that is there. */
#include "given.h"
#include "pe_file.h"

#include "../../base/pe.h"

static struct pe_file file;

static struct bytes head(void)
{
	return (struct bytes){file.bytes, file.size};
}

static void what_headers_say_is_read(void **state)
{
	struct pe_section section;
	struct pe pe;

	(void)state;
	pe_file_begin(&file, PE_X64, 3);
	pe_file_add_text(&file, ".first", "one");
	pe_file_add_text(&file, ".eight88", "seven, 7");
	assert_true(pe_read(head(), &pe));
	assert_int_equal(pe.machine, PE_X64);
	assert_int_equal(pe.major_image_version, 3);
	assert_int_equal(pe.n_sections, 2);
	assert_int_equal(pe.head_end, 0x80 + 24 + 0xf0 + 2 * 40);
	assert_true(pe_section_at(head(), &pe, 1, &section));
	assert_string_equal(section.name, ".eight88");
	assert_int_equal(section.virtual_size, 8);
	assert_int_equal(section.address, 0x2000);
	assert_int_equal(section.size, 512);
	assert_int_equal(section.offset, 1536);
	assert_false(pe_section_at(head(), &pe, 2, &section));
	assert_true(pe_section_named(head(), &pe, ".first", &section));
	assert_int_equal(section.offset, 1024);
	assert_false(pe_section_named(head(), &pe, ".fir", &section));
	assert_false(pe_section_named(head(), &pe, ".firsts", &section));
	assert_false(pe_section_named(head(), &pe, ".eight888", &section));
}

/* The mark is bit 8 of a field at 70 of the optional header; the flags of a section are the last of its row. */
static void what_wants_memory_to_be_written_to_and_run_is_told(void **state)
{
	enum { OPTIONAL = 0x80 + 24, WRITE_AND_RUN = 0xa0000000, DISCARDABLE = 0x02000000 };
	static const char unmarked[] = "is not marked NX_COMPAT";
	static const struct {
		uint64_t mark, optional, flags;
		const char *words;
	} row[] = {
	    {0x100, 0xf0, 0x60000020, NULL},
	    {0xffff, 0xf0, 0xc0000040, NULL},
	    {0x100, 0xf0, WRITE_AND_RUN | DISCARDABLE, NULL}, /* shim, pe.c, handle_image: it is not looked at */
	    {0x100, 0xf0, 0xffffffff, NULL},
	    {0x100, 0xf0, WRITE_AND_RUN, "has a section that can be written to and run"},
	    {0x100, 0xf0, 0xe0000020, "has a section that can be written to and run"},
	    {0, 0xf0, 0x60000020, unmarked},
	    {0xfeff, 0xf0, 0x60000020, unmarked},
	    {0, 0xf0, WRITE_AND_RUN, unmarked},
	    {0x100, 72, 0x60000020, NULL},
	    {0x100, 71, 0x60000020, unmarked}, /* its headers do not have all of the field */
	};
	struct pe pe;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		pe_file_begin(&file, PE_X64, 1);
		store_le(file.bytes + OPTIONAL + 70, 2, row[i].mark);
		pe_file_add_text(&file, "code", "one"); /* behind a cut field it would be read as the mark */
		store_le(pe_file_row(&file, 0) + 36, 4, 0x40000040);
		pe_file_add_text(&file, ".second", "two");
		store_le(pe_file_row(&file, 1) + 36, 4, row[i].flags);
		if (row[i].optional < 0xf0) { /* the table moves up, over what is behind the field */
			memmove(file.bytes + OPTIONAL + row[i].optional, pe_file_row(&file, 0), 2ul * PE_SECTION);
			store_le(file.bytes + 0x80 + 20, 2, row[i].optional);
		}
		assert_true(pe_read(head(), &pe));
		if (row[i].words == NULL)
			assert_null(pe_breaks_nx(head(), &pe));
		else
			assert_string_equal(pe_breaks_nx(head(), &pe), row[i].words);
	}
}

/* Linux arch/x86/boot/header.S, ".compat": kind 1, size 8, a machine, and where; a kind of 0 ends the list. */
static void an_entrance_for_another_cpu_is_found(void **state)
{
	enum { AT = 0x1000, END = 0x2000 };
	static uint8_t image[END];
	static const struct {
		uint8_t bytes[24];
		size_t size;
		uint32_t entry;
	} row[] = {
	    {{1, 8, 0x4c, 0x01, 0x40, 0x03, 0, 0}, 8, 0x340},
	    {{1, 8, 0x4c, 0x01, 0x40, 0x03, 0, 0, 0}, 9, 0x340},
	    {{1, 8, 0x64, 0x86, 0x40, 0x03, 0, 0, 1, 8, 0x4c, 0x01, 0x50, 0x03, 0, 0}, 16, 0x350},
	    {{2, 12, 0x4c, 0x01, 0x40, 0x03, 0, 0, 9, 9, 9, 9, 1, 8, 0x4c, 0x01, 0x50, 0x03, 0, 0}, 20, 0x350},
	    {{1, 8, 0x4c, 0x01, 0x40, 0x03, 0, 0}, 7, 0},			   /* cut */
	    {{1, 7, 0x4c, 0x01, 0x40, 0x03, 0, 0}, 8, 0},			   /* too small for what it holds */
	    {{1, 9, 0x4c, 0x01, 0x40, 0x03, 0, 0}, 8, 0},			   /* larger than its section */
	    {{0, 8, 0, 0, 0, 0, 0, 0, 1, 8, 0x4c, 0x01, 0x40, 0x03, 0, 0}, 16, 0}, /* behind the end */
	    {{2, 0, 0, 0, 0, 0, 0, 0, 1, 8, 0x4c, 0x01, 0x40, 0x03, 0, 0}, 16, 0}, /* no length */
	    {{2, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 8, 0x4c, 0x01, 0x40, 0x03, 0, 0}, 8, 0}, /* it leads behind it */
	    {{1, 8, 0x4c, 0x01, 0xff, 0x1f, 0, 0}, 8, END - 1},
	    {{1, 8, 0x4c, 0x01, 0x00, 0x20, 0, 0}, 8, 0}, /* behind the image */
	};
	struct bytes bytes = {image, END};
	struct pe pe;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		pe_file_begin(&file, PE_X64, 1);
		pe_file_add(&file, ".compat", row[i].bytes, row[i].size);
		memset(image, 0, sizeof(image));
		memcpy(image, file.bytes, 1024);
		memcpy(image + AT, row[i].bytes, sizeof(row[i].bytes)); /* also what the section does not have */
		assert_true(pe_read(bytes, &pe));
		assert_int_equal(pe_compat_entry(bytes, &pe, PE_I386), row[i].entry);
	}
	/* A section that says to be larger, or elsewhere, than what was loaded. */
	memcpy(image + END - 8, row[0].bytes, 8);
	store_le(pe_file_row(&file, 0) + 12, 4, END - 8);
	store_le(pe_file_row(&file, 0) + 8, 4, 0xffffffff);
	memcpy(image, file.bytes, 1024);
	assert_int_equal(pe_compat_entry(bytes, &pe, PE_I386), 0x340);
	for (bytes.size = 1024; bytes.size < END; bytes.size++)
		assert_int_equal(pe_compat_entry(bytes, &pe, PE_I386), 0);
	bytes.size = END;
	store_le(pe_file_row(&file, 0) + 12, 4, 0xfffffff8);
	memcpy(image, file.bytes, 1024);
	assert_int_equal(pe_compat_entry(bytes, &pe, PE_I386), 0);
	pe_file_begin(&file, PE_X64, 1);
	pe_file_add(&file, ".other", row[0].bytes, 8);
	memcpy(image, file.bytes, 1024);
	memcpy(image + AT, row[0].bytes, 8);
	assert_true(pe_read(bytes, &pe));
	assert_int_equal(pe_compat_entry(bytes, &pe, PE_I386), 0);
}

/* PE Format, "Section Table": each number is read to its last byte. */
static void a_row_of_the_section_table_is_read_whole(void **state)
{
	struct pe_section section;
	uint8_t row[PE_SECTION];

	(void)state;
	for (size_t i = 0; i < sizeof(row); i++)
		row[i] = (uint8_t)(0xa0 + i);
	pe_section_decode(row, &section);
	assert_memory_equal(section.name, row, 8);
	assert_int_equal(section.virtual_size, 0xabaaa9a8);
	assert_int_equal(section.address, 0xafaeadac);
	assert_int_equal(section.size, 0xb3b2b1b0);
	assert_int_equal(section.offset, 0xb7b6b5b4);
	assert_int_equal(section.flags, 0xc7c6c5c4);
}

/* In the file a section is filled up, or, with zeros in memory alone, shorter. */
static void contents_are_what_is_in_the_file_and_means_something(void **state)
{
	(void)state;
	assert_int_equal(pe_section_contents(&(struct pe_section){.virtual_size = 3, .size = 512}), 3);
	assert_int_equal(pe_section_contents(&(struct pe_section){.virtual_size = 5000, .size = 512}), 512);
	assert_int_equal(pe_section_contents(&(struct pe_section){.virtual_size = 0, .size = 512}), 0);
}

static void what_is_no_pe_file_is_none(void **state)
{
	struct pe pe;

	(void)state;
	for (size_t at = 0; at < 2; at++) {
		pe_file_begin(&file, PE_X64, 0);
		file.bytes[at] ^= 1;
		assert_false(pe_read(head(), &pe));
	}
	for (size_t at = 0x80; at < 0x84; at++) {
		pe_file_begin(&file, PE_X64, 0);
		file.bytes[at] ^= 1;
		assert_false(pe_read(head(), &pe));
	}
	pe_file_begin(&file, PE_X64, 0);
	store_le(file.bytes + 0x3c, 4, UINT32_MAX);
	assert_false(pe_read(head(), &pe));
}

/* Cut at every length: nothing is read behind the end, which the sanitizers see, or made up. */
static void a_head_may_end_anywhere(void **state)
{
	struct pe_section section;
	struct pe pe;

	(void)state;
	pe_file_begin(&file, PE_X64, 1);
	pe_file_add_text(&file, ".a", "a");
	pe_file_add_text(&file, ".b", "b");
	for (size_t size = 0; size <= 1024; size++) {
		uint8_t *copy = malloc(size + 1);
		struct bytes cut = {copy, size};
		bool is_pe;

		memcpy(copy, file.bytes, size);
		copy = realloc(copy, size == 0 ? 1 : size);
		cut.at = copy;
		is_pe = pe_read(cut, &pe);
		assert_int_equal(is_pe, size >= 0x80 + 22);
		if (is_pe) {
			assert_int_equal(pe.major_image_version, size >= 0x80 + 24 + 46 ? 1 : 0);
			assert_int_equal(pe_section_at(cut, &pe, 0, &section), size >= pe.table + 40);
			assert_int_equal(pe_section_at(cut, &pe, 1, &section), size >= pe.head_end);
		}
		free(copy);
	}
}

/* Object files have none; then what stands behind is a section, and no version. */
static void without_an_optional_header_there_is_no_version(void **state)
{
	struct pe pe;

	(void)state;
	pe_file_begin(&file, PE_X64, 7);
	store_le(file.bytes + 0x80 + 20, 2, 45);
	assert_true(pe_read(head(), &pe));
	assert_int_equal(pe.major_image_version, 0);
	assert_int_equal(pe.table, 0x80 + 24 + 45);
	store_le(file.bytes + 0x80 + 20, 2, 46);
	assert_true(pe_read(head(), &pe));
	assert_int_equal(pe.major_image_version, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_headers_say_is_read),
	    cmocka_unit_test(what_wants_memory_to_be_written_to_and_run_is_told),
	    cmocka_unit_test(an_entrance_for_another_cpu_is_found),
	    cmocka_unit_test(a_row_of_the_section_table_is_read_whole),
	    cmocka_unit_test(contents_are_what_is_in_the_file_and_means_something),
	    cmocka_unit_test(what_is_no_pe_file_is_none),
	    cmocka_unit_test(a_head_may_end_anywhere),
	    cmocka_unit_test(without_an_optional_header_there_is_no_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
