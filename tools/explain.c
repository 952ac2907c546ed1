/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * berth explain: reads a console log of the loader, and tells or draws what it did. The last of several attempts in one
 * log counts.
 */
#include <stdlib.h>
#include <string.h>

#include "logtext.h"
#include "mapread.h"
#include "report.h"

#define LARGEST_LOG MIB(64)

struct reading {
	struct report *report;
	size_t indent;	   /* blanks before the last line's `berth:` */
	bool any;	   /* line of a plan, or of a refusal to make one */
	bool is_hidden;	   /* a place is named without its address */
	struct fail error; /* the sentences that may turn out to be the reason */
};

static bool take_rule(const char **at, enum rule *rule)
{
	size_t length = strcspn(*at, " :");

	if (!rule_named(*at, length, rule))
		return false;
	*at += length;
	return true;
}

static bool take_part(const char **at, enum part *part)
{
	for (unsigned int i = 0; i < N_PARTS; i++)
		if (take(at, part_name((enum part)i))) {
			*part = (enum part)i;
			return true;
		}
	return false;
}

/* `place kernel 0x1fcc00000 size 0x3378000 align 0x200000 rule C3` (explain_placement) */
static void read_place(struct reading *r, const char *at)
{
	struct placement placement;
	uint64_t start, size;
	enum part part;

	if (!take_part(&at, &part) || !take(&at, " ") || !take_number(&at, &start) || !take(&at, " size ") ||
	    !take_number(&at, &size) || !take(&at, " align ") || !take_number(&at, &placement.align) ||
	    !take(&at, " rule ") || !take_rule(&at, &placement.by) || checked_range(start, size, &placement.at) ||
	    size == 0)
		return;
	r->report->placed[part] = placement;
	r->report->possible = r->any = true;
}

/* `place kernel hidden size 0x3378000 align 0x200000 rule C12` (loader/report.c) */
static bool is_hidden_place(const char *at)
{
	enum part part;

	return take_part(&at, &part) && take(&at, " hidden ");
}

/* `copy kernel 0x13fff0000 to 0x1000000 size 0x10000 after exit rule C6` (explain_copy) */
static void read_copy(struct reading *r, const char *at)
{
	struct copies *copies = &r->report->copies;
	struct copy copy;
	struct range ends;

	if (copies->n == MAX_COPIES || !take(&at, "kernel ") || !take_number(&at, &copy.from) || !take(&at, " to ") ||
	    !take_number(&at, &copy.to) || !take(&at, " size ") || !take_number(&at, &copy.size) ||
	    checked_range(copy.from, copy.size, &ends) || checked_range(copy.to, copy.size, &ends))
		return;
	copies->copy[copies->n++] = copy;
}

/* `refuse kernel in 0x100000-0x80000 (…) for …: rule C1` (explain_refusal) */
static void read_refused(struct reading *r, const char *line)
{
	const char *at = line, *by = strstr(line, ": rule ");
	struct refused refused = {.by = RULE_NONE};
	enum part part;

	if (!take(&at, "refuse ") || !take_part(&at, &part) || !take(&at, " in ") ||
	    !take_number(&at, &refused.run.start) || !take(&at, "-") || !take_number(&at, &refused.run.end) ||
	    by == NULL)
		return;
	by += strlen(": rule ");
	if (!take_rule(&by, &refused.by) || refused.run.end < refused.run.start)
		return;
	snprintf(refused.part, sizeof(refused.part), "%s", part_name(part));
	snprintf(refused.text, sizeof(refused.text), "%s", line);
	(void)report_add_refused(r->report, &refused);
}

/* Another attempt to plan; another boot, if the memory was surveyed again. */
static void start_anew(struct reading *r, bool other_boot)
{
	struct report *report = r->report;

	memset(report->placed, 0, sizeof(report->placed));
	if (other_boot)
		report->n_refused = 0;
	report->copies.n = 0;
	report->aftermath.kernel_may_move = false;
	report->possible = r->any = false;
}

/* The first line of a message, or one of those that follow it, indented; the last names the rule. */
static void read_error(struct reading *r, const char *line, bool indented)
{
	const char *at = line;

	if (!indented) {
		(void)fail(&r->error, NO_PLACE, "%s", line);
		return;
	}
	if (r->error.text[0] == '\0')
		return;
	if (take(&at, "  rule ") && take_rule(&at, &r->error.rule) && *at == ':') {
		start_anew(r, false);
		r->report->why = r->error;
		r->any = true;
	} else {
		fail_add(&r->error, "%s", line);
	}
}

/* Steps behind `berth: `, whatever stands before it on the line, and remembers how far it was indented. */
static bool take_first_line(struct reading *r, const char **at)
{
	const char *line = *at, *name = skip_prefix(line);
	const char *c = name;

	if (!take(&c, "berth: "))
		return false;
	for (r->indent = 0; name > line && strchr(" \t", name[-1]) != NULL; name--)
		r->indent++;
	*at = c;
	return true;
}

