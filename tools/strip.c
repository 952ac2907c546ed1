/* SPDX-License-Identifier: BSD-2-Clause */
#include "strip.h"

#include "../base/text.h"
#include "svg.h"

struct look {
	const char *class, *name, *legend;
	const char *fill, *stripe; /* stripe NULL: a plain colour */
	int angle;		   /* of the stripes */
};

/* Light, so that dark text stands on all of them; the dark colours are the placements'. */
static const struct look looks[N_KINDS] = {
    [KIND_NOTHING] = {"hole", "hole", "", "#ffffff", NULL, 0},
    [KIND_FREE] = {"free", "free", "free", "#d9f0d3", NULL, 0},
    [KIND_RELIABLE] = {"mirrored", "free, mirrored", "free and mirrored", "#a6dba0", NULL, 0},
    [KIND_BOOT] = {"boot", "boot services", "boot services, free after exit", "#fde2a0", NULL, 0},
    [KIND_LOADER] = {"loader", "loader", "loader code and data", "#cfe3fa", NULL, 0},
    [KIND_ACPI] = {"acpi", "ACPI", "ACPI tables and storage", "#f6cfe3", NULL, 0},
    [KIND_RUNTIME] = {"runtime", "runtime services", "runtime services", "#f8bda6", NULL, 0},
    [KIND_PERSISTENT] = {"persistent", "persistent memory", "persistent memory", "#b5e3e8", NULL, 0},
    [KIND_UNACCEPTED] = {"unaccepted", "unaccepted", "unaccepted", "#fff6cc", "#f0dc82", 135},
    [KIND_SOFT_RESERVED] = {"soft", "soft-reserved", "soft-reserved, kept for a driver", "#e4f3df", "#bcdcb2", 45},
    [KIND_HOT_PLUGGABLE] = {"hotplug", "hot-pluggable", "hot-pluggable", "#e2eefb", "#b9d3ef", 135},
    [KIND_DEVICE] = {"device", "device registers", "device registers", "#dcd3ea", NULL, 0},
    [KIND_RESERVED] = {"reserved", "reserved", "reserved", "#cdd1d8", NULL, 0},
    [KIND_UNUSABLE] = {"unusable", "unusable", "unusable, faulty", "#fbd0d0", "#ee9a9a", 45},
};

static const char *const part_colour[N_PARTS] = {"#1d4f91", "#6a3d9a", "#a63603", "#1b6b3a", "#3d4852"};

static const struct svg_font font_address = {"mono dim", "end", 11}, font_name = {"sans", "start", 11},
			     font_size = {"sans", "end", 11}, font_hole = {"sans dim", "start", 11},
			     font_hole_size = {"sans dim", "end", 11}, font_block = {"sans white", "start", 11},
			     font_block_size = {"sans white", "end", 11}, font_limit = {"sans limit", "end", 12},
			     font_zone = {"sans dim", "end", 11};

void strip_style(FILE *out)
{
	for (enum kind kind = 0; kind < N_KINDS; kind++)
		if (looks[kind].stripe == NULL)
			fprintf(out, ".%s{fill:%s}\n", looks[kind].class, looks[kind].fill);
		else
			fprintf(out, ".%s{fill:url(#berth-%s)}\n", looks[kind].class, looks[kind].class);
	for (unsigned int part = 0; part < N_PARTS; part++)
		fprintf(out, ".part%u{fill:%s}.lead%u{stroke:%s}\n", part, part_colour[part], part, part_colour[part]);
}

void strip_patterns(FILE *out)
{
	for (enum kind kind = 0; kind < N_KINDS; kind++) {
		const struct look *look = &looks[kind];

		if (look->stripe != NULL)
			fprintf(out,
				"<pattern id=\"berth-%s\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
				"patternTransform=\"rotate(%d)\"><rect width=\"8\" height=\"8\" fill=\"%s\"/>"
				"<rect width=\"3\" height=\"8\" fill=\"%s\"/></pattern>\n",
				look->class, look->angle, look->fill, look->stripe);
	}
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

/* Opens the slice's group, with what a pointer over it shows. */
static void begin_slice(FILE *out, const char *class, const struct slice *slice)
{
	fprintf(out,
		"<g class=\"%s\" data-start=\"0x%" PRIx64 "\" data-end=\"0x%" PRIx64 "\"><title>0x%" PRIx64
		"-0x%" PRIx64,
		class, slice->at.start, slice->at.end, slice->at.start, slice->at.end);
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

static void draw_hole(FILE *out, const struct slice *slice, bool has_map)
{
	draw_rect(out, "hole", STRIP_LEFT, STRIP_RIGHT, slice);
	fprintf(out, "<use class=\"tear\" xlink:href=\"#berth-tear\" x=\"%d\" y=\"%d\"/>\n", STRIP_LEFT,
		slice->top + 6);
	fprintf(out, "<use class=\"tear\" xlink:href=\"#berth-tear\" x=\"%d\" y=\"%d\"/>\n", STRIP_LEFT,
		slice->bottom - 2);
	draw_words(out, &font_hole, &font_hole_size, slice, has_map ? "not in the map" : "no map");
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

static void draw_memory(FILE *out, const struct slice *slice)
{
	char words[64];
	struct text text = TEXT(words);

	draw_shares(out, slice);
	draw_rect(out, "edge", STRIP_LEFT, STRIP_RIGHT, slice);
	if (slice->ranges == 1)
		text_add(&text, "%s", looks[slice->kind].name);
	else if (slice->kind != KIND_NOTHING && slice->bytes[slice->kind] >= range_size(slice->at) / 10 * 9)
		text_add(&text, "%s and %zu more", looks[slice->kind].name, slice->ranges - 1);
	else
		text_add(&text, "%zu ranges", slice->ranges);
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

static void draw_block(FILE *out, const struct slice *slice)
{
	char class[16];
	struct text text = TEXT(class);

	text_add(&text, "part%u", slice->part);
	draw_rect(out, class, STRIP_LEFT - 4, STRIP_RIGHT + 8, slice);
	draw_words(out, &font_block, &font_block_size, slice, part_name(slice->part));
}

void strip_draw(FILE *out, const struct scale *scale, bool has_map)
{
	for (size_t i = scale->slices.count; i-- > 0;) {
		const struct slice *slice = &scale->slices.at[i];

		begin_slice(out, slice->part != N_PARTS ? "placed" : "slice", slice);
		if (slice->part != N_PARTS)
			draw_block(out, slice);
		else if (slice->kind == KIND_NOTHING && slice->ranges == 1)
			draw_hole(out, slice, has_map);
		else
			draw_memory(out, slice);
		fputs("</g>\n", out);
		svg_text(out, &font_address, STRIP_LEFT - 14, slice->bottom + 4, "0x%" PRIx64, slice->at.start);
		fprintf(out, "<path class=\"tick\" d=\"M%d %dh8\"/>\n", STRIP_LEFT - 10, slice->bottom);
		if (i + 1 == scale->slices.count)
			svg_text(out, &font_address, STRIP_LEFT - 14, slice->top + 4, "0x%" PRIx64, slice->at.end);
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
		svg_text(out, &font_limit, PAGE_RIGHT, y - 6, "%s", limits[i].name);
	}
	for (size_t i = 0; i < scale->n_zones; i++)
		draw_zone_words(out, &scale->zone[i]);
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
