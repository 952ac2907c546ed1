/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

static const struct protocol *const protocols[] = {
    &bzimage_protocol,
};

enum status image_identify(struct image *image, struct bytes head, struct fail *why)
{
	if (image->file_size == 0)
		return fail(why, BAD_INPUT, "%s: the file is empty\n  try: copy the kernel again", image->name);
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		enum status status = protocols[i]->identify(image, head, why);

		image->protocol = protocols[i];
		if (status != NOT_FOUND)
			return status;
	}
	return fail(why, BAD_INPUT,
		    "%s: no kernel that is known: no bzImage (\"HdrS\" at 0x202)\n"
		    "  try: a Linux bzImage for x86-64, which distributions call vmlinuz",
		    image->name);
}
