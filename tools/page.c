/* SPDX-License-Identifier: BSD-2-Clause */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "page_look.h"
#include "rule_source.h"
#include "strip.h"
#include "svg.h"
#include "tool.h"

/* ---- cells: each says what its column is called, because on a narrow screen a row is a list of them ---- */

static const char col_start[] = "start", col_end[] = "end", col_size[] = "size";

static void write_words(FILE *out, const char *words)
{
	svg_escape(out, words, strlen(words));
}

/* A piece of the picture's own colour, and what it is. */
static void write_name(FILE *out, const char *class, const char *name)
{
	fprintf(
	    out,
	    "<th scope=\"row\"><svg class=\"dot\" width=\"14\" height=\"14\" aria-hidden=\"true\"><rect class=\"%s\" "
	    "width=\"14\" height=\"14\"/><rect class=\"edge\" width=\"14\" height=\"14\"/></svg>%s</th>",
	    class, name);
}

static void write_block_name(FILE *out, unsigned int block)
{
	char class[16];
	struct text text = TEXT(class);

	text_add(&text, "part%u", block);
	write_name(out, class, block_name(block));
}

static void write_cell(FILE *out, const char *label, const char *words)
{
	fprintf(out, "<td data-l=\"%s\">", label);
	write_words(out, words);
	fputs("</td>", out);
}

static void write_number(FILE *out, const char *label, uint64_t number)
{
	fprintf(out, "<td data-l=\"%s\" class=\"n\">0x%" PRIx64 "</td>", label, number);
}

static void write_size(FILE *out, const char *words)
{
	fprintf(out, "<td data-l=\"%s\" class=\"n\">%s</td>", col_size, words);
}

static void write_range(FILE *out, struct range at)
{
	write_number(out, col_start, at.start);
	write_number(out, col_end, at.end);
	write_size(out, size_words(range_size(at)).at);
}

static void write_rule(FILE *out, enum rule by)
{
	const char *id = rule_row(by)->id;

	if (by == RULE_NONE)
		fputs("<td></td>", out);
	else
		fprintf(out, "<td data-l=\"rule\"><a href=\"#rule-%s\">%s</a></td>", id, id);
}

static void begin_table(FILE *out, const char *id, const char *title, const char *const *column)
{
	fprintf(out, "<section>\n<h2 id=\"%s\">%s</h2>\n<table aria-labelledby=\"%s\"><thead><tr>", id, title, id);
	for (; *column != NULL; column++)
		fprintf(out, "<th scope=\"col\">%s</th>", *column);
	fputs("</tr></thead>\n<tbody>\n", out);
}

static void end_table(FILE *out)
{
	fputs("</tbody></table>\n</section>\n", out);
}

/* ---- tables ---- */

static void write_copies(FILE *out, const struct picture *picture)
{
	bool is_first = true;

	for (size_t i = 0; i < picture_copies(picture); i++) {
		const struct copy *c = &picture->copies->copy[i];

		if (!copy_moves(c))
			continue;
		fputs("<tr", out);
		if (is_first)
			fprintf(out, " id=\"p%u\"", BLOCK_WAITS);
		fputc('>', out);
		write_block_name(out, BLOCK_WAITS);
		write_range(out, (struct range){c->from, c->from + c->size});
		fprintf(out, "<td data-l=\"align\" class=\"n\">to 0x%" PRIx64 "</td>", c->to);
		write_rule(out, C6);
		fputs("</tr>\n", out);
		is_first = false;
	}
}

static void write_parts(FILE *out, const struct picture *picture)
{
	static const char *const columns[] = {"part", col_start, col_end, col_size, "align", "rule", NULL};

	if (picture->reason != NULL)
		return;
	begin_table(out, "parts", "The parts", columns);
	for (unsigned int part = 0; part < N_PARTS; part++) {
		const struct placement *p = &picture->placed[part];

		if (!picture_has(picture, (enum part)part))
			continue;
		fprintf(out, "<tr id=\"p%u\"%s>", part,
			part == PART_HANDOFF && picture->n_contents != 0 ? " data-more=\"handoff\"" : "");
		write_block_name(out, part);
		write_range(out, p->at);
		fprintf(out, "<td data-l=\"align\" class=\"n\">%s</td>", align_words(p->align).at);
		write_rule(out, p->by);
		fputs("</tr>\n", out);
		if (part == PART_KERNEL)
			write_copies(out, picture);
	}
	end_table(out);
}

