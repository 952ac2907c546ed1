/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files of either width. Source: System V ABI, "Object Files"; xen/interface/elfnote.h for the notes of PVH. */
#include "inspect.h"

#include <string.h>

#include "../base/machine.h"

#define MOST_HEADERS 4096

struct elf {
	bool is_64, is_big;
	uint64_t phoff, phentsize, phnum;
};

static uint64_t number(const struct inspection *in, const struct elf *elf, uint64_t offset, unsigned int width)
{
	uint64_t value = 0;

	if (elf->is_big)
		(void)inspect_get_big(in, offset, width, &value);
	else
		(void)inspect_get(in, offset, width, &value);
	return value;
}

/* A field of the file header: its offsets and widths for 32 and 64 bits. */
static uint64_t show_number(struct inspection *in, const struct elf *elf, const char *name, unsigned int offset_32,
			    unsigned int offset_64, unsigned int width_64, const char *words, const char *meaning)
{
	unsigned int offset = elf->is_64 ? offset_64 : offset_32;
	unsigned int width = width_64 == 8 && !elf->is_64 ? 4 : width_64;
	uint64_t value = number(in, elf, offset, width);

	show_field(in, name, offset, width, value, words, meaning);
	return value;
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {"no file", "relocatable", "ET_EXEC: runs where it is linked",
					    "ET_DYN: runs anywhere", "core"};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "of a system's own";
}

/* Others than Berth's own have kernels that people meet too. */
static const char *machine_words(uint64_t machine)
{
	switch (machine) {
	case 20:
		return "PowerPC";
	case 21:
		return "PowerPC, 64 bits";
	case 40:
		return "ARM";
	case 258:
		return "LoongArch";
	default:
		return machine_name((enum elf_machine)machine);
	}
}

static const char *segment_name(uint64_t type)
{
	static const char *const names[] = {"NULL", "LOAD", "DYNAMIC", "INTERP", "NOTE", "SHLIB", "PHDR", "TLS"};

	if (type < sizeof(names) / sizeof(names[0]))
		return names[type];
	switch (type) {
	case 0x6474e550:
		return "GNU_EH_FRAME";
	case 0x6474e551:
		return "GNU_STACK";
	case 0x6474e552:
		return "GNU_RELRO";
	case 0x6474e553:
		return "GNU_PROPERTY";
	default:
		return "other";
	}
}

struct segment {
	uint64_t type, flags, offset, vaddr, paddr, filesz, memsz, align;
};

/* False when the table's entry does not lie in the file. */
static bool segment_at(const struct inspection *in, const struct elf *elf, uint64_t n, struct segment *s)
{
	uint64_t at, size = elf->is_64 ? 56 : 32;

	if (n >= elf->phnum || n >= MOST_HEADERS || elf->phentsize < size || checked_mul(n, elf->phentsize, &at) ||
	    checked_add(at, elf->phoff, &at) || at > in->size || in->size - at < size)
		return false;
	if (elf->is_64)
		*s = (struct segment){number(in, elf, at, 4),	   number(in, elf, at + 4, 4),
				      number(in, elf, at + 8, 8),  number(in, elf, at + 16, 8),
				      number(in, elf, at + 24, 8), number(in, elf, at + 32, 8),
				      number(in, elf, at + 40, 8), number(in, elf, at + 48, 8)};
	else
		*s = (struct segment){number(in, elf, at, 4),	   number(in, elf, at + 24, 4),
				      number(in, elf, at + 4, 4),  number(in, elf, at + 8, 4),
				      number(in, elf, at + 12, 4), number(in, elf, at + 16, 4),
				      number(in, elf, at + 20, 4), number(in, elf, at + 28, 4)};
	return true;
}

static void show_segments(struct inspection *in, const struct elf *elf)
{
	static const struct flag_name rights[] = {{4, "R"}, {2, "W"}, {1, "X"}, {0, NULL}};
	struct segment s;
	char words[64];

	show_table(in, "segments");
	for (uint64_t n = 0; segment_at(in, elf, n, &s); n++) {
		show_row(in, segment_name(s.type));
		show_cell(in, "type", s.type);
		show_cell(in, "offset", s.offset);
		show_cell(in, "vaddr", s.vaddr);
		show_cell(in, "paddr", s.paddr);
		show_cell(in, "filesz", s.filesz);
		show_cell(in, "memsz", s.memsz);
		show_cell(in, "align", s.align);
		show_word(in, "flags", flag_words(s.flags, rights, words, sizeof(words)));
		show_row_end(in);
	}
	show_table_end(in);
}

