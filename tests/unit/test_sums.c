/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of berth.sums, line by line: which is taken, which record an entry finds, and that each rule that stands in
 * config/sums.h refuses what breaks it, with its line. Sums are FIPS 180-4's own examples.
 */
#include "given.h"
#include "pe_file.h"

#include "../../config/sums.h"

/* FIPS 180-4's examples: of "abc", and of nothing. */
#define ABC  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NONE "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define HEAD	      "berth-sums 1\nversion 7\n"
#define PARTS	      "kernel " ABC "\noptions " NONE "\n"
#define DEBIAN	      "entry debian.conf\n" PARTS
#define INITRD	      "initrd " ABC "\n"
#define TREE	      "devicetree " ABC "\n"
#define OVERLAY	      "devicetree-overlay " ABC "\n"
#define RELOCS	      "relocs " ABC "\n"
#define SIXTEEN(line) line line line line line line line line line line line line line line line line

static struct sums sums;
static char *kept;

/* In memory of exactly that size: what is read behind it is found. */
static enum status parse(const char *text, size_t size, struct fail *why)
{
	free(kept);
	kept = malloc(size + (size == 0));
	memcpy(kept, text, size);
	return sums_parse(&sums, "\\berth.sums", (struct word){kept, size}, why);
}

static void expect_taken(const char *text)
{
	struct fail why;

	if (parse(text, strlen(text), &why) != OK)
		fail_msg("%s", why.text);
}

static void expect_not(const char *text, unsigned int line, const char *rule)
{
	char place[64];
	struct fail why;

	snprintf(place, sizeof(place), "\\berth.sums: line %u of its section .sums: ", line);
	assert_int_equal(parse(text, strlen(text), &why), BAD_INPUT);
	if (strncmp(why.text, place, strlen(place)) != 0 || strstr(why.text, rule) == NULL)
		fail_msg("not \"%s%s\" but \"%s\"", place, rule, why.text);
}

static void a_head_alone_has_a_version_and_no_records(void **state)
{
	struct word record;

	(void)state;
	expect_taken(HEAD);
	assert_true(sums.version == 7 && sums.least == 0 && !sums.clears);
	assert_false(sums_record(&sums, "debian.conf", &record));
	assert_null(record.at);
	expect_taken("berth-sums 1\nversion 18446744073709551615\nleast 18446744073709551615\n");
	assert_true(sums.version == UINT64_MAX && sums.least == UINT64_MAX);
	expect_taken("berth-sums 1\nversion 7\nleast 1\n" DEBIAN);
	assert_true(sums.least == 1 && !sums.clears);
	expect_taken("berth-sums 1\nversion 7\nclear\n" DEBIAN);
	assert_true(sums.least == 0 && sums.clears);
}

static void a_head_is_as_it_must_be(void **state)
{
	(void)state;
	expect_not("", 0, "the first is `berth-sums 1`");
	expect_not("berth-sums 1", 0, "the first is `berth-sums 1`");
	expect_not("berth-sums\n", 1, "the first is `berth-sums 1`");
	expect_not("berth-sums 2\nversion 7\n", 1, "the form that this loader reads");
	expect_not("berth-sum 1\nversion 7\n", 1, "the first is `berth-sums 1`");
	expect_not("berth-sums 1\n", 1, "`version` and a number, 1 or more");
	expect_not("berth-sums 1\nversion\n", 1, "`version` and a number, 1 or more");
	expect_not("berth-sums 1\nversion x\n", 1, "`version` and a number, 1 or more");
	expect_not("berth-sums 1\nversions 7\n", 1, "`version` and a number, 1 or more");
	expect_not("berth-sums 1\nversion 0\n", 2, "`version` and a number, 1 or more");
	expect_not("berth-sums 1\nversion 18446744073709551616\n", 1, "`version` and a number, 1 or more");
	expect_not("berth-sums 1\nversion 7\nleast 8\n", 3, "not above the version");
	expect_not("berth-sums 1\nversion 7\nleast 0\n", 3, "`least` is 1 or more");
	/* What says both, or one twice, says nothing that could be relied on. */
	expect_not("berth-sums 1\nversion 7\nleast 7\nclear\n", 4, "a record begins with `entry` and an id");
	expect_not("berth-sums 1\nversion 7\nclear\nleast 7\n", 4, "a record begins with `entry` and an id");
	expect_not("berth-sums 1\nversion 7\nversion 8\n", 3, "a record begins with `entry` and an id");
	expect_not("berth-sums 1\nversion 7\nleast x\n", 3, "a record begins with `entry` and an id");
}

