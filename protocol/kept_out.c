/* SPDX-License-Identifier: BSD-2-Clause */
#include "kept_out.h"

#include "command_line_words.h"
#include "e820_types.h"

/* ---- sets of addresses ---- */

#define MAX_SET (MAX_KEPT_OUT + 2)

/* Ascending and disjoint. */
struct set {
	struct range at[MAX_SET];
	size_t n;
	bool full; /* there was no room for a range */
};

static void insert(struct set *set, size_t where, struct range range)
{
	if (range_is_empty(range))
		return;
	if (set->n == MAX_SET) {
		set->full = true;
		return;
	}
	for (size_t i = set->n++; i > where; i--)
		set->at[i] = set->at[i - 1];
	set->at[where] = range;
}

static void erase(struct set *set, size_t where)
{
	set->n--;
	for (size_t i = where; i < set->n; i++)
		set->at[i] = set->at[i + 1];
}

static void set_remove(struct set *set, struct range range)
{
	for (size_t i = 0; i < set->n && !range_is_empty(range);) {
		struct range old = set->at[i];

		if (!range_overlaps(old, range)) {
			i++;
			continue;
		}
		erase(set, i);
		insert(set, i, (struct range){range.end, old.end});
		insert(set, i, (struct range){old.start, range.start});
		i += old.start < range.start;
	}
}

static void set_add(struct set *set, struct range range)
{
	size_t where = 0;

	if (range_is_empty(range))
		return;
	/* Ranges that it touches are merged into it. */
	for (size_t i = 0; i < set->n;) {
		struct range old = set->at[i];

		if (old.end < range.start || old.start > range.end) {
			i++;
			continue;
		}
		range.start = old.start < range.start ? old.start : range.start;
		range.end = old.end > range.end ? old.end : range.end;
		erase(set, i);
	}
	while (where < set->n && set->at[where].start < range.start)
		where++;
	insert(set, where, range);
}

/* ---- memmap= ---- */

/*
 * What becomes of the kernel's table. Where entries overlap the highest type counts (e820__update_table), so what was
 * taken from RAM stays so even where RAM is added.
 */
struct told {
	struct set ram, taken;
};

/* A range that wraps ends where addresses do. */
static struct range range_of(uint64_t start, uint64_t size)
{
	struct range range = {start, UINT64_MAX};

	(void)checked_add(start, size, &range.end);
	return range;
}

/*
 * parse_memmap_one, "%": SIZE%AT-FROM+TO changes memory from one type to another, or without one of them adds or
 * removes it. What is made RAM from another type is left out: firmware keeps that.
 */
static void change_types(struct told *told, struct range range, struct piece_of_line types)
{
	uint64_t from = 0, to = 0;

	if (first_of(types) == '-') {
		skip_of(&types, 1);
		from = piece_number(&types);
	}
	if (first_of(types) == '+') {
		skip_of(&types, 1);
		to = piece_number(&types);
	}
	if (types.length != 0)
		return;
	if (from == 0 && to == E820_RAM)
		set_add(&told->ram, range);
	else if (to != E820_RAM && to != 0 && from <= E820_RAM)
		set_add(&told->taken, range);
	else if (from <= E820_RAM && to == 0)
		set_remove(&told->ram, range);
	if (from == 0 && to == 0)
		set_remove(&told->taken, range);
}

static bool is_one_of(char c, const char *letters)
{
	while (*letters != '\0' && *letters != c)
		letters++;
	return *letters != '\0';
}

/* parse_memmap_one. */
static void take_item(struct told *told, struct piece_of_line item)
{
	static const char exactmap[] = "exactmap";
	struct piece_of_line rest = item, start = item;
	uint64_t size = piece_size(&rest);
	char how = first_of(rest);
	struct range range;

	start.length = item.length < sizeof(exactmap) - 1 ? item.length : sizeof(exactmap) - 1;
	if (is_piece(start, exactmap)) {
		told->ram.n = told->taken.n = 0;
		return;
	}
	if (rest.at == item.at)
		return;
	if (!is_one_of(how, "@$#!%")) { /* "memmap=1G\$1G", quoted once too often, is the kernel's memmap=1G */
		set_remove(&told->ram, (struct range){size, UINT64_MAX});
		return;
	}
	skip_of(&rest, 1);
	range = range_of(piece_size(&rest), size);
	if (how == '@')
		set_add(&told->ram, range);
	else if (how == '$' || how == '#' || how == '!')
		set_add(&told->taken, range);
	else
		change_types(told, range, rest);
}

