/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the EFI shell's `memmap` prints, and `memmap -sfo`. Source: EDK II, ShellPkg/Library/
 * UefiShellDebug1CommandsLib, MemMap.c and its .uni file: "% -10s %016LX-%016LX %016LX %016LX", inclusive ends, and a
 * type without a name as "%08x".
 */
#include "map_kinds.h"

#include <ctype.h>
#include <string.h>

/* Those of EDK II, short and in full; MemMapIO and the like are the EFI shell 1.0's (gnu-efi, lib/misc.c). */
static const struct word_value types[] = {
    {"Reserved", MEMORY_RESERVED},
    {"LoaderCode", MEMORY_LOADER_CODE},
    {"LoadCode", MEMORY_LOADER_CODE},
    {"LoaderData", MEMORY_LOADER_DATA},
    {"LoadData", MEMORY_LOADER_DATA},
    {"BS_Code", MEMORY_BOOT_CODE},
    {"BootServiceCode", MEMORY_BOOT_CODE},
    {"BS_Data", MEMORY_BOOT_DATA},
    {"BootServiceData", MEMORY_BOOT_DATA},
    {"RT_Code", MEMORY_RUNTIME_CODE},
    {"RuntimeCode", MEMORY_RUNTIME_CODE},
    {"RT_Data", MEMORY_RUNTIME_DATA},
    {"RuntimeData", MEMORY_RUNTIME_DATA},
    {"Available", MEMORY_CONVENTIONAL},
    {"Unusable", MEMORY_UNUSABLE},
    {"UnusableMemory", MEMORY_UNUSABLE},
    {"ACPI_Recl", MEMORY_ACPI_RECLAIM},
    {"ACPIReclaimMemory", MEMORY_ACPI_RECLAIM},
    {"ACPI_NVS", MEMORY_ACPI_NVS},
    {"ACPIMemoryNVS", MEMORY_ACPI_NVS},
    {"MMIO", MEMORY_MMIO},
    {"MemoryMappedIO", MEMORY_MMIO},
    {"MemMapIO", MEMORY_MMIO},
    {"MMIO_Port", MEMORY_MMIO_PORT},
    {"MemoryMappedIOPortSpace", MEMORY_MMIO_PORT},
    {"MemPortIO", MEMORY_MMIO_PORT},
    {"PalCode", MEMORY_PAL_CODE},
    {"PAL_Code", MEMORY_PAL_CODE},
    {"Persistent", MEMORY_PERSISTENT},
    {"PersistentMemory", MEMORY_PERSISTENT},
    {"Unaccepted", MEMORY_UNACCEPTED},
    {"UnacceptedMemory", MEMORY_UNACCEPTED},
    {NULL, 0},
};

struct row {
	const char *type;
	size_t type_length;
	uint64_t start, last, pages, attribute;
};

static enum status read_type(struct reader *r, const struct row *row, uint32_t *type)
{
	const struct word_value *found = word_find(types, row->type, row->type_length);
	const char *at = row->type;
	uint64_t number;

	if (found != NULL) {
		*type = (uint32_t)found->value;
		return OK;
	}
	if (row->type_length != 8 || !take_hex(&at, &number) || at != row->type + 8)
		return BAD_LINE(r, "`%.*s` is not a type of the EFI shell's", shown(row->type_length), row->type);
	*type = (uint32_t)number;
	return OK;
}

/* Firmware's descriptor has a start and a number of pages; what wraps or is empty is left out, as the loader does. */
static enum status add_row(struct reader *r, const struct row *row)
{
	struct range at;
	uint64_t size;
	uint32_t type = MEMORY_RESERVED;

	map_row_found(r);
	TRY(read_type(r, row, &type));
	if (row->last + 1 - row->start != row->pages * EFI_PAGE)
		return BAD_LINE(r, "%#" PRIx64 " pages are not %#" PRIx64 "-%#" PRIx64 ": was the text garbled?",
				row->pages, row->start, row->last);
	if (checked_mul(row->pages, EFI_PAGE, &size) || checked_range(row->start, size, &at))
		return OK;
	return map_add(r, at, type, row->attribute);
}

static bool take_field(const char **at, uint64_t *value)
{
	return take(at, ",\"") && take_hex(at, value) && take(at, "\"");
}

/* MemoryMap,"Available","100000","805FFF","706","F" */
static enum status sfo_line(struct reader *r, const char *at)
{
	struct row row = {.type = at, .type_length = strcspn(at, "\"")};

	at += row.type_length;
	if (!take(&at, "\"") || !take_field(&at, &row.start) || !take_field(&at, &row.last) ||
	    !take_field(&at, &row.pages) || !take_field(&at, &row.attribute))
		return BAD_LINE(r, "no `MemoryMap,\"TYPE\",\"START\",\"END\",\"PAGES\",\"ATTRIBUTES\"`");
	return add_row(r, &row);
}

/* A console may have seen the command several times: the last one counts. */
static bool is_heading(const char *line)
{
	const char *at = line;

	if (take_to(&at, "ShellCommand,\"memmap\""))
		return true;
	return take_to(&at, "Type ") && strncmp(skip_blanks(at), "Start ", 6) == 0;
}

/* The word before the range. A quote mark or the like does not count. */
static bool find_type(struct row *row, const char *line, const char *end)
{
	while (end > line && strchr(" \t", end[-1]) != NULL)
		end--;
	for (row->type = end; row->type > line && strchr(" \t>|:;", row->type[-1]) == NULL;)
		row->type--;
	row->type_length = (size_t)(end - row->type);
	return row->type_length > 0 && isalnum((unsigned char)end[-1]);
}

/* Sixteen digits on both sides of a dash, and a known type before them or a long number behind. */
static bool is_row(const struct row *row, const char *at)
{
	return word_find(types, row->type, row->type_length) != NULL || strspn(at, "0123456789ABCDEFabcdef") >= 8;
}

static enum status shell_line(struct reader *r, const char *line)
{
	const char *begin, *at = line;
	struct row row;

	if (is_heading(line)) {
		r->anew = true;
		return OK;
	}
	if (take_to(&at, "MemoryMap,\""))
		return sfo_line(r, at);
	begin = find_hex_range(line, 16, &at, &row.start, &row.last);
	if (begin == NULL || !find_type(&row, line, begin))
		return OK;
	at = skip_blanks(at);
	if (!is_row(&row, at))
		return OK;
	if (!take_hex(&at, &row.pages) || *at != ' ')
		return BAD_LINE(r, "no number of pages behind the range: was the text cut off, or garbled?");
	at = skip_blanks(at);
	if (!take_hex(&at, &row.attribute) || *at != '\0')
		return BAD_LINE(r, "no attributes behind the pages: was the text cut off, or garbled?");
	return add_row(r, &row);
}

static enum status shell_end(struct reader *r)
{
	map_expect_heading(r, "Type  Start  End  # Pages  Attributes");
	return OK;
}

const struct map_kind kind_shell = {"EFI shell memmap", true, shell_line, shell_end};