/* A message's further lines have two more blanks than its first. Steps over what stands before those two. */
static bool take_further_line(const struct reading *r, const char **at)
{
	do {
		size_t blanks = strspn(*at, " \t");

		if (blanks >= r->indent + 2 && (*at)[blanks] != '\0') {
			*at += r->indent;
			return true;
		}
		*at += blanks;
	} while (skip_mark(at));
	return false;
}

static void read_line(struct reading *r, const char *at)
{
	if (!take_first_line(r, &at)) {
		if (take_further_line(r, &at))
			read_error(r, at, true);
		return;
	}
	if (strncmp(at, "facts ", 6) == 0) {
		start_anew(r, true);
	} else if (take(&at, "place ")) {
		if (strncmp(at, "kernel ", 7) == 0 && r->report->possible)
			start_anew(r, false);
		r->is_hidden |= is_hidden_place(at);
		read_place(r, at);
	} else if (take(&at, "copy ")) {
		read_copy(r, at);
	} else if (strncmp(at, "refuse ", 7) == 0) {
		read_refused(r, at);
	} else if (strstr(at, "[X9]") != NULL) {
		r->report->aftermath.kernel_may_move |= strncmp(at, "no nokaslr", 10) == 0;
	} else {
		read_error(r, at, false);
	}
}

static void read_log(struct reading *reading, struct bytes bytes)
{
	struct log_lines lines;

	log_lines_open(&lines, bytes);
	while (log_lines_next(&lines))
		read_line(reading, lines.line);
}

static void look_at_aftermath(struct report *report, const struct map_source *source)
{
	struct plan plan;
	struct runs runs = {.room = 2 * source->map.count};

	runs.run = calloc(runs.room + 1, sizeof(*runs.run));
	if (runs.run == NULL || source->map.count == 0)
		goto out;
	runs.count = memmap_free_runs(&source->map, false, runs.run, runs.room);
	memcpy(plan.part, report->placed, sizeof(plan.part));
	aftermath_of(&plan, &runs, report->aftermath.kernel_may_move, &report->aftermath);
	report->has_aftermath = true;
out:
	free(runs.run);
}

static int explain(const char *path, const struct report_wish *wish)
{
	struct report report = {.map = NULL};
	struct reading reading = {.report = &report};
	struct map_source source = {.kind = ""};
	struct bytes bytes, text;
	struct fail why;
	int status;

	if (file_head(path, LARGEST_LOG, &bytes, NULL, &why) != OK)
		return complain("%s", why.text);
	text = bytes;
	skip_attributes(&text);
	read_log(&reading, text);
	/* Only a debug log has a memory map; without one there is none to draw. */
	if (map_read_text(path, (uint8_t *)(uintptr_t)bytes.at, bytes.size, &source, &why) == OK)
		look_at_aftermath(&report, &source);
	report.map = &source.map;
	snprintf(report.title, sizeof(report.title), "what Berth did, by its log %s", path);
	if (reading.any) {
		status = report_finish(&report, wish);
	} else {
		free(report.refused);
		status = complain(reading.is_hidden ? "%s: all places are left out, because the kernel's place is "
						      "random: everybody may read this log\n"
						      "  try: the console of a boot, which shows it"
						    : "%s: no line of Berth's that names a place\n"
						      "  try: what `berth log` prints, or the whole console of a boot",
				  path);
	}
	map_source_free(&source);
	free((void *)(uintptr_t)bytes.at);
	return status;
}

static int run(int argc, char **argv)
{
	struct report_wish wish = {.svg = NULL};
	const char *path = NULL;

	for (int i = 1; i < argc; i++) {
		if (report_option(argc, argv, &i, &wish)) {
			if (wish.nameless != NULL)
				return misused(&command_explain, "%s needs a value", wish.nameless);
			continue;
		}
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			return misused(&command_explain, "no option %s", argv[i]);
		if (path != NULL)
			return misused(&command_explain, "one log at a time: %s and %s", path, argv[i]);
		path = argv[i];
	}
	if (path == NULL)
		return misused(&command_explain, "which log?");
	return explain(path, &wish);
}

const struct command command_explain = {
    .name = "explain",
    .summary = "reads a console log of the loader, and tells or draws what it did",
    .help =
	"usage: berth explain LOG [--explain] [--json] [--svg FILE] [--html FILE]\n"
	"Reads what `berth log` prints, or the console of a boot, from a serial port or a file, and prints what lies\n"
	"where and by which rule, or why nothing was booted. The last of several attempts in a log counts. A\n"
	"console has the memory map, which the picture needs, and every candidate that was refused only with\n"
	"`log debug` in loader.conf.\n\n"
	"  --explain    each candidate that was not taken, and the rule that refused it\n"
	"  --json       for machines; addresses and sizes are numbers of bytes\n"
	"  --svg FILE   a picture of memory, of what lies where, by which rule, and what was not taken\n"
	"  --html FILE  the same as a page, whose parts can be pointed at, with a table of everything\n\n"
	"examples:\n"
	"  berth log | berth explain -\n"
	"  berth explain console.log --svg memory.svg\n"
	"  berth explain - <console.log --json | jq .placements\n",
    .operands = "LOG",
    .run = run,
};
