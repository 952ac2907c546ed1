/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the picture of memory as a viewer does, from the bytes of the file. */
#ifndef BERTH_TESTS_DRAWING_H
#define BERTH_TESTS_DRAWING_H

#include "given.h"

#include "../../tools/draw.h"

/* What a viewer sees of one <text>: its box, by the widths that DejaVu's letters have at the most, and its words. */
struct words {
	double left, right, top, bottom;
	char text[200];
};

#define MOST_REFUSED 60

struct drawing {
	struct placement placed[N_PARTS];
	struct copies copies;
	struct content content[MAX_CONTENTS];
	struct refused refused[MOST_REFUSED];
	struct picture picture;
	char *svg;
	size_t size;
	struct words *words;
	size_t n_words;
};

/* A picture of the world's map with nothing placed; what a test changes, it changes before draw(). */
void given_drawing(struct drawing *d);
void place(struct drawing *d, enum part part, uint64_t start, uint64_t size, enum rule by);

void refuse(struct drawing *d, const char *part, struct range run, enum rule by, const char *choice);
void hold(struct drawing *d, const char *name, uint64_t start, uint64_t size);

/* Draws, and expects well-formed XML of no more than 200 kB; put_away() frees it. */
void draw(struct drawing *d);
void put_away(struct drawing *d);

/* A page in d->svg: HTML that is well-formed XML, too. */
void expect_page(const struct drawing *d);

/* strstr, which under ASan reads to the end of the file each time. */
const char *find(const char *at, const char *words);
size_t count_of(const struct drawing *d, const char *text);

/* The first text of the picture with these words in it; n_words when there is none. */
size_t find_words(const struct drawing *d, const char *text);
void expect_drawn(const struct drawing *d, const char *text);

/* Whether the first mark with this title stands beside the slice that starts there. */
bool is_marked(const struct drawing *d, const char *title, uint64_t start);

/* The lines at 1 MiB, 16 MiB, 4 GiB and 64 TiB. */
void expect_lines(const struct drawing *d);
/* These, every placement's label, every refusal's row, no text on another or outside, slices in the order of their
 * addresses. */
void expect_good(const struct drawing *d);

#endif
