/* SPDX-License-Identifier: BSD-2-Clause */
/* PE files for tests: headers, and sections with the bytes that a test says. */
#ifndef BERTH_TESTS_PE_FILE_H
#define BERTH_TESTS_PE_FILE_H

#include "../../base/bytes.h"

#define PE_X64	0x8664
#define PE_I386 0x14c

struct pe_file {
	uint8_t bytes[16384];
	size_t size;
};

/* One without sections; the field that tells of Linux's stub is @version. */
void pe_file_begin(struct pe_file *file, unsigned int machine, unsigned int version);

/* Its contents lie at the end of the file, which is filled up to 512 bytes, as linkers do it. */
void pe_file_add(struct pe_file *file, const char *name, const void *bytes, size_t size);
void pe_file_add_text(struct pe_file *file, const char *name, const char *text);

/* The row of its @n-th section. */
uint8_t *pe_file_row(struct pe_file *file, unsigned int n);

#endif
