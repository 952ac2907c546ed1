/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prepared kernels by docs/prepared.md, their records written here byte by byte: what is read of them, what a vmlinux
 * with one is taken for, and that a file which was cut, or whose record is broken, is refused.
 */
#include "given.h"

#include "../../protocol/elf/prepared.h"
#include "../../protocol/x86/vmlinux.h"
#include "elf_file.h"
#include "memory_source.h"

#define RECORD_AT (64 + 4 * 56) /* behind the headers of three segments and its own */
#define FILE_END  0x2000	/* of elf_file_vmlinux's segments */
#define TABLE	  12
#define SUM	  UINT64_C(0x0123456789abcdef)

struct record {
	uint8_t at[512];
	size_t size;
};

/* A note whose value is put behind it. */
static uint8_t *put_note(struct record *r, const char *owner, uint32_t type, size_t size)
{
	size_t length = strlen(owner) + 1, padded = (length + 3) / 4 * 4;
	uint8_t *at = r->at + r->size;

	assert_true(r->size + 12 + padded + size + 3 <= sizeof(r->at));
	store_le(at, 4, length);
	store_le(at + 4, 4, size);
	store_le(at + 8, 4, type);
	memcpy(at + 12, owner, length);
	r->size += 12 + padded + (size + 3) / 4 * 4;
	return at + 12 + padded;
}

static void put_origin(struct record *r, const char *name)
{
	uint8_t *value = put_note(r, "Berth", 1, 48 + strlen(name));

	store_le(value, 4, 1);
	store_le(value + 8, 8, 0x80000 * 16 + 40 * 512); /* as KERNEL()'s header has it */
	memset(value + 16, 0x77, 32);
	memcpy(value + 48, name, strlen(name));
}

static void put_table(struct record *r, uint64_t size)
{
	uint8_t *value = put_note(r, "Berth", 2, 16);

	store_le(value, 8, size);
	store_le(value + 8, 8, SUM);
}

static void put_setup(struct record *r, const struct kernel_fields *fields)
{
	uint8_t head[IMAGE_HEAD];

	kernel_head(fields, head);
	memcpy(put_note(r, "Berth", 3, 0x7b), head + 0x1f1, 0x7b);
}

static struct prepared prepared;
static struct fail why;

static enum status read_record(const struct record *r, size_t size)
{
	uint8_t *exact = malloc(size + 1);
	enum status status;

	assert_non_null(exact);
	memcpy(exact, r->at, size);
	why.text[0] = '\0';
	status = prepared_read(&prepared, "k", (struct bytes){exact, size}, &why);
	free(exact);
	return status;
}

static void expect_broken(const struct record *r, const char *words)
{
	if (read_record(r, r->size) != BAD_INPUT || strstr(why.text, words) == NULL)
		fail_msg("lacks \"%s\": %s", words, why.text);
	assert_non_null(strstr(why.text, "try: prepare the kernel again"));
}

/* ---- the record alone ---- */

static void all_that_a_record_tells_is_read(void **state)
{
	struct record r = {.size = 0};

	(void)state;
	(void)put_note(&r, "GNU", 1, 3);
	put_origin(&r, "vmlinuz-6.1");
	put_table(&r, 0x1122334455);
	(void)put_note(&r, "Berth", 99, 5);
	put_setup(&r, &KERNEL());
	assert_int_equal(prepared_read(&prepared, "k", (struct bytes){r.at, r.size}, &why), OK);
	assert_true(prepared.size == 0x80000 * 16 + 40 * 512);
	assert_int_equal(prepared.sha256.size, 32);
	assert_true(prepared.sha256.at[0] == 0x77 && prepared.sha256.at[31] == 0x77);
	assert_int_equal(prepared.name.size, strlen("vmlinuz-6.1"));
	assert_memory_equal(prepared.name.at, "vmlinuz-6.1", prepared.name.size);
	assert_true(prepared.has_table && prepared.table_size == 0x1122334455 && prepared.table_sum == SUM);
	assert_true(prepared.header.size == 0x7b && load_le(prepared.header.at + 0x202 - 0x1f1, 4) == 0x53726448);
}

