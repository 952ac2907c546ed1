/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory maps as people have them, for the tests of tools/mapread.h: what was read last, and what is expected of it. */
#ifndef BERTH_TESTS_GIVEN_MAPS_H
#define BERTH_TESTS_GIVEN_MAPS_H

#include "given.h"

#include "../../tools/map_kinds.h"
#include "../../tools/mapread.h"

#define CAPTURES "tests/maps/captures/" /* tests run in the root of the tree */

/* What came of the last reading. */
struct reading {
	struct map_source source;
	struct fail why;
	enum status status;
};

extern struct reading reading;

/* A file map.txt with this text; its bytes, where it has NULs; a file or folder of CAPTURES. */
void read_text(const char *text);
void read_bytes(const void *at, size_t size);
void read_capture(const char *name);

/* A capture's text, to free(): UTF-16 as it is; a NUL follows. */
char *capture_text(const char *name, size_t *size);

/* All that was read: "0-a0000:7 100000-200000:0", hexadecimal, half-open, and behind a second colon the attributes. */
void expect_map(const char *picture);
void expect_kind(const char *kind, bool is_firmwares);
/* Refused, and the message has these words. */
void expect_bad(const char *words);

/* Bytes of this type in a map. */
uint64_t bytes_of_type(const struct memmap *map, uint32_t type);

/*
 * Calls @check for every piece of [@from, 2^64) that no entry of the two maps cuts in two, with the entries that hold
 * it, or NULL.
 */
void compare_maps(const struct memmap *a, const struct memmap *b, uint64_t from,
		  void (*check)(struct range piece, const struct memory *a, const struct memory *b));

#endif
