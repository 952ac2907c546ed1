/* SPDX-License-Identifier: BSD-2-Clause */
#include "draw.h"

#include <stdlib.h>
#include <string.h>

#include "strip.h"
#include "svg.h"

#define LABEL_ABOVE 12 /* what a label takes above and below its badge's middle */
#define LABEL_BELOW (LABEL_HEIGHT - LABEL_ABOVE)

#define COLUMNS_TITLE 84 /* characters that fit across the page */
#define COLUMNS_RULE  140
#define COLUMNS_MONO  132
#define COLUMNS_NOTE  56

static const struct svg_font font_title = {"sans bold", "start", 17}, font_sub = {"sans dim", "start", 12},
			     font_part = {"mono bold", "start", 13}, font_words = {"mono", "start", 13},
			     font_where = {"mono dim", "start", 11}, font_rule = {"mono white", "middle", 11},
			     font_text = {"sans", "start", 11}, font_rule_id = {"mono bold", "start", 11},
			     font_reason = {"mono", "start", 11}, font_note = {"sans dim", "start", 11};

static const char style[] = "text{white-space:pre}\n"
			    ".sans{font-family:sans-serif;fill:#1f2328}\n"
			    ".mono{font-family:monospace;fill:#1f2328}\n"
			    ".bold{font-weight:bold}\n"
			    ".dim{fill:#59636e}\n"
			    ".white{fill:#ffffff}\n"
			    ".limit{fill:#9a1c1c;font-weight:bold}\n"
			    ".limit-line{stroke:#9a1c1c;stroke-width:1.5;stroke-dasharray:7 4;fill:none}\n"
			    ".edge{fill:none;stroke:#7d8590}\n"
			    ".tick{stroke:#7d8590;fill:none}\n"
			    ".tear{stroke:#7d8590;fill:none}\n"
			    ".lead{stroke-width:1.5;fill:none}\n"
			    ".slice,.placed,.tick{shape-rendering:crispEdges}\n"
			    ".tear{shape-rendering:auto}\n"
			    ".box{fill:#fff1f0;stroke:#9a1c1c}\n";

static uint64_t ram_of(const struct scale *scale)
{
	return scale->bytes[KIND_FREE] + scale->bytes[KIND_RELIABLE] + scale->bytes[KIND_BOOT] +
	       scale->bytes[KIND_LOADER] + scale->bytes[KIND_ACPI] + scale->bytes[KIND_RUNTIME] +
	       scale->bytes[KIND_UNACCEPTED] + scale->bytes[KIND_SOFT_RESERVED] + scale->bytes[KIND_HOT_PLUGGABLE];
}

/* "6.0 GiB of RAM, 5.9 GiB free for a plan; 124 descriptors" */
static void write_summary(FILE *out, const struct picture *picture, const struct scale *scale, int y)
{
	if (picture->map->count == 0)
		svg_text(out, &font_sub, PAGE_LEFT, y, "physical memory, without a map: only the placements are known");
	else
		svg_text(out, &font_sub, PAGE_LEFT, y, "physical memory: %s of RAM, %s of it free; %zu %s in the map",
			 size_words(ram_of(scale)).at,
			 size_words(scale->bytes[KIND_FREE] + scale->bytes[KIND_RELIABLE]).at, picture->map->count,
			 picture->map->count == 1 ? "descriptor" : "descriptors");
}

/* ---- the placements' labels ---- */

struct label {
	enum part part;
	int y; /* of the rule's badge */
};

/*
 * The labels of one zone, from the top down, as near to their blocks as they may lie without overlap: the least squares
 * of their moves, which is isotonic regression of y - i * LABEL_HEIGHT by the min-max formula.
 */
static void spread(struct label *label, int count, const struct zone *zone)
{
	int wish[N_PARTS], low = zone->top + LABEL_ABOVE, high = zone->bottom - LABEL_BELOW;

	high -= (count - 1) * LABEL_HEIGHT;
	for (int i = 0; i < count; i++)
		wish[i] = label[i].y - i * LABEL_HEIGHT;
	for (int i = 0; i < count; i++) {
		int best = INT32_MIN;

		for (int from = 0; from <= i; from++) {
			int least = INT32_MAX;

			for (int sum = 0, to = from; to < count; to++) {
				sum += wish[to];
				if (to >= i && sum / (to - from + 1) < least)
					least = sum / (to - from + 1);
			}
			best = least > best ? least : best;
		}
		best = best > high ? high : best;
		best = best < low ? low : best;
		label[i].y = best + i * LABEL_HEIGHT;
	}
}