static void without_an_original_there_is_no_record(void **state)
{
	struct record r = {.size = 0};

	(void)state;
	assert_int_equal(read_record(&r, 0), NOT_FOUND);
	(void)put_note(&r, "Bert", 1, 60);
	(void)put_note(&r, "Linux", 1, 60);
	(void)put_note(&r, "Berth", 4, 60);
	assert_int_equal(read_record(&r, r.size), NOT_FOUND);
	put_table(&r, 8);
	expect_broken(&r, "it does not tell of an original");
	r.size = 0;
	put_setup(&r, &KERNEL());
	expect_broken(&r, "it does not tell of an original");
	r.size = 0;
	put_origin(&r, "k");
	assert_int_equal(read_record(&r, r.size), OK);
	assert_true(!prepared.has_table && prepared.table_size == 0 && prepared.header.size == 0);
	/* Its last note is cut: not all of it is there. */
	assert_int_equal(read_record(&r, r.size - 4), NOT_FOUND);
}

static void a_record_with_what_cannot_be_is_broken(void **state)
{
	struct record r = {.size = 0};
	char name[130];

	(void)state;
	put_origin(&r, "");
	expect_broken(&r, "the original has no name, or an impossible one");
	r.size = 0;
	put_origin(&r, "a/b");
	expect_broken(&r, "impossible");
	r.size = 0;
	put_origin(&r, "abc");
	r.at[r.size - 2] = 0;
	expect_broken(&r, "impossible");
	memset(name, 'n', sizeof(name));
	for (size_t size = 127; size <= 128; size++) {
		name[size] = '\0';
		r.size = 0;
		put_origin(&r, name);
		if (size == 127)
			assert_int_equal(read_record(&r, r.size), OK);
		else
			expect_broken(&r, "impossible");
		name[size] = 'n';
	}
	r.size = 0;
	put_origin(&r, "k");
	put_origin(&r, "k");
	expect_broken(&r, "two originals");
	r.size = 0;
	(void)put_note(&r, "Berth", 1, 47);
	expect_broken(&r, "too short");
	r.size = 0;
	(void)put_note(&r, "Berth", 1, 2);
	expect_broken(&r, "too short");
	r.size = 0;
	put_origin(&r, "k");
	store_le(r.at + 20, 4, 2);
	expect_broken(&r, "version 2 of the format; 1 is known");
}

static void a_table_or_a_header_of_the_wrong_length_or_twice_is_broken(void **state)
{
	struct record r = {.size = 0};

	(void)state;
	put_table(&r, 0);
	expect_broken(&r, "a relocation table of 0 bytes");
	r.size = 0;
	(void)put_note(&r, "Berth", 2, 15);
	expect_broken(&r, "has another length, or is there twice");
	r.size = 0;
	put_table(&r, 4);
	put_table(&r, 4);
	expect_broken(&r, "has another length, or is there twice");
	for (size_t i = 0; i < 3; i++) {
		const size_t size = i == 0 ? 0 : 158 + i;

		memset(&r, 0, sizeof(r));
		put_origin(&r, "k");
		(void)put_note(&r, "Berth", 3, size);
		if (size == 159)
			assert_int_equal(read_record(&r, r.size), OK);
		else
			expect_broken(&r, "a setup header of a length that none has");
	}
	r.size = 0;
	put_setup(&r, &KERNEL());
	put_setup(&r, &KERNEL());
	expect_broken(&r, "or two of them");
}

/* ---- a vmlinux with one ---- */

static struct image image;

/* The file with this record in it, and as many bytes as it is to have. */
static enum status identify_with(const struct record *r, uint64_t offset, size_t size)
{
	static uint8_t file[FILE_END + 64];
	struct elf_file f = elf_file_vmlinux();
	struct memory_source source;

	memset(file, 0, sizeof(file));
	f.phnum = 4;
	f.header[3] = (struct elf_file_header){4, 4, offset, 0, 0, r->size, r->size, 4};
	elf_file_write(&f, file);
	memcpy(file + offset, r->at, r->size);
	memory_source_init(&source, "k", (struct bytes){file, size});
	return identify_memory(&image, &source, false, &why);
}

static void given_record(struct record *r, uint64_t table, const struct kernel_fields *fields)
{
	*r = (struct record){.size = 0};
	put_origin(r, "vmlinuz");
	if (table != 0)
		put_table(r, table);
	if (fields != NULL)
		put_setup(r, fields);
}

static void x10_a_prepared_vmlinux_brings_its_table(void **state)
{
	struct record r;

	(void)state;
	given_record(&r, TABLE, NULL);
	assert_int_equal(identify_with(&r, RECORD_AT, FILE_END + TABLE), OK);
	assert_ptr_equal(image.protocol, &vmlinux_protocol);
	assert_true(image.has_table && image.table_size == TABLE && image.image_end == FILE_END);
	assert_true(x86_of(&image)->has_sum && x86_of(&image)->table_sum == SUM);
	assert_int_equal(image.n_wants, 0);
	assert_false(image.takes_five_levels);
	assert_true(x86_of(&image)->setup.version == 0x20c);
	given_record(&r, 0, NULL);
	assert_int_equal(identify_with(&r, RECORD_AT, FILE_END), OK);
	assert_true(!image.has_table && image.table_size == 0 && !x86_of(&image)->has_sum);
}

