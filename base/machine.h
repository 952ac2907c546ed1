/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of CPUs, as data: machines.def is the list. */
#ifndef BERTH_MACHINE_H
#define BERTH_MACHINE_H

#include <stdbool.h>

#include "bytes.h"

/* By the numbers that ELF has for them. */
enum elf_machine {
#define MACHINE(id, number, bits, name, pe, flat, folder, file) id = number,
#include "machines.def"
#undef MACHINE
};

/* "arm64", as kernels' own documents call it; "another CPU" when it is not in the list. */
const char *machine_name(enum elf_machine machine);

/* By the number that PE files have for it; 0 when it is not in the list. */
enum elf_machine machine_of_pe(uint64_t number);

/* The number that PE files have for it; 0 when it is not in the list. */
unsigned int machine_pe(enum elf_machine machine);

/* Bits of its programs' addresses; 0 when it is not in the list. */
unsigned int machine_bits(enum elf_machine machine);

/* The magic at 0x38 of Linux's flat images for it; 0: there are none. */
uint32_t machine_flat_magic(enum elf_machine machine);

/*
 * For which CPU a file is, by the magics and machine numbers that stand in its first bytes: a flat image, a bzImage, an
 * ELF file, a PE file. 0: nothing tells. Says nothing of whether the file is sound.
 */
enum elf_machine machine_of(struct bytes head);

#endif
