/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device trees of firmware's or a user's: one that is accepted can be copied and told all that a kernel is told, within
 * the room that was measured, and what was told can be read there again.
 */
#include "fuzz.h"

#include "../../protocol/tree/chosen.h"
#include "../../protocol/tree/tree.h"

#define BLOCK_AT GIB(5)

static void tell(const struct cargo *cargo, bool has_seed)
{
	struct machine machine = {.system_table = 0x1000};
	struct findings found = {.map_room = 40, .map_desc_size = 48, .has_seed = has_seed};
	struct handoff handoff = {.block = {NULL, BLOCK_AT, 0}};
	struct image image = {.entry_at = 0x80};
	struct plan plan = {0};
	uint64_t size;
	uint8_t *block;

	plan.part[PART_INITRD] = (struct placement){{GIB(4), GIB(4) + MIB(64)}, MIB(2), C3};
	chosen_describe(&image, cargo, &plan, &machine, &found, &handoff);
	size = handoff.block.used;
	block = aligned_alloc(8, (size_t)(size + 7) / 8 * 8); /* exactly: a byte more is a report */
	memset(block, 0, (size_t)size);
	handoff = (struct handoff){.block = {block, BLOCK_AT, 0}};
	chosen_describe(&image, cargo, &plan, &machine, &found, &handoff);
	REQUIRE(handoff.tree_error == 0 && handoff.block.used == size);
	REQUIRE(handoff.entry == 0x80 && handoff.argument == BLOCK_AT);
	handoff.final.size = 33ul * 48;
	chosen_finish(&handoff, &handoff.final);
	REQUIRE(tree_get(block, "chosen", "bootargs").size == sizeof("quiet"));
	REQUIRE(memcmp(tree_get(block, "chosen", "linux,uefi-mmap-size").at, "\0\0\x06\x30", 4) == 0);
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	unsigned int kind = (unsigned int)take_number(&input, 1);
	struct cargo cargo = {.command_line = "quiet", .initrd_size = (kind & 1) != 0 ? 4096 : 0};
	uint8_t *blob = aligned_alloc(8, (input.size + 8) / 8 * 8);
	struct request handoff;
	struct fail why;

	memcpy(blob, input.at, input.size);
	request_init(&handoff, PART_HANDOFF, 0);
	if (tree_check(&cargo.tree, "fuzz", (struct bytes){blob, input.size}, &why) == OK) {
		REQUIRE(cargo.tree.size <= input.size);
		if (chosen_demand(&cargo, (struct bound){MIB(2), A4}, &handoff, &why) == OK)
			tell(&cargo, (kind & 2) != 0);
	}
	free(blob);
	return 0;
}
