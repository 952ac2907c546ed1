/* SPDX-License-Identifier: BSD-2-Clause */
/* What `berth prepare` makes of a kernel: the file that is entered without decompression, with its record. */
#ifndef BERTH_TOOL_PREPARE_H
#define BERTH_TOOL_PREPARE_H

#include "loaded.h"

enum prepare_form { PREPARE_PLAIN, PREPARE_LZ4, PREPARE_ZSTD, N_PREPARE_FORMS };

struct prepared_kernel {
	struct loaded kernel; /* what it was made of */
	struct bytes plain;   /* the ELF file with its table, or the Image, with the record */
	struct bytes file;    /* that, packed if it is to be */
	size_t n_relocations; /* fields that the table names; 0: there is none */
};

/*
 * @path: of the kernel; @name: by which it is recorded, and found beside what was made; @original: all its bytes. What
 * was made is read back before it is given out: as the loader does, and its record. BAD_INPUT: no kernel that can be
 * prepared, broken, or prepared already; IO_ERROR: no memory, or a table beside it that cannot be read.
 * prepared_kernel_free() in any case.
 */
enum status prepare_make(struct prepared_kernel *made, const char *path, const char *name, struct bytes original,
			 enum prepare_form form, struct fail *why) MUST_CHECK;

/* "vmlinux", "lz4" or "zstd"; false, and *form untouched, when it is none of them. */
bool prepare_form_of(const char *word, enum prepare_form *form);

void prepared_kernel_free(struct prepared_kernel *made);

#endif
