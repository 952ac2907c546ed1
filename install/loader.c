/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader.h"

#include "../base/text.h"
#include "../base/version.h"
#include "../config/magic.h"

#include <string.h>

#define MOST_SBAT 4096 /* bytes that are looked at */

static struct bytes front(struct bytes file)
{
	return (struct bytes){file.at, file.size < PE_HEAD_MOST ? file.size : PE_HEAD_MOST};
}

/* What stands in a section; empty when there is none, or not all of it is there. */
static struct word section_text(struct bytes file, const struct pe *pe, const char *name)
{
	struct pe_section section;
	uint64_t size;

	if (!pe_section_named(front(file), pe, name, &section))
		return (struct word){"", 0};
	size = pe_section_contents(&section);
	if (section.offset > file.size || size > file.size - section.offset)
		return (struct word){"", 0};
	return (struct word){(const char *)file.at + section.offset, (size_t)size};
}

/* Bytes that no terminal or file name should have make it no word. */
static void take_word(const char *at, size_t length, char out[LOADER_WORD])
{
	length = length < LOADER_WORD - 1 ? length : LOADER_WORD - 1;
	for (size_t i = 0; i < length; i++)
		if (at[i] <= ' ' || at[i] > '~')
			return;
	memcpy(out, at, length);
	out[length] = '\0';
}

/* "#### LoaderInfo: PRODUCT VERSION ####"; systemd-boot 252, which Debian 12 has, ends it with a NUL */
static void read_magic(struct word text, struct loader *loader)
{
	size_t start = sizeof(MAGIC_BEGIN) - 1, end = sizeof(MAGIC_END) - 1;
	const char *blank;
	struct word rest;

	if (text.length != 0 && text.at[text.length - 1] == '\0')
		text.length--;
	rest = text;
	loader->is_berth = magic_is_of(&rest, BERTH_PRODUCT);
	if (text.length <= start + end || memcmp(text.at, MAGIC_BEGIN, start) != 0 ||
	    memcmp(text.at + text.length - end, MAGIC_END, end) != 0)
		return;
	text = (struct word){text.at + start, text.length - start - end};
	blank = memchr(text.at, ' ', text.length);
	if (blank == NULL)
		return;
	take_word(text.at, (size_t)(blank - text.at), loader->product);
	blank++;
	take_word(blank, text.length - (size_t)(blank - text.at), loader->version);
}

/* A line of .sbat that begins with the component "shim". */
static bool is_shims(struct word sbat)
{
	static const char name[] = "\nshim,";

	for (size_t i = 0; i + sizeof(name) - 1 <= sbat.length && i < MOST_SBAT; i++)
		if (memcmp(sbat.at + i, name, sizeof(name) - 1) == 0)
			return true;
	return false;
}

/*
 * Microsoft PE Format, "Optional Header Data Directories": behind their number, the fifth tells where signatures are,
 * and how long.
 */
#define SIGNATURES_SIZE (4 + UINT64_C(8) * 4 + 4)

static bool has_signature(struct bytes file)
{
	uint64_t at, magic, n, size = 0;

	if (!pe_header(file, &at) || !bytes_get(file, at + 24, 2, &magic))
		return false;
	at += 24 + (magic == 0x20b ? 108u : 92u);
	return bytes_get(file, at, 4, &n) && n > 4 && bytes_get(file, at + SIGNATURES_SIZE, 4, &size) && size != 0;
}

bool loader_read(struct bytes file, struct loader *loader)
{
	struct pe pe;

	*loader = (struct loader){.is_berth = false};
	if (!pe_read(front(file), &pe) || pe.head_end > front(file).size)
		return false;
	loader->machine = machine_of_pe(pe.machine);
	loader->has_signature = has_signature(front(file));
	loader->is_shim = is_shims(section_text(file, &pe, ".sbat"));
	read_magic(section_text(file, &pe, ".sdmagic"), loader);
	return true;
}

static const struct {
	enum elf_machine machine;
	const char *file;
} rows[] = {
#define MACHINE(id, number, bits, name, pe, flat, folder, file) {id, #file},
#include "../base/machines.def"
#undef MACHINE
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == LOADER_MACHINES, "LOADER_MACHINES is how many base/machines.def has");

/* UEFI 2.10, 3.5.1.1: "BOOT", the CPU's name in capitals, ".EFI". */
bool loader_names(size_t n, struct loader_names *names)
{
	struct text arch = TEXT(names->arch), own = TEXT(names->own), removable = TEXT(names->removable),
		    kept = TEXT(names->kept);

	if (n >= LOADER_MACHINES)
		return false;
	names->machine = rows[n].machine;
	names->file = rows[n].file;
	for (const char *at = rows[n].file + 4; *at != '.'; at++)
		text_add(&arch, "%c", *at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
	text_add(&own, "\\EFI\\berth\\berth%s.efi", names->arch);
	text_add(&removable, "\\EFI\\BOOT\\%s", names->file);
	text_add(&kept, "\\EFI\\berth\\%s.kept", names->file);
	return true;
}