/* The middle of the part's block, or of as much of it as lies in the zone where it starts. */
static int anchor(const struct scale *scale, struct range at)
{
	const struct zone *zone = scale_zone(scale, at.start);
	struct range here = range_common(at, zone->at);

	return (scale_y(scale, here.start) + scale_y(scale, here.end)) / 2;
}

static void draw_label(FILE *out, const struct scale *scale, const struct placement *placed, const struct label *label)
{
	int from = anchor(scale, placed->at), y = label->y, name = LABEL_LEFT + 44;
	const char *words = part_name(label->part);
	struct size_words align = size_words(placed->align);
	char *dot = strstr(align.at, ".0");

	if (dot != NULL)
		memmove(dot, dot + 2, strlen(dot + 2) + 1);
	fprintf(out, "<path class=\"lead lead%u\" d=\"M%d %dh8L%d %dh8\"/>\n", label->part, STRIP_RIGHT + 8, from,
		LABEL_LEFT - 8, y);
	fprintf(out, "<rect class=\"part%u\" x=\"%d\" y=\"%d\" width=\"34\" height=\"18\" rx=\"3\"/>\n", label->part,
		LABEL_LEFT, y - 9);
	svg_text(out, &font_rule, LABEL_LEFT + 17, y + 4, "%s", rule_row(placed->by)->id);
	svg_text(out, &font_part, name, y + 5, "%s", words);
	svg_text(out, &font_words, name + 8 * (int)strlen(words) + 8, y + 5, "%s",
		 size_words(range_size(placed->at)).at);
	svg_text(out, &font_where, LABEL_LEFT, y + 22, "0x%" PRIx64 "-0x%" PRIx64 "  align %s", placed->at.start,
		 placed->at.end, align.at);
}

/* What joined slices are made of, next to slices that have no label next to them. */
static void draw_notes(FILE *out, const struct scale *scale, const struct zone *zone, const struct label *label,
		       int count)
{
	for (size_t i = zone->first; i < zone->first + zone->count; i++) {
		const struct slice *slice = &scale->slices.at[i];
		int y = (slice->top + slice->bottom) / 2, near = 0;
		char words[COLUMNS_NOTE + 8];
		struct text text = TEXT(words);

		for (int k = 0; k < count; k++)
			if (y > label[k].y - LABEL_ABOVE - 6 && y < label[k].y + LABEL_BELOW + 6)
				near++;
		if (slice->ranges == 1 || near != 0)
			continue;
		strip_shares(&text, slice, COLUMNS_NOTE);
		svg_text(out, &font_note, STRIP_RIGHT + 14, y + 4, "%s", words);
	}
}

static void draw_labels(FILE *out, const struct scale *scale, const struct placement *placed, const struct zone *zone)
{
	struct label label[N_PARTS];
	int count = 0;

	for (unsigned int part = 0; placed != NULL && part < N_PARTS; part++) {
		int at = count;

		if (range_is_empty(placed[part].at) || scale_zone(scale, placed[part].at.start) != zone)
			continue;
		for (; at > 0 && placed[label[at - 1].part].at.start < placed[part].at.start; at--)
			label[at] = label[at - 1];
		label[at] = (struct label){(enum part)part, anchor(scale, placed[part].at)};
		count++;
	}
	spread(label, count, zone);
	for (int i = 0; i < count; i++)
		draw_label(out, scale, &placed[label[i].part], &label[i]);
	draw_notes(out, scale, zone, label, count);
}

/* ---- below the strip ---- */