/* Behind the first bytes it is a note like others, and nobody's whose system is known. */
static void a_record_lies_in_the_first_bytes_of_the_file(void **state)
{
	struct record r;

	(void)state;
	given_record(&r, TABLE, NULL);
	assert_int_equal(identify_with(&r, IMAGE_HEAD - r.size, FILE_END + TABLE), OK);
	assert_true(image.has_table);
	assert_int_equal(identify_with(&r, IMAGE_HEAD - r.size + 4, FILE_END + TABLE), BAD_INPUT);
}

static void x8_a_prepared_vmlinux_brings_the_header_of_its_bzimage(void **state)
{
	const struct bzimage *k = &x86_of(&image)->setup;
	struct record r;

	(void)state;
	given_record(&r, TABLE, &KERNEL(.xloadflags = 0x7f, .cmdline_size = 1234));
	assert_int_equal(identify_with(&r, RECORD_AT, FILE_END + TABLE), OK);
	assert_true(image.takes_five_levels && image.keeps_levels && !image.moves_itself);
	assert_true(k->version == 0x20f && k->cmdline_size == 1234 && k->window_size == 0x3378000);
	assert_true(image.has_table && image.entry_at == 0x40);
	given_record(&r, TABLE, &KERNEL(.xloadflags = 0x1f));
	assert_int_equal(identify_with(&r, RECORD_AT, FILE_END + TABLE), OK);
	assert_false(image.takes_five_levels);
}

static void a_header_that_is_none_of_this_kernel_is_refused(void **state)
{
	const struct {
		struct kernel_fields fields;
		const char *words;
	} row[] = {
	    {KERNEL(.magic = 1), "the setup header in its record is none of a 64-bit kernel"},
	    {KERNEL(.xloadflags = 0), "the setup header in its record is none of a 64-bit kernel"},
	    {KERNEL(.kernel_alignment = 0x300000), "is not a power of two"},
	    {KERNEL(.syssize = 0x80001), "truncated"},
	};
	struct record r;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		given_record(&r, TABLE, &row[i].fields);
		if (identify_with(&r, RECORD_AT, FILE_END + TABLE) != BAD_INPUT ||
		    strstr(why.text, row[i].words) == NULL)
			fail_msg("row %zu lacks \"%s\": %s", i, row[i].words, why.text);
	}
}

static void a_prepared_vmlinux_of_another_length_was_cut(void **state)
{
	struct record r;

	(void)state;
	for (int off = -1; off <= 1; off++) {
		given_record(&r, TABLE, NULL);
		assert_int_equal(identify_with(&r, RECORD_AT, (size_t)(FILE_END + TABLE + off)),
				 off == 0 ? OK : BAD_INPUT);
		assert_true(off == 0 || strstr(why.text, "copy the file again") != NULL);
	}
	given_record(&r, 0, NULL);
	assert_int_equal(identify_with(&r, RECORD_AT, FILE_END + 1), BAD_INPUT);
	given_record(&r, UINT64_MAX, NULL);
	assert_int_equal(identify_with(&r, RECORD_AT, FILE_END), BAD_INPUT);
	assert_non_null(strstr(why.text, "cannot be a relocation table"));
	store_le(r.at + 20, 4, 7);
	assert_int_equal(identify_with(&r, RECORD_AT, FILE_END), BAD_INPUT);
	assert_non_null(strstr(why.text, "version 7"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_that_a_record_tells_is_read),
	    cmocka_unit_test(without_an_original_there_is_no_record),
	    cmocka_unit_test(a_record_with_what_cannot_be_is_broken),
	    cmocka_unit_test(a_table_or_a_header_of_the_wrong_length_or_twice_is_broken),
	    cmocka_unit_test(x10_a_prepared_vmlinux_brings_its_table),
	    cmocka_unit_test(a_record_lies_in_the_first_bytes_of_the_file),
	    cmocka_unit_test(x8_a_prepared_vmlinux_brings_the_header_of_its_bzimage),
	    cmocka_unit_test(a_header_that_is_none_of_this_kernel_is_refused),
	    cmocka_unit_test(a_prepared_vmlinux_of_another_length_was_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
