/* SPDX-License-Identifier: BSD-2-Clause */
#include "draw.h"

#include <stdlib.h>
#include <string.h>

#include "rule_source.h"
#include "strip.h"
#include "svg.h"
#include "tool.h"

#define LABEL_ABOVE 12 /* what a label takes above and below its badge's middle */
#define LABEL_BELOW (LABEL_HEIGHT - LABEL_ABOVE)

#define COLUMNS_TITLE 84 /* characters that fit across the page */
#define COLUMNS_RULE  140
#define COLUMNS_MONO  132
#define COLUMNS_NOTE  61
#define COLUMNS_MARK  7 /* of them, where a mark stands before the note */
#define COLUMNS_TRIED 64
#define COLUMNS_PART  16 /* "kept-free memory" */
#define LABELS_COPIES 4	 /* of pieces that wait for exit; the strip shows all */
#define MOST_LABELS   (N_PARTS + LABELS_COPIES)

static const struct svg_font font_title = {"sans bold", "start", 17}, font_sub = {"sans dim", "start", 12},
			     font_part = {"mono bold", "start", 13}, font_words = {"mono", "start", 13},
			     font_where = {"mono dim", "start", 11}, font_rule = {"mono white", "middle", 11},
			     font_text = {"sans", "start", 11}, font_rule_id = {"mono bold", "start", 11},
			     font_reason = {"mono", "start", 11}, font_note = {"sans dim", "start", 11},
			     font_head = {"sans bold", "start", 12}, font_size = {"sans dim", "end", 11};

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
			    ".placed rect{stroke:#ffffff;stroke-opacity:.5}\n"
			    ".slice,.placed,.tick{shape-rendering:crispEdges}\n"
			    ".tear{shape-rendering:auto}\n"
			    ".paper{fill:#ffffff}\n"
			    ".mark{fill:#ffffff;stroke:#9a1c1c}\n"
			    ".box{fill:#fff1f0;stroke:#9a1c1c}\n";

/* What is otherwise on a dark screen; paper stays light. */
static const char style_dark[] = ".sans,.mono{fill:#e6edf3}\n"
				 ".dim{fill:#a3adb8}\n"
				 ".white{fill:#ffffff}\n"
				 ".limit{fill:#ff9d94}\n"
				 ".limit-line{stroke:#ff9d94}\n"
				 ".paper{fill:#0d1117}\n"
				 ".mark{fill:#0d1117;stroke:#ff9d94}\n"
				 ".box{fill:#2d1315;stroke:#ff9d94}\n";

/* A picture while it is drawn. */
struct drawn {
	const struct picture *picture;
	struct scale scale;
	struct refusals refusals;
};

/* ---- the placements' labels ---- */

struct label {
	struct range at;
	uint64_t align; /* of what is placed */
	uint64_t to;	/* of what waits */
	unsigned int block;
	enum rule by;
	int y; /* of the rule's badge */
};

struct labels {
	struct label label[MOST_LABELS];
	size_t count;
};

static void collect_labels(struct labels *labels, const struct picture *picture)
{
	size_t copies = picture_copies(picture);

	labels->count = 0;
	for (unsigned int part = 0; part < N_PARTS; part++) {
		const struct placement *p = &picture->placed[part];

		if (picture_has(picture, (enum part)part))
			labels->label[labels->count++] = (struct label){p->at, p->align, 0, part, p->by, 0};
	}
	for (size_t i = 0; i < copies && labels->count < MOST_LABELS; i++) {
		const struct copy *c = &picture->copies->copy[i];

		if (copy_moves(c))
			labels->label[labels->count++] =
			    (struct label){{c->from, c->from + c->size}, 0, c->to, BLOCK_WAITS, C6, 0};
	}
}

/*
 * The labels of one zone, from the top down, as near to their blocks as they may lie without overlap: the least squares
 * of their moves, which is isotonic regression of y - i * LABEL_HEIGHT by the min-max formula.
 */
