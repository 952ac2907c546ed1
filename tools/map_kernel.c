/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux says of memory: "efi: mem" and "BIOS-e820" lines of its log, and /proc/iomem. Source: Linux
 * drivers/firmware/efi/efi.c (efi_md_typeattr_format), arch/x86/platform/efi/efi.c (efi_print_memmap),
 * arch/x86/kernel/e820.c (e820__print_table, e820_type_to_string) and kernel/resource.c.
 */
#include "map_kinds.h"

#include <string.h>
#include <strings.h>

/* Steps behind @marker wherever it stands on the line: timestamps and host names may stand before it. */
static bool find(const char **at, const char *marker)
{
	size_t length = strlen(marker);

	for (const char *c = *at; *c != '\0'; c++)
		if (strncasecmp(c, marker, length) == 0) {
			*at = c + length;
			return true;
		}
	return false;
}

/* ---- efi: mem ---- */

/* With the longer names of kernels before 5.10. */
static const struct word_value efi_types[] = {
    {"Reserved", MEMORY_RESERVED},
    {"Loader Code", MEMORY_LOADER_CODE},
    {"Loader Data", MEMORY_LOADER_DATA},
    {"Boot Code", MEMORY_BOOT_CODE},
    {"Boot Data", MEMORY_BOOT_DATA},
    {"Runtime Code", MEMORY_RUNTIME_CODE},
    {"Runtime Data", MEMORY_RUNTIME_DATA},
    {"Conventional", MEMORY_CONVENTIONAL},
    {"Conventional Memory", MEMORY_CONVENTIONAL},
    {"Unusable", MEMORY_UNUSABLE},
    {"Unusable Memory", MEMORY_UNUSABLE},
    {"ACPI Reclaim", MEMORY_ACPI_RECLAIM},
    {"ACPI Reclaim Memory", MEMORY_ACPI_RECLAIM},
    {"ACPI Mem NVS", MEMORY_ACPI_NVS},
    {"ACPI Memory NVS", MEMORY_ACPI_NVS},
    {"MMIO", MEMORY_MMIO},
    {"Memory Mapped I/O", MEMORY_MMIO},
    {"MMIO Port", MEMORY_MMIO_PORT},
    {"MMIO Port Space", MEMORY_MMIO_PORT},
    {"PAL Code", MEMORY_PAL_CODE},
    {"Persistent", MEMORY_PERSISTENT},
    {"Persistent Memory", MEMORY_PERSISTENT},
    {"Unaccepted", MEMORY_UNACCEPTED},
    {NULL, 0},
};

/* UEFI 2.10, 7.2. Letters of kernels to come are none of Berth's business. */
static const struct word_value efi_attributes[] = {
    {"RUN", UINT64_C(1) << 63},
    {"HP", ATTRIBUTE_HOT_PLUGGABLE},
    {"CC", 0x80000},
    {"SP", ATTRIBUTE_SOFT_RESERVED},
    {"RO", 0x20000},
    {"MR", ATTRIBUTE_MORE_RELIABLE},
    {"NV", 0x8000},
    {"XP", 0x4000},
    {"RP", 0x2000},
    {"WP", 0x1000},
    {"UCE", 0x10},
    {"WB", 8},
    {"WT", 4},
    {"WC", 2},
    {"UC", 1},
    {NULL, 0},
};

static bool take_type(const char **at, uint64_t *type)
{
	size_t length = strcspn(*at, "|]");
	const char *name = *at;
	const struct word_value *found;

	if (take(at, "type="))
		return take_number(at, type) && *type <= UINT32_MAX;
	*at += length;
	while (length > 0 && name[length - 1] == ' ')
		length--;
	found = word_find(efi_types, name, length);
	if (found != NULL)
		*type = found->value;
	return found != NULL;
}

