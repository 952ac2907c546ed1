/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What other boot loaders print: U-Boot's `efidebug memmap`, GRUB's `lsefimmap` and `lsmmap`; and what they and Linux
 * print that is not UEFI's map. Sources: U-Boot cmd/efidebug.c (do_efi_show_memmap), lib/lmb.c, cmd/bdinfo.c; GRUB
 * grub-core/commands/efi/lsefimmap.c, grub-core/commands/lsmmap.c.
 */
#include "map_kinds.h"

#include "map_efi.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- U-Boot ---- */

/* Type 10 is "ACPI MEM". */
static const struct word_value u_boot_types[] = {
    {"RESERVED", MEMORY_RESERVED},	   {"LOADER CODE", MEMORY_LOADER_CODE},
    {"LOADER DATA", MEMORY_LOADER_DATA},   {"BOOT CODE", MEMORY_BOOT_CODE},
    {"BOOT DATA", MEMORY_BOOT_DATA},	   {"RUNTIME CODE", MEMORY_RUNTIME_CODE},
    {"RUNTIME DATA", MEMORY_RUNTIME_DATA}, {"CONVENTIONAL", MEMORY_CONVENTIONAL},
    {"UNUSABLE MEM", MEMORY_UNUSABLE},	   {"ACPI RECLAIM MEM", MEMORY_ACPI_RECLAIM},
    {"ACPI MEM", MEMORY_ACPI_NVS},	   {"IO", MEMORY_MMIO},
    {"IO PORT", MEMORY_MMIO_PORT},	   {"PAL", MEMORY_PAL_CODE},
    {"PERSISTENT", MEMORY_PERSISTENT},	   {"UNACCEPTED", MEMORY_UNACCEPTED},
    {"(unknown)", MEMORY_RESERVED},	   {NULL, 0},
};

/* The longest type that ends at @end, where a range begins. */
static const struct word_value *type_before(const struct word_value *list, const char *line, const char *end)
{
	const struct word_value *best = NULL;

	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	for (; list->word != NULL; list++) {
		size_t length = strlen(list->word);

		if ((size_t)(end - line) >= length && strncmp(end - length, list->word, length) == 0 &&
		    starts_word(line, end - length) && (best == NULL || length > strlen(best->word)))
			best = list;
	}
	return best;
}

/* "WB|RT", or nothing; false when something else stands there, such as the pages of the EFI shell. */
static bool take_u_boot_attributes(const char *at, uint64_t *attribute)
{
	*attribute = 0;
	for (at = skip_blanks(at); *at != '\0'; at += *at == '|') {
		size_t length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (length < 2 || length > 8 || (at[length] != '|' && *skip_blanks(at + length) != '\0'))
			return false;
		*attribute |= attribute_of_word(at, length);
		at += length;
		at = skip_blanks(at);
	}
	return true;
}

/* The words of a heading in their order, whatever blanks are between them. */
static bool is_heading(const char *line, const char *const *word)
{
	const char *at = line;

	for (; *word != NULL; word++)
		if (!take_to(&at, *word))
			return false;
	return strchr(line, '#') == NULL;
}

static void begin_table(struct reader *r)
{
	r->anew = r->in_table = true;
}

static enum status add_row(struct reader *r, struct range range, uint64_t type, uint64_t attribute)
{
	map_row_found(r);
	return map_add(r, range, (uint32_t)type, attribute);
}

/*
 * "CONVENTIONAL     0000000040000000-0000000044000000 WB", the end being the first byte behind. Under the heading lines
 * are rows up to one that is not; elsewhere what is not a row is another program's.
 */
static enum status u_boot_line(struct reader *r, const char *line)
{
	static const char *const heading[] = {"Type ", "Start ", "End ", "Attributes", NULL};
	const char *begin, *at = line;
	const struct word_value *type;
	struct range range;
	uint64_t attribute;

