/* SPDX-License-Identifier: BSD-2-Clause */
#include "flat_image.h"

#include "../../base/pe.h"

#define HEADER_SIZE 64

enum { TEXT_OFFSET = 0x08, IMAGE_SIZE = 0x10, FLAGS = 0x18, MAGIC = 0x38 };

/*
 * booting.rst and boot-image-header.rst: with an EFI stub, as distributions build it, an Image is a PE file too. The
 * last of its sections is the last of the file, or firmware would not start it. 0: no section is told of.
 */
static uint64_t end_of_sections(struct bytes head)
{
	struct pe_section section;
	uint64_t end = 0;
	struct pe pe;

	if (!pe_read(head, &pe))
		return 0;
	for (unsigned int n = 0; pe_section_at(head, &pe, n, &section); n++)
		if (section.size != 0 && section.offset + section.size > end)
			end = section.offset + section.size;
	return end;
}

enum status flat_image_read(struct flat_image *flat, struct image *image, struct bytes head, enum elf_machine machine,
			    struct fail *why)
{
	uint64_t end;

	if (head.size < HEADER_SIZE || load_le(head.at + MAGIC, 4) != machine_flat_magic(machine))
		return fail(why, NOT_FOUND, "%s: not an Image for %s: its magic is not at 0x38", image->name,
			    machine_name(machine));
	*flat = (struct flat_image){.text_offset = load_le(head.at + TEXT_OFFSET, 8),
				    .image_size = load_le(head.at + IMAGE_SIZE, 8),
				    .flags = load_le(head.at + FLAGS, 8),
				    .file_size = image->file_size};
	end = end_of_sections(head);
	if (end > image->file_size)
		return fail(why, BAD_INPUT,
			    "%s: truncated: its sections reach to byte %" PRIu64 ", and it has %" PRIu64
			    "\n  try: copy the Image again",
			    image->name, end, image->file_size);
	image->machine = machine;
	image->image_end = image->file_size;
	if (image->file_size == SIZE_UNKNOWN) {
		image->image_end = end;
		if (flat->image_size != 0)
			flat->file_size = flat->image_size;
	}
	return OK;
}
