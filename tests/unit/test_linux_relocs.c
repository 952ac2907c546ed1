/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's relocation table is taken in both forms it had, or refused before a byte of the kernel was changed. Fields
 * and limits are those of relocs.c and misc.c: 32-bit addresses in the topmost 2 GiB, words read backwards.
 */
#include "given.h"

#include "../../protocol/x86/linux_relocs.h"

#define BASE	   UINT64_C(0xffffffff81000000)
#define IMAGE_SIZE 0x1000u
#define DELTA	   UINT64_C(0x2000000)

struct moved {
	uint8_t *image; /* exactly IMAGE_SIZE bytes */
	uint8_t before[IMAGE_SIZE];
	uint8_t table[256];
	size_t table_size;
	enum status status;
	struct linux_relocs relocs;
	struct fail why;
};

static void given_image(struct moved *m)
{
	memset(m, 0, sizeof(*m));
	m->image = malloc(IMAGE_SIZE);
	assert_non_null(m->image);
	memset(m->image, 0x5a, IMAGE_SIZE);
}

static void given_words(struct moved *m, const uint32_t *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		store_le(m->table + 4 * i, 4, word[i]);
	m->table_size = 4 * n;
}
#define given_table(m, ...) given_words(m, (uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4)

static void move(struct moved *m, uint64_t delta)
{
	struct linux_image image = {m->image, IMAGE_SIZE, BASE};
	uint8_t *exact = malloc(m->table_size == 0 ? 1 : m->table_size);

	assert_non_null(exact);
	memcpy(exact, m->table, m->table_size);
	memcpy(m->before, m->image, IMAGE_SIZE);
	m->status = linux_relocs_parse(&m->relocs, "vmlinux", (struct bytes){exact, m->table_size}, &m->why);
	if (m->status == OK)
		m->status = linux_relocs_apply(&m->relocs, &image, delta, &m->why);
	free(exact);
}

static void expect_moved(struct moved *m, uint64_t delta)
{
	move(m, delta);
	if (m->status != OK)
		fail_msg("refused: %s", m->why.text);
}

static void expect_wrong(struct moved *m, uint64_t delta, const char *words)
{
	move(m, delta);
	if (m->status != BAD_INPUT || m->why.rule != E2 || strstr(m->why.text, words) == NULL)
		fail_msg("status %d, lacks \"%s\": %s", (int)m->status, words, m->why.text);
	assert_memory_equal(m->image, m->before, IMAGE_SIZE);
	assert_null(strstr(m->why.text, "cannot be used"));
}

static void e2_each_list_is_applied_in_its_own_way(void **state)
{
	struct moved m;

	(void)state;
	given_image(&m);
	store_le(m.image + 0x100, 4, 0x81000123);
	store_le(m.image + 0x105, 4, 0x01000000);
	store_le(m.image + 0x200, 4, 0x7f000000);
	store_le(m.image + 0xff8, 8, 0xffffffff81000456);
	given_table(&m, 0, 0x81000ff8, 0, 0x81000200, 0, 0x81000100, 0x81000105);
	expect_moved(&m, DELTA);
	assert_true(load_le(m.image + 0x100, 4) == 0x83000123);
	assert_true(load_le(m.image + 0x105, 4) == 0x03000000);
	assert_true(load_le(m.image + 0x200, 4) == 0x7d000000);
	assert_true(load_le(m.image + 0xff8, 8) == 0xffffffff83000456);
	assert_int_equal(linux_relocs_count(&m.relocs), 4);
	assert_int_equal(m.image[0x104], 0x5a);
	assert_int_equal(m.image[0xff7], 0x5a);
	expect_moved(&m, 0 - DELTA);
	assert_true(load_le(m.image + 0x200, 4) == 0x7f000000 && load_le(m.image + 0x100, 4) == 0x81000123);
	free(m.image);
}

/* Linux 6.15 on, and before 3.15. */
static void e2_a_table_without_the_inverse_list_has_two(void **state)
{
	struct moved m;

	(void)state;
	given_image(&m);
	store_le(m.image + 0x200, 4, 0x81000000);
	store_le(m.image + 0x300, 8, 0xffffffff81000000);
	given_table(&m, 0, 0x81000300, 0, 0x81000200);
	expect_moved(&m, DELTA);
	assert_true(load_le(m.image + 0x200, 4) == 0x83000000);
	assert_true(load_le(m.image + 0x300, 8) == 0xffffffff83000000);
	assert_int_equal(m.relocs.subtract_32.size, 0);
	free(m.image);
}

static void e2_lists_may_be_empty(void **state)
{
	struct moved m;

	(void)state;
	given_image(&m);
	given_table(&m, 0, 0);
	expect_moved(&m, DELTA);
	given_table(&m, 0, 0, 0);
	expect_moved(&m, DELTA);
	assert_int_equal(linux_relocs_count(&m.relocs), 0);
	assert_memory_equal(m.image, m.before, IMAGE_SIZE);
	free(m.image);
}

