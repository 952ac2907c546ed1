/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf2efi IN.elf OUT.efi [BASE]: turns a static position-independent ELF into a PE/COFF EFI application.
 * Sections keep their addresses; relative relocations become a PE .reloc section, so firmware relocates the image
 * before its code is made read-only (objcopy's way needs a program that relocates itself in writable code pages).
 * BASE is where firmware is asked to put it; 0, the default, is no address and leaves the choice to firmware.
 *
 * Sources: Microsoft PE Format; UEFI 2.10, 2.1.1; the NX_COMPAT demands on loaders signed for Secure Boot.
 */
#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE	       4096u
#define FILE_ALIGN     512u
#define MAX_SECTIONS   8
#define HEADERS_SIZE   1024u
#define PE_OFFSET      0x40u
#define OPTIONAL_SIZE  240u /* PE32+ with 16 data directories */
#define DIR_BASE_RELOC 5ul

enum characteristics {
	CODE = 0x20,
	DATA = 0x40,
	DISCARDABLE = 0x02000000,
	EXECUTE = 0x20000000,
	READ = 0x40000000,
	WRITE = 0x80000000u,
};

struct section {
	const char *name;
	uint32_t address, memory_size, file_size, flags;
	const uint8_t *bytes;
};

struct image {
	uint8_t *elf;
	size_t size;
	struct section section[MAX_SECTIONS];
	unsigned int n_sections;
	uint8_t *reloc;
	size_t reloc_size;
	uint64_t base;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("elf2efi: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	long length;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0)
		die("cannot read %s", path);
	rewind(file);
	bytes = malloc((size_t)length + 1);
	if (bytes == NULL || fread(bytes, 1, (size_t)length, file) != (size_t)length)
		die("cannot read %s", path);
	fclose(file);
	*size = (size_t)length;
	return bytes;
}

static const void *in_file(const struct image *image, uint64_t offset, uint64_t size, const char *what)
{
	if (offset > image->size || image->size - offset < size)
		die("%s lies outside the file", what);
	return image->elf + offset;
}

static void put(uint8_t *at, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++, value >>= 8)
		at[i] = (uint8_t)value;
}

static uint32_t align_up(uint32_t n, uint32_t align)
{
	return (n + align - 1) & ~(align - 1);
}

static const struct {
	const char *name;
	uint32_t flags;
} kept[] = {
    {".text", CODE | EXECUTE | READ},
    {".rodata", DATA | READ},
    {".data", DATA | READ | WRITE},
    {".sbat", DATA | READ},
};

/* Takes over the sections above, and refuses any other that would occupy memory: nothing is dropped unseen. */
static void take_sections(struct image *image, const Elf64_Shdr *sections, const Elf64_Ehdr *ehdr)
{
	const Elf64_Shdr *names = &sections[ehdr->e_shstrndx];
	const char *strings = in_file(image, names->sh_offset, names->sh_size, "the section name table");

	for (unsigned int i = 1; i < ehdr->e_shnum; i++) {
		const Elf64_Shdr *s = &sections[i];
		const char *name = strings + s->sh_name;
		size_t row = 0;

		while (row < sizeof(kept) / sizeof(kept[0]) && strcmp(kept[row].name, name) != 0)
			row++;
		if (row == sizeof(kept) / sizeof(kept[0])) {
			bool dynamic = s->sh_type == SHT_RELA || s->sh_type == SHT_DYNAMIC ||
				       s->sh_type == SHT_DYNSYM || s->sh_type == SHT_STRTAB || s->sh_type == SHT_HASH ||
				       s->sh_type == SHT_GNU_HASH;

			if ((s->sh_flags & SHF_ALLOC) != 0 && s->sh_size != 0 && !dynamic)
				die("section %s has no place in the PE file; give it one in efi.lds", name);
			continue;
		}
		if (s->sh_size == 0)
			continue;
		if (s->sh_addr % PAGE != 0)
			die("section %s is not page-aligned", name);
		struct section *out = &image->section[image->n_sections++];

		*out = (struct section){kept[row].name,	      (uint32_t)s->sh_addr, (uint32_t)s->sh_size,
					(uint32_t)s->sh_size, kept[row].flags,	    NULL};
		if (s->sh_type == SHT_NOBITS)
			out->file_size = 0;
		else
			out->bytes = in_file(image, s->sh_offset, s->sh_size, name);
		while (out->file_size > 0 && out->bytes[out->file_size - 1] == 0 && (out->flags & WRITE) != 0)
			out->file_size--; /* zeros at the end of .data, and .bss in it, need no room in the file */
	}
}

static struct section *section_at(struct image *image, uint64_t address)
{
	for (unsigned int i = 0; i < image->n_sections; i++) {
		struct section *s = &image->section[i];

		if (address >= s->address && address - s->address + 8 <= s->memory_size)
			return s;
	}
	die("a relocation at %#llx lies in no section", (unsigned long long)address);
}

static int by_offset(const void *a, const void *b)
{
	const Elf64_Rela *x = a, *y = b;

	return x->r_offset < y->r_offset ? -1 : x->r_offset > y->r_offset;
}

/*
 * PE's relocations add to what stands in the field, ELF's RELA carries the value: it is written there. Every
 * R_*_RELATIVE becomes a DIR64 entry (type 10) of a block for its page.
 */
static void make_reloc(struct image *image, Elf64_Rela *rela, size_t count, uint32_t relative_type)
{
	uint8_t *out = calloc(count + 1, 16);
	uint8_t *block = NULL;
	uint64_t page = UINT64_MAX;

	if (out == NULL)
		die("out of memory");
	image->reloc = out;
	if (count != 0)
		qsort(rela, count, sizeof(*rela), by_offset);
	for (size_t i = 0; i < count; i++) {
		struct section *s = section_at(image, rela[i].r_offset);
		uint32_t at = (uint32_t)(rela[i].r_offset - s->address);

		if (ELF64_R_TYPE(rela[i].r_info) != relative_type)
			die("relocation type %u at %#llx; only relative ones can be put into a PE file",
			    (unsigned int)ELF64_R_TYPE(rela[i].r_info), (unsigned long long)rela[i].r_offset);
		if (at + 8 > s->file_size)
			s->file_size = at + 8;
		put((uint8_t *)(uintptr_t)s->bytes + at, 8, image->base + (uint64_t)rela[i].r_addend);
		if (rela[i].r_offset / PAGE != page) {
			page = rela[i].r_offset / PAGE;
			out += (size_t)(out - image->reloc) % 4;
			block = out;
			put(block, 4, page * PAGE);
			out += 8;
		}
		put(out, 2, 10u << 12 | (rela[i].r_offset & (PAGE - 1)));
		out += 2;
		put(block + 4, 4, align_up((uint32_t)(out - block), 4));
	}
	out += (size_t)(out - image->reloc) % 4;
	image->reloc_size = (size_t)(out - image->reloc);
}

static void relocations(struct image *image, const Elf64_Shdr *sections, const Elf64_Ehdr *ehdr)
{
	uint32_t relative = ehdr->e_machine == EM_X86_64    ? R_X86_64_RELATIVE
			    : ehdr->e_machine == EM_AARCH64 ? R_AARCH64_RELATIVE
							    : 3 /* R_RISCV_RELATIVE */;
	Elf64_Rela *all = NULL;
	size_t count = 0;
	uint32_t end = 0;

	for (unsigned int i = 1; i < ehdr->e_shnum; i++) {
		const Elf64_Shdr *s = &sections[i];

		if (s->sh_type != SHT_RELA || (s->sh_flags & SHF_ALLOC) == 0)
			continue;
		const void *table = in_file(image, s->sh_offset, s->sh_size, "a relocation table");
		size_t n = s->sh_size / sizeof(Elf64_Rela);

		all = realloc(all, (count + n + 1) * sizeof(*all));
		if (all == NULL)
			die("out of memory");
		memcpy(all + count, table, n * sizeof(*all));
		count += n;
	}
	make_reloc(image, all, count, relative);
	free(all);
	for (unsigned int i = 0; i < image->n_sections; i++)
		end = align_up(image->section[i].address + image->section[i].memory_size, PAGE);
	if (image->reloc_size == 0) /* some loaders take an image without .reloc for one that cannot move */
		image->reloc_size = 8, put(image->reloc + 4, 4, 8);
	image->section[image->n_sections++] = (struct section){
	    ".reloc",	 end, (uint32_t)image->reloc_size, (uint32_t)image->reloc_size, DATA | READ | DISCARDABLE,
	    image->reloc};
}

static void write_headers(const struct image *image, const Elf64_Ehdr *ehdr, uint8_t *h)
{
	static const struct {
		uint16_t elf, pe;
	} machines[] = {{EM_X86_64, 0x8664}, {EM_AARCH64, 0xaa64}, {EM_RISCV, 0x5064}};
	uint8_t *optional = h + PE_OFFSET + 24;
	uint8_t *row = optional + OPTIONAL_SIZE;
	const struct section *last = &image->section[image->n_sections - 1];
	uint32_t offset = HEADERS_SIZE, code = 0, data = 0;

	put(h, 2, 0x5a4d); /* "MZ" */
	put(h + 0x3c, 4, PE_OFFSET);
	put(h + PE_OFFSET, 4, 0x4550); /* "PE", 0, 0 */
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].elf == ehdr->e_machine)
			put(h + PE_OFFSET + 4, 2, machines[i].pe);
	put(h + PE_OFFSET + 6, 2, image->n_sections);
	put(h + PE_OFFSET + 20, 2, OPTIONAL_SIZE);
	put(h + PE_OFFSET + 22, 2, 0x022e); /* executable, no line numbers or symbols, large addresses, no debug */

	for (unsigned int i = 0; i < image->n_sections; i++, row += 40) {
		const struct section *s = &image->section[i];
		uint32_t raw = align_up(s->file_size, FILE_ALIGN);

		memcpy(row, s->name, strlen(s->name));
		put(row + 8, 4, s->memory_size);
		put(row + 12, 4, s->address);
		put(row + 16, 4, raw);
		put(row + 20, 4, raw != 0 ? offset : 0);
		put(row + 36, 4, s->flags);
		offset += raw;
		if ((s->flags & CODE) != 0)
			code += raw;
		else
			data += raw;
	}
	put(optional, 2, 0x20b); /* PE32+ */
	put(optional + 4, 4, code);
	put(optional + 8, 4, data);
	put(optional + 16, 4, ehdr->e_entry);
	put(optional + 20, 4, image->section[0].address);
	put(optional + 24, 8, image->base);
	put(optional + 32, 4, PAGE);
	put(optional + 36, 4, FILE_ALIGN);
	put(optional + 44, 2, 0); /* image version: no claim */
	put(optional + 56, 4, align_up(last->address + last->memory_size, PAGE));
	put(optional + 60, 4, HEADERS_SIZE);
	put(optional + 68, 2, 10);     /* subsystem: EFI application */
	put(optional + 70, 2, 0x0160); /* high-entropy VA, dynamic base, NX compatible */
	put(optional + 108, 4, 16);
	put(optional + 112 + 8 * DIR_BASE_RELOC, 4, last->address);
	put(optional + 112 + 8 * DIR_BASE_RELOC + 4, 4, last->memory_size);
}

