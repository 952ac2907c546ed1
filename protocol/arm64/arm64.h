/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's Image for arm64. Source: Linux Documentation/arch/arm64/booting.rst, 4, "Call the kernel image". */
#ifndef BERTH_ARM64_H
#define BERTH_ARM64_H

#include "../image.h"

/* Its header, checked; pre-3.17 headers have been given their values. */
struct arm64 {
	uint64_t text_offset; /* of the image, from a 2 MiB aligned base */
	uint64_t image_size;  /* bytes from there on that are the kernel's */
	bool anywhere;	      /* else as close as possible to the start of DRAM (flags, bit 3) */
} __attribute__((may_alias));

_Static_assert(sizeof(struct arm64) <= IMAGE_OWN, "it lies in the image");

static inline const struct arm64 *arm64_of(const struct image *image)
{
	return (const struct arm64 *)(const void *)image->own;
}

extern const struct protocol arm64_protocol;

#endif
