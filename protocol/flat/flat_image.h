/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header that Linux's flat images for arm64 and RISC-V share.
 * Source: Linux Documentation/arch/arm64/booting.rst, 4; Documentation/arch/riscv/boot-image-header.rst.
 */
#ifndef BERTH_FLAT_IMAGE_H
#define BERTH_FLAT_IMAGE_H

#include "../image.h"

struct flat_image {
	uint64_t text_offset;
	uint64_t image_size; /* memory that the kernel takes from its first byte on, BSS included; 0: it does not say */
	uint64_t flags;
	uint64_t file_size; /* of a file whose end is not known what image_size says, for it is no larger */
};

/*
 * NOT_FOUND when @head does not begin with such a header that has @machine's magic. Says in @image for which CPU it is
 * and where the file ends. BAD_INPUT when the sections that it has as a PE file reach past that: it was cut.
 */
enum status flat_image_read(struct flat_image *flat, struct image *image, struct bytes head, enum elf_machine machine,
			    struct fail *why) MUST_CHECK;

#endif
