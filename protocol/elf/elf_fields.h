/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields of ELF's structures, in both widths. Source: System V ABI, "Object Files"; psABI supplements.
 */
#ifndef BERTH_ELF_FIELDS_H
#define BERTH_ELF_FIELDS_H

#include "../../base/bytes.h"

/* Where a field lies in its structure, and how many bytes it has: in 32-bit files, and in 64-bit files. */
struct elf_field {
	uint8_t at_32, width_32, at_64, width_64;
};

#define ELF_FIELD(at_32, width_32, at_64, width_64) ((struct elf_field){at_32, width_32, at_64, width_64})

#define E_TYPE	    ELF_FIELD(16, 2, 16, 2)
#define E_MACHINE   ELF_FIELD(18, 2, 18, 2)
#define E_VERSION   ELF_FIELD(20, 4, 20, 4)
#define E_ENTRY	    ELF_FIELD(24, 4, 24, 8)
#define E_PHOFF	    ELF_FIELD(28, 4, 32, 8)
#define E_SHOFF	    ELF_FIELD(32, 4, 40, 8)
#define E_EHSIZE    ELF_FIELD(40, 2, 52, 2)
#define E_PHENTSIZE ELF_FIELD(42, 2, 54, 2)
#define E_PHNUM	    ELF_FIELD(44, 2, 56, 2)
#define E_SHENTSIZE ELF_FIELD(46, 2, 58, 2)
#define E_SHNUM	    ELF_FIELD(48, 2, 60, 2)

#define P_TYPE	 ELF_FIELD(0, 4, 0, 4)
#define P_FLAGS	 ELF_FIELD(24, 4, 4, 4)
#define P_OFFSET ELF_FIELD(4, 4, 8, 8)
#define P_VADDR	 ELF_FIELD(8, 4, 16, 8)
#define P_PADDR	 ELF_FIELD(12, 4, 24, 8)
#define P_FILESZ ELF_FIELD(16, 4, 32, 8)
#define P_MEMSZ	 ELF_FIELD(20, 4, 40, 8)
#define P_ALIGN	 ELF_FIELD(28, 4, 48, 8)

#define D_TAG ELF_FIELD(0, 4, 0, 8)
#define D_VAL ELF_FIELD(4, 4, 8, 8)

#define R_OFFSET ELF_FIELD(0, 4, 0, 8)
#define R_INFO	 ELF_FIELD(4, 4, 8, 8)
#define R_ADDEND ELF_FIELD(8, 4, 16, 8)

#define ST_NAME	 ELF_FIELD(0, 4, 0, 4)
#define ST_VALUE ELF_FIELD(4, 4, 8, 8)
#define ST_INFO	 ELF_FIELD(12, 1, 4, 1)
#define ST_SHNDX ELF_FIELD(14, 2, 6, 2)

/* Bytes of each structure. */
static inline unsigned int elf_header_size(bool is_64)
{
	return is_64 ? 64 : 52;
}

static inline unsigned int elf_program_header_size(bool is_64)
{
	return is_64 ? 56 : 32;
}

static inline unsigned int elf_section_header_size(bool is_64)
{
	return is_64 ? 64 : 40;
}

static inline unsigned int elf_symbol_size(bool is_64)
{
	return is_64 ? 24 : 16;
}

/* Bytes of an address: a word of DT_RELR, half an entry of DT_REL. */
static inline unsigned int elf_word(bool is_64)
{
	return is_64 ? 8 : 4;
}

/* Reads @field of the structure at @at; false, and *out untouched, when it does not lie in @from. */
static inline bool elf_get(struct bytes from, bool is_64, uint64_t at, struct elf_field field, uint64_t *out)
{
	unsigned int step = is_64 ? field.at_64 : field.at_32;

	if (at > from.size || from.size - at < step)
		return false;
	/* Two calls, because a constant width is one instruction. */
	return is_64 ? bytes_get(from, (size_t)(at + step), field.width_64, out)
		     : bytes_get(from, (size_t)(at + step), field.width_32, out);
}

#endif
