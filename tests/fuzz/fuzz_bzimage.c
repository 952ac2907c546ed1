/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's header: what is accepted has a window, an alignment and a payload that fit each other and the file. */
#include "fuzz.h"

#include "../../protocol/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct image image = {.name = "fuzz", .file_size = take_number(&input, 5)};
	struct bytes head = {input.at, input.size < IMAGE_HEAD ? input.size : IMAGE_HEAD};
	struct cargo cargo = {.command_line = "root=/dev/vda quiet", .initrd_size = 12345};
	struct request request[N_PARTS];
	struct fail why;

	if (image_identify(&image, head, &why) != OK) {
		REQUIRE(why.text[0] != '\0');
		return 0;
	}
	REQUIRE(image.n_pieces == 1 && image.piece[0].offset < image.file_size);
	REQUIRE(is_power_of_two(image.bzimage.kernel_alignment));
	REQUIRE(image.bzimage.kernel_alignment >= (image.entered_in_32_bits ? EFI_PAGE : MIB(2)));
	REQUIRE(image.entered_in_32_bits == ((image.bzimage.xloadflags & XLF_KERNEL_64) == 0));
	REQUIRE(image.bzimage.xloadflags == 0 || image.bzimage.version >= 0x020c);
	REQUIRE(is_power_of_two(image.bzimage.least_alignment) &&
		image.bzimage.least_alignment <= image.bzimage.kernel_alignment);
	REQUIRE(image.bzimage.window_size >= image.piece[0].memory);
	REQUIRE(image.bzimage.pref_address + image.bzimage.window_size <= TIB(64));
	REQUIRE(BZIMAGE_HEADER_AT + image.bzimage.header_size <= head.size);
	if (image.protocol->demand(&image, &cargo, &(struct machine){0}, request, &why) == OK) {
		REQUIRE(!image.entered_in_32_bits || request[PART_KERNEL].max.value <= GIB(4));
		REQUIRE(!image.entered_in_32_bits || request[PART_HANDOFF].max.value <= GIB(4));
		REQUIRE(request[PART_KERNEL].size >= image.bzimage.payload_memory &&
			request[PART_INITRD].size == 12345);
	}
	return 0;
}