static void each_entry_finds_its_own_record(void **state)
{
	struct word record;

	(void)state;
	expect_taken(HEAD DEBIAN INITRD INITRD RELOCS "entry b c.conf\n" PARTS TREE "entry z\n" PARTS OVERLAY OVERLAY);
	assert_true(sums_record(&sums, "debian.conf", &record));
	assert_int_equal(record.length, strlen(PARTS INITRD INITRD RELOCS));
	assert_memory_equal(record.at, PARTS INITRD INITRD RELOCS, record.length);
	assert_int_equal(sums_count(record, SUMS_KERNEL), 1);
	assert_int_equal(sums_count(record, SUMS_INITRD), 2);
	assert_int_equal(sums_count(record, SUMS_RELOCS), 1);
	assert_int_equal(sums_count(record, SUMS_TREE), 0);
	assert_true(sums_record(&sums, "b c.conf", &record));
	assert_int_equal(sums_count(record, SUMS_TREE), 1);
	assert_int_equal(sums_count(record, SUMS_OVERLAY), 0);
	assert_true(sums_record(&sums, "z", &record));
	assert_int_equal(record.length, strlen(PARTS OVERLAY OVERLAY));
	assert_int_equal(sums_count(record, SUMS_OVERLAY), 2);
	assert_false(sums_record(&sums, "debian", &record));
	assert_false(sums_record(&sums, "Debian.conf", &record));
	assert_false(sums_record(&sums, "", &record));
}

static void a_part_matches_the_bytes_that_it_has_the_sum_of(void **state)
{
	static const struct bytes abc = {(const uint8_t *)"abc", 3}, abd = {(const uint8_t *)"abd", 3},
				  none = {(const uint8_t *)"", 0};
	struct word record;

	(void)state;
	expect_taken(HEAD DEBIAN INITRD "initrd " NONE "\n" INITRD);
	assert_true(sums_record(&sums, "debian.conf", &record));
	assert_true(sums_match(record, SUMS_KERNEL, 0, abc));
	assert_false(sums_match(record, SUMS_KERNEL, 0, abd));
	assert_false(sums_match(record, SUMS_KERNEL, 0, none));
	assert_false(sums_match(record, SUMS_KERNEL, 1, abc));
	assert_true(sums_match(record, SUMS_OPTIONS, 0, none));
	assert_false(sums_match(record, SUMS_OPTIONS, 0, abc));
	assert_true(sums_match(record, SUMS_INITRD, 0, abc));
	assert_true(sums_match(record, SUMS_INITRD, 1, none));
	assert_false(sums_match(record, SUMS_INITRD, 1, abc));
	assert_true(sums_match(record, SUMS_INITRD, 2, abc));
	assert_false(sums_match(record, SUMS_INITRD, 3, abc));
	assert_false(sums_match(record, SUMS_TREE, 0, abc));
	assert_false(sums_match((struct word){NULL, 0}, SUMS_KERNEL, 0, abc));
}

/* Also the last byte of 32, and digits of either case. */
static void every_digit_of_a_sum_counts(void **state)
{
	char text[] = HEAD DEBIAN;
	char *sum = strstr(text, ABC);
	struct word record;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		char before = sum[i];

		sum[i] = before == '0' ? '1' : '0';
		expect_taken(text);
		assert_true(sums_record(&sums, "debian.conf", &record));
		assert_false(sums_match(record, SUMS_KERNEL, 0, (struct bytes){(const uint8_t *)"abc", 3}));
		sum[i] = before;
	}
	sum[0] = 'B';
	expect_taken(text);
	assert_true(sums_record(&sums, "debian.conf", &record));
	assert_true(sums_match(record, SUMS_KERNEL, 0, (struct bytes){(const uint8_t *)"abc", 3}));
}

