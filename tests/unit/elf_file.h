/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files written field by field, right or wrong: what the gABI's structures say, independent of the parser. */
#ifndef BERTH_TESTS_ELF_FILE_H
#define BERTH_TESTS_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_FILE_HEADERS 24
#define ELF_FILE_SIZE	 0x2000

struct elf_file_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_file {
	uint32_t magic, version;
	uint8_t class, data, ident_version;
	uint16_t type, machine, ehsize, phentsize, phnum, shentsize, shnum;
	uint64_t entry, phoff, shoff, size;
	struct elf_file_header header[ELF_FILE_HEADERS];
};

/* Three segments as x86-64's vmlinux has them: code, per-CPU data with p_vaddr 0, data with more memory than file. */
struct elf_file elf_file_vmlinux(void);
/* The same for i386: all in 32 bits. */
struct elf_file elf_file_386(void);
/* One segment that is the whole file but its last page, ET_DYN from address 0 on; what is in it the test writes. */
struct elf_file elf_file_pie(uint16_t machine);

/* The file's first ELF_FILE_SIZE bytes; all but the headers is as it was. */
void elf_file_write(const struct elf_file *f, uint8_t file[ELF_FILE_SIZE]);

#endif
