/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's Image for 64-bit RISC-V, and where its parts may lie.
 * Source: Linux Documentation/arch/riscv/boot.rst, boot-image-header.rst and vm-layout.rst; arch/riscv/mm/init.c.
 */
#ifndef BERTH_RISCV_H
#define BERTH_RISCV_H

#include "../image.h"

struct riscv {
	uint64_t window_size; /* bytes of its whole place: image_size, up to a PMD's edge */
} __attribute__((may_alias));

_Static_assert(sizeof(struct riscv) <= IMAGE_OWN, "it lies in the image");

static inline const struct riscv *riscv_of(const struct image *image)
{
	return (const struct riscv *)(const void *)image->own;
}

extern const struct protocol riscv_protocol;

/*
 * The first address that Linux's linear map does not reach, on a machine whose memory starts at @ram_start and whose
 * harts have page tables of @levels levels (3 to 5; anything else: not known); `no4lvl` and `no5lvl` on the command
 * line lower them. Rule: R2.
 */
uint64_t riscv_reach(uint64_t ram_start, unsigned int levels, const char *command_line);

#endif