static int draw_rules(FILE *out, const struct placement *placed, int y)
{
	bool done[N_RULES] = {false};

	for (unsigned int part = 0; part < N_PARTS; part++) {
		enum rule by = placed[part].by;

		if (range_is_empty(placed[part].at) || by <= RULE_NONE || by >= N_RULES || done[by])
			continue;
		done[by] = true;
		svg_text(out, &font_rule_id, PAGE_LEFT, y, "%s", rule_row(by)->id);
		y = svg_paragraph(out, &font_text, PAGE_LEFT + 36, y, rule_row(by)->sentence, COLUMNS_RULE, 4);
	}
	return y + 8;
}

static int draw_reason(FILE *out, const char *reason, int y)
{
	const char *line = reason;
	int lines = 0;

	for (; line != NULL && lines < 40; lines++)
		svg_line(line, COLUMNS_MONO, &line);
	fprintf(out, "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n", PAGE_LEFT, y - 14,
		PAGE_RIGHT - PAGE_LEFT, 42 + lines * 16);
	svg_text(out, &font_part, PAGE_LEFT + 12, y + 6, "No plan");
	return svg_paragraph(out, &font_reason, PAGE_LEFT + 12, y + 26, reason, COLUMNS_MONO, 40) + 22;
}

static int draw_footer(FILE *out, const struct picture *picture, const struct scale *scale, int y)
{
	if (picture->reason != NULL)
		y = draw_reason(out, picture->reason, y);
	else
		y = draw_rules(out, picture->placed, y);
	y = strip_legend(out, scale, y);
	svg_text(out, &font_sub, PAGE_LEFT, y + 18,
		 "The scale is broken: a slice's height grows with the logarithm of its size, and holes are cut short. "
		 "Address 0 is at the bottom.");
	return y + 18;
}

/* ---- the document ---- */

static void write_description(FILE *out, const struct picture *picture, const struct scale *scale)
{
	fprintf(out, "<desc>%s of RAM.", size_words(ram_of(scale)).at);
	for (unsigned int part = 0; picture->reason == NULL && part < N_PARTS; part++)
		if (!range_is_empty(picture->placed[part].at))
			fprintf(out, " %s at 0x%" PRIx64 "-0x%" PRIx64 " by rule %s.", part_name((enum part)part),
				picture->placed[part].at.start, picture->placed[part].at.end,
				rule_row(picture->placed[part].by)->id);
	if (picture->reason != NULL)
		svg_escape(out, picture->reason, strlen(picture->reason));
	fputs("</desc>\n", out);
}

static void write_head(FILE *out, const struct picture *picture, const struct scale *scale, int height)
{
	fprintf(
	    out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\" "
	    "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
	    PAGE_WIDTH, height, PAGE_WIDTH, height);
	svg_escape(out, picture->title, strlen(picture->title));
	fputs("</title>\n", out);
	write_description(out, picture, scale);
	fprintf(out, "<style>\n%s", style);
	strip_style(out);
	fputs("</style>\n<defs>\n", out);
	strip_patterns(out);
	fprintf(out, "</defs>\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", PAGE_WIDTH, height);
}

/* Returns the picture's height. */
static int draw_body(FILE *out, const struct picture *picture, struct scale *scale)
{
	const struct placement *placed = picture->reason == NULL ? picture->placed : NULL;
	int y = svg_paragraph(out, &font_title, PAGE_LEFT, 34, picture->title, COLUMNS_TITLE, 2);

	write_summary(out, picture, scale, y - 2);
	scale_lay_out(scale, placed, y + 38);
	strip_draw(out, scale, picture->map->count != 0);
	strip_limits(out, scale);
	for (size_t i = 0; i < scale->n_zones; i++)
		draw_labels(out, scale, placed, &scale->zone[i]);
	return draw_footer(out, picture, scale, scale->bottom + 36) + 18;
}

void draw_svg(FILE *out, const struct picture *picture)
{
	struct scale scale;
	char *body = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&body, &size);

	if (memory != NULL && scale_make(&scale, picture->map, picture->reason == NULL ? picture->placed : NULL)) {
		int height = draw_body(memory, picture, &scale);

		if (fclose(memory) == 0) {
			write_head(out, picture, &scale, height);
			fwrite(body, 1, size, out);
			fputs("</svg>\n", out);
		}
		memory = NULL;
		scale_free(&scale);
	}
	if (memory != NULL)
		fclose(memory);
	free(body);
}