static void e2_a_kernel_without_a_table_has_none(void **state)
{
	struct moved m;

	(void)state;
	given_image(&m);
	move(&m, DELTA);
	assert_int_equal(m.status, NOT_FOUND);
	assert_non_null(strstr(m.why.text, "RANDOMIZE_BASE"));
	free(m.image);
}

static void e2_a_table_that_is_cut_off_anywhere_is_refused(void **state)
{
	static const uint32_t whole[] = {0, 0x81000300, 0, 0x81000208, 0, 0x81000100};
	struct moved m;

	(void)state;
	given_image(&m);
	given_table(&m, 0x81000300, 0, 0x81000200, 0, 0x81000100);
	expect_wrong(&m, DELTA, "unterminated: its first word is 0x81000300");
	given_table(&m, 0x81000100);
	expect_wrong(&m, DELTA, "unterminated");
	given_table(&m, 0, 0x81000100);
	expect_wrong(&m, DELTA, "one list in 8 bytes");
	given_table(&m, 0, 0, 0, 0x81000100, 0);
	expect_wrong(&m, DELTA, "a fourth 0 at 0x10");
	for (size_t size = 1; size < sizeof(whole); size++) {
		given_words(&m, whole, COUNT_OF(whole));
		m.table_size = size; /* its end is missing: what is left of it may still be a table, of fewer lists */
		move(&m, 0);
		assert_int_equal(m.status == OK, size % 4 == 0 && size >= 12);
		given_words(&m, whole, COUNT_OF(whole));
		memmove(m.table, m.table + size, sizeof(whole) - size); /* its start is missing */
		m.table_size = sizeof(whole) - size;
		move(&m, 0);
		assert_int_equal(m.status == OK, size == 8);
	}
	free(m.image);
}

static void e2_a_field_outside_of_the_image_is_refused(void **state)
{
	struct moved m;

	(void)state;
	given_image(&m);
	given_table(&m, 0, 0, 0x81000ffd);
	expect_wrong(&m, 0, "32-bit relocation 0: the field at 0xffffffff81000ffd lies outside");
	given_table(&m, 0, 0, 0x81000ffc);
	expect_moved(&m, 0);
	given_table(&m, 0, 0, 0x80ffffff);
	expect_wrong(&m, 0, "0xffffffff80ffffff");
	given_table(&m, 0, 0x81000ff9, 0);
	expect_wrong(&m, 0, "64-bit relocation 0: the field at 0xffffffff81000ff9");
	given_table(&m, 0, 0x81000ff8, 0);
	expect_moved(&m, 0);
	given_table(&m, 0, 0, 0x81000100, 0x81001000, 0);
	expect_wrong(&m, 0, "inverse 32-bit relocation 1");
	given_table(&m, 0, 0, 0x01000100);
	expect_wrong(&m, 0, "0x1000100");
	given_table(&m, 0, 0, 0xffffffff);
	expect_wrong(&m, 0, "0xffffffffffffffff");
	free(m.image);
}

static void expect_word(uint32_t held, uint64_t delta, bool inverse, bool fits)
{
	struct moved m;

	given_image(&m);
	store_le(m.image + 0x100, 4, held);
	if (inverse)
		given_table(&m, 0, 0, 0x81000100, 0);
	else
		given_table(&m, 0, 0, 0x81000100);
	if (fits)
		expect_moved(&m, delta);
	else
		expect_wrong(&m, delta, "does not fit into 32 bits");
	if (fits)
		assert_true(load_le(m.image + 0x100, 4) == (uint32_t)(inverse ? held - delta : held + delta));
	free(m.image);
}

static void e2_32_bit_fields_are_moved_up_to_their_limits(void **state)
{
	(void)state;
	/* The kernel's half: from -2 GiB to -1. */
	expect_word(0xffffffff - DELTA, DELTA, false, true);
	expect_word((uint32_t)(0xffffffff - DELTA + 1), DELTA, false, false);
	expect_word(0x80000000 + DELTA, 0 - DELTA, false, true);
	expect_word(0x80000000 + DELTA - 1, 0 - DELTA, false, false);
	/* Less __START_KERNEL_map: from 0 to 2 GiB. */
	expect_word(0x7fffffff - DELTA, DELTA, false, true);
	expect_word(0x7fffffff - DELTA + 1, DELTA, false, false);
	expect_word(DELTA, 0 - DELTA, false, true);
	expect_word(DELTA - 1, 0 - DELTA, false, false);
	/* Distances have either sign. */
	expect_word(0x80000000 + DELTA, DELTA, true, true);
	expect_word(0x80000000 + DELTA - 1, DELTA, true, false);
	expect_word(0x7fffffff - DELTA, 0 - DELTA, true, true);
	expect_word(0x7fffffff - DELTA + 1, 0 - DELTA, true, false);
	expect_word(0, DELTA, true, true);
	expect_word(0x1000, 0 - DELTA, true, true);
	/* No move is that long. */
	expect_word(0x81000000, UINT64_C(1) << 32, false, false);
	expect_word(0x81000000, UINT64_C(1) << 63, false, false);
	expect_word(0x81000000, UINT64_C(0x80000000), false, false);
}

