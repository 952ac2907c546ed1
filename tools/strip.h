/* SPDX-License-Identifier: BSD-2-Clause */
/* The strip of memory in the middle of the picture, the addresses on its left and the limits across it. */
#ifndef BERTH_STRIP_H
#define BERTH_STRIP_H

#include <stdio.h>

#include "refusals.h"

/* Columns of the picture, in pixels. */
#define PAGE_LEFT   20
#define STRIP_LEFT  150
#define STRIP_RIGHT 400
#define MARK_LEFT   412
#define LABEL_LEFT  452
#define PAGE_RIGHT  940
#define PAGE_WIDTH  960

/* Style sheet rules and patterns of the kinds and blocks; the second, what is otherwise on a dark screen. */
void strip_style(FILE *out);
void strip_style_dark(FILE *out);
void strip_patterns(FILE *out);

void strip_draw(FILE *out, const struct scale *scale, const struct picture *picture);
void strip_limits(FILE *out, const struct scale *scale);

/* Beside each slice the numbers of what was refused there. */
void strip_marks(FILE *out, const struct scale *scale, const struct refusals *refusals, bool linked);

/* A number in its frame, its middle at @y. Returns its right edge. */
int strip_mark(FILE *out, int left, int y, size_t first, size_t count);

/* "boot services", "free and 3 more", "4 ranges", or of a block its name. */
void strip_name(struct text *text, const struct slice *slice, bool has_map);

/* "boot services 7.0 MiB, ACPI 960.0 KiB": what was joined in a slice, the largest first, in at most @room bytes. */
void strip_shares(struct text *text, const struct slice *slice, size_t room);

/* The class that a kind is painted by, and what the legend calls it. */
const char *strip_class(enum kind kind);
const char *strip_meaning(enum kind kind);

/* The kinds that are in the map, from @y down; returns the y below them. */
int strip_legend(FILE *out, const struct scale *scale, int y);

#endif
