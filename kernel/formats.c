/* SPDX-License-Identifier: BSD-2-Clause */
#include "formats.h"

/* FOLDER(x86) FOLDER(elf) ..., or nothing: the Makefile's, by arch/CPU/build.mk. */
#define FOLDER(name) extern const struct protocol *const name##_formats[];
PROTOCOLS
#undef FOLDER

#define FOLDER(name) name##_formats,
static const struct protocol *const *const folders[] = {PROTOCOLS NULL};
#undef FOLDER

static enum status try(const struct protocol *protocol, struct image *image, struct bytes head, struct fail *why)
{
	*image = (struct image){.protocol = protocol, .name = image->name, .file_size = image->file_size};
	return protocol->identify(image, head, why);
}

enum status formats_identify(struct image *image, struct bytes head, bool unpacked, struct fail *why)
{
	for (const struct protocol *const *const *folder = folders; *folder != NULL; folder++)
		for (const struct protocol *const *row = *folder; *row != NULL; row++) {
			enum status status;

			if (unpacked && !(*row)->may_be_packed)
				continue;
			status = try(*row, image, head, why);
			if (status != NOT_FOUND)
				return status;
		}
	return fail(
	    why, NOT_FOUND,
	    "%s: not a kernel that Berth knows: no setup header (\"HdrS\" at 0x202), no magic of an Image at 0x38, "
	    "and not an ELF file of one\n"
	    "  try: a Linux kernel for this machine, which distributions call vmlinuz",
	    image->name);
}

const struct protocol *formats_with_trees(void)
{
	for (const struct protocol *const *const *folder = folders; *folder != NULL; folder++)
		for (const struct protocol *const *row = *folder; *row != NULL; row++)
			if (protocol_trees(*row) != NULL)
				return *row;
	return NULL;
}
