/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes a text for one kind of memory map, reads it as that, and hands what it tells to memmap_parse() as the
 * descriptors that firmware would have written: sorting and overlaps are the loader's own.
 */
#include "mapread.h"

#include "map_folder.h"
#include "map_kinds.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LIMIT_MIB 64

/* UEFI 2.10, 7.2: Type 0, PhysicalStart 8, VirtualStart 16, NumberOfPages 24, Attribute 32. */
#define DESCRIPTOR_SIZE 40

/* What is likeliest to be meant first: a console of a boot has Berth's lines, and then the kernel's. */
static const struct map_kind *const kinds[] = {&kind_berth, &kind_u_boot, &kind_grub_efi, &kind_shell, &kind_efi,
					       &kind_e820,  &kind_grub,	  &kind_kexec,	  &kind_iomem, &kind_no_map};

/* ---- from bytes to pages ---- */

static int by_start(const void *a, const void *b)
{
	const struct memory *left = a, *right = b;

	return left->at.start < right->at.start ? -1 : left->at.start > right->at.start;
}

static bool off_page(const struct memmap *map)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->entry[i].at.start % EFI_PAGE != 0 || map->entry[i].at.end % EFI_PAGE != 0)
			return true;
	return false;
}

/*
 * Linux splits RAM to the byte where the boot loader left something (kernel/resource.c): rounding each
 * piece on its own would lose the page that they share.
 */
static void join_within_pages(struct memmap *map)
{
	size_t last = 0;

	if (!off_page(map))
		return;
	qsort(map->entry, map->count, sizeof(*map->entry), by_start);
	for (size_t i = 1; i < map->count; i++) {
		struct memory *to = &map->entry[last], *from = &map->entry[i];

		if (to->at.end == from->at.start && from->at.start % EFI_PAGE != 0 && to->type == from->type &&
		    to->attribute == from->attribute)
			to->at.end = from->at.end;
		else
			map->entry[++last] = *from;
	}
	map->count = last + 1;
}

/* Rounds like plan/memmap.c, which then sees no end off a page: free memory shrinks, other memory grows. */
static struct range to_pages(const struct memory *memory)
{
	struct range at = memory->at;

	if (memory_is_free(memory)) {
		if (checked_align_up(at.start, EFI_PAGE, &at.start))
			at.start = LAST_PAGE;
		at.end = align_down(at.end, EFI_PAGE);
	} else {
		at.start = align_down(at.start, EFI_PAGE);
		if (checked_align_up(at.end, EFI_PAGE, &at.end))
			at.end = LAST_PAGE;
	}
	return at;
}

static enum status finish(struct reader *r)
{
	struct memmap *map = &r->source->map;
	uint8_t *raw;
	enum status status;

	join_within_pages(map);
	raw = calloc(map->count + 1, DESCRIPTOR_SIZE);
	if (raw == NULL)
		return map_no_memory(r);
	for (size_t i = 0; i < map->count; i++) {
		struct range at = to_pages(&map->entry[i]);
		uint8_t *descriptor = raw + i * DESCRIPTOR_SIZE;

		store_le(descriptor, 4, map->entry[i].type);
		store_le(descriptor + 8, 8, at.start);
		store_le(descriptor + 24, 8, range_is_empty(at) ? 0 : range_size(at) / EFI_PAGE);
		store_le(descriptor + 32, 8, map->entry[i].attribute);
	}
	status = memmap_parse(map, raw, map->count * DESCRIPTOR_SIZE, DESCRIPTOR_SIZE, r->why);
	free(raw);
	if (status == OK && map->count == 0)
		return fail(r->why, BAD_INPUT, "%s: %s, but no page of memory in it", r->name, r->source->kind);
	return status;
}

/* ---- which kind ---- */

/*
 * A row behind a line that tells of a gap, in the same map as one before it: part of that map is missing. @before: how
 * many entries there were, and where the map began, before this line.
 */
static void note_gap(struct reader *r, size_t before, size_t begin)
{
	size_t now = r->source->map.count;

	if (now < before || r->begin != begin) {
		r->gap = 0;
		r->source->incomplete[0] = '\0';
	}
	if (now == before && now > r->begin && tells_of_gap(r->lines.line))
		r->gap = r->lines.number;
	else if (r->gap != 0 && now > before && now > 1)
		map_incomplete(r, "line %zu tells that a part of it was left out", r->gap);
}