int main(int argc, char **argv)
{
	static uint8_t headers[HEADERS_SIZE], zeros[FILE_ALIGN];
	struct image image = {0};
	FILE *out;

	if (argc != 3 && argc != 4)
		die("usage: elf2efi IN.elf OUT.efi [BASE]");
	if (argc == 4)
		image.base = strtoull(argv[3], NULL, 0);
	image.elf = read_file(argv[1], &image.size);
	const Elf64_Ehdr *ehdr = in_file(&image, 0, sizeof(*ehdr), "the ELF header");

	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0 || ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_type != ET_DYN)
		die("%s is no 64-bit position-independent ELF", argv[1]);
	const Elf64_Shdr *sections =
	    in_file(&image, ehdr->e_shoff, (uint64_t)ehdr->e_shnum * sizeof(*sections), "the section table");

	take_sections(&image, sections, ehdr);
	if (image.n_sections == 0)
		die("%s has no sections", argv[1]);
	relocations(&image, sections, ehdr);
	write_headers(&image, ehdr, headers);

	out = fopen(argv[2], "wb");
	if (out == NULL || fwrite(headers, 1, sizeof(headers), out) != sizeof(headers))
		die("cannot write %s", argv[2]);
	for (unsigned int i = 0; i < image.n_sections; i++) {
		const struct section *s = &image.section[i];
		size_t pad = align_up(s->file_size, FILE_ALIGN) - s->file_size;

		if (fwrite(s->bytes, 1, s->file_size, out) != s->file_size || fwrite(zeros, 1, pad, out) != pad)
			die("cannot write %s", argv[2]);
	}
	if (fclose(out) != 0)
		die("cannot write %s", argv[2]);
	free(image.reloc);
	free(image.elf);
	return 0;
}
