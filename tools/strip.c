/* SPDX-License-Identifier: BSD-2-Clause */
#include "strip.h"

#include <string.h>

#include "../base/text.h"
#include "svg.h"

struct paint {
	const char *fill, *stripe; /* stripe NULL: a plain colour */
};

struct look {
	const char *class, *name, *legend;
	struct paint light, dark; /* on a light screen and on paper; on a dark screen */
	int angle;		  /* of the stripes */
};

/* Pale on a light screen and dim on a dark one, so that text stands on all of them; the strong colours are the blocks'.
 */
static const struct look looks[N_KINDS] = {
    [KIND_NOTHING] = {"hole", "hole", "", {"#ffffff", NULL}, {"#0d1117", NULL}, 0},
    [KIND_FREE] = {"free", "free", "free", {"#d9f0d3", NULL}, {"#17351f", NULL}, 0},
    [KIND_RELIABLE] = {"mirrored", "free, mirrored", "free and mirrored", {"#a6dba0", NULL}, {"#22592d", NULL}, 0},
    [KIND_BOOT] = {"boot", "boot services", "boot services, free after exit", {"#fde2a0", NULL}, {"#4d3b12", NULL}, 0},
    [KIND_LOADER] = {"loader", "loader", "loader code and data", {"#cfe3fa", NULL}, {"#1b3a5c", NULL}, 0},
    [KIND_ACPI] = {"acpi", "ACPI", "ACPI tables and storage", {"#f6cfe3", NULL}, {"#542847", NULL}, 0},
    [KIND_RUNTIME] = {"runtime", "runtime services", "runtime services", {"#f8bda6", NULL}, {"#63311d", NULL}, 0},
    [KIND_PERSISTENT] =
	{"persistent", "persistent memory", "persistent memory", {"#b5e3e8", NULL}, {"#134a50", NULL}, 0},
    [KIND_UNACCEPTED] = {"unaccepted", "unaccepted", "unaccepted", {"#fff6cc", "#f0dc82"}, {"#3b3614", "#57501f"}, 135},
    [KIND_SOFT_RESERVED] = {"soft",
			    "soft-reserved",
			    "soft-reserved, kept for a driver",
			    {"#e4f3df", "#bcdcb2"},
			    {"#1d3320", "#2c4d30"},
			    45},
    [KIND_HOT_PLUGGABLE] =
	{"hotplug", "hot-pluggable", "hot-pluggable", {"#e2eefb", "#b9d3ef"}, {"#1a2f4a", "#274468"}, 135},
    [KIND_DEVICE] = {"device", "device registers", "device registers", {"#dcd3ea", NULL}, {"#3a2f52", NULL}, 0},
    [KIND_RESERVED] = {"reserved", "reserved", "reserved", {"#cdd1d8", NULL}, {"#363c44", NULL}, 0},
    [KIND_UNUSABLE] = {"unusable", "unusable", "unusable, faulty", {"#fbd0d0", "#ee9a9a"}, {"#4f1d1d", "#752a2a"}, 45},
};

/* Under white text; what waits has the kernel's colour, striped. */
static const struct paint block_light[N_BLOCKS] = {{"#1d4f91", NULL}, {"#6a3d9a", NULL}, {"#a63603", NULL},
						   {"#1b6b3a", NULL}, {"#3d4852", NULL}, {"#1d4f91", "#4a6fa5"}},
			  block_dark[N_BLOCKS] = {{"#2a67c4", NULL}, {"#8450bd", NULL}, {"#b5480c", NULL},
						  {"#277a45", NULL}, {"#5d6975", NULL}, {"#2a67c4", "#1d4f91"}};

static const struct svg_font font_address = {"mono dim", "end", 11}, font_name = {"sans", "start", 11},
			     font_size = {"sans", "end", 11}, font_hole = {"sans dim", "start", 11},
			     font_hole_size = {"sans dim", "end", 11}, font_block = {"sans white", "start", 11},
			     font_block_size = {"sans white", "end", 11}, font_limit = {"sans limit", "end", 12},
			     font_zone = {"sans dim", "end", 11}, font_mark = {"sans limit", "middle", 10};

static void write_fill(FILE *out, const char *class, const struct paint *paint)
{
	if (paint->stripe == NULL)
		fprintf(out, ".%s{fill:%s}\n", class, paint->fill);
	else
		fprintf(out, ".%s{fill:url(#berth-%s)}.%s-a{fill:%s}.%s-b{fill:%s}\n", class, class, class, paint->fill,
			class, paint->stripe);
}

