/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves an ELF image that lies in memory to the addresses that it is to run at: the relocation entries that a shared
 * object or position-independent program (ET_DYN) has in its PT_DYNAMIC, by type. Linux's table behind its vmlinux is
 * linux_relocs.h's.
 */
#ifndef BERTH_ELF_RELOC_H
#define BERTH_ELF_RELOC_H

#include "elf.h"

/* An image in memory: its window, each segment's bytes read to their place, all others zero. */
struct elf_image {
	const struct elf *elf;
	uint8_t *at;
	size_t size; /* at least range_size(elf->window) */
};

/*
 * @delta: what is added to every virtual address of the image, modulo 2^64; a multiple of elf->align (rule E1).
 * @n: how many fields were written.
 *
 * Once only, on an image as it was linked: the tables themselves are not updated. All entries are checked before the
 * first is applied, so an image that is refused was not changed; but one that changes its own tables or one field
 * several times may fail after that, and then @why says that it cannot be used any more.
 * BAD_INPUT, signed E1 when the image cannot be moved by @delta, E2 when an entry is wrong: its type unknown, its field
 * outside of the segments, its symbol undefined, its value too large for the field.
 */
enum status elf_relocate(const struct elf_image *image, uint64_t delta, uint64_t *n, struct fail *why) MUST_CHECK;

#endif