	if (is_heading(line, heading)) {
		begin_table(r);
		return OK;
	}
	begin = find_hex_range(line, 16, &at, &range.start, &range.end);
	if (begin == NULL) {
		r->in_table = r->in_table && strstr(line, "====") != NULL;
		return OK;
	}
	type = type_before(u_boot_types, line, begin);
	if (type == NULL || !take_u_boot_attributes(at, &attribute))
		return r->in_table
			   ? BAD_LINE(r, "no `TYPE START-END ATTRIBUTES` with a type of U-Boot's efidebug memmap")
			   : OK;
	if (range.end < range.start)
		return BAD_LINE(r, "the end %#" PRIx64 " lies below the start %#" PRIx64, range.end, range.start);
	return add_row(r, range, type->value, attribute);
}

static enum status u_boot_end(struct reader *r)
{
	map_expect_heading(r, "Type  Start  End  Attributes");
	return OK;
}

const struct map_kind kind_u_boot = {"U-Boot efidebug memmap", true, u_boot_line, u_boot_end};

/* ---- GRUB's lsefimmap ---- */

static const struct word_value grub_efi_types[] = {
    {"reserved", MEMORY_RESERVED},    {"ldr-code", MEMORY_LOADER_CODE},
    {"ldr-data", MEMORY_LOADER_DATA}, {"BS-code", MEMORY_BOOT_CODE},
    {"BS-data", MEMORY_BOOT_DATA},    {"RT-code", MEMORY_RUNTIME_CODE},
    {"RT-data", MEMORY_RUNTIME_DATA}, {"conv-mem", MEMORY_CONVENTIONAL},
    {"unusable", MEMORY_UNUSABLE},    {"ACPI-rec", MEMORY_ACPI_RECLAIM},
    {"ACPI-nvs", MEMORY_ACPI_NVS},    {"MMIO", MEMORY_MMIO},
    {"IO-ports", MEMORY_MMIO_PORT},   {"PAL-code", MEMORY_PAL_CODE},
    {"persist", MEMORY_PERSISTENT},   {NULL, 0},
};

/* "Unk 0f": a type that GRUB has no name for. */
static bool type_of_number(const char *line, const char *end, uint64_t *type)
{
	for (const char *c = line; c < end; c++)
		if (starts_word(line, c) && take(&c, "Unk "))
			return take_hex(&c, type) && *type <= UINT32_MAX;
	return false;
}

/* Behind the range: "00000001      4KiB WB", which older ones write "4KB". */
static bool take_grub_sizes(const char **at, uint64_t *pages, uint64_t *attribute)
{
	uint64_t size;
	const char *c = skip_blanks(*at);

	if (!take_hex(&c, pages))
		return false;
	c = skip_blanks(c);
	if (!take_number(&c, &size) || strchr("KMGTPE", *c) == NULL || *c++ == '\0')
		return false;
	(void)take(&c, "i");
	if (!take(&c, "B"))
		return false;
	for (*attribute = 0; *(c = skip_blanks(c)) != '\0'; c += strcspn(c, " \t"))
		*attribute |= attribute_of_word(c, strcspn(c, " \t"));
	*at = c;
	return true;
}

/* "conv-mem  0000000000001000-0000000007ef5fff 00007ef5 130004KiB WB" */
static enum status grub_efi_line(struct reader *r, const char *line)
{
	const char *begin, *at = line;
	const struct word_value *found;
	struct range range;
	uint64_t last, pages, attribute, type;

	if (take_to(&at, "Physical start ")) {
		begin_table(r);
		return OK;
	}
	begin = find_hex_range(line, 16, &at, &range.start, &last);
	if (begin == NULL || !take_grub_sizes(&at, &pages, &attribute)) {
		if (begin != NULL && r->in_table)
			return BAD_LINE(r,
					"no pages, size and attributes behind the range, as GRUB's lsefimmap has them");
		r->in_table = false;
		return OK;
	}
	found = type_before(grub_efi_types, line, begin);
	if (found != NULL)
		type = found->value;
	else if (!type_of_number(line, begin, &type))
		return BAD_LINE(r, "no type of GRUB's lsefimmap stands before the range");
	if (!range_from_last(range.start, last, &range) || range_size(range) / EFI_PAGE != pages)
		return BAD_LINE(r, "%#" PRIx64 " pages are not %#" PRIx64 "-%#" PRIx64, pages, range.start, last);
	return add_row(r, range, type, attribute);
}

