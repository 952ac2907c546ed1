/* SPDX-License-Identifier: BSD-2-Clause */
/* Registry hives for tests: cells one behind the other, and the objects of Windows' boot manager made of them. */
#ifndef BERTH_TESTS_HIVE_H
#define BERTH_TESTS_HIVE_H

#include <stdbool.h>

#include "../../base/bytes.h"

struct hive {
	uint8_t bytes[16384];
	size_t size;
	/* Where in the file the parts of what hive_of_windows makes are, for tests that damage them. */
	size_t root, objects, order, description, order_data;
	size_t element, values; /* the key of the title, and its list of values */
};

void hive_begin(struct hive *hive);

/* Each returns the cell's place as others name it; texts are in UTF-16 with their NUL. */
uint32_t hive_value(struct hive *hive, const char *name, uint32_t type, const uint16_t *units, size_t n);
uint32_t hive_key(struct hive *hive, const char *name, const uint32_t *keys, unsigned int n_keys, uint32_t value);
void hive_set_root(struct hive *hive, uint32_t key);

/* Windows' boot manager, which offers one system of this title, or @several: two. */
void hive_of_windows(struct hive *hive, const char *title, bool several);

/* Where in the file a cell's contents are. */
size_t hive_at(uint32_t cell);

#endif
