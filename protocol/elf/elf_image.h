/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel image that is an ELF file. */
#ifndef BERTH_ELF_IMAGE_H
#define BERTH_ELF_IMAGE_H

#include "../image.h"
#include "elf.h"

/* The pieces of an ELF file, in the order in which they lie in it. */
void elf_take_segments(const struct elf *elf, struct image *image);

/* Asks for all notes. BAD_INPUT when they are longer than any kernel's. */
enum status elf_want_notes(const struct elf *elf, struct image *image, struct fail *why) MUST_CHECK;

#endif
