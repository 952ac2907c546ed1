/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot options that an installation makes, and the order of them: the bytes are those of UEFI 2.10, 3.1.3 and 10.3.5,
 * what was made is known again, and nobody else's is taken for it.
 */
#include "given.h"

#include "../../install/option.h"

#define LOADER "\\EFI\\berth\\berthx64.efi"

static const struct path_partition esp = {
    .number = 1,
    .start = 2048,
    .blocks = 1048576,
    .signature = {0x3d, 0x2c, 0x1b, 0x0a, 0x5f, 0x4e, 0x78, 0x46, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78}};

static void the_bytes_are_those_of_the_specification(void **state)
{
	static const uint8_t wanted[] = {
	    1,	  0,	0,    0,    0x3c, 0,	'B',  0,    'o',  0,	0,    0,    4,	  1,	0x2a, 0,    1, 0,
	    0,	  0,	0,    8,    0,	  0,	0,    0,    0,	  0,	0,    0,    0x10, 0,	0,    0,    0, 0,
	    0x3d, 0x2c, 0x1b, 0x0a, 0x5f, 0x4e, 0x78, 0x46, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78, 2, 2,
	    4,	  4,	14,   0,    '\\', 0,	'a',  0,    0xfc, 0,	'b',  0,    0,	  0,	0x7f, 0xff, 4, 0};
	uint8_t made[OPTION_MOST];
	size_t size;

	(void)state;
	size = option_make(made, "Bo", &esp,
			   "\\a\xc3\xbc"
			   "b");
	assert_int_equal(size, sizeof(wanted));
	assert_memory_equal(made, wanted, sizeof(wanted));
}

static void an_older_tables_partition_says_so(void **state)
{
	struct path_partition old = {.number = 2, .start = 63, .blocks = 99, .signature = {1, 2, 3, 4}, .in_mbr = true};
	uint8_t made[OPTION_MOST];
	size_t size;

	(void)state;
	size = option_make(made, "", &old, "\\a");
	assert_true(size != 0 && made[8 + 40] == 1 && made[8 + 41] == 1);
	assert_true(option_starts((struct bytes){made, size}, &old, "\\A"));
	old.number = 3; /* the signature is the disk's: the number tells its partitions apart */
	assert_false(option_starts((struct bytes){made, size}, &old, "\\a"));
}

static void what_was_made_is_known_again(void **state)
{
	struct path_partition other = esp;
	uint8_t made[OPTION_MOST];
	struct bytes bytes = {made, 0};
	char words[OPTION_WORDS];

	(void)state;
	bytes.size = option_make(made, "Berth", &esp, LOADER);
	assert_true(option_starts(bytes, &esp, LOADER));
	assert_true(option_starts(bytes, &esp, "\\efi\\BERTH\\Berthx64.EFI"));
	assert_false(option_starts(bytes, &esp, "\\EFI\\berth\\berthx64.ef"));
	assert_false(option_starts(bytes, &esp, "\\EFI\\berth\\berthx64.efi2"));
	other.signature[15] ^= 1;
	assert_false(option_starts(bytes, &other, LOADER));
	other = esp;
	other.number = 7; /* a GUID is enough: partitions are numbered anew */
	assert_true(option_starts(bytes, &other, LOADER));
	other.in_mbr = true;
	assert_false(option_starts(bytes, &other, LOADER));
	option_words(bytes, words);
	assert_string_equal(words, "Berth");
	for (size_t size = 0; size + 4 < bytes.size; size++)
		assert_false(option_starts((struct bytes){made, size}, &esp, LOADER));
	option_words((struct bytes){made, 5}, words);
	assert_string_equal(words, "");
}

static void a_file_without_a_partition_is_nobodys(void **state)
{
	uint8_t made[OPTION_MOST];
	struct bytes bytes = {made, 0};

	(void)state;
	bytes.size = option_make(made, "", &esp, LOADER);
	made[8] = 3; /* no media path any more */
	assert_false(option_starts(bytes, &esp, LOADER));
	made[8] = 4;
	made[8 + 42] = 3; /* and no file */
	assert_false(option_starts(bytes, &esp, LOADER));
}

