/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan as one HTML file: the picture, in which everything can be pointed at, tables of all of it, and the text. */
#ifndef BERTH_PAGE_H
#define BERTH_PAGE_H

#include <stdio.h>

#include "picture.h"

/*
 * Complete in itself: no network, no other file; without scripts everything is there to read. The same bytes for the
 * same picture. @text: what `berth plan` prints. False when this machine's memory has run out.
 */
bool page_write(FILE *out, const struct picture *picture, const char *text);

#endif