static void write_contents(FILE *out, const struct picture *picture)
{
	static const char *const columns[] = {"piece", col_start, col_end, col_size, NULL};

	if (picture->n_contents == 0)
		return;
	begin_table(out, "handoff", "In the handoff block", columns);
	for (size_t i = 0; i < picture->n_contents; i++) {
		fprintf(out, "<tr><th scope=\"row\">%s</th>", picture->content[i].name);
		write_range(out, picture->content[i].at);
		fputs("</tr>\n", out);
	}
	end_table(out);
}

static void write_refusal(FILE *out, const struct refusal_row *row, size_t number)
{
	char words[sizeof(row->refused->text) + 32];
	struct text text = TEXT(words);

	refusal_choice(&text, row);
	fprintf(out, "<tr id=\"r%zu\"><th scope=\"row\"><i class=\"num\">%zu</i>", number, number);
	write_words(out, row->refused->part);
	fputs("</th>", out);
	write_number(out, col_start, row->refused->run.start);
	write_number(out, col_end, row->refused->run.end);
	write_size(out, refusal_size(row->refused).at);
	write_cell(out, "tried", words);
	write_rule(out, row->refused->by);
	fputs("</tr>\n", out);
}

static void write_refusals(FILE *out, const struct refusals *refusals)
{
	static const char *const columns[] = {"part", col_start, col_end, col_size, "tried", "rule", NULL};

	if (refusals->count == 0)
		return;
	begin_table(out, "refused", "Not taken", columns);
	for (size_t i = 0; i < refusals->count; i++)
		write_refusal(out, &refusals->row[i], i + 1);
	end_table(out);
	if (refusals->left_out != 0)
		fprintf(out, "<p>And %zu more: the text below has all of them.</p>\n", refusals->left_out);
}

static void write_rules(FILE *out, const struct picture *picture)
{
	static const char *const columns[] = {"rule", "what it says", "where it comes from", NULL};
	bool used[N_RULES];

	if (!picture_rules(picture, used))
		return;
	begin_table(out, "rules", "The rules", columns);
	for (unsigned int by = 0; by < N_RULES; by++) {
		const struct rule_row *row = rule_row((enum rule)by);

		if (!used[by])
			continue;
		fprintf(out, "<tr id=\"rule-%s\"><th scope=\"row\">%s</th>", row->id, row->id);
		write_cell(out, "what it says", row->sentence);
		write_cell(out, "where it comes from", rule_source((enum rule)by));
		fputs("</tr>\n", out);
	}
	end_table(out);
}

static void write_slices(FILE *out, const struct scale *scale, bool has_map)
{
	static const char *const columns[] = {"memory", col_start, col_end, col_size, "of which", NULL};

	begin_table(out, "memory", "The memory, as the picture has it", columns);
	for (size_t i = scale->slices.count; i-- > 0;) {
		const struct slice *slice = &scale->slices.at[i];
		char name[64], share[512] = "";
		struct text words = TEXT(name), shares = TEXT(share);

		if (slice->block != N_BLOCKS)
			continue;
		strip_name(&words, slice, has_map);
		fprintf(out, "<tr id=\"m%zu\">", i);
		write_name(out, strip_class(slice->kind), name);
		write_range(out, slice->at);
		if (slice->ranges > 1)
			strip_shares(&shares, slice, sizeof(share) - 8);
		write_cell(out, "of which", share);
		fputs("</tr>\n", out);
	}
	end_table(out);
}

static void write_map(FILE *out, const struct memmap *map)
{
	static const char *const columns[] = {"type", col_start, col_end, col_size, "attribute", NULL};

	if (map->count == 0)
		return;
	fprintf(out, "<details><summary>The whole map: %zu descriptors</summary>\n", map->count);
	begin_table(out, "map", "The map", columns);
	for (size_t i = 0; i < map->count; i++) {
		const struct memory *m = &map->entry[i];

		fprintf(out, "<tr><th scope=\"row\">%s</th>", memory_type_name(m->type));
		write_range(out, m->at);
		write_number(out, "attribute", m->attribute);
		fputs("</tr>\n", out);
	}
	end_table(out);
	fputs("</details>\n", out);
}

/* ---- around the picture ---- */

