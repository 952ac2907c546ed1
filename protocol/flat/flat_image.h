/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of 64 bytes with which Linux's flat images for arm64 and RISC-V begin; they differ in their magic and in
 * what their flags mean.
 * Source: Linux Documentation/arch/arm64/booting.rst, "4. Call the kernel image"; Documentation/arch/riscv/
 * boot-image-header.rst.
 */
#ifndef BERTH_FLAT_IMAGE_H
#define BERTH_FLAT_IMAGE_H

#include "../../base/bytes.h"
#include "../../base/fail.h"
#include "../../base/rule.h"

#define FLAT_IMAGE_HEADER 64
#define FLAT_IMAGE_SIZE	  0x10 /* where image_size is */

struct flat_image {
	uint64_t text_offset;
	uint64_t image_size; /* memory that the kernel takes from its first byte on, BSS included; 0: it does not say */
	uint64_t flags;
};

/* False when @head does not begin with such a header whose last magic, at 0x38, is @magic. */
static inline bool flat_image_read(struct flat_image *image, struct bytes head, uint32_t magic)
{
	if (head.size < FLAT_IMAGE_HEADER || load_le(head.at + 0x38, 4) != magic)
		return false;
	*image = (struct flat_image){load_le(head.at + 8, 8), load_le(head.at + FLAT_IMAGE_SIZE, 8),
				     load_le(head.at + 0x18, 8)};
	return true;
}

#endif
