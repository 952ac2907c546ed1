/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's header: what is accepted has a window, an alignment and a payload that fit each other and the file. */
#include "fuzz.h"

#include "../../kernel/formats.h"
#include "../../protocol/x86/bzimage_rows.h"
#include "../../protocol/x86/x86.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct image image = {.name = "fuzz", .file_size = take_number(&input, 5)};
	struct bytes head = {input.at, input.size < IMAGE_HEAD ? input.size : IMAGE_HEAD};
	struct cargo cargo = {.command_line = "root=/dev/vda quiet", .initrd_size = 12345};
	struct request request[N_PARTS];
	struct fail why;

	if (formats_identify(&image, head, false, &why) != OK) {
		REQUIRE(why.text[0] != '\0');
		return 0;
	}
	if (image.protocol != &bzimage_protocol && image.protocol != &bzimage_32_protocol)
		return 0; /* it became a file of another format */
	REQUIRE(image.n_pieces == 1 && image.piece[0].offset < image.file_size);
	REQUIRE(is_power_of_two(x86_of(&image)->setup.kernel_alignment));
	REQUIRE(x86_of(&image)->setup.kernel_alignment >= (image.entered_in_32_bits ? EFI_PAGE : MIB(2)));
	REQUIRE(image.entered_in_32_bits == ((x86_of(&image)->setup.xloadflags & XLF_KERNEL_64) == 0));
	REQUIRE(x86_of(&image)->setup.xloadflags == 0 || x86_of(&image)->setup.version >= 0x020c);
	REQUIRE(is_power_of_two(x86_of(&image)->setup.least_alignment) &&
		x86_of(&image)->setup.least_alignment <= x86_of(&image)->setup.kernel_alignment);
	REQUIRE(x86_of(&image)->setup.window_size >= image.piece[0].memory);
	REQUIRE(x86_of(&image)->setup.pref_address + x86_of(&image)->setup.window_size <= TIB(64));
	REQUIRE(BZIMAGE_HEADER_AT + x86_of(&image)->setup.header_size <= head.size);
	if (image.protocol->demand(&image, &cargo, &(struct findings){0}, request, &why) == OK) {
		REQUIRE(!image.entered_in_32_bits || request[PART_KERNEL].max.value <= GIB(4));
		REQUIRE(!image.entered_in_32_bits || request[PART_HANDOFF].max.value <= GIB(4));
		REQUIRE(request[PART_KERNEL].size >= x86_of(&image)->setup.payload_memory &&
			request[PART_INITRD].size == 12345);
	}
	return 0;
}
