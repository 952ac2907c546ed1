/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device tree is checked as a whole before it is used: what is accepted can be copied, filled and read again within
 * the room that was measured; what is not is refused by name. All lies in memory of exactly its size. Source:
 * Devicetree Specification v0.4, chapter 5.
 */
#include "given.h"
#include "tree_file.h"

#include "../../protocol/tree/tree.h"

#define NEW_VALUE "a value of some length"

static uint8_t *exact_copy(const uint8_t *file, size_t size)
{
	uint8_t *exact = aligned_alloc(8, (size + 7) / 8 * 8);

	assert_non_null(exact);
	memcpy(exact, file, size);
	return exact;
}

/* Checks @file, and when it is accepted does to it all that the loader does. */
static enum status use(const uint8_t *file, size_t size, struct fail *why)
{
	uint8_t *exact = exact_copy(file, size), *copy;
	struct tree tree;
	enum status status = tree_check(&tree, "dtb", (struct bytes){exact, size}, why);
	uint64_t room;

	if (status == OK) {
		assert_true(tree.size <= size && tree.at == exact);
		room =
		    tree_copy_size(&tree) + tree_node_size("chosen") + tree_property_size("new-one", sizeof(NEW_VALUE));
		room = (room + 7) / 8 * 8;
		copy = aligned_alloc(8, (size_t)room);
		assert_non_null(copy);
		assert_int_equal(tree_copy(&tree, copy, room), 0);
		assert_int_equal(tree_set(copy, "chosen", "new-one", NEW_VALUE, sizeof(NEW_VALUE)), 0);
		assert_int_equal(tree_overwrite(copy, "chosen", "new-one", "A", 1), 0);
		assert_memory_equal(tree_get(copy, "chosen", "new-one").at, "A value", 7);
		assert_int_equal(tree_remove(copy, "chosen", "new-one"), 0);
		assert_null(tree_get(copy, "chosen", "new-one").at);
		assert_int_equal(tree_check(&tree, "copy", (struct bytes){copy, (size_t)room}, why), OK);
		free(copy);
	} else {
		assert_null(tree.at);
	}
	free(exact);
	return status;
}

static void expect_broken(const uint8_t *file, size_t size, const char *words)
{
	struct fail why;

	assert_int_equal(use(file, size, &why), BAD_INPUT);
	if (strstr(why.text, words) == NULL || strstr(why.text, "dtb: ") != why.text)
		fail_msg("the message lacks \"%s\" or the name:\n%s", words, why.text);
}

static void a_machines_tree_is_copied_and_keeps_what_it_says(void **state)
{
	struct tree_file file = tree_file_machine();
	uint8_t written[TREE_FILE_SIZE] __attribute__((aligned(8))), copy[TREE_FILE_SIZE] __attribute__((aligned(8)));
	struct tree tree;
	struct fail why;

	(void)state;
	for (int order = 0; order < 2; order++) {
		file.strings_first = order == 1;
		size_t size = tree_file_write(&file, written);

		assert_int_equal(use(written, size, &why), OK);
		assert_int_equal(tree_check(&tree, "dtb", (struct bytes){written, size}, &why), OK);
		assert_int_equal(tree_copy(&tree, copy, sizeof(copy)), 0);
		assert_string_equal((const char *)tree_get(copy, "", "model").at, "berth,test");
		assert_string_equal((const char *)tree_get(copy, "memory@40000000", "device_type").at, "memory");
		assert_string_equal((const char *)tree_get(copy, "chosen", "bootargs").at, "firmware's own");
	}
}

/* QEMU's tree has a megabyte, of which a few kilobytes are used. */
static void room_to_spare_in_a_tree_is_not_copied(void **state)
{
	struct tree_file file = tree_file_machine();
	uint8_t written[TREE_FILE_SIZE];
	struct tree tight, padded;
	struct fail why;
	size_t size;
	uint8_t *exact;

	(void)state;
	file.padding = 0;
	size = tree_file_write(&file, written);
	exact = exact_copy(written, size);
	assert_int_equal(tree_check(&tight, "dtb", (struct bytes){exact, size}, &why), OK);
	free(exact);
	file.padding = 1024;
	size = tree_file_write(&file, written);
	exact = exact_copy(written, size);
	assert_int_equal(tree_check(&padded, "dtb", (struct bytes){exact, size}, &why), OK);
	free(exact);
	assert_true(tight.size == padded.size);
}

static void reservations_are_left_to_the_memory_map(void **state)
{
	struct tree_file file = tree_file_machine();
	uint8_t written[TREE_FILE_SIZE] __attribute__((aligned(8))), copy[TREE_FILE_SIZE] __attribute__((aligned(8)));
	struct tree tree;
	struct fail why;
	size_t size;

	(void)state;
	file.reservations = 5;
	size = tree_file_write(&file, written);
	assert_int_equal(tree_check(&tree, "dtb", (struct bytes){written, size}, &why), OK);
	assert_int_equal(tree_copy(&tree, copy, sizeof(copy)), 0);
	/* The list ends with an entry of zeros, which is the first now; its place is the header's big-endian word. */
	size = (size_t)copy[TREE_OFF_RESERVED + 2] << 8 | copy[TREE_OFF_RESERVED + 3];
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(copy[size + i], 0);
}

