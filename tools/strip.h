/* SPDX-License-Identifier: BSD-2-Clause */
/* The strip of memory in the middle of the picture, the addresses on its left and the limits across it. */
#ifndef BERTH_STRIP_H
#define BERTH_STRIP_H

#include <stdio.h>

#include "scale.h"

/* Columns of the picture, in pixels. */
#define PAGE_LEFT   20
#define STRIP_LEFT  150
#define STRIP_RIGHT 400
#define LABEL_LEFT  440
#define PAGE_RIGHT  940
#define PAGE_WIDTH  960

/* Style sheet rules and patterns of the kinds and parts. */
void strip_style(FILE *out);
void strip_patterns(FILE *out);

void strip_draw(FILE *out, const struct scale *scale, bool has_map);
void strip_limits(FILE *out, const struct scale *scale);

/* "boot services 7.0 MiB, ACPI 960.0 KiB": what was joined in a slice, the largest first, in at most @room bytes. */
struct text;
void strip_shares(struct text *text, const struct slice *slice, size_t room);

/* The kinds that are in the map, from @y down; returns the y below them. */
int strip_legend(FILE *out, const struct scale *scale, int y);

#endif