static void write_fills(FILE *out, bool dark)
{
	for (unsigned int block = 0; block < N_BLOCKS; block++) {
		const struct paint *paint = dark ? &block_dark[block] : &block_light[block];
		char class[16];
		struct text text = TEXT(class);

		text_add(&text, "part%u", block);
		write_fill(out, class, paint);
		fprintf(out, ".lead%u{stroke:%s}\n", block, paint->fill);
	}
	for (enum kind kind = 0; kind < N_KINDS; kind++)
		write_fill(out, looks[kind].class, dark ? &looks[kind].dark : &looks[kind].light);
}

void strip_style(FILE *out)
{
	write_fills(out, false);
}

void strip_style_dark(FILE *out)
{
	write_fills(out, true);
}

/* Colours are the style sheet's, which has others for a dark screen. */
static void write_pattern(FILE *out, const char *class, int angle)
{
	fprintf(out,
		"<pattern id=\"berth-%s\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(%d)\"><rect class=\"%s-a\" width=\"8\" height=\"8\"/>"
		"<rect class=\"%s-b\" width=\"3\" height=\"8\"/></pattern>\n",
		class, angle, class, class);
}

void strip_patterns(FILE *out)
{
	for (enum kind kind = 0; kind < N_KINDS; kind++)
		if (looks[kind].light.stripe != NULL)
			write_pattern(out, looks[kind].class, looks[kind].angle);
	write_pattern(out, "part5", 45);
	fputs("<path id=\"berth-tear\" d=\"M0 0", out);
	for (int x = 10; x <= STRIP_RIGHT - STRIP_LEFT; x += 10)
		fprintf(out, "l5 -4l5 4");
	fputs("\"/>\n", out);
}

static void draw_rect(FILE *out, const char *class, int left, int right, const struct slice *slice)
{
	fprintf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", class, left, slice->top,
		right - left, slice->bottom - slice->top);
}

/* What the slice leads to in a page: the row of its part, or its own. */
static void begin_link(FILE *out, const struct slice *slice, size_t number)
{
	const char *class = slice->block != N_BLOCKS ? "placed" : "slice";

	if (slice->block != N_BLOCKS)
		fprintf(out, "<a class=\"%s\" href=\"#p%u\"", class, slice->block);
	else
		fprintf(out, "<a class=\"%s\" href=\"#m%zu\"", class, number);
}

/* Opens the slice's group, with what a pointer over it shows. */
static void begin_slice(FILE *out, const struct slice *slice, size_t number, bool linked)
{
	if (linked)
		begin_link(out, slice, number);
	else
		fprintf(out, "<g class=\"%s\"", slice->block != N_BLOCKS ? "placed" : "slice");
	fprintf(out, " data-start=\"0x%" PRIx64 "\" data-end=\"0x%" PRIx64 "\"><title>%s%s0x%" PRIx64 "-0x%" PRIx64,
		slice->at.start, slice->at.end, slice->block != N_BLOCKS ? block_name(slice->block) : "",
		slice->block != N_BLOCKS ? " " : "", slice->at.start, slice->at.end);
	for (enum kind kind = 0; kind < N_KINDS; kind++)
		if (slice->bytes[kind] != 0)
			fprintf(out, ", %s %s", looks[kind].name, size_words(slice->bytes[kind]).at);
	fputs("</title>\n", out);
}

static void draw_words(FILE *out, const struct svg_font *left, const struct svg_font *right, const struct slice *slice,
		       const char *words)
{
	int baseline = (slice->top + slice->bottom) / 2 + 4;

	svg_text(out, left, STRIP_LEFT + 8, baseline, "%s", words);
	svg_text(out, right, STRIP_RIGHT - 8, baseline, "%s", size_words(range_size(slice->at)).at);
}

static void draw_hole(FILE *out, const struct slice *slice, const char *words)
{
	draw_rect(out, "hole", STRIP_LEFT, STRIP_RIGHT, slice);
	fprintf(out, "<use class=\"tear\" xlink:href=\"#berth-tear\" x=\"%d\" y=\"%d\"/>\n", STRIP_LEFT,
		slice->top + 6);
	fprintf(out, "<use class=\"tear\" xlink:href=\"#berth-tear\" x=\"%d\" y=\"%d\"/>\n", STRIP_LEFT,
		slice->bottom - 2);
	draw_words(out, &font_hole, &font_hole_size, slice, words);
}