static void a_record_is_as_it_must_be(void **state)
{
	static const char long_id[] = HEAD "entry " SIXTEEN("0123456789abcdef") "\n" PARTS;

	(void)state;
	expect_not(HEAD "kernel " ABC "\n", 3, "a record begins with `entry` and an id");
	expect_not(HEAD "entry\n" PARTS, 3, "a record begins with `entry` and an id");
	expect_not(HEAD "entry \n" PARTS, 3, "a record begins with `entry` and an id");
	expect_not(HEAD "entry debian.conf", 2, "a record begins with `entry` and an id");
	expect_not(long_id, 3, "a record begins with `entry` and an id");
	expect_taken(HEAD "entry " SIXTEEN("0123456789abcde") "fedcba987654321\n" PARTS);
	expect_not(HEAD DEBIAN "entry z\n" PARTS DEBIAN, 9, "this entry has a record already");
	expect_not(HEAD "entry a\n", 3, "each record has a kernel and options");
	expect_not(HEAD "entry a\nkernel " ABC "\n", 4, "each record has a kernel and options");
	expect_not(HEAD "entry a\noptions " ABC "\n", 4, "each record has a kernel and options");
	expect_not(HEAD "entry a\n" DEBIAN, 3, "each record has a kernel and options");
	expect_not(HEAD DEBIAN "initrd " ABC, 5, "it was cut off");
	expect_not(HEAD DEBIAN "\n", 6, "no part with its sum");
	expect_not(HEAD DEBIAN "firmware " ABC "\n", 6, "no part with its sum");
	expect_not(HEAD DEBIAN "initrd\n", 6, "no part with its sum");
	expect_not(HEAD DEBIAN "initrd " ABC "0\n", 6, "of 64 hexadecimal digits");
	expect_not(HEAD DEBIAN "initrd " ABC " \n", 6, "of 64 hexadecimal digits");
	expect_not(HEAD DEBIAN "initrd  " ABC "\n", 6, "of 64 hexadecimal digits");
	expect_not(HEAD DEBIAN "initrd g" NONE "\n", 6, "of 64 hexadecimal digits");
	expect_not(HEAD "entry a\nkernel abc\n", 4, "of 64 hexadecimal digits");
}

static void parts_stand_in_their_order_and_not_too_often(void **state)
{
	const char *rule = "parts stand in their order, and none more often";

	(void)state;
	expect_taken(HEAD DEBIAN SIXTEEN(INITRD) TREE SIXTEEN(OVERLAY) RELOCS);
	expect_not(HEAD DEBIAN "kernel " ABC "\n", 6, rule);
	expect_not(HEAD "entry a\nkernel " ABC "\nkernel " ABC "\n", 5, rule);
	expect_not(HEAD DEBIAN "options " ABC "\n", 6, rule);
	expect_not(HEAD "entry a\noptions " ABC "\nkernel " ABC "\n", 5, rule);
	expect_not(HEAD DEBIAN SIXTEEN(INITRD) INITRD, 22, rule);
	expect_not(HEAD DEBIAN SIXTEEN(OVERLAY) OVERLAY, 22, rule);
	expect_not(HEAD DEBIAN TREE TREE, 7, rule);
	expect_not(HEAD DEBIAN TREE INITRD, 7, rule);
	expect_not(HEAD DEBIAN OVERLAY TREE, 7, rule);
	expect_not(HEAD DEBIAN RELOCS RELOCS, 7, rule);
	expect_not(HEAD DEBIAN RELOCS OVERLAY, 7, rule);
}

/* ---- the file around it ---- */

static struct pe_file file;

static void expect_no_text(struct bytes bytes, const char *words)
{
	struct word text = {NULL, 77};
	struct fail why;

	assert_int_equal(sums_in_file(bytes, "\\berth.sums", &text, &why), BAD_INPUT);
	if (strstr(why.text, words) == NULL || strncmp(why.text, "\\berth.sums: ", 13) != 0)
		fail_msg("not \"%s\" but \"%s\"", words, why.text);
	assert_true(text.at == NULL && text.length == 77);
}

