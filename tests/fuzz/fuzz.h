/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzz targets share. Each target is a LLVMFuzzerTestOneInput (LLVM, "libFuzzer"; AFL++ takes the same), and
 * asserts a property beyond not crashing: what a parser accepts can be relied on.
 */
#ifndef BERTH_FUZZ_H
#define BERTH_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/bytes.h"
#include "../../base/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                                             \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                        \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* Numbers taken from the front of the input; zeros behind its end. */
static inline uint64_t take_number(struct bytes *input, unsigned int width)
{
	uint64_t value = 0;

	if (input->size < width)
		width = (unsigned int)input->size;
	if (width != 0)
		value = load_le(input->at, width);
	input->at += width;
	input->size -= width;
	return value;
}

#endif