static void without_a_tree_there_is_an_empty_one(void **state)
{
	struct tree none = {NULL, 0}, made;
	uint64_t room = tree_copy_size(&none) + tree_node_size("chosen") + tree_property_size("p", 4);
	uint8_t *copy;
	struct fail why;

	(void)state;
	room = (room + 7) / 8 * 8;
	copy = aligned_alloc(8, (size_t)room);
	assert_non_null(copy);
	assert_int_equal(tree_copy(&none, copy, room), 0);
	assert_int_equal(tree_set(copy, "chosen", "p", "abc", 4), 0);
	assert_int_equal(tree_check(&made, "made", (struct bytes){copy, (size_t)room}, &why), OK);
	assert_memory_equal(tree_get(copy, "", "#address-cells").at, "\0\0\0\2", 4);
	assert_memory_equal(tree_get(copy, "", "#size-cells").at, "\0\0\0\2", 4);
	assert_string_equal((const char *)tree_get(copy, "chosen", "p").at, "abc");
	free(copy);
}

static void what_is_no_tree_is_refused_by_name(void **state)
{
	struct tree_file file = tree_file_machine();
	uint8_t written[TREE_FILE_SIZE] __attribute__((aligned(8)));
	size_t size = tree_file_write(&file, written);
	struct tree tree;
	struct fail why;

	(void)state;
	expect_broken(written, 39, "not a device tree");
	written[0] = 0;
	expect_broken(written, size, "not a device tree");
	written[0] = 0xd0;
	expect_broken(written, size - 1, "of which");
	assert_int_equal(tree_check(&tree, "dtb", (struct bytes){written + 4, size - 4}, &why), BAD_INPUT);
	tree_file_set(written, TREE_VERSION, 16);
	expect_broken(written, size, "BADVERSION");
	tree_file_set(written, TREE_VERSION, 17);
	tree_file_set(written, TREE_OFF_STRUCT, 58);
	expect_broken(written, size, "broken device tree");
}

/* A name of 255 characters, the last of all, whose NUL is cut off; and one of none, which is that NUL alone. */
static void a_propertys_name_ends_within_the_strings(void **state)
{
	uint8_t written[TREE_FILE_SIZE] __attribute__((aligned(8)));
	struct tree_file file = {.padding = 8};
	char name[256] = "";
	struct fail why;
	size_t size;

	(void)state;
	memset(name, 'n', 255);
	tree_file_node(&file, "");
	tree_file_property(&file, name, "", 1);
	tree_file_end(&file);
	tree_file_end(&file);
	file.structure[file.structure_size - 1] = 9; /* FDT_END */
	size = tree_file_write(&file, written);
	assert_int_equal(use(written, size, &why), OK);
	tree_file_set(written, TREE_SIZE_STRINGS, 255);
	expect_broken(written, size, "BADOFFSET");
	file.strings_size = 0;
	file.structure_size = 0;
	tree_file_node(&file, "");
	tree_file_property(&file, "", "", 1);
	tree_file_end(&file);
	tree_file_end(&file);
	file.structure[file.structure_size - 1] = 9;
	size = tree_file_write(&file, written);
	tree_file_set(written, TREE_SIZE_STRINGS, 1);
	assert_int_equal(use(written, size, &why), OK);
}

static void a_tree_that_is_not_aligned_is_refused(void **state)
{
	uint8_t written[TREE_FILE_SIZE + 8] __attribute__((aligned(8)));
	struct tree_file file = tree_file_machine();
	size_t size = tree_file_write(&file, written);
	struct tree tree;
	struct fail why;

	(void)state;
	memmove(written + 4, written, size);
	assert_int_equal(tree_check(&tree, "dtb", (struct bytes){written + 4, size}, &why), BAD_INPUT);
	assert_non_null(strstr(why.text, "dtb: a device tree that is not aligned to 8 bytes"));
	assert_null(tree.at);
}