static enum status grub_efi_end(struct reader *r)
{
	map_expect_heading(r, "Type  Physical start  - end");
	return OK;
}

const struct map_kind kind_grub_efi = {"GRUB lsefimmap", true, grub_efi_line, grub_efi_end};

/* ---- GRUB's lsmmap ---- */

static const struct word_value grub_types[] = {
    {"available RAM", MEMORY_CONVENTIONAL},	    {"reserved RAM", MEMORY_RESERVED},
    {"ACPI reclaimable RAM", MEMORY_ACPI_RECLAIM},  {"ACPI non-volatile storage RAM", MEMORY_ACPI_NVS},
    {"faulty RAM (BadRAM)", MEMORY_UNUSABLE},	    {"persistent RAM", MEMORY_PERSISTENT},
    {"persistent RAM (legacy)", MEMORY_PERSISTENT}, {"RAM holding coreboot tables", MEMORY_RESERVED},
    {"RAM holding firmware code", MEMORY_RESERVED}, {NULL, 0},
};

/* "base_addr = 0x0, length = 0x9fc00, available RAM"; a type without a name is "type = 0x14". */
static enum status grub_line(struct reader *r, const char *line)
{
	const struct word_value *found;
	uint64_t start, size;
	struct range range;
	const char *at = line;

	if (!take_to(&at, "base_addr = "))
		return OK;
	r->found = true;
	if (!take_number(&at, &start) || !take(&at, ", length = ") || !take_number(&at, &size) || !take(&at, ", ") ||
	    checked_range(start, size, &range))
		return BAD_LINE(r, "no `base_addr = START, length = SIZE, TYPE` of GRUB's lsmmap");
	found = word_find(grub_types, at, strlen(at));
	if (found == NULL && !take(&at, "type = "))
		return BAD_LINE(r,
				"`%.*s` is not a type of GRUB's lsmmap in English\n  try: `set lang=C` before lsmmap",
				shown(strlen(at)), at);
	map_start_anew_at(r, start);
	return map_add(r, range, found != NULL ? (uint32_t)found->value : MEMORY_RESERVED, 0);
}

static enum status grub_end(struct reader *r)
{
	if (r->found)
		r->source->viewer = "GRUB";
	return OK;
}

const struct map_kind kind_grub = {"GRUB lsmmap", false, grub_line, grub_end};

/* ---- what is not UEFI's map ---- */

static const struct {
	const char *sign, *what, *instead;
} no_maps[] = {
    {"lmb_dump_all:", "U-Boot's bdinfo", "`efidebug memmap` in U-Boot"},
    {"DRAM bank ", "U-Boot's bdinfo", "`efidebug memmap` in U-Boot"},
    {" bytes flags: ", "a list of banks and reservations, U-Boot's lmb or Linux's memblock=debug",
     "`efidebug memmap` in U-Boot, or a kernel log with efi=debug"},
    {" bytes, flags: ", "a list of banks and reservations, U-Boot's lmb",
     "`efidebug memmap` in U-Boot, or a kernel log with efi=debug"},
    {"Region           Base", "U-Boot's meminfo", "`efidebug memmap` in U-Boot"},
};

static enum status no_map_line(struct reader *r, const char *line)
{
	for (size_t i = 0; i < sizeof(no_maps) / sizeof(no_maps[0]); i++)
		if (strstr(line, no_maps[i].sign) != NULL) {
			r->found = true;
			return fail(r->why, BAD_INPUT, "%s: this is %s, which does not tell what UEFI holds\n  try: %s",
				    r->name, no_maps[i].what, no_maps[i].instead);
		}
	return OK;
}

const struct map_kind kind_no_map = {"", false, no_map_line, NULL};
