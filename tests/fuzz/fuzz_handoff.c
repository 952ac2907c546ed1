/* SPDX-License-Identifier: BSD-2-Clause */
/* The last memory map, after which nothing may fail: whatever firmware left, e820 is written within its bounds. */
#include "fuzz.h"

#include "../../protocol/x86/boot_params.h"
#include "../../kernel/formats.h"
#include "../../protocol/x86/x86.h"
#include "../unit/kernel_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct machine machine = {.system_table = 0x1000};
	struct findings found = {.map_room = 1 + take_number(&input, 1) * 2, .map_desc_size = 48};
	struct image image = {.name = "fuzz", .file_size = MIB(9)};
	struct cargo cargo = {.command_line = "quiet", .initrd_size = 4096};
	struct plan plan = {0};
	struct handoff handoff = {.block = {NULL, GIB(5), 0}};
	uint8_t head[IMAGE_HEAD], *block;
	struct fail why;
	size_t room, got;

	kernel_head(&KERNEL(.name = "fuzz"), head);
	REQUIRE(formats_identify(&image, (struct bytes){head, sizeof(head)}, false, &why) == OK);
	plan.part[PART_KERNEL] = (struct placement){{GIB(4), GIB(4) + MIB(64)}, MIB(2), C3};
	found.has_seed = take_number(&input, 1) % 2 != 0;
	image.protocol->describe(&image, &cargo, &plan, &machine, &found, &handoff);
	block = calloc(1, (size_t)handoff.block.used); /* exactly: a byte more is a report */
	handoff = (struct handoff){.block = {block, GIB(5), 0}};
	image.protocol->describe(&image, &cargo, &plan, &machine, &found, &handoff);
	handoff.final.desc_size = 40 + 8 * (size_t)(take_number(&input, 1) % 8);
	handoff.final.desc_version = 1;
	room = handoff.final.room;
	got = input.size < room ? input.size : room;
	memcpy(handoff.final.descriptors, input.at, got);
	handoff.final.size = got;
	image.protocol->finish(&handoff, &handoff.final);
	REQUIRE(handoff.boot_params.at[0x1e8] <= 128);
	free(block);
	return 0;
}
