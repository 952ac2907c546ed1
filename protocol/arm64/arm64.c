/* SPDX-License-Identifier: BSD-2-Clause */
#include "arm64.h"

#include "../tree/chosen.h"
#include "../command_line.h"

#define ARM64_MAGIC 0x644d5241 /* "ARM\x64" */
#define BIG_ENDIAN  UINT64_C(1)
#define ANYWHERE    (UINT64_C(1) << 3)
#define PAGE_SHIFT  1
#define PAGE_MASK   3u

#define BASE_ALIGN  MIB(2)
#define MOST_TREE   MIB(2)
#define MOST_LINE   2047     /* arch/arm64/include/uapi/asm/setup.h, COMMAND_LINE_SIZE, of which one is the NUL */
#define ADDRESS_END TIB(256) /* booting.rst: the 48-bit addressable range */

/* booting.rst: before 3.17 image_size is 0, and what the kernel needs behind its file is nowhere said: an estimate. */
#define OLD_TEXT_OFFSET 0x80000
#define OLD_BEHIND	MIB(16)

static enum status take_size(struct image *image, uint64_t text_offset, uint64_t image_size, struct fail *why)
{
	struct arm64 *k = &image->arm64;
	uint64_t size;

	k->text_offset = image_size != 0 ? text_offset : OLD_TEXT_OFFSET;
	k->image_size = image_size;
	if (image_size == 0 &&
	    (image->file_size == ELF_SIZE_UNKNOWN || checked_add(image->file_size, OLD_BEHIND, &k->image_size)))
		return fail_by(why, BAD_INPUT, A1,
			       "%s: image_size is 0, as before Linux 3.17, and the file does not say how long it is\n"
			       "  try: the same kernel, not compressed",
			       image->name);
	if (checked_add(k->text_offset, k->image_size, &size) || size > ADDRESS_END)
		return fail_by(why, BAD_INPUT, A1,
			       "%s: text_offset %#" PRIx64 " and image_size %#" PRIx64
			       " are more than 48 bits of addresses",
			       image->name, text_offset, image_size);
	return OK;
}

static void take_piece(struct image *image)
{
	const struct arm64 *k = &image->arm64;
	/* What a file has behind image_size, a signature say, is no part of the kernel. */
	uint64_t size = image->file_size < k->image_size ? image->file_size : k->image_size;

	image->piece[0] = (struct image_piece){0, size, k->text_offset, k->image_size};
	image->n_pieces = 1;
	image->entry_at = k->text_offset;
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	static const uint32_t page_size[] = {0, 4096, 16384, 65536};
	struct flat_image *flat = &image->flat;
	uint64_t flags;

	if (!flat_image_read(flat, head, ARM64_MAGIC))
		return NOT_FOUND;
	/* Reserved, and 0, where image_size is 0. */
	flags = flat->image_size != 0 ? flat->flags : 0;
	if ((flags & BIG_ENDIAN) != 0)
		return fail_by(
		    why, BAD_INPUT, A2,
		    "%s: a big-endian kernel, which cannot be told of UEFI's memory (Linux's CONFIG_EFI is for "
		    "little-endian ones)\n  try: a little-endian kernel",
		    image->name);
	image->machine = ELF_AARCH64;
	image->arm64.page_size = page_size[flags >> PAGE_SHIFT & PAGE_MASK];
	image->arm64.anywhere = (flags & ANYWHERE) != 0;
	TRY(take_size(image, flat->text_offset, flat->image_size, why));
	take_piece(image);
	image->bzimage = (struct bzimage){.pref_address = 0};
	return OK;
}

static enum status demand(const struct image *image, const struct cargo *cargo, const struct machine *machine,
			  struct request request[N_PARTS], struct fail *why)
{
	struct request *kernel = &request[PART_KERNEL];

	(void)machine;
	TRY(command_line_check_length(cargo->command_line, MOST_LINE, image->name, "COMMAND_LINE_SIZE of arm64", why));
	request_init(kernel, PART_KERNEL, image->arm64.text_offset + image->arm64.image_size);
	kernel->align = kernel->least_align = (struct bound){BASE_ALIGN, A1};
	at_most(&kernel->max, ADDRESS_END, A2);
	kernel->lowest = image->arm64.anywhere ? RULE_NONE : A2;
	request_init(&request[PART_INITRD], PART_INITRD, cargo->initrd_size);
	keep_near(request, PART_KERNEL, PART_INITRD, (struct reach){.span = GIB(32), .granule = GIB(1), .by = A3});
	request_init(&request[PART_HANDOFF], PART_HANDOFF, 0); /* sized when all of it is known */
	return chosen_demand(cargo, arm64_protocol.most_tree, &request[PART_HANDOFF], why);
}

static void inspect(const struct image *image, struct bytes payload, struct machine *machine)
{
	(void)image;
	(void)payload;
	(void)machine;
}

static void describe(const struct image *image, const struct cargo *cargo, const struct plan *plan,
		     const struct machine *machine, struct handoff *handoff)
{
	chosen_describe(cargo, plan, machine, handoff);
	handoff->entry = plan->part[PART_KERNEL].at.start + image->entry_at;
	handoff->argument = handoff->tree.address;
}

const struct protocol arm64_protocol = {
    .name = "Image for arm64",
    .is_linux = true,
    .is_flat = true,
    .most_tree = {MOST_TREE, A4},
    .told_by_tree = true,
    .identify = identify,
    .demand = demand,
    .inspect = inspect,
    .describe = describe,
    .finish = chosen_finish,
};
