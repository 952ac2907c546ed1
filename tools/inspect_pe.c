/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PE files, and unified kernel images by their sections.
 * Sources: Microsoft PE Format, "COFF File Header", "Optional Header", "Section Table"; UAPI.5, "Unified Kernel Image".
 */
#include "inspect.h"

#include <string.h>

#include "../base/machine.h"
#include "../base/pe.h"

#define SECTIONS_MOST 96 /* Windows' loader takes no more */

static const struct flag_name dll_flags[] = {
    {0x20, "HIGH_ENTROPY_VA"}, {0x40, "DYNAMIC_BASE"}, {0x80, "FORCE_INTEGRITY"},
    {0x100, "NX_COMPAT"},      {0x4000, "GUARD_CF"},   {0, NULL},
};

static const struct flag_name section_flags[] = {
    {0x20, "code"},    {0x40, "data"},	  {0x80, "zeros"},   {0x2000000, "discardable"},
    {0x20000000, "X"}, {0x40000000, "R"}, {0x80000000, "W"}, {0, NULL},
};

bool pe_header_at(const struct inspection *in, uint64_t *pe)
{
	return inspect_is(in, 0, "MZ", 2) && inspect_get(in, 0x3c, 4, pe) && inspect_is(in, *pe, "PE\0\0", 4);
}

/* The @n-th section; false past the last. */
static bool section_at(const struct inspection *in, uint64_t pe, unsigned int n, struct pe_section *s)
{
	uint64_t count, optional;
	uint8_t row[PE_SECTION];

	if (!inspect_get(in, pe + 6, 2, &count) || n >= count || n >= SECTIONS_MOST ||
	    !inspect_get(in, pe + 20, 2, &optional) ||
	    inspect_bytes(in, pe + 24 + optional + PE_SECTION * (uint64_t)n, row, PE_SECTION) != PE_SECTION)
		return false;
	pe_section_decode(row, s);
	return true;
}

static bool find_section(const struct inspection *in, const char *name, struct pe_section *s)
{
	uint64_t pe;

	if (!pe_header_at(in, &pe))
		return false;
	for (unsigned int n = 0; section_at(in, pe, n, s); n++)
		if (strcmp(s->name, name) == 0)
			return true;
	return false;
}

void show_pe_sections(struct inspection *in)
{
	struct pe_section s;
	uint64_t pe;

	if (!pe_header_at(in, &pe) || !section_at(in, pe, 0, &s))
		return;
	show_table(in, "sections");
	for (unsigned int n = 0; section_at(in, pe, n, &s); n++) {
		char words[160];

		for (char *c = s.name; *c != '\0'; c++)
			*c = *c < ' ' || *c > '~' ? '?' : *c;
		show_row(in, s.name);
		show_cell(in, "address", s.address);
		show_cell(in, "virtual_size", s.virtual_size);
		show_cell(in, "offset", s.offset);
		show_cell(in, "file_size", s.size);
		show_word(in, "flags", flag_words(s.flags & 0xe20000e0, section_flags, words, sizeof(words)));
		show_row_end(in);
	}
	show_table_end(in);
}

static const char *machine_words(uint64_t machine)
{
	switch (machine) {
	case 0x1c2:
		return "ARM, Thumb";
	case 0x5032:
		return "RISC-V, 32 bits";
	case 0x6264:
		return "LoongArch, 64 bits";
	default:
		return machine_name(machine_of_pe(machine));
	}
}

static const char *subsystem_name(uint64_t subsystem)
{
	static const char *const efi[] = {"EFI application", "EFI boot service driver", "EFI runtime driver",
					  "EFI ROM"};

	return subsystem >= 10 && subsystem <= 13 ? efi[subsystem - 10] : "no EFI file";
}

static void show_optional(struct inspection *in, uint64_t at)
{
	uint64_t magic = 0, subsystem = 0, flags = 0;
	bool plus;
	char words[160];

	if (!inspect_get(in, at, 2, &magic))
		return;
	plus = magic == 0x20b;
	show_field(in, "magic", at, 2, magic, plus ? "PE32+" : magic == 0x10b ? "PE32" : "no optional header", "");
	if (!plus && magic != 0x10b)
		return;
	show_read(in, "entry point", at + 16, 4, NULL, "from the image's base");
	show_read(in, "image base", at + (plus ? 24 : 28), plus ? 8 : 4, NULL, "where it prefers to lie");
	show_read(in, "section alignment", at + 32, 4, NULL, "in memory");
	show_read(in, "file alignment", at + 36, 4, NULL, "");
	show_read(in, "image version", at + 44, 4, NULL, "major, then minor; Linux tells of LoadFile2 by 1");
	show_read(in, "size of image", at + 56, 4, NULL, "in memory");
	show_read(in, "size of headers", at + 60, 4, NULL, "");
	if (inspect_get(in, at + 68, 2, &subsystem))
		show_field(in, "subsystem", at + 68, 2, subsystem, subsystem_name(subsystem), "");
	if (inspect_get(in, at + 70, 2, &flags))
		show_field(in, "dll characteristics", at + 70, 2, flags,
			   flag_words(flags, dll_flags, words, sizeof(words)), "");
	if (inspect_get(in, at + (plus ? 148 : 132), 4, &flags))
		show_field(in, "certificate table", at + (plus ? 148 : 132), 4, flags, NULL,
			   flags == 0 ? "not signed" : "bytes of signatures");
}

static void show_headers(struct inspection *in, uint64_t pe)
{
	uint64_t machine = 0;

	(void)inspect_get(in, pe + 4, 2, &machine);
	show_field(in, "machine", pe + 4, 2, machine, machine_words(machine), "");
	show_read(in, "number of sections", pe + 6, 2, NULL, "");
	show_read(in, "timestamp", pe + 8, 4, NULL, "seconds since 1970; 0 in reproducible files");
	show_read(in, "characteristics", pe + 22, 2, NULL, "");
	show_optional(in, pe + 24);
}

bool inspect_pe(struct inspection *in)
{
	uint64_t pe;

	if (!pe_header_at(in, &pe))
		return false;
	show_format(in, "PE file");
	show_headers(in, pe);
	show_fields_end(in);
	show_pe_sections(in);
	return true;
}

/* The kernel in a UKI is a file of its own. */
static void show_kernel(struct inspection *in, const struct pe_section *kernel)
{
	struct inspection inner = *in;
	bool known;

	if (kernel->offset > in->size)
		return;
	inner.base = in->base + kernel->offset;
	inner.size = kernel->size < in->size - kernel->offset ? kernel->size : in->size - kernel->offset;
	inner.depth++;
	if (in->json != NULL)
		json_object(in->json, "kernel");
	known = inspect_bzimage(&inner) || inspect_zboot(&inner) || inspect_arm64(&inner) || inspect_riscv(&inner) ||
		inspect_pe(&inner);
	if (in->json != NULL) {
		if (!known)
			json_null(in->json, "format");
		json_close(in->json, '}');
	}
}

bool inspect_uki(struct inspection *in)
{
	static const char *const texts[] = {".osrel", ".cmdline", ".uname", ".sbat", ".pcrpkey"};
	struct pe_section kernel, text;
	uint64_t pe;

	if (in->depth != 0 || !find_section(in, ".linux", &kernel) || !pe_header_at(in, &pe))
		return false;
	show_format(in, "unified kernel image (UKI)");
	show_headers(in, pe);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (find_section(in, texts[i], &text))
			show_text(in, texts[i], text.offset, (size_t)text.virtual_size, "");
	show_fields_end(in);
	show_pe_sections(in);
	show_kernel(in, &kernel);
	return true;
}