static void given_file(void)
{
	pe_file_begin(&file, PE_X64, 1);
	pe_file_add_text(&file, ".text", "code");
	pe_file_add_text(&file, ".sums", HEAD DEBIAN);
}

static struct bytes bytes_of(size_t size)
{
	return (struct bytes){file.bytes, size};
}

static void the_text_is_the_sections_without_what_fills_it_up(void **state)
{
	struct word text;
	struct fail why;

	(void)state;
	given_file();
	assert_int_equal(sums_in_file(bytes_of(file.size), "\\berth.sums", &text, &why), OK);
	assert_int_equal(text.length, strlen(HEAD DEBIAN));
	assert_memory_equal(text.at, HEAD DEBIAN, text.length);
	/* Its last byte is the file's. */
	store_le(pe_file_row(&file, 1) + 16, 4, strlen(HEAD DEBIAN));
	assert_int_equal(sums_in_file(bytes_of(file.size - 512 + strlen(HEAD DEBIAN)), "\\berth.sums", &text, &why),
			 OK);
	expect_no_text(bytes_of(file.size - 512 + strlen(HEAD DEBIAN) - 1), "do not lie in the file");
	/* An empty one may stand at the end. */
	store_le(pe_file_row(&file, 1) + 16, 4, 0);
	store_le(pe_file_row(&file, 1) + 20, 4, file.size);
	assert_int_equal(sums_in_file(bytes_of(file.size), "\\berth.sums", &text, &why), OK);
	assert_int_equal(text.length, 0);
}

static void a_file_that_has_no_such_section_has_no_text(void **state)
{
	(void)state;
	expect_no_text((struct bytes){NULL, 0}, "is no PE file with a section .sums");
	expect_no_text((struct bytes){(const uint8_t *)HEAD, strlen(HEAD)}, "is no PE file with a section .sums");
	given_file();
	pe_file_row(&file, 1)[1] = 'S';
	expect_no_text(bytes_of(file.size), "is no PE file with a section .sums");
	given_file();
	store_le(pe_file_row(&file, 1) + 20, 4, file.size + 1);
	expect_no_text(bytes_of(file.size), "do not lie in the file");
	store_le(pe_file_row(&file, 1) + 20, 4, 0xffffffff);
	store_le(pe_file_row(&file, 1) + 16, 4, 0xffffffff);
	store_le(pe_file_row(&file, 1) + 8, 4, 0xffffffff);
	expect_no_text(bytes_of(file.size), "the 4294967295 bytes of its section .sums do not lie in the file");
}

static void a_text_has_at_most_64_kib(void **state)
{
	static uint8_t large[16384 + SUMS_MOST_TEXT + 1];
	struct word text;
	struct fail why;

	(void)state;
	given_file();
	memcpy(large, file.bytes, file.size);
	for (unsigned int more = 0; more < 2; more++) {
		uint8_t *row = large + (pe_file_row(&file, 1) - file.bytes);

		store_le(row + 8, 4, SUMS_MOST_TEXT + more);
		store_le(row + 16, 4, SUMS_MOST_TEXT + more);
		if (more == 0)
			assert_int_equal(sums_in_file((struct bytes){large, sizeof(large)}, "p", &text, &why), OK);
		else
			expect_no_text((struct bytes){large, sizeof(large)}, "has 65537 bytes; at most 65536 are read");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_head_alone_has_a_version_and_no_records),
	    cmocka_unit_test(a_head_is_as_it_must_be),
	    cmocka_unit_test(each_entry_finds_its_own_record),
	    cmocka_unit_test(a_part_matches_the_bytes_that_it_has_the_sum_of),
	    cmocka_unit_test(every_digit_of_a_sum_counts),
	    cmocka_unit_test(a_record_is_as_it_must_be),
	    cmocka_unit_test(parts_stand_in_their_order_and_not_too_often),
	    cmocka_unit_test(the_text_is_the_sections_without_what_fills_it_up),
	    cmocka_unit_test(a_file_that_has_no_such_section_has_no_text),
	    cmocka_unit_test(a_text_has_at_most_64_kib),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(kept);
	return failed;
}
