/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware's map in the log of a kernel: Linux with efi=debug, numbered on x86, with inclusive ends and a heading on
 * the other CPUs; and Xen. Sources: Linux drivers/firmware/efi/efi.c (efi_md_typeattr_format), efi-init.c
 * (reserve_regions), arch/x86/platform/efi/efi.c (efi_print_memmap, efi_memmap_entry_valid), drivers/firmware/efi/
 * memattr.c; Xen xen/common/efi/runtime.c and boot.c (efi_init_memory).
 */
#include "map_efi.h"

#include "../base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- types and attributes ---- */

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

/* UEFI 2.10, 7.2. Berth ignores letters of later kernels. RT and REL are U-Boot's, RT GRUB's too. */
static const struct word_value efi_attributes[] = {
    {"RUN", UINT64_C(1) << 63},
    {"RT", UINT64_C(1) << 63},
    {"REL", ATTRIBUTE_MORE_RELIABLE},
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

uint64_t attribute_of_word(const char *word, size_t length)
{
	const struct word_value *found = word_find(efi_attributes, word, length);

	return found != NULL ? found->value : 0;
}

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

		*at = word;
		if (take(at, "attr=")) {
			if (!take_number(at, attribute))
				return false;
			continue;
		}
		*attribute |= attribute_of_word(word, length);
		*at = skip_blanks(word + length);
	}
	return take(at, "]");
}

/* "[Conventional|...] range=[0x0-0xfff]"; before 4.7 the end was the first byte behind, marked by ")". */
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

/* ---- which map of a log ---- */

/*
 * The kernel prints firmware's map, and later those parts of it that stay mapped, numbered from 0 once more. A log of
 * several boots goes on with the next. The last of firmware's maps counts.
 */
static void close_map(struct reader *r)
{
	struct memmap *map = &r->source->map;

	if (r->foreign || (r->begin > 0 && !has_free(r->source, r->begin))) {
		map->count = r->begin;
	} else {
		if (r->begin > 0) {
			map->count -= r->begin;
			memmove(map->entry, map->entry + r->begin, map->count * sizeof(*map->entry));
		}
		r->kept = r->now;
	}
	r->begin = map->count;
	r->foreign = false;
	r->now = (struct listing){.numbered = false};
}

/* A plan on half of a map would be silently wrong: memory that is held would count as a hole, or as free. */
static enum status efi_end(struct reader *r)
{
	close_map(r);
	if (r->kept.missing[0] != '\0')
		return fail(
		    r->why, BAD_INPUT,
		    "%s: the log is incomplete: firmware's memory map lacks %s, so nothing is planned on it\n"
		    "  try: the whole log, from `journalctl -k -b` or from `dmesg` soon after boot; log_buf_len=1M on\n"
		    "  the kernel's command line keeps more of it",
		    r->name, r->kept.missing);
	if (r->found && !r->kept.numbered && !r->kept.has_head)
		map_incomplete(r, "the line `%s` is not above the first range",
			       r->rank == 0 ? "Processing EFI memory map:" : "EFI memory map:");
	return OK;
}

/* "mem05", or "mem00 to mem18"; of many gaps only the first ones */
static void note_gap(struct listing *listing, uint64_t first, uint64_t last)
{
	struct text text = {listing->missing, sizeof(listing->missing), strlen(listing->missing)};
	size_t used = text.used;
	const char *comma = used == 0 ? "" : ", ";

	if (used > 2 && listing->missing[used - 1] == '.')
		return;
	if (used + 40 > sizeof(listing->missing))
		text_add(&text, " ...");
	else if (first == last)
		text_add(&text, "%smem%02" PRIu64, comma, first);
	else
		text_add(&text, "%smem%02" PRIu64 "%smem%02" PRIu64, comma, first, last == first + 1 ? ", " : " to ",
			 last);
}

/* ---- the lines ---- */

/* Behind the "mem" of "mem00: [Reserved" or "mem00: type=", wherever it stands, or of "efi: mem00"; else NULL. */
static const char *find_numbered(const char *line)
{
	const char *at = line;

	if (take_to(&at, "efi: mem") && isdigit((unsigned char)*at))
		return at;
	for (const char *c = line; *c != '\0'; c++) {
		if (!starts_word(line, c) || strncmp(c, "mem", 3) != 0 || !isdigit((unsigned char)c[3]))
			continue;
		at = c + 3 + strspn(c + 3, "0123456789");
		if ((take(&at, ": [") && isupper((unsigned char)*at)) || take(&at, ": type="))
			return c + 3;
	}
	return NULL;
}

/* Mail breaks lines as long as these. The last piece has a closing bracket behind @word. */
static void join_pieces(struct reader *r, const char *at, const char *word)
{
	for (unsigned int n = 0; n < 3; n++) {
		const char *last = strstr(at, word);

		if ((last != NULL && strpbrk(last, ")]") != NULL) || !log_lines_join(&r->lines, " "))
			return;
	}
}

