/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf2efi IN.elf OUT.efi [BASE [SBOM]]: turns a static position-independent ELF into a PE/COFF EFI application.
 * An ELF of 32 bits is read into the same structures, and becomes PE32 instead of PE32+.
 * Sections keep their addresses; relative relocations become a PE .reloc section, so firmware relocates the image
 * before its code is made read-only (objcopy's way needs a program that relocates itself in writable code pages).
 * BASE is where firmware is asked to put it; 0, the default, is not an address and leaves the choice to firmware.
 * SBOM is a file that becomes the section .sbom, which nothing in the image reads.
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
#define DIRECTORIES    16u
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
	uint8_t *sbom;
	uint64_t base;
	bool is_32; /* addresses have 32 bits, and the file becomes PE32 */
	Elf64_Ehdr ehdr;
	Elf64_Shdr *sections;
};

/* What differs between PE32 and PE32+: where the fields lie behind those that need an address's width. */
struct optional {
	uint16_t magic;
	unsigned int base_at, base_width, count_at; /* of ImageBase, and NumberOfRvaAndSizes */
};

static const struct optional pe32 = {0x10b, 28, 4, 92}, pe32_plus = {0x20b, 24, 8, 108};

static const struct optional *optional_of(const struct image *image)
{
	return image->is_32 ? &pe32 : &pe32_plus;
}

static unsigned int optional_size(const struct image *image)
{
	return optional_of(image)->count_at + 4 + 8 * DIRECTORIES;
}

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
    {".text", CODE | EXECUTE | READ}, {".rodata", DATA | READ},	 {".data", DATA | READ | WRITE},
    {".sbat", DATA | READ},	      {".sdmagic", DATA | READ},
};

/* ---- the ELF file, of either width ---- */

static Elf64_Ehdr wide_header(const Elf32_Ehdr *narrow)
{
	Elf64_Ehdr wide = {
	    .e_type = narrow->e_type,
	    .e_machine = narrow->e_machine,
	    .e_entry = narrow->e_entry,
	    .e_shoff = narrow->e_shoff,
	    .e_shnum = narrow->e_shnum,
	    .e_shstrndx = narrow->e_shstrndx,
	};

	memcpy(wide.e_ident, narrow->e_ident, EI_NIDENT);
	return wide;
}

static Elf64_Shdr wide_section(const Elf32_Shdr *narrow)
{
	return (Elf64_Shdr){
	    .sh_name = narrow->sh_name,
	    .sh_type = narrow->sh_type,
	    .sh_flags = narrow->sh_flags,
	    .sh_addr = narrow->sh_addr,
	    .sh_offset = narrow->sh_offset,
	    .sh_size = narrow->sh_size,
	};
}

static void read_elf(struct image *image, const char *path)
{
	const Elf32_Ehdr *ehdr = in_file(image, 0, sizeof(*ehdr), "the ELF header");
	size_t n;

	image->is_32 = ehdr->e_ident[EI_CLASS] == ELFCLASS32;
	if (image->is_32)
		image->ehdr = wide_header(ehdr);
	else
		memcpy(&image->ehdr, in_file(image, 0, sizeof(image->ehdr), "the ELF header"), sizeof(image->ehdr));
	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0 || image->ehdr.e_type != ET_DYN)
		die("%s is not a position-independent ELF file", path);
	n = image->ehdr.e_shnum;
	image->sections = calloc(n + 1, sizeof(*image->sections));
	if (image->sections == NULL)
		die("out of memory");
	for (size_t i = 0; i < n; i++) {
		size_t size = image->is_32 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
		const void *at = in_file(image, image->ehdr.e_shoff + i * size, size, "the section table");

		if (image->is_32)
			image->sections[i] = wide_section(at);
		else
			memcpy(&image->sections[i], at, size);
	}
}

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
			bool dynamic = s->sh_type == SHT_RELA || s->sh_type == SHT_REL || s->sh_type == SHT_DYNAMIC ||
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

