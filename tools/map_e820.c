/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * e820 tables in logs: Linux's, whoever gave it the table, and Xen's. Sources: Linux arch/x86/kernel/e820.c
 * (e820__print_table, e820_print_type; "BIOS-e820", "Xen", "user", "modified", "extended" ...); Xen xen/arch/x86/e820.c
 * (print_e820_memory_map).
 */
#include "map_e820.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- labels ---- */

static const struct word_value labels[] = {
    {"usable", MEMORY_CONVENTIONAL},
    {"System RAM", MEMORY_CONVENTIONAL},
    {"kernel usable RAM", MEMORY_CONVENTIONAL},
    {"ACPI data", MEMORY_ACPI_RECLAIM},
    {"ACPI Tables", MEMORY_ACPI_RECLAIM},
    {"ACPI NVS", MEMORY_ACPI_NVS},
    {"ACPI Non-volatile Storage", MEMORY_ACPI_NVS},
    {"unusable", MEMORY_UNUSABLE},
    {"Unusable memory", MEMORY_UNUSABLE},
    {"reserved", MEMORY_RESERVED},
    {"device reserved", MEMORY_RESERVED},
    {NULL, 0},
};

struct memory memory_of_label(const char *label)
{
	const struct word_value *found = word_find(labels, label, strlen(label));

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

/* Other lines have ranges and words behind them too: "[mem 0x80000000-0xfbffffff] available for PCI devices". */
static bool is_e820_label(const char *label)
{
	return word_find(labels, label, strlen(label)) != NULL || strcasecmp(label, "soft reserved") == 0 ||
	       strncasecmp(label, "persistent", 10) == 0 || strncmp(label, "type ", 5) == 0;
}

/* ---- lines ---- */

enum { SETUP_DATA = 1, COMMAND_LINE, GIVEN, HYPERVISOR };

/*
 * Whose table counts: what Xen found before what it gave to dom0; what the boot loader or hypervisor gave before what
 * Linux made of it, by mem= and memmap= ("user"), by its own repairs ("modified"), or with its setup_data marked.
 */
static int rank_of(const char *teller)
{
	if (strcmp(teller, "(XEN)") == 0)
		return HYPERVISOR;
	if (strcmp(teller, "setup_data") == 0)
		return SETUP_DATA;
	return strcmp(teller, "user") == 0 || strcmp(teller, "modified") == 0 ? COMMAND_LINE : GIVEN;
}

/* One line of a table. */
struct row {
	char teller[24], label[40];
	struct range range;
	bool makes_sense; /* the range and its ends are possible */
};

/* The word with a colon before @at: "BIOS-e820: [mem"; false when there is none. */
static bool teller_before(const char *line, const char *at, char *teller, size_t room)
{
	const char *end;

	while (at > line && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	if (at == line || *--at != ':')
		return false;
	for (end = at; at > line && (isalnum((unsigned char)at[-1]) || at[-1] == '-' || at[-1] == '_');)
		at--;
	if (at == end || (size_t)(end - at) >= room)
		return false;
	memcpy(teller, at, (size_t)(end - at));
	teller[end - at] = '\0';
	return true;
}

/* "639   KB usable": sizes, which some kernels print before the label. */
static const char *skip_size(const char *at)
{
	size_t length = strspn(at, "0123456789.");
	const char *unit = skip_blanks(at + length);

	if (length == 0 || *unit == '\0' || strchr("KMGT", *unit) == NULL || strncmp(unit + 1, "B ", 2) != 0)
		return at;
	return skip_blanks(unit + 2);
}

/* "usable", "(usable)", "(type 20)", without a quote's or a code block's last mark */
static void copy_label(struct row *row, const char *at)
{
	size_t length = strlen(at);

	if (take(&at, "("))
		length = strcspn(at, ")");
	while (length > 0 && !isalnum((unsigned char)at[length - 1]) && at[length - 1] != ')')
		length--;
	if (length >= sizeof(row->label))
		length = sizeof(row->label) - 1;
	memcpy(row->label, at, length);
	row->label[length] = '\0';
}

/* Since Linux 3.5: "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable" */
static bool find_mem_row(const char *line, struct row *row)
{
	const char *at = strstr(line, "[mem ");
	uint64_t start, last;

	if (at == NULL || !teller_before(line, at, row->teller, sizeof(row->teller)))
		return false;
	at += strlen("[mem ");
	row->makes_sense = take_number(&at, &start) && take(&at, "-") && take_number(&at, &last) && take(&at, "] ") &&
			   range_from_last(start, last, &row->range);
	copy_label(row, row->makes_sense ? skip_size(skip_blanks(at)) : "");
	return true;
}

/* Steps over "START - END " with the end behind the last byte, or Xen's "[START, LAST] ", from 4.15 on. */
static bool take_pair(const char **at, struct range *range, bool *makes_sense)
{
	uint64_t start, end;
	bool is_last = take(at, "[");

	if (!take_hex(at, &start) || !take(at, is_last ? ", " : " - ") || !take_hex(at, &end) ||
	    !take(at, is_last ? "] " : " "))
		return false;
	*range = (struct range){start, end};
	*makes_sense = is_last ? range_from_last(start, end, range) : start <= end;
	return true;
}

/*
 * Before Linux 3.5 " BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)"; Xen has the same or brackets, with only
 * its own "(XEN)" before it, or nothing in a copy.
 */
static bool find_pair_row(const char *line, struct row *row)
{
	for (const char *c = line; *c != '\0'; c++) {
		const char *at = c;
		bool has_teller;

		if (!starts_word(line, c) || (*c != '[' && !isxdigit((unsigned char)*c)))
			continue;
		has_teller = teller_before(line, c, row->teller, sizeof(row->teller));
		if (!take_pair(&at, &row->range, &row->makes_sense))
			continue;
		if (!has_teller && at - c < 32)
			continue;
		if (!has_teller)
			memcpy(row->teller, "(XEN)", sizeof("(XEN)"));
		copy_label(row, skip_blanks(at));
		return has_teller || is_e820_label(row->label);
	}
	return false;
}

/* A line of firmware's own table, or of the one being read, must make sense. */
static bool must_make_sense(const struct reader *r, const struct row *row)
{
	return strncasecmp(row->teller, "BIOS-", 5) == 0 || (r->found && strcmp(row->teller, r->teller) == 0);
}

static enum status add_row(struct reader *r, const struct row *row)
{
	struct memory memory = memory_of_label(row->label);
	int rank = rank_of(row->teller);

	if (r->foreign)
		return OK;
	r->found = true;
	if (rank < r->rank)
		return OK;
	if (rank > r->rank || r->anew || strcmp(row->teller, r->teller) != 0) {
		r->source->map.count = 0;
		r->has_head = r->anew;
		memcpy(r->teller, row->teller, sizeof(r->teller));
	}
	r->rank = rank;
	r->anew = false;
	map_start_anew_at(r, row->range.start);
	return map_add(r, row->range, memory.type, memory.attribute);
}

static bool find_row(const char *line, struct row *row)
{
	return find_mem_row(line, row) || find_pair_row(line, row);
}

static bool is_whole(const char *line)
{
	struct row row;

	return find_row(line, &row) && row.makes_sense && is_e820_label(row.label);
}

/* Whether a row begins here: not the "node   0: [mem 0x0-0xfff]" of other messages. */
static bool begins_row(const char *line)
{
	const char *at = strstr(line, "[mem");
	char teller[24];

	if (at != NULL && teller_before(line, at, teller, sizeof(teller)))
		return isalpha((unsigned char)*teller);
	at = line;
	return take_to(&at, "BIOS-e820: ") && strncmp(at, "[gap", 4) != 0;
}

/* Mail breaks rows at a blank, screens anywhere. What does not become a row is left as it was. */
static void join_pieces(struct reader *r)
{
	static const char *const between[] = {" ", ""};
	const struct log_lines as_it_was = r->lines;

	if (is_whole(r->lines.line) || !begins_row(r->lines.line))
		return;
	for (size_t i = 0; i < 2; i++) {
		for (unsigned int n = 0; n < 3 && log_lines_join(&r->lines, between[i]); n++)
			if (is_whole(r->lines.line))
				return;
		r->lines = as_it_was;
	}
}

static enum status e820_line(struct reader *r, const char *line)
{
	struct row row;

	if (strstr(line, "Dom0 memory map:") != NULL) {
		r->foreign = true;
		return OK;
	}
	if (strstr(line, "RAM map:") != NULL) { /* "BIOS-provided physical RAM map:", "Xen-e820 RAM map:" */
		r->anew = true;
		r->foreign = false;
		return OK;
	}
	if (strstr(line, "[gap ") != NULL) /* Linux 6.19 lists the holes too */
		return OK;
	join_pieces(r);
	if (!find_row(line, &row)) {
		const char *at = line;

		if (take_to(&at, "BIOS-e820: "))
			return BAD_LINE(r,
					"no `BIOS-e820: [mem 0xSTART-0xEND] TYPE`: was the log cut off, or garbled?");
		return OK;
	}
	if (row.makes_sense && is_e820_label(row.label))
		return add_row(r, &row);
	if (!must_make_sense(r, &row))
		return OK;
	if (!row.makes_sense || row.label[0] == '\0')
		return BAD_LINE(r, "no `%s: [mem 0xSTART-0xEND] TYPE`: was the log cut off, or garbled?", row.teller);
	return add_row(r, &row);
}

/* Every PC has memory at 0, at the latest from the second page on, and tables are in order. */
static enum status e820_end(struct reader *r)
{
	const struct memmap *map = &r->source->map;
	uint64_t lowest = UINT64_MAX;

	if (!r->found)
		return OK;
	for (size_t i = 0; i < map->count; i++)
		lowest = map->entry[i].at.start < lowest ? map->entry[i].at.start : lowest;
	if (lowest > EFI_PAGE && !r->has_head)
		map_incomplete(r, "it begins at %#" PRIx64 ", where such tables begin at 0", lowest);
	if (r->rank == HYPERVISOR) {
		r->source->kind = "Xen's log (e820)";
		r->source->viewer = "the hypervisor";
	} else if (strncasecmp(r->teller, "BIOS-", 5) != 0 && strcmp(r->teller, "extended") != 0) {
		r->source->kind = "kernel log (e820)";
	}
	return OK;
}

const struct map_kind kind_e820 = {"kernel log (BIOS-e820)", false, e820_line, e820_end};