/* "|   |MR|  |WB]" or "|attr=0x000000000000000f]" */
static bool take_attributes(const char **at, uint64_t *attribute)
{
	*attribute = 0;
	while (take(at, "|")) {
		const char *word = skip_blanks(*at);
		size_t length = strcspn(word, " |]");
		const struct word_value *found = word_find(efi_attributes, word, length);

		*at = word;
		if (take(at, "attr=")) {
			if (!take_number(at, attribute))
				return false;
			continue;
		}
		*attribute |= found != NULL ? found->value : 0;
		*at = skip_blanks(word + length);
	}
	return take(at, "]");
}

/* "[Conventional|...] range=[0x0-0xfff]"; before 4.7 the end was the one after the last byte, and ")" told. */
static bool take_descriptor(const char **at, uint64_t *type, uint64_t *attribute, struct range *range)
{
	uint64_t start, end;

	if (take(at, "[")) {
		if (!take_type(at, type) || !take_attributes(at, attribute) || !take(at, " "))
			return false;
	} else if (!take_type(at, type) || !take(at, ", attr=") || !take_number(at, attribute) || !take(at, ", ")) {
		return false; /* before 3.19: "type=7, attr=0xf, range=[0x0-0x1000)" */
	}
	if (!take(at, "range=[") || !take_number(at, &start) || !take(at, "-") || !take_number(at, &end))
		return false;
	if (take(at, "]"))
		return range_from_last(start, end, range);
	*range = (struct range){start, end};
	return start <= end && take(at, ")");
}

static bool has_free(const struct map_source *source, size_t begin)
{
	for (size_t i = begin; i < source->map.count; i++)
		if (source->map.entry[i].type == MEMORY_CONVENTIONAL)
			return true;
	return false;
}

/*
 * The kernel prints firmware's map, and later those parts of it that stay mapped, numbered from 0 once more. A log of
 * several boots goes on with the next. Of firmware's maps the last one counts.
 */
static enum status efi_end(struct reader *r)
{
	struct memmap *map = &r->source->map;

	if (r->foreign || (r->begin > 0 && !has_free(r->source, r->begin))) {
		map->count = r->begin;
	} else if (r->begin > 0) {
		map->count -= r->begin;
		memmove(map->entry, map->entry + r->begin, map->count * sizeof(*map->entry));
	}
	r->begin = map->count;
	r->foreign = false;
	return OK;
}

static enum status efi_line(struct reader *r, const char *line)
{
	const char *at = line;
	uint64_t number, type, attribute;
	struct range range;

	if (find(&at, "EFI runtime memory map")) {
		TRY(efi_end(r));
		r->foreign = true;
		return OK;
	}
	if (!find(&at, "efi: mem") || *at < '0' || *at > '9')
		return OK;
	r->found = true;
	if (!take_number(&at, &number) || !take(&at, ": ") || !take_descriptor(&at, &type, &attribute, &range))
		return BAD_LINE(r, "no `efi: memN: [TYPE|ATTRIBUTES] range=[0xSTART-0xEND]` with a type of Linux's: "
				   "was the log garbled?");
	if (number <= r->last && r->source->map.count > r->begin)
		TRY(efi_end(r));
	r->last = number;
	return map_add(r, range, (uint32_t)type, attribute);
}

const struct map_kind kind_efi = {"kernel log (efi: mem)", true, efi_line, efi_end};

/* ---- BIOS-e820 ---- */

struct memory memory_of_label(const char *label)
{
	static const struct word_value types[] = {
	    {"usable", MEMORY_CONVENTIONAL},
	    {"System RAM", MEMORY_CONVENTIONAL},
	    {"ACPI data", MEMORY_ACPI_RECLAIM},
	    {"ACPI Tables", MEMORY_ACPI_RECLAIM},
	    {"ACPI NVS", MEMORY_ACPI_NVS},
	    {"ACPI Non-volatile Storage", MEMORY_ACPI_NVS},
	    {"unusable", MEMORY_UNUSABLE},
	    {"Unusable memory", MEMORY_UNUSABLE},
	    {NULL, 0},
	};
	const struct word_value *found = word_find(types, label, strlen(label));

