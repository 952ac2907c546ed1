/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Berth's own log, as the booted system finds it, or on a console with `log debug`: what report_survey() writes. A
 * loader that looked at memory again, or a console that saw several boots, has several: the last one is the one that
 * the loader planned with.
 */
#include "map_kinds.h"

#include <stdlib.h>
#include <string.h>

/* ---- facts ---- */

struct fact {
	const char *key;
	uint64_t least, most;
	bool optional; /* older logs do not have it, and then it is 0 */
};

/* Above any machine's values, and so low that no product of them overflows. */
static const struct fact fact[] = {
    {"descriptors", 0, 1u << 24, false},
    {"size", 40, 4096, false},
    {"room", 0, 1u << 24, false},
    {"bits", 32, 64, true},
    {"levels", 0, 5, false},
    {"la57", 0, 1, true},
    {"gib-pages", 0, 1, false},
    {"seed", 0, 1, false},
    {"entropy", 0, UINT64_MAX, false},
    {"pages", 0, 4096 + 16384 + 65536, true},
    {"tree", 0, UINT64_C(1) << 32, true},
};

enum {
	FACT_DESCRIPTORS,
	FACT_SIZE,
	FACT_ROOM,
	FACT_BITS,
	FACT_LEVELS,
	FACT_LA57,
	FACT_GIB_PAGES,
	FACT_SEED,
	FACT_ENTROPY,
	FACT_PAGES,
	FACT_TREE,
	N_FACTS
};

static enum status read_facts(struct reader *r, const char *at, uint64_t value[N_FACTS])
{
	unsigned int have = 0;

	while (*(at = skip_blanks(at)) != '\0') {
		const char *key = at;
		size_t length = strcspn(at, " \t"), n = 0;

		at = skip_blanks(at + length);
		while (n < N_FACTS && (strlen(fact[n].key) != length || strncmp(key, fact[n].key, length) != 0))
			n++;
		if (n < N_FACTS) {
			if (!take_number(&at, &value[n]) || value[n] < fact[n].least || value[n] > fact[n].most)
				return BAD_LINE(r, "%s is not a number from %" PRIu64 " to %" PRIu64, fact[n].key,
						fact[n].least, fact[n].most);
			have |= 1u << n;
		}
		at += strcspn(at, " \t");
	}
	for (size_t n = 0; n < N_FACTS; n++)
		if (!fact[n].optional && (have & 1u << n) == 0)
			return BAD_LINE(r, "the facts end without `%s`: was the log cut off?", fact[n].key);
	return OK;
}

static enum status facts_line(struct reader *r, const char *at)
{
	struct map_source *source = r->source;
	uint64_t value[N_FACTS] = {0};

	TRY(read_facts(r, at, value));
	source->map.count = 0;
	source->n_refused = 0;
	source->has_facts = true;
	source->descriptors = value[FACT_DESCRIPTORS];
	source->desc_size = value[FACT_SIZE];
	source->map_room = value[FACT_ROOM];
	source->levels = (unsigned int)value[FACT_LEVELS];
	source->has_32_bits = value[FACT_BITS] == 32;
	source->has_la57 = value[FACT_LA57] != 0;
	source->gib_pages = value[FACT_GIB_PAGES] != 0;
	source->has_seed = value[FACT_SEED] != 0;
	source->entropy = value[FACT_ENTROPY];
	source->page_sizes = (uint32_t)value[FACT_PAGES];
	source->tree_size = value[FACT_TREE];
	r->found = true;
	return OK;
}

/* ---- memory ---- */

static enum status memory_line(struct reader *r, const char *at)
{
	struct range range;
	uint64_t type, attribute;

	r->found = true;
	if (!take_range(&at, &range.start, &range.end) || !take(&at, " type ") || !take_number(&at, &type) ||
	    type > UINT32_MAX || !take(&at, " attribute ") || !take_number(&at, &attribute) ||
	    (*at != ' ' && *at != '\0'))
		return BAD_LINE(r, "no `memory START-END type N attribute N`: was the log cut off, or garbled?");
	return map_add(r, range, (uint32_t)type, attribute);
}

/* Where the next item of a line begins, and the attribute of the last. */
struct map_place {
	uint64_t page, attribute;
	bool has_start, has_attribute;
};

/* `@100 700.7.f`, or a part of that; false when it is something else. */
static bool take_item(const char **at, struct map_place *place, struct memory *memory)
{
	uint64_t pages, type;

	if (take(at, "@")) {
		place->has_start = take_hex(at, &place->page) && take(at, " ");
		if (!place->has_start)
			return false;
	}
	if (!take_hex(at, &pages) || !take(at, ".") || !take_hex(at, &type) || type > UINT32_MAX)
		return false;
	if (take(at, "."))
		place->has_attribute = take_hex(at, &place->attribute);
	*memory = (struct memory){.type = (uint32_t)type, .attribute = place->attribute};
	return place->has_start && place->has_attribute && (**at == ' ' || **at == '\0') &&
	       !checked_mul(place->page, EFI_PAGE, &memory->at.start) &&
	       !checked_add(place->page, pages, &place->page) && !checked_mul(place->page, EFI_PAGE, &memory->at.end);
}

/* `map @0 1.3.f 9f.7 @100 700.7` (plan/mapline.h): the map in the log that the booted system finds. */
static enum status map_line(struct reader *r, const char *at)
{
	struct map_place place = {.page = 0};
	struct memory memory;

	r->found = true;
	for (at = skip_blanks(at); *at != '\0'; at = skip_blanks(at)) {
		if (!take_item(&at, &place, &memory))
			return BAD_LINE(r, "no `map @START PAGES.TYPE.ATTRIBUTE`: was the log cut off, or garbled?");
		TRY(map_add(r, memory.at, memory.type, memory.attribute));
	}
	return OK;
}

/* n_refused doubles when it is a power of two: there are a few at most, unless the log is made up. */
static enum status refused_line(struct reader *r, const char *at)
{
	struct map_source *source = r->source;
	struct range range;

	if (!take_range(&at, &range.start, &range.end) || *at != '\0')
		return BAD_LINE(r, "no `refused START-END`: was the log cut off, or garbled?");
	if (source->n_refused == 0 || is_power_of_two(source->n_refused)) {
		size_t room = source->n_refused == 0 ? 1 : 2 * source->n_refused;
		struct range *grown = reallocarray(source->refused, room, sizeof(*grown));

		if (grown == NULL)
			return fail(r->why, IO_ERROR, "%s: too large for this machine's memory", r->name);
		source->refused = grown;
	}
	source->refused[source->n_refused++] = range;
	return OK;
}

static enum status berth_line(struct reader *r, const char *line)
{
	const char *at = skip_prefix(line);

	if (!take(&at, "berth: "))
		return OK;
	if (take(&at, "facts "))
		return facts_line(r, at);
	if (take(&at, "memory "))
		return memory_line(r, at);
	if (take(&at, "map "))
		return map_line(r, at);
	if (take(&at, "refused "))
		return refused_line(r, at);
	return OK;
}

static enum status berth_end(struct reader *r)
{
	if (r->found && r->source->map.count == 0)
		return fail(r->why, BAD_INPUT, "%s: the log ends before its `berth: memory` lines", r->name);
	if (r->source->has_facts && r->source->map.count < r->source->descriptors)
		map_incomplete(r, "it has %zu `berth: memory` lines of %zu descriptors", r->source->map.count,
			       r->source->descriptors);
	return OK;
}

const struct map_kind kind_berth = {"Berth's log", true, berth_line, berth_end};
