/* SPDX-License-Identifier: BSD-2-Clause */
#include "zboot.h"

/* zboot-header.S */
enum {
	IMAGE_TYPE = 4,
	PAYLOAD_OFFSET = 8,
	PAYLOAD_SIZE = 12,
	HEADER_SIZE = 64,
};

#define MZ   0x5a4d
#define ZIMG 0x676d697a

static bool is_zboot(struct bytes head)
{
	return head.size >= HEADER_SIZE && load_le(head.at, 2) == MZ && load_le(head.at + IMAGE_TYPE, 4) == ZIMG;
}

static enum status identify(struct image *image, struct bytes head, struct fail *why)
{
	if (!is_zboot(head))
		return fail(why, NOT_FOUND, "%s: not an EFI zboot file: no \"zimg\" at 4", image->name);
	image->machine = machine_of(head);
	return OK;
}

/* Makefile.zboot, size_append: the length follows what was packed, unless that is gzip, whose last word it is. */
static enum status payload(const struct image *image, struct bytes head, struct payload *payload, struct fail *why)
{
	uint64_t offset = load_le(head.at + PAYLOAD_OFFSET, 4), size = load_le(head.at + PAYLOAD_SIZE, 4);

	if (offset < HEADER_SIZE || checked_range(offset, size, &payload->at) || payload->at.end > image->file_size)
		return fail(why, BAD_INPUT,
			    "%s: an EFI zboot file whose kernel has %#" PRIx64 " bytes at %#" PRIx64
			    " by its header, in a file of %#" PRIx64 "\n  try: copy the kernel again",
			    image->name, size, offset, image->file_size);
	payload->has_size_word = payload->is_size_behind = true;
	return OK;
}

static enum status take_payload(struct image *image, struct bytes head, struct fail *why)
{
	(void)head;
	return fail(
	    why, NOT_FOUND,
	    "%s: an EFI zboot file whose kernel is not an Image for arm64 or RISC-V\n  try: a kernel for this machine",
	    image->name);
}

const struct protocol zboot_protocol = {
    .name = "EFI zboot file",
    .is_wrapper = true,
    .identify = identify,
    .payload = payload,
    .take_payload = take_payload,
};
