/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device tree costs grows as its length, however it is built: checked, learnt from, copied and filled, a tree of
 * 2 MiB makes the loader look at no more than a fixed number of bytes for each of its own. Work is counted, not timed:
 * libfdt's memcmp and memmove are these here. It looks for the end of a name at each property that it passes, by a loop
 * of its own: there the work is bounded by the longest name that is accepted.
 */
#include "given.h"
#include "tree_file.h"

#include "../../protocol/riscv/riscv_tree.h"
#include "../../protocol/tree/tree.h"

#define MOST MIB(2)
#define PER_BYTE                                                                                                       \
	32 /* bytes compared or moved for each of the tree's: twelve properties are set, each moves what follows */

static uint64_t work;

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < size; i++, work++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *x = to;
	const unsigned char *y = from;

	work += size;
	for (size_t i = 0; x < y && i < size; i++)
		((volatile unsigned char *)x)[i] = y[i];
	for (size_t i = size; x > y && i > 0; i--)
		((volatile unsigned char *)x)[i - 1] = y[i - 1];
	return to;
}

/* ---- a tree, block by block ---- */

static struct {
	_Alignas(8) uint8_t at[MOST + KIB(64)];
	size_t size, structure, strings;
} file;

static void put(uint32_t word)
{
	tree_file_set(file.at, file.size, word);
	file.size += 4;
}

static void begin(size_t reservations)
{
	memset(&file, 0, sizeof(file));
	file.size = 40;
	for (size_t i = 0; i < reservations; i++) {
		put(0);
		put(0x80000000);
		put(0);
		put(0x1000);
	}
	file.size += 16;
	file.structure = file.size;
	put(1);
	put(0);
}

static void node(const char *name)
{
	put(1);
	memcpy(file.at + file.size, name, strlen(name));
	file.size += (strlen(name) + 4) & ~(size_t)3;
}

static void property(uint32_t name)
{
	put(3);
	put(0);
	put(name);
}

/* @names: the bytes of the strings block. */
static void finish(const char *names, size_t size)
{
	put(2);
	put(9);
	file.strings = file.size;
	memcpy(file.at + file.size, names, size);
	file.size += size;
	tree_file_set(file.at, 0, 0xd00dfeed);
	tree_file_set(file.at, TREE_TOTALSIZE, (uint32_t)file.size);
	tree_file_set(file.at, TREE_OFF_STRUCT, (uint32_t)file.structure);
	tree_file_set(file.at, TREE_OFF_STRINGS, (uint32_t)file.strings);
	tree_file_set(file.at, TREE_OFF_RESERVED, 40);
	tree_file_set(file.at, TREE_VERSION, 17);
	tree_file_set(file.at, TREE_LAST_COMPATIBLE, 16);
	tree_file_set(file.at, TREE_SIZE_STRINGS, (uint32_t)size);
	tree_file_set(file.at, TREE_SIZE_STRUCT, (uint32_t)(file.strings - file.structure));
}

/* All that a boot does with it; what came of it. */
static enum status use(void)
{
	static uint8_t _Alignas(8) copy[2 * MOST];
	static const struct machine machine;
	static struct findings found;
	struct tree tree;
	struct fail why;

	work = 0;
	TRY(tree_check(&tree, "dtb", (struct bytes){file.at, file.size}, &why));
	if (riscv_learn_tree(&tree, &machine, &found, &why) != OK)
		return BAD_INPUT;
	assert_int_equal(tree_copy(&tree, copy, sizeof(copy)), 0);
	for (int i = 0; i < 12; i++) {
		char name[] = "linux,a";

		name[6] = (char)('a' + i);
		assert_int_equal(tree_set(copy, "chosen", name, "value", 6), 0);
	}
	assert_int_equal(tree_remove(copy, "chosen", "linux,b"), 0);
	assert_int_equal(tree_overwrite(copy, "chosen", "linux,c", "V", 1), 0);
	assert_memory_equal(tree_get(copy, "chosen", "linux,c").at, "Value", 6);
	assert_int_equal(tree_check(&tree, "copy", (struct bytes){copy, sizeof(copy)}, &why), OK);
	return OK;
}

static void expect_bounded(const char *what)
{
	if (work > PER_BYTE * (uint64_t)file.size)
		fail_msg("%s: %" PRIu64 " bytes looked at, for a tree of %zu", what, work, file.size);
	print_message("%s: %" PRIu64 " bytes looked at, %" PRIu64 " a byte\n", what, work, work / file.size);
}

static char names[MIB(1)];

/* Properties of one node, all of one name of @length characters; @in: how the node is named. */
static void many_properties(const char *in, size_t length)
{
	begin(0);
	node(in);
	while (file.size < MOST - length - 64)
		property(0);
	put(2);
	memset(names, 'n', length);
	names[length] = '\0';
	finish(names, length + 1);
}

static void names_of_properties_cost_their_length(void **state)
{
	static const char *const nodes[] = {"chosen", "cpus", "reserved-memory", "other"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(nodes); i++) {
		many_properties(nodes[i], 31);
		assert_int_equal(use(), OK);
		expect_bounded(nodes[i]);
		many_properties(nodes[i], 255);
		assert_int_equal(use(), OK);
		expect_bounded(nodes[i]);
		many_properties(nodes[i], 256);
		assert_int_equal(use(), BAD_INPUT);
		many_properties(nodes[i], MIB(1) - 64);
		assert_int_equal(use(), BAD_INPUT);
	}
}

static void reservations_cost_their_number(void **state)
{
	(void)state;
	for (size_t n = 1000; n <= 64000; n *= 4) {
		begin(n);
		node("chosen");
		put(2);
		while (file.size < MIB(2) - 64) {
			node("other");
			put(2);
		}
		finish("n", 2);
		assert_int_equal(use(), OK);
		expect_bounded("reservations");
	}
}

static void nodes_cost_their_number(void **state)
{
	static const char *const parents[] = {"cpus", "reserved-memory", "chosen"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(parents); i++) {
		begin(0);
		node(parents[i]);
		while (file.size < MOST - 64) {
			node("a@1");
			property(0);
			put(2);
		}
		put(2);
		finish("reg", 4);
		assert_int_equal(use(), OK);
		expect_bounded(parents[i]);
	}
}

static void depth_costs_its_length(void **state)
{
	size_t depth = 0;

	(void)state;
	begin(0);
	for (; file.size + 4 * depth < MOST - 64; depth++)
		node("n");
	while (depth-- > 0)
		put(2);
	finish("n", 2);
	assert_int_equal(use(), OK);
	expect_bounded("depth");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_of_properties_cost_their_length),
	    cmocka_unit_test(reservations_cost_their_number),
	    cmocka_unit_test(nodes_cost_their_number),
	    cmocka_unit_test(depth_costs_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
