/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of the menu: one for each entry; but where more than a given number follow each other with one `sort-key`, the
 * first of them stands alone, and the others are one row, which opens. Pure.
 */
#ifndef BERTH_FOLD_H
#define BERTH_FOLD_H

#include "entry.h"

struct rows {
	struct entry *const *entries;
	size_t n;
	uint32_t most; /* entries of one key that are not folded; 0: none ever is */
	size_t open;   /* the first entry of the group that is open; n: none is */
};

struct row {
	size_t entry;  /* the row is this one; or the first of those that it stands for: */
	size_t folded; /* so many, when it is not 0 */
	bool is_open;  /* and they follow */
	bool inside;   /* it is one of those */
};

size_t rows_count(const struct rows *rows);

/* Row @number from 0; false when there are fewer. */
bool rows_at(const struct rows *rows, size_t number, struct row *row);

/* The row that shows this entry; of a closed group, the one that stands for it. */
size_t rows_of(const struct rows *rows, size_t entry);

/* Opens the group that @entry is folded into, unless it has a row of its own. */
void rows_show(struct rows *rows, size_t entry);

#endif
