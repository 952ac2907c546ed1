/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "page.h"

static bool file_option(int argc, char **argv, int *i, const char *name, const char **file, struct report_wish *wish)
{
	if (!option_value(argc, argv, i, name, file))
		return false;
	if (*file == NULL)
		wish->nameless = name;
	return true;
}

bool report_option(int argc, char **argv, int *i, struct report_wish *wish)
{
	if (strcmp(argv[*i], "--json") == 0)
		return wish->json = true;
	if (strcmp(argv[*i], "--explain") == 0)
		return wish->explain = true;
	return file_option(argc, argv, i, "--svg", &wish->svg, wish) ||
	       file_option(argc, argv, i, "--html", &wish->html, wish);
}

bool report_add_refused(struct report *report, const struct refused *refused)
{
	size_t n = report->n_refused;

	/* Room grows in powers of two: full when the count is one. */
	if ((n & (n - 1)) == 0) {
		struct refused *grown = realloc(report->refused, (n == 0 ? 1 : 2 * n) * sizeof(*grown));

		if (grown == NULL)
			return false;
		report->refused = grown;
	}
	report->refused[report->n_refused++] = *refused;
	return true;
}

/* ---- text ---- */

/* Where bytes of the kernel lie until they are copied. */
static void print_copies(FILE *out, const struct copies *copies)
{
	for (size_t i = 0; i < copies->n; i++)
		if (copy_moves(&copies->copy[i]))
			fprintf(out, "  %-16s  %#18" PRIx64 "  %#18" PRIx64 "  %10s  %8s  to %#" PRIx64 "\n",
				"  until exit", copies->copy[i].from, copies->copy[i].from + copies->copy[i].size,
				size_words(copies->copy[i].size).at, "", copies->copy[i].to);
}

static void print_places(FILE *out, const struct report *report)
{
	bool colour = wants_colour(out);

	fprintf(out, "\n  %-16s  %18s  %18s  %10s  %8s  %s\n", "part", "start", "end", "size", "align", "rule");
	for (size_t i = 0; i < N_PARTS; i++) {
		const struct placement *p = &report->placed[i];

		if (range_is_empty(p->at))
			continue;
		fprintf(out, "  %-16s  %#18" PRIx64 "  %#18" PRIx64 "  %10s  %8s  %s%s%s\n", part_name((enum part)i),
			p->at.start, p->at.end, size_words(range_size(p->at)).at, align_words(p->align).at,
			colour ? "\033[1m" : "", rule_row(p->by)->id, colour ? "\033[0m" : "");
		if (i == PART_KERNEL)
			print_copies(out, &report->copies);
	}
	fputc('\n', out);
}

static void print_rules(FILE *out, const struct report *report)
{
	bool seen[N_RULES] = {false};

	for (size_t i = 0; i < N_PARTS; i++) {
		enum rule by = report->placed[i].by;

		if (range_is_empty(report->placed[i].at) || seen[by])
			continue;
		seen[by] = true;
		print_wrapped(out, rule_row(by)->id, "    ", rule_row(by)->sentence);
	}
}

static void print_aftermath(FILE *out, const struct aftermath *aftermath)
{
	char line[512];
	struct text left = TEXT(line);

	aftermath_left(&left, aftermath);
	fprintf(out, "\n%s\n", line);
	left.used = 0;
	aftermath_moves(&left, aftermath);
	fprintf(out, "%s\n", line);
}

static void print_refused(FILE *out, const struct report *report)
{
	fprintf(out, "\n  %zu %s not taken%s\n", report->n_refused, report->n_refused == 1 ? "candidate" : "candidates",
		report->n_refused == 0 ? "" : ":");
	for (size_t i = 0; i < report->n_refused; i++)
		fprintf(out, "  %s\n", report->refused[i].text);
}

static void print_text(FILE *out, const struct report *report, bool explain)
{
	fprintf(out, "%s\n", report->title);
	if (report->possible) {
		print_places(out, report);
		print_rules(out, report);
		if (report->has_aftermath)
			print_aftermath(out, &report->aftermath);
	} else {
		fprintf(out, "\n%s\n", report->why.text);
		if (report->why.rule != RULE_NONE)
			fprintf(out, "  rule %s: %s\n", rule_row(report->why.rule)->id,
				rule_row(report->why.rule)->sentence);
	}
	if (explain)
		print_refused(out, report);
}

/* ---- JSON ---- */

