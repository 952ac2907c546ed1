/* SPDX-License-Identifier: BSD-2-Clause */
#include "arm64.h"

#include "../flat/flat_image.h"
#include "../tree/chosen.h"
#include "../command_line.h"

#define BIG_ENDIAN UINT64_C(1)
#define ANYWHERE   (UINT64_C(1) << 3)
#define PAGE_SHIFT 1
#define PAGE_MASK  3u

#define BASE_ALIGN  MIB(2)
#define MOST_TREE   MIB(2)
#define MOST_LINE   2047     /* arch/arm64/include/uapi/asm/setup.h, COMMAND_LINE_SIZE, of which one is the NUL */
#define ADDRESS_END TIB(256) /* booting.rst: the 48-bit addressable range */

/* booting.rst: before 3.17 image_size is 0, and nothing says what the kernel needs behind its file: an estimate. */
#define OLD_TEXT_OFFSET 0x80000
#define OLD_BEHIND	MIB(16)

static enum status take_size(struct arm64 *k, const char *name, const struct flat_image *flat, struct fail *why)
{
	uint64_t size;

	k->text_offset = flat->image_size != 0 ? flat->text_offset : OLD_TEXT_OFFSET;
	k->image_size = flat->image_size;
	if (flat->image_size == 0 &&
	    (flat->file_size == SIZE_UNKNOWN || checked_add(flat->file_size, OLD_BEHIND, &k->image_size)))
		return fail_by(why, BAD_INPUT, A1,
			       "%s: image_size is 0, as before Linux 3.17, and the file does not say how long it is\n"
			       "  try: the same kernel, not compressed",
			       name);
	if (checked_add(k->text_offset, k->image_size, &size) || size > ADDRESS_END)
		return fail_by(why, BAD_INPUT, A1,
			       "%s: text_offset %#" PRIx64 " and image_size %#" PRIx64
			       " are more than 48 bits of addresses",
			       name, flat->text_offset, flat->image_size);
	return OK;
}

static void take_piece(const struct arm64 *k, uint64_t file_size, struct image *image)
{
	/* What a file has behind image_size, a signature say, is not part of the kernel. */
	uint64_t size = file_size < k->image_size ? file_size : k->image_size;

	image->piece[0] = (struct image_piece){0, size, k->text_offset, k->image_size};
	image->n_pieces = 1;
	image->entry_at = k->text_offset;
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	static const uint32_t page_size[] = {0, 4096, 16384, 65536};
	struct arm64 *k = (struct arm64 *)(void *)image->own;
	struct flat_image flat;
	uint64_t flags;

	TRY(flat_image_read(&flat, image, head, ELF_AARCH64, why));
	/* Reserved, and 0, where image_size is 0. */
	flags = flat.image_size != 0 ? flat.flags : 0;
	if ((flags & BIG_ENDIAN) != 0)
		return fail_by(
		    why, BAD_INPUT, A2,
		    "%s: a big-endian kernel, which cannot be told of UEFI's memory (Linux's CONFIG_EFI is for "
		    "little-endian ones)\n  try: a little-endian kernel",
		    image->name);
	image->page_size = page_size[flags >> PAGE_SHIFT & PAGE_MASK];
	k->anywhere = (flags & ANYWHERE) != 0;
	TRY(take_size(k, image->name, &flat, why));
	take_piece(k, flat.file_size, image);
	return OK;
}

static enum status demand(const struct image *image, const struct cargo *cargo, const struct findings *found,
			  struct request request[N_PARTS], struct fail *why)
{
	const struct arm64 *k = arm64_of(image);
	struct request *kernel = &request[PART_KERNEL];

	(void)found;
	TRY(command_line_check_length(cargo->command_line, MOST_LINE, image->name, "COMMAND_LINE_SIZE of arm64", why));
	request_init(kernel, PART_KERNEL, k->text_offset + k->image_size);
	kernel->align = kernel->least_align = (struct bound){BASE_ALIGN, A1};
	at_most(&kernel->max, ADDRESS_END, A2);
	kernel->lowest = k->anywhere ? RULE_NONE : A2;
	request_init(&request[PART_INITRD], PART_INITRD, cargo->initrd_size);
	keep_near(request, PART_KERNEL, PART_INITRD, (struct reach){.span = GIB(32), .granule = GIB(1), .by = A3});
	request_init(&request[PART_HANDOFF], PART_HANDOFF, 0); /* sized when all of it is known */
	return chosen_demand(cargo, arm64_protocol.most_tree, &request[PART_HANDOFF], why);
}

const struct protocol arm64_protocol = {
    .name = "Image for arm64",
    .is_linux = true,
    .mem = MEM_IS_LAST_AMOUNT,
    .is_flat = true,
    .may_be_packed = true,
    .most_tree = {MOST_TREE, A4},
    .trees = &tree_reader,
    .identify = identify,
    .demand = demand,
    .describe = chosen_describe,
    .finish = chosen_finish,
};
