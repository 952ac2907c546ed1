/* SPDX-License-Identifier: BSD-2-Clause */
#include "flat_image.h"

#define HEADER_SIZE 64

enum { TEXT_OFFSET = 0x08, IMAGE_SIZE = 0x10, FLAGS = 0x18, MAGIC = 0x38 };

enum status flat_image_read(struct flat_image *flat, struct image *image, struct bytes head, enum elf_machine machine,
			    struct fail *why)
{
	if (head.size < HEADER_SIZE || load_le(head.at + MAGIC, 4) != machine_flat_magic(machine))
		return fail(why, NOT_FOUND, "%s: not an Image for %s: its magic is not at 0x38", image->name,
			    machine_name(machine));
	*flat = (struct flat_image){.text_offset = load_le(head.at + TEXT_OFFSET, 8),
				    .image_size = load_le(head.at + IMAGE_SIZE, 8),
				    .flags = load_le(head.at + FLAGS, 8),
				    .file_size = image->file_size};
	image->machine = machine;
	image->image_end = image->file_size;
	if (image->file_size == SIZE_UNKNOWN) {
		image->image_end = 0;
		if (flat->image_size != 0)
			flat->file_size = flat->image_size;
	}
	return OK;
}