/* A room that was measured wrongly is an error with a name, and never written past. */
static void a_tree_that_has_no_room_is_an_error_with_a_name(void **state)
{
	struct tree_file file = tree_file_machine();
	uint8_t written[TREE_FILE_SIZE] __attribute__((aligned(8)));
	struct fail why;
	struct tree tree;

	(void)state;
	for (int order = 0; order < 2; order++) {
		file.strings_first = order == 1;
		size_t size = tree_file_write(&file, written);

		assert_int_equal(tree_check(&tree, "dtb", (struct bytes){written, size}, &why), OK);
		for (uint64_t room = 8; room < tree_copy_size(&tree); room += 8) {
			uint8_t *copy = aligned_alloc(8, (size_t)room);
			int error = tree_copy(&tree, copy, room);

			if (error != 0)
				assert_string_equal(tree_error(error), "FDT_ERR_NOSPACE");
			assert_true(error != 0 || room + 64 > tree_copy_size(&tree));
			free(copy);
		}
	}
	for (uint64_t room = 48; room < 120; room += 8) { /* of the empty one: its two properties and the root */
		uint8_t *copy = aligned_alloc(8, (size_t)room);

		tree = (struct tree){NULL, 0};
		assert_string_equal(tree_error(tree_copy(&tree, copy, room)), "FDT_ERR_NOSPACE");
		free(copy);
	}
}

static void what_is_not_there_is_removed_without_an_error_and_never_overwritten(void **state)
{
	uint8_t copy[512] __attribute__((aligned(8)));
	struct tree none = {NULL, 0};

	(void)state;
	assert_int_equal(tree_copy(&none, copy, sizeof(copy)), 0);
	assert_int_equal(tree_remove(copy, "chosen", "bootargs"), 0);
	assert_string_equal(tree_error(tree_overwrite(copy, "chosen", "bootargs", "A", 1)), "FDT_ERR_NOTFOUND");
	assert_int_equal(tree_set(copy, "chosen", "linux,initrd-start", "12345678", 8), 0);
	assert_int_equal(tree_remove(copy, "chosen", "bootargs"), 0);
	assert_null(tree_get(copy, "chosen", "bootargs").at);
	assert_memory_equal(tree_get(copy, "chosen", "linux,initrd-start").at, "12345678", 8);
}

static void expect_structure_refused(const struct tree_file *file)
{
	uint8_t written[TREE_FILE_SIZE];
	size_t size = tree_file_write(file, written);

	expect_broken(written, size, "broken device tree");
}

static void nodes_are_closed_and_there_is_one_root(void **state)
{
	struct tree_file file = {.padding = 8};

	(void)state;
	tree_file_node(&file, "");
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	expect_structure_refused(&file); /* open */
	file = (struct tree_file){.padding = 8};
	for (int i = 0; i < 2; i++) {
		tree_file_node(&file, "");
		tree_file_end(&file);
	}
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	expect_structure_refused(&file); /* two roots */
	file = (struct tree_file){.padding = 8};
	tree_file_property(&file, "p", "", 0);
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	expect_structure_refused(&file); /* a property of nothing */
	file = (struct tree_file){.padding = 8};
	tree_file_end(&file);
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	expect_structure_refused(&file); /* closed before it was open */
	file = (struct tree_file){.padding = 8};
	tree_file_set(file.structure, file.structure_size, 9);
	file.structure_size += 4;
	expect_structure_refused(&file); /* nothing at all */
}

static void every_cut_and_every_extreme_word_is_refused_or_harmless(void **state)
{
	static const uint32_t extreme[] = {0, 1, 3, 4, 39, 40, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
	struct tree_file file = tree_file_machine();
	uint8_t written[TREE_FILE_SIZE];
	unsigned int accepted = 0, refused = 0;
	struct fail why;

	(void)state;
	for (int order = 0; order < 2; order++) {
		file.strings_first = order == 1;
		size_t size = tree_file_write(&file, written);

		for (size_t cut = 0; cut < size; cut++)
			assert_int_equal(use(written, cut, &why), BAD_INPUT);
		for (size_t at = 0; at + 4 <= size - file.padding; at += 4) {
			uint8_t kept[4];

			memcpy(kept, written + at, 4);
			for (size_t i = 0; i < COUNT_OF(extreme); i++) {
				tree_file_set(written, at, extreme[i]);
				*(use(written, size, &why) == OK ? &accepted : &refused) += 1;
			}
			memcpy(written + at, kept, 4);
		}
	}
	assert_true(accepted > 500 && refused > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_machines_tree_is_copied_and_keeps_what_it_says),
	    cmocka_unit_test(room_to_spare_in_a_tree_is_not_copied),
	    cmocka_unit_test(reservations_are_left_to_the_memory_map),
	    cmocka_unit_test(without_a_tree_there_is_an_empty_one),
	    cmocka_unit_test(what_is_no_tree_is_refused_by_name),
	    cmocka_unit_test(a_tree_that_is_not_aligned_is_refused),
	    cmocka_unit_test(a_propertys_name_ends_within_the_strings),
	    cmocka_unit_test(a_tree_that_has_no_room_is_an_error_with_a_name),
	    cmocka_unit_test(what_is_not_there_is_removed_without_an_error_and_never_overwritten),
	    cmocka_unit_test(nodes_are_closed_and_there_is_one_root),
	    cmocka_unit_test(every_cut_and_every_extreme_word_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
