/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images for RISC-V, and what a device tree tells of their machine: what is accepted has a place of whole 2 MiB pages
 * that holds its file, limits that no number of the tree's can widen, and reserved ranges that are ranges.
 */
#include "fuzz.h"

#include "../../protocol/image.h"
#include "../../protocol/riscv/riscv.h"
#include "../../protocol/riscv/riscv_tree.h"

static void learn(const uint8_t *data, size_t size, struct findings *found)
{
	static const struct machine machine;
	uint8_t *blob = aligned_alloc(8, (size + 8) / 8 * 8);
	struct tree tree;
	struct fail why;

	memcpy(blob, data, size);
	if (tree_check(&tree, "fuzz", (struct bytes){blob, size}, &why) == OK &&
	    riscv_learn_tree(&tree, &machine, found, &why) == OK) {
		REQUIRE(found->n_reserved <= MAX_RESERVED);
		for (size_t i = 0; i < found->n_reserved; i++)
			REQUIRE(!range_is_empty(found->reserved[i]));
		REQUIRE(found->levels == 0 || (found->levels >= 3 && found->levels <= 5));
	}
	free(blob);
}

#define HEADER_SIZE 64 /* of a flat image */

static void demand(const struct image *image, uint64_t image_size, const struct findings *found)
{
	struct cargo cargo = {.command_line = "quiet", .initrd_size = 12345};
	struct request request[N_PARTS];
	struct fail why;

	uint64_t window = riscv_of(image)->window_size;

	REQUIRE(window % MIB(2) == 0 && window >= image->piece[0].size && window >= image_size && image_size != 0);
	if (image->protocol->demand(image, &cargo, found, request, &why) != OK)
		return;
	REQUIRE(found->has_hart && request[PART_KERNEL].size == window);
	for (size_t part = PART_KERNEL; part <= PART_HANDOFF; part++) {
		REQUIRE(request[part].max.by == R2 || request[part].max.value == UINT64_MAX);
		REQUIRE(request[part].max.value >= GIB(128));
		REQUIRE(request[part].max.value <= riscv_reach(found->ram_start, 5, ""));
	}
}

/* The head of a file, the file's size, where memory starts, and the tree. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct image image = {.name = "fuzz", .file_size = take_number(&input, 8)};
	struct findings found = {.ram_start = take_number(&input, 8)};
	size_t head_size = input.size < IMAGE_HEAD ? input.size : IMAGE_HEAD;
	struct bytes head = {input.at, head_size < HEADER_SIZE ? head_size : HEADER_SIZE};
	struct fail why;
	enum status status;

	if (head.size < HEADER_SIZE)
		return 0;
	learn(input.at + HEADER_SIZE, input.size - HEADER_SIZE, &found);
	status = riscv_protocol.identify(&image, head, &why);
	image.protocol = &riscv_protocol;
	if (status == OK)
		demand(&image, load_le(head.at + 0x10, 8), &found);
	else
		REQUIRE(why.text[0] != '\0');
	return 0;
}
