/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sources: Microsoft PE Format, "COFF File Header", "Optional Header", "Section Table", "The .reloc Section";
 * rhboot/shim SBAT.md; UEFI 2.10, 2.1.1 and 2.3 (what a program returns, and in which register).
 */
#include "sums_file.h"

#include "../base/range.h"
#include "../base/version.h"
#include "../config/sums.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAGE		4096u
#define IN_FILE		512u /* each section begins on a multiple of it */
#define HEADERS		1024u
#define PE_AT		0x40u
#define DIRECTORIES	16u
#define RELOCATIONS	5u
#define SECTIONS	4u
#define TEXT_AT		PAGE /* where the first section lies in memory; the others follow, a page or more each */
#define HAS_32_BITS	0x0100u
#define LARGE_ADDRESSES 0x0020u

/* Who starts it all the same is told EFI_UNSUPPORTED. */
static const uint8_t code_x64[] = {0x48, 0xb8, 3, 0, 0, 0, 0, 0, 0, 0x80, 0xc3},
		     code_ia32[] = {0xb8, 3, 0, 0, 0x80, 0xc3},
		     code_aa64[] = {0x60, 0, 0x80, 0xd2, 0, 0, 0xf0, 0xf2, 0xc0, 3, 0x5f, 0xd6},
		     code_riscv64[] = {0x13, 5, 0x10, 0, 0x13, 0x15, 0xf5, 3, 0x13, 5, 0x35, 0, 0x67, 0x80, 0, 0};

static const struct kind {
	enum elf_machine machine;
	struct bytes code;
} kinds[] = {
    {ELF_X86_64, {code_x64, sizeof(code_x64)}},
    {ELF_I386, {code_ia32, sizeof(code_ia32)}},
    {ELF_AARCH64, {code_aa64, sizeof(code_aa64)}},
    {ELF_RISCV, {code_riscv64, sizeof(code_riscv64)}},
};

/* Without it shim takes no program; and one that turned out to be harmful can be revoked by it. */
static const char sbat[] = "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
			   "berth.sums,1,The Berth developers,berth," BERTH_VERSION ",-\n";

/* One block, of the first page, with two entries that say nothing. */
static const uint8_t relocations[12] = {0, TEXT_AT >> 8, [4] = 12};

struct section {
	const char *name;
	struct bytes bytes;
	uint32_t flags;
};

enum { CODE = 0x60000020, DATA = 0x40000040, GOES = 0x42000040 };

static uint32_t up(size_t n, uint32_t align)
{
	return (uint32_t)((n + align - 1) / align * align);
}

/* The optional header, whose fields lie elsewhere where addresses have 32 bits; returns where the section table is. */
static uint8_t *write_optional(uint8_t *optional, bool is_32, uint32_t code, uint32_t data, uint32_t end)
{
	uint8_t *count = optional + (is_32 ? 92 : 108);
	uint8_t *relocation = count + 4 + 8ul * RELOCATIONS;

	store_le(optional, 2, is_32 ? 0x10b : 0x20b);
	store_le(optional + 4, 4, code);
	store_le(optional + 8, 4, data);
	store_le(optional + 16, 4, TEXT_AT);
	store_le(optional + 20, 4, TEXT_AT);
	store_le(optional + 32, 4, PAGE);
	store_le(optional + 36, 4, IN_FILE);
	store_le(optional + 56, 4, end);
	store_le(optional + 60, 4, HEADERS);
	store_le(optional + 68, 2, 10);			     /* an EFI application */
	store_le(optional + 70, 2, is_32 ? 0x0140 : 0x0160); /* it may lie anywhere, and needs no writable code */
	store_le(count, 4, DIRECTORIES);
	store_le(relocation, 4, end - PAGE);
	store_le(relocation + 4, 4, sizeof(relocations));
	return count + 4 + 8ul * DIRECTORIES;
}

static void write_headers(uint8_t *h, enum elf_machine machine, const struct section *section)
{
	uint32_t address = TEXT_AT, offset = HEADERS, code = up(section[0].bytes.size, IN_FILE), data = 0;
	bool is_32 = machine_bits(machine) == 32;
	uint8_t *row;

	for (unsigned int i = 0; i < SECTIONS; i++) {
		address += up(section[i].bytes.size, PAGE);
		data += i == 0 ? 0 : up(section[i].bytes.size, IN_FILE);
	}
	store_le(h, 2, 0x5a4d);
	store_le(h + 0x3c, 4, PE_AT);
	store_le(h + PE_AT, 4, 0x4550);
	store_le(h + PE_AT + 4, 2, machine_pe(machine));
	store_le(h + PE_AT + 6, 2, SECTIONS);
	row = write_optional(h + PE_AT + 24, is_32, code, data, address);
	store_le(h + PE_AT + 20, 2, (uint64_t)(row - (h + PE_AT + 24)));
	store_le(h + PE_AT + 22, 2, 0x020e | (is_32 ? HAS_32_BITS : LARGE_ADDRESSES));
	address = TEXT_AT;
	for (unsigned int i = 0; i < SECTIONS; i++, row += 40) {
		uint32_t size = up(section[i].bytes.size, IN_FILE);

		memcpy(row, section[i].name, strlen(section[i].name));
		store_le(row + 8, 4, section[i].bytes.size);
		store_le(row + 12, 4, address);
		store_le(row + 16, 4, size);
		store_le(row + 20, 4, offset);
		store_le(row + 36, 4, section[i].flags);
		address += up(section[i].bytes.size, PAGE);
		offset += size;
	}
}

static bool write_padded(FILE *out, struct bytes bytes)
{
	static const uint8_t zeros[IN_FILE];
	size_t rest = up(bytes.size, IN_FILE) - bytes.size;

	return fwrite(bytes.at, 1, bytes.size, out) == bytes.size && fwrite(zeros, 1, rest, out) == rest;
}

static const struct kind *kind_of(enum elf_machine machine)
{
	const struct kind *kind = kinds;

	while (kind->machine != machine)
		kind++;
	return kind;
}

enum status sums_file_write(const char *path, enum elf_machine machine, const char *text, size_t size, struct fail *why)
{
	uint8_t headers[HEADERS] = {0};
	const struct section section[SECTIONS] = {
	    {".text", kind_of(machine)->code, CODE},
	    {".sbat", {(const uint8_t *)sbat, sizeof(sbat) - 1}, DATA},
	    {SUMS_SECTION, {(const uint8_t *)text, size}, DATA},
	    {".reloc", {relocations, sizeof(relocations)}, GOES},
	};
	bool is_written = true;
	FILE *out;

	if (size > SUMS_MOST_TEXT)
		return fail(why, BAD_INPUT,
			    "the records have %zu bytes; the loader reads at most %u\n  try: fewer entries", size,
			    SUMS_MOST_TEXT);
	write_headers(headers, machine, section);
	out = fopen(path, "wb");
	if (out == NULL)
		return fail(why, IO_ERROR, "%s: %s", path, strerror(errno));
	is_written = write_padded(out, (struct bytes){headers, sizeof(headers)});
	for (unsigned int i = 0; i < SECTIONS; i++)
		is_written = is_written && write_padded(out, section[i].bytes);
	if (fclose(out) != 0 || !is_written)
		return fail(why, IO_ERROR, "%s: not all of it could be written", path);
	return OK;
}