static void take_memmap(struct told *told, const char *line)
{
	struct parameter p;

	while (next_option(&line, &p))
		while (is_piece(p.name, "memmap") && p.value.length != 0)
			take_item(told, next_of_list(&p.value));
}

/* ---- crashkernel= ---- */

static bool ends_with(struct piece_of_line piece, const char *end)
{
	size_t length = 0;

	while (end[length] != '\0')
		length++;
	if (piece.length < length)
		return false;
	return is_piece((struct piece_of_line){piece.at + piece.length - length, length}, end);
}

/* RANGE:SIZE,...: which one counts depends on how much memory the kernel finds; the largest covers them all. */
static uint64_t take_largest(struct piece_of_line *text)
{
	uint64_t largest = 0;

	while (text->length != 0 && first_of(*text) != '@') {
		uint64_t size;

		if (first_of(*text) != ':') {
			skip_of(text, 1);
			continue;
		}
		skip_of(text, 1);
		size = piece_size(text);
		largest = size > largest ? size : largest;
	}
	return largest;
}

static bool has_ranges(struct piece_of_line value)
{
	for (; value.length != 0; skip_of(&value, 1))
		if (first_of(value) == ':')
			return true;
	return false;
}

/*
 * kernel/crash_reserve.c, parse_crashkernel: the last one without ",high", ",low" or ",cma" counts. @0 means anywhere
 * (reserve_crashkernel_generic).
 */
static void take_crash_kernel(struct told *told, const char *line)
{
	struct piece_of_line last = {line, 0};
	struct parameter p;
	uint64_t size, at;

	while (next_parameter(&line, &p)) /* it looks behind "--" as well */
		if (is_piece(p.name, "crashkernel") && !ends_with(p.value, ",high") && !ends_with(p.value, ",low") &&
		    !ends_with(p.value, ",cma"))
			last = p.value;
	size = has_ranges(last) ? take_largest(&last) : piece_size(&last);
	if (first_of(last) != '@')
		return;
	skip_of(&last, 1);
	at = piece_size(&last);
	if (at != 0)
		set_add(&told->taken, range_of(at, size));
}

/* ---- both ---- */

static const struct range everywhere = {0, UINT64_MAX};

/* The kernel does not use a page at all when it cannot use all of it. */
static struct range whole_pages(struct range range)
{
	uint64_t end;

	if (checked_align_up(range.end, EFI_PAGE, &end))
		end = align_down(UINT64_MAX, EFI_PAGE);
	return (struct range){align_down(range.start, EFI_PAGE), end};
}

enum status command_line_kept_out(const char *line, bool memmap, struct kept_out *out, struct fail *why)
{
	struct told told = {.ram = {.at = {everywhere}, .n = 1}};
	struct set all = {.at = {everywhere}, .n = 1}, pages = {.n = 0};

	if (memmap)
		take_memmap(&told, line);
	take_crash_kernel(&told, line);
	for (size_t i = 0; i < told.ram.n; i++)
		set_remove(&all, told.ram.at[i]);
	for (size_t i = 0; i < told.taken.n; i++)
		set_add(&all, told.taken.at[i]);
	for (size_t i = 0; i < all.n; i++)
		set_add(&pages, whole_pages(all.at[i]));
	if (told.ram.full || told.taken.full || all.full || pages.n > MAX_KEPT_OUT)
		return fail_by(why, BAD_INPUT, C13,
			       "memmap= and crashkernel= on the command line name more than %u pieces of memory\n"
			       "  try: fewer or larger ones",
			       (unsigned int)MAX_KEPT_OUT);
	out->n = pages.n;
	for (size_t i = 0; i < pages.n; i++)
		out->at[i] = pages.at[i];
	return OK;
}