/* Each kind's share of the bytes, side by side; what is there can be seen, however little it is. */
static void draw_shares(FILE *out, const struct slice *slice)
{
	double scale = (STRIP_RIGHT - STRIP_LEFT - 3 * N_KINDS) / (double)range_size(slice->at);
	int width[N_KINDS], rest = STRIP_RIGHT - STRIP_LEFT, left = STRIP_LEFT;

	for (enum kind kind = 0; kind < N_KINDS; kind++) {
		width[kind] = slice->bytes[kind] == 0 ? 0 : 3 + (int)(scale * (double)slice->bytes[kind]);
		rest -= width[kind];
	}
	width[slice->kind] += rest;
	for (unsigned int i = 1; i <= N_KINDS; left += width[i++ % N_KINDS])
		if (width[i % N_KINDS] != 0) /* holes last */
			draw_rect(out, looks[i % N_KINDS].class, left, left + width[i % N_KINDS], slice);
}

void strip_name(struct text *text, const struct slice *slice, bool has_map)
{
	if (slice->block != N_BLOCKS)
		text_add(text, "%s", block_name(slice->block));
	else if (slice->kind == KIND_NOTHING && slice->ranges == 1)
		text_add(text, "%s", has_map ? "not in the map" : "no map");
	else if (slice->ranges == 1)
		text_add(text, "%s", looks[slice->kind].name);
	else if (slice->kind != KIND_NOTHING && slice->bytes[slice->kind] >= range_size(slice->at) / 10 * 9)
		text_add(text, "%s and %zu more", looks[slice->kind].name, slice->ranges - 1);
	else
		text_add(text, "%zu ranges", slice->ranges);
}

static void draw_memory(FILE *out, const struct slice *slice, const char *words)
{
	draw_shares(out, slice);
	draw_rect(out, "edge", STRIP_LEFT, STRIP_RIGHT, slice);
	draw_words(out, &font_name, &font_size, slice, words);
}

void strip_shares(struct text *text, const struct slice *slice, size_t room)
{
	bool told[N_KINDS] = {false};

	for (;;) {
		enum kind most = N_KINDS;
		char words[48];
		struct text next = TEXT(words);

		for (enum kind kind = 0; kind < N_KINDS; kind++)
			if (!told[kind] && slice->bytes[kind] != 0 &&
			    (most == N_KINDS || slice->bytes[kind] > slice->bytes[most]))
				most = kind;
		if (most == N_KINDS)
			return;
		told[most] = true;
		text_add(&next, "%s%s %s", text->used == 0 ? "" : ", ", looks[most].name,
			 size_words(slice->bytes[most]).at);
		if (text->used + next.used + 3 > room) {
			text_add(text, ", …");
			return;
		}
		text_add(text, "%s", words);
	}
}

static void draw_block(FILE *out, const struct slice *slice, const char *words)
{
	char class[16];
	struct text text = TEXT(class);

	text_add(&text, "part%u", slice->block);
	draw_rect(out, class, STRIP_LEFT - 4, STRIP_RIGHT + 8, slice);
	draw_words(out, &font_block, &font_block_size, slice, words);
}

/* At a limit stands its name, which is also there when only this side of the picture is. */
static void draw_address(FILE *out, uint64_t address, int y)
{
	for (size_t i = 0; i < N_LIMITS; i++)
		if (limits[i].at == address) {
			svg_text(out, &font_limit, STRIP_LEFT - 14, y + 4, "%s", limits[i].name);
			return;
		}
	svg_text(out, &font_address, STRIP_LEFT - 14, y + 4, "0x%" PRIx64, address);
}

static void draw_slice(FILE *out, const struct slice *slice, bool has_map)
{
	char words[64];
	struct text text = TEXT(words);

	strip_name(&text, slice, has_map);
	if (slice->block != N_BLOCKS)
		draw_block(out, slice, words);
	else if (slice->kind == KIND_NOTHING && slice->ranges == 1)
		draw_hole(out, slice, words);
	else
		draw_memory(out, slice, words);
}