/* Whether a line comes twice, as when an early console is kept beside the later one. */
static bool is_last(const struct memmap *map, struct range range, uint64_t type)
{
	const struct memory *last = map->count > 0 ? &map->entry[map->count - 1] : NULL;

	return last != NULL && last->at.start == range.start && last->at.end == range.end && last->type == type;
}

static enum status numbered_line(struct reader *r, const char *at)
{
	uint64_t number, type, attribute;
	struct range range;

	join_pieces(r, at, "range=[");
	/* Linux first lists the descriptors that it leaves out: "range=[0x0-0x10000000000000000] (invalid)". */
	if (strstr(at, "(invalid)") != NULL)
		return OK;
	r->found = true;
	if (!take_number(&at, &number) || !take(&at, ": ") || !take_descriptor(&at, &type, &attribute, &range))
		return BAD_LINE(r, "no `efi: memN: [TYPE|ATTRIBUTES] range=[0xSTART-0xEND]` with a type of Linux's: "
				   "was the line cut off or wrapped?");
	if (number + 1 == r->now.next && is_last(&r->source->map, range, type))
		return OK;
	if (number < r->now.next)
		close_map(r);
	r->now.numbered = true;
	if (number > r->now.next)
		note_gap(&r->now, r->now.next, number - 1);
	r->now.next = number == UINT64_MAX ? number : number + 1;
	return map_add(r, range, (uint32_t)type, attribute);
}

/*
 * "  0x000000001000-0x000000001fff [Loader Data        |   |  |  |  |   |WB|WT|WC|UC]*". Before 4.x no "efi:" stands
 * before it, in 3.16 no attributes behind the name; the mark meant memory that Linux reserved. memattr's lines look
 * the same, and cover parts of the map.
 */
static const char *find_range_line(const char *line)
{
	const char *at = line;
	uint64_t start, last, type, attribute;

	if (strstr(line, "memattr") != NULL)
		return NULL;
	if (take_to(&at, "efi:") && strncmp(skip_blanks(at), "0x", 2) == 0)
		return skip_blanks(at);
	for (const char *c = line; *c != '\0'; c++) {
		at = c;
		if (!starts_word(line, c) || strncmp(c, "0x", 2) != 0 || !take_number(&at, &start) ||
		    !take(&at, "-0x") || !take_hex(&at, &last) || *at != ' ')
			continue;
		at = skip_blanks(at);
		if (take(&at, "[") &&
		    (strchr(at, '|') != NULL || (take_type(&at, &type) && take_attributes(&at, &attribute))))
			return c;
	}
	return NULL;
}

static enum status range_line(struct reader *r, const char *at)
{
	uint64_t start, last, type, attribute;
	struct range range;

	join_pieces(r, at, "");
	r->found = true;
	r->source->kind = "kernel log (efi=debug)";
	if (!take_number(&at, &start) || !take(&at, "-") || !take_number(&at, &last) || !take(&at, " [") ||
	    !take_type(&at, &type) || !take_attributes(&at, &attribute) || !range_from_last(start, last, &range))
		return BAD_LINE(r, "no `efi:   0xSTART-0xEND [TYPE|ATTRIBUTES]` with a type of Linux's: was the line "
				   "cut off or wrapped?");
	return map_add(r, range, (uint32_t)type, attribute);
}

/* Xen's "0000000000000-000000009bfff type=7 attr=000000000000000f" */
static enum status xen_line(struct reader *r, const char *at, struct range ends)
{
	uint64_t type, attribute;
	struct range range;

	if (!take(&at, " type="))
		return OK;
	r->found = true;
	r->rank = 1;
	r->source->kind = "Xen's log (EFI memory map)";
	if (!take_number(&at, &type) || type > UINT32_MAX || !take(&at, " attr=") || !take_hex(&at, &attribute) ||
	    !range_from_last(ends.start, ends.end, &range))
		return BAD_LINE(r, "no `START-END type=N attr=N`: was the log cut off?");
	return map_add(r, range, (uint32_t)type, attribute);
}

static enum status efi_line(struct reader *r, const char *line)
{
	const char *at = line;
	struct range ends;

	if (take_to(&at, "EFI runtime memory map")) {
		close_map(r);
		r->foreign = true;
		return OK;
	}
	if (take_to(&at, "EFI memory map:")) {
		close_map(r);
		r->now.has_head = true;
		return OK;
	}
	at = find_numbered(line);
	if (at != NULL)
		return numbered_line(r, at);
	at = find_range_line(line);
	if (at != NULL)
		return range_line(r, at);
	if (find_hex_range(line, 8, &at, &ends.start, &ends.end) != NULL)
		return xen_line(r, at, ends);
	return OK;
}

const struct map_kind kind_efi = {"kernel log (efi: mem)", true, efi_line, efi_end};