static void what_is_too_long_is_not_made(void **state)
{
	char path[OPTION_PATH + 1];
	uint8_t made[OPTION_MOST];
	char words[OPTION_WORDS];
	size_t size;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[OPTION_PATH] = '\0';
	assert_int_equal(option_make(made, "", &esp, path), 0);
	assert_int_equal(option_make(made, path, &esp, "\\a"), 0);
	path[OPTION_PATH - 1] = '\0';
	size = option_make(made, path, &esp, path);
	assert_true(size != 0);
	assert_true(option_starts((struct bytes){made, size}, &esp, path));
	option_words((struct bytes){made, size}, words);
	assert_int_equal(strlen(words), OPTION_WORDS / 3 - 1);
}

/* ---- the order ---- */

static struct boot_order order_of(size_t n, const uint16_t *numbers)
{
	struct boot_order order;

	assert_true(order_read((struct bytes){(const uint8_t *)numbers, 2 * n}, &order));
	return order;
}

static void a_new_one_goes_behind_all_others_unless_asked(void **state)
{
	static const uint16_t numbers[] = {3, 0x10, 1};
	struct boot_order order = order_of(3, numbers);

	(void)state;
	assert_true(order_put(&order, 2, false));
	assert_true(order.n == 4 && order.at[3] == 2 && order.at[0] == 3);
	assert_true(order_put(&order, 3, false)); /* it keeps its place */
	assert_true(order.n == 4 && order.at[0] == 3);
	assert_true(order_put(&order, 1, true));
	assert_true(order.n == 4 && order.at[0] == 1 && order.at[1] == 3 && order.at[2] == 0x10 && order.at[3] == 2);
	order_drop(&order, 0x10);
	assert_true(order.n == 3 && !order_has(&order, 0x10) && order.at[1] == 3 && order.at[2] == 2);
	assert_int_equal(order_bytes(&order).size, 6);
}

static void an_order_that_is_none_is_refused_and_a_full_one_stays(void **state)
{
	static uint16_t numbers[ORDER_MOST + 1];
	struct boot_order order;

	(void)state;
	for (uint16_t i = 0; i <= ORDER_MOST; i++)
		numbers[i] = i;
	assert_false(order_read((struct bytes){(const uint8_t *)numbers, 3}, &order));
	assert_false(order_read((struct bytes){(const uint8_t *)numbers, 2 * (ORDER_MOST + 1)}, &order));
	order = order_of(ORDER_MOST, numbers);
	assert_false(order_put(&order, ORDER_MOST, false));
	assert_false(order_put(&order, ORDER_MOST, true));
	assert_true(order.n == ORDER_MOST && order.at[0] == 0);
	assert_true(order_put(&order, 9, true));
	assert_true(order.n == ORDER_MOST && order.at[0] == 9);
	order = order_of(0, numbers);
	assert_true(order_put(&order, 5, true) && order.n == 1);
}

static void a_name_has_four_digits_in_capitals(void **state)
{
	uint16_t number = 7;

	(void)state;
	assert_true(option_number("Boot0A1F", &number) && number == 0x0a1f);
	assert_true(option_number("BootFFFF", &number) && number == 0xffff);
	assert_false(option_number("Boot0a1f", &number));
	assert_false(option_number("Boot0A1", &number));
	assert_false(option_number("Boot0A1F0", &number));
	assert_false(option_number("BootOrder", &number));
	assert_false(option_number("Book0001", &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_bytes_are_those_of_the_specification),
	    cmocka_unit_test(an_older_tables_partition_says_so),
	    cmocka_unit_test(what_was_made_is_known_again),
	    cmocka_unit_test(a_file_without_a_partition_is_nobodys),
	    cmocka_unit_test(what_is_too_long_is_not_made),
	    cmocka_unit_test(a_new_one_goes_behind_all_others_unless_asked),
	    cmocka_unit_test(an_order_that_is_none_is_refused_and_a_full_one_stays),
	    cmocka_unit_test(a_name_has_four_digits_in_capitals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