void strip_draw(FILE *out, const struct scale *scale, const struct picture *picture)
{
	for (size_t i = scale->slices.count; i-- > 0;) {
		const struct slice *slice = &scale->slices.at[i];

		begin_slice(out, slice, i, picture->linked);
		draw_slice(out, slice, picture->map->count != 0);
		fputs(picture->linked ? "</a>\n" : "</g>\n", out);
		draw_address(out, slice->at.start, slice->bottom);
		fprintf(out, "<path class=\"tick\" d=\"M%d %dh8\"/>\n", STRIP_LEFT - 10, slice->bottom);
		if (i + 1 == scale->slices.count)
			draw_address(out, slice->at.end, slice->top);
	}
}

int strip_mark(FILE *out, int left, int y, size_t first, size_t count)
{
	int width = count > 1 ? 34 : 20;

	fprintf(out, "<rect class=\"mark\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\" rx=\"8\"/>\n", left, y - 8,
		width);
	if (count > 1)
		svg_text(out, &font_mark, left + width / 2, y + 4, "%zu-%zu", first + 1, first + count);
	else
		svg_text(out, &font_mark, left + width / 2, y + 4, "%zu", first + 1);
	return left + width;
}

static void begin_mark(FILE *out, const struct refusals *refusals, size_t first, size_t count, bool linked)
{
	if (linked)
		fprintf(out, "<a href=\"#r%zu\" data-count=\"%zu\"><title>not taken:", first + 1, count);
	else
		fputs("<g><title>not taken:", out);
	for (size_t i = first; i < first + count; i++) {
		const struct refused *refused = refusals->row[i].refused;

		fputs(i == first ? " " : ", ", out);
		svg_escape(out, refused->part, strlen(refused->part));
		fprintf(out, " by rule %s", rule_row(refused->by)->id);
	}
	fputs("</title>\n", out);
}

void strip_marks(FILE *out, const struct scale *scale, const struct refusals *refusals, bool linked)
{
	for (size_t i = scale->slices.count; i-- > 0;) {
		const struct slice *slice = &scale->slices.at[i];
		size_t first = 0, count = refusals_beside(refusals, i, &first);

		if (count == 0)
			continue;
		begin_mark(out, refusals, first, count, linked);
		strip_mark(out, MARK_LEFT, (slice->top + slice->bottom) / 2, first, count);
		fputs(linked ? "</a>\n" : "</g>\n", out);
	}
}

static void draw_zone_words(FILE *out, const struct zone *zone)
{
	if (!zone->has_memory)
		return;
	if (zone->free == 0) {
		svg_text(out, &font_zone, PAGE_RIGHT, zone->top + 16, "nothing free");
		return;
	}
	svg_text(out, &font_zone, PAGE_RIGHT, zone->top + 16, "%s free", size_words(zone->free).at);
	svg_text(out, &font_zone, PAGE_RIGHT, zone->top + 30, "largest run %s", size_words(zone->largest).at);
}

void strip_limits(FILE *out, const struct scale *scale)
{
	for (size_t i = 0; i < N_LIMITS; i++) {
		int y = scale_y(scale, limits[i].at);

		fprintf(out, "<path class=\"limit-line\" data-at=\"0x%" PRIx64 "\" d=\"M%d %dH%d\"/>\n", limits[i].at,
			STRIP_LEFT - 8, y, PAGE_RIGHT);
		svg_text(out, &font_limit, PAGE_RIGHT, y - 6, "%s (%s)", limits[i].name, limits[i].meaning);
	}
	for (size_t i = 0; i < scale->n_zones; i++)
		draw_zone_words(out, &scale->zone[i]);
}

const char *strip_class(enum kind kind)
{
	return looks[kind].class;
}

const char *strip_meaning(enum kind kind)
{
	return looks[kind].legend;
}

int strip_legend(FILE *out, const struct scale *scale, int y)
{
	int column = 0, width = (PAGE_RIGHT - PAGE_LEFT) / 3;

	for (enum kind kind = KIND_FREE; kind < N_KINDS; kind++) {
		int x = PAGE_LEFT + column * width;

		if (scale->bytes[kind] == 0)
			continue;
		fprintf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"16\" height=\"12\"/>\n", looks[kind].class,
			x, y);
		fprintf(out, "<rect class=\"edge\" x=\"%d\" y=\"%d\" width=\"16\" height=\"12\"/>\n", x, y);
		svg_text(out, &font_name, x + 24, y + 10, "%s", looks[kind].legend);
		svg_text(out, &font_zone, x + width - 16, y + 10, "%s", size_words(scale->bytes[kind]).at);
		column = (column + 1) % 3;
		y += column == 0 ? 20 : 0;
	}
	return column == 0 ? y : y + 20;
}
