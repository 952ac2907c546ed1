/* SPDX-License-Identifier: BSD-2-Clause */
#include "pe.h"

#define MZ	       0x5a4d
#define PE	       0x4550
#define COFF_HEADER    24 /* with "PE" and two NULs before it */
#define COMPAT_ENTRY   8  /* bytes of an entrance in .compat: its kind, its size, a machine, and where it is */
#define COMPAT_KIND    1
#define MAJOR_IMAGE_AT 44 /* in the optional header; PE32 and PE32+ have these in the same places */
#define DLL_FLAGS_AT   70
#define NX_COMPAT      0x100
#define DISCARDABLE    0x02000000
#define RUN_AND_WRITE  0xa0000000

bool pe_header(struct bytes head, uint64_t *at)
{
	uint64_t magic;

	return bytes_get(head, 0, 2, &magic) && magic == MZ && bytes_get(head, 0x3c, 4, at) &&
	       bytes_get(head, *at, 4, &magic) && magic == PE;
}

bool pe_read(struct bytes head, struct pe *pe)
{
	uint64_t at, machine, sections, optional, version = 0, flags = 0;

	if (!pe_header(head, &at) || !bytes_get(head, at + 4, 2, &machine) || !bytes_get(head, at + 6, 2, &sections) ||
	    !bytes_get(head, at + 20, 2, &optional))
		return false;
	if (optional >= MAJOR_IMAGE_AT + 2)
		(void)bytes_get(head, at + COFF_HEADER + MAJOR_IMAGE_AT, 2, &version);
	if (optional >= DLL_FLAGS_AT + 2)
		(void)bytes_get(head, at + COFF_HEADER + DLL_FLAGS_AT, 2, &flags);
	/* All of these are sums of numbers of 16 and 32 bits. */
	*pe = (struct pe){
	    .machine = (unsigned int)machine,
	    .major_image_version = (unsigned int)version,
	    .nx_compat = (flags & NX_COMPAT) != 0,
	    .n_sections = (unsigned int)sections,
	    .table = at + COFF_HEADER + optional,
	    .head_end = at + COFF_HEADER + optional + sections * PE_SECTION,
	};
	return true;
}

void pe_section_decode(const uint8_t row[PE_SECTION], struct pe_section *section)
{
	*section = (struct pe_section){
	    .virtual_size = load_le(row + 8, 4),
	    .address = load_le(row + 12, 4),
	    .size = load_le(row + 16, 4),
	    .offset = load_le(row + 20, 4),
	    .flags = load_le(row + 36, 4),
	};
	for (unsigned int i = 0; i < 8; i++) /* a NUL follows a name of eight characters here alone */
		section->name[i] = (char)row[i];
}

bool pe_section_at(struct bytes head, const struct pe *pe, unsigned int n, struct pe_section *section)
{
	uint64_t at = pe->table + (uint64_t)n * PE_SECTION;

	if (n >= pe->n_sections || at > head.size || head.size - at < PE_SECTION)
		return false;
	pe_section_decode(head.at + at, section);
	return true;
}

static bool is_named(const struct pe_section *section, const char *name)
{
	unsigned int i = 0;

	while (name[i] != '\0' && section->name[i] == name[i])
		i++;
	return name[i] == '\0' && section->name[i] == '\0';
}

bool pe_section_named(struct bytes head, const struct pe *pe, const char *name, struct pe_section *section)
{
	for (unsigned int n = 0; pe_section_at(head, pe, n, section); n++)
		if (is_named(section, name))
			return true;
	return false;
}

uint64_t pe_section_contents(const struct pe_section *section)
{
	return section->size < section->virtual_size ? section->size : section->virtual_size;
}

const char *pe_breaks_nx(struct bytes head, const struct pe *pe)
{
	struct pe_section section;

	if (!pe->nx_compat)
		return "is not marked NX_COMPAT";
	for (unsigned int n = 0; pe_section_at(head, pe, n, &section); n++)
		if ((section.flags & RUN_AND_WRITE) == RUN_AND_WRITE && (section.flags & DISCARDABLE) == 0)
			return "has a section that can be written to and run";
	return NULL;
}

uint32_t pe_compat_entry(struct bytes image, const struct pe *pe, unsigned int machine)
{
	struct pe_section section;
	uint64_t kind, size, whose, entry, at, end;

	if (!pe_section_named(image, pe, ".compat", &section))
		return 0;
	end = section.address + section.virtual_size; /* both have 32 bits */
	for (at = section.address;
	     at + COMPAT_ENTRY <= end && bytes_get(image, at, 1, &kind) && bytes_get(image, at + 1, 1, &size) &&
	     bytes_get(image, at + 2, 2, &whose) && bytes_get(image, at + 4, 4, &entry) && kind != 0 && size != 0;
	     at += size)
		if (kind == COMPAT_KIND && size >= COMPAT_ENTRY && size <= end - at && whose == machine)
			return entry < image.size ? (uint32_t)entry : 0;
	return 0;
}
