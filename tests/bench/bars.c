/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Draws bars in panels, as an SVG document by tools/svg.h. Standard input has lines of fields between tabs:
 *
 *	title TEXT		what the picture is of; first
 *	note TEXT		below the panels, any number
 *	panel TEXT		begins one; the bars that follow are its
 *	bar NAME WHOLE PART	both in millions; PART of WHOLE is drawn darker
 *	none NAME WHY		in place of a bar
 *
 * All bars have one scale, from 0 on. Status 1, and nothing written, when a line is none of these.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/svg.h"

#define PANELS	    16
#define BARS	    16
#define NOTES	    8
#define PAGE	    1000
#define COLUMNS	    2
#define PANEL_WIDTH 460
#define NAME_RIGHT  130 /* of a panel, where the bars begin */
#define BAR_MOST    260 /* the longest bar's length */
#define BAR_STEP    22
#define HEAD	    30 /* of a panel, above its bars */

struct bar {
	const char *name, *why; /* why there is none, or NULL */
	double whole, part;
};

struct panel {
	const char *title;
	struct bar bar[BARS];
	int n_bars;
};

struct picture {
	const char *title, *note[NOTES];
	struct panel panel[PANELS];
	int n_notes, n_panels;
	double most;
};

static const struct svg_font font_title = {"sans bold", "start", 17}, font_head = {"sans bold", "start", 13},
			     font_name = {"sans", "end", 12}, font_value = {"sans", "start", 12},
			     font_note = {"sans dim", "start", 12};

static const char style[] = ".sans{font-family:sans-serif;fill:#1f2328}\n"
			    ".bold{font-weight:bold}\n"
			    ".dim{fill:#59636e}\n"
			    ".paper{fill:#ffffff}\n"
			    ".part{fill:#0b4f9c}\n"
			    ".rest{fill:#86b6ea}\n"
			    "@media screen and (prefers-color-scheme:dark){\n"
			    ".sans{fill:#e6edf3}\n"
			    ".dim{fill:#a3adb8}\n"
			    ".paper{fill:#0d1117}\n"
			    ".part{fill:#4c9aff}\n"
			    ".rest{fill:#2a5a94}\n"
			    "}\n";

/* ---- what is to be drawn ---- */

/* The number that a field is, all of it; false: it is none, or less than 0. */
static bool read_number(const char *field, double *number)
{
	char *end = NULL;

	if (field == NULL)
		return false;
	*number = strtod(field, &end);
	return end != field && *end == '\0' && *number >= 0 && *number < 1e9;
}

static bool read_bar(struct picture *picture, struct bar bar, const char *whole, const char *part)
{
	struct panel *panel = picture->n_panels == 0 ? NULL : &picture->panel[picture->n_panels - 1];

	if (panel == NULL || panel->n_bars == BARS || bar.name == NULL)
		return false;
	if (bar.why == NULL &&
	    (!read_number(whole, &bar.whole) || !read_number(part, &bar.part) || bar.part > bar.whole))
		return false;
	picture->most = bar.whole > picture->most ? bar.whole : picture->most;
	panel->bar[panel->n_bars++] = bar;
	return true;
}

static bool read_line(struct picture *picture, char *line)
{
	const char *field[4] = {NULL};

	for (int i = 0; i < 4 && line != NULL; i++)
		field[i] = strsep(&line, "\t");
	if (line != NULL || field[1] == NULL)
		return false;
	if (strcmp(field[0], "title") == 0)
		return (picture->title = field[1]) != NULL;
	if (strcmp(field[0], "note") == 0 && picture->n_notes < NOTES)
		return (picture->note[picture->n_notes++] = field[1]) != NULL;
	if (strcmp(field[0], "panel") == 0 && picture->n_panels < PANELS)
		return (picture->panel[picture->n_panels++].title = field[1]) != NULL;
	if (strcmp(field[0], "bar") == 0)
		return read_bar(picture, (struct bar){.name = field[1]}, field[2], field[3]);
	if (strcmp(field[0], "none") == 0 && field[2] != NULL)
		return read_bar(picture, (struct bar){.name = field[1], .why = field[2]}, NULL, NULL);
	return false;
}

static bool read_picture(struct picture *picture, char *text)
{
	for (char *line; (line = strsep(&text, "\n")) != NULL;)
		if (*line != '\0' && !read_line(picture, line)) {
			fprintf(stderr, "bars: not a line of a picture: %s\n", line);
			return false;
		}
	return picture->title != NULL && picture->most > 0;
}

/* ---- the drawing ---- */

static int length_of(const struct picture *picture, double value)
{
	return (int)(value / picture->most * BAR_MOST + 0.5);
}

static void draw_bar(FILE *out, const struct picture *picture, const struct bar *bar, int x, int y)
{
	int left = x + NAME_RIGHT, whole = length_of(picture, bar->whole), part = length_of(picture, bar->part);

	svg_text(out, &font_name, left - 8, y + 13, "%s", bar->name);
	if (bar->why != NULL) {
		svg_text(out, &font_note, left, y + 13, "%s", bar->why);
		return;
	}
	fprintf(out, "<rect class=\"part\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\"/>\n", left, y, part);
	fprintf(out, "<rect class=\"rest\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\"/>\n", left + part, y,
		whole - part);
	svg_text(out, &font_value, left + whole + 6, y + 13, "%d", (int)(bar->whole + 0.5));
}

static int height_of(const struct panel *panel)
{
	return HEAD + panel->n_bars * BAR_STEP + 18;
}

/* Two panels beside each other, as high as the higher. Returns where they end. */
static int draw_panels(FILE *out, const struct picture *picture, int y)
{
	for (int i = 0; i < picture->n_panels; i += COLUMNS) {
		int height = 0;

		for (int k = i; k < i + COLUMNS && k < picture->n_panels; k++) {
			const struct panel *panel = &picture->panel[k];
			int x = 20 + (k - i) * (PANEL_WIDTH + 40);

			svg_text(out, &font_head, x, y + 14, "%s", panel->title);
			for (int b = 0; b < panel->n_bars; b++)
				draw_bar(out, picture, &panel->bar[b], x, y + HEAD + b * BAR_STEP);
			height = height_of(panel) > height ? height_of(panel) : height;
		}
		y += height;
	}
	return y;
}

static void draw(FILE *out, const struct picture *picture)
{
	int height = 64 + picture->n_notes * 18, y = 56;

	for (int i = 0; i < picture->n_panels; i += COLUMNS) {
		bool pair = i + 1 < picture->n_panels;
		int left = height_of(&picture->panel[i]), right = pair ? height_of(&picture->panel[i + 1]) : 0;

		height += left > right ? left : right;
	}
	svg_begin(out, PAGE, height, "img", "bars-title");
	fputs("<title id=\"bars-title\">", out);
	svg_escape(out, picture->title, strlen(picture->title));
	fprintf(out, "</title>\n<style>\n%s</style>\n<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", style, PAGE,
		height);
	svg_text(out, &font_title, 20, 32, "%s", picture->title);
	y = draw_panels(out, picture, y);
	for (int i = 0; i < picture->n_notes; i++)
		svg_text(out, &font_note, 20, y + 6 + i * 18, "%s", picture->note[i]);
	fputs("</svg>\n", out);
}

int main(void)
{
	static struct picture picture;
	static char text[65536];
	size_t size = fread(text, 1, sizeof(text) - 1, stdin);

	if (size == sizeof(text) - 1 || !read_picture(&picture, text))
		return 1;
	draw(stdout, &picture);
	return fflush(stdout) == 0 ? 0 : 1;
}