/* Bytes of a field that a relocation is for. */
static unsigned int field_width(const struct image *image)
{
	return image->is_32 ? 4 : 8;
}

static struct section *section_at(struct image *image, uint64_t address)
{
	for (unsigned int i = 0; i < image->n_sections; i++) {
		struct section *s = &image->section[i];

		if (address >= s->address && address - s->address + field_width(image) <= s->memory_size)
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
 * R_*_RELATIVE becomes a DIR64 entry (type 10), or with 32 bits a HIGHLOW entry (type 3), in the block for its page.
 */
static void make_reloc(struct image *image, Elf64_Rela *rela, size_t count, uint32_t relative_type)
{
	unsigned int width = field_width(image), kind = image->is_32 ? 3 : 10;
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
		if (at + width > s->file_size)
			s->file_size = at + width;
		put((uint8_t *)(uintptr_t)s->bytes + at, width, image->base + (uint64_t)rela[i].r_addend);
		if (rela[i].r_offset / PAGE != page) {
			page = rela[i].r_offset / PAGE;
			out += (size_t)(out - image->reloc) % 4;
			block = out;
			put(block, 4, page * PAGE);
			out += 8;
		}
		put(out, 2, kind << 12 | (rela[i].r_offset & (PAGE - 1)));
		out += 2;
		put(block + 4, 4, align_up((uint32_t)(out - block), 4));
	}
	out += (size_t)(out - image->reloc) % 4;
	image->reloc_size = (size_t)(out - image->reloc);
}

/* An entry of a table of either kind; i386's REL has its addend in the field (System V psABI for i386). */
static Elf64_Rela relocation_at(struct image *image, const uint8_t *table, size_t i)
{
	const Elf32_Rel *rel = (const void *)table;
	const struct section *s;
	uint32_t addend;

	if (!image->is_32)
		return ((const Elf64_Rela *)(const void *)table)[i];
	s = section_at(image, rel[i].r_offset);
	memcpy(&addend, s->bytes + (rel[i].r_offset - s->address), sizeof(addend));
	return (Elf64_Rela){rel[i].r_offset, ELF64_R_INFO(0, ELF32_R_TYPE(rel[i].r_info)), addend};
}

/* A section behind all others, on a page of its own. Discardable: shim does not even copy it into memory. */
static void add_section(struct image *image, const char *name, const uint8_t *bytes, size_t size)
{
	const struct section *last = &image->section[image->n_sections - 1];
	uint32_t at = align_up(last->address + last->memory_size, PAGE);

	image->section[image->n_sections++] =
	    (struct section){name, at, (uint32_t)size, (uint32_t)size, DATA | READ | DISCARDABLE, bytes};
}

static void add_sbom(struct image *image, const char *path)
{
	size_t size;

	image->sbom = read_file(path, &size);
	if (size == 0)
		die("%s is empty", path);
	add_section(image, ".sbom", image->sbom, size);
}

static void relocations(struct image *image, const Elf64_Shdr *sections, const Elf64_Ehdr *ehdr)
{
	uint32_t table_type = image->is_32 ? SHT_REL : SHT_RELA;
	size_t entry_size = image->is_32 ? sizeof(Elf32_Rel) : sizeof(Elf64_Rela);
	uint32_t relative = ehdr->e_machine == EM_X86_64    ? R_X86_64_RELATIVE
			    : ehdr->e_machine == EM_386	    ? R_386_RELATIVE
			    : ehdr->e_machine == EM_AARCH64 ? R_AARCH64_RELATIVE
							    : 3 /* R_RISCV_RELATIVE */;
	Elf64_Rela *all = NULL;
	size_t count = 0;

	for (unsigned int i = 1; i < ehdr->e_shnum; i++) {
		const Elf64_Shdr *s = &sections[i];

		if (s->sh_type != table_type || (s->sh_flags & SHF_ALLOC) == 0)
			continue;
		const uint8_t *table = in_file(image, s->sh_offset, s->sh_size, "a relocation table");
		size_t n = s->sh_size / entry_size;

		all = realloc(all, (count + n + 1) * sizeof(*all));
		if (all == NULL)
			die("out of memory");
		for (size_t j = 0; j < n; j++)
			all[count + j] = relocation_at(image, table, j);
		count += n;
	}
	make_reloc(image, all, count, relative);
	free(all);
	if (image->reloc_size == 0) /* some loaders take an image without .reloc for one that cannot move */
		image->reloc_size = 8, put(image->reloc + 4, 4, 8);
	add_section(image, ".reloc", image->reloc, image->reloc_size);
}

static void write_headers(const struct image *image, const Elf64_Ehdr *ehdr, uint8_t *h)
{
	static const struct {
		uint16_t elf, pe;
	} machines[] = {{EM_X86_64, 0x8664}, {EM_386, 0x14c}, {EM_AARCH64, 0xaa64}, {EM_RISCV, 0x5064}};
	uint8_t *optional = h + PE_OFFSET + 24;
	const struct optional *format = optional_of(image);
	uint8_t *row = optional + optional_size(image);
	const struct section *last = &image->section[image->n_sections - 1];
	uint32_t offset = HEADERS_SIZE, code = 0, data = 0;

	put(h, 2, 0x5a4d); /* "MZ" */
	put(h + 0x3c, 4, PE_OFFSET);
	put(h + PE_OFFSET, 4, 0x4550); /* "PE", 0, 0 */
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].elf == ehdr->e_machine)
			put(h + PE_OFFSET + 4, 2, machines[i].pe);
	put(h + PE_OFFSET + 6, 2, image->n_sections);
	put(h + PE_OFFSET + 20, 2, optional_size(image));
	/* Executable, no line numbers or symbols, no debug; large addresses, or a 32-bit machine. */
	put(h + PE_OFFSET + 22, 2, image->is_32 ? 0x030e : 0x022e);

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
	put(optional, 2, format->magic);
	put(optional + 4, 4, code);
	put(optional + 8, 4, data);
	put(optional + 16, 4, ehdr->e_entry);
	put(optional + 20, 4, image->section[0].address);
	put(optional + format->base_at, format->base_width, image->base);
	put(optional + 32, 4, PAGE);
	put(optional + 36, 4, FILE_ALIGN);
	put(optional + 44, 2, 0); /* image version: no claim */
	put(optional + 56, 4, align_up(last->address + last->memory_size, PAGE));
	put(optional + 60, 4, HEADERS_SIZE);
	put(optional + 68, 2, 10); /* subsystem: EFI application */
	/* Dynamic base, NX compatible; with 64 bits also high-entropy VA. */
	put(optional + 70, 2, image->is_32 ? 0x0140 : 0x0160);
	put(optional + format->count_at, 4, DIRECTORIES);
	put(optional + format->count_at + 4 + 8 * DIR_BASE_RELOC, 4, last->address);
	put(optional + format->count_at + 8 + 8 * DIR_BASE_RELOC, 4, last->memory_size);
}

int main(int argc, char **argv)
{
	static uint8_t headers[HEADERS_SIZE], zeros[FILE_ALIGN];
	struct image image = {0};
	FILE *out;

	if (argc < 3 || argc > 5)
		die("usage: elf2efi IN.elf OUT.efi [BASE [SBOM]]");
	if (argc > 3)
		image.base = strtoull(argv[3], NULL, 0);
	image.elf = read_file(argv[1], &image.size);
	read_elf(&image, argv[1]);
	take_sections(&image, image.sections, &image.ehdr);
	if (image.n_sections == 0)
		die("%s has no sections", argv[1]);
	if (argc > 4)
		add_sbom(&image, argv[4]);
	relocations(&image, image.sections, &image.ehdr);
	write_headers(&image, &image.ehdr, headers);

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
	free(image.sbom);
	free(image.sections);
	free(image.elf);
	return 0;
}
