/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf_file.h"

#include "../../base/bytes.h"

struct elf_file elf_file_vmlinux(void)
{
	return (struct elf_file){
	    .magic = 0x464c457f,
	    .class = 2,
	    .data = 1,
	    .ident_version = 1,
	    .version = 1,
	    .type = 2,
	    .machine = 62,
	    .ehsize = 64,
	    .phentsize = 56,
	    .phnum = 3,
	    .entry = 0x1000040,
	    .phoff = 64,
	    .size = ELF_FILE_SIZE,
	    .header = {{1, 5, 0x1000, 0xffffffff81000000, 0x1000000, 0x800, 0x800, 0x200000},
		       {1, 6, 0x1800, 0, 0x1001000, 0x100, 0x400, 0x1000},
		       {1, 7, 0x1900, 0xffffffff81002000, 0x1002000, 0x700, 0x2000, 0x1000}},
	};
}

struct elf_file elf_file_386(void)
{
	struct elf_file f = elf_file_vmlinux();

	f.class = 1;
	f.machine = 3;
	f.ehsize = 52;
	f.phentsize = 32;
	f.phoff = 52;
	f.header[0].vaddr = 0xc1000000;
	f.header[2].vaddr = 0xc1002000;
	return f;
}

struct elf_file elf_file_pie(uint16_t machine)
{
	bool is_64 = machine != 3;
	struct elf_file f = is_64 ? elf_file_vmlinux() : elf_file_386();

	f.machine = machine;
	f.type = 3;
	f.phnum = 2;
	f.entry = 0x200;
	f.header[0] = (struct elf_file_header){1, 7, 0, 0, 0, 0x1000, 0x1000, 0x1000};
	f.header[1] = (struct elf_file_header){2, 6, 0x200, 0x200, 0x200, 0x200, 0x200, 8};
	return f;
}

static void write_headers_64(const struct elf_file *f, uint8_t *file)
{
	for (unsigned int i = 0; i < f->phnum && i < ELF_FILE_HEADERS; i++) {
		const struct elf_file_header *h = &f->header[i];
		uint64_t field[] = {h->offset, h->vaddr, h->paddr, h->filesz, h->memsz, h->align};
		uint8_t *at = file + 64 + (size_t)i * 56;

		store_le(at, 4, h->type);
		store_le(at + 4, 4, h->flags);
		for (unsigned int n = 0; n < 6; n++)
			store_le(at + 8 + (size_t)8 * n, 8, field[n]);
	}
}

static void write_headers_32(const struct elf_file *f, uint8_t *file)
{
	for (unsigned int i = 0; i < f->phnum && i < ELF_FILE_HEADERS; i++) {
		const struct elf_file_header *h = &f->header[i];
		uint64_t field[] = {h->type, h->offset, h->vaddr, h->paddr, h->filesz, h->memsz, h->flags, h->align};

		for (unsigned int n = 0; n < 8; n++)
			store_le(file + 52 + (size_t)i * 32 + (size_t)4 * n, 4, field[n]);
	}
}

void elf_file_write(const struct elf_file *f, uint8_t file[ELF_FILE_SIZE])
{
	bool is_64 = f->class != 1;
	unsigned int wide = is_64 ? 8 : 4;
	uint16_t half[] = {f->ehsize, f->phentsize, f->phnum, f->shentsize, f->shnum, 0};
	uint8_t *at = file + 24;

	store_le(file, 4, f->magic);
	file[4] = f->class;
	file[5] = f->data;
	file[6] = f->ident_version;
	store_le(file + 16, 2, f->type);
	store_le(file + 18, 2, f->machine);
	store_le(file + 20, 4, f->version);
	store_le(at, wide, f->entry);
	store_le(at + wide, wide, f->phoff);
	store_le(at + (size_t)2 * wide, wide, f->shoff);
	store_le(at + (size_t)3 * wide, 4, 0);
	for (unsigned int i = 0; i < 6; i++)
		store_le(at + (size_t)3 * wide + 4 + (size_t)2 * i, 2, half[i]);
	if (is_64)
		write_headers_64(f, file);
	else
		write_headers_32(f, file);
}
