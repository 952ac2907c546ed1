/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random seed: what is composed of which parts, held to sums that tests/tools/test_seed.py makes for itself; when
 * nothing is done; and which tables are believed.
 */
#include "given.h"

#include "../../config/seed.h"

/* Parts of so many bytes; the first byte of each kind is its own, and each next one is one more. */
static const struct vector {
	size_t previous, random, token, file;
	uint64_t count;
	size_t time;
	const char *for_file, *for_system;
} vectors[] = {
    {0, 32, 0, 32, 0x1, 16, "6f56d5431634ac763c972cb2227e51162737c2b365a661e17532c30763f66cf5",
     "989c43bf8b936a3615876ae8351f607fab3d40ab15f11eeedc9d41ea56181cd1"},
    {32, 0, 0, 0, 0x0, 0, "e4b0ccd2d9e7e60cad140e4043d16541f019a2135f74e356c86a56ea99c04165",
     "93bf27f1fc16b9e9781f67532e6f65ab509f356533038f363e1c6bd36cba8d9d"},
    {0, 0, 32, 512, 0x123456789abcdef0, 16, "6cdf1a2f7a646604fea544e29676003b830a8542a7bcd29deb9b8d553dce0262",
     "4b24b74eb3db7d6c29fdfab73410786171904673478f6f49ea7c4a42e01fcf4b"},
    {16, 32, 40, 32768, 0x7, 0, "890fc5a067f9d7c6e76cf18e1c504aad1cc5eaf15cf2a2d04825d9ca874208d6",
     "fc6c68ca50498c2603e892c3a4a8ba9ed64c98ee1d952974247b1cc2c72b5217"},
    {4096, 32, 4096, 33, 0xffffffffffffffff, 16, "49f15f6bc63c7f46c83a7ec879dcd9cea3f9db07f357de85c0c247cdd6becba4",
     "abb4a01fece67adc6c30af5ba7f7f98e72fab1ab407b5eb6ad873e4eddad1cdb"},
};

static uint8_t room[6][SEED_FILE_MOST];

static struct bytes part(unsigned int which, size_t size)
{
	for (size_t i = 0; i < size; i++)
		room[which][i] = (uint8_t)(0x10 * which + i);
	return (struct bytes){size == 0 ? NULL : room[which], size};
}

static void expect_bytes(const uint8_t *at, const char *hex)
{
	char told[2 * SEED_SIZE + 1];

	for (size_t i = 0; i < SEED_SIZE; i++)
		snprintf(told + 2 * i, 3, "%02x", at[i]);
	assert_string_equal(told, hex);
}

static void what_is_composed_is_systemds_sum(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct seed_parts parts = {.previous = part(1, v->previous),
					   .random = part(2, v->random),
					   .token = part(3, v->token),
					   .file = part(4, v->file),
					   .count = v->count,
					   .time = part(5, v->time)};
		uint8_t file[SEED_SIZE], system[SEED_SIZE];

		seed_compose(&parts, file, system);
		expect_bytes(file, v->for_file);
		expect_bytes(system, v->for_system);
	}
}

static struct seed_parts parts_of(size_t previous, size_t random, size_t token)
{
	return (struct seed_parts){.previous = part(1, previous), .random = part(2, random), .token = part(3, token)};
}

static void what_lies_on_the_disk_alone_is_not_enough(void **state)
{
	struct seed_parts nothing = parts_of(0, 0, 0), token = parts_of(0, 0, 32), few = parts_of(31, 0, 31);
	struct seed_parts random = parts_of(0, 32, 0), previous = parts_of(32, 0, 0);

	(void)state;
	assert_non_null(strstr(seed_refusal(&nothing, false), "LoaderSystemToken"));
	assert_non_null(strstr(seed_refusal(&few, false), "LoaderSystemToken"));
	assert_null(seed_refusal(&token, false));
	assert_non_null(strstr(seed_refusal(&token, true), "Secure Boot"));
	assert_null(seed_refusal(&random, true));
	assert_null(seed_refusal(&previous, true));
	assert_false(seed_is_fresh(&nothing) || seed_is_fresh(&token) || seed_is_fresh(&few));
	assert_true(seed_is_fresh(&random) && seed_is_fresh(&previous));
}

static void a_table_that_tells_too_much_has_no_seed(void **state)
{
	uint8_t *table = room[0];

	(void)state;
	store_le(table, 4, 32);
	assert_int_equal(seed_of_table(table).size, 32);
	assert_ptr_equal(seed_of_table(table).at, table + 4);
	store_le(table, 4, SEED_TABLE_MOST);
	assert_int_equal(seed_of_table(table).size, SEED_TABLE_MOST);
	store_le(table, 4, SEED_TABLE_MOST + 1);
	assert_int_equal(seed_of_table(table).size, 0);
	store_le(table, 4, 0xffffffff);
	assert_int_equal(seed_of_table(table).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_composed_is_systemds_sum),
	    cmocka_unit_test(what_lies_on_the_disk_alone_is_not_enough),
	    cmocka_unit_test(a_table_that_tells_too_much_has_no_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
