/* SPDX-License-Identifier: BSD-2-Clause */
/* A picture of physical memory and of what a plan put there. */
#ifndef BERTH_DRAW_H
#define BERTH_DRAW_H

#include <stdio.h>

#include "picture.h"

/*
 * Writes a whole SVG 1.1 document, complete in itself, the same bytes for the same picture. With picture->linked
 * it is an element for a page instead (page.h). False, and nothing written, when this machine's memory has run out.
 */
bool draw_svg(FILE *out, const struct picture *picture);

#endif
