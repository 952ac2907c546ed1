/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flat images for arm64 and RISC-V, and the header of an EFI zboot file: what is accepted has its pieces in its file
 * and in its place, is entered inside of it, and its demands can be met by a place that is large enough; a payload lies
 * in its file.
 */
#include "fuzz.h"

#include "../../kernel/formats.h"
#include "../../protocol/flat/zboot.h"

static void check_image(struct image *image, uint64_t file_size)
{
	struct findings found = {.ram_start = GIB(1)};
	struct cargo cargo = {.command_line = "quiet", .initrd_size = 12345};
	struct request request[N_PARTS];
	const struct image_piece *piece = image->piece;
	struct fail why;
	uint64_t end;

	REQUIRE(image->n_pieces == 1 && piece->size <= file_size && piece->offset <= file_size - piece->size);
	REQUIRE(piece->size <= piece->memory && !checked_add(piece->at, piece->memory, &end));
	if (image->protocol->demand(image, &cargo, &found, request, &why) != OK)
		return;
	REQUIRE(end <= request[PART_KERNEL].size && image->entry_at < request[PART_KERNEL].size);
	REQUIRE(is_power_of_two(request[PART_KERNEL].align.value) && request[PART_KERNEL].align.value >= MIB(2));
	REQUIRE(request[PART_KERNEL].align.by != RULE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	uint64_t file_size = take_number(&input, 8);
	uint8_t *exact = malloc(input.size + 1);
	struct bytes head = {exact, input.size < IMAGE_HEAD ? input.size : IMAGE_HEAD};
	struct image image = {.name = "fuzz", .file_size = file_size};
	struct payload payload;
	struct fail why;

	memcpy(exact, input.at, input.size);
	if (head.size <= file_size && formats_identify(&image, head, true, &why) == OK && image.protocol->is_flat)
		check_image(&image, file_size);
	image = (struct image){.name = "fuzz", .file_size = file_size};
	if (zboot_protocol.identify(&image, head, &why) == OK &&
	    zboot_protocol.payload(&image, head, &payload, &why) == OK)
		REQUIRE(payload.at.start <= payload.at.end && payload.at.end <= file_size);
	free(exact);
	return 0;
}
