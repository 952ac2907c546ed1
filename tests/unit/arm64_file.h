/* SPDX-License-Identifier: BSD-2-Clause */
/* Images for arm64 as files have them: Linux Documentation/arch/arm64/booting.rst, 4. */
#ifndef BERTH_TESTS_ARM64_FILE_H
#define BERTH_TESTS_ARM64_FILE_H

#include "../../protocol/image.h"

struct arm64_file {
	uint64_t text_offset, image_size, flags;
	uint32_t magic;
	uint64_t file_size;
};

/* Debian 13's cloud kernel, 6.12: flags say 4 KiB pages, anywhere. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define DEBIAN_13_ARM64 .image_size = 0x1e60000, .flags = 0xa, .magic = 0x644d5241, .file_size = 0x1d80000
#define ARM64(...)	((struct arm64_file){DEBIAN_13_ARM64, __VA_ARGS__})

/* Writes the first IMAGE_HEAD bytes of such a file. */
static inline void arm64_head(const struct arm64_file *file, uint8_t head[IMAGE_HEAD])
{
	for (size_t i = 0; i < IMAGE_HEAD; i++)
		head[i] = 0;
	store_le(head, 4, 0x91005a4d); /* "MZ", and an instruction that does nothing */
	store_le(head + 4, 4, 0x14400000);
	store_le(head + 8, 8, file->text_offset);
	store_le(head + 16, 8, file->image_size);
	store_le(head + 24, 8, file->flags);
	store_le(head + 56, 4, file->magic);
}

#endif