	if (found != NULL)
		return (struct memory){.type = (uint32_t)found->value};
	if (strcasecmp(label, "soft reserved") == 0)
		return (struct memory){.type = MEMORY_CONVENTIONAL, .attribute = ATTRIBUTE_SOFT_RESERVED};
	if (strncasecmp(label, "persistent", 10) == 0) /* "persistent (type 7)", "Persistent Memory (legacy)" */
		return (struct memory){.type = MEMORY_PERSISTENT};
	if (strncmp(label, "PCI ", 4) == 0)
		return (struct memory){.type = MEMORY_MMIO};
	return (struct memory){.type = MEMORY_RESERVED};
}

bool range_from_last(uint64_t start, uint64_t last, struct range *out)
{
	*out = (struct range){start, last == UINT64_MAX ? LAST_PAGE : last + 1};
	return last >= start || last + 1 == start;
}

/*
 * Another boot's map, or the whole of one with more than 128 entries, which Linux prints again as "extended": it prints
 * them sorted and without overlaps, so that in one map no start comes twice.
 */
static void start_anew_at(struct reader *r, uint64_t start)
{
	struct memmap *map = &r->source->map;

	if (map->count > 0 && map->entry[0].at.start == start)
		map->count = 0;
}

/* "[mem 0x0-0x9fbff] usable", and before 3.5 "0000000000000000 - 000000000009fc00 (usable)". */
static bool take_e820(const char **at, struct range *range)
{
	uint64_t start, end;

	if (take(at, "[mem "))
		return take_number(at, &start) && take(at, "-") && take_number(at, &end) && take(at, "] ") &&
		       range_from_last(start, end, range);
	if (!take_hex(at, &start) || !take(at, " - ") || !take_hex(at, &end) || !take(at, " "))
		return false;
	*range = (struct range){start, end};
	return start <= end;
}

/* The label, which older kernels put in parentheses. */
static struct memory e820_memory(const char *at)
{
	char label[40];
	size_t length = strlen(at);

	if (take(&at, "("))
		length = strcspn(at, ")");
	if (length >= sizeof(label))
		length = sizeof(label) - 1;
	memcpy(label, at, length);
	label[length] = '\0';
	return memory_of_label(label);
}

static enum status e820_line(struct reader *r, const char *line)
{
	const char *at = line;
	struct memory memory;
	struct range range;

	if (!find(&at, "BIOS-e820: ") && (!find(&at, "extended: ") || *at != '['))
		return OK;
	if (take(&at, "[gap "))
		return OK; /* Linux 6.19 tells of the holes too */
	r->found = true;
	if (!take_e820(&at, &range) || *(at = skip_blanks(at)) == '\0')
		return BAD_LINE(r, "no `BIOS-e820: [mem 0xSTART-0xEND] TYPE`: was the log garbled?");
	memory = e820_memory(at);
	start_anew_at(r, range.start);
	return map_add(r, range, memory.type, memory.attribute);
}

const struct map_kind kind_e820 = {"kernel log (BIOS-e820)", false, e820_line, NULL};

/* ---- /proc/iomem ---- */

/* "00100000-bfffffff : System RAM"; what is indented lies inside of the line above it. */
static enum status iomem_line(struct reader *r, const char *line)
{
	const char *at = skip_blanks(line);
	bool nested = at != line;
	struct memory memory;
	struct range range;
	uint64_t start, last;

	if (!take_hex(&at, &start) || !take(&at, "-") || !take_hex(&at, &last) || !take(&at, " : "))
		return OK;
	r->found = true;
	r->not_zero = r->not_zero || last != 0;
	if (nested)
		return OK;
	if (!range_from_last(start, last, &range))
		return BAD_LINE(r, "the end %#" PRIx64 " lies below the start %#" PRIx64, last, start);
	start_anew_at(r, start);
	memory = memory_of_label(at);
	return map_add(r, range, memory.type, memory.attribute);
}

static enum status iomem_end(struct reader *r)
{
	if (!r->found || r->not_zero)
		return OK;
	return fail(r->why, BAD_INPUT,
		    "%s: every address is 0, for Linux tells them to root alone\n  try: read /proc/iomem as root",
		    r->name);
}

const struct map_kind kind_iomem = {"/proc/iomem", false, iomem_line, iomem_end};