static void spread(struct label *label, int count, const struct zone *zone)
{
	int wish[MOST_LABELS], low = zone->top + LABEL_ABOVE, high = zone->bottom - LABEL_BELOW;

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

static void draw_where(FILE *out, const struct label *label, int y)
{
	if (label->block == BLOCK_WAITS)
		svg_text(out, &font_where, LABEL_LEFT, y, "0x%" PRIx64 "-0x%" PRIx64 "  to 0x%" PRIx64, label->at.start,
			 label->at.end, label->to);
	else
		svg_text(out, &font_where, LABEL_LEFT, y, "0x%" PRIx64 "-0x%" PRIx64 "  align %s", label->at.start,
			 label->at.end, align_words(label->align).at);
}

static void draw_label(FILE *out, const struct scale *scale, const struct label *label, bool linked)
{
	int from = anchor(scale, label->at), y = label->y, name = LABEL_LEFT + 44;
	const char *words = block_name(label->block);

	fprintf(out, "<path class=\"lead lead%u\" d=\"M%d %dH%dL%d %dh8\"/>\n", label->block, STRIP_RIGHT + 8, from,
		LABEL_LEFT - 14, LABEL_LEFT - 8, y);
	if (linked)
		fprintf(out, "<a href=\"#p%u\" tabindex=\"-1\">\n", label->block);
	fprintf(out, "<rect class=\"part%u\" x=\"%d\" y=\"%d\" width=\"34\" height=\"18\" rx=\"3\"/>\n", label->block,
		LABEL_LEFT, y - 9);
	svg_text(out, &font_rule, LABEL_LEFT + 17, y + 4, "%s", rule_row(label->by)->id);
	svg_text(out, &font_part, name, y + 5, "%s", words);
	svg_text(out, &font_words, name + 8 * (int)strlen(words) + 8, y + 5, "%s",
		 size_words(range_size(label->at)).at);
	draw_where(out, label, y + 22);
	if (linked)
		fputs("</a>\n", out);
}

/* What joined slices are made of, next to slices that have no label next to them. */
static void draw_notes(FILE *out, const struct drawn *drawn, const struct zone *zone, const struct label *label,
		       int count)
{
	for (size_t i = zone->first; i < zone->first + zone->count; i++) {
		const struct slice *slice = &drawn->scale.slices.at[i];
		size_t first, marks = refusals_beside(&drawn->refusals, i, &first);
		int y = (slice->top + slice->bottom) / 2, near = 0;
		char words[COLUMNS_NOTE + 8];
		struct text text = TEXT(words);

		for (int k = 0; k < count; k++)
			if (y > label[k].y - LABEL_ABOVE - 6 && y < label[k].y + LABEL_BELOW + 6)
				near++;
		if (slice->ranges == 1 || near != 0)
			continue;
		strip_shares(&text, slice, marks == 0 ? COLUMNS_NOTE : COLUMNS_NOTE - COLUMNS_MARK);
		svg_text(out, &font_note, marks == 0 ? MARK_LEFT : MARK_LEFT + 42, y + 4, "%s", words);
	}
}

static void draw_labels(FILE *out, const struct scale *scale, const struct labels *all, const struct zone *zone,
			const struct drawn *drawn)
{
	struct label label[MOST_LABELS];
	int count = 0;

	for (size_t i = 0; i < all->count; i++) {
		int at = count;

		if (scale_zone(scale, all->label[i].at.start) != zone)
			continue;
		for (; at > 0 && label[at - 1].at.start < all->label[i].at.start; at--)
			label[at] = label[at - 1];
		label[at] = all->label[i];
		label[at].y = anchor(scale, label[at].at);
		count++;
	}
	spread(label, count, zone);
	for (int i = 0; i < count; i++)
		draw_label(out, scale, &label[i], drawn->picture->linked);
	draw_notes(out, drawn, zone, label, count);
}

/* ---- below the strip ---- */

static int draw_head(FILE *out, const char *words, int y)
{
	svg_text(out, &font_head, PAGE_LEFT, y, "%s", words);
	return y + 20;
}

static int draw_rules(FILE *out, const struct drawn *drawn, int y)
{
	bool used[N_RULES];

	if (!picture_rules(drawn->picture, used))
		return y;
	y = draw_head(out, "The rules", y);
	for (unsigned int by = 0; by < N_RULES; by++) {
		if (!used[by])
			continue;
		svg_text(out, &font_rule_id, PAGE_LEFT, y, "%s", rule_row((enum rule)by)->id);
		y = svg_paragraph(out, &font_text, PAGE_LEFT + 36, y, rule_row((enum rule)by)->sentence, COLUMNS_RULE,
				  4);
		y = svg_paragraph(out, &font_note, PAGE_LEFT + 36, y, rule_source((enum rule)by), COLUMNS_RULE, 4) + 4;
	}
	return y + 12;
}

/* In two columns, the first one down and then the second. */
static int draw_contents(FILE *out, const struct picture *picture, int y)
{
	size_t half = (picture->n_contents + 1) / 2;

	if (half == 0)
		return y;
	y = draw_head(out, "In the handoff block", y);
	for (size_t i = 0; i < picture->n_contents; i++) {
		const struct content *c = &picture->content[i];
		int left = i < half ? PAGE_LEFT : PAGE_LEFT + (PAGE_RIGHT - PAGE_LEFT) / 2;
		int down = y + (int)(i % half) * 16;

		svg_text(out, &font_reason, left, down, "0x%" PRIx64, c->at.start);
		svg_text(out, &font_text, left + 136, down, "%s", c->name);
		svg_text(out, &font_size, left + 440, down, "%s", size_words(range_size(c->at)).at);
	}
	return y + (int)half * 16 + 12;
}

static int draw_refusal(FILE *out, const struct refusal_row *row, size_t number, int y)
{
	char words[sizeof(row->refused->text) + 32];
	struct text text = TEXT(words);

	refusal_choice(&text, row);
	strip_mark(out, PAGE_LEFT, y - 4, number, 1);
	(void)svg_paragraph(out, &font_rule_id, PAGE_LEFT + 36, y, row->refused->part, COLUMNS_PART, 1);
	svg_text(out, &font_reason, PAGE_LEFT + 150, y, "0x%" PRIx64 "-0x%" PRIx64, row->refused->run.start,
		 row->refused->run.end);
	svg_text(out, &font_size, PAGE_LEFT + 484, y, "%s", refusal_size(row->refused).at);
	svg_text(out, &font_rule_id, PAGE_LEFT + 494, y, "%s", rule_row(row->refused->by)->id);
	return svg_paragraph(out, &font_note, PAGE_LEFT + 524, y, words, COLUMNS_TRIED, 1) + 3;
}

static int draw_refusals(FILE *out, const struct refusals *refusals, int y)
{
	if (refusals->count == 0)
		return y;
	y = draw_head(out, "Not taken", y);
	for (size_t i = 0; i < refusals->count; i++)
		y = draw_refusal(out, &refusals->row[i], i, y);
	if (refusals->left_out != 0) {
		svg_text(out, &font_note, PAGE_LEFT + 36, y, "and %zu more, which `--explain` lists",
			 refusals->left_out);
		y += 16;
	}
	return y + 12;
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

static int draw_footer(FILE *out, const struct drawn *drawn, int y)
{
	const struct picture *picture = drawn->picture;

	if (picture->linked)
		return y - 30;
	if (picture->reason != NULL)
		y = draw_reason(out, picture->reason, y);
	y = strip_legend(out, &drawn->scale, y);
	svg_text(out, &font_note, PAGE_LEFT, y + 14,
		 "The scale is broken: a slice's height grows with the logarithm of its size, and holes are cut short. "
		 "Address 0 is at the bottom.");
	y += 42;
	y = draw_refusals(out, &drawn->refusals, y);
	y = draw_contents(out, picture, y);
	return draw_rules(out, drawn, y) - 12;
}

/* ---- the document ---- */

static void write_description(FILE *out, const struct picture *picture, const struct scale *scale)
{
	char words[128];
	struct text summary = TEXT(words);

	scale_summary(&summary, scale, picture->map);
	fprintf(out, "<desc id=\"berth-desc\">%s.", words);
	for (unsigned int part = 0; part < N_PARTS; part++)
		if (picture_has(picture, (enum part)part))
			fprintf(out, " %s at 0x%" PRIx64 "-0x%" PRIx64 " by rule %s.", part_name((enum part)part),
				picture->placed[part].at.start, picture->placed[part].at.end,
				rule_row(picture->placed[part].by)->id);
	if (picture->reason != NULL) {
		fputs(" No plan: ", out);
		svg_escape_lines(out, picture->reason);
	}
	fputs("</desc>\n", out);
}

static void write_styles(FILE *out)
{
	fprintf(out, "<style>\n%s", style);
	strip_style(out);
	fprintf(out, "@media screen and (prefers-color-scheme:dark){\n%s", style_dark);
	strip_style_dark(out);
	fputs("}\n</style>\n<defs>\n", out);
	strip_patterns(out);
	fputs("</defs>\n", out);
}

static void write_head(FILE *out, const struct drawn *drawn, int height)
{
	const struct picture *picture = drawn->picture;

	svg_begin(out, PAGE_WIDTH, height, picture->linked ? "group" : "img", "berth-title berth-desc");
	fputs("<title id=\"berth-title\">", out);
	svg_escape(out, picture->title, strlen(picture->title));
	fputs("</title>\n", out);
	write_description(out, picture, &drawn->scale);
	write_styles(out);
	fprintf(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", PAGE_WIDTH, height);
}

static int draw_title(FILE *out, const struct picture *picture, const struct scale *scale)
{
	char words[128];
	struct text summary = TEXT(words);
	int y = 34;

	if (picture->linked)
		return -14;
	y = svg_paragraph(out, &font_title, PAGE_LEFT, y, picture->title, COLUMNS_TITLE, 2);
	scale_summary(&summary, scale, picture->map);
	svg_text(out, &font_sub, PAGE_LEFT, y - 2, "%s", words);
	return y;
}

/* Returns the picture's height. */
static int draw_body(FILE *out, struct drawn *drawn)
{
	const struct picture *picture = drawn->picture;
	struct scale *scale = &drawn->scale;
	unsigned int beside[N_ZONES] = {0};
	struct labels labels;
	int y = draw_title(out, picture, scale);

	collect_labels(&labels, picture);
	for (size_t i = 0; i < labels.count; i++)
		beside[scale_zone(scale, labels.label[i].at.start) - scale->zone]++;
	scale_lay_out(scale, beside, y + 38);
	strip_draw(out, scale, picture);
	strip_limits(out, scale);
	for (size_t i = 0; i < scale->n_zones; i++)
		draw_labels(out, scale, &labels, &scale->zone[i], drawn);
	strip_marks(out, scale, &drawn->refusals, picture->linked);
	return draw_footer(out, drawn, scale->bottom + 36) + 18;
}

bool draw_svg(FILE *out, const struct picture *picture)
{
	struct drawn drawn = {.picture = picture};
	char *body = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&body, &size);
	bool done = false;

	if (memory != NULL && scale_make(&drawn.scale, picture)) {
		int height;

		refusals_group(&drawn.refusals, picture, &drawn.scale);
		height = draw_body(memory, &drawn);
		done = fclose(memory) == 0;
		memory = NULL;
		if (done) {
			write_head(out, &drawn, height);
			fwrite(body, 1, size, out);
			fputs("</svg>\n", out);
		}
	}
	scale_free(&drawn.scale);
	if (memory != NULL)
		fclose(memory);
	free(body);
	return done;
}