/* "BOOT DATA 0000000047ff7000-0000": a row that was cut off where the text ends, behind another row. */
static void note_end(struct reader *r, size_t before, bool behind_row)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = r->lines.line;
	size_t length = 0;

	if (!behind_row || r->lines.newline || r->source->map.count != before)
		return;
	while (*(at += strcspn(at, digits)) != '\0' && (length = strspn(at, digits)) < 8)
		at += length;
	if (*at == '\0')
		return;
	at += length;
	if (take(&at, "-"))
		at += strspn(at, "0123456789abcdefABCDEFx");
	if (*at == '\0')
		map_incomplete(r, "its last line, %zu, is cut off", r->lines.number);
}

static enum status read_line(struct reader *r, const struct map_kind *kind)
{
	size_t before = r->source->map.count, begin = r->begin;

	TRY(kind->line(r, r->lines.line));
	note_gap(r, before, begin);
	note_end(r, before, r->was_row);
	r->was_row = r->source->map.count > before;
	return OK;
}

/* NOT_FOUND when no line is of this kind. */
static enum status read_as(struct reader *r, const struct map_kind *kind, struct bytes text)
{
	*r = (struct reader){.name = r->name, .source = r->source, .why = r->why};
	r->source->kind = kind->name;
	r->source->is_firmwares = kind->is_firmwares;
	r->source->viewer = "the kernel";
	log_lines_open(&r->lines, text);
	while (log_lines_next(&r->lines))
		TRY(read_line(r, kind));
	if (kind->end != NULL)
		TRY(kind->end(r));
	if (!r->found)
		return NOT_FOUND;
	return finish(r);
}

#define KNOWN_KINDS                                                                                                    \
	"its own log, the EFI shell's memmap, U-Boot's efidebug memmap, GRUB's lsefimmap or\n"                         \
	"  lsmmap, a kernel log with efi=debug or an e820 table, Xen's log, /sys/firmware/memmap, /proc/iomem,\n"      \
	"  kexec -d, or lines such as `0x100000-3G free`"

/* Only a list is left: a text without any range is none, and one that starts with a number may be one. */
static enum status read_as_list(struct reader *r, struct bytes text)
{
	enum status status = read_as(r, &kind_list, text);
	char first = *skip_blanks(r->lines.line);

	if (status == NOT_FOUND)
		return fail(r->why, BAD_INPUT, "%s: empty", r->name);
	if (status != BAD_INPUT || r->found)
		return status;
	if (first < '0' || first > '9')
		return fail(r->why, BAD_INPUT, "%s: no memory map that Berth knows\n  known: " KNOWN_KINDS, r->name);
	fail_add(r->why, "  known: " KNOWN_KINDS);
	return BAD_INPUT;
}

static enum status read_text(struct reader *r, uint8_t *at, size_t size)
{
	struct bytes text;

	text_from_utf16(at, &size);
	text = (struct bytes){at, size};
	skip_attributes(&text);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		enum status status = read_as(r, kinds[i], text);

		if (status != NOT_FOUND) {
			if (kinds[i] == &kind_no_map)
				fail_add(r->why, "  known: " KNOWN_KINDS);
			return status;
		}
	}
	return read_as_list(r, text);
}

static enum status read_file(struct reader *r, const char *path)
{
	const size_t limit = (size_t)MIB(LIMIT_MIB);
	struct bytes text;
	enum status status;

	TRY(file_head(path, limit + 1, &text, NULL, r->why));
	if (text.size > limit)
		status = fail(r->why, BAD_INPUT,
			      "%s: more than %u MiB, which no memory map has\n  try: the part of it that has the map",
			      r->name, LIMIT_MIB);
	else
		status = read_text(r, (uint8_t *)text.at, text.size);
	free((void *)text.at);
	return status;
}

static enum status read_folder(struct reader *r, const char *path)
{
	TRY(map_read_folder(r, path));
	r->source->kind = kind_folder.name;
	r->source->is_firmwares = kind_folder.is_firmwares;
	r->source->viewer = "the kernel";
	return finish(r);
}

enum status map_read(const char *path, struct map_source *source, struct fail *why)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct reader reader = {.name = is_stdin ? "standard input" : path, .source = source, .why = why};
	struct stat stat_of;
	enum status status;

	*source = (struct map_source){.kind = ""};
	if (!is_stdin && stat(path, &stat_of) == 0 && S_ISDIR(stat_of.st_mode))
		status = read_folder(&reader, path);
	else
		status = read_file(&reader, path);
	if (status != OK)
		map_source_free(source);
	return status;
}

enum status map_read_text(const char *name, uint8_t *text, size_t size, struct map_source *source, struct fail *why)
{
	struct reader reader = {.name = name, .source = source, .why = why};
	enum status status;

	*source = (struct map_source){.kind = ""};
	status = read_text(&reader, text, size);
	if (status != OK)
		map_source_free(source);
	return status;
}

void map_source_free(struct map_source *source)
{
	free(source->map.entry);
	free(source->refused);
	*source = (struct map_source){.kind = ""};
}
