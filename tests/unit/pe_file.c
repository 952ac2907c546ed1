/* SPDX-License-Identifier: BSD-2-Clause */
#include "pe_file.h"

#include <string.h>

#define HEADER	 0x80
#define OPTIONAL 0xf0
#define TABLE	 (HEADER + 24 + OPTIONAL)
#define FIRST	 1024 /* where contents begin */

void pe_file_begin(struct pe_file *file, unsigned int machine, unsigned int version)
{
	memset(file, 0, sizeof(*file));
	file->size = FIRST;
	store_le(file->bytes, 2, 0x5a4d);
	store_le(file->bytes + 0x3c, 4, HEADER);
	store_le(file->bytes + HEADER, 4, 0x4550);
	store_le(file->bytes + HEADER + 4, 2, machine);
	store_le(file->bytes + HEADER + 20, 2, OPTIONAL);
	store_le(file->bytes + HEADER + 24, 2, 0x20b);
	store_le(file->bytes + HEADER + 24 + 44, 2, version);
}

uint8_t *pe_file_row(struct pe_file *file, unsigned int n)
{
	return file->bytes + TABLE + 40ul * n;
}

void pe_file_add(struct pe_file *file, const char *name, const void *bytes, size_t size)
{
	unsigned int n = (unsigned int)load_le(file->bytes + HEADER + 6, 2);
	uint8_t *row = pe_file_row(file, n);

	store_le(file->bytes + HEADER + 6, 2, n + 1u);
	memcpy(row, name, strlen(name) < 8 ? strlen(name) : 8);
	store_le(row + 8, 4, size);
	store_le(row + 12, 4, 0x1000 * (n + 1u));
	store_le(row + 16, 4, (size + 511) / 512 * 512);
	store_le(row + 20, 4, file->size);
	memcpy(file->bytes + file->size, bytes, size);
	file->size += (size + 511) / 512 * 512;
}

void pe_file_add_text(struct pe_file *file, const char *name, const char *text)
{
	pe_file_add(file, name, text, strlen(text));
}
