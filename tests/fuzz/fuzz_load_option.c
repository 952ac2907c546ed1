/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot options in variables: what is taken apart lies in the variable, in its order and without gaps, and the nodes of
 * the path fill it up to its end. And an option that is made of the input is known again.
 */
#include "fuzz.h"

#include "../../install/option.h"

static void use_path(struct bytes path)
{
	struct path_partition partition;
	struct path_node node;
	size_t at = 0, before = 0;

	while (path_next(path, &at, &node)) {
		REQUIRE(at >= before + PATH_NODE && at <= path.size);
		REQUIRE(node.body.at == path.at + before + PATH_NODE && node.body.size == at - before - PATH_NODE);
		REQUIRE(node.type != PATH_END);
		if (path_partition(&node, &partition))
			REQUIRE(node.body.size >= PATH_PARTITION_BODY && node.type == PATH_MEDIA);
		before = at;
	}
	REQUIRE(at == before);
}

static void use_option(struct bytes input)
{
	struct load_option option;
	char words[OPTION_WORDS];

	option_words(input, words);
	REQUIRE(strlen(words) < OPTION_WORDS);
	if (!load_option_read(input, &option)) {
		REQUIRE(words[0] == '\0');
		return;
	}
	REQUIRE(option.description.at == input.at + 6 && option.description.size % 2 == 0);
	REQUIRE(option.path.at == option.description.at + option.description.size + 2);
	REQUIRE(option.data.at == option.path.at + option.path.size);
	REQUIRE(option.data.at + option.data.size == input.at + input.size);
	use_path(option.path);
}

/* A path of the input's bytes, as far as they are ASCII. */
static void make_one(struct bytes input)
{
	struct path_partition partition = {.number = (uint32_t)take_number(&input, 4), .in_mbr = input.size % 2 != 0};
	uint8_t made[OPTION_MOST];
	char path[OPTION_PATH] = "\\";
	struct bytes bytes = {made, 0};

	store_le(partition.signature, 8, take_number(&input, 8));
	for (size_t i = 0; i < input.size && i < 100 && input.at[i] >= ' ' && input.at[i] < 0x7f; i++)
		path[i + 1] = (char)input.at[i];
	bytes.size = option_make(made, path + 1, &partition, path);
	REQUIRE(bytes.size != 0 && option_starts(bytes, &partition, path));
	partition.signature[15] ^= 1;
	REQUIRE(!option_starts(bytes, &partition, path));
	use_option(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct boot_order order;

	use_option(input);
	make_one(input);
	if (order_read(input, &order))
		REQUIRE(order.n == size / 2 && size % 2 == 0 && size <= 2 * ORDER_MOST);
	return 0;
}
