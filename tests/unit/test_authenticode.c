/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of which bytes the Authenticode hash is made: each byte of a file is changed once, and only those that a signer
 * changes leave it as it is. Source: Microsoft, Windows Authenticode Portable Executable Signature Format, "Calculating
 * the PE Image Hash".
 */
#include "given.h"
#include "pe_file.h"

#include "../../tools/authenticode.h"

/* Of pe_file.c's files, which are PE32+: the optional header, and in it */
#define OPTIONAL   (0x80 + 24)
#define HEADERS	   (OPTIONAL + 60)
#define CHECKSUM   (OPTIONAL + 64)
#define N_DIRS	   (OPTIONAL + 108)
#define SIGNATURES (OPTIONAL + 112 + 8 * 4)

static struct pe_file file;

/* Two sections, the later one first in the table; 100 bytes behind them; @signatures more at the end. */
static void given(size_t signatures)
{
	uint8_t row[40];

	pe_file_begin(&file, PE_X64, 1);
	store_le(file.bytes + HEADERS, 4, 1024);
	store_le(file.bytes + N_DIRS, 4, 16);
	pe_file_add_text(&file, ".one", "first in the file");
	pe_file_add_text(&file, ".empty", "");
	pe_file_add_text(&file, ".two", "second in the file");
	memcpy(row, pe_file_row(&file, 0), 40);
	memcpy(pe_file_row(&file, 0), pe_file_row(&file, 2), 40);
	memcpy(pe_file_row(&file, 2), row, 40);
	memset(file.bytes + file.size, 0x33, 100 + signatures);
	file.size += 100;
	store_le(file.bytes + SIGNATURES, 4, signatures != 0 ? file.size : 0);
	store_le(file.bytes + SIGNATURES + 4, 4, signatures);
	file.size += signatures;
}

static bool sum(uint8_t out[SHA256_SIZE])
{
	return authenticode_sum((struct bytes){file.bytes, file.size}, out);
}

static void add(struct sha256 *made, size_t start, size_t end)
{
	sha256_add(made, (struct bytes){file.bytes + start, end - start});
}

static void it_is_the_sum_of_headers_sections_in_the_files_order_and_the_rest(void **state)
{
	uint8_t found[SHA256_SIZE], wanted[SHA256_SIZE];
	struct sha256 made;

	(void)state;
	for (size_t signatures = 0; signatures <= 200; signatures += 200) {
		given(signatures);
		sha256_start(&made);
		add(&made, 0, CHECKSUM);
		add(&made, CHECKSUM + 4, SIGNATURES);
		add(&made, SIGNATURES + 8, file.size - signatures);
		sha256_end(&made, wanted);
		assert_true(sum(found));
		assert_memory_equal(found, wanted, SHA256_SIZE);
	}
}

static void what_a_signer_writes_is_not_in_it_and_all_else_is(void **state)
{
	uint8_t before[SHA256_SIZE], after[SHA256_SIZE];

	(void)state;
	given(200);
	assert_true(sum(before));
	for (size_t i = 0; i < file.size; i++) {
		bool is_signers = (i >= CHECKSUM && i < CHECKSUM + 4) || (i >= SIGNATURES && i < SIGNATURES + 4) ||
				  i >= file.size - 200;
		bool is_counted;

		file.bytes[i] ^= 0x80;
		is_counted = !sum(after) || memcmp(before, after, SHA256_SIZE) != 0;
		file.bytes[i] ^= 0x80;
		/* How many bytes of signatures there are tells what is counted. */
		if (is_counted == is_signers && (i < SIGNATURES + 4 || i >= SIGNATURES + 8))
			fail_msg("byte %zu", i);
	}
}

static void a_file_without_that_directory_has_no_signatures(void **state)
{
	uint8_t found[SHA256_SIZE], wanted[SHA256_SIZE];
	struct sha256 made;

	(void)state;
	given(0);
	store_le(file.bytes + N_DIRS, 4, 4);
	store_le(file.bytes + SIGNATURES + 4, 4, 50);
	sha256_start(&made);
	add(&made, 0, CHECKSUM);
	add(&made, CHECKSUM + 4, file.size);
	sha256_end(&made, wanted);
	assert_true(sum(found));
	assert_memory_equal(found, wanted, SHA256_SIZE);
}

/* The places of PE32's directories are 16 bytes before. */
static void files_of_32_bits_have_their_directories_elsewhere(void **state)
{
	uint8_t found[SHA256_SIZE], wanted[SHA256_SIZE];
	struct sha256 made;

	(void)state;
	given(0);
	store_le(file.bytes + OPTIONAL, 2, 0x10b);
	store_le(file.bytes + N_DIRS - 16, 4, 5);
	store_le(file.bytes + SIGNATURES - 16, 8, 0);
	sha256_start(&made);
	add(&made, 0, CHECKSUM);
	add(&made, CHECKSUM + 4, SIGNATURES - 16);
	add(&made, SIGNATURES - 16 + 8, file.size);
	sha256_end(&made, wanted);
	assert_true(sum(found));
	assert_memory_equal(found, wanted, SHA256_SIZE);
}

static void expect_none(size_t at, unsigned int width, uint64_t value)
{
	uint8_t found[SHA256_SIZE];

	given(200);
	store_le(file.bytes + at, width, value);
	if (sum(found))
		fail_msg("%#zx is %#" PRIx64, at, value);
}

static void what_does_not_lie_in_the_file_is_refused(void **state)
{
	size_t row = (size_t)(pe_file_row(&file, 0) - file.bytes);
	uint8_t found[SHA256_SIZE];

	(void)state;
	expect_none(0, 2, 0);
	expect_none(OPTIONAL, 2, 0x107);
	expect_none(HEADERS, 4, file.size + 1);
	expect_none(HEADERS, 4, SIGNATURES + 7); /* they end within the directory */
	expect_none(0x80 + 6, 2, 2000);		 /* sections */
	expect_none(row + 16, 4, file.size);
	expect_none(row + 20, 4, UINT32_MAX);
	expect_none(row + 16, 4, UINT32_MAX);
	expect_none(SIGNATURES + 4, 4, file.size + 1);
	given(200);
	for (file.size = 0; file.size < 2048; file.size++)
		assert_false(sum(found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_the_sum_of_headers_sections_in_the_files_order_and_the_rest),
	    cmocka_unit_test(what_a_signer_writes_is_not_in_it_and_all_else_is),
	    cmocka_unit_test(a_file_without_that_directory_has_no_signatures),
	    cmocka_unit_test(files_of_32_bits_have_their_directories_elsewhere),
	    cmocka_unit_test(what_does_not_lie_in_the_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