static const char *note_name(const char *owner, uint64_t type)
{
	if (strcmp(owner, "Xen") == 0 && type == 18)
		return "PHYS32_ENTRY, the entry for PVH";
	if (strcmp(owner, "Xen") == 0 && type == 19)
		return "PHYS32_RELOC, where PVH may move it";
	if (strcmp(owner, "GNU") == 0 && type == 3)
		return "build id";
	return strcmp(owner, "Linux") == 0 ? "Linux's own" : "";
}

static uint64_t padded(uint64_t size)
{
	return (size + 3) & ~UINT64_C(3);
}

static void show_notes_of(struct inspection *in, const struct elf *elf, const struct segment *s)
{
	uint64_t at = s->offset, end;

	if (checked_add(s->offset, s->filesz, &end) || end > in->size)
		return;
	for (unsigned int n = 0; n < MOST_HEADERS && end - at >= 12; n++) {
		uint64_t name_size = number(in, elf, at, 4), size = number(in, elf, at + 4, 4),
			 type = number(in, elf, at + 8, 4), step = 12 + padded(name_size) + padded(size);
		char owner[17] = "";

		(void)inspect_bytes(in, at + 12, owner, name_size < 16 ? (size_t)name_size : 16);
		for (char *c = owner; *c != '\0'; c++)
			*c = *c < ' ' || *c > '~' ? '?' : *c;
		show_row(in, owner);
		show_cell(in, "type", type);
		show_cell(in, "size", size);
		if (size == 4 || size == 8)
			show_cell(in, "value", number(in, elf, at + 12 + padded(name_size), (unsigned int)size));
		show_word(in, "what", note_name(owner, type));
		show_row_end(in);
		if (step > end - at)
			return;
		at += step;
	}
}

static void show_notes(struct inspection *in, const struct elf *elf)
{
	struct segment s;

	show_table(in, "notes");
	for (uint64_t n = 0; segment_at(in, elf, n, &s); n++)
		if (s.type == 4)
			show_notes_of(in, elf, &s);
	show_table_end(in);
}

bool inspect_elf(struct inspection *in)
{
	struct elf elf = {.is_64 = false};
	uint64_t class, data, value;
	struct segment last;

	if (!inspect_is(in, 0,
			"\x7f"
			"ELF",
			4) ||
	    !inspect_get(in, 4, 1, &class) || !inspect_get(in, 5, 1, &data))
		return false;
	elf.is_64 = class == 2;
	elf.is_big = data == 2;
	show_format(in, "ELF file");
	show_field(in, "class", 4, 1, class, elf.is_64 ? "64 bits" : class == 1 ? "32 bits" : "of no width", "");
	show_field(in, "data", 5, 1, data, elf.is_big ? "big-endian" : data == 1 ? "little-endian" : "of no order", "");
	show_read(in, "osabi", 7, 1, NULL, "");
	value = number(in, &elf, 16, 2);
	show_field(in, "type", 16, 2, value, type_name(value), "");
	value = number(in, &elf, 18, 2);
	show_field(in, "machine", 18, 2, value, machine_words(value), "");
	show_number(in, &elf, "entry", 24, 24, 8, NULL, "where it is entered");
	elf.phoff = show_number(in, &elf, "phoff", 28, 32, 8, NULL, "where the program headers are");
	show_number(in, &elf, "shoff", 32, 40, 8, NULL, "where the section headers are");
	show_number(in, &elf, "flags", 36, 48, 4, NULL, "");
	show_number(in, &elf, "ehsize", 40, 52, 2, NULL, "bytes of this header");
	elf.phentsize = show_number(in, &elf, "phentsize", 42, 54, 2, NULL, "bytes of a program header");
	elf.phnum = show_number(in, &elf, "phnum", 44, 56, 2, NULL, "program headers");
	show_number(in, &elf, "shentsize", 46, 58, 2, NULL, "bytes of a section header");
	show_number(in, &elf, "shnum", 48, 60, 2, NULL, "section headers");
	show_number(in, &elf, "shstrndx", 50, 62, 2, NULL, "the section with the sections' names");
	if (elf.phnum != 0 && !segment_at(in, &elf, elf.phnum - 1, &last))
		show_field(in, "truncated", 0, 0, elf.phnum, NULL, "not all program headers lie in the file");
	show_fields_end(in);
	show_segments(in, &elf);
	show_notes(in, &elf);
	return true;
}
