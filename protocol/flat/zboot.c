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

bool zboot_is(struct bytes head)
{
	return head.size >= HEADER_SIZE && load_le(head.at, 2) == MZ && load_le(head.at + IMAGE_TYPE, 4) == ZIMG;
}

enum status zboot_payload(const char *name, struct bytes head, uint64_t file_size, struct range *payload,
			  struct fail *why)
{
	uint64_t offset = load_le(head.at + PAYLOAD_OFFSET, 4), size = load_le(head.at + PAYLOAD_SIZE, 4);

	if (offset >= HEADER_SIZE && !checked_range(offset, size, payload) && payload->end <= file_size)
		return OK;
	return fail(why, BAD_INPUT,
		    "%s: an EFI zboot file that says that its kernel has %#" PRIx64 " bytes at %#" PRIx64
		    ", in a file of %#" PRIx64 "\n  try: copy the kernel again",
		    name, size, offset, file_size);
}