static void write_head(FILE *out, const struct picture *picture, const struct scale *scale)
{
	char words[128];
	struct text summary = TEXT(words);

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
	      /* Nothing is loaded from anywhere, whatever a name may say. */
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
	      "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n<title>",
	      out);
	write_words(out, picture->title);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>", page_style);
	write_words(out, picture->title);
	scale_summary(&summary, scale, picture->map);
	fprintf(out, "</h1>\n<p>%s</p>\n", words);
	if (picture->reason != NULL) {
		fputs("<div class=\"why\" role=\"note\"><h2>No plan</h2>\n<pre>", out);
		svg_escape_lines(out, picture->reason);
		fputs("</pre>", out);
		if (picture->by != RULE_NONE)
			fprintf(out, "<p>by rule <a href=\"#rule-%s\">%s</a></p>", rule_row(picture->by)->id,
				rule_row(picture->by)->id);
		fputs("</div>\n", out);
	}
	fputs("</header>\n", out);
}

static void write_legend(FILE *out, const struct scale *scale, const struct refusals *refusals)
{
	fputs("<ul class=\"legend\">\n", out);
	for (enum kind kind = KIND_FREE; kind < N_KINDS; kind++)
		if (scale->bytes[kind] != 0)
			fprintf(
			    out,
			    "<li><svg width=\"16\" height=\"12\" aria-hidden=\"true\"><rect class=\"%s\" width=\"16\" "
			    "height=\"12\"/><rect class=\"edge\" width=\"16\" height=\"12\"/></svg> %s "
			    "<b>%s</b></li>\n",
			    strip_class(kind), strip_meaning(kind), size_words(scale->bytes[kind]).at);
	if (refusals->count != 0)
		fputs("<li><i class=\"num\">1</i> memory that was refused to a part</li>\n", out);
	fputs("</ul>\n<p class=\"scale\">The scale is broken: a slice's height grows with the logarithm of its size, "
	      "and holes "
	      "are cut short. Address 0 is at the bottom.</p>\n",
	      out);
}

static bool write_figure(FILE *out, const struct picture *picture, const struct scale *scale,
			 const struct refusals *refusals)
{
	struct picture linked = *picture;
	bool done;

	linked.linked = true;
	fputs("<main>\n<div class=\"both\">\n<figure>\n<div class=\"strip\">\n", out);
	done = draw_svg(out, &linked);
	fputs("</div>\n<figcaption>\n", out);
	write_legend(out, scale, refusals);
	fputs("</figcaption>\n</figure>\n"
	      "<aside id=\"panel\" hidden=\"hidden\" aria-label=\"What is pointed at\">\n"
	      "<div id=\"panel-body\" aria-live=\"polite\"><p>Point at something in the picture, or reach it by Tab. "
	      "A click or Enter pins it here, Escape lets it go.</p></div>\n"
	      "<button id=\"unpin\" type=\"button\" hidden=\"hidden\">Let go</button>\n</aside>\n</div>\n",
	      out);
	return done;
}

static bool write_page(FILE *out, const struct picture *picture, const struct scale *scale, const char *text)
{
	struct refusals refusals;

	refusals_group(&refusals, picture, scale);
	write_head(out, picture, scale);
	if (!write_figure(out, picture, scale, &refusals))
		return false;
	write_parts(out, picture);
	write_refusals(out, &refusals);
	write_rules(out, picture);
	write_contents(out, picture);
	write_slices(out, scale, picture->map->count != 0);
	write_map(out, picture->map);
	fputs("<section>\n<h2 id=\"text\">The plan as text</h2>\n<pre class=\"text\" tabindex=\"0\" "
	      "aria-labelledby=\"text\">",
	      out);
	svg_escape_lines(out, text);
	fprintf(out, "</pre>\n</section>\n</main>\n<script>\n//<![CDATA[\n%s//]]>\n</script>\n</body>\n</html>\n",
		page_script);
	return true;
}

bool page_write(FILE *out, const struct picture *picture, const char *text)
{
	struct scale scale;
	char *body = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&body, &size);
	bool done = false;

	if (memory == NULL)
		return false;
	if (scale_make(&scale, picture))
		done = write_page(memory, picture, &scale, text);
	scale_free(&scale);
	done = fclose(memory) == 0 && done;
	if (done)
		fwrite(body, 1, size, out);
	free(body);
	return done;
}