void json_places(struct json *json, const struct placement placed[N_PARTS])
{
	json_array(json, "placements");
	for (size_t i = 0; i < N_PARTS; i++) {
		const struct placement *p = &placed[i];

		if (range_is_empty(p->at))
			continue;
		json_object(json, NULL);
		json_string(json, "name", part_name((enum part)i));
		json_number(json, "address", p->at.start);
		json_number(json, "size", range_size(p->at));
		json_number(json, "align", p->align);
		json_string(json, "rule", rule_row(p->by)->id);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_copies(struct json *json, const struct copies *copies)
{
	json_array(json, "copies");
	for (size_t i = 0; i < copies->n; i++) {
		if (!copy_moves(&copies->copy[i]))
			continue;
		json_object(json, NULL);
		json_string(json, "name", part_name(PART_KERNEL));
		json_number(json, "from", copies->copy[i].from);
		json_number(json, "to", copies->copy[i].to);
		json_number(json, "size", copies->copy[i].size);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_contents(struct json *json, const struct report *report)
{
	json_array(json, "handoff");
	for (size_t i = 0; i < report->n_contents; i++) {
		json_object(json, NULL);
		json_string(json, "name", report->content[i].name);
		json_number(json, "address", report->content[i].at.start);
		json_number(json, "size", range_size(report->content[i].at));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_refused(struct json *json, const struct report *report)
{
	json_array(json, "refused");
	for (size_t i = 0; i < report->n_refused; i++) {
		const struct refused *r = &report->refused[i];

		json_object(json, NULL);
		json_string(json, "name", r->part);
		json_number(json, "address", r->run.start);
		json_number(json, "size", range_size(r->run));
		json_string(json, "rule", rule_row(r->by)->id);
		json_string(json, "text", r->text);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_before_after(struct json *json, const char *name, const struct before_after *value)
{
	json_object(json, name);
	json_number(json, "before", value->before);
	json_number(json, "after", value->after);
	json_close(json, '}');
}

static void json_aftermath(struct json *json, const struct aftermath *o)
{
	json_object(json, "outlook");
	json_before_after(json, "free_below_16m", &o->below_16m);
	json_before_after(json, "free_below_4g", &o->below_4g);
	json_before_after(json, "whole_1g_pages", &o->gib_pages);
	json_object(json, "largest_left");
	json_number(json, "address", o->largest_left.start);
	json_number(json, "size", range_size(o->largest_left));
	json_close(json, '}');
	json_bool(json, "kernel_may_move", o->kernel_may_move);
	json_close(json, '}');
}

static void print_json(const struct report *report, const struct report_wish *wish)
{
	static const struct placement nowhere[N_PARTS];
	struct json json = {.out = stdout};

	json_object(&json, NULL);
	json_string(&json, "title", report->title);
	json_bool(&json, "possible", report->possible);
	if (report->possible) {
		json_null(&json, "reason");
	} else {
		json_string(&json, "reason", report->why.text);
		json_string(&json, "rule", rule_row(report->why.rule)->id);
	}
	json_places(&json, report->possible ? report->placed : nowhere);
	json_copies(&json, &report->copies);
	if (report->n_contents != 0)
		json_contents(&json, report);
	if (report->possible && report->has_aftermath)
		json_aftermath(&json, &report->aftermath);
	if (wish->explain)
		json_refused(&json, report);
	json_close(&json, '}');
}

/* ---- all of it ---- */

static struct picture picture_of(const struct report *report)
{
	return (struct picture){
	    .title = report->title,
	    .map = report->map,
	    .placed = report->placed,
	    .reason = report->possible ? NULL : report->why.text,
	    .by = report->possible ? RULE_NONE : report->why.rule,
	    .copies = &report->copies,
	    .content = report->content,
	    .n_contents = report->n_contents,
	    .refused = report->refused,
	    .n_refused = report->n_refused,
	};
}

static bool write_page(FILE *out, const struct report *report, const struct picture *picture)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	bool done = false;

	if (memory == NULL)
		return false;
	print_text(memory, report, true);
	if (fclose(memory) == 0)
		done = page_write(out, picture, text);
	free(text);
	return done;
}

static int draw(const struct report *report, const char *path, bool as_page)
{
	struct picture picture = picture_of(report);
	FILE *out = fopen(path, "w");
	bool done;

	if (out == NULL)
		return complain("%s: %s", path, strerror(errno));
	done = as_page ? write_page(out, report, &picture) : draw_svg(out, &picture);
	done = done && ferror(out) == 0;
	if (fclose(out) != 0 || !done)
		return complain("%s: not all of the picture could be written", path);
	return EXIT_YES;
}

int report_finish(struct report *report, const struct report_wish *wish)
{
	int status = report->possible ? EXIT_YES : EXIT_NO;

	if (wish->json)
		print_json(report, wish);
	else
		print_text(stdout, report, wish->explain);
	if (wish->svg != NULL && draw(report, wish->svg, false) != EXIT_YES)
		status = EXIT_USAGE;
	if (wish->html != NULL && draw(report, wish->html, true) != EXIT_YES)
		status = EXIT_USAGE;
	free(report->refused);
	return status;
}