/* Each step fits, both do not: seen when the first has been done. */
static void e2_a_field_named_twice_that_then_overflows_leaves_an_image_of_no_use(void **state)
{
	struct moved m;

	(void)state;
	given_image(&m);
	store_le(m.image + 0x100, 4, 0xffffffff - (uint32_t)DELTA);
	given_table(&m, 0, 0, 0x81000100, 0x81000100);
	move(&m, DELTA);
	assert_int_equal(m.status, BAD_INPUT);
	assert_int_equal(m.why.rule, E2);
	assert_non_null(strstr(m.why.text, "cannot be used any more"));
	free(m.image);
}

/* FNV-1a of 64 bits at a time, by hand: the address, then what it holds, list by list. */
static uint64_t sum_of(const uint64_t *words, size_t n)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ words[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static void given_one_of_each(struct moved *m)
{
	given_image(m);
	store_le(m->image + 0x100, 4, 0x81000123);
	store_le(m->image + 0x200, 4, 0x7f000000);
	store_le(m->image + 0xff8, 8, 0x1234567881000456);
	given_table(m, 0, 0x81000ff8, 0, 0x81000200, 0, 0x81000100);
}

static void e2_the_sum_is_over_each_field_and_what_it_holds(void **state)
{
	const uint64_t words[] = {0xffffffff81000100, 0xffffffff81000123, 0xffffffff81000200,
				  0x7f000000,	      0xffffffff81000ff8, 0x1234567881000456};
	struct linux_relocs relocs;
	struct moved m;
	uint64_t sum;

	(void)state;
	given_one_of_each(&m);
	assert_int_equal(linux_relocs_parse(&relocs, "k", (struct bytes){m.table, m.table_size}, &m.why), OK);
	assert_int_equal(linux_relocs_sum(&relocs, &(struct linux_image){m.image, IMAGE_SIZE, BASE}, &sum, &m.why), OK);
	assert_true(sum == sum_of(words, COUNT_OF(words)));
	assert_int_equal(linux_relocs_sum(&relocs, &(struct linux_image){m.image, 0xfff, BASE}, &sum, &m.why),
			 BAD_INPUT);
	assert_int_equal(m.why.rule, E2);
	free(m.image);
}

/* Not one byte of the image is changed when the sum is another. */
static void e2_a_table_with_another_sum_is_refused_before_anything_is_moved(void **state)
{
	struct linux_image image;
	struct linux_relocs relocs;
	struct moved m;
	uint64_t sum;

	(void)state;
	given_one_of_each(&m);
	image = (struct linux_image){m.image, IMAGE_SIZE, BASE};
	assert_int_equal(linux_relocs_parse(&relocs, "k", (struct bytes){m.table, m.table_size}, &m.why), OK);
	assert_int_equal(linux_relocs_sum(&relocs, &image, &sum, &m.why), OK);
	sum ^= UINT64_C(1) << 63;
	relocs.sum = &sum;
	memcpy(m.before, m.image, IMAGE_SIZE);
	assert_int_equal(linux_relocs_apply(&relocs, &image, DELTA, &m.why), BAD_INPUT);
	assert_true(m.why.rule == E2 && strstr(m.why.text, "is not this kernel's") != NULL);
	assert_memory_equal(m.image, m.before, IMAGE_SIZE);
	sum ^= UINT64_C(1) << 63;
	assert_int_equal(linux_relocs_apply(&relocs, &image, DELTA, &m.why), OK);
	assert_true(load_le(m.image + 0x100, 4) == 0x83000123);
	/* What was moved is another kernel to the table; nobody checks it where nobody said its sum. */
	assert_int_equal(linux_relocs_apply(&relocs, &image, DELTA, &m.why), BAD_INPUT);
	relocs.sum = NULL;
	assert_int_equal(linux_relocs_apply(&relocs, &image, DELTA, &m.why), OK);
	free(m.image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(e2_each_list_is_applied_in_its_own_way),
	    cmocka_unit_test(e2_a_table_without_the_inverse_list_has_two),
	    cmocka_unit_test(e2_lists_may_be_empty),
	    cmocka_unit_test(e2_a_kernel_without_a_table_has_none),
	    cmocka_unit_test(e2_a_table_that_is_cut_off_anywhere_is_refused),
	    cmocka_unit_test(e2_a_field_outside_of_the_image_is_refused),
	    cmocka_unit_test(e2_32_bit_fields_are_moved_up_to_their_limits),
	    cmocka_unit_test(e2_a_field_named_twice_that_then_overflows_leaves_an_image_of_no_use),
	    cmocka_unit_test(e2_the_sum_is_over_each_field_and_what_it_holds),
	    cmocka_unit_test(e2_a_table_with_another_sum_is_refused_before_anything_is_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
