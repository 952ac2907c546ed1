/* SPDX-License-Identifier: BSD-2-Clause */
/* What the formats of x86 know of an image, beside what every image has. */
#ifndef BERTH_X86_H
#define BERTH_X86_H

#include "../elf/elf.h"
#include "../image.h"
#include "bzimage.h"

/* A row of this folder that knows of its images what stands here uses it; one that does not has a struct of its own. */
struct x86 {
	struct bzimage setup;	/* the setup header: the file's, or for a bare vmlinux what one would say */
	struct elf elf;		/* of an ELF file */
	struct elf_marks marks; /* and what its notes told */
	struct elf_pvh pvh;
	uint64_t virtual_base; /* of a vmlinux: the virtual address that its window was linked for */
	uint64_t table_sum;    /* of one that was prepared: linux_relocs_sum of its table */
	bool has_sum;	       /* there is that */
} __attribute__((may_alias));

_Static_assert(sizeof(struct x86) <= IMAGE_OWN, "it lies in the image");

static inline struct x86 *x86_own(struct image *image)
{
	return (struct x86 *)(void *)image->own;
}

static inline const struct x86 *x86_of(const struct image *image)
{
	return (const struct x86 *)(const void *)image->own;
}

#endif
