/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's view as programs read it: /proc/iomem, and what kexec -d makes of that. Source: kernel/resource.c. */
#include "map_kinds.h"

#include "map_e820.h"

#include <string.h>

/* ---- /proc/iomem ---- */

/*
 * "00100000-bfffffff : System RAM"; what is indented lies inside of the line above it. How far a whole copy is indented
 * is not known beforehand, and some lose the blanks altogether: what lies in the last line that counted is nested, and
 * a line with less before it shows that those so far were nested in a missing one.
 */
static bool is_nested(struct reader *r, const char *line, const char *at, struct range range)
{
	size_t indent = 0;

	while (at - indent > line && strchr(" \t", at[-1 - (ptrdiff_t)indent]) != NULL)
		indent++;
	if (r->source->map.count > 0 && indent < r->indent)
		r->source->map.count = 0;
	if (r->source->map.count > 0 && range_contains(r->last, range))
		return true;
	r->indent = indent;
	r->last = range;
	return false;
}

static enum status iomem_line(struct reader *r, const char *line)
{
	const char *at, *begin;
	struct memory memory;
	struct range range;
	uint64_t start, last;

	begin = find_hex_range(line, 8, &at, &start, &last);
	if (begin == NULL || !take(&at, " : "))
		return OK;
	r->found = true;
	r->not_zero = r->not_zero || last != 0;
	if (!range_from_last(start, last, &range))
		return BAD_LINE(r, "the end %#" PRIx64 " lies below the start %#" PRIx64, last, start);
	if (is_nested(r, line, begin, range))
		return OK;
	map_start_anew_at(r, start);
	memory = memory_of_label(at);
	return map_add(r, range, memory.type, memory.attribute);
}

static enum status iomem_end(struct reader *r)
{
	if (!r->found || r->not_zero)
		return OK;
	return fail(r->why, BAD_INPUT,
		    "%s: every address is 0: Linux shows them to root only\n  try: read /proc/iomem as root", r->name);
}

const struct map_kind kind_iomem = {"/proc/iomem", false, iomem_line, iomem_end};

/* ---- kexec -d ---- */

/*
 * kexec-tools, kexec/kexec.c (dbgprint_mem_range) and kexec.h (RANGE_RAM ...): "MEMORY RANGES" and below it
 * "0000000000001000-000000000009ffff (0)", inclusive; on arm64 "System RAM ranges;". "E820 memmap:", which Linux prints
 * too, has e820's numbers instead. Lists under other words are for crash dumps.
 */
enum { NO_LIST, E820_LIST, RANGES_LIST };

static const struct word_value range_types[] = {
    {"0", MEMORY_CONVENTIONAL}, {"2", MEMORY_ACPI_RECLAIM}, {"3", MEMORY_ACPI_NVS},
    {"6", MEMORY_PERSISTENT},	{"11", MEMORY_PERSISTENT},  {NULL, 0},
};

/* Linux arch/x86/include/uapi/asm/setup_data.h; 128 is RAM with setup_data in it. */
static const struct word_value e820_types[] = {
    {"1", MEMORY_CONVENTIONAL}, {"3", MEMORY_ACPI_RECLAIM}, {"4", MEMORY_ACPI_NVS},	  {"5", MEMORY_UNUSABLE},
    {"7", MEMORY_PERSISTENT},	{"12", MEMORY_PERSISTENT},  {"128", MEMORY_CONVENTIONAL}, {NULL, 0},
};

static int list_under(const char *line)
{
	if (strstr(line, "CRASH") != NULL)
		return NO_LIST;
	if (strstr(line, "MEMORY RANGES") != NULL || strstr(line, "System RAM ranges") != NULL)
		return RANGES_LIST;
	return strstr(line, "E820 memmap:") != NULL ? E820_LIST : NO_LIST;
}

/* What stands between two ranges ends a list; rank is the rank of the list being read, indent the best so far. */
static enum status kexec_line(struct reader *r, const char *line)
{
	const struct word_value *found;
	struct range range;
	uint64_t start, last;
	const char *at;
	size_t length;

	if (find_hex_range(line, 8, &at, &start, &last) == NULL || !take(&at, " (")) {
		if (*skip_prefix(line) == '\0' || tells_of_gap(line))
			return OK;
		r->rank = list_under(line);
		r->anew = true;
		return OK;
	}
	length = strspn(at, "0123456789");
	if (length == 0 || at[length] != ')')
		return OK;
	r->found = true;
	if (r->rank == NO_LIST || r->rank < (int)r->indent)
		return OK;
	if (!range_from_last(start, last, &range))
		return BAD_LINE(r, "the end %#" PRIx64 " lies below the start %#" PRIx64, last, start);
	if (r->anew)
		r->source->map.count = 0;
	r->anew = false;
	r->indent = (size_t)r->rank;
	found = word_find(r->rank == E820_LIST ? e820_types : range_types, at, length);
	return map_add(r, range, found != NULL ? (uint32_t)found->value : MEMORY_RESERVED, 0);
}

static enum status kexec_end(struct reader *r)
{
	if (!r->found || r->indent != NO_LIST)
		return OK;
	return fail(
	    r->why, BAD_INPUT,
	    "%s: ranges as kexec -d prints them, but the line `MEMORY RANGES` is not above them, so nothing tells\n"
	    "  which of its lists they are\n"
	    "  try: all that kexec -d prints",
	    r->name);
}

const struct map_kind kind_kexec = {"kexec -d", false, kexec_line, kexec_end};
