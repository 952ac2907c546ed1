/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot options as UEFI 2.10, 3.1.3 and 10.3, has them: what stands in one is found, and one that is cut anywhere, or
 * whose lengths lie, is not believed.
 */
#include "given.h"

#include "../../config/load_option.h"

/* "Hi", on a partition with a large number of a disk with a GPT, the file "\a", and two bytes for the program. */
static const uint8_t option[] = {
    1,	  0,	0,    0,							  /* active */
    0x38, 0,									  /* bytes of the path */
    'H',  0,	'i',  0,    0,	  0,						  /* description */
    4,	  1,	0x2a, 0,							  /* a partition */
    3,	  0,	0,    0x80,							  /* its number */
    0,	  8,	0,    0,    0,	  0, 0,	  0,					  /* its first block */
    0,	  0,	0x10, 0,    0,	  0, 0,	  0,					  /* how many there are */
    1,	  2,	3,    4,    5,	  6, 7,	  8, 9, 10, 11, 12, 13, 14, 15, 16, 2, 2, /* its GUID */
    4,	  4,	10,   0,    '\\', 0, 'a', 0, 0, 0,				  /* a file */
    0x7f, 0xff, 4,    0,							  /* the end */
    0xaa, 0xbb,									  /* for the program */
};

#define PATH_AT	    12
#define PATH_END_AT (sizeof(option) - 2)

static struct bytes bytes_of(const uint8_t *at, size_t size)
{
	return (struct bytes){at, size};
}

static void an_option_is_taken_apart(void **state)
{
	struct path_partition partition;
	struct load_option found;
	struct path_node node;
	size_t at = 0;

	(void)state;
	assert_true(load_option_read(bytes_of(option, sizeof(option)), &found));
	assert_int_equal(found.attributes, LOAD_OPTION_ACTIVE);
	assert_true(found.description.at == option + 6 && found.description.size == 4);
	assert_true(found.path.at == option + PATH_AT && found.path.size == PATH_END_AT - PATH_AT);
	assert_true(found.data.at == option + PATH_END_AT && found.data.size == 2);
	assert_true(path_next(found.path, &at, &node));
	assert_true(node.type == PATH_MEDIA && node.subtype == PATH_PARTITION && node.body.size == PATH_PARTITION_BODY);
	assert_true(path_partition(&node, &partition));
	assert_int_equal(partition.number, 0x80000003);
	assert_int_equal(partition.start, 0x800);
	assert_int_equal(partition.blocks, 0x100000);
	assert_false(partition.in_mbr);
	assert_memory_equal(partition.signature, option + PATH_AT + 24, 16);
	assert_true(path_next(found.path, &at, &node));
	assert_true(node.type == PATH_MEDIA && node.subtype == PATH_FILE && node.body.size == 6);
	assert_false(path_partition(&node, &partition));
	assert_false(path_next(found.path, &at, &node));
	assert_int_equal(at, found.path.size - 4);
}

static void one_that_is_cut_is_none(void **state)
{
	struct load_option found;

	(void)state;
	for (size_t size = 0; size < sizeof(option); size++)
		assert_int_equal(load_option_read(bytes_of(option, size), &found), size >= PATH_END_AT);
	/* A description without its 0. */
	assert_false(load_option_read(bytes_of((const uint8_t *)"\1\0\0\0\0\0H\0i\0", 10), &found));
	/* An option may have no path, and no description. */
	assert_true(load_option_read(bytes_of((const uint8_t *)"\2\0\0\x80\0\0\0", 8), &found));
	assert_true(found.attributes == 0x80000002 && found.description.size == 0 && found.path.size == 0 &&
		    found.data.size == 0);
}

static void a_node_that_lies_about_its_length_ends_the_path(void **state)
{
	uint8_t path[PATH_END_AT - PATH_AT];
	struct path_node node;

	(void)state;
	for (unsigned int length = 0; length < 0x200; length++) {
		size_t at = 0;

		memcpy(path, option + PATH_AT, sizeof(path));
		store_le(path + 2, 2, length);
		assert_int_equal(path_next(bytes_of(path, sizeof(path)), &at, &node),
				 length >= 4 && length <= sizeof(path));
		assert_int_equal(at, length >= 4 && length <= sizeof(path) ? length : 0);
	}
	for (size_t size = 0; size < 4; size++) {
		size_t at = 0;

		assert_false(path_next(bytes_of(option + PATH_AT, size), &at, &node));
	}
}

/* 10.3.5.1: of the kinds of signatures only 1, an MBR's, and 2, a GUID, tell one disk from another. */
static void a_partition_without_a_signature_is_none(void **state)
{
	uint8_t body[PATH_PARTITION_BODY];
	struct path_node node = {PATH_MEDIA, PATH_PARTITION, {body, sizeof(body)}};
	struct path_partition found;

	(void)state;
	memcpy(body, option + PATH_AT + 4, sizeof(body));
	for (unsigned int kind = 0; kind < 256; kind++) {
		body[PATH_PARTITION_BODY - 1] = (uint8_t)kind;
		assert_int_equal(path_partition(&node, &found), kind == 1 || kind == 2);
		if (kind == 1 || kind == 2)
			assert_int_equal(found.in_mbr, kind == 1);
	}
	body[PATH_PARTITION_BODY - 1] = 2;
	node.body.size--;
	assert_false(path_partition(&node, &found));
	node.body.size++;
	node.subtype = PATH_FILE;
	assert_false(path_partition(&node, &found));
	node.subtype = PATH_PARTITION;
	node.type = 3;
	assert_false(path_partition(&node, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_option_is_taken_apart),
	    cmocka_unit_test(one_that_is_cut_is_none),
	    cmocka_unit_test(a_node_that_lies_about_its_length_ends_the_path),
	    cmocka_unit_test(a_partition_without_a_signature_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
